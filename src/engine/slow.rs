//! Clients that do not read as fast as they are sent to: who gives way when outboxes are over their limits.

use std::sync::atomic::Ordering;

use super::close;
use super::config::SlowConsumer;
use super::hub::State;
use super::metrics::{Limit, add};

impl State {
    /// An outbox has changed from so many bytes to so many.
    pub fn count_outbox(&mut self, before: usize, after: usize) {
        self.outbox_bytes = (self.outbox_bytes + after).saturating_sub(before);
        // An addition that wraps is a subtraction.
        let change = after.wrapping_sub(before);
        self.metrics.outbox_bytes.fetch_add(change, Ordering::Relaxed);
    }

    /// Holds the outboxes of this thread's connections together under its part of the limit: the slowest give way, by their
    /// policy, until an eighth is free. Where that is not enough, as what has begun cannot be dropped, they are cut off.
    ///
    /// Each thread has a part of its own, so that none gives way for the slow clients of another.
    pub fn relieve(&mut self, limit: usize) {
        if self.outbox_bytes <= limit {
            return;
        }
        let enough = limit - limit / 8;
        let mut slowest: Vec<(u32, usize, u32)> = self
            .sessions
            .slots()
            .filter_map(|slot| {
                let outbox = self.sessions.at(slot)?.outbox.as_ref()?;
                Some((outbox.progress, usize::MAX - outbox.bytes(), slot))
            })
            .collect();
        // Those that took nothing for the longest time, and of these the ones that hold the most.
        slowest.sort_unstable();
        for &(_, _, slot) in &slowest {
            if self.outbox_bytes <= enough {
                return;
            }
            self.metrics.limit(Limit::OutboxTotal);
            self.overflow(slot, 0);
        }
        for &(_, _, slot) in &slowest {
            if self.outbox_bytes <= limit {
                return;
            }
            self.close(slot, close::TRY_AGAIN_LATER, "too slow");
            self.lose(slot, "too slow");
        }
    }

    /// Applies the slow-consumer policy to an outbox over this limit.
    pub fn overflow(&mut self, slot: u32, limit: usize) {
        let Some(session) = self.sessions.at_mut(slot) else {
            return;
        };
        let Some(outbox) = &mut session.outbox else { return };
        let before = outbox.bytes();
        let dropped = match self.limits.slow_consumer {
            SlowConsumer::DropOldest => outbox.drop_oldest(limit),
            SlowConsumer::DropNewest => outbox.drop_newest(limit),
            SlowConsumer::Disconnect => outbox.drop_unsent(),
        };
        let after = outbox.bytes();
        session.outlet.set_backlog(after);
        session.wake();
        self.count_outbox(before, after);
        add(&self.metrics.dropped, dropped);
        if matches!(self.limits.slow_consumer, SlowConsumer::Disconnect) {
            self.close(slot, close::TRY_AGAIN_LATER, "too slow");
        }
    }
}
