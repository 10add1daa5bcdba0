//! Rule: every command of the wire has its file in the server, named like it.

use anyhow::{Context, Result};

use super::Finding;
use crate::workspace;

const FRAMES: &str = "crates/protocol/proto/hongyan/v1/frame.proto";
const FOLDER: &str = "crates/server/src/command";

pub(super) fn check() -> Result<Vec<Finding>> {
    let root = workspace::root();
    let frames = std::fs::read_to_string(root.join(FRAMES)).with_context(|| format!("reading {FRAMES}"))?;
    let commands = commands(&frames);
    anyhow::ensure!(
        !commands.is_empty(),
        "{FRAMES} lists no commands in `Request.command`"
    );
    Ok(commands
        .iter()
        .map(|command| format!("{FOLDER}/{command}.rs"))
        .filter(|file| !root.join(file).exists())
        .map(|file| {
            Finding::new(
                file,
                "missing: each command of Request.command has a file of its own",
            )
        })
        .collect())
}

/// The fields of `Request`'s `oneof command`.
fn commands(proto: &str) -> Vec<&str> {
    let inside = proto
        .split_once("message Request {")
        .and_then(|(_, rest)| rest.split_once("oneof command {"))
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or("", |(inside, _)| inside);
    inside
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .filter_map(|line| line.split_once('='))
        .filter_map(|(field, _)| field.split_whitespace().nth(1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_from_the_request_alone() {
        let proto = "message Request {\n  uint32 id = 1;\n  oneof command {\n    Login login = 10; // first\n    \
                     // Old old = 11;\n    SendMessage send_message = 20;\n  }\n}\nmessage Response {\n  oneof result \
                     {\n    LoginResult login = 10;\n  }\n}\n";
        assert_eq!(commands(proto), ["login", "send_message"]);
    }
}
