//! Option `fibers`: callbacks run in fibers of the pool.
//!
//! One fiber drains the inbox and calls callback after callback, which costs nothing per event. When a callback suspends
//! it, control comes back here: its connection is *busy* from now on, and the next fiber drains on. Events of a busy
//! connection wait in its backlog; the fiber works them off when its callback has returned.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use ext_php_rs::types::Zval;

use crate::engine::id::ConnId;
use crate::engine::mailbox::{Command, Mailbox};
use crate::engine::request::HandshakeId;
use crate::engine::server::Server;

use super::callback::Callback;
use super::core::Core;
use super::dispatch::{self, Unwinding};
use super::events::{self, Ready};
use super::fiber::pool::{self, Job, Ran};
use super::fiber::{self, Owner};

/// A connection with more behind its callback is not read until that has been worked off.
const MOST_EVENTS: usize = 64;
const MOST_BYTES: usize = 64 * 1024;
/// An event counts that much beside its bytes.
const EVENT_BYTES: usize = 64;

/// What has its events one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Connection(ConnId),
    Handshake(HandshakeId),
}

#[derive(Default)]
struct Backlog {
    events: VecDeque<(Ready, usize)>,
    bytes: usize,
    /// Its socket is not read.
    held: bool,
}

#[derive(Default)]
pub struct Serving {
    busy: RefCell<HashMap<Key, Backlog>>,
    /// Events of a fiber that was destroyed; they come before all others.
    orphans: RefCell<VecDeque<Ready>>,
    /// Whose callback the draining fiber runs.
    current: Cell<Option<Key>>,
    /// Number of the fiber that drains; a suspended one sees that it is another's.
    drainer: Cell<u64>,
    /// Callbacks of timers that are suspended.
    timers: Cell<usize>,
    /// No fiber is free: nothing is drained.
    exhausted: Cell<bool>,
    /// How often that began.
    pub exhaustions: Cell<u64>,
}

impl Serving {
    /// Callbacks that are suspended.
    pub fn suspended(&self) -> usize {
        self.busy.borrow().len() + self.timers.get()
    }

    pub fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    fn set_exhausted(&self, exhausted: bool) {
        if exhausted && !self.exhausted.get() {
            self.exhaustions.set(self.exhaustions.get() + 1);
        }
        self.exhausted.set(exhausted);
    }

    /// The draining fiber was suspended: another one drains from now on.
    fn set_aside(&self) -> Option<Key> {
        self.drainer.set(self.drainer.get() + 1);
        self.current.take()
    }

    /// Drops what waits, after an aborted run.
    pub fn clear(&self) {
        let busy = self.busy.try_borrow_mut().map(|mut busy| std::mem::take(&mut *busy));
        let orphans = self.orphans.try_borrow_mut().map(|mut o| std::mem::take(&mut *o));
        drop((busy, orphans));
    }
}

/// Delivers up to `max` events, each in a fiber.
pub fn drain(core: &Rc<Core>, server: &Rc<Server>, max: usize, most: usize) -> Result<usize, Unwinding> {
    let serving = &core.serving;
    let handled = Rc::new(Cell::new(0));
    while handled.get() < max && has_events(core, server) {
        // Where the engine forbids switches no fiber comes back: the callbacks are called directly.
        if serving.suspended() > 0 && !fiber::is_blocked() && (serving.suspended() >= most || !pool::has_room()) {
            serving.set_exhausted(true);
            break;
        }
        serving.set_exhausted(false);
        let number = serving.drainer.get();
        let job: Job = Box::new({
            let (core, server, handled) = (Rc::clone(core), Rc::clone(server), Rc::clone(&handled));
            move || work(&core, &server, max, &handled, number)
        });
        match pool::run(job, Some(Owner::new(core)), None) {
            Ok(Ran::Finished) => {}
            Ok(Ran::Suspended) => {
                if let Some(key) = serving.set_aside() {
                    serving.busy.borrow_mut().insert(key, Backlog::default());
                }
            }
            Ok(Ran::Abandoned) => {
                let key = serving.set_aside();
                dispatch::report(core, connection(core, key), pool::abandoned())?;
            }
            Ok(Ran::NoFiber(job)) if serving.suspended() == 0 || fiber::is_blocked() => {
                job();
                if super::zend::is_unwinding() {
                    serving.set_aside();
                    return Err(Unwinding);
                }
            }
            Ok(Ran::NoFiber(_)) => {
                serving.set_exhausted(true);
                break;
            }
            Err(unwinding) => {
                serving.set_aside();
                return Err(unwinding);
            }
        }
        if !core.is_ours() {
            return Err(Unwinding);
        }
        dispatch::settle(core)?;
    }
    Ok(handled.get())
}

fn has_events(core: &Core, server: &Server) -> bool {
    core.burst.borrow().is_some() || !server.inbox.is_empty() || !core.serving.orphans.borrow().is_empty()
}

