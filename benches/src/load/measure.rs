//! Clocks, latencies and what /proc says about the server.

use std::fs;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use crate::failure::Failure;

/// Latencies, to three digits.
pub struct Latency(Histogram<u64>);

impl Latency {
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("constant bounds"))
    }

    pub fn record(&mut self, latency: Duration) {
        self.0
            .saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Microseconds.
    pub fn report(&self) -> Value {
        let at = |quantile| Duration::from_nanos(self.0.value_at_quantile(quantile)).as_secs_f64() * 1e6;
        json!({ "p50_us": at(0.5), "p99_us": at(0.99), "max_us": at(1.0) })
    }
}

/// CPU time between two moments, in cores. A loader at 1.0 was the bottleneck: the figure is then a lower bound. One that
/// waited for its core shared it with others: pinned, that should be next to nothing.
pub struct Cpu<'a> {
    pids: &'a [u32],
    start: Instant,
    loader: Duration,
    waited: Duration,
    server: Option<Duration>,
}

impl<'a> Cpu<'a> {
    pub fn start(pids: &'a [u32]) -> Self {
        Self {
            pids,
            start: Instant::now(),
            loader: own_time(),
            waited: own_wait(),
            server: server_time(pids),
        }
    }

    /// `server` is null without `--pid`.
    pub fn report(&self) -> Value {
        let elapsed = self.start.elapsed().as_secs_f64();
        let cores = |used: Duration| (used.as_secs_f64() / elapsed * 1000.0).round() / 1000.0;
        let server = self
            .server
            .zip(server_time(self.pids))
            .map(|(before, after)| cores(after.saturating_sub(before)));
        json!({
            "loader": cores(own_time().saturating_sub(self.loader)),
            "waited": cores(own_wait().saturating_sub(self.waited)),
            "server": server,
        })
    }
}

fn own_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// Time this thread was ready to run and did not, from `/proc/self/schedstat`; zero where the kernel does not count it.
fn own_wait() -> Duration {
    let stat = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split_whitespace().nth(1).and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

/// User and system time of all threads, from `proc_pid_stat(5)`, in ticks of 10 ms.
fn server_time(pids: &[u32]) -> Option<Duration> {
    let ticks: u64 = pids
        .iter()
        .map(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field after it.
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
        })
        .sum::<Option<u64>>()?;
    (!pids.is_empty()).then(|| Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second()))
}

/// Memory of the server's processes together, in bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub rss: u64,
    /// Shared pages divided among those who map them: what a forking server really adds up to.
    pub pss: u64,
    pub private: u64,
}

impl Memory {
    pub fn of(pids: &[u32]) -> Result<Self, Failure> {
        let mut sum = Self {
            rss: 0,
            pss: 0,
            private: 0,
        };
        for pid in pids {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))
                .map_err(|error| Failure::io("reading the server's smaps_rollup", error))?;
            for line in rollup.lines() {
                let mut fields = line.split_whitespace();
                let (Some(name), Some(kilobytes)) = (fields.next(), fields.next()) else {
                    continue;
                };
                let bytes = kilobytes.parse::<u64>().unwrap_or_default() * 1024;
                match name {
                    "Rss:" => sum.rss += bytes,
                    "Pss:" => sum.pss += bytes,
                    "Private_Clean:" | "Private_Dirty:" => sum.private += bytes,
                    _ => {}
                }
            }
        }
        Ok(sum)
    }

    pub fn report(self) -> Value {
        json!({ "rss": self.rss, "pss": self.pss, "private": self.private })
    }
}
