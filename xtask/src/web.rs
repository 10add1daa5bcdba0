//! The npm packages and the web apps, each built by its own `build` script.
//!
//! **Comes in:** the wasm module and the TypeScript sources. **Goes out:** every package's `dist/`. A package is
//! built again when its files, or a package that it may use, have changed.

use anyhow::{Context, Result};

use crate::fresh::Sources;
use crate::npm::{self, Package};
use crate::{shell, wasm, workspace};

/// Builds the wasm module, then what is not up to date.
pub(crate) fn run() -> Result<()> {
    npm::install()?;
    wasm::run(None)?;
    let mut used = Sources::of("npm-install")
        .and(&workspace::root().join("package-lock.json"))
        .sum();
    for package in npm::packages()? {
        if !package.has_script("build") {
            continue;
        }
        let sources = sources(&package, &used);
        if !package.folder().join("dist").is_dir() || !sources.are_unchanged() {
            shell::step(&format!("building {}", package.place));
            shell::run(&mut package.script("build"))
                .with_context(|| format!("building {}", package.place))?;
            sources.remember()?;
        }
        if package.place.starts_with("packages/") {
            used = sources.sum();
        }
    }
    Ok(())
}

/// A package depends on its own files and, since `used` sums them up in turn, on all packages before it.
fn sources(package: &Package, used: &str) -> Sources {
    let stamp = package.place.replace('/', "-");
    Sources::of(&stamp).and(&package.folder()).and_text(used)
}
