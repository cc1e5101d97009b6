//! How fast one client may send messages.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::Sleep;

use super::config::{RatePolicy, Rates};
use super::metrics::{Limit, Metrics};
use super::rate::{Bucket, now};

/// The coarse clock may be this late: a pause that ended too early would begin again.
const CLOCK_STEP: Duration = Duration::from_millis(10);

/// One client's buckets; exists only where the rate of messages is limited. The clock is read once per read of the socket,
/// never per message.
#[derive(Debug, Default)]
pub struct Meter {
    messages: Bucket,
    bytes: Bucket,
    now: u64,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Meter {
    pub fn new(rates: &Rates) -> Option<Self> {
        (rates.messages.is_some() || rates.bytes.is_some()).then(Self::default)
    }

    /// To be called before the messages of one read are [admitted](Self::admit).
    pub fn look_at_clock(&mut self) {
        self.now = now();
    }

    /// Counts one message of so many bytes. `Err`: there is no room for it.
    pub fn admit(&mut self, rates: &Rates, bytes: usize) -> Result<(), Limit> {
        if rates.policy != RatePolicy::Pause {
            if rates.messages.is_some_and(|rate| !self.messages.has(self.now, 1, rate)) {
                return Err(Limit::MessageRate);
            }
            if rates
                .bytes
                .is_some_and(|rate| !self.bytes.has(self.now, bytes as u64, rate))
            {
                return Err(Limit::ByteRate);
            }
        }
        if let Some(rate) = rates.messages {
            self.messages.charge(self.now, 1, rate);
        }
        if let Some(rate) = rates.bytes {
            self.bytes.charge(self.now, bytes as u64, rate);
        }
        Ok(())
    }

    /// Counts what a message has more after inflation: it is not known before, so what follows pays for it.
    pub fn owe(&mut self, rates: &Rates, bytes: usize) {
        if let Some(rate) = rates.bytes {
            self.bytes.charge(self.now, bytes as u64, rate);
        }
    }

    /// Whether the socket must rest now; if so the task is woken when it may go on.
    pub fn poll_pause(&mut self, cx: &mut Context<'_>, rates: &Rates, metrics: &Metrics) -> bool {
        if rates.policy != RatePolicy::Pause {
            return false;
        }
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(cx).is_pending() {
                return true;
            }
            self.pause = None;
        } else if self.messages.wait(self.now) == 0 && self.bytes.wait(self.now) == 0 {
            return false;
        }
        self.look_at_clock();
        let (messages, bytes) = (self.messages.wait(self.now), self.bytes.wait(self.now));
        let wait = messages.max(bytes);
        if wait == 0 {
            return false;
        }
        metrics.limit(if messages > bytes {
            Limit::MessageRate
        } else {
            Limit::ByteRate
        });
        let mut pause = Box::pin(tokio::time::sleep(Duration::from_nanos(wait) + CLOCK_STEP));
        // Not over yet: this leaves the waker with the timer.
        let _ = pause.as_mut().poll(cx);
        self.pause = Some(pause);
        true
    }
}
