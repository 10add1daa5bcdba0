//! Counting: how many tests passed and failed, read from what each test program reports.
//!
//! **Comes in:** reports. **Goes out:** tallies, and the summary that ends a run.

use anyhow::Result;
use serde_json::Value;

use crate::shell;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// A program that failed without naming a failed test failed as a whole.
    pub(crate) fn with_exit(mut self, succeeded: bool) -> Self {
        if !succeeded && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

/// A test program's result.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) tally: Tally,
}

impl Suite {
    /// A suite that could not run.
    pub(crate) fn broken(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            tally: Tally { passed: 0, failed: 1 },
        }
    }
}

/// Runs one suite; when it cannot run, says why.
pub(crate) fn suite(name: &str, run: impl FnOnce() -> Result<Tally>) -> Suite {
    match run() {
        Ok(tally) => Suite {
            name: name.to_owned(),
            tally,
        },
        Err(error) => {
            shell::warn(&format!("{name}: {error:#}"));
            Suite::broken(name)
        }
    }
}

/// Prints the summary, whose last line is `N passed, N failed`; returns whether nothing failed.
pub(crate) fn report(suites: &[Suite]) -> bool {
    println!();
    for Suite { name, tally } in suites {
        println!(
            "{} {name}: {} passed, {} failed",
            if tally.failed == 0 { "✓" } else { "✗" },
            tally.passed,
            tally.failed
        );
    }
    let passed: u64 = suites.iter().map(|suite| suite.tally.passed).sum();
    let failed: u64 = suites.iter().map(|suite| suite.tally.failed).sum();
    println!("{passed} passed, {failed} failed");
    failed == 0
}

/// The lines of `cargo test`: "test result: ok. 3 passed; 0 failed; 0 ignored; …", one per program.
pub(crate) fn of_cargo_test(output: &str) -> Tally {
    output
        .lines()
        .filter_map(|line| line.trim().strip_prefix("test result:"))
        .fold(Tally::default(), |sum, counts| Tally {
            passed: sum.passed + count_before(counts, &["passed"]),
            failed: sum.failed + count_before(counts, &["failed"]),
        })
}

/// The last line of nextest: "Summary [ 0.1s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 0 skipped".
pub(crate) fn of_nextest(output: &str) -> Tally {
    let Some(counts) = output.lines().rfind(|line| line.trim().starts_with("Summary [")) else {
        return Tally::default();
    };
    let failures = ["failed", "timed out", "exec failed"];
    Tally {
        passed: count_before(counts, &["passed"]),
        failed: count_before(counts, &failures),
    }
}

/// vitest's JSON report. A file that could not be loaded has no tests to fail and counts as one.
pub(crate) fn of_vitest(report: &Value) -> Tally {
    let number = |name: &str| report[name].as_u64().unwrap_or_default();
    let files = report["testResults"].as_array().into_iter().flatten();
    let broken_files = files
        .filter(|file| {
            let mut tests = file["assertionResults"].as_array().into_iter().flatten();
            file["status"] == "failed" && !tests.any(|test| test["status"] == "failed")
        })
        .count();
    Tally {
        passed: number("numPassedTests"),
        failed: number("numFailedTests") + broken_files as u64,
    }
}

/// Playwright's JSON report. A test that passed on a second try has passed; errors outside tests count as failures.
pub(crate) fn of_playwright(report: &Value) -> Tally {
    let number = |name: &str| report["stats"][name].as_u64().unwrap_or_default();
    let errors = report["errors"].as_array().map_or(0, Vec::len) as u64;
    Tally {
        passed: number("expected") + number("flaky"),
        failed: number("unexpected") + errors,
    }
}

/// The sum of the numbers that stand before one of these words, between commas, semicolons and full stops.
fn count_before(counts: &str, words: &[&str]) -> u64 {
    counts
        .split([',', ';', ':', '.'])
        .map(|part| part.split('(').next().unwrap_or_default().trim())
        .filter_map(|part| part.split_once(' '))
        .filter(|(_, word)| words.contains(word))
        .filter_map(|(number, _)| number.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cargo_test_reports_once_per_program() {
        let output = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; \
                      finished in 0.00s\n\ntest result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(of_cargo_test(output), Tally { passed: 3, failed: 3 });
    }

    #[test]
    fn nextest_reports_at_its_end() {
        let output = "PASS [   0.005s] a\n     Summary [   0.006s] 9 tests run: 5 passed (1 slow), 2 failed, 1 timed out, \
                      1 exec failed, 4 skipped";
        assert_eq!(of_nextest(output), Tally { passed: 5, failed: 4 });
        assert_eq!(of_nextest("error: could not compile"), Tally::default());
    }

    #[test]
    fn vitest_counts_a_file_that_does_not_load() {
        let report = json!({
            "numPassedTests": 4, "numFailedTests": 1, "success": false,
            "testResults": [
                {"status": "failed", "assertionResults": [{"status": "failed"}, {"status": "passed"}]},
                {"status": "failed", "assertionResults": []},
                {"status": "passed", "assertionResults": [{"status": "passed"}]},
            ],
        });
        assert_eq!(of_vitest(&report), Tally { passed: 4, failed: 2 });
    }

    #[test]
    fn playwright_counts_errors_outside_tests() {
        let report =
            json!({"stats": {"expected": 3, "unexpected": 1, "flaky": 1, "skipped": 2}, "errors": [{}]});
        assert_eq!(of_playwright(&report), Tally { passed: 4, failed: 2 });
    }

    #[test]
    fn a_program_that_fails_without_a_failed_test_failed_as_a_whole() {
        assert_eq!(Tally::default().with_exit(false), Tally { passed: 0, failed: 1 });
        assert_eq!(
            Tally { passed: 1, failed: 2 }.with_exit(false),
            Tally { passed: 1, failed: 2 }
        );
    }
}
