//! Events on their way from the I/O threads to the PHP thread.
//!
//! An I/O thread collects events in a [`Burst`] and sends it as one item. Small payloads of a burst share one buffer:
//! one allocation per burst instead of one per message, and the buffers travel back to be filled again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::clock;
use super::frame::copy;
use super::id::ConnId;
use super::outlet::Outlet;
use super::request::{HandshakeId, HandshakeRequest};
use super::wakeup::WakeUp;

/// A burst goes out at this many events even if the I/O thread stays busy, so that both threads work at once. On one core
/// each burst wakes the PHP thread: 256 instead of 64 took 11 % off the CPU of an echo at depth 16, and 1,024 another 16 %.
pub const BURST_EVENTS: usize = 1024;
/// A burst also goes out when its shared buffer has this size, which bounds what that grows to.
pub const BUFFER_BYTES: usize = 256 * 1024;
/// And at this size with all it carries: at 256 KiB, four messages of 64 KiB, the switches took 7 % of an echo of those.
pub const BURST_BYTES: usize = 1024 * 1024;
/// Longer payloads move as a buffer of their own: copying them twice costs more than an allocation.
pub const INLINE_BYTES: usize = 16 * 1024;
/// Buffers kept for reuse, per server. With 32 a million messages left up to 1.1 MiB more behind than the 100,000 before them.
const SPARE_BURSTS: usize = 8;
/// Undelivered events per inbox whatever their size: empty messages must be bounded too.
const MAX_EVENTS: usize = 128 * 1024;

#[derive(Debug)]
pub enum Event {
    /// PHP must answer with a handshake reply.
    Handshake(Arc<HandshakeRequest>),
    /// The client of a handshake that PHP was asked about is gone, or its time is over.
    HandshakeGone(HandshakeId),
    Open(Box<Opened>),
    /// Its payload is a range of the burst's buffer.
    Message {
        id: ConnId,
        start: u32,
        len: u32,
        binary: bool,
    },
    LargeMessage {
        id: ConnId,
        binary: bool,
        payload: Vec<u8>,
    },
    /// The last event of its connection.
    Close {
        id: ConnId,
        code: u16,
        reason: Box<str>,
    },
}

impl Event {
    /// Bytes of the request that the event carries.
    fn head_size(&self) -> usize {
        let request = match self {
            Self::Handshake(request) => request,
            Self::Open(opened) => match &opened.request {
                Ok(request) => request,
                Err(_) => return 0,
            },
            _ => return 0,
        };
        request.head.size()
    }
}

#[derive(Debug)]
pub struct Opened {
    pub id: ConnId,
    pub outlet: Arc<Outlet>,
    /// The request, or where PHP already has it: it was asked about this handshake.
    pub request: Result<Arc<HandshakeRequest>, HandshakeId>,
}

#[derive(Debug, Default)]
pub struct Burst {
    pub events: Vec<Event>,
    pub data: Vec<u8>,
    /// What the budget counts for this burst.
    cost: usize,
}

impl Burst {
    pub fn message(&mut self, id: ConnId, binary: bool, payload: &[u8]) {
        if payload.len() > INLINE_BYTES {
            let mut own = Vec::with_capacity(payload.len());
            copy::append(&mut own, payload);
            return self.owned_message(id, binary, own);
        }
        // The bounds above keep both below 2^32.
        #[allow(clippy::cast_possible_truncation)]
        let (start, len) = (self.data.len() as u32, payload.len() as u32);
        copy::append(&mut self.data, payload);
        self.cost += payload.len();
        // Made in its place. A push makes it on the stack and copies it from there in other pieces than it was written, which
        // the processor waits for: 2 % of an echo.
        self.events
            .resize_with(self.events.len() + 1, || Event::Message { id, start, len, binary });
    }

    pub fn owned_message(&mut self, id: ConnId, binary: bool, payload: Vec<u8>) {
        self.cost += payload.capacity();
        self.events.push(Event::LargeMessage { id, binary, payload });
    }

    pub fn push(&mut self, event: Event) {
        self.cost += event.head_size();
        self.events.push(event);
    }

    pub fn is_full(&self) -> bool {
        self.events.len() >= BURST_EVENTS || self.data.len() >= BUFFER_BYTES || self.cost >= BURST_BYTES
    }

    /// What a message's `start` and `len` name.
    pub fn payload(&self, start: u32, len: u32) -> &[u8] {
        &self.data[start as usize..][..len as usize]
    }

