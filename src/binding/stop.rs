//! `stop()`: deliver what came, close everybody in batches, wait for the close handshakes, end the threads.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::engine::id::ConnId;
use crate::engine::mailbox::Command;
use crate::engine::server::Server;

use super::core::{self, Core, Stop, StopStep};
use super::dispatch::{self, BATCH};
use super::serving;

/// The first call decides; a later one only shortens the time.
pub fn ask(core: &Core, code: u16, reason: &str, grace: Duration) {
    let mut stop = core.stop.borrow_mut();
    let now = Instant::now();
    let deadline = now + grace;
    match &mut *stop {
        Some(stop) => {
            stop.deadline = stop.deadline.min(deadline);
            stop.callbacks_until = stop.callbacks_until.min(now + grace / 2);
        }
        None => {
            *stop = Some(Stop {
                code,
                reason: reason.into(),
                deadline,
                step: StopStep::Asked,
                queue: Vec::new(),
                next_batch: now,
                open: 0,
                callbacks_until: now + grace / 2,
            });
        }
    }
}

/// Moves a stop on. True: done, the threads have ended.
pub fn advance(core: &Rc<Core>, server: &Rc<Server>, handled: usize) -> bool {
    let Some((step, deadline, callbacks_until)) = core
        .stop
        .borrow()
        .as_ref()
        .map(|stop| (stop.step, stop.deadline, stop.callbacks_until))
    else {
        return false;
    };
    let now = Instant::now();
    let late = now >= deadline;
    match step {
        StopStep::Asked => {
            server.mailboxes().for_each(|m| m.post(Command::StopAccepting));
            set_step(core, StopStep::Delivering);
            false
        }
        StopStep::Delivering if handled > 0 && !late => false,
        StopStep::Delivering if core.serving.suspended() > 0 && now < callbacks_until => false,
        StopStep::Delivering => {
            let queue = shuffled(core.roster.borrow().open_ids());
            if let Some(stop) = &mut *core.stop.borrow_mut() {
                stop.open = server.metrics.connections.load(Ordering::Relaxed);
                stop.queue = queue;
                stop.next_batch = now;
                stop.step = StopStep::Closing;
            }
            close_batch(core, server, now, late);
            false
        }
        StopStep::Closing => {
            close_batch(core, server, now, late);
            let queued = core.stop.borrow().as_ref().is_some_and(|stop| !stop.queue.is_empty());
            let busy = queued
                || server.metrics.connections.load(Ordering::Relaxed) > 0
                || !server.inbox.is_empty()
                || core.serving.suspended() > 0
                || handled > 0;
            if busy && !late {
                return false;
            }
            finish(core, server);
            true
        }
    }
}

fn set_step(core: &Core, step: StopStep) {
    if let Some(stop) = &mut *core.stop.borrow_mut() {
        stop.step = step;
    }
}

/// Closes the next connections, if it is time. Clients that are told to come back come back: all at once would be the
/// next server's burden. Those whose turn comes later are served until then. What remains at the last batch, handshakes
/// included, is closed by the I/O threads.
fn close_batch(core: &Core, server: &Server, now: Instant, late: bool) {
    let mut stop = core.stop.borrow_mut();
    let Some(stop) = stop.as_mut().filter(|stop| now >= stop.next_batch || late) else {
        return;
    };
    let size = core.config.drain_batch;
    let (code, reason) = (stop.code, stop.reason.clone());
    if late || stop.queue.len() <= size || core.config.drain_interval.is_none() {
        // Once: no further batch comes.
        if !stop.queue.is_empty() || stop.next_batch <= now {
            stop.queue.clear();
            stop.next_batch = stop.deadline + Duration::from_secs(86_400);
            core.roster.borrow_mut().start_closing_all();
            server.mailboxes().for_each(|m| {
                m.post(Command::Drain {
                    code,
                    reason: reason.as_str().into(),
                });
            });
        }
        return;
    }
    let batch = stop.queue.split_off(stop.queue.len() - size);
    for id in batch {
        core.close(id, code, &reason);
    }
    let batches = u32::try_from(stop.queue.len().div_ceil(size)).unwrap_or(u32::MAX);
    // The last half of the grace is for the close handshakes.
    let left = stop.deadline.saturating_duration_since(now) / 2 / batches.max(1);
    let interval = core.config.drain_interval.unwrap_or_default().min(left);
    stop.next_batch = now + interval.mul_f64(0.5 + fraction());
}

/// Ends the threads and delivers the closes of those that were cut.
fn finish(core: &Rc<Core>, server: &Rc<Server>) {
    let open = core.stop.borrow().as_ref().map_or(0, |stop| stop.open);
    core::count_cut(server, open);
    core.alarm.clear();
    server.end();
    // The callbacks of the last closes may be suspended, too, and keep others from being called.
    while serving::end(core).is_ok() && matches!(dispatch::drain(core, server, BATCH), Ok(n) if n > 0) {}
    *core.server.borrow_mut() = None;
    *core.stop.borrow_mut() = None;
}

/// In no order that clients could know.
fn shuffled(mut ids: Vec<ConnId>) -> Vec<ConnId> {
    let state = RandomState::new();
    ids.sort_by_cached_key(|id| state.hash_one(id));
    ids
}

/// From 0 to 1.
#[allow(clippy::cast_precision_loss, reason = "a random number")]
fn fraction() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}
