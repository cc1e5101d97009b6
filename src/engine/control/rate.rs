//! How much the control endpoint takes per second.

use std::time::Instant;

/// A bucket that holds one second's worth and fills as time goes by.
#[derive(Debug)]
pub struct RateLimit {
    /// `None`: no limit.
    per_second: Option<f64>,
    left: f64,
    filled: Instant,
}

impl RateLimit {
    pub fn new(per_second: Option<u32>, now: Instant) -> Self {
        let per_second = per_second.map(f64::from);
        Self {
            per_second,
            left: per_second.unwrap_or(0.0),
            filled: now,
        }
    }

    /// Takes `n` if they are there; never a part. A batch larger than a second's worth needs a full bucket and leaves a
    /// debt.
    pub fn take(&mut self, n: usize, now: Instant) -> bool {
        let Some(rate) = self.per_second else { return true };
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.left = (self.left + passed * rate).min(rate);
        #[allow(clippy::cast_precision_loss, reason = "messages of one body")]
        let n = n as f64;
        let enough = self.left >= n.min(rate);
        if enough {
            self.left -= n;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_second_holds_its_number_and_no_part_of_a_batch() {
        let start = Instant::now();
        let mut limit = RateLimit::new(Some(10), start);
        assert!(limit.take(6, start) && !limit.take(5, start) && limit.take(4, start));
        assert!(!limit.take(1, start));
        let later = start + Duration::from_millis(500);
        assert!(limit.take(5, later) && !limit.take(1, later));
        let full = later + Duration::from_secs(60);
        assert!(limit.take(25, full), "more than a second holds");
        assert!(!limit.take(1, full + Duration::from_secs(1)), "and is paid back");
        assert!(limit.take(1, full + Duration::from_secs(2)));
        assert!(RateLimit::new(None, start).take(usize::MAX, start));
    }
}
