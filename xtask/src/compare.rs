//! `cargo xtask compare`: the same work for our server and for ejabberd, in one run on one machine.
//!
//! **Comes in:** how much work. **Goes out:** a table, or with `--json` one object in the form of `hongyan bench`.
//! **Never here:** the load itself: ours comes from `hongyan bench`, ejabberd's from `xtask/xmpp`, which does the same
//! work message for message.
//!
//! All of it happens on 127.0.0.1, below `target/compare`, and within limits of time; what is started here is ended here.
//! What is configured, and what counts as an answer, is told in docs/performance.md.

mod ejabberd;
mod table;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use self::ejabberd::{Ejabberd, Keeps};
use crate::{shell, workspace};

/// What one program that measures may take.
const BENCH_MAX: Duration = Duration::from_secs(600);

/// How much is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// Install ejabberd from Debian's packages when it is missing.
    #[arg(long)]
    install: bool,
    /// Just one part.
    #[arg(long)]
    only: Option<Part>,
    /// Pairs of users.
    #[arg(long, default_value_t = 200)]
    pairs: u32,
    /// Unanswered messages that each sender may have, measured one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    window: Vec<u32>,
    /// Idle connections, in steps.
    #[arg(long, value_delimiter = ',', default_values_t = [1000, 10_000])]
    count: Vec<u32>,
    /// Members of the room.
    #[arg(long, value_delimiter = ',', default_values_t = [100])]
    members: Vec<u32>,
    /// Bytes of text in each message.
    #[arg(long, default_value_t = 100)]
    bytes: u32,
    /// Seconds for each measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    Pairs,
    Connections,
    Room,
}

/// What is measured on a server that is started for it.
#[derive(Debug)]
struct Work {
    part: Part,
    /// What both programs are told.
    arguments: Vec<String>,
}

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Hongyan,
    Ejabberd(Keeps),
}

impl System {
    const ALL: [Self; 3] = [
        Self::Hongyan,
        Self::Ejabberd(Keeps::Archive),
        Self::Ejabberd(Keeps::Nothing),
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Hongyan => "hongyan",
            Self::Ejabberd(Keeps::Archive) => "ejabberd archived",
            Self::Ejabberd(Keeps::Nothing) => "ejabberd storing nothing",
        }
    }
}

/// Measures each work with all three, one right after the other.
pub(crate) fn run(compare: &Compare) -> Result<()> {
    let version = ejabberd::need(compare.install)?;
    shell::step("building the server and the load");
    let mut cargo = shell::cargo();
    cargo.args([
        "build",
        "--release",
        "--package",
        "hongyan",
        "--package",
        "xtask-xmpp",
    ]);
    shell::run(&mut cargo)?;
    let folder = Folder::make()?;
    let mut machine = Value::Null;
    let mut runs = Vec::new();
    for work in compare.works() {
        let part = work.part.name();
        for system in System::ALL {
            shell::step(&format!(
                "measuring {part} {}: {}",
                work.arguments.join(" "),
                system.name()
            ));
            let report = measure(&work, system, &folder)?;
            if let Some(it) = report.get("machine") {
                machine = it.clone();
            }
            for run in report["runs"].as_array().context("a report without runs")? {
                let mut run = run.clone();
                run["parameters"]["work"] = json!(part);
                run["parameters"]["system"] = json!(system.name());
                runs.push(run);
            }
        }
    }
    if compare.json {
        let report = json!({ "bench": "compare", "machine": machine, "ejabberd": version, "runs": runs });
        println!("{report}");
        return Ok(());
    }
    let told = |name: &str| machine[name].as_str().unwrap_or("?").to_owned();
    println!(
        "compared with ejabberd {version} on {}, {} cores, {}",
        told("cpu"),
        machine["cores"],
        told("system")
    );
    println!("{}", table::of(&runs));
    Ok(())
}

impl Compare {
    /// All that is measured, in the order of the table. Each window and each room has servers of its own, so that the three
    /// are measured right after one another, and no archive is longer than another.
    fn works(&self) -> Vec<Work> {
        let listed: Vec<String> = self.count.iter().map(u32::to_string).collect();
        let pairs = self.window.iter().map(|window| {
            let arguments = format!(
                "--pairs {} --window {window} --bytes {} --seconds {}",
                self.pairs, self.bytes, self.seconds
            );
            (Part::Pairs, arguments)
        });
        let rooms = self.members.iter().map(|members| {
            let arguments = format!(
                "--members {members} --bytes {} --seconds {}",
                self.bytes, self.seconds
            );
            (Part::Room, arguments)
        });
        let connections = (Part::Connections, format!("--count {}", listed.join(",")));
        pairs
            .chain([connections])
            .chain(rooms)
            .filter(|(part, _)| self.only.is_none_or(|only| only == *part))
            .map(|(part, arguments)| Work {
                part,
                arguments: arguments.split(' ').map(str::to_owned).collect(),
            })
            .collect()
    }
}

/// One work by one server that is started for it. The report is that of `hongyan bench`.
fn measure(work: &Work, system: System, folder: &Folder) -> Result<Value> {
    match system {
        System::Hongyan => {
            let mut bench = Command::new(workspace::program("release", "hongyan"));
            bench.args(["bench", work.part.name(), "--json"]);
            // Its data goes to the same disk.
            bench.args(&work.arguments).env("TMPDIR", &folder.0);
            ask(&mut bench)
        }
        System::Ejabberd(keeps) => {
            let server = Ejabberd::start(&folder.0.join("ejabberd"), keeps)?;
            let mut bench = Command::new(workspace::program("release", "xtask-xmpp"));
            bench
                .arg(work.part.name())
                .args(["--address", &server.address()])
                .args(["--pid", &server.pid().to_string()])
                .args(&work.arguments);
            let report = ask(&mut bench).with_context(|| server.log());
            server.stop()?;
            report
        }
    }
}

fn ask(bench: &mut Command) -> Result<Value> {
    let output = shell::answer_within(bench, BENCH_MAX)?;
    serde_json::from_str(&output).with_context(|| format!("reading what {} printed", shell::described(bench)))
}

impl Part {
    /// As both programs call it.
    fn name(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Connections => "connections",
            Self::Room => "room",
        }
    }
}

/// Where both servers keep their data. It is removed at the end.
struct Folder(PathBuf);

impl Folder {
    /// Its name has this process's number, so that two runs do not meet.
    fn make() -> Result<Self> {
        let folder = workspace::target().join(format!("compare/{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            shell::warn(&format!("{} is left: {error}", self.0.display()));
        }
    }
}
