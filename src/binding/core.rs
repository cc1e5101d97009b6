//! What `WsServer`, `Connection`, `Room` and `Timer` share. PHP thread only.
//!
//! Borrow rule: no `RefCell` borrow is held across a call into PHP, across dropping a PHP value (a destructor may call
//! back) or across allocating one (memory exhaustion does not come back).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ext_php_rs::exception::PhpResult;
use ext_php_rs::types::Zval;

use crate::engine::config::Config;
use crate::engine::id::{ConnId, InstanceId};
use crate::engine::inbox::Burst;
use crate::engine::mailbox::{Audience, Command, Mailbox};
use crate::engine::metrics::Metrics;
use crate::engine::publish::{Message, Target, event_frame};
use crate::engine::redis::NotTaken;
use crate::engine::request::{HandshakeId, HandshakeRequest};
use crate::engine::roster::Roster;
use crate::engine::server::Server;
use crate::engine::timers::Timers;

use super::alarm::Alarm;
use super::callback::Callback;
use super::connection::Connection;
use super::exception;
use super::live;
use super::memory::Tide;
use super::serving::Serving;

/// How long clients get to answer a close when the script ends without `stop()`.
pub const ABORT_GRACE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Callbacks {
    pub handshake: Option<Rc<Callback>>,
    pub open: Option<Rc<Callback>>,
    pub message: Option<Rc<Callback>>,
    pub close: Option<Rc<Callback>>,
    pub error: Option<Rc<Callback>>,
    pub authenticate: Option<Rc<Callback>>,
    /// Of `fiberContext()`.
    pub leave: Option<Rc<Callback>>,
    pub enter: Option<Rc<Callback>>,
}

/// How far `stop()` has come.
#[derive(Clone, Debug)]
pub struct Stop {
    pub code: u16,
    pub reason: String,
    pub deadline: Instant,
    pub step: StopStep,
    /// Connections that are still to be closed, in batches.
    pub queue: Vec<ConnId>,
    /// When the next batch is due.
    pub next_batch: Instant,
    /// Open connections when the closing began.
    pub open: usize,
    /// So long suspended callbacks may take before the closing begins.
    pub callbacks_until: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopStep {
    /// Nothing was done yet.
    Asked,
    /// No new connection; queued events are delivered.
    Delivering,
    /// Every connection got its close frame.
    Closing,
}

/// A handshake that PHP has accepted or is about to answer.
pub struct Asked {
    pub request: Arc<HandshakeRequest>,
    pub identity: Zval,
}

pub struct Core {
    pub config: Config,
    pub server: RefCell<Option<Rc<Server>>>,
    pub roster: RefCell<Roster<Zval>>,
    pub callbacks: RefCell<Callbacks>,
    pub timers: RefCell<Timers<Rc<Callback>>>,
    pub asked: RefCell<HashMap<HandshakeId, Asked>>,
    /// The burst being delivered and the next event in it.
    pub burst: RefCell<Option<Burst>>,
    pub next_event: Cell<usize>,
    /// `poll()` runs: sends are handed over at its end.
    pub polling: Cell<bool>,
    pub stop: RefCell<Option<Stop>>,
    /// Another event loop waits on the eventfd.
    pub streamed: Cell<bool>,
    pub started: Cell<Option<Instant>>,
    pub tide: Tide,
    pub alarm: Alarm,
    pub serving: Serving,
    instance: Cell<InstanceId>,
    pub metrics: RefCell<Arc<Metrics>>,
    forks: Cell<u64>,
}

impl Core {
    pub fn new(config: Config) -> Rc<Self> {
        let core = Rc::new(Self {
            config,
            server: RefCell::default(),
            roster: RefCell::default(),
            callbacks: RefCell::default(),
            timers: RefCell::default(),
            asked: RefCell::default(),
            burst: RefCell::default(),
            next_event: Cell::new(0),
            polling: Cell::new(false),
            stop: RefCell::default(),
            streamed: Cell::new(false),
            started: Cell::new(None),
            tide: Tide::default(),
            alarm: Alarm::default(),
            serving: Serving::default(),
            instance: Cell::new(InstanceId::random()),
            metrics: RefCell::default(),
            forks: Cell::new(live::forks()),
        });
        live::add(&core);
        core
    }

    /// Refuses a call in a forked child: the threads it would need exist in the parent only.
    pub fn guard(&self) -> PhpResult<()> {
        if self.is_ours() {
            return Ok(());
        }
        Err(exception::logic(
            "This Ferry server belongs to the parent process: fork before listen(), or make a new server in the child",
        ))
    }

    pub fn is_ours(&self) -> bool {
        self.forks.get() == live::forks()
    }

    pub fn running(&self) -> Option<Rc<Server>> {
        self.server.borrow().clone()
    }

