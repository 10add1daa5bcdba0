//! Whether something built is newer than what it was built from.
//!
//! **Comes in:** the sources. **Goes out:** "still current" or not. Contents are compared, not times, so that
//! changing branches back and forth builds nothing again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace;

/// What a result depends on, summed up; remembered in the target folder once the result is made.
#[derive(Debug)]
pub(crate) struct Sources {
    hasher: DefaultHasher,
    stamp: PathBuf,
}

impl Sources {
    /// The sources of the result called `name`; none yet.
    pub(crate) fn of(name: &str) -> Self {
        Self {
            hasher: DefaultHasher::new(),
            stamp: workspace::target().join("xtask").join(name),
        }
        .and_text(
            // A target folder may be shared by several working copies.
            &workspace::root().to_string_lossy(),
        )
    }

    /// Adds a file, or all files of a folder; a missing one counts as empty.
    pub(crate) fn and(mut self, path: &Path) -> Self {
        let files = if path.is_dir() {
            workspace::files_below(path)
        } else {
            vec![path.to_path_buf()]
        };
        for file in files {
            file.hash(&mut self.hasher);
            std::fs::read(&file).unwrap_or_default().hash(&mut self.hasher);
        }
        self
    }

    /// Adds a fact that is in no file.
    pub(crate) fn and_text(mut self, text: &str) -> Self {
        text.hash(&mut self.hasher);
        self
    }

    /// The sum as text, so that one result can be a source of another.
    pub(crate) fn sum(&self) -> String {
        format!("{:016x}", self.hasher.finish())
    }

    /// Whether the result was made from just these sources.
    pub(crate) fn are_unchanged(&self) -> bool {
        std::fs::read_to_string(&self.stamp).is_ok_and(|kept| kept == self.sum())
    }

    /// To be called once the result is made.
    pub(crate) fn remember(&self) -> Result<()> {
        if let Some(folder) = self.stamp.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.stamp, self.sum())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_changes_the_sum_and_changing_it_back_restores_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        let sum = || Sources::of("test").and(folder.path()).sum();
        std::fs::write(&file, "one").unwrap();
        let first = sum();
        std::fs::write(&file, "two").unwrap();
        assert_ne!(sum(), first);
        std::fs::write(&file, "one").unwrap();
        assert_eq!(sum(), first);
    }
}
