//! Rule: every event of the login page fires in a test that names it by its public name.

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Finding, is_web_test, sources};
use crate::workspace;

/// What the public login page lists.
const EVENTS: [&str; 12] = [
    "SDK_READY",
    "MESSAGE_RECEIVED",
    "MESSAGE_REVOKED",
    "MESSAGE_READ_BY_PEER",
    "CONVERSATION_LIST_UPDATED",
    "GROUP_LIST_UPDATED",
    "PROFILE_UPDATED",
    "BLACKLIST_UPDATED",
    "ERROR",
    "SDK_NOT_READY",
    "KICKED_OUT",
    "NET_STATE_CHANGE",
];

const LIST: &str = "spec/events.json";

pub(super) fn check() -> Result<Vec<Finding>> {
    let list =
        std::fs::read_to_string(workspace::root().join(LIST)).with_context(|| format!("reading {LIST}"))?;
    let list: Value = serde_json::from_str(&list)?;
    let known: Vec<&str> = list["events"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|event| event["name"].as_str())
        .collect();
    let tests = sources(is_web_test);
    let mut findings = Vec::new();
    for event in EVENTS {
        if !known.contains(&event) {
            findings.push(Finding::new(LIST, format!("the event {event} is missing")));
        }
        if !tests.iter().any(|test| names(&test.text, event)) {
            findings.push(Finding::new("tests", format!("no test names TIM.EVENT.{event}")));
        }
    }
    Ok(findings)
}

/// Whether the event is named, and not only one whose name begins alike.
fn names(text: &str, event: &str) -> bool {
    let name = format!("TIM.EVENT.{event}");
    text.match_indices(&name).any(|(start, _)| {
        let next = text[start + name.len()..].chars().next();
        next.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_name_is_another_event() {
        assert!(names(
            "tim.on(TIM.EVENT.MESSAGE_READ_BY_PEER, f)",
            "MESSAGE_READ_BY_PEER"
        ));
        assert!(!names("tim.on(TIM.EVENT.KICKED_OUT_LATER, f)", "KICKED_OUT"));
        assert!(!names("tim.on(EVENT.KICKED_OUT, f)", "KICKED_OUT"));
    }
}
