//! Generated files: the Rust of the `.proto` files.
//!
//! **Comes in:** `crates/protocol/proto`. **Goes out:** `crates/protocol/src/generated/`. Checked in, so that
//! building the crates needs no protobuf compiler.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where the generated Rust is checked in.
pub(crate) const GENERATED: &str = "crates/protocol/src/generated";

/// Writes the checked-in files anew.
pub(crate) fn run() -> Result<()> {
    let root = root();
    write_to(&root, &root.join(GENERATED))
}

/// Generates into `out`; `tidy` compares with what is checked in.
pub(crate) fn write_to(root: &Path, out: &Path) -> Result<()> {
    let protos = root.join("crates/protocol/proto");
    std::fs::create_dir_all(out)?;
    let files = protox::compile(["hongyan/v1/frame.proto"], [&protos]).context("compiling the .proto files")?;
    prost_build::Config::new()
        .bytes(["."])
        .out_dir(out)
        .compile_fds(files)
        .context("generating Rust from the .proto files")
}

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask has a parent folder").to_path_buf()
}
