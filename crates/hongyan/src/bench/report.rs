//! What a benchmark saw, as a table for people or as JSON for programs.

use serde::Serialize;
use serde_json::Value;

/// One benchmark's report. The names are stable from release to release.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Which program.
    pub(crate) bench: &'static str,
    /// On what it ran.
    pub(crate) machine: Machine,
    /// Its measurements, one for each set of parameters.
    pub(crate) runs: Vec<Run>,
}

/// The machine, as the system tells.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_bytes: u64,
    system: String,
}

/// One measurement. What does not apply is left out.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Run {
    /// The parameters, by name.
    pub(crate) parameters: serde_json::Map<String, Value>,
    /// Messages, or logins, per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<f64>,
    /// The same through the bare relay: each frame that it reads is written by itself, without a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) floor_rate: Option<f64>,
    /// `rate / floor_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ratio: Option<f64>,
    /// The same through a relay that writes with one call what waits for a socket, as the server does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) joined_floor_rate: Option<f64>,
    /// `rate / joined_floor_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) joined_ratio: Option<f64>,
    /// From the sender's socket to the receiver's.
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) latency: Option<Latency>,
    /// Processor time of the server per message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_cpu_us: Option<f64>,
    /// Resident memory of the server at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rss_bytes: Option<u64>,
    /// Resident memory per connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes_each: Option<f64>,
    /// Acknowledged and never received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lost: Option<u64>,
    /// Received more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeated: Option<u64>,
    /// Received before an earlier one of the same sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) out_of_order: Option<u64>,
    /// A limit that ended the run early, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_by: Option<String>,
}

/// Percentiles in milliseconds.
#[derive(Debug, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "these are the stable names of the report"
)]
pub(crate) struct Latency {
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
}

/// All that a run may have measured, in the order of a table.
const MEASURED: [&str; 16] = [
    "rate",
    "floor_rate",
    "ratio",
    "joined_floor_rate",
    "joined_ratio",
    "p50_ms",
    "p90_ms",
    "p99_ms",
    "p999_ms",
    "server_cpu_us",
    "rss_bytes",
    "bytes_each",
    "lost",
    "repeated",
    "out_of_order",
    "stopped_by",
];

impl Latency {
    /// From a histogram of microseconds.
    pub(crate) fn of(histogram: &hdrhistogram::Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        Self {
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
        }
    }
}

impl Report {
    /// Of this machine.
    pub(crate) fn new(bench: &'static str) -> Self {
        Self {
            bench,
            machine: Machine::this(),
            runs: Vec::new(),
        }
    }

    /// Prints the report.
    pub(crate) fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        print!("{}", self.table());
        Ok(())
    }

    /// A row for each run. Parameters that are the same in all stand in the first line instead.
    fn table(&self) -> String {
        let Machine {
            cpu, cores, system, ..
        } = &self.machine;
        let mut text = format!("{} on {cpu}, {cores} cores, {system}", self.bench);
        let shared = |name: &String, value: &Value| {
            self.runs.len() > 1 && self.runs.iter().all(|it| it.parameters.get(name) == Some(value))
        };
        for (name, value) in self.runs.iter().take(1).flat_map(|it| &it.parameters) {
            if shared(name, value) && !value.is_null() {
                text += &format!(", {name} {}", show(value));
            }
        }
        text.push('\n');
        let rows: Vec<Vec<(String, String)>> = self.runs.iter().map(|it| it.columns(shared)).collect();
        let mut names: Vec<&String> = Vec::new();
        for (name, _) in rows.iter().flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let cell = |row: &Vec<(String, String)>, name: &String| {
            row.iter()
                .find(|(it, _)| it == name)
                .map(|(_, value)| value.clone())
                .unwrap_or_default()
        };
        let widths: Vec<usize> = names
            .iter()
            .map(|name| {
                rows.iter()
                    .map(|row| cell(row, name).len())
                    .max()
                    .unwrap_or(0)
                    .max(name.len())
            })
            .collect();
        let mut line = |cells: Vec<String>| {
            let cells: Vec<String> = cells
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:>width$}"))
                .collect();
            text += &format!("  {}\n", cells.join("  "));
        };
        line(names.iter().map(|it| (*it).clone()).collect());
        for row in &rows {
            line(names.iter().map(|name| cell(row, name)).collect());
        }
        text
    }
}

impl Run {
    /// Of these parameters.
    pub(crate) fn of<const N: usize>(parameters: [(&str, Value); N]) -> Self {
        let parameters = parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Self {
            parameters,
            ..Self::default()
        }
    }

