//! `cargo xtask test`: installs what the tests need, builds what they test, and runs all of them.
//!
//! **Comes in:** which part, if not all. **Goes out:** a tally per suite; the caller shows them. A suite that could
//! not even start counts as one failure, and the others run all the same.

mod browser;
mod rust;
pub(crate) mod tally;
mod typescript;

use std::path::PathBuf;

use anyhow::Result;

use crate::test::tally::{Suite, suite};
use crate::tidy::{self, WebSdk};
use crate::{shell, web, workspace};

/// One part of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// The crates, and the rules of `tidy`.
    Rust,
    /// The npm packages and apps, in Node.
    Ts,
    /// Whole apps in Chromium, against a real server.
    Browser,
}

/// Runs one part, or all.
pub(crate) fn run(only: Option<Part>) -> Vec<Suite> {
    let wants = |part: Part| only.is_none_or(|only| only == part);
    let mut suites = Vec::new();

    // The server's build takes the web apps in, so these come first.
    let web = wants(Part::Ts) || wants(Part::Browser);
    let is_web_built = !web || built(&mut suites, "build of the web parts", web::run);
    let is_server_built = built(&mut suites, "build of the crates", || build(only));

    if wants(Part::Rust) {
        if is_server_built {
            suites.extend(rust::run());
        }
        shell::step("checking the rules of structure");
        suites.push(tidy::run(if web && is_web_built {
            WebSdk::MustBeBuilt
        } else {
            WebSdk::MayBeMissing
        }));
    }
    if is_web_built && is_server_built {
        if wants(Part::Ts) {
            suites.extend(suite_list("TypeScript", typescript::run));
        }
        if wants(Part::Browser) {
            suites.push(suite("browser", browser::run));
        }
    }
    suites
}

/// The server that tests start.
fn server() -> PathBuf {
    std::env::var_os("HONGYAN_BIN").map_or_else(|| workspace::program("debug", "hongyan"), PathBuf::from)
}

/// Builds the server, and for the Rust tests all of them: in one go, so that libraries are built once, with the
/// features that tests and programs need together.
fn build(only: Option<Part>) -> Result<()> {
    shell::step("building the crates");
    let mut cargo = shell::cargo();
    cargo.args(["build", "--workspace", "--bins"]);
    if only.is_none_or(|only| only == Part::Rust) {
        cargo.arg("--tests");
    }
    shell::run(&mut cargo)
}

/// Does a step that the suites need; its failure takes the place of theirs.
fn built(suites: &mut Vec<Suite>, name: &str, build: impl FnOnce() -> Result<()>) -> bool {
    let result = build();
    if let Err(error) = &result {
        shell::warn(&format!("{name}: {error:#}"));
        suites.push(Suite::broken(name));
    }
    result.is_ok()
}

fn suite_list(name: &str, run: impl FnOnce() -> Result<Vec<Suite>>) -> Vec<Suite> {
    run().unwrap_or_else(|error| {
        shell::warn(&format!("{name}: {error:#}"));
        vec![Suite::broken(name)]
    })
}
