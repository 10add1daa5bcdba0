//! The tests of the npm packages and apps, each by its own `test` script, and what the compiler says of their types.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::tally::{Suite, Tally, of_vitest, suite};
use crate::npm::{self, Package};
use crate::{shell, workspace};

pub(super) fn run() -> Result<Vec<Suite>> {
    let mut suites = Vec::new();
    for package in npm::packages()? {
        // `tests` holds the browser's; they are a suite of their own.
        if package.place != "tests" && package.has_script("test") {
            suites.push(suite(&package.place, || test(&package)));
        }
        if package.has_script("check") {
            suites.push(suite(&format!("{} types", package.place), || check(&package)));
        }
    }
    Ok(suites)
}

/// The `check` script as one test.
fn check(package: &Package) -> Result<Tally> {
    shell::step(&format!("checking the types of {}", package.place));
    as_one_test(&mut package.script("check"))
}

fn test(package: &Package) -> Result<Tally> {
    shell::step(&format!("testing {}", package.place));
    let mut script = package.script("test");
    script.env("HONGYAN_BIN", super::server());
    if !package.script_starts_with("test", "vitest") {
        // It reports in words only; then the whole script is one test.
        return as_one_test(&mut script);
    }
    let report = workspace::target()
        .join("xtask")
        .join(format!("{}.json", package.place.replace('/', "-")));
    // An old report must not speak for a run that broke off.
    let _ = std::fs::remove_file(&report);
    script.args(["--", "--reporter=default", "--reporter=json"]);
    script.arg(format!("--outputFile.json={}", report.display()));
    let succeeded = shell::status(&mut script)?.success();
    let text = std::fs::read_to_string(&report).context("vitest left no report")?;
    let report: Value = serde_json::from_str(&text)?;
    Ok(of_vitest(&report).with_exit(succeeded))
}

fn as_one_test(script: &mut Command) -> Result<Tally> {
    let succeeded = shell::status(script)?.success();
    Ok(Tally {
        passed: u64::from(succeeded),
        failed: 0,
    }
    .with_exit(succeeded))
}
