//! Rule: what is generated and checked in is what would be generated now.

use std::path::Path;

use anyhow::Result;

use super::Finding;
use crate::{generate, workspace};

pub(super) fn check() -> Result<Vec<Finding>> {
    let fresh = workspace::target().join("xtask/generated");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)?;
    }
    generate::write_to(&fresh)?;
    Ok(compare(&fresh, &workspace::root().join(generate::GENERATED)))
}

fn compare(fresh: &Path, kept: &Path) -> Vec<Finding> {
    let names = |folder: &Path| -> Vec<String> {
        let files = workspace::files_below(folder);
        files
            .iter()
            .filter_map(|file| Some(file.strip_prefix(folder).ok()?.to_string_lossy().into_owned()))
            .collect()
    };
    let (wanted, found) = (names(fresh), names(kept));
    let place = |name: &str| workspace::relative(&kept.join(name));
    let stale = wanted
        .iter()
        .filter(|name| std::fs::read(fresh.join(name)).ok() != std::fs::read(kept.join(name)).ok())
        .map(|name| Finding::new(place(name), "stale: run `cargo xtask generate`"));
    let extra = found
        .iter()
        .filter(|name| !wanted.contains(name))
        .map(|name| Finding::new(place(name), "nothing generates this any more; remove it"));
    stale.chain(extra).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_missing_and_left_over_files_are_found() {
        let (fresh, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (folder, name, text) in [
            (&fresh, "same.rs", "1"),
            (&kept, "same.rs", "1"),
            (&fresh, "stale.rs", "new"),
            (&kept, "stale.rs", "old"),
            (&fresh, "missing.rs", ""),
            (&kept, "left_over.rs", ""),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let findings = compare(fresh.path(), kept.path());
        let found = |name: &str| findings.iter().any(|finding| finding.place.ends_with(name));
        assert_eq!(findings.len(), 3);
        assert!(found("stale.rs") && found("missing.rs") && found("left_over.rs"));
    }
}
