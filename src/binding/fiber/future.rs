//! The class `Ferry\Future`, and the tasks whose outcome it is.
#![allow(non_snake_case, reason = "arguments have the names that PHP shows")]

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Instant;

use ext_php_rs::convert::FromZval;
use ext_php_rs::exception::PhpResult;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ArrayKey, ZendClassObject, ZendHashTable, ZendObject, Zval};

use crate::binding::args::Seconds;
use crate::binding::convert::{self, ArrayValue};
use crate::binding::core::Core;
use crate::binding::zend::{self, Outcome};
use crate::binding::{args, exception};

use super::pool::{self, Slot};
use super::scheduler::{self, Source};
use super::wait::{Waiting, park};

const SELF: &str = "This future can never complete: what it waits for waits for the caller";
const NOBODY: &str = "This future can never complete: nothing that could complete it is left";
const GONE: &str = "The task was ended before it was done";

enum State {
    Pending,
    Returned(Zval),
    Threw(Zval),
    /// Its fiber was destroyed.
    Gone,
}

/// What a task comes to, shared by its future and its fiber.
pub struct FutureState {
    state: RefCell<State>,
    waiters: RefCell<Vec<u64>>,
    /// Somebody has asked for the outcome, or is about to.
    observed: Cell<bool>,
    /// The fiber that runs the task.
    pub runner: RefCell<Weak<Slot>>,
    /// Whose `onError` hears of a failure that nobody asks for.
    core: Weak<Core>,
}

impl FutureState {
    pub fn new(core: Option<&Rc<Core>>) -> Rc<Self> {
        Rc::new(Self {
            state: RefCell::new(State::Pending),
            waiters: RefCell::default(),
            observed: Cell::new(false),
            runner: RefCell::default(),
            core: core.map(Rc::downgrade).unwrap_or_default(),
        })
    }

    /// After the call of the task: takes what it returned or threw. The first outcome stays.
    pub fn complete(&self, answer: Zval) {
        let state = match zend::outcome() {
            Outcome::Returned => State::Returned(answer),
            Outcome::Threw(thrown) => State::Threw(thrown),
            Outcome::Unwinding => State::Gone,
        };
        self.set(state);
    }

    pub fn fail_with(&self, problem: PhpException) {
        self.set(State::Threw(zend::exception_object(problem)));
    }

    pub fn abandon(&self) {
        self.set(State::Gone);
    }

    fn set(&self, state: State) {
        // Why a task was ended is known only after it was unwound.
        if matches!(*self.state.borrow(), State::Pending | State::Gone) {
            let old = self.state.replace(state);
            drop(old);
            self.waiters.take().into_iter().for_each(scheduler::wake);
        }
    }

    pub fn is_complete(&self) -> bool {
        !matches!(*self.state.borrow(), State::Pending)
    }

    fn has_failed(&self) -> bool {
        matches!(*self.state.borrow(), State::Threw(_) | State::Gone)
    }

    fn outcome(&self) -> PhpResult<Zval> {
        let thrown = match &*self.state.borrow() {
            State::Returned(value) => return Ok(value.shallow_clone()),
            State::Threw(thrown) => thrown.shallow_clone(),
            State::Gone => return Err(exception::runtime(GONE.into())),
            State::Pending => return Err(exception::logic(NOBODY)),
        };
        zend::throw(thrown);
        Err(PhpException::from_message(String::new()))
    }
}

/// A failure that nobody has asked for is reported at the next turn.
impl Drop for FutureState {
    fn drop(&mut self) {
        if let State::Threw(thrown) = self.state.replace(State::Pending)
            && !self.observed.get()
        {
            scheduler::report_later(thrown, self.core.clone());
        }
    }
}

/// The outcome of a task that may not be done yet.
#[php_class]
#[php(name = "Ferry\\Future")]
#[php(flags = ClassFlags::Final)]
pub struct Future {
    pub state: Rc<FutureState>,
}

#[php_impl]
impl Future {
    #[php(vis = "private")]
    pub fn __construct() -> PhpResult<Self> {
        Err(exception::logic("Ferry\\Future objects come from Ferry\\async()"))
    }

    #[php(name = "await")]
    pub fn wait_for(&self, timeout: Option<Seconds>) -> PhpResult<Zval> {
        let state = Rc::clone(&self.state);
        let deadline = deadline(timeout)?;
        state.observed.set(true);
        wait_for(std::slice::from_ref(&state), deadline, &|all| all[0].is_complete())?;
        state.outcome()
    }

    #[php(name = "isComplete")]
    pub fn is_complete(&self) -> bool {
        self.state.is_complete()
    }

    pub fn all(futures: args::Iterable<'_>, timeout: Option<Seconds>) -> PhpResult<ArrayValue> {
        let deadline = deadline(timeout)?;
        let (keys, states) = collect(futures.0)?;
        for state in &states {
            state.observed.set(true);
        }
        wait_for(&states, deadline, &|all| {
            all.iter().any(|s| s.has_failed()) || all.iter().all(|s| s.is_complete())
        })?;
        if let Some(failed) = states.iter().find(|state| state.has_failed()) {
            failed.outcome()?;
        }
        let mut table = ZendHashTable::new();
        for (key, state) in keys.iter().zip(&states) {
            insert(&mut table, key, state.outcome()?)?;
        }
        Ok(ArrayValue(convert::array(table)))
    }
}

