//! The connections of one I/O thread: who they are, which rooms they are in, how long each may take.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;

use super::clock::unix_time;
use super::config::{Config, Rates, SlowConsumer};
use super::deflate::{Codec, Context, Terms};
use super::delivery::{Dirty, Settled};
use super::few::Few;
use super::frame::{Decoder, Limits as FrameLimits};
use super::held::Held;
use super::history::{History, Late, Offset};
use super::id::ConnId;
use super::inbox::{Burst, Event, Inbox, Opened};
use super::limits::ConnectionPermit;
use super::mailbox::{Batch, Mailbox};
use super::meter::Meter;
use super::metrics::Metrics;
use super::outlet::Outlet;
use super::pending::Pending;
use super::redis::Link;
use super::request::{HandshakeId, HandshakeRequest};
use super::rooms::Rooms;
use super::session::{CLEAN, Phase, Session};
use super::socket::Stream;
use super::table::Table;
use super::users::Users;

/// Everything an I/O thread's tasks share. Lives in a `RefCell` on that thread; no borrow outlives a poll.
pub struct State {
    pub io_thread: u8,
    pub sessions: Table<Session>,
    pub rooms: Rooms,
    pub users: Users,
    /// Shared with whoever publishes.
    pub history: Option<Arc<History>>,
    pub late: Late,
    /// Where other servers are met.
    pub link: Option<Arc<Link>>,
    pub dirty: Dirty,
    /// Compresses and inflates for all sessions.
    pub codec: Codec,
    /// Events not sent to PHP yet.
    pub burst: Burst,
    /// Sessions whose socket failed in the flush that runs.
    pub broken: Vec<u32>,
    pub settled: Vec<(u32, Settled)>,
    /// In the outboxes of this thread's sessions together.
    pub outbox_bytes: usize,
    /// Sessions that wait for room in the inbox.
    stalled: Vec<u32>,
    /// Rung when the inbox has room again.
    pub room: Rc<Notify>,
    /// Rung by [`watch`](Self::watch).
    pub php_has_work: Rc<Notify>,
    /// Handshakes that wait for PHP.
    pub pending: Pending,
    /// Number of the current sweep; see [`super::sweep`].
    pub sweep: u32,
    pub limits: Limits,
    pub metrics: Arc<Metrics>,
    pub inbox: Arc<Inbox>,
    pub mailbox: Arc<Mailbox>,
    pub held: Held,
    /// An emptied batch, swapped for the next filled one.
    pub spare: Batch,
    /// Set by [`Command::Drain`]: what arrives late is closed at once.
    pub draining: Option<(u16, Box<str>)>,
    pub accepting: bool,
    pub shut_down: bool,
}

/// A connection that may become a session.
pub struct Admission {
    /// The request, or its id where PHP has it.
    pub request: Result<Arc<HandshakeRequest>, HandshakeId>,
    pub expires_at: Option<i64>,
    /// permessage-deflate, as the answer to the request says.
    pub deflate: Option<Terms>,
    pub user: Option<Box<str>>,
    /// Where the client stands in histories, by the request.
    pub since: Vec<Offset>,
}

/// The options a session's life depends on, with times in sweeps. `None`: switched off.
#[derive(Clone, Debug)]
pub struct Limits {
    pub frame: FrameLimits,
    /// Shorter messages are not compressed.
    pub compress_from: usize,
    pub rates: Rates,
    /// Control frames of one client in a window of so many sweeps, about a second.
    pub control_frames: Option<u32>,
    pub control_window: u32,
    pub outbox_bytes: usize,
    pub slow_consumer: SlowConsumer,
    pub sweep_interval: Duration,
    pub ping: Option<u32>,
    pub idle: Option<u32>,
    pub write: Option<u32>,
    pub close: u32,
    pub expired_close_code: u16,
}

impl Limits {
    pub fn new(config: &Config) -> Self {
        let shortest = [
            config.ping_interval,
            config.idle_timeout,
            config.write_timeout,
            Some(config.close_timeout),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(Duration::from_secs(1));
        // An eighth of the shortest time is as late as a time may be noticed; at most twice a second.
        let interval = (shortest / 8).clamp(Duration::from_millis(10), Duration::from_millis(500));
        // One more, as the first interval may have begun long before: a time is noticed late, never early.
        let sweeps =
            |t: Duration| u32::try_from(t.as_nanos().div_ceil(interval.as_nanos()) + 1).unwrap_or(u32::MAX / 2);
        Self {
            frame: FrameLimits {
                max_message_bytes: config.max_message_bytes,
                max_fragments: u32::try_from(config.max_fragments).unwrap_or(u32::MAX),
                allow_rsv1: false,
            },
            // Nothing is smaller than nothing.
            compress_from: config.compression.map_or(1, |c| c.threshold.max(1)),
            rates: Rates {
                // Each thread has its part.
                outbox_total: config
                    .rates
                    .outbox_total
                    .map(|total| (total / config.io_threads.max(1)).max(1)),
                ..config.rates
            },
            control_frames: config
                .rates
                .control_frames
                .map(|n| u32::try_from(n).unwrap_or(u32::MAX)),
            control_window: u32::try_from(1000 / interval.as_millis().max(1)).unwrap_or(1).max(1),
            outbox_bytes: config.outbox_bytes,
            slow_consumer: config.slow_consumer,
            sweep_interval: interval,
            ping: config.ping_interval.map(sweeps),
            idle: config.idle_timeout.map(sweeps),
            write: config.write_timeout.map(sweeps),
            close: sweeps(config.close_timeout),
            expired_close_code: config.expired_close_code,
        }
    }
}

impl State {
    pub fn new(
        io_thread: u8,
        config: &Config,
        metrics: Arc<Metrics>,
        inbox: Arc<Inbox>,
        mailbox: Arc<Mailbox>,
    ) -> Self {
        Self {
            io_thread,
            sessions: Table::default(),
            rooms: Rooms::default(),
            users: Users::default(),
            history: None,
            late: Late::default(),
            link: None,
            dirty: Dirty::default(),
            codec: Codec::new(config.compression.unwrap_or_default().level),
            burst: inbox.burst(),
            broken: Vec::new(),
            settled: Vec::new(),
            outbox_bytes: 0,
            stalled: Vec::new(),
            room: Rc::default(),
            php_has_work: Rc::default(),
            pending: Pending::default(),
            sweep: 0,
            limits: Limits::new(config),
            metrics,
            inbox,
            mailbox,
            held: Held::default(),
            spare: Batch::default(),
            draining: None,
            accepting: true,
            shut_down: false,
        }
    }

