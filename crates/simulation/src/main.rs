//! The simulation as a program: many seeds, or one with its trace.
//!
//! **Comes in:** which seeds. **Goes out:** what they did, or the first that breaks a contract, and how to see it again.

use std::process::ExitCode;

use clap::Parser;
use hongyan_simulation::{Report, run, run_traced};

/// Lines of the trace of a seed that breaks a contract.
const LINES_MAX: usize = 60;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask simulate",
    about = "Runs the whole system on a simulated network"
)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Just this one, with its trace.
    #[arg(long)]
    seed: Option<u64>,
    /// Names all seeds that break a contract, instead of ending with the first.
    #[arg(long)]
    keep_going: bool,
    /// How many lines of the trace are shown.
    #[arg(long, default_value_t = LINES_MAX)]
    lines: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.seed {
        Some(seed) => one(seed, arguments.lines),
        None => many(&arguments),
    }
}

fn one(seed: u64, lines_max: usize) -> ExitCode {
    let (done, lines) = run_traced(seed, lines_max);
    for line in lines {
        println!("{line}");
    }
    match done {
        Ok(report) => {
            println!("seed {seed} holds: {report:?}");
            ExitCode::SUCCESS
        }
        Err(broken) => {
            println!("seed {seed}: {broken}");
            ExitCode::FAILURE
        }
    }
}

fn many(arguments: &Arguments) -> ExitCode {
    let mut sum = Report::default();
    let mut broken_count = 0;
    for seed in arguments.from..arguments.from + arguments.seeds {
        match run(seed) {
            Ok(report) => sum += report,
            Err(broken) if arguments.keep_going => {
                broken_count += 1;
                println!("seed {seed}: {broken}");
            }
            Err(_) => {
                one(seed, arguments.lines);
                println!("run it again: cargo xtask simulate --seed {seed}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!(
        "{} seeds, {broken_count} broke a contract: {sum:?}",
        arguments.seeds
    );
    match broken_count {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