fn deadline(timeout: Option<Seconds>) -> PhpResult<Option<Instant>> {
    let timeout = timeout.map(|t| t.duration("timeout")).transpose()?;
    Ok(timeout.map(|t| Instant::now() + t))
}

fn wait_for(
    states: &[Rc<FutureState>],
    deadline: Option<Instant>,
    done: &dyn Fn(&[Rc<FutureState>]) -> bool,
) -> PhpResult<()> {
    if done(states) {
        return Ok(());
    }
    let slot = pool::current();
    if let Some(slot) = &slot {
        if let Some(own) = &*slot.future.borrow()
            && states.iter().any(|state| leads_to(state, own, 0))
        {
            return Err(exception::logic(SELF));
        }
        *slot.awaits.borrow_mut() = states.to_vec();
    }
    let token = scheduler::token();
    for state in states.iter().filter(|state| !state.is_complete()) {
        state.waiters.borrow_mut().push(token);
    }
    let waited = park(token, deadline, Source::Here, &mut || done(states));
    for state in states {
        state.waiters.borrow_mut().retain(|waiter| *waiter != token);
    }
    if let Some(slot) = slot {
        let awaited = slot.awaits.take();
        drop(awaited);
    }
    match waited {
        Ok(()) => Ok(()),
        Err(Waiting::TimedOut) => Err(exception::timeout("The future did not complete in time".into())),
        Err(Waiting::Interrupted) => {
            zend::propagate()?;
            Err(PhpException::from_message(String::new()))
        }
        Err(Waiting::Deadlock | Waiting::Lost) => Err(exception::logic(NOBODY)),
    }
}

/// Whether what `state` waits for is, in the end, `own`.
fn leads_to(state: &Rc<FutureState>, own: &Rc<FutureState>, depth: usize) -> bool {
    /// A longer chain is no mistake that one makes by hand, and the stack of a fiber is small.
    const DEEPEST: usize = 64;
    if Rc::ptr_eq(state, own) {
        return true;
    }
    let Some(slot) = state
        .runner
        .borrow()
        .upgrade()
        .filter(|_| !state.is_complete() && depth < DEEPEST)
    else {
        return false;
    };
    let awaits = slot.awaits.borrow();
    awaits.iter().any(|next| leads_to(next, own, depth + 1))
}

enum Key {
    Long(i64),
    Text(Zval),
}

/// The futures with their keys; anything else is refused.
fn collect(value: &Zval) -> PhpResult<(Vec<Key>, Vec<Rc<FutureState>>)> {
    let (mut keys, mut states) = (Vec::new(), Vec::new());
    let mut copy = value.shallow_clone();
    if let Some(array) = copy.array() {
        for (key, item) in array {
            states.push(state_of(item)?);
            keys.push(match key {
                ArrayKey::Long(n) => Key::Long(n),
                other => Key::Text(convert::string(other.to_string())),
            });
        }
    } else if let Some(iterator) = copy.traversable() {
        if let Some(items) = iterator.iter() {
            for (n, (key, item)) in items.enumerate() {
                states.push(state_of(&item)?);
                keys.push(match (key.long(), key.zend_str()) {
                    (Some(n), _) => Key::Long(n),
                    (_, Some(_)) => Key::Text(key.shallow_clone()),
                    _ => Key::Long(i64::try_from(n).unwrap_or(i64::MAX)),
                });
            }
        }
        zend::propagate()?;
    }
    Ok((keys, states))
}

fn state_of(item: &Zval) -> PhpResult<Rc<FutureState>> {
    match <&ZendClassObject<Future>>::from_zval(item.dereference()) {
        Some(future) => Ok(Rc::clone(&future.state)),
        None => Err(exception::invalid_argument(format!(
            "Argument $futures must hold Ferry\\Future objects, {} given",
            convert::type_name(item)
        ))),
    }
}

fn insert(table: &mut ZendHashTable, key: &Key, value: Zval) -> PhpResult<()> {
    match key {
        Key::Long(n) => table.insert_at_index(*n, value)?,
        Key::Text(text) => match text.zend_str().and_then(|s| s.as_str().ok()) {
            Some(text) => table.insert(text, value)?,
            None => table.push(value)?,
        },
    }
    Ok(())
}

/// The collector must see the outcome.
pub unsafe extern "C" fn get_gc(
    object: *mut ZendObject,
    table: *mut *mut Zval,
    n: *mut std::ffi::c_int,
) -> *mut ZendHashTable {
    // SAFETY: called by the collector for an object of this class.
    unsafe {
        let future = ZendClassObject::<Future>::from_zend_obj(&*object);
        zend::collect(object, table, n, |buffer| {
            // A future that its task still holds, too, is not this object's alone.
            if let Some(future) = future
                && Rc::strong_count(&future.state) == 1
                && let Ok(state) = future.state.state.try_borrow()
                && let State::Returned(value) | State::Threw(value) = &*state
            {
                buffer.add(value);
            }
        })
    }
}