    pub fn owns(&self, connection: &Connection) -> bool {
        std::ptr::eq(&raw const *connection.core, self)
    }

    pub fn parse_id(&self, text: &str) -> Option<ConnId> {
        self.instance().parse(text)
    }

    /// The last one started: ids stay readable after the stop.
    pub fn instance(&self) -> InstanceId {
        self.instance.get()
    }

    pub fn count_dropped(&self) {
        self.metrics().dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Of the last server started: counts stay readable after the stop.
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics.borrow())
    }

    /// Binds and starts the threads.
    pub fn listen(&self) -> PhpResult<Rc<Server>> {
        self.guard()?;
        if self.running().is_none() {
            self.forget_last_run();
        }
        // Asked again: destructors may have listened.
        if let Some(server) = self.running() {
            return Ok(server);
        }
        super::memory::keep_buffers();
        let server = Server::start(self.config.clone()).map_err(|e| exception::runtime(e.to_string()))?;
        let server = Rc::new(server);
        server
            .ask_php
            .store(self.callbacks.borrow().handshake.is_some(), Ordering::Relaxed);
        self.started.set(Some(Instant::now()));
        self.instance.set(server.instance);
        *self.metrics.borrow_mut() = Arc::clone(&server.metrics);
        super::fiber::attach(&server.inbox);
        *self.server.borrow_mut() = Some(Rc::clone(&server));
        Ok(server)
    }

    /// Reads the files of the option `tls` again; without it there is nothing to do.
    pub fn reload(&self) -> PhpResult<()> {
        let Some(tls) = &self.config.tls else {
            return Ok(());
        };
        tls.reload()
            .map_err(|e| exception::runtime(format!("The certificates stay as they were: {e}")))
    }

    /// Drops what an aborted run has left.
    fn forget_last_run(&self) {
        self.burst.borrow_mut().take();
        self.stop.borrow_mut().take();
        self.serving.clear();
        let asked = std::mem::take(&mut *self.asked.borrow_mut());
        let roster = std::mem::take(&mut *self.roster.borrow_mut());
        drop((asked, roster));
    }

    /// Wakes the I/O threads for what was sent, unless `poll()` will do so for the whole batch.
    pub fn hand_over(&self, server: &Server) {
        if !self.polling.get() {
            server.mailboxes().for_each(Mailbox::hand_over);
        }
    }

    /// One command to one connection's I/O thread.
    pub fn command(&self, id: ConnId, command: Command) {
        if let Some(server) = self.running()
            && let Some(mailbox) = server.mailbox(id)
        {
            mailbox.batch().push(command);
            mailbox.mark();
            self.hand_over(&server);
        }
    }

    pub fn close(&self, id: ConnId, code: u16, reason: &str) {
        if self.roster.borrow_mut().start_closing(id) {
            self.command(
                id,
                Command::Close {
                    id,
                    code,
                    reason: reason.into(),
                },
            );
        }
    }

    /// Hands one encoded frame to all connections or a room's. Returns how many.
    pub fn broadcast(&self, room: Option<&str>, frame: &bytes::Bytes, except: &[ConnId]) -> usize {
        let count = self.roster.borrow().count_reached(room, except);
        let audience = room.map_or(Audience::All, |name| Audience::Room(name.into()));
        self.send_to(count, &audience, frame, except)
    }

    /// An event for a room. Returns how many connections of this server it was handed to, or is as soon as Redis has it.
    pub fn publish(&self, room: &str, event: String, data: String, except: &[ConnId]) -> Result<usize, NotTaken> {
        let Some(server) = self.running() else { return Ok(0) };
        let publisher = server.publisher();
        if let Some(link) = &publisher.link {
            let target = Target::Rooms(vec![room.to_owned()]);
            let except = except.iter().map(|id| server.instance.format(*id)).collect();
            // What it reaches is known later.
            drop(link.offer(&[Message::new(target, event, data, except)])?);
        } else {
            // Before the history is locked: nobody may wait with that lock.
            server.mailboxes().for_each(|m| drop(m.batch()));
            let encode = |offset: Option<&str>| event_frame(&event, &data, Some(room), offset);
            publisher.send_to_room(room, encode, None, except, None);
            self.hand_over(&server);
        }
        Ok(self.roster.borrow().count_reached(Some(room), except))
    }

    /// The same for a user's connections.
    pub fn publish_to_user(&self, user: &str, event: String, data: String) -> Result<usize, NotTaken> {
        let Some(server) = self.running() else { return Ok(0) };
        let count = self.roster.borrow().of_user(user).len();
        if let Some(link) = &server.publisher().link {
            drop(link.offer(&[Message::new(Target::User(user.to_owned()), event, data, Vec::new())])?);
            return Ok(count);
        }
        let frame = event_frame(&event, &data, None, None);
        Ok(self.send_to(count, &Audience::User(user.into()), &frame, &[]))
    }

