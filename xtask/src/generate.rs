//! Generated files: the Rust of the `.proto` files, what the npm package makes of `spec/`, and the page on coverage.
//!
//! **Comes in:** `crates/protocol/proto`, `spec`, the tests. **Goes out:** `crates/protocol/src/generated/`, the
//! constants and declarations of `packages/tim-js-sdk`, `docs/api-coverage.md`. Checked in, so that building the
//! crates needs no protobuf compiler.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::tidy::coverage;
use crate::{shell, workspace};

/// Where the generated Rust is checked in.
pub(crate) const GENERATED: &str = "crates/protocol/src/generated";
/// What writes the npm package's generated files; it needs nothing but Node.
const DECLARATIONS: &str = "packages/tim-js-sdk/scripts/generate.mjs";

/// Writes the checked-in files anew.
pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    write_to(&root.join(GENERATED))?;
    shell::run(Command::new("node").arg(root.join(DECLARATIONS)))?;
    std::fs::write(root.join(coverage::PAGE), coverage::page()?).context("writing the page on coverage")
}

/// Generates into `out`; `tidy` compares with what is checked in.
pub(crate) fn write_to(out: &Path) -> Result<()> {
    let protos = workspace::root().join("crates/protocol/proto");
    shell::run(
        shell::cargo()
            .args(["run", "--quiet", "--package", "xtask-protos", "--"])
            .arg(protos)
            .arg(out),
    )
}
