//! Rule: each function that the SDK has built is proved by a test that names it, and docs/api-coverage.md says which.
//!
//! A test names what it proves: in backticks, in its title or in the comment right above it. A TypeScript test counts
//! only when it runs against a real server and its body uses the function, so that a name alone proves nothing.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Finding, Source, ends, is_in_each, sources};
use crate::workspace;

/// The page that lists what is proved.
pub(crate) const PAGE: &str = "docs/api-coverage.md";
const DECLARATIONS: &str = "packages/tim-js-sdk/index.d.ts";
/// More would not be read.
const PROOFS_SHOWN: usize = 3;

pub(super) fn check() -> Result<Vec<Finding>> {
    let coverage = Coverage::read()?;
    let kept = std::fs::read_to_string(workspace::root().join(PAGE)).unwrap_or_default();
    let mut findings = coverage.unproved();
    if kept != coverage.page() {
        findings.push(Finding::new(PAGE, "stale: run `cargo xtask generate`"));
    }
    Ok(findings)
}

/// The page as it should be now.
pub(crate) fn page() -> Result<String> {
    Ok(Coverage::read()?.page())
}

/// What the public API has, and which tests prove it.
struct Coverage {
    /// Area and name, in the order of the facts.
    functions: Vec<(String, String)>,
    events: Vec<String>,
    is_built: HashMap<String, bool>,
    proofs: BTreeMap<String, Vec<Proof>>,
}

/// A test that names what it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Proof {
    place: String,
    title: String,
    names: Vec<String>,
}

impl Coverage {
    fn read() -> Result<Self> {
        let root = workspace::root();
        let facts = |name: &str| -> Result<Value> {
            let path = root.join("spec").join(name);
            let text = std::fs::read_to_string(&path).with_context(|| format!("reading spec/{name}"))?;
            Ok(serde_json::from_str(&text)?)
        };
        let (methods, events) = (facts("methods.json")?, facts("events.json")?);
        let text = |fact: &Value, key: &str| fact[key].as_str().unwrap_or_default().to_owned();
        let list = |facts: &Value, key: &str| facts[key].as_array().cloned().unwrap_or_default();
        let declared = list(&methods, "methods");
        let functions = declared
            .iter()
            .chain(&list(&methods, "undeclaredRuntimeMethods"))
            .map(|method| (text(method, "area"), text(method, "name")))
            .collect();
        let declarations = std::fs::read_to_string(root.join(DECLARATIONS))
            .with_context(|| format!("reading {DECLARATIONS}"))?;
        Ok(Self {
            functions,
            events: list(&events, "events")
                .iter()
                .map(|event| text(event, "name"))
                .collect(),
            is_built: built(&declarations),
            proofs: by_name(sources(proves).iter().flat_map(proofs)),
        })
    }

    fn unproved(&self) -> Vec<Finding> {
        self.functions
            .iter()
            .map(|(_, name)| name)
            .filter(|name| self.is_built.get(*name) == Some(&true) && !self.proofs.contains_key(*name))
            .map(|name| {
                let text = format!(
                    "{name} is built, and no test names it: write `{name}` (in backticks) in its title"
                );
                Finding::new(DECLARATIONS, text)
            })
            .collect()
    }

    fn page(&self) -> String {
        let built = self
            .functions
            .iter()
            .filter(|(_, name)| self.is_built.get(name) == Some(&true));
        let proved = built.clone().filter(|(_, name)| self.proofs.contains_key(name));
        let mut page = format!(
            "# What is built, and what proves it\n\nMade by `cargo xtask generate` from `spec/`, the declarations and the \
             tests; do not edit. A test counts when it\nnames the function or event (see [CONTRIBUTING](../CONTRIBUTING.md)).\n\n\
             {} of {} functions are built, {} of them proved by name.\n\n## Functions\n\n\
             | area | function | proved by |\n| --- | --- | --- |\n",
            built.count(),
            self.functions.len(),
            proved.count(),
        );
        for (area, name) in &self.functions {
            let proved_by = match self.is_built.get(name) {
                Some(true) => self.proved_by(name).unwrap_or_else(|| "**nothing**".to_owned()),
                Some(false) | None => "not yet".to_owned(),
            };
            let _ = writeln!(page, "| {area} | `{name}` | {proved_by} |");
        }
        page.push_str("\n## Events\n\n| event | proved by |\n| --- | --- |\n");
        for name in &self.events {
            let proved_by = self.proved_by(name).unwrap_or_else(|| "not yet".to_owned());
            let _ = writeln!(page, "| `{name}` | {proved_by} |");
        }
        page
    }

