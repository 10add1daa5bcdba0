//! All runs as one table: ours, ejabberd's two, and the ratios.
//!
//! **Comes in:** runs with `parameters.work` and `parameters.system`. **Goes out:** Markdown, ready for docs/performance.md.

use serde_json::Value;

use super::System;

/// What is compared of a run, in which unit, and which way is better.
struct Figure {
    name: &'static str,
    unit: &'static str,
    /// A figure of the report is divided by this to be shown.
    scale: f64,
    less_is_better: bool,
}

const fn more(name: &'static str, unit: &'static str) -> Figure {
    Figure {
        name,
        unit,
        scale: 1.0,
        less_is_better: false,
    }
}

const fn less(name: &'static str, unit: &'static str, scale: f64) -> Figure {
    Figure {
        name,
        unit,
        scale,
        less_is_better: true,
    }
}

/// What counted as the answer of an XMPP server; ours always answers itself.
const ANSWERS: [&str; 2] = ["ack", "delivery"];

/// By kind of work: the parameter that tells runs apart, and the figures.
const ROWS: [(&str, &str, &[Figure]); 3] = [
    (
        "pairs",
        "window",
        &[
            more("rate", "messages/s"),
            less("p50_ms", "ms p50", 1.0),
            less("p99_ms", "ms p99", 1.0),
            less("server_cpu_us", "µs server CPU each", 1.0),
        ],
    ),
    (
        "connections",
        "connections",
        &[less("bytes_each", "KB each", 1000.0), more("rate", "logins/s")],
    ),
    (
        "room",
        "members",
        &[
            more("rate", "deliveries/s"),
            less("p50_ms", "ms p50", 1.0),
            less("p99_ms", "ms p99", 1.0),
            less("server_cpu_us", "µs server CPU each", 1.0),
        ],
    ),
];

impl Figure {
    /// Unit, values and ratios.
    fn cells(&self, values: [Option<f64>; 3]) -> String {
        let [ours, archived, nothing] = values;
        let shown = values.map(|it| it.map_or("–".to_owned(), |it| number(it / self.scale)));
        let ratio = |theirs: Option<f64>| match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours > 0.0 && theirs > 0.0 => {
                let more = ours / theirs;
                number(if self.less_is_better { 1.0 / more } else { more })
            }
            _ => "–".to_owned(),
        };
        format!(
            "{} | {} | {} | {} |",
            self.unit,
            shown.join(" | "),
            ratio(archived),
            ratio(nothing)
        )
    }
}

/// The table. A ratio above one says how many times better ours is.
pub(super) fn of(runs: &[Value]) -> String {
    let names = System::ALL.map(System::name);
    let mut lines = vec![
        format!(
            "| what | unit | {} | ratio archived | ratio storing nothing |",
            names.join(" | ")
        ),
        "| --- | --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    for (work, parameter, figures) in ROWS {
        let of_work = |system: &str| -> Vec<&Value> {
            let is_meant =
                |run: &&Value| run["parameters"]["work"] == work && run["parameters"]["system"] == system;
            runs.iter().filter(is_meant).collect()
        };
        let by_system = names.map(of_work);
        for ours in &by_system[0] {
            let step = &ours["parameters"][parameter];
            for answer in ANSWERS {
                let matching = by_system.each_ref().map(|runs| {
                    runs.iter().find(|run| {
                        let parameters = &run["parameters"];
                        parameters[parameter] == *step
                            && parameters["answer"].as_str().unwrap_or(answer) == answer
                    })
                });
                let is_told = matching
                    .iter()
                    .flatten()
                    .any(|run| run["parameters"]["answer"].is_string());
                let by = if is_told {
                    format!(", {answer}")
                } else {
                    String::new()
                };
                // Work without answers is shown once.
                if answer != ANSWERS[0] && !is_told {
                    continue;
                }
                for figure in figures {
                    let values = matching.map(|run| run.and_then(|run| run[figure.name].as_f64()));
                    lines.push(format!(
                        "| {work}, {parameter} {step}{by} | {}",
                        figure.cells(values)
                    ));
                }
            }
        }
    }
    for run in runs {
        let parameters = &run["parameters"];
        for wrong in ["lost", "repeated", "out_of_order", "stopped_by"] {
            if !run[wrong].is_null() && run[wrong] != 0 {
                lines.push(format!(
                    "{} {}: {wrong} {}",
                    parameters["system"], parameters["work"], run[wrong]
                ));
            }
        }
    }
    lines.join("\n")
}

/// With as many digits as say something, and commas between thousands.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        it if it >= 100.0 => 0,
        it if it >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_ratio_above_one_is_ours_whether_more_or_less_is_better() {
        let run = |system: &str, rate: f64, bytes: f64| {
            json!({
                "parameters": { "work": "connections", "system": system, "connections": 1000 },
                "rate": rate,
                "bytes_each": bytes,
            })
        };
        let runs = [
            run("hongyan", 6000.0, 5000.0),
            run("ejabberd archived", 1500.0, 50_000.0),
            run("ejabberd storing nothing", 3000.0, 25_000.0),
        ];
        let table = of(&runs);
        assert!(
            table.contains(
                "| connections, connections 1000 | logins/s | 6,000 | 1,500 | 3,000 | 4.00 | 2.00 |"
            ),
            "{table}"
        );
        assert!(
            table.contains("| connections, connections 1000 | KB each | 5.00 | 50.0 | 25.0 | 10.0 | 5.00 |"),
            "{table}"
        );
    }

    #[test]
    fn each_answer_of_theirs_stands_beside_the_one_of_ours() {
        let ours =
            json!({ "parameters": { "work": "pairs", "system": "hongyan", "window": 8 }, "rate": 300.0 });
        let theirs = |answer: &str, rate: f64| {
            json!({
                "parameters": {
                    "work": "pairs", "system": "ejabberd storing nothing", "window": 8, "answer": answer,
                },
                "rate": rate,
            })
        };
        let table = of(&[ours, theirs("ack", 100.0), theirs("delivery", 600.0)]);
        assert!(
            table.contains("| pairs, window 8, ack | messages/s | 300 | – | 100 | – | 3.00 |"),
            "{table}"
        );
        assert!(
            table.contains("| pairs, window 8, delivery | messages/s | 300 | – | 600 | – | 0.50 |"),
            "{table}"
        );
    }

    #[test]
    fn what_went_wrong_stands_below() {
        let runs = [
            json!({ "parameters": { "work": "pairs", "system": "hongyan", "window": 1 }, "lost": 3, "repeated": 0 }),
        ];
        let table = of(&runs);
        assert!(table.ends_with("\"hongyan\" \"pairs\": lost 3"), "{table}");
    }

    #[test]
    fn numbers_are_shown_as_people_write_them() {
        assert_eq!(number(1_234_567.8), "1,234,568");
        assert_eq!(number(100.0), "100");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(0.123), "0.12");
    }
}
