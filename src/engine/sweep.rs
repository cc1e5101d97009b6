//! Time limits of live connections: one pass over all sessions at an interval, instead of timers for each.
//!
//! A timer per connection costs over 100 bytes and a wake-up; a pass over 10,000 sessions takes well under a millisecond.
//! Times are counted in sweeps, so a limit is noticed up to one interval late.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::close;
use super::frame::encode_ping;
use super::hub::State;
use super::metrics::Limit;
use super::session::{Phase, Session};

/// Sweeps between two looks at what histories keep.
const EXPIRE_EVERY: u32 = 64;

enum Verdict {
    Fine,
    Ping,
    /// PHP took too long: the close handshake goes on without it.
    Finish,
    Expired,
    Idle,
    GiveUp(Limit),
}

impl State {
    /// One pass. The caller keeps the interval.
    pub fn sweep(&mut self) {
        self.sweep = self.sweep.saturating_add(1);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        for slot in 0..self.sessions.capacity() {
            let Some(session) = self.sessions.at_mut(slot) else {
                continue;
            };
            match judge(session, self.sweep, now, &self.limits) {
                Verdict::Fine => {}
                Verdict::Ping => {
                    session.pinged = true;
                    self.dirty.control(session, slot, |out| encode_ping(out, b""));
                }
                Verdict::Finish => self.finish(slot),
                Verdict::Expired => self.close(slot, self.limits.expired_close_code, "token expired"),
                Verdict::Idle => {
                    self.metrics.limit(Limit::IdleTimeout);
                    self.close(slot, close::GOING_AWAY, "idle timeout");
                }
                Verdict::GiveUp(limit) => {
                    self.metrics.limit(limit);
                    let why = if limit == Limit::WriteTimeout {
                        "write timeout"
                    } else {
                        "close timeout"
                    };
                    self.lose(slot, why);
                }
            }
        }
        self.flush(&[]);
        if self.sweep.is_multiple_of(EXPIRE_EVERY)
            && self.io_thread == 0
            && let Some(history) = &self.history
        {
            history.expire(Instant::now());
        }
        self.sessions.shrink();
        self.dirty.shrink(self.sessions.len());
    }
}

fn judge(session: &Session, sweep: u32, now: u64, limits: &super::hub::Limits) -> Verdict {
    let stuck = |outbox: &super::outbox::Outbox| limits.write.is_some_and(|t| sweep - outbox.progress >= t);
    match &session.phase {
        Phase::Closing { until, .. } | Phase::Draining { until, .. } if sweep >= *until => {
            Verdict::GiveUp(Limit::CloseTimeout)
        }
        Phase::Leaving { until, .. } if sweep >= *until => Verdict::Finish,
        Phase::Closing { .. } | Phase::Leaving { .. } | Phase::Draining { .. } => Verdict::Fine,
        Phase::Open => {
            let silent = sweep - session.heard;
            // A token is good through the second before `exp` (RFC 7519 section 4.1.4).
            if session
                .expires_at
                .is_some_and(|at| i64::try_from(now).is_ok_and(|now| now >= at))
            {
                Verdict::Expired
            } else if session.outbox.as_ref().is_some_and(|o| stuck(o)) {
                Verdict::GiveUp(Limit::WriteTimeout)
            } else if !session.stalled && !session.paused && !session.held && limits.idle.is_some_and(|t| silent >= t) {
                Verdict::Idle
            } else if !session.pinged && limits.ping.is_some_and(|t| silent >= t) {
                Verdict::Ping
            } else {
                Verdict::Fine
            }
        }
    }
}