    fn clear(&mut self) {
        self.events.clear();
        self.data.clear();
        self.cost = 0;
    }
}

/// The queue of one server. Its bound is in bytes and events and works on the sockets: while the inbox is full no
/// socket is read and no handshake answered. Closes always pass, so the channel itself has no bound; opens bound them.
#[derive(Debug)]
pub struct Inbox {
    sender: Sender<Burst>,
    receiver: Receiver<Burst>,
    spare: (Sender<Burst>, Receiver<Burst>),
    limit: usize,
    bytes: AtomicUsize,
    events: AtomicUsize,
    /// When the oldest of the pending events can have come at the earliest, in microseconds of [`clock::coarse`].
    filled_at: AtomicU64,
    /// Some socket waits for room: the PHP thread must say when there is some.
    stalled: AtomicBool,
    pub bell: WakeUp,
}

impl Inbox {
    pub fn new(limit: usize) -> std::io::Result<Self> {
        let (sender, receiver) = unbounded();
        Ok(Self {
            sender,
            receiver,
            spare: bounded(SPARE_BURSTS),
            limit,
            bytes: AtomicUsize::new(0),
            events: AtomicUsize::new(0),
            filled_at: AtomicU64::new(0),
            stalled: AtomicBool::new(false),
            bell: WakeUp::new()?,
        })
    }

    /// An empty burst, from the spare ones if there is one.
    pub fn burst(&self) -> Burst {
        self.spare.1.try_recv().unwrap_or_default()
    }

    /// Hands a burst to the PHP thread and wakes it if it sleeps.
    pub fn send(&self, burst: Burst) {
        self.bytes.fetch_add(burst.cost, Ordering::Relaxed);
        if self.events.fetch_add(burst.events.len(), Ordering::Relaxed) == 0 {
            let now = u64::try_from(clock::coarse().as_micros()).unwrap_or(u64::MAX);
            self.filled_at.store(now, Ordering::Relaxed);
        }
        // The inbox holds a receiver itself, so the channel is never disconnected.
        let _ = self.sender.send(burst);
        self.bell.wake();
    }

    /// The next burst. Never waits.
    pub fn try_take(&self) -> Option<Burst> {
        self.receiver.try_recv().ok()
    }

    pub fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }

    /// Gives back a burst whose events are handled. True: sockets wait for room and there is some again.
    pub fn give_back(&self, mut burst: Burst, events: usize) -> bool {
        // Before the look at `stalled`, as `announce_stall` sets it before it looks here: one of the two sees the other.
        let has_room = self.release(burst.cost, events);
        burst.clear();
        if burst.data.capacity() <= 2 * BUFFER_BYTES {
            let _ = self.spare.0.try_send(burst);
        }
        has_room
    }

    /// An event that was taken out waits on, in the place where PHP keeps it: it counts as before.
    pub fn keep(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.events.fetch_add(1, Ordering::Relaxed);
    }

    /// So many kept ones wait no more. True: as for [`give_back`](Self::give_back).
    pub fn release(&self, bytes: usize, events: usize) -> bool {
        let bytes = self.bytes.fetch_sub(bytes, Ordering::SeqCst) - bytes;
        let events = self.events.fetch_sub(events, Ordering::SeqCst) - events;
        bytes <= self.limit / 2 && events <= MAX_EVENTS / 2 && self.stalled.swap(false, Ordering::SeqCst)
    }

    /// Asked before a socket is read; `pending` is what the asking thread has collected and not sent.
    pub fn has_room(&self, pending: &Burst) -> bool {
        self.bytes.load(Ordering::Relaxed) + pending.cost < self.limit
            && self.events.load(Ordering::Relaxed) + pending.events.len() < MAX_EVENTS
    }

    /// Asks the PHP thread to say when there is room. False: there is some already, go on.
    pub fn announce_stall(&self) -> bool {
        self.stalled.store(true, Ordering::SeqCst);
        // The PHP thread may have made room just before it could see the flag.
        !(self.bytes.load(Ordering::SeqCst) <= self.limit / 2 && self.events.load(Ordering::SeqCst) <= MAX_EVENTS / 2)
    }

    /// Since when, on [`clock::coarse`], there was always something for PHP to do; `None` when there is nothing.
    pub fn waiting_since(&self) -> Option<Duration> {
        (self.pending_events() > 0).then(|| Duration::from_micros(self.filled_at.load(Ordering::Relaxed)))
    }

    pub fn pending_bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub fn pending_events(&self) -> usize {
        self.events.load(Ordering::Relaxed)
    }
}