    /// Sets the rate beside that of the bare relay and of the one that joins.
    pub(crate) fn compare(&mut self, [bare, joined]: [f64; 2]) {
        self.floor_rate = Some(bare);
        self.ratio = self.rate.map(|it| it / bare);
        self.joined_floor_rate = Some(joined);
        self.joined_ratio = self.rate.map(|it| it / joined);
    }

    fn columns(&self, is_shared: impl Fn(&String, &Value) -> bool) -> Vec<(String, String)> {
        let value = serde_json::to_value(self).unwrap_or_default();
        let measured = MEASURED
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), value.get(name)?)));
        self.parameters
            .iter()
            .filter(|(name, value)| !is_shared(name, value))
            .map(|(name, value)| (name.clone(), value))
            .chain(measured)
            .map(|(name, value)| (name, show(value)))
            .collect()
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(it) if it.fract() == 0.0 => format!("{it:.0}"),
            Some(it) if it.abs() >= 1000.0 => format!("{it:.0}"),
            Some(it) => format!("{it:.2}"),
            None => number.to_string(),
        },
        other => other.to_string(),
    }
}

impl Machine {
    fn this() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, name: &str| {
            let line = text.lines().find(|it| it.starts_with(name));
            line.and_then(|it| it.split_once(':'))
                .map(|(_, it)| it.trim().to_owned())
                .unwrap_or_default()
        };
        let memory = after(&read("/proc/meminfo"), "MemTotal");
        Self {
            cpu: after(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory
                .split(' ')
                .next()
                .and_then(|it| it.parse::<u64>().ok())
                .unwrap_or(0)
                * 1024,
            system: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(rates: &[(u32, f64)]) -> Report {
        let mut report = Report::new("pairs");
        for (window, rate) in rates {
            let mut run = Run::of([
                ("pairs", json!(200)),
                ("window", json!(window)),
                ("fixed_rate", json!(null)),
            ]);
            run.rate = Some(*rate);
            run.compare([60_000.0, 120_000.0]);
            report.runs.push(run);
        }
        report
    }

    #[test]
    fn a_row_has_what_differs_and_each_ratio_is_to_the_floor_beside_it() {
        let table = report(&[(1, 30_000.0), (8, 90_000.0)]).table();
        let lines: Vec<Vec<&str>> = table.lines().map(|it| it.split_whitespace().collect()).collect();
        assert!(table.lines().next().unwrap().ends_with(", pairs 200"), "{table}");
        let names = [
            "window",
            "rate",
            "floor_rate",
            "ratio",
            "joined_floor_rate",
            "joined_ratio",
        ];
        assert_eq!(lines[1], names);
        assert_eq!(lines[2], ["1", "30000", "60000", "0.50", "120000", "0.25"]);
        assert_eq!(lines[3], ["8", "90000", "60000", "1.50", "120000", "0.75"]);
    }

    #[test]
    fn a_report_of_one_run_tells_all_of_it() {
        let table = report(&[(8, 90_000.0)]).table();
        let row = table.lines().last().unwrap();
        assert!(row.contains("200") && row.contains("null"), "{table}");
    }

    #[test]
    fn a_table_has_whatever_was_measured() {
        let mut run = report(&[(8, 90_000.0)]).runs.remove(0);
        run.latency = Some(Latency::of(&hdrhistogram::Histogram::new(3).unwrap()));
        run.server_cpu_us = Some(1.0);
        (run.rss_bytes, run.bytes_each, run.lost) = (Some(1), Some(1.0), Some(0));
        (run.repeated, run.out_of_order) = (Some(0), Some(0));
        run.stopped_by = Some("a limit".to_owned());
        let Value::Object(mut all) = serde_json::to_value(&run).unwrap() else {
            panic!("a run is an object");
        };
        all.remove("parameters");
        let mut names: Vec<&str> = MEASURED.to_vec();
        names.sort_unstable();
        assert_eq!(all.keys().collect::<Vec<_>>(), names);
    }

    #[test]
    fn programs_find_the_stable_names() {
        let report = serde_json::to_value(report(&[(8, 90_000.0)])).unwrap();
        let run = &report["runs"][0];
        assert_eq!((&run["ratio"], &run["joined_ratio"]), (&json!(1.5), &json!(0.75)));
        assert_eq!(run["parameters"]["window"], 8);
    }
}
