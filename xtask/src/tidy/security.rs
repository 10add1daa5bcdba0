//! Rule: each threat of docs/security.md stands beside tests, and each of these tests is there.
//!
//! And what users write stays text: no page of ours makes markup of a string.
//!
//! A row of its tables names them as `file::test`: a Rust function, or the title of a TypeScript test.

use anyhow::{Context, Result};

use super::{Finding, ends, is_in_each, is_web_test, sources};
use crate::workspace;

const PAGE: &str = "docs/security.md";

pub(super) fn check() -> Result<Vec<Finding>> {
    let root = workspace::root();
    let page = std::fs::read_to_string(root.join(PAGE)).with_context(|| format!("reading {PAGE}"))?;
    let mut findings = judge(&page, |place| std::fs::read_to_string(root.join(place)).ok());
    let of_apps = |place: &str| {
        is_in_each(place, "apps", "src") && ends(place, &[".ts", ".vue"]) && !is_web_test(place)
    };
    for source in sources(of_apps) {
        findings.extend(markup(&source.place, &source.text));
    }
    Ok(findings)
}

/// The ways by which a string becomes markup or code.
const MARKUP: [&str; 6] = [
    "v-html",
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
];

fn markup(place: &str, text: &str) -> Vec<Finding> {
    let found = text.lines().enumerate().flat_map(|(number, line)| {
        let ways = MARKUP.iter().filter(move |it| line.contains(**it));
        ways.map(move |way| (number + 1, way))
    });
    found
        .map(|(line, way)| {
            let text = format!("{way} makes markup or code of a string; a user may have written it");
            Finding::new(format!("{place}:{line}"), text)
        })
        .collect()
}

fn judge(page: &str, read: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in page.lines().enumerate() {
        let is_row = line.starts_with("| ") && !line.starts_with("| threat") && !line.starts_with("| ---");
        let tests: Vec<(&str, &str)> = named(line).collect();
        let place = || format!("{PAGE}:{}", number + 1);
        if is_row && tests.is_empty() {
            findings.push(Finding::new(
                place(),
                "this threat stands beside no test (`file::test`)",
            ));
        }
        for (file, test) in tests {
            match read(file) {
                None => findings.push(Finding::new(place(), format!("there is no file {file}"))),
                Some(text) if !holds(file, &text, test) => {
                    findings.push(Finding::new(place(), format!("{file} has no test {test}")));
                }
                Some(_) => {}
            }
        }
    }
    findings
}

/// What stands as `file::test` in backticks.
fn named(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split('`').skip(1).step_by(2).filter_map(|code| {
        let (file, test) = code.split_once("::")?;
        [".rs", ".ts"]
            .iter()
            .any(|it| file.ends_with(it))
            .then_some((file, test))
    })
}

fn holds(file: &str, text: &str, test: &str) -> bool {
    if file.ends_with(".rs") {
        text.contains(&format!("fn {test}("))
    } else {
        ["\"", "'", "`"]
            .iter()
            .any(|quote| text.contains(&format!("{quote}{test}{quote}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_user_becomes_markup() {
        assert_eq!(markup("a.vue", "<p>{{ text }}</p>"), []);
        for bad in ["<p v-html=\"text\" />", "element.innerHTML = text;", "eval(text)"] {
            assert_eq!(markup("a.vue", bad).len(), 1, "{bad}");
        }
        let all = check().unwrap();
        assert!(!all.iter().any(|it| it.place.starts_with("apps/")), "{all:?}");
    }

    #[test]
    fn a_threat_without_a_test_and_a_test_that_is_gone_are_found() {
        let page = "\
| threat | answer | tests |
| --- | --- | --- |
| a | b | `x.rs::it_holds`, `y.ts::it holds` |
| a | b | `x.rs::it_held` |
| a | b | `z.rs::it_holds` |
| a | b | c |
Words, and `code::of_another_kind`.
";
        let read = |place: &str| match place {
            "x.rs" => Some("#[test]\nfn it_holds() {}".to_owned()),
            "y.ts" => Some("test(\"it holds\", f);".to_owned()),
            _ => None,
        };
        let places: Vec<String> = judge(page, read).into_iter().map(|it| it.place).collect();
        assert_eq!(
            places,
            ["docs/security.md:4", "docs/security.md:5", "docs/security.md:6"]
        );
    }
}
