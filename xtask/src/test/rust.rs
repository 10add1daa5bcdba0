//! The tests of the crates: with nextest where it is installed, else with `cargo test`.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::tally::{Suite, Tally, of_cargo_test, of_nextest, suite};
use crate::shell;

pub(super) fn run() -> Vec<Suite> {
    let has_nextest = shell::answer(shell::cargo().args(["nextest", "--version"])).is_some();
    if !has_nextest {
        shell::step("testing the crates");
        return vec![suite("Rust", || {
            tests(&["test", "--workspace", "--no-fail-fast"], of_cargo_test)
        })];
    }
    shell::step("testing the crates with nextest");
    let tested = [
        "nextest",
        "run",
        "--workspace",
        "--no-fail-fast",
        "--no-tests=pass",
        "--status-level=slow",
    ];
    let documented = ["test", "--workspace", "--no-fail-fast", "--doc", "--quiet"];
    vec![
        suite("Rust", || tests(&tested, of_nextest)),
        // nextest leaves the examples in the documentation out.
        suite("Rust documentation", || tests(&documented, of_cargo_test)),
    ]
}

/// Runs cargo, shows what it writes, and counts in it.
fn tests(arguments: &[&str], count: fn(&str) -> Tally) -> Result<Tally> {
    let (output, succeeded) = shown(shell::cargo().args(arguments))?;
    Ok(count(&output).with_exit(succeeded))
}

/// Runs a program, shows its output line by line as it comes, and returns it.
fn shown(command: &mut Command) -> Result<(String, bool)> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("starting {}", shell::described(command)))?;
    let (stdout, stderr) = (
        child.stdout.take().expect("piped above"),
        child.stderr.take().expect("piped above"),
    );
    let output = std::thread::scope(|scope| {
        // Each stream has its reader, so that neither fills up while the other is read.
        let errors = scope.spawn(|| passed_on(stderr, std::io::stderr()));
        let mut output = passed_on(stdout, std::io::stdout());
        output.push_str(&errors.join().expect("reading lines does not panic"));
        output
    });
    Ok((output, child.wait()?.success()))
}

fn passed_on(from: impl Read, mut to: impl Write) -> String {
    let mut output = String::new();
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
        // Nobody may be listening any more; the count goes on.
        let _ = to.write_all(&line);
        output.push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn both_streams_and_the_exit_are_seen() {
        let (output, succeeded) =
            shown(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert_eq!(output, "out\nerr\n");
        assert!(!succeeded);
    }
}
