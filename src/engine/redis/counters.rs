//! What is counted of the link to Redis.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::engine::control::Reason;

/// Totals since `listen()`, and the state of this moment.
#[derive(Debug, Default)]
pub struct RedisCounters {
    connected: AtomicBool,
    /// Bytes of messages that wait to be published.
    queued: AtomicUsize,
    /// Times the link was made.
    connects: AtomicU64,
    /// Requests that came, those that were refused among them.
    received: AtomicU64,
    refused: [AtomicU64; Reason::ALL.len()],
    /// Events that came while the link was down, read from the streams when it was up again.
    recovered: AtomicU64,
    /// Rooms whose members were told that they missed something for good.
    gaps: AtomicU64,
    /// Messages of this server: not taken as the queue was full, and not published as Redis refused them.
    refused_here: AtomicU64,
    failed: AtomicU64,
}

macro_rules! totals {
    ($($field:ident => $add:ident;)*) => {
        impl RedisCounters {
            $(
                pub fn $field(&self) -> u64 {
                    self.$field.load(Ordering::Relaxed)
                }

                pub fn $add(&self, n: u64) {
                    self.$field.fetch_add(n, Ordering::Relaxed);
                }
            )*
        }
    };
}

totals! {
    connects => add_connects;
    received => add_received;
    recovered => add_recovered;
    gaps => add_gaps;
    refused_here => add_refused_here;
    failed => add_failed;
}

impl RedisCounters {
    pub fn set_connected(&self, connected: bool) {
        self.connected.store(connected, Ordering::Relaxed);
    }

    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    pub fn set_queued(&self, bytes: usize) {
        self.queued.store(bytes, Ordering::Relaxed);
    }

    pub fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    pub fn refuse(&self, reason: Reason) {
        self.refused[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub fn refused(&self, reason: Reason) -> u64 {
        self.refused[reason as usize].load(Ordering::Relaxed)
    }
}
