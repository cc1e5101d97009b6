//! Which fibers of this thread wait for what. They are resumed from `poll()` and from whatever blocks the thread.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use ext_php_rs::types::Zval;

use crate::binding::core::Core;
use crate::binding::dispatch::{self, Unwinding};
use crate::binding::live;
use crate::binding::zend::{self, Outcome};
use crate::engine::completion::Bell;
use crate::engine::inbox::Inbox;

use super::pool;
use super::raw;
use super::task::{self, Report};

/// Fibers resumed between two looks at events.
const TURN: usize = 256;

/// What a wait ends with beside its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Another thread rings, in any case.
    Native,
    /// A fiber of this thread may do it, or nobody.
    Here,
}

struct Wait {
    fiber: Zval,
    source: Source,
}

#[derive(Default)]
struct State {
    waits: HashMap<u64, Wait>,
    ready: VecDeque<u64>,
    due: BinaryHeap<Reverse<(Instant, u64)>>,
    bell: Option<(u64, Arc<Bell>)>,
    /// Failures of tasks that nobody has asked for.
    failures: Vec<Report>,
    /// See [`bury`].
    buried: Vec<Zval>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(1) };
    /// There may be something for [`tick`]: all that a loop without fibers ever looks at.
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
    /// The request is over: PHP values can only be given up.
    static ENDED: Cell<bool> = const { Cell::new(false) };
}

/// Names one wait. Never used twice.
pub fn token() -> u64 {
    NEXT.replace(NEXT.get() + 1)
}

/// This thread's bell. A forked child gets one of its own: what rings the parent's must not be taken by it.
pub fn bell() -> std::io::Result<Arc<Bell>> {
    let forks = live::forks();
    let known = STATE.with_borrow(|state| state.bell.clone());
    if let Some((made, bell)) = known
        && made == forks
    {
        return Ok(bell);
    }
    let bell = Bell::new()?;
    for inbox in live::running_inboxes() {
        bell.attach(&inbox);
    }
    STATE.with_borrow_mut(|state| state.bell = Some((forks, Arc::clone(&bell))));
    Ok(bell)
}

/// The thread may wait on this server's eventfd from now on.
pub fn attach(inbox: &Arc<Inbox>) {
    let bell = STATE.with_borrow(|state| state.bell.as_ref().map(|(_, bell)| Arc::clone(bell)));
    if let Some(bell) = bell {
        bell.attach(inbox);
    }
}

/// The running fiber waits; see [`unregister`].
pub fn register(token: u64, fiber: Zval, deadline: Option<Instant>, source: Source) {
    ACTIVE.set(true);
    STATE.with_borrow_mut(|state| {
        state.waits.insert(token, Wait { fiber, source });
        if let Some(at) = deadline {
            state.due.push(Reverse((at, token)));
        }
    });
}

pub fn unregister(token: u64) {
    let wait = STATE.with_borrow_mut(|state| {
        let wait = state.waits.remove(&token);
        if state.waits.is_empty() {
            state.due.clear();
            state.ready.clear();
        }
        wait
    });
    // Outside of the borrow: the last reference to a fiber may go.
    match wait {
        Some(wait) if zend::is_unwinding() => bury(wait.fiber),
        wait => drop(wait),
    }
}

/// Gives a fiber up that is being destroyed. When the script ends the engine does so without looking whether the last
/// reference went meanwhile, and would never free the object.
pub fn bury(fiber: Zval) {
    STATE.with_borrow_mut(|state| state.buried.push(fiber));
    activate();
}

/// [`tick`] has something to look at.
pub fn activate() {
    ACTIVE.set(true);
}

/// A task has failed, and nobody will ask.
pub fn report_later(thrown: Zval, core: std::rc::Weak<Core>) {
    if ENDED.get() {
        // Its memory goes with the request's.
        std::mem::forget(thrown);
        return;
    }
    STATE.with_borrow_mut(|state| state.failures.push((thrown, core)));
    activate();
}

/// The wait is over: its fiber is resumed at the next [`tick`]. Unknown tokens are ignored.
pub fn wake(token: u64) {
    STATE.with_borrow_mut(|state| {
        if state.waits.contains_key(&token) {
            state.ready.push_back(token);
        }
    });
    live::nudge();
}