    fn proved_by(&self, name: &str) -> Option<String> {
        let proofs = self.proofs.get(name)?;
        let mut shown: Vec<String> = proofs
            .iter()
            .take(PROOFS_SHOWN)
            .map(|proof| {
                let file = proof.place.rsplit('/').next().unwrap_or_default();
                format!(
                    "[{file}](../{}): {}",
                    proof.place,
                    proof.title.replace('|', "\\|")
                )
            })
            .collect();
        if proofs.len() > PROOFS_SHOWN {
            shown.push(format!("and {} more", proofs.len() - PROOFS_SHOWN));
        }
        Some(shown.join("<br>"))
    }
}

/// Whether tests of this file run against a real server, or are Rust tests of what a function is made of.
fn proves(place: &str) -> bool {
    let is_web = place.starts_with("tests/")
        || place.starts_with("packages/") && place.contains("/tests/integration/");
    let is_rust = ["crates/sdk/", "crates/server/", "crates/hongyan/"]
        .iter()
        .any(|crate_| place.starts_with(crate_))
        && (is_in_each(place, "crates", "src") || is_in_each(place, "crates", "tests"));
    is_web && ends(place, &[".ts"]) || is_rust && ends(place, &[".rs"])
}

fn by_name(proofs: impl Iterator<Item = Proof>) -> BTreeMap<String, Vec<Proof>> {
    let mut by_name: BTreeMap<String, Vec<Proof>> = BTreeMap::new();
    for proof in proofs {
        for name in &proof.names {
            by_name.entry(name.clone()).or_default().push(proof.clone());
        }
    }
    by_name
}

/// Which functions the declarations call built.
fn built(declarations: &str) -> HashMap<String, bool> {
    let mut functions = HashMap::new();
    let mut about = String::new();
    let body = declarations
        .split("export interface ChatSDK {")
        .nth(1)
        .unwrap_or_default();
    for line in body.lines() {
        let words = line.trim_start();
        if words.starts_with("/**") {
            about.clear();
        }
        if words.starts_with('/') || words.starts_with('*') {
            about.push_str(words);
        } else if let Some((name, _)) = words.split_once('(') {
            let is_missing =
                about.contains("Not built yet") || about.contains("Declared for compatibility only");
            functions.insert(name.trim_end_matches('?').to_owned(), !is_missing);
        }
    }
    functions
}

fn proofs(source: &Source) -> Vec<Proof> {
    let found = if source.place.ends_with(".rs") {
        rust_proofs(&source.text)
    } else {
        web_proofs(&source.text)
    };
    found
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(title, names)| Proof {
            place: source.place.clone(),
            title,
            names,
        })
        .collect()
}

/// Tests whose doc comment names something, by what they are called.
fn rust_proofs(text: &str) -> Vec<(String, Vec<String>)> {
    let (mut found, mut about, mut is_test) = (Vec::new(), String::new(), false);
    for line in text.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            about.push_str(words);
        } else if line.starts_with("#[") {
            is_test |= line.contains("test") && !line.contains("cfg(test)");
        } else {
            if let Some((_, rest)) = line.split_once("fn ")
                && is_test
            {
                let name = rest.split(['(', '<']).next().unwrap_or_default();
                found.push((name.replace('_', " "), names(&about)));
            }
            about.clear();
            is_test = false;
        }
    }
    found
}

/// Tests that name something and use it, by their title.
fn web_proofs(text: &str) -> Vec<(String, Vec<String>)> {
    let lines: Vec<&str> = text.lines().collect();
    let starts: Vec<usize> = (0..lines.len())
        .filter(|&line| is_web_test_start(lines[line]))
        .collect();
    let mut found = Vec::new();
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(lines.len());
        let code = lines[start..end].join("\n");
        let Some((title, body)) = title(&code) else {
            continue;
        };
        let is_comment = |line: &&&str| {
            ["/*", "*", "//"]
                .iter()
                .any(|opening| line.trim().starts_with(opening))
        };
        let about: Vec<&str> = lines[..start]
            .iter()
            .rev()
            .take_while(is_comment)
            .copied()
            .collect();
        let mut named = names(&title);
        named.extend(names(&about.join(" ")));
        named.sort();
        named.dedup();
        named.retain(|name| is_event(name) || uses(body, name));
        found.push((title.replace('`', ""), named));
    }
    found
}

