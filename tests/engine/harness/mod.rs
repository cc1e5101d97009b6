//! A server with the PHP thread played by the test, and the clients that talk to it.
//!
//! [`Host`] keeps to the protocol of the binding: it takes bursts from the inbox, gives them back, and answers through
//! the mailboxes. Every event it takes is checked against the order that the engine promises; [`Host::finish`] checks
//! that nothing is left behind. Waiting is on conditions, up to [`PATIENCE`].

mod client;
pub mod control;
mod forged;
mod helper;
pub mod redis;
mod tls;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ferry::engine::config::{Bind, Config};
use ferry::engine::frame::{MessageKind, message_frame};
use ferry::engine::id::ConnId;
use ferry::engine::inbox::{Burst, Event};
use ferry::engine::mailbox::{Audience, Command};
use ferry::engine::outlet::Outlet;
use ferry::engine::request::{HandshakeId, HandshakeReply, HandshakeRequest};
use ferry::engine::server::Server;

pub use self::tls::{client_config, connect_tls, fixture, session, session_of, session_with, tls};
pub use client::{Client, Response, masked_frame, upgrade_request};
pub use forged::Forger;
pub use helper::{Helper, echo};

/// No condition is waited for longer: a failing test ends.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An event with its payload copied out of the burst.
#[derive(Debug)]
pub enum Seen {
    Handshake(Arc<HandshakeRequest>),
    HandshakeGone(HandshakeId),
    Open(ConnId),
    Message { id: ConnId, binary: bool, data: Vec<u8> },
    Close { id: ConnId, code: u16, reason: String },
}

pub struct Host {
    pub server: Arc<Server>,
    queue: VecDeque<Seen>,
    /// Open connections, with what the binding would keep of them.
    live: HashMap<ConnId, Arc<Outlet>>,
    /// Handshakes that PHP was asked about and that are neither open nor gone.
    asked: HashSet<HandshakeId>,
    requests: HashMap<ConnId, Arc<HandshakeRequest>>,
    /// Of the message taken last, whose callback runs until the next event is asked for.
    handling: Option<Arc<Outlet>>,
}

/// Port 0 on the loopback address, and times that no test runs into by accident.
pub fn config() -> Config {
    Config {
        listen: vec![Bind::tcp("127.0.0.1", 0).into()],
        ping_interval: None,
        idle_timeout: None,
        close_timeout: PATIENCE,
        ..Config::default()
    }
}

impl Host {
    pub fn start(config: Config) -> Self {
        Self::of(Server::start(config).unwrap())
    }

    pub fn of(server: Server) -> Self {
        Self {
            server: Arc::new(server),
            queue: VecDeque::new(),
            live: HashMap::new(),
            asked: HashSet::new(),
            requests: HashMap::new(),
            handling: None,
        }
    }

