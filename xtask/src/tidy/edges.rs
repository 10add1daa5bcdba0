//! Rule: crates depend only downwards, and each outside library stays in its room.
//!
//! **Comes in:** what `cargo metadata` reads from the manifests.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::shell;

/// Who may use whom among our own crates.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("hongyan-protocol", &[]),
    ("hongyan-fetch", &[]),
    ("hongyan-sdk", &["hongyan-fetch", "hongyan-protocol"]),
    ("hongyan-sdk-wasm", &["hongyan-sdk", "hongyan-protocol"]),
    ("hongyan-storage", &["hongyan-protocol"]),
    ("hongyan-files", &["hongyan-protocol"]),
    ("hongyan-domain", &["hongyan-protocol", "hongyan-storage"]),
    (
        "hongyan-server",
        &[
            "hongyan-domain",
            "hongyan-fetch",
            "hongyan-files",
            "hongyan-storage",
            "hongyan-protocol",
        ],
    ),
    ("hongyan", &["hongyan-server", "hongyan-sdk", "hongyan-protocol"]),
    (
        "hongyan-simulation",
        &[
            "hongyan-server",
            "hongyan-domain",
            "hongyan-storage",
            "hongyan-sdk",
            "hongyan-protocol",
        ],
    ),
];

/// What tests may use beyond that.
const ALLOWED_IN_TESTS: [(&str, &[&str]); 1] = [("hongyan-server", &["hongyan-sdk"])];

/// Outside libraries that only one room may know: SQL is the store's, HTTP the server's, buckets the files', JavaScript the shell's.
const ONLY_IN: [(&str, &str); 4] = [
    ("rusqlite", "hongyan-storage"),
    ("axum", "hongyan-server"),
    ("object_store", "hongyan-files"),
    ("wasm-bindgen", "hongyan-sdk-wasm"),
];

/// No I/O in the wire, and no socket or clock in the rules.
const NEVER_IN: [(&str, &[&str]); 2] = [
    ("hongyan-protocol", &["tokio", "getrandom", "futures-util"]),
    (
        "hongyan-domain",
        &["tokio", "getrandom", "tokio-tungstenite", "hyper"],
    ),
];

/// One dependency of a crate of ours.
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    is_for_tests: bool,
}

pub(super) fn check() -> Result<Vec<Finding>> {
    let metadata = shell::answer(shell::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))
        .context("`cargo metadata` failed; is a Cargo.toml broken?")?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let mut findings = Vec::new();
    for package in metadata["packages"]
        .as_array()
        .context("no packages in the metadata")?
    {
        let from = package["name"].as_str().unwrap_or_default();
        if from.starts_with("xtask") {
            continue;
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            findings.extend(judge(&Edge {
                from,
                to,
                is_for_tests: dependency["kind"] == "dev",
            }));
        }
    }
    Ok(findings)
}

fn judge(edge: &Edge<'_>) -> Option<Finding> {
    let Edge {
        from,
        to,
        is_for_tests,
    } = *edge;
    let place = format!("crates/{}/Cargo.toml", folder(from));
    let may = |table: &[(&str, &[&str])]| {
        table
            .iter()
            .any(|(name, uses)| *name == from && uses.contains(&to))
    };
    if to == "hongyan" || to.starts_with("hongyan-") {
        if !ALLOWED.iter().any(|(name, _)| *name == from) {
            return Some(Finding::new(
                place,
                format!("{from} is in no table of allowed edges; add it to tidy/edges.rs"),
            ));
        }
        let allowed = may(&ALLOWED) || is_for_tests && may(&ALLOWED_IN_TESTS);
        return (!allowed).then(|| {
            Finding::new(
                place,
                format!("{from} must not use {to}: dependencies point downwards only (ARCHITECTURE.md)"),
            )
        });
    }
    if is_for_tests {
        return None;
    }
    if let Some((_, room)) = ONLY_IN
        .iter()
        .find(|(library, room)| *library == to && *room != from)
    {
        return Some(Finding::new(
            place,
            format!("{from} must not use {to}: only {room} knows it"),
        ));
    }
    may(&NEVER_IN).then(|| {
        Finding::new(
            place,
            format!("{from} must not use {to}: it holds no I/O, clock or chance"),
        )
    })
}

/// The folder of a crate: its name without the project's.
fn folder(name: &str) -> &str {
    name.strip_prefix("hongyan-").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(from: &str, to: &str) -> bool {
        judge(&Edge {
            from,
            to,
            is_for_tests: false,
        })
        .is_none()
    }

    #[test]
    fn dependencies_point_downwards() {
        assert!(is_allowed("hongyan-domain", "hongyan-storage"));
        assert!(!is_allowed("hongyan-storage", "hongyan-domain"));
        assert!(!is_allowed("hongyan-protocol", "hongyan-sdk"));
        assert!(!is_allowed("hongyan-novelty", "hongyan-protocol"));
    }

    #[test]
    fn the_server_uses_the_sdk_in_tests_only() {
        assert!(!is_allowed("hongyan-server", "hongyan-sdk"));
        assert!(
            judge(&Edge {
                from: "hongyan-server",
                to: "hongyan-sdk",
                is_for_tests: true
            })
            .is_none()
        );
    }

    #[test]
    fn outside_libraries_stay_in_their_room() {
        assert!(is_allowed("hongyan-storage", "rusqlite"));
        assert!(!is_allowed("hongyan-domain", "rusqlite"));
        assert!(!is_allowed("hongyan-domain", "tokio"));
        assert!(
            judge(&Edge {
                from: "hongyan-domain",
                to: "tokio",
                is_for_tests: true
            })
            .is_none()
        );
    }
}
