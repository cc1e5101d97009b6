//! Rates: so many units per second, and at most one second's worth at once.

use super::clock;

/// What may come at once, in nanoseconds of the rate.
const BURST: u64 = 1_000_000_000;

/// A token bucket in eight bytes: the moment at which it will be full again, in nanoseconds of [`clock::coarse`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket(u64);

impl Bucket {
    /// Takes `units` if they are left.
    pub fn take(&mut self, now: u64, units: u64, per_second: u64) -> bool {
        let has = self.has(now, units, per_second);
        if has {
            self.charge(now, units, per_second);
        }
        has
    }

    /// Whether so many units are left. More than a second's worth pass when nothing is owed, and are owed then: a message of
    /// that size would never pass otherwise.
    pub fn has(&self, now: u64, units: u64, per_second: u64) -> bool {
        self.is_full(now) || (self.0 - now).saturating_add(cost(units, per_second)) <= BURST
    }

    /// Takes `units`, whatever is left.
    pub fn charge(&mut self, now: u64, units: u64, per_second: u64) {
        self.0 = self.0.max(now).saturating_add(cost(units, per_second));
    }

    pub fn is_full(&self, now: u64) -> bool {
        self.0 <= now
    }

    /// Nanoseconds until no more than the burst is owed.
    pub fn wait(&self, now: u64) -> u64 {
        self.0.saturating_sub(now).saturating_sub(BURST)
    }
}

fn cost(units: u64, per_second: u64) -> u64 {
    let cost = u128::from(units) * u128::from(BURST) / u128::from(per_second.max(1));
    u64::try_from(cost).unwrap_or(u64::MAX)
}

/// For the methods above.
pub fn now() -> u64 {
    u64::try_from(clock::coarse().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_passes_at_once_and_then_one_by_one() {
        let (mut bucket, start) = (Bucket::default(), 7 * BURST);
        assert!((0..10).all(|_| bucket.take(start, 1, 10)));
        assert!(!bucket.take(start, 1, 10));
        assert!(!bucket.take(start + BURST / 10 - 1, 1, 10));
        assert!(bucket.take(start + BURST / 10, 1, 10));
        assert!(!bucket.take(start + BURST / 10, 1, 10));
        // All or nothing.
        assert!(bucket.take(start + BURST, 6, 10) && !bucket.take(start + BURST, 5, 10));
        assert!(bucket.take(start + BURST, 3, 10));
        // Rest is not saved up beyond the burst.
        let later = start + 100 * BURST;
        assert_eq!((0..100).filter(|_| bucket.take(later, 1, 10)).count(), 10);
    }

    #[test]
    fn more_than_a_second_s_worth_passes_once_and_is_owed() {
        let (mut bucket, start) = (Bucket::default(), BURST);
        assert!(bucket.take(start, 50, 10));
        assert!(!bucket.take(start + 3 * BURST, 1, 10));
        assert_eq!(bucket.wait(start + 3 * BURST), BURST);
        assert!(!bucket.take(start + 3 * BURST, 50, 10));
        assert!(bucket.take(start + 5 * BURST, 50, 10));
    }

    #[test]
    fn no_rate_overflows() {
        let mut bucket = Bucket::default();
        assert!(bucket.take(u64::MAX - 1, u64::MAX, 1));
        bucket.charge(1, u64::MAX, 0);
        assert!(!bucket.has(1, 1, 1) && bucket.wait(1) > 0);
    }
}