    /// Has other servers close a user's connections.
    pub fn disconnect_elsewhere(&self, user: &str, code: u16, reason: &str) -> Result<(), NotTaken> {
        let Some(server) = self.running() else { return Ok(()) };
        server.publisher().disconnect_elsewhere(user, code, reason)
    }

    fn send_to(&self, count: usize, audience: &Audience, frame: &bytes::Bytes, except: &[ConnId]) -> usize {
        let Some(server) = self.running() else { return 0 };
        if count > 0 {
            for (number, mailbox) in server.mailboxes().enumerate() {
                let except = except.iter().copied().filter(|id| id.io_thread() == number).collect();
                mailbox.batch().push(Command::Broadcast {
                    audience: audience.clone(),
                    frame: frame.clone(),
                    except,
                    number: None,
                    count: None,
                });
                mailbox.mark();
            }
            self.hand_over(&server);
        }
        count
    }

    /// Ends everything without calling PHP: after `exit()`, a fatal error, or when the server object goes.
    pub fn abort(&self, code: u16, reason: &str) {
        if !self.is_ours() {
            return self.abandon();
        }
        let Ok(mut slot) = self.server.try_borrow_mut() else {
            return;
        };
        let Some(server) = slot.take() else { return };
        drop(slot);
        self.alarm.clear();
        if let Ok(mut roster) = self.roster.try_borrow_mut() {
            roster.start_closing_all();
        }
        let open = server.metrics.connections.load(Ordering::Relaxed);
        drain(&server, code, reason, ABORT_GRACE);
        count_cut(&server, open);
        server.end();
    }

    /// In a forked child: forgets the parent's threads.
    pub fn abandon(&self) {
        if let Ok(mut slot) = self.server.try_borrow_mut()
            && let Some(server) = slot.take()
        {
            std::mem::forget(server);
        }
    }

    /// Drops every PHP value, so that no cycle through Rust keeps them.
    pub fn clear(&self) {
        let roster = self.roster.try_borrow_mut().map(|mut r| std::mem::take(&mut *r));
        let callbacks = self.callbacks.try_borrow_mut().map(|mut c| std::mem::take(&mut *c));
        let timers = self.timers.try_borrow_mut().map(|mut t| t.drain());
        let asked = self.asked.try_borrow_mut().map(|mut a| std::mem::take(&mut *a));
        drop((roster, callbacks, timers, asked));
        self.serving.clear();
    }

    /// Values held here, for the cycle collector.
    pub fn for_each_value(&self, mut see: impl FnMut(&Zval)) {
        if let Ok(callbacks) = self.callbacks.try_borrow() {
            let all = [
                &callbacks.handshake,
                &callbacks.open,
                &callbacks.message,
                &callbacks.close,
                &callbacks.error,
                &callbacks.authenticate,
                &callbacks.leave,
                &callbacks.enter,
            ];
            all.into_iter().flatten().for_each(|c| see(c.value()));
        }
        if let Ok(timers) = self.timers.try_borrow() {
            timers.values().for_each(|c| see(c.value()));
        }
        if let Ok(roster) = self.roster.try_borrow() {
            roster.iter().for_each(|e| see(&e.value));
        }
        if let Ok(asked) = self.asked.try_borrow() {
            asked.values().for_each(|a| see(&a.identity));
        }
    }
}

/// Closes every connection and waits until they are gone or the time is over.
fn drain(server: &Server, code: u16, reason: &str, grace: Duration) {
    for mailbox in server.mailboxes() {
        mailbox.post(Command::StopAccepting);
        mailbox.post(Command::Drain {
            code,
            reason: reason.into(),
        });
    }
    let deadline = Instant::now() + grace;
    while server.metrics.connections.load(Ordering::Relaxed) > 0 && Instant::now() < deadline && !server.has_failed() {
        // Events are taken and dropped: a full inbox would keep the closes from being read.
        while let Some(burst) = server.inbox.try_take() {
            let events = burst.events.len();
            if server.inbox.give_back(burst, events) {
                server.mailboxes().for_each(|m| m.post(Command::Resume));
            }
        }
        server
            .inbox
            .bell
            .wait(Some(Duration::from_millis(10)), || !server.inbox.is_empty());
    }
}

/// The grace is over: whoever of the `open` connections is still here is cut.
pub fn count_cut(server: &Server, open: usize) {
    let left = server.metrics.connections.load(Ordering::Relaxed);
    server.metrics.cut.store(left as u64, Ordering::Relaxed);
    server
        .metrics
        .drained
        .store(open.saturating_sub(left) as u64, Ordering::Relaxed);
}