    /// With the options that `change` sets.
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        change(&mut config);
        Self::start(config)
    }

    /// A server whose handshakes PHP answers.
    pub fn asking(change: impl FnOnce(&mut Config)) -> Self {
        let host = Self::with(change);
        host.server.ask_php.store(true, Ordering::Relaxed);
        host
    }

    pub fn address(&self) -> SocketAddr {
        socket_address(self.server.address())
    }

    /// A client and its id; its open event is taken.
    pub fn connect(&mut self) -> (Client, ConnId) {
        let mut client = Client::connect(self.address());
        client.upgrade();
        let id = self.opened();
        (client, id)
    }

    /// The next event, if there is one now.
    pub fn try_next(&mut self) -> Option<Seen> {
        if let Some(outlet) = self.handling.take() {
            outlet.add_handled();
        }
        if self.queue.is_empty()
            && let Some(burst) = self.server.inbox.try_take()
        {
            self.take_over(burst);
        }
        let seen = self.queue.pop_front()?;
        self.check(&seen);
        Some(seen)
    }

    #[track_caller]
    pub fn next(&mut self) -> Seen {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(seen) = self.try_next() {
                return seen;
            }
            let inbox = &self.server.inbox;
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no event came");
            inbox.bell.wait(Some(left), || !inbox.is_empty());
        }
    }

    #[track_caller]
    pub fn opened(&mut self) -> ConnId {
        match self.next() {
            Seen::Open(id) => id,
            other => panic!("an open was due, not {other:?}"),
        }
    }

    #[track_caller]
    pub fn message(&mut self) -> (ConnId, Vec<u8>) {
        match self.next() {
            Seen::Message { id, data, .. } => (id, data),
            other => panic!("a message was due, not {other:?}"),
        }
    }

    /// The next event must be a close with this code. Returns the reason.
    #[track_caller]
    pub fn closed(&mut self, expected: ConnId, code: u16) -> String {
        match self.next() {
            Seen::Close {
                id,
                code: given,
                reason,
            } if (id, given) == (expected, code) => reason,
            other => panic!("a close of {expected:?} with {code} was due, not {other:?}"),
        }
    }

    #[track_caller]
    pub fn handshake(&mut self) -> Arc<HandshakeRequest> {
        match self.next() {
            Seen::Handshake(request) => request,
            other => panic!("a handshake was due, not {other:?}"),
        }
    }

    #[track_caller]
    pub fn handshake_gone(&mut self, expected: HandshakeId) {
        match self.next() {
            Seen::HandshakeGone(id) if id == expected => {}
            other => panic!("the end of {expected:?} was due, not {other:?}"),
        }
    }

    pub fn outlet(&self, id: ConnId) -> Arc<Outlet> {
        Arc::clone(&self.live[&id])
    }

    /// The request that came with the open event.
    pub fn request(&self, id: ConnId) -> &HandshakeRequest {
        &self.requests[&id]
    }

    pub fn send(&self, id: ConnId, kind: MessageKind, data: &[u8]) {
        self.append(id, kind, data);
        self.server.mailbox(id).unwrap().hand_over();
    }

    pub fn text(&self, id: ConnId, text: &str) {
        self.send(id, MessageKind::Text, text.as_bytes());
    }

    /// What a callback does while PHP is busy: the I/O thread is not told.
    pub fn append(&self, id: ConnId, kind: MessageKind, data: &[u8]) {
        let mailbox = self.server.mailbox(id).unwrap();
        mailbox.message(id, kind, data);
        mailbox.mark();
    }

    pub fn command(&self, id: ConnId, command: Command) {
        self.server.mailbox(id).unwrap().post(command);
    }

    pub fn close(&self, id: ConnId, code: u16, reason: &str) {
        self.command(
            id,
            Command::Close {
                id,
                code,
                reason: reason.into(),
            },
        );
    }

    pub fn join(&self, id: ConnId, room: &str) {
        self.server.publisher().join(id, room.into());
        self.server.mailbox(id).unwrap().hand_over();
    }

    pub fn leave(&self, id: ConnId, room: &str) {
        self.command(id, Command::Leave { id, room: room.into() });
    }

    /// Returns the frame that all share.
    pub fn broadcast(&self, room: Option<&str>, text: &str, except: &[ConnId]) -> Bytes {
        let frame = message_frame(MessageKind::Text, text.as_bytes());
        for (number, mailbox) in self.server.mailboxes().enumerate() {
            mailbox.post(Command::Broadcast {
                audience: room.map_or(Audience::All, |room| Audience::Room(room.into())),
                frame: frame.clone(),
                except: except.iter().copied().filter(|id| id.io_thread() == number).collect(),
                number: None,
                count: None,
            });
        }
        frame
    }

    pub fn reply(&self, id: HandshakeId, reply: HandshakeReply) {
        let mailbox = self.server.mailboxes().nth(id.io_thread.into()).unwrap();
        mailbox.post(Command::Reply {
            serial: id.serial,
            reply,
        });
    }

    pub fn accept(&self, id: HandshakeId) {
        self.reply(
            id,
            HandshakeReply::Accept {
                expires_at: None,
                user: None,
            },
        );
    }

    pub fn post_all(&self, command: impl Fn() -> Command) {
        self.server.mailboxes().for_each(|m| m.post(command()));
    }

    pub fn drain(&self, code: u16, reason: &str) {
        self.post_all(|| Command::Drain {
            code,
            reason: reason.into(),
        });
    }

    /// Ends the server and returns the events that were left. Nothing may outlive it.
    #[track_caller]
    pub fn finish(mut self) -> Vec<Seen> {
        end(&self.server);
        let rest: Vec<Seen> = std::iter::from_fn(|| self.try_next()).collect();
        assert!(!self.server.has_failed(), "an I/O thread died");
        assert!(self.live.is_empty(), "never closed: {:?}", self.live.keys());
        assert!(self.asked.is_empty(), "never ended: {:?}", self.asked);
        let metrics = &self.server.metrics;
        assert_eq!(metrics.connections.load(Ordering::Relaxed), 0, "connections");
        assert_eq!(metrics.outbox_bytes.load(Ordering::Relaxed), 0, "outbox bytes");
        assert_eq!(self.server.inbox.pending_events(), 0, "pending events");
        assert_eq!(self.server.inbox.pending_bytes(), 0, "pending bytes");
        rest
    }

    /// Ends the server; no event may be left.
    #[track_caller]
    pub fn finish_quiet(self) {
        let rest = self.finish();
        assert!(rest.is_empty(), "unexpected: {rest:?}");
    }

    fn take_over(&mut self, mut burst: Burst) {
        let events = std::mem::take(&mut burst.events);
        let count = events.len();
        for event in events {
            let seen = match event {
                Event::Handshake(request) => Seen::Handshake(request),
                Event::HandshakeGone(id) => Seen::HandshakeGone(id),
                Event::Open(opened) => {
                    match opened.request {
                        Ok(request) => drop(self.requests.insert(opened.id, request)),
                        Err(id) => assert!(self.asked.remove(&id), "opened without being asked: {id:?}"),
                    }
                    let again = self.live.insert(opened.id, opened.outlet);
                    assert!(again.is_none(), "opened twice: {:?}", opened.id);
                    Seen::Open(opened.id)
                }
                Event::Message { id, start, len, binary } => Seen::Message {
                    id,
                    binary,
                    data: burst.payload(start, len).to_vec(),
                },
                Event::LargeMessage { id, binary, payload } => Seen::Message {
                    id,
                    binary,
                    data: payload,
                },
                Event::Close { id, code, reason } => Seen::Close {
                    id,
                    code,
                    reason: reason.into(),
                },
            };
            if let Seen::Handshake(request) = &seen {
                assert!(self.asked.insert(request.id), "asked twice: {:?}", request.id);
            }
            self.queue.push_back(seen);
        }
        if self.server.inbox.give_back(burst, count) {
            self.post_all(|| Command::Resume);
        }
    }

    /// The order of one connection's events: open, messages, close.
    #[track_caller]
    fn check(&mut self, seen: &Seen) {
        match seen {
            Seen::Message { id, .. } => {
                self.handling = self.live.get(id).cloned();
                assert!(self.handling.is_some(), "a message of {id:?} after its close");
            }
            Seen::Close { id, .. } => {
                assert!(self.live.remove(id).is_some(), "a second close of {id:?}");
                self.requests.remove(id);
                self.command(*id, Command::Finish { id: *id });
            }
            Seen::HandshakeGone(id) => assert!(self.asked.remove(id), "gone twice: {id:?}"),
            Seen::Handshake(_) | Seen::Open(_) => {}
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        end(&self.server);
    }
}

/// Ends a server; one that does not end takes the tests with it instead of keeping them for ever.
fn end(server: &Arc<Server>) {
    let (done, ended) = mpsc::channel();
    let server = Arc::clone(server);
    std::thread::spawn(move || {
        server.end();
        let _ = done.send(());
    });
    if ended.recv_timeout(PATIENCE).is_err() {
        eprintln!("the server does not end: {:?}", std::thread::current().name());
        std::process::abort();
    }
}

/// Of `ws://` and `wss://`.
pub fn socket_address(url: &str) -> SocketAddr {
    url.split_once("://").unwrap().1.parse().unwrap()
}

/// Waits until a condition holds.
#[track_caller]
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::yield_now();
    }
}
