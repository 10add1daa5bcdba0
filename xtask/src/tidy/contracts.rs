//! Rule: each contract of ARCHITECTURE.md has a test that names it.
//!
//! Rust names it in the test's doc comment, TypeScript in the test's title or in a comment of the test file.

use anyhow::Result;

use super::{Finding, ends, is_in_each, is_web_test, sources};

const CONTRACTS: [&str; 7] = ["C1", "C2", "C3", "C4", "C5", "C6", "C7"];

pub(super) fn check() -> Result<Vec<Finding>> {
    let is_rust = |place: &str| is_in_each(place, "crates", "src") || is_in_each(place, "crates", "tests");
    let tests = sources(|place| is_rust(place) && ends(place, &[".rs"]) || is_web_test(place));
    let is_named = |contract: &str| {
        tests.iter().any(|source| {
            if source.place.ends_with(".rs") {
                rust_test_names(&source.text, contract)
            } else {
                web_test_names(&source.text, contract)
            }
        })
    };
    Ok(CONTRACTS
        .iter()
        .filter(|contract| !is_named(contract))
        .map(|contract| {
            Finding::new(
                "ARCHITECTURE.md",
                format!("contract {contract} has no test whose doc comment says \"Contract {contract}.\""),
            )
        })
        .collect())
}

/// Whether a doc comment that names the contract belongs to a test.
fn rust_test_names(text: &str, contract: &str) -> bool {
    let mut names = false;
    for line in text.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            names |= names_contract(words, contract);
        } else if line.starts_with("#[") {
            // `#[test]`, `#[tokio::test(…)]`, `#[store_test]`.
            if names && line.contains("test") && !line.contains("cfg(test)") {
                return true;
            }
        } else {
            names = false;
        }
    }
    false
}

fn web_test_names(text: &str, contract: &str) -> bool {
    text.lines().map(str::trim).any(|line| {
        let is_comment = ["/*", "*", "//"].iter().any(|opening| line.starts_with(opening));
        let is_title = ["test", "it", "describe"]
            .iter()
            .any(|function| line.starts_with(function));
        (is_comment || is_title) && names_contract(line, contract)
    })
}

/// Whether "Contract C2." or "Contracts C2 and C3." is there for C2.
fn names_contract(words: &str, contract: &str) -> bool {
    words.find("Contract").is_some_and(|start| {
        words[start..]
            .split(|letter: char| !letter.is_alphanumeric())
            .any(|word| word == contract)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doc_comment_counts_only_on_a_test() {
        assert!(rust_test_names(
            "/// Contract C2.\n#[tokio::test]\nasync fn a() {}",
            "C2"
        ));
        assert!(rust_test_names(
            "    /// Contracts C2 and C3.\n    #[test]\n    fn a() {}",
            "C3"
        ));
        assert!(!rust_test_names(
            "/// Contract C2.\nfn a() {}\n#[test]\nfn b() {}",
            "C2"
        ));
        assert!(!rust_test_names("// Contract C2.\n#[test]\nfn a() {}", "C2"));
        assert!(!rust_test_names("/// Contract C2.\n#[test]\nfn a() {}", "C1"));
    }

    #[test]
    fn a_title_or_a_comment_counts_in_typescript() {
        assert!(web_test_names(
            "test(\"Contract C6: the oldest tab is kicked\", async () => {",
            "C6"
        ));
        assert!(web_test_names(
            "/** Contract C6. */\ntest(\"the oldest tab is kicked\", f);",
            "C6"
        ));
        assert!(!web_test_names("const note = \"Contract C6\";", "C6"));
    }
}