/// What the draining fiber does.
fn work(core: &Rc<Core>, server: &Rc<Server>, max: usize, handled: &Cell<usize>, number: u64) {
    let serving = &core.serving;
    while handled.get() < max {
        let orphan = serving.orphans.borrow_mut().pop_front();
        let key = match &orphan {
            Some(event) => event.key(),
            None => match events::next_key(core, server) {
                None => return,
                key => key,
            },
        };
        handled.set(handled.get() + 1);
        if let Some(key) = key
            && !serving.busy.borrow().is_empty()
            && serving.busy.borrow().contains_key(&key)
        {
            if let Some(event) = orphan.or_else(|| events::next(core, server)) {
                put_behind(core, server, key, event);
            }
            continue;
        }
        serving.current.set(key);
        let delivered = match orphan {
            Some(event) => events::deliver(core, server, event),
            None => events::handle_next(core, server).unwrap_or(Ok(())),
        };
        let delivered = delivered.and_then(|()| dispatch::settle(core));
        if serving.drainer.get() != number {
            // It was suspended, and its connection is busy since then.
            if let Some(key) = key {
                work_off(core, server, key, delivered.is_ok());
            }
            return;
        }
        // One that is being destroyed can serve nobody any more. Whose callback it ran is told to who resumed it.
        if delivered.is_err() || fiber::is_ending() {
            return;
        }
        serving.current.set(None);
    }
}

/// The events that came meanwhile. `goes_on`: the fiber may call callbacks.
fn work_off(core: &Rc<Core>, server: &Rc<Server>, key: Key, mut goes_on: bool) {
    if let Some(slot) = pool::current()
        && let Some(owner) = &*slot.owner.borrow()
    {
        owner.key.set(Some(key));
    }
    while goes_on && !fiber::is_ending() {
        let Some(event) = take_behind(core, server, key) else {
            break;
        };
        let delivered = events::deliver(core, server, event).and_then(|()| dispatch::settle(core));
        goes_on = delivered.is_ok() && core.is_ours();
    }
    let rest = core.serving.busy.borrow_mut().remove(&key);
    if let Some(rest) = rest {
        let cost = rest.bytes;
        release(server, cost, rest.events.len());
        core.serving
            .orphans
            .borrow_mut()
            .extend(rest.events.into_iter().map(|(event, _)| event));
        if rest.held {
            hold(core, key, false);
        }
    }
    if core.serving.is_exhausted() {
        // Somebody else's loop may have resumed this fiber.
        server.inbox.bell.wake();
    }
}

fn put_behind(core: &Core, server: &Server, key: Key, event: Ready) {
    let cost = event.bytes() + EVENT_BYTES;
    server.inbox.keep(cost);
    let full = {
        let mut busy = core.serving.busy.borrow_mut();
        let Some(backlog) = busy.get_mut(&key) else { return };
        backlog.events.push_back((event, cost));
        backlog.bytes += cost;
        let full = backlog.events.len() > MOST_EVENTS || backlog.bytes > MOST_BYTES;
        full && !std::mem::replace(&mut backlog.held, true)
    };
    if full {
        hold(core, key, true);
    }
}

fn take_behind(core: &Core, server: &Server, key: Key) -> Option<Ready> {
    let (event, cost, read_on) = {
        let mut busy = core.serving.busy.borrow_mut();
        let backlog = busy.get_mut(&key)?;
        let (event, cost) = backlog.events.pop_front()?;
        backlog.bytes -= cost;
        let read_on = backlog.events.is_empty() && std::mem::take(&mut backlog.held);
        (event, cost, read_on)
    };
    release(server, cost, 1);
    if read_on {
        hold(core, key, false);
    }
    Some(event)
}

fn release(server: &Server, cost: usize, events: usize) {
    if server.inbox.release(cost, events) {
        server.mailboxes().for_each(|m| m.post(Command::Resume));
    }
}

/// Has the I/O thread read this client no more, or again.
fn hold(core: &Core, key: Key, held: bool) {
    if let Key::Connection(id) = key {
        core.command(id, Command::Hold { id, held });
    }
    if let Some(server) = core.running()
        && held
    {
        // Now: the rest of this batch may be long.
        server.mailboxes().for_each(Mailbox::hand_over);
    }
}

pub fn connection(core: &Core, key: Option<Key>) -> Zval {
    let Some(Key::Connection(id)) = key else {
        return Zval::null();
    };
    let roster = core.roster.borrow();
    roster.get(id).map_or_else(Zval::null, |e| e.value.shallow_clone())
}

/// Calls a timer's callback in a fiber.
pub fn fire(core: &Rc<Core>, callback: Rc<Callback>) -> Result<(), Unwinding> {
    let suspended = Rc::new(Cell::new(false));
    let job: Job = Box::new({
        let (core, suspended) = (Rc::clone(core), Rc::clone(&suspended));
        move || {
            // Unwinding shows in what is pending.
            let _ = dispatch::call(&core, callback, &mut [], None).and_then(|()| dispatch::settle(&core));
            if suspended.get() {
                core.serving.timers.set(core.serving.timers.get() - 1);
            }
        }
    });
    match pool::run(job, Some(Owner::new(core)), None)? {
        Ran::Finished => {}
        Ran::Suspended => {
            suspended.set(true);
            core.serving.timers.set(core.serving.timers.get() + 1);
        }
        Ran::Abandoned => dispatch::report(core, Zval::null(), pool::abandoned())?,
        Ran::NoFiber(job) => job(),
    }
    if super::zend::is_unwinding() || !core.is_ours() {
        return Err(Unwinding);
    }
    dispatch::settle(core)
}

/// The grace is over: unwinds the callbacks that are still suspended.
pub fn end(core: &Rc<Core>) -> Result<(), Unwinding> {
    if core.config.fibers.is_some() {
        pool::destroy(core)?;
    }
    Ok(())
}
