//! Rings the eventfd when a timer or a wait is due: an event loop that watches `WsServer::stream()` knows of neither.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use crate::engine::background::{self, Task};
use crate::engine::server::Server;

use super::core::Core;
use super::{dispatch, fiber};

/// When it rings next. Dropping the task cancels it.
#[derive(Debug, Default)]
pub struct Alarm(RefCell<Option<(Instant, Task)>>);

impl Alarm {
    pub fn clear(&self) {
        let old = self.0.take();
        drop(old);
    }
}

/// Sets the alarm to what is due next.
pub fn set(core: &Core, server: &Server) {
    let due = dispatch::next_due(core).into_iter().chain(fiber::next_due()).min();
    let Some(at) = due else { return core.alarm.clear() };
    if at <= Instant::now() {
        return server.inbox.bell.ring();
    }
    if core.alarm.0.borrow().as_ref().is_some_and(|(set, _)| *set == at) {
        return;
    }
    let inbox = Arc::clone(&server.inbox);
    let task = background::spawn(async move {
        tokio::time::sleep_until(at.into()).await;
        inbox.bell.ring();
    });
    // Without the thread the loop's own polls have to do.
    let old = core.alarm.0.replace(task.ok().map(|task| (at, task)));
    drop(old);
}
