//! What a benchmark saw, as a table for people or as JSON for programs.

use serde::Serialize;

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
    pub(crate) parameters: serde_json::Map<String, serde_json::Value>,
    /// Messages, or logins, per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<f64>,
    /// The same through the bare relay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) floor_rate: Option<f64>,
    /// `rate / floor_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ratio: Option<f64>,
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
        println!(
            "{} on {}, {} cores, {}",
            self.bench, self.machine.cpu, self.machine.cores, self.machine.system
        );
        let rows: Vec<Vec<(String, String)>> = self.runs.iter().map(Run::columns).collect();
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
        let line = |cells: Vec<String>| {
            let cells: Vec<String> = cells
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:>width$}"))
                .collect();
            println!("  {}", cells.join("  "));
        };
        line(names.iter().map(|it| (*it).clone()).collect());
        for row in &rows {
            line(names.iter().map(|name| cell(row, name)).collect());
        }
        Ok(())
    }
}

impl Run {
    /// Of these parameters.
    pub(crate) fn of<const N: usize>(parameters: [(&str, serde_json::Value); N]) -> Self {
        let parameters = parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Self {
            parameters,
            ..Self::default()
        }
    }

    fn columns(&self) -> Vec<(String, String)> {
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut columns: Vec<(String, String)> = self
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), show(value)))
            .collect();
        let measured = value
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name != "parameters");
        columns.extend(measured.map(|(name, value)| (name.clone(), show(value))));
        columns
    }
}

fn show(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => match number.as_f64() {
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
