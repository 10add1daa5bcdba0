//! Rule: what is checked in holds on every machine: no paths of the one it was written on, no registry mirrors.

use anyhow::Result;

use super::{Finding, sources};
use crate::workspace;

/// The one registry that Cargo.lock may name.
const CARGO_REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Where people and build machines keep their working copies. In two halves, so that this file does not find itself.
const FOLDERS: [(&str, &str); 5] = [
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/Us", "ers/"),
    ("/wo", "rk/"),
    ("C:\\Us", "ers\\"),
];

pub(super) fn check() -> Result<Vec<Finding>> {
    // Whatever the folder is called here, no file may know it.
    let here = workspace::root().to_string_lossy().into_owned();
    Ok(sources(|_| true)
        .iter()
        .flat_map(|source| judge(&source.place, &source.text, &here))
        .collect())
}

fn judge(place: &str, text: &str, here: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let file = place.rsplit('/').next().unwrap_or_default();
    for (number, line) in (1..).zip(text.lines()) {
        let mut find = |text: String| findings.push(Finding::new(format!("{place}:{number}"), text));
        if let Some(path) = machine_path(line, here) {
            find(format!("`{path}` is a path of one machine"));
        }
        match file {
            "package-lock.json" if line.contains("\"resolved\": \"http") => {
                find("names a registry; keep `omit-lockfile-registry-resolved=true` in .npmrc and install anew".into());
            }
            "Cargo.lock" if line.starts_with("source = \"") && !line.contains(CARGO_REGISTRY) => {
                find("a source other than crates.io".into());
            }
            ".npmrc" if line.trim_start().starts_with("registry") || line.contains(":registry") => {
                find("names a registry; that is each machine's own setting".into());
            }
            "config.toml" if place == ".cargo/config.toml" && line.trim_start().starts_with("[source") => {
                find("replaces a source; that is each machine's own setting".into());
            }
            _ => {}
        }
    }
    findings
}

/// The path of one machine in a line, if there is one.
fn machine_path<'a>(line: &'a str, here: &str) -> Option<&'a str> {
    let starts = FOLDERS
        .iter()
        .map(|(first, second)| format!("{first}{second}"))
        .chain([format!("{here}/")]);
    for folder in starts {
        for (start, _) in line.match_indices(&folder) {
            // In the middle of a longer path or an address it means something else.
            let before = line[..start].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || "./-_}*".contains(letter)) {
                continue;
            }
            let rest = &line[start..];
            let end = rest.find(|letter: char| letter.is_whitespace() || "\"'`)>,;".contains(letter));
            let path = &rest[..end.unwrap_or(rest.len())];
            if path.len() > folder.len() {
                return Some(path);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(place: &str, text: &str) -> usize {
        judge(place, text, "/srv/copy").len()
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        for (first, second) in FOLDERS {
            assert_eq!(count("a.md", &format!("see `{first}{second}me/x.rs`")), 1);
        }
        assert_eq!(count("a.md", "see /srv/copy/x.rs"), 1);
    }

    #[test]
    fn other_paths_are_not() {
        let (first, second) = FOLDERS[3];
        assert_eq!(
            count(
                "a.md",
                &format!("https://example.org{first}{second}x and target{first}{second}x")
            ),
            0
        );
        assert_eq!(count("a.md", "/usr/bin/chromium"), 0);
    }

    #[test]
    fn lock_files_name_no_mirror() {
        assert_eq!(
            count(
                "package-lock.json",
                "  \"resolved\": \"https://mirror.example/a.tgz\","
            ),
            1
        );
        assert_eq!(
            count("package-lock.json", "  \"resolved\": \"packages/tim-js-sdk\","),
            0
        );
        assert_eq!(
            count("Cargo.lock", "source = \"registry+https://mirror.example/index\""),
            1
        );
        assert_eq!(count("Cargo.lock", &format!("source = \"{CARGO_REGISTRY}\"")), 0);
        assert_eq!(count(".npmrc", "registry=https://mirror.example/"), 1);
    }
}
