//! One wait: a fiber suspends, everything else blocks and serves meanwhile.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ext_php_rs::exception::PhpException;
use ext_php_rs::ffi::zend_object;
use ext_php_rs::zend::{CatchError, bailout, try_catch};

use crate::binding::core::Core;
use crate::binding::dispatch::{self, Unwinding};
use crate::binding::ending;
use crate::binding::live;
use crate::binding::zend;
use crate::engine::completion::{Bell, Pending};

use super::pool;
use super::raw;
use super::scheduler::{self, Source};

/// A signal that arrives between the last look and the wait is handled after this long at the latest.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// Why a wait ended without its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    TimedOut,
    /// Whoever was to complete it is gone.
    Lost,
    /// An exception is pending, or the script or the fiber unwinds: return at once, call nothing.
    Interrupted,
    /// Nothing that could end the wait is left.
    Deadlock,
}

thread_local! {
    /// Fibers that run a server's loop, null for none: suspending one would stop the loop itself.
    static LOOPS: RefCell<Vec<*mut zend_object>> = const { RefCell::new(Vec::new()) };
}

/// A server's loop begins. Returns what [`leave_loop`] takes.
pub fn enter_loop() -> *mut zend_object {
    let fiber = raw::active();
    LOOPS.with_borrow_mut(|loops| loops.push(fiber));
    fiber
}

pub fn leave_loop(fiber: *mut zend_object) {
    LOOPS.with_borrow_mut(|loops| {
        if let Some(at) = loops.iter().rposition(|f| *f == fiber) {
            loops.remove(at);
        }
    });
}

#[allow(dead_code, reason = "for native awaitables")]
/// Waits for a value of another thread: in a fiber by suspending it, elsewhere by blocking, while other fibers go on and
/// servers that nobody polls are served. `None` waits as long as it takes.
///
/// Hold no borrow, no lock and no `try_catch` across it: other PHP code runs meanwhile. With
/// [`Waiting::Interrupted`] return to PHP at once; the exception is pending.
pub fn wait<T>(mut pending: Pending<T>, timeout: Option<Duration>) -> Result<T, Waiting> {
    let token = scheduler::token();
    let bell = scheduler::bell().map_err(|_| Waiting::Lost)?;
    pending.notify(&bell, token);
    let deadline = timeout.map(|t| Instant::now() + t);
    park(token, deadline, Source::Native, &mut || pending.is_complete())?;
    match pending.try_take() {
        Some(Ok(value)) => Ok(value),
        _ => Err(Waiting::Lost),
    }
}

/// Waits until `done`, which is asked whenever the token was woken or rung.
pub fn park(
    token: u64,
    deadline: Option<Instant>,
    source: Source,
    done: &mut dyn FnMut() -> bool,
) -> Result<(), Waiting> {
    if done() {
        return Ok(());
    }
    let active = raw::active();
    let loops = LOOPS.with_borrow(|loops| loops.contains(&active));
    if active.is_null() || loops || raw::is_blocked() {
        return block(deadline, source, done);
    }
    suspend(token, deadline, source, done)
}

fn suspend(
    token: u64,
    deadline: Option<Instant>,
    source: Source,
    done: &mut dyn FnMut() -> bool,
) -> Result<(), Waiting> {
    let forks = live::forks();
    let Some(fiber) = raw::current() else {
        return Err(Waiting::Lost);
    };
    scheduler::register(token, fiber, deadline, source);
    live::nudge();
    let slot = pool::current();
    let set_waiting = |waiting| slot.as_ref().is_some_and(|slot| slot.waiting.replace(waiting));
    let result = loop {
        set_waiting(true);
        raw::suspend();
        set_waiting(false);
        if zend::is_pending() {
            break Err(Waiting::Interrupted);
        }
        if done() {
            break Ok(());
        }
        if deadline.is_some_and(|at| Instant::now() >= at) {
            break Err(Waiting::TimedOut);
        }
        if source == Source::Native && live::forks() != forks {
            // This is the child; the threads are the parent's.
            break Err(Waiting::Lost);
        }
        // Somebody else has resumed the fiber.
    };
    scheduler::unregister(token);
    result
}

fn block(deadline: Option<Instant>, source: Source, done: &mut dyn FnMut() -> bool) -> Result<(), Waiting> {
    let forks = live::forks();
    let bell = scheduler::bell().map_err(|_| Waiting::Lost)?;
    loop {
        if dispatch::dispatch_signals() {
            return Err(Waiting::Interrupted);
        }
        let Ok(resumed) = tick() else {
            return Err(Waiting::Interrupted);
        };
        if done() {
            return Ok(());
        }
        if source == Source::Native && live::forks() != forks {
            return Err(Waiting::Lost);
        }
        let now = Instant::now();
        if deadline.is_some_and(|at| now >= at) {
            return Err(Waiting::TimedOut);
        }
        match live::serve_idle() {
            Ok(false) if resumed == 0 => {}
            Ok(_) => continue,
            Err(problem) => {
                // Changes nothing when one is pending already.
                problem.throw();
                return Err(Waiting::Interrupted);
            }
        }
        let servers = live::idle();
        if source == Source::Here && deadline.is_none() && servers.is_empty() && scheduler::is_stuck() {
            return Err(Waiting::Deadlock);
        }
        rest(&bell, &servers, deadline, now);
    }
}

/// Resumes the fibers whose waits are over. A fatal error in one ends the servers that nobody polls.
fn tick() -> Result<usize, Unwinding> {
    match try_catch(AssertUnwindSafe(|| scheduler::tick(None))) {
        Ok(resumed) => resumed,
        Err(CatchError::Bailout) => {
            ending::abort_idle();
            // SAFETY: the engine cannot go on after a caught bailout; nothing here needs its drop.
            unsafe { bailout() }
        }
        Err(problem) => {
            PhpException::from_message(problem.to_string()).throw();
            Err(Unwinding)
        }
    }
}

/// Sleeps until there may be something to do.
fn rest(bell: &Bell, servers: &[std::rc::Rc<Core>], deadline: Option<Instant>, now: Instant) {
    let mut limit = LONGEST_WAIT;
    let dues = servers.iter().filter_map(|core| dispatch::next_due(core));
    // Where switches are forbidden no fiber can go on.
    let fibers = !raw::is_blocked();
    let due = scheduler::next_due().filter(|_| fibers);
    for at in dues.chain(deadline).chain(due) {
        limit = limit.min(at.saturating_duration_since(now));
    }
    if fibers && scheduler::has_work() {
        return;
    }
    let inboxes: Vec<_> = servers
        .iter()
        .filter_map(|core| core.running().map(|server| Arc::clone(&server.inbox)))
        .collect();
    bell.wait(&inboxes, limit);
    drop(inboxes);
    for core in servers {
        dispatch::announce(core);
    }
}
