//! What a run may end with: a contract that does not hold, and how to see it again.

use std::fmt;

use hongyan_protocol::id::Timestamp;

/// A contract of ARCHITECTURE.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "ARCHITECTURE.md says what they promise")]
pub enum Contract {
    C1,
    C2,
    C3,
    C4,
    C5,
    C6,
}

/// A contract did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub contract: Contract,
    /// What was seen.
    pub what: String,
    /// The last that happened before; empty when no trace was kept.
    pub trace: Vec<String>,
}

impl Broken {
    pub(crate) fn new(contract: Contract, what: impl Into<String>) -> Self {
        Self {
            contract,
            what: what.into(),
            trace: Vec::new(),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} does not hold: {}", self.contract, self.what)
    }
}

impl std::error::Error for Broken {}

/// The last lines of what happened. Kept only in a run that is looked at, since writing them takes most of the time.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    lines: Option<std::collections::VecDeque<String>>,
    lines_max: usize,
}

impl Trace {
    pub(crate) fn new(lines_max: usize) -> Self {
        Self {
            lines: (lines_max > 0).then(Default::default),
            lines_max,
        }
    }

    pub(crate) fn note(&mut self, now: Timestamp, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            if lines.len() == self.lines_max {
                lines.pop_front();
            }
            lines.push_back(format!("{:>9} ms  {}", now.0 - crate::START.0, line()));
        }
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default().into()
    }
}
