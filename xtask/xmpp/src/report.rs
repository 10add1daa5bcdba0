//! What a bench saw, with the names of `hongyan bench --json`. The machine is left to that: it is the same one.

use anyhow::Result;
use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

/// One measurement. What does not apply is left out.
#[derive(Debug)]
pub(crate) struct Run(Map<String, Value>);

impl Run {
    /// Of these parameters.
    pub(crate) fn of(parameters: Value) -> Self {
        Self(Map::from_iter([("parameters".to_owned(), parameters)]))
    }

    /// Notes one figure.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Notes percentiles, in milliseconds, of a histogram of microseconds.
    pub(crate) fn set_latency(&mut self, histogram: &Histogram<u64>) {
        for (name, quantile) in [
            ("p50_ms", 0.5),
            ("p90_ms", 0.9),
            ("p99_ms", 0.99),
            ("p999_ms", 0.999),
        ] {
            self.set(name, histogram.value_at_quantile(quantile) as f64 / 1000.0);
        }
    }
}

/// Prints the report.
pub(crate) fn print(bench: &str, runs: Vec<Run>) -> Result<()> {
    let runs: Vec<Value> = runs.into_iter().map(|Run(run)| Value::Object(run)).collect();
    println!(
        "{}",
        serde_json::to_string(&json!({ "bench": bench, "runs": runs }))?
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_our_own_report() {
        let mut histogram = Histogram::new(3).unwrap();
        histogram.record(1500).unwrap();
        let mut run = Run::of(json!({ "window": 8 }));
        run.set("rate", 2.5);
        run.set_latency(&histogram);
        let names: Vec<&str> = run.0.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["p50_ms", "p90_ms", "p999_ms", "p99_ms", "parameters", "rate"]
        );
        assert_eq!(run.0["p50_ms"], json!(1.5));
    }
}
