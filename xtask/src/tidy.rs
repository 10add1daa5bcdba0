//! `cargo xtask tidy`: the rules of structure that a compiler does not know.
//!
//! **Comes in:** the repository as it lies there. **Goes out:** for every rule, what breaks it: a file, and words
//! that say what to do. Each rule is a module of its own: a part that reads files, and a part that judges texts
//! and is tested on small ones.

mod commands;
mod contracts;
pub(crate) mod coverage;
mod edges;
mod events;
mod generated;
mod heads;
mod leaks;
mod links;
mod security;
mod size;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::test::tally::{Suite, Tally};
use crate::{shell, workspace};

/// Whether the web SDK must have been built; where only sources are looked at, its size is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebSdk {
    MustBeBuilt,
    MayBeMissing,
}

/// Looks for what breaks a rule.
type Check<'a> = dyn Fn() -> Result<Vec<Finding>> + 'a;

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// From the root, with the line where that helps.
    place: String,
    text: String,
}

impl Finding {
    fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Checks every rule and shows what breaks it.
pub(crate) fn run(web_sdk: WebSdk) -> Suite {
    let rules: [(&str, &Check<'_>); 11] = [
        ("crates depend only downwards", &edges::check),
        ("every source file opens with its room", &heads::check),
        ("every contract has a test that names it", &contracts::check),
        (
            "every event of the login page has a test that names it",
            &events::check,
        ),
        (
            "every function that is built has a test that names it, and docs/api-coverage.md says which",
            &coverage::check,
        ),
        ("every command has its file", &commands::check),
        ("generated files are fresh", &generated::check),
        ("the web SDK is within its size", &|| size::check(web_sdk)),
        ("nothing of a machine or mirror is checked in", &leaks::check),
        ("links in documents lead somewhere", &links::check),
        (
            "every threat in docs/security.md stands beside tests",
            &security::check,
        ),
    ];
    let mut tally = Tally::default();
    for (rule, check) in rules {
        match check() {
            Ok(findings) if findings.is_empty() => {
                tally.passed += 1;
                eprintln!("  ok    {rule}");
            }
            Ok(findings) => {
                tally.failed += 1;
                eprintln!("  FAIL  {rule}");
                for finding in findings {
                    eprintln!("          {finding}");
                }
            }
            Err(error) => {
                tally.failed += 1;
                eprintln!("  FAIL  {rule}");
                eprintln!("          the rule could not be checked: {error:#}");
            }
        }
    }
    Suite {
        name: "tidy".to_owned(),
        tally,
    }
}

/// A text file of the repository.
#[derive(Debug)]
struct Source {
    /// From the root, with forward slashes.
    place: String,
    text: String,
}

/// All files that are checked in, or would be with the next commit.
fn checked_in() -> Vec<PathBuf> {
    let root = workspace::root();
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root);
    match shell::answer(&mut git) {
        Some(list) => {
            // Listed but removed from the working copy: gone with the next commit.
            list.split('\0')
                .filter(|name| !name.is_empty())
                .map(|name| root.join(name))
                .filter(|path| path.is_file())
                .collect()
        }
        // Unpacked without git; then everything that is no build result counts.
        None => workspace::files_below(&root),
    }
}

/// The checked-in text files whose place satisfies `wanted`; files that are not UTF-8 are no texts.
fn sources(wanted: impl Fn(&str) -> bool) -> Vec<Source> {
    checked_in()
        .iter()
        .map(|path| (workspace::relative(path), path))
        .filter(|(place, _)| wanted(place))
        .filter_map(|(place, path)| {
            Some(Source {
                place,
                text: std::fs::read_to_string(path).ok()?,
            })
        })
        .collect()
}

/// Whether a place has one of these endings.
fn ends(place: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| place.ends_with(ending))
}

/// Whether a place is below `FOLDER/*/SUB`, as in `crates/*/src`.
fn is_in_each(place: &str, folder: &str, sub: &str) -> bool {
    let mut parts = place.split('/');
    parts.next() == Some(folder)
        && parts.next().is_some()
        && parts.next() == Some(sub)
        && parts.next().is_some()
}

/// Whether a place holds tests written in TypeScript.
fn is_web_test(place: &str) -> bool {
    let below = |folder: &str| Path::new(place).starts_with(folder);
    ends(place, &[".ts"])
        && (below("tests")
            || (below("packages") || below("apps"))
                && (ends(place, &[".test.ts", ".spec.ts"])
                    || place.split('/').any(|part| part == "test" || part == "tests")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        assert!(is_in_each("crates/sdk/src/core/login.rs", "crates", "src"));
        assert!(!is_in_each("crates/sdk/Cargo.toml", "crates", "src"));
        assert!(is_web_test("packages/tim-js-sdk/test/login.test.ts"));
        assert!(is_web_test("apps/demo/src/login.test.ts"));
        assert!(is_web_test("tests/login.spec.ts"));
        assert!(!is_web_test("packages/tim-js-sdk/src/login.ts"));
    }
}
