//! What PHP code keeps per handler (the token storage, the current connection) follows the fibers: `fiberContext()`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use ext_php_rs::types::Zval;

use crate::binding::core::Core;
use crate::binding::dispatch;
use crate::binding::serving::Key;
use crate::binding::zend::{self, Outcome};

use super::pool::Slot;

/// Whose handler a fiber runs, and that handler's state while it is suspended.
pub struct Owner {
    pub core: Rc<Core>,
    /// Whose events it works off, once it was suspended.
    pub key: Rc<Cell<Option<Key>>>,
    context: RefCell<Option<Zval>>,
    /// What the callback has taken inside of which it was suspended.
    taken: Cell<Option<Duration>>,
}

impl Owner {
    pub fn new(core: &Rc<Core>) -> Self {
        Self {
            core: Rc::clone(core),
            key: Rc::default(),
            context: RefCell::default(),
            taken: Cell::new(None),
        }
    }

    /// For the same server.
    pub fn duplicate(&self) -> Self {
        Self::new(&self.core)
    }

    /// For a task that the running handler starts: it begins with the same state.
    pub fn inherited(self) -> Self {
        let context = leave(&self.core);
        if let Some(context) = &context {
            enter(&self.core, context.shallow_clone());
        }
        *self.context.borrow_mut() = context;
        self
    }
}

/// From one fiber, or none, into another one and back.
pub struct Crossing {
    /// The state of the fiber that is left for a while.
    outer: Option<(Rc<Core>, Zval)>,
    /// A callback of this server runs around it, and has taken so long; its time does not count meanwhile.
    running: Option<(Rc<Core>, Duration)>,
    /// Of the fiber that is entered, and whether it has brought a state.
    inner: Option<(Rc<Core>, bool)>,
}

impl Crossing {
    pub fn enter(outer: Option<&Slot>, inner: &Slot) -> Self {
        let outer = outer.and_then(core_of);
        let outer = outer.and_then(|core| leave(&core).map(|context| (core, context)));
        let mut running = None;
        let mut entered = false;
        let core = core_of(inner);
        if let Some(core) = &core {
            if let Some(taken) = core.metrics.borrow().pause_callback() {
                running = Some((Rc::clone(core), taken));
            }
            let context = inner.owner.borrow().as_ref().and_then(|owner| owner.context.take());
            if let Some(context) = context {
                enter(core, context);
                entered = true;
            }
            if let Some(taken) = inner.owner.borrow().as_ref().and_then(|owner| owner.taken.take()) {
                core.metrics.borrow().resume_callback(taken);
            }
        }
        Self {
            outer,
            running,
            inner: core.map(|core| (core, entered)),
        }
    }

    /// `suspended`: the inner fiber goes on later.
    pub fn leave(self, inner: &Slot, suspended: bool) {
        if let Some((core, entered)) = self.inner {
            let taken = core.metrics.borrow().pause_callback();
            // What a fiber that has ended leaves behind is nobody's.
            if suspended || entered {
                let context = leave(&core);
                if let Some(owner) = &*inner.owner.borrow() {
                    owner.taken.set(taken);
                    *owner.context.borrow_mut() = context;
                }
            }
        }
        if let Some((core, context)) = self.outer {
            enter(&core, context);
        }
        if let Some((core, taken)) = self.running {
            core.metrics.borrow().resume_callback(taken);
        }
    }
}

fn core_of(slot: &Slot) -> Option<Rc<Core>> {
    slot.owner.borrow().as_ref().map(|owner| Rc::clone(&owner.core))
}

/// Takes the state away.
fn leave(core: &Rc<Core>) -> Option<Zval> {
    let callback = core.callbacks.borrow().leave.clone()?;
    if zend::is_pending() {
        return None;
    }
    let context = callback.call(&mut []);
    settle(core).then_some(context)
}

/// Puts it back.
fn enter(core: &Rc<Core>, context: Zval) {
    let callback = core.callbacks.borrow().enter.clone();
    if let Some(callback) = callback
        && !zend::is_pending()
    {
        callback.call(&mut [context]);
        settle(core);
    }
}

/// False: the callback threw, which `onError` hears of.
fn settle(core: &Rc<Core>) -> bool {
    match zend::outcome() {
        Outcome::Returned => true,
        Outcome::Unwinding => false,
        Outcome::Threw(thrown) => {
            // Unwinding shows in what is pending.
            let _ = dispatch::report(core, Zval::null(), thrown);
            false
        }
    }
}
