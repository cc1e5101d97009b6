//! Which servers this PHP thread has, and whether this process is still the one that started them.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ext_php_rs::exception::PhpResult;

use crate::engine::inbox::Inbox;

use super::core::Core;
use super::{dispatch, ending, zend};

/// Raised by one in a forked child: what was started before belongs to the parent.
static FORKS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Servers that may still run when the request ends.
    static LIVE: RefCell<Vec<Weak<Core>>> = const { RefCell::new(Vec::new()) };
    /// Some server's eventfd was given away by `stream()`.
    pub static STREAMED: Cell<bool> = const { Cell::new(false) };
}

/// Ends the servers that still run when the request ends (RSHUTDOWN).
pub fn end_of_request() {
    let live = LIVE.with_borrow_mut(std::mem::take);
    for core in live.iter().filter_map(Weak::upgrade) {
        core.abort(ending::last_code(), "");
    }
}

/// Runs in a forked child, between `fork()` and the return from it: only an atomic may be touched.
extern "C" fn in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// MINIT.
pub fn watch_forks() {
    // SAFETY: the handler stays mapped (`-z nodelete`) and is async-signal-safe.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}

/// How often this process was forked from another one: what threads were to do for an older number never comes.
pub fn forks() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

/// A server that may run: it is found here until it is gone.
pub fn add(core: &Rc<Core>) {
    LIVE.with_borrow_mut(|live| {
        live.retain(|c| c.strong_count() > 0);
        live.push(Rc::downgrade(core));
    });
}

/// The servers of this thread that run and that nobody polls.
pub fn idle() -> Vec<Rc<Core>> {
    let mut live: Vec<Rc<Core>> = LIVE.with_borrow(|live| live.iter().filter_map(Weak::upgrade).collect());
    live.retain(|core| !core.polling.get() && core.is_ours() && core.running().is_some());
    live
}

/// Of all servers of this thread that run.
pub fn running_inboxes() -> Vec<Arc<Inbox>> {
    let live: Vec<Rc<Core>> = LIVE.with_borrow(|live| live.iter().filter_map(Weak::upgrade).collect());
    let running = live
        .iter()
        .filter(|core| core.is_ours())
        .filter_map(|core| core.running());
    running.map(|server| Arc::clone(&server.inbox)).collect()
}

/// Something is due outside of any poll: loops that watch a stream of ours must come back for it.
pub fn nudge() {
    if STREAMED.get() {
        for core in idle() {
            dispatch::announce(&core);
        }
    }
}

/// Serves the servers of this thread that nobody polls. True: there was something to do.
pub fn serve_idle() -> PhpResult<bool> {
    let mut served = false;
    for core in idle() {
        // Asked again: the server before may have ended this one.
        if core.polling.get() || core.running().is_none() {
            continue;
        }
        match dispatch::guarded(&core, || dispatch::poll(&core, Some(Duration::ZERO), 256))? {
            dispatch::Ended::Handled(n) => served |= n > 0,
            dispatch::Ended::Stopped => served = true,
            dispatch::Ended::Pending => break,
        }
    }
    zend::propagate()?;
    Ok(served)
}
