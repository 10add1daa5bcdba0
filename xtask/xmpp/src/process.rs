//! The measured process, watched through `/proc`. It is another's: it is neither started nor ended here.

use anyhow::{Context as _, Result};

/// A process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process {
    pid: u32,
}

impl Process {
    /// One that runs.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let process = Self { pid };
        process.rss_bytes().map(|_| process)
    }

    /// Resident memory, in bytes.
    pub(crate) fn rss_bytes(self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status
            .lines()
            .find(|it| it.starts_with("VmRSS:"))
            .context("VmRSS")?;
        let kilobytes: u64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
        Ok(kilobytes * 1024)
    }

    /// Processor time used so far, in microseconds. The system counts in ticks of 10 ms.
    pub(crate) fn cpu_us(self) -> Result<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        let after_name = stat.rsplit_once(')').context("stat")?.1;
        let mut fields = after_name.split_whitespace().skip(11);
        let mut ticks = || fields.next().context("stat")?.parse::<u64>().context("stat");
        Ok((ticks()? + ticks()?) * 10_000)
    }
}
