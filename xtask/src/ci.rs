//! `cargo xtask ci`: all that must hold before a change is taken in; `.ci/run` calls it.
//!
//! **Goes out:** a tally per check and suite. All are run, so that one look shows everything that is wrong.

use crate::shell;
use crate::test;
use crate::test::tally::{Suite, Tally, suite};

/// Format and lints, then every test.
pub(crate) fn run() -> Vec<Suite> {
    let mut suites = vec![
        check("format", &["fmt", "--all", "--check"]),
        check(
            "Clippy",
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "--deny",
                "warnings",
            ],
        ),
    ];
    suites.extend(test::run(None));
    suites
}

fn check(name: &str, arguments: &[&str]) -> Suite {
    shell::step(&format!("checking: {name}"));
    suite(name, || {
        let succeeded = shell::status(shell::cargo().args(arguments))?.success();
        Ok(Tally {
            passed: u64::from(succeeded),
            failed: 0,
        }
        .with_exit(succeeded))
    })
}
