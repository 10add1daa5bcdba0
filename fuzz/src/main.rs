//! One program for all targets: libFuzzer's, which looks for inputs that reach new code, on the functions that the crates
//! offer under their feature `fuzzing`.
//!
//! **Comes in:** the target's name in `HONGYAN_FUZZ_TARGET`, and libFuzzer's own arguments. **Goes out:** a file for each
//! input that broke it. With `HONGYAN_FUZZ_SEEDS` it writes the target's samples into that folder and ends. **Never
//! here:** what is tried; that is in the crates, and their tests try it too.
#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// What a target does with an input, and the samples that it begins with.
type Target = (fn(&[u8]), fn() -> Vec<Vec<u8>>);

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fuzz_target!(init: start(), |bytes: &[u8]| {
    if let Some(target) = TARGET.get() {
        target(bytes);
    }
});

/// libFuzzer calls this before the first input.
fn start() {
    let name = std::env::var("HONGYAN_FUZZ_TARGET").unwrap_or_default();
    let Some((target, samples)) = find(&name) else {
        eprintln!("HONGYAN_FUZZ_TARGET names no target: {name:?}");
        std::process::exit(2);
    };
    if let Some(folder) = std::env::var_os("HONGYAN_FUZZ_SEEDS") {
        for (number, sample) in samples().iter().enumerate() {
            let path = Path::new(&folder).join(format!("sample-{number}"));
            std::fs::write(path, sample).expect("the folder can be written to");
        }
        std::process::exit(0);
    }
    TARGET.get_or_init(|| target);
}

/// The names are those of `xtask/src/fuzz.rs`.
fn find(name: &str) -> Option<Target> {
    use hongyan_protocol::fuzzing as protocol;
    use hongyan_sdk::core::fuzzing as sdk;
    use hongyan_server::fuzzing as server;
    Some(match name {
        "frames" => (protocol::frames, protocol::frame_samples),
        "body" => (protocol::body, protocol::body_samples),
        "user_sig" => (protocol::user_sig, protocol::user_sig_samples),
        "heard" => (server::heard, protocol::frame_samples),
        "commands" => (server::commands, protocol::frame_samples),
        "console" => (server::console, server::console_samples),
        "files" => (server::files, server::file_samples),
        "core" => (sdk::core, sdk::samples),
        _ => return None,
    })
}
