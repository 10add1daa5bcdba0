//! The npm workspace: its packages, and npm itself.
//!
//! **Comes in:** the `package.json` files. **Goes out:** installed dependencies, scripts run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::fresh::Sources;
use crate::{machine, shell, workspace};

/// A member of the npm workspace.
#[derive(Debug)]
pub(crate) struct Package {
    /// From the root: `packages/tim-js-sdk`.
    pub(crate) place: String,
    manifest: Value,
}

impl Package {
    /// The package in a folder; `None` when there is none.
    pub(crate) fn at(place: &str) -> Result<Option<Self>> {
        let path = workspace::root().join(place).join("package.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            return Ok(None);
        };
        let manifest =
            serde_json::from_str(&text).with_context(|| format!("reading {place}/package.json"))?;
        Ok(Some(Self {
            place: place.to_owned(),
            manifest,
        }))
    }

    pub(crate) fn folder(&self) -> PathBuf {
        workspace::root().join(&self.place)
    }

    pub(crate) fn has_script(&self, script: &str) -> bool {
        self.manifest["scripts"].get(script).is_some()
    }

    /// Whether a script calls this program first.
    pub(crate) fn script_starts_with(&self, script: &str, program: &str) -> bool {
        let text = self.manifest["scripts"][script].as_str().unwrap_or_default();
        text.split_whitespace().next() == Some(program)
    }

    /// `npm run SCRIPT` in the package's folder, ready to be started.
    pub(crate) fn script(&self, script: &str) -> Command {
        let mut npm = npm();
        npm.args(["run", "--silent", script]).current_dir(self.folder());
        npm
    }
}

/// The members of the npm workspace that are there, what is used before what uses it.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let first = [
        "packages/tim-js-sdk",
        "packages/tim-wx-sdk",
        "packages/tim-upload-plugin",
    ];
    let last = "tests";
    let root = workspace::root();
    let mut others = Vec::new();
    for folder in ["packages", "apps"] {
        for entry in std::fs::read_dir(root.join(folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            let place = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if !first.contains(&place.as_str()) {
                others.push(place);
            }
        }
    }
    others.sort_by_key(|place| (place.starts_with("apps/"), place.clone()));
    let places = first
        .into_iter()
        .map(str::to_owned)
        .chain(others)
        .chain([last.to_owned()]);
    places
        .filter_map(|place| Package::at(&place).transpose())
        .collect()
}

/// Brings `node_modules` up to date with the `package.json` files; does nothing when it is.
pub(crate) fn install() -> Result<()> {
    machine::need_node()?;
    let root = workspace::root();
    let lock = root.join("package-lock.json");
    let asked = || -> Result<Sources> {
        let mut sources = Sources::of("npm-install")
            .and(&root.join("package.json"))
            .and(&lock);
        for package in packages()? {
            sources = sources.and(&package.folder().join("package.json"));
        }
        Ok(sources)
    };
    if root.join("node_modules").is_dir() && asked()?.are_unchanged() {
        return Ok(());
    }
    shell::step("installing npm dependencies");
    // `ci` keeps to the lock file; it refuses when the lock file lags behind a package.json.
    if !lock.exists() || !shell::status(npm().args(["ci", "--loglevel=error"]).current_dir(&root))?.success()
    {
        shell::warn("package-lock.json is missing or stale; `npm install` writes it anew");
        shell::run(npm().args(["install", "--loglevel=error"]).current_dir(&root))?;
    }
    asked()?.remember()
}

/// A program that an npm package brought, `None` when it is not installed.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let file = if cfg!(windows) {
        format!("{name}.cmd")
    } else {
        name.to_owned()
    };
    Some(workspace::root().join("node_modules/.bin").join(file)).filter(|path| Path::exists(path))
}

/// npm, told to download no browsers: tests use the system's.
fn npm() -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    npm
}
