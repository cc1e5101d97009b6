//! How often something took how long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds in seconds. The clock of callbacks ticks every 1 to 10 ms, so smaller ones would say nothing.
pub const BOUNDS: [f64; 12] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Written by one thread, read by any.
#[derive(Debug, Default)]
pub struct Histogram {
    /// Not cumulative; the last one is above all bounds.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    /// Called by one thread only, so load and store need not be one step.
    pub fn record(&self, time: Duration) {
        let at = if time.is_zero() {
            0
        } else {
            let seconds = time.as_secs_f64();
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            bump(&self.micros, micros);
            BOUNDS
                .iter()
                .position(|&bound| seconds <= bound)
                .unwrap_or(BOUNDS.len())
        };
        bump(&self.buckets[at], 1);
    }

    /// Cumulative counts, one per bound; the count of all; the sum in seconds.
    #[allow(clippy::cast_precision_loss, reason = "exact for 285 years of microseconds")]
    pub fn read(&self) -> ([u64; BOUNDS.len()], u64, f64) {
        let mut total = 0;
        let mut cumulative = [0; BOUNDS.len()];
        for (count, bucket) in cumulative.iter_mut().zip(&self.buckets) {
            total += bucket.load(Ordering::Relaxed);
            *count = total;
        }
        total += self.buckets[BOUNDS.len()].load(Ordering::Relaxed);
        (cumulative, total, self.micros.load(Ordering::Relaxed) as f64 / 1e6)
    }
}

fn bump(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_counts_in_its_bucket_and_in_all_above() {
        let histogram = Histogram::default();
        for millis in [0, 10, 11, 90_000] {
            histogram.record(Duration::from_millis(millis));
        }
        let (cumulative, total, sum) = histogram.read();
        assert_eq!(cumulative[..3], [2, 3, 3]);
        assert_eq!((cumulative[BOUNDS.len() - 1], total), (3, 4));
        assert!((sum - 90.021).abs() < 1e-9);
    }
}
