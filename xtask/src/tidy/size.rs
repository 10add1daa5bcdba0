//! Rule: the web SDK, wasm and all, stays smaller than the original.
//!
//! **Comes in:** the ES build of `packages/tim-js-sdk`. **Goes out:** its gzipped size, printed, and judged.

use std::io::Write as _;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Finding, WebSdk, ends};
use crate::workspace;

/// What the original weighs, gzipped.
const GZIPPED_BYTES_MAX: usize = 140_000;

const BUILD: &str = "packages/tim-js-sdk/dist";

pub(super) fn check(web_sdk: WebSdk) -> Result<Vec<Finding>> {
    let folder = workspace::root().join(BUILD);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).into_iter().flatten() {
        let path = entry?.path();
        if is_browser_module(&workspace::relative(&path)) {
            files.push(std::fs::read(&path)?);
        }
    }
    if files.is_empty() {
        return Ok(match web_sdk {
            WebSdk::MayBeMissing => {
                eprintln!("        (the web SDK is not built; its size is not judged)");
                Vec::new()
            }
            WebSdk::MustBeBuilt => vec![Finding::new(
                BUILD,
                "no ES build (*.mjs) is there; run `cargo xtask web`",
            )],
        });
    }
    let bytes = files
        .iter()
        .map(|file| gzipped_bytes(file))
        .sum::<std::io::Result<usize>>()?;
    eprintln!(
        "        the web SDK: {:.1} KB gzipped of at most {:.0} KB",
        bytes as f64 / 1000.0,
        GZIPPED_BYTES_MAX as f64 / 1000.0
    );
    Ok((bytes > GZIPPED_BYTES_MAX)
        .then(|| {
            Finding::new(
                BUILD,
                format!("{bytes} bytes gzipped, more than {GZIPPED_BYTES_MAX}"),
            )
        })
        .into_iter()
        .collect())
}

/// What a browser loads; the build for Node has its name in the file's.
fn is_browser_module(place: &str) -> bool {
    let name = place.rsplit('/').next().unwrap_or_default();
    ends(name, &[".mjs"]) && !name.contains("node")
}

fn gzipped_bytes(bytes: &[u8]) -> std::io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_loads_is_weighed() {
        assert!(is_browser_module("packages/tim-js-sdk/dist/tim-js-sdk.mjs"));
        assert!(!is_browser_module("packages/tim-js-sdk/dist/tim-js-sdk.node.mjs"));
        assert!(!is_browser_module("packages/tim-js-sdk/dist/tim-js-sdk.umd.js"));
    }

    #[test]
    fn repetition_weighs_little() {
        assert!(gzipped_bytes(&[b'a'; 10_000]).unwrap() < 100);
    }
}
