//! Where things are in this repository.

use std::path::{Path, PathBuf};

/// The repository's root folder.
pub(crate) fn root() -> PathBuf {
    // `cargo run` names the manifest folder when it starts xtask, also after the repository was moved.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let xtask = xtask.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    xtask.parent().expect("xtask has a parent folder").to_path_buf()
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    let root = root();
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root.join(folder),
        None => root.join("target"),
    }
}

/// Where cargo puts the program `name` of a profile (`debug`, `release`).
pub(crate) fn program(profile: &str, name: &str) -> PathBuf {
    target()
        .join(profile)
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// A path as people read it: from the root, with forward slashes.
pub(crate) fn relative(path: &Path) -> String {
    let root = root();
    path.strip_prefix(&root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

/// All files below a folder, in order of their names, without what is installed or built there.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(folder, &mut found);
    found.sort();
    found
}

/// Folders that hold what was installed, built or recorded, never sources.
const NOT_SOURCES: [&str; 8] = [
    "node_modules",
    "dist",
    "target",
    "test-results",
    "playwright-report",
    ".git",
    ".vite",
    "data",
];

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // Links are not followed: npm's point back into the workspace.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if !NOT_SOURCES.iter().any(|name| entry.file_name() == *name) {
                collect(&path, found);
            }
        } else if kind.is_file()
            && path
                .extension()
                .is_none_or(|extension| extension != "tsbuildinfo")
        {
            found.push(path);
        }
    }
}
