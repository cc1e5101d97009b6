//! Tasks: jobs with a future, in fibers of the pool.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use ext_php_rs::types::Zval;

use crate::binding::core::Core;
use crate::binding::exception;

use super::context::Owner;
use super::future::FutureState;
use super::pool::{self, Job, Ran};
use super::scheduler;

/// A task that no fiber could be had for.
struct Queued {
    job: Job,
    owner: Option<Owner>,
    future: Rc<FutureState>,
}

thread_local! {
    static QUEUED: RefCell<VecDeque<Queued>> = const { RefCell::new(VecDeque::new()) };
}

/// Runs a task in a fiber until it ends or waits. It completes the future it is given, and may leave an exception pending
/// only when the script or the fiber unwinds.
pub fn spawn(task: impl FnOnce(&Rc<FutureState>) + 'static) -> Rc<FutureState> {
    let owner = pool::current().and_then(|slot| slot.owner.borrow().as_ref().map(Owner::duplicate));
    // Outside of the borrow: the context is taken by PHP code.
    let owner = owner.map(Owner::inherited);
    let future = FutureState::new(owner.as_ref().map(|owner| &owner.core));
    let job: Job = Box::new({
        let future = Rc::clone(&future);
        move || task(&future)
    });
    start(Queued {
        job,
        owner,
        future: Rc::clone(&future),
    });
    future
}

fn start(task: Queued) {
    let Queued { job, owner, future } = task;
    let core = owner.as_ref().map(|owner| Rc::clone(&owner.core));
    match pool::run(job, owner, Some(Rc::clone(&future))) {
        Ok(Ran::Finished | Ran::Suspended) => {}
        Ok(Ran::Abandoned) => future.fail_with(exception::logic(pool::ALONE)),
        Err(_) => future.abandon(),
        Ok(Ran::NoFiber(job)) => {
            let owner = core.as_ref().map(Owner::new);
            QUEUED.with_borrow_mut(|queue| queue.push_back(Queued { job, owner, future }));
            scheduler::activate();
        }
    }
}

pub fn is_queue_empty() -> bool {
    QUEUED.with_borrow(VecDeque::is_empty)
}

/// Starts what waits for a fiber. Returns how many.
pub fn start_queued() -> usize {
    let mut started = 0;
    let most = QUEUED.with_borrow(VecDeque::len);
    while started < most && pool::has_room() {
        let Some(task) = QUEUED.with_borrow_mut(VecDeque::pop_front) else {
            break;
        };
        started += 1;
        start(task);
    }
    started
}

/// RSHUTDOWN.
pub fn forget() {
    let queued = QUEUED.take();
    drop(queued);
}

/// For the report of a failure.
pub type Report = (Zval, std::rc::Weak<Core>);