    pub fn id(&self, slot: u32) -> ConnId {
        ConnId::new(self.io_thread, slot, self.sessions.generation(slot))
    }

    pub fn find(&self, id: ConnId) -> Option<u32> {
        self.sessions.find(id.slot(), id.generation())
    }

    /// Queues an event for PHP.
    pub fn emit(&mut self, event: Event) {
        self.burst.push(event);
        if self.burst.is_full() {
            self.send_burst();
        }
    }

    /// Sends the collected events to PHP.
    pub fn send_burst(&mut self) {
        if !self.burst.events.is_empty() {
            let next = self.inbox.burst();
            self.watch();
            self.inbox.send(std::mem::replace(&mut self.burst, next));
        }
    }

    /// PHP works, or is about to: what it sends meanwhile is looked for.
    pub fn watch(&mut self) {
        self.mailbox.watch();
        self.php_has_work.notify_one();
    }

    /// Makes an upgraded connection a session. PHP hears of it next.
    pub fn open(&mut self, stream: Stream, permit: ConnectionPermit, accepted: Admission) -> ConnId {
        if !self.dirty.is_empty() {
            // What is held for the slot's last session is not this one's.
            self.flush(&[]);
        }
        let outlet = Arc::new(Outlet::default());
        let (slot, _) = self.sessions.insert(Session {
            stream,
            decoder: Decoder::default(),
            meter: Meter::new(&self.limits.rates).map(Box::new),
            outlet: Arc::clone(&outlet),
            waker: None,
            outbox: None,
            deflate: accepted.deflate.map(|terms| Box::new(Context::new(terms))),
            memberships: Few::default(),
            phase: Phase::Open,
            dirty: CLEAN,
            delivered: 0,
            heard: self.sweep,
            pinged: false,
            stalled: false,
            paused: false,
            held: false,
            controls: 0,
            controls_since: self.sweep,
            expires_at: accepted.expires_at,
            user: None,
            since: accepted.since.into(),
            opened_at: u32::try_from(unix_time()).unwrap_or(u32::MAX),
            permit,
        });
        if let Some(user) = &accepted.user {
            self.identify(slot, user);
        }
        let id = self.id(slot);
        self.metrics.connections_total.fetch_add(1, Ordering::Relaxed);
        let request = accepted.request;
        self.emit(Event::Open(Box::new(Opened { id, outlet, request })));
        if let Some((code, reason)) = self.draining.clone() {
            self.close(slot, code, &reason);
            // Nothing else may be written for long, and the slot may go to another connection before.
            self.flush(&[]);
        }
        id
    }

    /// The session belongs to this user from now on.
    pub fn identify(&mut self, slot: u32, user: &str) {
        if let Some(session) = self.sessions.at_mut(slot)
            && session.is_open()
        {
            if let Some(old) = session.user.take() {
                self.users.remove(&old, slot);
            }
            session.user = Some(self.users.add(user, slot));
        }
    }

    /// The session waits until PHP says that the inbox has room.
    pub fn stall(&mut self, slot: u32) {
        if let Some(session) = self.sessions.at_mut(slot)
            && !std::mem::replace(&mut session.stalled, true)
        {
            self.stalled.push(slot);
        }
    }

    pub fn resume(&mut self) {
        self.room.notify_waiters();
        for slot in std::mem::take(&mut self.stalled) {
            if let Some(session) = self.sessions.at_mut(slot) {
                session.stalled = false;
                // It was we who did not listen.
                session.heard = self.sweep;
                session.pinged = false;
                session.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_noticed_late_and_never_early() {
        let limits = Limits::new(&Config::default());
        let interval = limits.sweep_interval;
        for (sweeps, limit) in [
            (limits.ping.unwrap(), 25),
            (limits.idle.unwrap(), 60),
            (limits.write.unwrap(), 30),
            (limits.close, 5),
        ] {
            // Counting begins anywhere within an interval.
            let (least, most) = ((sweeps - 1) * interval, sweeps * interval);
            let limit = Duration::from_secs(limit);
            assert!(least >= limit && most <= limit + 2 * interval, "{least:?} to {most:?}");
        }
    }
}