/// Whether [`tick`] would resume something.
pub fn has_work() -> bool {
    ACTIVE.get()
        && STATE
            .with_borrow(|state| !state.ready.is_empty() || state.bell.as_ref().is_some_and(|(_, bell)| bell.is_rung()))
}

/// When the next deadline ends a wait.
pub fn next_due() -> Option<Instant> {
    if !ACTIVE.get() {
        return None;
    }
    STATE.with_borrow_mut(|state| {
        while let Some(Reverse((at, token))) = state.due.peek() {
            if state.waits.contains_key(token) {
                return Some(*at);
            }
            state.due.pop();
        }
        None
    })
}

/// Whether no wait can end by itself: no deadline, and no other thread that rings.
pub fn is_stuck() -> bool {
    !has_work()
        && next_due().is_none()
        && STATE.with_borrow(|state| state.waits.values().all(|wait| wait.source == Source::Here))
}

/// Resumes the fibers whose waits are over. `core` gets what they throw. Returns how many.
pub fn tick(core: Option<&Rc<Core>>) -> Result<usize, Unwinding> {
    if !ACTIVE.get() {
        return Ok(0);
    }
    if raw::is_blocked() {
        // Nothing that has rung is left to ring: who waits would not rest.
        collect();
        return Ok(0);
    }
    let buried = STATE.with_borrow_mut(|state| std::mem::take(&mut state.buried));
    drop(buried);
    collect();
    let turn = STATE.with_borrow(|state| state.ready.len().min(TURN));
    let mut resumed = 0;
    for _ in 0..turn {
        let fiber = STATE.with_borrow_mut(|state| {
            let token = state.ready.pop_front()?;
            Some(state.waits.get(&token).map(|wait| wait.fiber.shallow_clone()))
        });
        let Some(fiber) = fiber else { break };
        // A fiber that somebody else has resumed meanwhile looks by itself.
        let Some(fiber) = fiber.filter(raw::is_suspended) else {
            continue;
        };
        resumed += 1;
        if let Some(slot) = pool::of(raw::object(&fiber)) {
            pool::resume(fiber, &slot)?;
        } else {
            raw::resume(&fiber);
            drop(fiber);
        }
        look(core)?;
    }
    resumed += task::start_queued();
    if zend::is_unwinding() {
        return Err(Unwinding);
    }
    report(core)?;
    STATE.with_borrow(|state| ACTIVE.set(!state.waits.is_empty() || !task::is_queue_empty()));
    Ok(resumed)
}

/// Tells of the failures that nobody has asked for.
pub fn report(core: Option<&Rc<Core>>) -> Result<(), Unwinding> {
    loop {
        let failure = STATE.with_borrow_mut(|state| state.failures.pop());
        let Some((thrown, owner)) = failure else { return Ok(()) };
        match owner.upgrade().as_ref().or(core) {
            Some(core) => dispatch::report(core, Zval::null(), thrown)?,
            None => dispatch::log(&thrown)?,
        }
    }
}

/// Moves what rang and what is due to the ready ones.
fn collect() {
    STATE.with_borrow_mut(|state| {
        let rung = state.bell.as_ref().map(|(_, bell)| bell.take()).unwrap_or_default();
        for token in rung {
            if state.waits.contains_key(&token) {
                state.ready.push_back(token);
            }
        }
        if !state.due.is_empty() {
            let now = Instant::now();
            while let Some(Reverse((at, token))) = state.due.peek().copied().filter(|Reverse((at, _))| *at <= now) {
                let _ = at;
                state.due.pop();
                if state.waits.contains_key(&token) {
                    state.ready.push_back(token);
                }
            }
        }
    });
}

/// What a resumed fiber has thrown: nobody below it is there to catch it.
fn look(core: Option<&Rc<Core>>) -> Result<(), Unwinding> {
    match zend::outcome() {
        Outcome::Returned => Ok(()),
        Outcome::Unwinding => Err(Unwinding),
        Outcome::Threw(thrown) => match core {
            Some(core) => dispatch::report(core, Zval::null(), thrown),
            None => dispatch::log(&thrown),
        },
    }
}

/// RSHUTDOWN: fibers have been destroyed by now.
pub fn forget() {
    let _ = report(None);
    ENDED.set(true);
    let state = STATE.with_borrow_mut(std::mem::take);
    ACTIVE.set(false);
    drop(state);
    task::forget();
    pool::forget();
}

/// RINIT.
pub fn begin() {
    ENDED.set(false);
}
