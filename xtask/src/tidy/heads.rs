//! Rule: every source file opens with its room, so that a reader knows what belongs there.

use std::path::Path;

use anyhow::Result;

use super::{Finding, ends, is_in_each, sources};

pub(super) fn check() -> Result<Vec<Finding>> {
    Ok(sources(is_concerned)
        .iter()
        .filter_map(|source| judge(&source.place, &source.text))
        .collect())
}

fn is_concerned(place: &str) -> bool {
    if place.contains("/generated/") {
        return false;
    }
    let is_rust = is_in_each(place, "crates", "src")
        || is_in_each(place, "crates", "tests")
        || is_in_each(place, "xtask", "src")
        || place.starts_with("xtask/src/");
    let is_web = is_in_each(place, "packages", "src")
        || is_in_each(place, "apps", "src")
        || Path::new(place).starts_with("tests");
    is_rust && ends(place, &[".rs"]) || is_web && ends(place, &[".ts", ".vue"])
}

fn judge(place: &str, text: &str) -> Option<Finding> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_written = |words: &str| words.chars().any(char::is_alphabetic);
    let (has_head, wanted) = if place.ends_with(".rs") {
        (
            text.lines()
                .map_while(|line| line.strip_prefix("//!"))
                .any(is_written),
            "`//! …`",
        )
    } else if place.ends_with(".vue") {
        (
            text.strip_prefix("<!--")
                .and_then(|rest| rest.split("-->").next())
                .is_some_and(is_written),
            "`<!-- … -->`",
        )
    } else {
        let block = text.strip_prefix("/*").and_then(|rest| rest.split("*/").next());
        let line = text.strip_prefix("//").and_then(|rest| rest.lines().next());
        (block.or(line).is_some_and(is_written), "`/** … */`")
    };
    (!has_head).then(|| {
        Finding::new(
            place,
            format!(
                "must open with {wanted}: what belongs here, what comes in, what goes out, what never enters"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_opens_with_its_room() {
        assert!(judge("crates/a/src/lib.rs", "//! The wire.\n\nuse x;\n").is_none());
        assert!(judge("crates/a/src/lib.rs", "//!\n//! The wire.\n").is_none());
        assert!(judge("crates/a/src/lib.rs", "use x;\n").is_some());
        assert!(judge("crates/a/src/lib.rs", "// The wire.\n").is_some());
        assert!(judge("crates/a/src/lib.rs", "//! \nuse x;\n").is_some());
        assert!(judge("crates/a/src/lib.rs", "//! ").is_some());
        assert!(judge("crates/a/src/lib.rs", "").is_some());
    }

    #[test]
    fn web_files_open_with_a_comment() {
        assert!(judge("apps/demo/src/main.ts", "/** Starts the app. */\nimport x;\n").is_none());
        assert!(
            judge(
                "apps/demo/src/main.ts",
                "/**\n * Starts the app.\n */\nimport x;\n"
            )
            .is_none()
        );
        assert!(judge("apps/demo/src/main.ts", "import x;\n").is_some());
        assert!(
            judge(
                "apps/demo/src/App.vue",
                "<!-- The frame of the app. -->\n<template/>\n"
            )
            .is_none()
        );
        assert!(judge("apps/demo/src/App.vue", "<template/>\n").is_some());
    }

    #[test]
    fn generated_and_foreign_files_are_not_concerned() {
        assert!(is_concerned("crates/protocol/src/lib.rs"));
        assert!(is_concerned("xtask/src/tidy/heads.rs"));
        assert!(is_concerned("xtask/protos/src/main.rs"));
        assert!(is_concerned("tests/support/server.ts"));
        assert!(!is_concerned("crates/protocol/src/generated/hongyan.v1.rs"));
        assert!(!is_concerned("packages/tim-js-sdk/vite.config.ts"));
    }
}
