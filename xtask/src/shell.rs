//! Other programs: starting them, and saying what is going on.
//!
//! **Never here:** what to start, and when.

use std::ffi::OsStr;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A progress line, to the error stream, so that standard output stays with what was asked for.
pub(crate) fn step(text: &str) {
    eprintln!("▸ {text}");
}

/// Something that the developer should know but that stops nothing.
pub(crate) fn warn(text: &str) {
    eprintln!("▸ warning: {text}");
}

/// The cargo that runs xtask, from the root.
///
/// What `cargo run` told *xtask* about its package is taken away: build scripts that watch those variables would
/// otherwise run, and everything above them be built, again with every change between cargo and xtask.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace::root());
    for (name, _) in std::env::vars_os() {
        let told = name.to_string_lossy();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs a program with its output shown; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("{} failed ({status})", described(command));
    }
    Ok(())
}

/// Runs a program with its output shown.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("starting {}", described(command)))
}

/// What a program writes to standard output; `None` when it is missing or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program, run silently, succeeds within `limit`; it is ended when it takes longer.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    const LOOK_EVERY: Duration = Duration::from_millis(100);
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = silent.spawn() else {
        return false;
    };
    for _ in 0..limit.as_millis() / LOOK_EVERY.as_millis() {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(LOOK_EVERY),
            Err(_) => break,
        }
    }
    // It may have ended just now; then there is nothing to end.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// What a program writes to standard output, when it succeeds within `limit`. It is ended when it takes longer, and the
/// programs that it started before it, which would outlive it.
pub(crate) fn answer_within(command: &mut Command, limit: Duration) -> Result<String> {
    const LOOK_EVERY: Duration = Duration::from_millis(100);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", described(command)))?;
    let mut stdout = child.stdout.take().expect("piped above");
    let output = std::thread::spawn(move || {
        let mut output = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut output).map(|_| output)
    });
    for _ in 0..limit.as_millis() / LOOK_EVERY.as_millis() {
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("{} failed ({status})", described(command));
            }
            return Ok(output.join().expect("reading does not panic")?);
        }
        std::thread::sleep(LOOK_EVERY);
    }
    for started in started_by(child.id()) {
        // It may have ended just now.
        let _ = status(Command::new("kill").args(["-KILL", &started.to_string()]));
    }
    child.kill()?;
    child.wait()?;
    bail!("{} took longer than {} s", described(command), limit.as_secs())
}

/// The processes that a process started, as Linux tells.
fn started_by(pid: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|it| {
            let stat = std::fs::read_to_string(it.path().join("stat")).ok()?;
            let (_, after_name) = stat.rsplit_once(')')?;
            let parent: u32 = after_name.split_whitespace().nth(1)?.parse().ok()?;
            (parent == pid).then(|| it.file_name().to_str()?.parse().ok())?
        })
        .collect()
}

/// A command as one would type it, for messages.
pub(crate) fn described(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_answers_in_time_is_heard() {
        let answer = answer_within(Command::new("echo").arg("yes"), Duration::from_secs(60));
        assert_eq!(answer.unwrap(), "yes\n");
        assert!(answer_within(&mut Command::new("false"), Duration::from_secs(60)).is_err());
    }

    #[test]
    fn one_that_takes_too_long_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let mut slow = Command::new("sh");
        slow.args(["-c", "sleep 600 & echo $! > started; wait"])
            .current_dir(folder.path());
        let error = answer_within(&mut slow, Duration::from_secs(1)).unwrap_err();
        assert!(error.to_string().contains("took longer"), "{error}");
        // On a machine that did not get so far within a second there is nothing to see.
        if let Ok(started) = std::fs::read_to_string(folder.path().join("started")) {
            // A signal takes its time to arrive, and who has ended is a zombie until its new parent looks.
            let goes_on = || {
                std::fs::read_to_string(format!("/proc/{}/stat", started.trim()))
                    .is_ok_and(|stat| !stat.contains(") Z "))
            };
            for _ in 0..600 {
                if !goes_on() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            panic!("it goes on");
        }
    }
}
