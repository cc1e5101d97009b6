//! Clients that do not read as fast as they are sent to: who gives way when outboxes are over their limits.

use std::sync::atomic::Ordering;

use super::close;
use super::config::SlowConsumer;
use super::hub::State;
use super::metrics::{Limit, add};

impl State {
    /// Holds the outboxes of all connections together under their limit: the slowest give way, by their policy, until an
    /// eighth is free. Where that is not enough, as what has begun cannot be dropped, they are cut off.
    pub fn relieve(&mut self, limit: usize) {
        let total = |state: &Self| state.metrics.outbox_bytes.load(Ordering::Relaxed);
        if total(self) <= limit {
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
            if total(self) <= enough {
                return;
            }
            self.metrics.limit(Limit::OutboxTotal);
            self.overflow(slot, 0);
        }
        for &(_, _, slot) in &slowest {
            if total(self) <= limit {
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
        self.metrics.outbox_bytes.fetch_sub(before - after, Ordering::Relaxed);
        add(&self.metrics.dropped, dropped);
        if matches!(self.limits.slow_consumer, SlowConsumer::Disconnect) {
            self.close(slot, close::TRY_AGAIN_LATER, "too slow");
        }
    }
}
