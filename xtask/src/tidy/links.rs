//! Rule: a link from one document to a file of the repository leads somewhere.

use std::path::Path;

use anyhow::Result;

use super::{Finding, ends, sources};
use crate::workspace;

pub(super) fn check() -> Result<Vec<Finding>> {
    let root = workspace::root();
    Ok(sources(|place| ends(place, &[".md"]))
        .iter()
        .flat_map(|source| judge(&source.place, &source.text, &|path| root.join(path).exists()))
        .collect())
}

fn judge(place: &str, text: &str, exists: &dyn Fn(&Path) -> bool) -> Vec<Finding> {
    let folder = Path::new(place).parent().unwrap_or(Path::new(""));
    let mut findings = Vec::new();
    let mut is_code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        for target in targets(&without_code(line)) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let is_elsewhere = path.contains("://") || path.starts_with("mailto:");
            if path.is_empty() || is_elsewhere {
                continue;
            }
            let path = match path.strip_prefix('/') {
                Some(from_root) => Path::new(from_root).to_path_buf(),
                None => folder.join(path),
            };
            if !exists(&path) {
                findings.push(Finding::new(
                    format!("{place}:{number}"),
                    format!("links to {target}, which is not there"),
                ));
            }
        }
    }
    findings
}

/// What a line links to: `[text](target "title")`, `![image](target)` and `[name]: target`.
fn targets(line: &str) -> Vec<&str> {
    let inline = line
        .match_indices("](")
        .filter_map(|(start, _)| line[start + 2..].split(')').next());
    let named = line
        .trim_start()
        .starts_with('[')
        .then(|| line.split_once("]: "))
        .flatten()
        .map(|(_, rest)| rest);
    inline
        .chain(named)
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.trim_matches(['<', '>']))
        .collect()
}

/// A line without its `code`, which links nowhere.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> usize {
        judge("docs/guide.md", text, &|path| {
            path == Path::new("docs/there.md") || path == Path::new("README.md")
        })
        .len()
    }

    #[test]
    fn links_to_files_must_lead_somewhere() {
        assert_eq!(
            broken("see [this](there.md#part) and [that](/README.md \"title\")"),
            0
        );
        assert_eq!(broken("see [this](gone.md), ![that](gone.png)"), 2);
        assert_eq!(broken("[name]: gone.md"), 1);
    }

    #[test]
    fn addresses_and_code_are_not_judged() {
        assert_eq!(
            broken("[a](https://example.org/x) [b](#part) [c](mailto:a@example.org) `[d](gone.md)`"),
            0
        );
        assert_eq!(broken("```md\n[a](gone.md)\n```"), 0);
    }
}