fn is_web_test_start(line: &str) -> bool {
    let line = line.trim_start();
    ["test(", "it(", "test.each(", "it.each("]
        .iter()
        .any(|opening| line.starts_with(opening))
}

/// A test's title, and what follows it. A title with values in it is no sentence; its comment may still name things.
fn title(code: &str) -> Option<(String, &str)> {
    let call = if code.trim_start().split('(').next()?.ends_with("each") {
        code.find(")(")? + 1
    } else {
        code.find('(')?
    };
    let after = code[call + 1..].trim_start();
    let quote = after.chars().next().filter(|quote| "\"'`".contains(*quote))?;
    let end = after[1..].find(quote)? + 1;
    Some((after[1..end].to_owned(), &after[end..]))
}

/// What stands in backticks and could be a function or an event; also `TIM.EVENT.…`, as it is.
fn names(words: &str) -> Vec<String> {
    let quoted = words.split('`').skip(1).step_by(2).filter(|name| is_name(name));
    let events = words.split("TIM.EVENT.").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        &rest[..end.unwrap_or(rest.len())]
    });
    quoted.chain(events).map(str::to_owned).collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn is_event(name: &str) -> bool {
    name.chars()
        .all(|letter| letter.is_ascii_uppercase() || letter == '_')
}

/// Whether the name stands there as a whole word.
fn uses(body: &str, name: &str) -> bool {
    let is_part =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    body.match_indices(name).any(|(start, _)| {
        !is_part(body[..start].chars().next_back()) && !is_part(body[start + name.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_test_counts_when_it_names_and_uses_a_function() {
        let named = "test(\"`pinConversation` puts it first\", async () => {\n  await bob.call(\"pinConversation\");\n});";
        assert_eq!(
            web_proofs(named),
            [(
                "pinConversation puts it first".to_owned(),
                vec!["pinConversation".to_owned()]
            )]
        );
        let above = "/** Proves `joinGroup`. */\ntest(\n  \"tips\",\n  async () => tim.joinGroup(),\n);";
        assert_eq!(web_proofs(above)[0].1, ["joinGroup"]);
        let only_named =
            "test(\"`joinGroup` works\", async () => {});\ntest(\"other\", () => tim.joinGroup());";
        assert!(web_proofs(only_named).iter().all(|(_, names)| names.is_empty()));
        let longer = "test(\"`joinGroup`\", () => tim.joinGroups());";
        assert!(web_proofs(longer)[0].1.is_empty());
        let apart = "/** Proves `joinGroup`. */\nconst x = 1;\ntest(\"tips\", () => tim.joinGroup());";
        assert!(web_proofs(apart)[0].1.is_empty());
    }

    #[test]
    fn an_event_counts_by_its_public_name() {
        assert_eq!(
            web_proofs("test(\"TIM.EVENT.KICKED_OUT, once\", f);")[0].1,
            ["KICKED_OUT"]
        );
        assert_eq!(web_proofs("test('`KICKED_OUT`', f);")[0].1, ["KICKED_OUT"]);
    }

    #[test]
    fn a_rust_test_counts_by_its_doc_comment() {
        let test = "/// Proves `pinConversation`.\n#[tokio::test]\nasync fn a_pinned_one_comes_first() {}";
        assert_eq!(
            rust_proofs(test),
            [(
                "a pinned one comes first".to_owned(),
                vec!["pinConversation".to_owned()]
            )]
        );
        assert!(
            rust_proofs("/// Does `pinConversation`.\nfn pin() {}\n#[test]\nfn b() {}")[0]
                .1
                .is_empty()
        );
    }

    #[test]
    fn the_declarations_say_what_is_built() {
        let text = "export interface ChatSDK {\n  /** Yes. */\n  login(): void;\n\n  /**\n   * Not built yet: rejects.\n   */\n  pin?(): void;\n}";
        let built = built(text);
        assert_eq!((built["login"], built["pin"]), (true, false));
    }
}
