//! The JavaScript glue of the wasm module.
//!
//! **Comes in:** what rustc built, and a folder to write to. **Goes out:** the module without its bindgen notes,
//! the glue, and its types there. The glue is of the "bundler" kind: it does not load the module itself but takes
//! its exports by `__wbg_set_wasm`, so that the web SDK carries the wasm inside and starts it when it likes.

use std::path::PathBuf;

use anyhow::Result;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(wasm), Some(out)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: xtask-bindgen WASM OUT");
    };
    Bindgen::new()
        .input_path(wasm)
        .bundler(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)
}
