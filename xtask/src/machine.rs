//! What this machine has: Node, Debian's packages.
//!
//! **Goes out:** paths of programs, or an error that says what to install.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;

/// The oldest Node that the web parts are built and tested with.
const NODE_MAJOR_MIN: u32 = 20;

/// Fails with words for people when Node is missing or too old.
pub(crate) fn need_node() -> Result<()> {
    match shell::answer(Command::new("node").arg("--version")) {
        None => bail!(
            "Node.js is missing: the web SDK, the demo and the console need version {NODE_MAJOR_MIN} or newer \
             (https://nodejs.org)"
        ),
        Some(version) if major(&version).is_none_or(|major| major < NODE_MAJOR_MIN) => bail!(
            "Node.js {version} is too old: the web SDK, the demo and the console need version {NODE_MAJOR_MIN} \
             or newer (https://nodejs.org)"
        ),
        Some(_) => Ok(()),
    }
}

/// Whether packages can be installed here without asking anybody.
pub(crate) fn is_debian_root() -> bool {
    Path::new("/etc/debian_version").exists()
        && shell::answer(Command::new("id").arg("-u")).is_some_and(|id| id == "0")
}

/// Installs Debian's packages; the caller has asked `is_debian_root`.
pub(crate) fn install_debian(packages: &[&str]) -> Result<()> {
    shell::step(&format!(
        "installing {} from Debian's packages",
        packages.join(", ")
    ));
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    shell::run(apt().args(["-qq", "update"]))?;
    shell::run(
        apt()
            .args(["-qq", "install", "-y", "--no-install-recommends"])
            .args(packages),
    )
}

/// The Chromium that browser tests drive: `CHROMIUM` from the environment, else the system's own.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named)).filter(|path| path.exists());
    }
    [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ]
    .iter()
    .map(PathBuf::from)
    .find(|path| path.exists())
}

/// The Chromium that browser tests drive, installed when that is possible.
pub(crate) fn need_chromium() -> Result<PathBuf> {
    if chromium().is_none() && std::env::var_os("CHROMIUM").is_none() && is_debian_root() {
        install_debian(&["chromium"])?;
    }
    match chromium() {
        Some(path) => Ok(path),
        None => bail!(
            "browser tests need Chromium: install it (Debian: `apt-get install chromium`), \
             or name it in the environment variable CHROMIUM"
        ),
    }
}

/// The 20 of `v20.11.1`.
fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_node_prints() {
        assert_eq!(major("v20.11.1"), Some(20));
        assert_eq!(major("v9.0.0"), Some(9));
        assert_eq!(major("nonsense"), None);
    }
}
