//! `cargo xtask fuzz`: lets libFuzzer look for inputs that break what takes outside input.
//!
//! **Comes in:** how long, and which target if not all. **Goes out:** what was found; an input that broke a target is
//! kept in its crate's `tests/crashers/`, where the tests try it first from then on. **Never here:** what a target does;
//! that is in the crates (`fuzzing.rs`), whose tests run a short, repeatable part of the same.
//!
//! The programs are under `fuzz/`, a workspace of its own. They need a C++ compiler for libFuzzer, and rustc's
//! instrumentation, which stable Rust has; no nightly, no further tool.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{shell, workspace};

/// A target and the crate whose input it is.
const TARGETS: [(&str, &str); 8] = [
    ("frames", "protocol"),
    ("body", "protocol"),
    ("user_sig", "protocol"),
    ("heard", "server"),
    ("commands", "server"),
    ("console", "server"),
    ("files", "server"),
    ("core", "sdk"),
];

/// What rustc does so that libFuzzer sees which code an input reaches and what it is compared with.
const INSTRUMENTATION: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// Tries each target, or one, for its part of the time.
pub(crate) fn run(minutes: u32, target: Option<&str>) -> Result<()> {
    let targets: Vec<_> = TARGETS
        .iter()
        .filter(|(name, _)| target.is_none_or(|it| it == *name))
        .collect();
    if targets.is_empty() {
        let names = TARGETS.map(|(name, _)| name).join(", ");
        bail!("there is no such target; there are {names}");
    }
    let program = build()?;
    let seconds = (u64::from(minutes) * 60 / targets.len() as u64).max(1);
    let mut broken = Vec::new();
    for (name, krate) in targets {
        shell::step(&format!("fuzzing {name} for {seconds} s"));
        if let Some(kept) = fuzz(&program, name, krate, seconds)? {
            broken.push(format!("{name}: {kept}"));
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    bail!(
        "inputs that break something were found and kept; mend it, and commit them with that:\n{}",
        broken.join("\n")
    )
}

/// Builds the program of all targets.
fn build() -> Result<PathBuf> {
    let has_compiler = ["c++", "clang++", "g++"]
        .iter()
        .any(|it| shell::answer(Command::new(it).arg("--version")).is_some());
    if !has_compiler && std::env::var_os("CXX").is_none() {
        bail!("libFuzzer needs a C++ compiler, and there is neither c++ nor clang++ nor g++ (nor CXX)");
    }
    let host = host()?;
    if !["linux", "darwin"].iter().any(|it| host.contains(it)) {
        bail!("libFuzzer is built for Linux and macOS; this is {host}");
    }
    shell::step("building the fuzzer");
    let folder = workspace::root().join("fuzz");
    let target = workspace::target().join("fuzz");
    let mut cargo = shell::cargo();
    cargo
        .args(["build", "--release", "--target", &host, "--target-dir"])
        .arg(&target)
        .env("RUSTFLAGS", INSTRUMENTATION.join(" "))
        .current_dir(folder);
    shell::run(&mut cargo).context("building fuzz/; the tests run a short part of it without")?;
    Ok(target.join(host).join("release/hongyan-fuzz"))
}

/// The machine's name among rustc's targets. It is named to cargo so that build scripts are not instrumented.
fn host() -> Result<String> {
    let version = shell::answer(Command::new("rustc").arg("-vV")).context("asking rustc for its host")?;
    let host = version.lines().find_map(|it| it.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

/// Tries one target. `Some` names what was found and where it is kept.
fn fuzz(program: &Path, name: &str, krate: &str, seconds: u64) -> Result<Option<String>> {
    let corpus = workspace::target().join("fuzz/corpus").join(name);
    let crashers = workspace::root()
        .join("crates")
        .join(krate)
        .join("tests/crashers")
        .join(name);
    std::fs::create_dir_all(&corpus)?;
    let mut seeds = Command::new(program);
    seeds
        .env("HONGYAN_FUZZ_TARGET", name)
        .env("HONGYAN_FUZZ_SEEDS", &corpus);
    shell::run(&mut seeds)?;
    let found = workspace::target().join("fuzz/found").join(name);
    std::fs::create_dir_all(&found)?;

    let mut fuzzer = Command::new(program);
    fuzzer
        .arg(&corpus)
        .args(crashers.is_dir().then_some(&crashers))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .args([
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-max_len=8192",
            "-print_final_stats=1",
        ])
        .args(["-verbosity=1", "-close_fd_mask=0"])
        .env("HONGYAN_FUZZ_TARGET", name);
    let broke = shell::run(&mut fuzzer).is_err();
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(&found)? {
        let path = entry?.path();
        let file = path.file_name().context("a file has a name")?;
        std::fs::create_dir_all(&crashers)?;
        let place = crashers.join(file);
        std::fs::copy(&path, &place)?;
        std::fs::remove_file(&path)?;
        kept.push(workspace::relative(&place));
    }
    Ok(match (broke, kept.is_empty()) {
        (_, false) => Some(kept.join(", ")),
        (true, true) => Some("it ended without leaving an input; see above".to_owned()),
        (false, true) => None,
    })
}
