//! Generated files: the Rust of the `.proto` files.
//!
//! **Comes in:** `crates/protocol/proto`. **Goes out:** `crates/protocol/src/generated/`. Checked in, so that
//! building the crates needs no protobuf compiler.

use std::path::Path;

use anyhow::Result;

use crate::{shell, workspace};

/// Where the generated Rust is checked in.
pub(crate) const GENERATED: &str = "crates/protocol/src/generated";

/// Writes the checked-in files anew.
pub(crate) fn run() -> Result<()> {
    write_to(&workspace::root().join(GENERATED))
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
