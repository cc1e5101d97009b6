//! Fibers that do one job after the other: a fresh one costs 15 µs, one that waits for its next job 0.3 µs.
//!
//! The body of such a fiber is native. Between two jobs it is suspended and stands in [`IDLE`], which holds it. While its
//! job waits, the wait holds it ([`super::scheduler`]). If PHP code suspends it by itself, nobody here holds it: whoever
//! has it may resume it, and if nobody has it, it is destroyed.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use ext_php_rs::ffi::{zend_execute_data, zend_object};
use ext_php_rs::types::Zval;

use crate::binding::core::Core;
use crate::binding::dispatch::{self, Unwinding};
use crate::binding::exception;
use crate::binding::serving;
use crate::binding::zend::{self, Outcome};

use super::context::{self, Owner};
use super::future::FutureState;
use super::raw;
use super::scheduler;

/// Fibers kept for their next job.
const KEPT: usize = 1024;
/// Fibers with a job, of all servers and tasks. Each has two memory mappings, of which Linux grants 65,530.
const MOST: usize = 16_384;

pub const ALONE: &str = "The fiber was suspended by Fiber::suspend(), and nobody has it to resume it";

/// What a fiber does before it is idle again. It leaves an exception pending only when the script or the fiber unwinds.
pub type Job = Box<dyn FnOnce()>;

/// One fiber of the pool.
#[derive(Default)]
pub struct Slot {
    job: RefCell<Option<Job>>,
    /// It has a job that is not done.
    busy: Cell<bool>,
    /// Its body has returned.
    ended: Cell<bool>,
    /// [`super::wait`] has suspended it.
    pub waiting: Cell<bool>,
    /// Of the server whose handler it runs, directly or through `async()`.
    pub owner: RefCell<Option<Owner>>,
    /// The future of the task it runs.
    pub future: RefCell<Option<Rc<FutureState>>>,
    /// What it awaits.
    pub awaits: RefCell<Vec<Rc<FutureState>>>,
}

/// How it stands with a job.
pub enum Ran {
    Finished,
    /// It waits, or somebody else has suspended it and will resume it.
    Suspended,
    /// PHP code has suspended its fiber, and nobody has it to resume it: it was unwound.
    Abandoned,
    /// No fiber can be had now.
    NoFiber(Job),
}

thread_local! {
    static IDLE: RefCell<Vec<(Zval, Rc<Slot>)>> = const { RefCell::new(Vec::new()) };
    /// Every living fiber of the pool by its object.
    static ALL: RefCell<HashMap<*mut zend_object, Rc<Slot>>> = RefCell::default();
    /// Taken by the body of the fiber that starts.
    static STARTING: RefCell<Option<Rc<Slot>>> = const { RefCell::new(None) };
    static BUSY: Cell<usize> = const { Cell::new(0) };
}

/// The pool's fiber that runs.
pub fn current() -> Option<Rc<Slot>> {
    of(raw::active())
}

pub fn of(fiber: *mut zend_object) -> Option<Rc<Slot>> {
    if fiber.is_null() {
        return None;
    }
    ALL.with_borrow(|all| all.get(&fiber).cloned())
}

/// Whether another fiber may get a job.
pub fn has_room() -> bool {
    BUSY.get() < MOST && !raw::is_blocked()
}

/// Gives a job to a fiber and runs it until it ends or waits.
pub fn run(job: Job, owner: Option<Owner>, future: Option<Rc<FutureState>>) -> Result<Ran, Unwinding> {
    if !has_room() {
        return Ok(Ran::NoFiber(job));
    }
    let idle = IDLE.with_borrow_mut(Vec::pop);
    let fresh = || raw::create(body).map(|fiber| (fiber, Rc::default()));
    let Some((fiber, slot)): Option<(Zval, Rc<Slot>)> = idle.or_else(fresh) else {
        return Ok(Ran::NoFiber(job));
    };
    if let Some(future) = &future {
        *future.runner.borrow_mut() = Rc::downgrade(&slot);
    }
    *slot.job.borrow_mut() = Some(job);
    *slot.owner.borrow_mut() = owner;
    *slot.future.borrow_mut() = future;
    slot.busy.set(true);
    BUSY.set(BUSY.get() + 1);
    switch(fiber, &slot)
}

/// Goes on with a fiber of the pool whose wait is over.
pub fn resume(fiber: Zval, slot: &Rc<Slot>) -> Result<(), Unwinding> {
    let future = slot.future.borrow().clone();
    let core = slot
        .owner
        .borrow()
        .as_ref()
        .map(|owner| (Rc::clone(&owner.core), Rc::clone(&owner.key)));
    if let Ran::Abandoned = switch(fiber, slot)? {
        match (future, core) {
            (Some(future), _) => future.fail_with(exception::logic(ALONE)),
            (None, Some((core, key))) => dispatch::report(&core, serving::connection(&core, key.get()), abandoned())?,
            (None, None) => {}
        }
    }
    Ok(())
}

/// What is told when [`Ran::Abandoned`].
pub fn abandoned() -> Zval {
    zend::exception_object(exception::logic(ALONE))
}

