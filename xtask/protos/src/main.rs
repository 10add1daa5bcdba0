//! The Rust of the `.proto` files, made without a protobuf compiler on the machine.
//!
//! **Comes in:** the folder of the `.proto` files and a folder to write to. **Goes out:** `hongyan.v1.rs` there.
//! **Never here:** where the result is checked in and whether it is fresh; `xtask` knows that.

use std::path::PathBuf;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(protos), Some(out)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: xtask-protos PROTOS OUT");
    };
    std::fs::create_dir_all(&out)?;
    let files =
        protox::compile(["hongyan/v1/frame.proto"], [&protos]).context("compiling the .proto files")?;
    prost_build::Config::new()
        .bytes(["."])
        // It carries a UserSig, which is never printed; the crate says what is shown.
        .skip_debug(["hongyan.v1.Login"])
        .out_dir(out)
        .compile_fds(files)
        .context("generating Rust from the .proto files")
}
