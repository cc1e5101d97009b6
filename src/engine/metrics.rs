//! Counters of one server, written by the I/O threads and read from PHP.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock;
use super::control::Reason;

/// Why a connection was refused before it was one. The text is the key in `stats()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    TooManyConnections,
    TooManyPerAddress,
    Address,
    MalformedRequest,
    HeaderTooLarge,
    HandshakeTimeout,
    TlsHandshake,
    ProxyProtocol,
    Path,
    NotWebSocket,
    Version,
    Origin,
    Token,
    Callback,
    CallbackTimeout,
    Stopping,
}

impl Refusal {
    pub const ALL: [Self; 16] = [
        Self::TooManyConnections,
        Self::TooManyPerAddress,
        Self::Address,
        Self::MalformedRequest,
        Self::HeaderTooLarge,
        Self::HandshakeTimeout,
        Self::TlsHandshake,
        Self::ProxyProtocol,
        Self::Path,
        Self::NotWebSocket,
        Self::Version,
        Self::Origin,
        Self::Token,
        Self::Callback,
        Self::CallbackTimeout,
        Self::Stopping,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooManyConnections => "too_many_connections",
            Self::TooManyPerAddress => "too_many_per_address",
            Self::Address => "address",
            Self::MalformedRequest => "malformed_request",
            Self::HeaderTooLarge => "header_too_large",
            Self::HandshakeTimeout => "handshake_timeout",
            Self::TlsHandshake => "tls_handshake",
            Self::ProxyProtocol => "proxy_protocol",
            Self::Path => "path",
            Self::NotWebSocket => "not_websocket",
            Self::Version => "version",
            Self::Origin => "origin",
            Self::Token => "token",
            Self::Callback => "callback",
            Self::CallbackTimeout => "callback_timeout",
            Self::Stopping => "stopping",
        }
    }
}

/// Counts that only go up are totals since `listen()`; `connections` and `outbox_bytes` are of this moment.
#[derive(Debug, Default)]
pub struct Metrics {
    pub connections: AtomicUsize,
    pub connections_total: AtomicU64,
    pub messages_in: AtomicU64,
    pub messages_out: AtomicU64,
    pub bytes_in: AtomicU64,
    pub bytes_out: AtomicU64,
    /// Bytes of messages that compression kept off the wire, both ways.
    pub bytes_saved: AtomicU64,
    /// Bytes that sockets did not take yet, over all connections.
    pub outbox_bytes: AtomicUsize,
    /// Messages the slow-consumer policy dropped.
    pub dropped: AtomicU64,
    /// When the callback that runs began, in microseconds of [`clock::coarse`]; 0: none runs. The PHP thread writes it, so
    /// that others can see how long it has been gone.
    callback_since: AtomicU64,
    /// Callbacks that ran longer than `slow_ms`.
    pub slow_callbacks: AtomicU64,
    /// Events accepted for rooms and users, and how many connections got them.
    pub publishes: AtomicU64,
    pub published: AtomicU64,
    control_refused: [AtomicU64; Reason::ALL.len()],
    refused: [AtomicU64; Refusal::ALL.len()],
    /// A close is rare beside a message, and there are thousands of possible codes: a map under a lock will do.
    closed: Mutex<BTreeMap<u16, u64>>,
}

impl Metrics {
    pub fn refuse(&self, reason: Refusal) {
        self.refused[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub fn refused(&self, reason: Refusal) -> u64 {
        self.refused[reason as usize].load(Ordering::Relaxed)
    }

    pub fn refuse_control(&self, reason: Reason) {
        self.control_refused[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub fn control_refused(&self, reason: Reason) -> u64 {
        self.control_refused[reason as usize].load(Ordering::Relaxed)
    }

    /// A callback begins.
    pub fn begin_callback(&self) {
        self.callback_since
            .store(micros(clock::coarse()).max(1), Ordering::Relaxed);
    }

    /// The callback has returned. How long it took, if one ran.
    pub fn end_callback(&self) -> Option<Duration> {
        let ran = self.callback_time();
        self.callback_since.store(0, Ordering::Relaxed);
        ran
    }

    /// How long the callback that runs has run.
    pub fn callback_time(&self) -> Option<Duration> {
        match self.callback_since.load(Ordering::Relaxed) {
            0 => None,
            since => Some(Duration::from_micros(micros(clock::coarse()).saturating_sub(since))),
        }
    }

    pub fn count_close(&self, code: u16) {
        *self
            .closed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(code)
            .or_default() += 1;
    }

    pub fn closed(&self) -> BTreeMap<u16, u64> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Adds to a counter that several threads write.
pub fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}
