//! Counters of one server, written by the I/O threads and read from PHP and by whoever asks for `/metrics`.

mod exposition;
mod histogram;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock;
use super::control::Reason;
use super::redis::RedisCounters;

pub use exposition::{CONTENT_TYPE, Gauges, render};
pub use histogram::Histogram;

/// Close codes of applications (3000 and up) that `/metrics` lists by themselves, the first that occur; clients choose
/// among 2,000, and each would be a time series.
const LISTED_CODES: usize = 64;

/// Why a connection was refused before it was one. The text is the key in `stats()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    TooManyConnections,
    TooManyPerAddress,
    HandshakeRate,
    HandshakeRatePerAddress,
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
    pub const ALL: [Self; 18] = [
        Self::TooManyConnections,
        Self::TooManyPerAddress,
        Self::HandshakeRate,
        Self::HandshakeRatePerAddress,
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
            Self::HandshakeRate => "handshake_rate",
            Self::HandshakeRatePerAddress => "handshake_rate_per_address",
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

/// A limit of live connections that was met. The text is the key in `stats()` and the label in `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// `max_message_bytes`
    MessageBytes,
    /// `max_fragments`
    Fragments,
    /// `max_messages_per_second`, once per message under `drop`, per pause under `pause`
    MessageRate,
    /// `max_bytes_per_second`, counted likewise
    ByteRate,
    /// `max_control_frames_per_second`
    ControlRate,
    /// `outbox_bytes`
    Outbox,
    /// `outbox_total_bytes`, once per connection that had to give way
    OutboxTotal,
    WriteTimeout,
    IdleTimeout,
    CloseTimeout,
}

impl Limit {
    pub const ALL: [Self; 10] = [
        Self::MessageBytes,
        Self::Fragments,
        Self::MessageRate,
        Self::ByteRate,
        Self::ControlRate,
        Self::Outbox,
        Self::OutboxTotal,
        Self::WriteTimeout,
        Self::IdleTimeout,
        Self::CloseTimeout,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MessageBytes => "message_bytes",
            Self::Fragments => "fragments",
            Self::MessageRate => "message_rate",
            Self::ByteRate => "byte_rate",
            Self::ControlRate => "control_rate",
            Self::Outbox => "outbox",
            Self::OutboxTotal => "outbox_total",
            Self::WriteTimeout => "write_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::CloseTimeout => "close_timeout",
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
    /// When the callback that runs began, in nanoseconds of [`clock::coarse`]; 0: none runs. The PHP thread writes it, so
    /// that others can see how long it has been gone.
    callback_since: AtomicU64,
    /// When the PHP thread was last seen between two callbacks, on the same clock.
    php_seen: AtomicU64,
    /// How long callbacks ran. The PHP thread writes it.
    pub callbacks: Histogram,
    /// Callbacks that ran longer than `slow_ms`.
    pub slow_callbacks: AtomicU64,
    /// Events accepted for rooms and users, and how many connections got them.
    pub publishes: AtomicU64,
    pub published: AtomicU64,
    control_refused: [AtomicU64; Reason::ALL.len()],
    pub redis: RedisCounters,
    /// Connections whose close handshake ended within the grace of `stop()`, and those that were cut.
    pub drained: AtomicU64,
    pub cut: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
    limited: [AtomicU64; Limit::ALL.len()],
    closed: Mutex<Closes>,
}

/// A close is rare beside a message, and there are thousands of possible codes: a map under a lock will do.
#[derive(Debug, Default)]
struct Closes {
    by_code: BTreeMap<u16, u64>,
    /// Codes of applications that `/metrics` lists.
    listed: BTreeSet<u16>,
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

    pub fn limit(&self, limit: Limit) {
        self.limited[limit as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub fn limited(&self, limit: Limit) -> u64 {
        self.limited[limit as usize].load(Ordering::Relaxed)
    }

    /// The PHP thread looks for events.
    pub fn see_php(&self) {
        self.php_seen.store(nanos(clock::coarse()), Ordering::Relaxed);
    }

    /// How long PHP has not come back: from a callback, or for the events that wait since `waiting` on [`clock::coarse`].
    pub fn php_away(&self, waiting: Option<Duration>) -> Duration {
        let waited = waiting.map_or(0, |since| {
            let since = nanos(since).max(self.php_seen.load(Ordering::Relaxed));
            nanos(clock::coarse()).saturating_sub(since)
        });
        Duration::from_nanos(waited).max(self.callback_time().unwrap_or_default())
    }

    /// A callback begins, right after the one before has ended or the PHP thread was [seen](Self::see_php): the clock is not read
    /// once more.
    pub fn begin_callback(&self) {
        let now = self.php_seen.load(Ordering::Relaxed);
        self.callback_since.store(now.max(1), Ordering::Relaxed);
    }

    /// The callback has returned. How long it took, if one ran.
    pub fn end_callback(&self) -> Option<Duration> {
        let since = self.callback_since.load(Ordering::Relaxed);
        if since == 0 {
            return None;
        }
        let now = nanos(clock::coarse());
        self.callback_since.store(0, Ordering::Relaxed);
        self.php_seen.store(now, Ordering::Relaxed);
        let ran = Duration::from_nanos(now.saturating_sub(since));
        self.callbacks.record(ran);
        Some(ran)
    }

    /// The callback that runs waits from now on. How long it took so far, if one ran: [`resume_callback`](Self::resume_callback)
    /// wants it back.
    pub fn pause_callback(&self) -> Option<Duration> {
        let now = nanos(clock::coarse());
        self.php_seen.store(now, Ordering::Relaxed);
        match self.callback_since.swap(0, Ordering::Relaxed) {
            0 => None,
            since => Some(Duration::from_nanos(now.saturating_sub(since))),
        }
    }

    /// A callback goes on that has taken so long before.
    pub fn resume_callback(&self, taken: Duration) {
        let now = nanos(clock::coarse());
        let since = now.saturating_sub(nanos(taken)).max(1);
        self.callback_since.store(since, Ordering::Relaxed);
    }

    /// How long the callback that runs has run.
    pub fn callback_time(&self) -> Option<Duration> {
        match self.callback_since.load(Ordering::Relaxed) {
            0 => None,
            since => Some(Duration::from_nanos(nanos(clock::coarse()).saturating_sub(since))),
        }
    }

    pub fn count_close(&self, code: u16) {
        let mut closes = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        *closes.by_code.entry(code).or_default() += 1;
        if code >= 3000 && closes.listed.len() < LISTED_CODES {
            closes.listed.insert(code);
        }
    }

    pub fn closed(&self) -> BTreeMap<u16, u64> {
        self.closed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .by_code
            .clone()
    }

    /// The same by label, with the codes that are not listed added up as "other".
    fn closed_by_label(&self) -> Vec<(String, u64)> {
        let closes = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut labels = Vec::new();
        let mut other = 0;
        for (&code, &n) in &closes.by_code {
            if code < 3000 || closes.listed.contains(&code) {
                labels.push((code.to_string(), n));
            } else {
                other += n;
            }
        }
        if other > 0 {
            labels.push(("other".into(), other));
        }
        labels
    }
}

/// Without a division: 3 ns of each callback. Enough for 584 years of uptime.
fn nanos(time: Duration) -> u64 {
    time.as_secs()
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.subsec_nanos().into())
}

/// Adds to a counter that several threads write.
pub fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}
