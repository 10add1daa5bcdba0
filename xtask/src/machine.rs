//! What this machine has: Node, Debian's packages.
//!
//! **Goes out:** paths of programs, or an error that says what to install.

use std::path::Path;
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