/// Goes on with a fiber of the pool, inside of the context of its handler.
fn switch(fiber: Zval, slot: &Rc<Slot>) -> Result<Ran, Unwinding> {
    let outer = current();
    let object = raw::object(&fiber);
    let crossing = context::Crossing::enter(outer.as_deref(), slot);
    if of(object).is_some() {
        raw::resume(&fiber);
    } else {
        STARTING.set(Some(Rc::clone(slot)));
        ALL.with_borrow_mut(|all| all.insert(object, Rc::clone(slot)));
        raw::start(&fiber);
        if STARTING.take().is_some() {
            // It did not begin: there was no memory for its stack.
            ALL.with_borrow_mut(|all| all.remove(&object));
            let job = slot.job.take();
            clear(slot);
            crossing.leave(slot, false);
            return match (zend::outcome(), job) {
                (Outcome::Unwinding, _) | (_, None) => Err(Unwinding),
                (_, Some(job)) => Ok(Ran::NoFiber(job)),
            };
        }
    }
    let foreign = slot.busy.get() && !slot.ended.get() && !slot.waiting.get();
    // The last reference unless somebody else has it; then it ends here.
    drop(fiber);
    let abandoned = foreign && slot.ended.get();
    let suspended = slot.busy.get() && !slot.ended.get();
    crossing.leave(slot, suspended);
    if slot.ended.get() {
        clear(slot);
    }
    if zend::is_unwinding() {
        return Err(Unwinding);
    }
    Ok(if abandoned {
        Ran::Abandoned
    } else if suspended {
        Ran::Suspended
    } else {
        Ran::Finished
    })
}

/// Somebody else goes on with a fiber of the pool: the context of its callback follows.
pub fn follow(slot: &Rc<Slot>, go_on: impl FnOnce()) {
    if !slot.busy.get() {
        return go_on();
    }
    let crossing = context::Crossing::enter(current().as_deref(), slot);
    go_on();
    crossing.leave(slot, slot.busy.get() && !slot.ended.get());
}

/// Whether the running fiber runs a callback or a task of this server.
pub fn is_inside(core: &Rc<Core>) -> bool {
    current().is_some_and(|slot| slot.owner.borrow().as_ref().is_some_and(|o| Rc::ptr_eq(&o.core, core)))
}

/// The slot has no job any more. Returns whose it was.
fn clear(slot: &Slot) -> Option<Rc<Core>> {
    if slot.busy.replace(false) {
        BUSY.set(BUSY.get() - 1);
    }
    let owner = slot.owner.take();
    let future = slot.future.take();
    let awaits = slot.awaits.take();
    let job = slot.job.take();
    let core = owner.as_ref().map(|owner| Rc::clone(&owner.core));
    drop((owner, future, awaits, job));
    core
}

/// Tells of what a job, or the end of its values, has thrown. False: something stays pending.
fn settle(core: impl FnOnce() -> Option<Rc<Core>>) -> bool {
    !zend::is_pending() || dispatch::settle_pending(core().as_ref()).is_ok()
}

/// The body of every fiber of the pool.
unsafe extern "C" fn body(_: *mut zend_execute_data, _: *mut Zval) {
    let Some(slot) = STARTING.take() else { return };
    // A panic must not cross the frames of C.
    let _ = catch_unwind(AssertUnwindSafe(|| work(&slot)));
    // What was thrown into an idle fiber goes back to who has done that.
    let busy = slot.busy.get();
    let core = clear(&slot);
    if busy {
        // Whoever destroys this fiber destroys others, too, and none with an exception pending.
        settle(|| core);
    }
    slot.ended.set(true);
    let object = raw::active();
    ALL.with_borrow_mut(|all| all.remove(&object));
    // Somebody may have ended it while it was idle.
    let idle = IDLE.with_borrow_mut(|idle| {
        let at = idle.iter().position(|(_, other)| Rc::ptr_eq(other, &slot))?;
        Some(idle.swap_remove(at))
    });
    if let Some((fiber, _)) = idle {
        scheduler::bury(fiber);
    }
}

fn work(slot: &Rc<Slot>) {
    loop {
        let job = slot.job.take();
        if let Some(job) = job {
            job();
            let owner = || slot.owner.borrow().as_ref().map(|owner| Rc::clone(&owner.core));
            if !settle(owner) || raw::is_ending() {
                return;
            }
            let core = clear(slot);
            if !settle(|| core) {
                return;
            }
            let Some(fiber) = raw::current() else { return };
            if IDLE.with_borrow(Vec::len) >= KEPT {
                return;
            }
            IDLE.with_borrow_mut(|idle| idle.push((fiber, Rc::clone(slot))));
        }
        raw::suspend();
        if zend::is_pending() {
            return;
        }
    }
}

/// Unwinds the suspended fibers that run handlers and tasks of this server, whoever else holds them.
pub fn destroy(core: &Rc<Core>) -> Result<(), Unwinding> {
    let owned: Vec<_> = ALL.with_borrow(|all| {
        let owned = |slot: &Rc<Slot>| slot.owner.borrow().as_ref().is_some_and(|o| Rc::ptr_eq(&o.core, core));
        all.iter()
            .filter(|(_, slot)| owned(slot))
            .map(|(fiber, _)| *fiber)
            .collect()
    });
    if zend::is_unwinding() {
        // The engine does it at the end of the script.
        return Err(Unwinding);
    }
    // The server object may go because of an exception, with which nothing could be called.
    let underway = zend::Underway::put_aside();
    let destroyed = owned.into_iter().try_for_each(|fiber| {
        // The fibers before may have ended this one.
        if of(fiber).is_some() && raw::destroy(fiber) {
            dispatch::settle(core)?;
        }
        Ok(())
    });
    let destroyed = destroyed.and_then(|()| scheduler::report(Some(core)));
    underway.put_back();
    destroyed
}

/// RSHUTDOWN.
pub fn forget() {
    let idle = IDLE.take();
    let all = ALL.take();
    BUSY.set(0);
    drop((idle, all));
}
