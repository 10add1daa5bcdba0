//! The tests in Chromium: Playwright drives the system's, against the server that was just built.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::tally::{Tally, of_playwright};
use crate::npm::{self, Package};
use crate::{machine, shell, workspace};

pub(super) fn run() -> Result<Tally> {
    let chromium = machine::need_chromium()?;
    let tests = Package::at("tests")?.context("tests/package.json is missing")?;
    shell::step(&format!("testing in {}", chromium.display()));
    let report = workspace::target().join("xtask").join("playwright.json");
    // An old report must not speak for a run that broke off.
    let _ = std::fs::remove_file(&report);
    let playwright = npm::program("playwright").context("Playwright is not installed; run `npm install`")?;
    let status = shell::status(
        Command::new(playwright)
            .args(["test", "--reporter=list,json"])
            .current_dir(tests.folder())
            .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report)
            .env("CHROMIUM", chromium)
            .env("HONGYAN_BIN", super::server()),
    )?;
    let text = std::fs::read_to_string(&report).context("Playwright left no report")?;
    let report: Value = serde_json::from_str(&text)?;
    Ok(of_playwright(&report).with_exit(status.success()))
}
