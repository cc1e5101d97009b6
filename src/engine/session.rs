//! One connection as its I/O thread holds it after the upgrade.

use std::sync::Arc;
use std::task::Waker;

use super::deflate::Context;
use super::few::{Few, Thin};
use super::frame::Decoder;
use super::history::Offset;
use super::limits::ConnectionPermit;
use super::meter::Meter;
use super::outbox::Outbox;
use super::outlet::Outlet;
use super::rooms::Membership;
use super::socket::Stream;

/// Where the connection stands in its life (RFC 6455 section 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    Open,
    /// We sent a Close and wait for the peer's until the sweep of that number. PHP hears of the close when it is over.
    Closing {
        code: u16,
        reason: Box<str>,
        until: u32,
    },
    /// The close came from the peer, by a Close frame or by breaking the protocol, and PHP still works on messages that came
    /// before it: our Close waits behind the answers, until PHP is done or the sweep of that number. Nothing is read.
    Leaving {
        code: Option<u16>,
        reason: &'static str,
        until: u32,
    },
    /// PHP has heard of the close. What is queued still goes out, then the sending side ends, and we wait for the peer's
    /// end of file until that sweep: closing at once could reset the connection before the peer has read our Close.
    Draining {
        until: u32,
        finished: bool,
    },
}

/// Marks a session that has nothing to write in the current batch.
pub const CLEAN: u32 = u32::MAX;

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent of each other")]
pub struct Session {
    /// Read by the session's task, written without waiting from wherever frames come.
    pub stream: Stream,
    pub decoder: Decoder,
    /// `None` unless the rate of messages is limited.
    pub meter: Option<Box<Meter>>,
    pub outlet: Arc<Outlet>,
    /// Wakes the session's task; set when the task runs first.
    pub waker: Option<Waker>,
    /// `None` while the socket takes everything.
    pub outbox: Option<Box<Outbox>>,
    /// permessage-deflate was negotiated.
    pub deflate: Option<Box<Context>>,
    pub memberships: Few<Membership>,
    pub phase: Phase,
    /// Index of this session's entry in the batch being written, or [`CLEAN`].
    pub dirty: u32,
    /// Messages given to PHP.
    pub delivered: u32,
    /// Sweep in which the client was heard last.
    pub heard: u32,
    /// A keep-alive ping is out since the client was heard.
    pub pinged: bool,
    /// Not read until the inbox has room.
    pub stalled: bool,
    /// Not read for a while: its messages came too fast.
    pub paused: bool,
    /// Not read until PHP has worked off what came.
    pub held: bool,
    /// Control frames since that sweep.
    pub controls: u32,
    pub controls_since: u32,
    /// Unix time at which the token expires.
    pub expires_at: Option<i64>,
    /// Named by its token or by PHP.
    pub user: Option<Arc<str>>,
    /// Offsets that the client brought, of rooms that it has not joined.
    pub since: Thin<Offset>,
    /// Unix time, seconds.
    pub opened_at: u32,
    /// Given back when the session goes.
    pub permit: ConnectionPermit,
}

impl Session {
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether frames may still be queued for the client.
    pub fn takes_frames(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Leaving { .. })
    }

    pub fn backlog(&self) -> usize {
        self.outbox.as_ref().map_or(0, |o| o.bytes())
    }

    pub fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}

/// What 10,000 idle connections cost is measured by `benches/run --scenario idle-room`; this keeps it from growing unseen.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Session>() <= 264);
