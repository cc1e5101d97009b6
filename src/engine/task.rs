//! The task of one session: reads its socket, feeds the decoder, and waits until a full socket is writable again.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::AsyncReadExt;

use super::close;
use super::config::RatePolicy;
use super::few::Thin;
use super::frame::{Limits as FrameLimits, MessageKind, Payload, ProtocolError, Sink, encode_pong};
use super::hub::State;
use super::id::ConnId;
use super::meter::Meter;
use super::metrics::{Limit, add};
use super::session::{Phase, Session};

/// The read buffer of an I/O thread. A connection has none of its own: 1.0 KB per idle connection instead of 7 to 137.
/// It holds a message of 64 KiB with its header.
pub const SCRATCH_BYTES: usize = 96 * 1024;
/// Of a frame of which so much is missing, the rest is read to where the message is put together, without the scratch buffer.
const DIRECT_BYTES: usize = 32 * 1024;
/// Bytes of one connection in a row before others get their turn. Half a large message, as the caches like it.
const BYTES_PER_TURN: usize = 512 * 1024;
/// What a read counts at least.
const READ_COST: usize = 64 * 1024;

/// Bytes of pongs that may wait before pings stay unanswered; what came in one read is answered all the same.
const MAX_PONG_BYTES: usize = 4 * 1024;

/// What all sessions of an I/O thread share.
pub struct Local {
    pub state: RefCell<State>,
    pub scratch: RefCell<Box<[u8]>>,
}

/// What a read brought, and where to.
enum Read {
    Scratch(usize),
    /// Into the decoder's [room](Decoder::room).
    Direct(usize),
}

enum Input<'a> {
    Bytes(&'a mut [u8]),
    /// So many, in the decoder's room.
    Direct(usize),
}

/// Ends when the session is gone.
pub struct SessionTask {
    local: Rc<Local>,
    id: ConnId,
    /// What came behind the request head.
    early: Thin<u8>,
}

// With three words and what tokio keeps beside them a task takes 128 bytes, with more 256.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<SessionTask>() <= 24);

impl SessionTask {
    pub fn new(local: Rc<Local>, id: ConnId, early: Vec<u8>) -> Self {
        Self {
            local,
            id,
            early: early.into(),
        }
    }

    fn slot(&self, state: &State) -> Option<u32> {
        state.sessions.find(self.id.slot(), self.id.generation())
    }

    /// Decodes what came and writes the answers it asks for (pongs, close).
    fn feed(&self, state: &mut State, slot: u32, input: Input<'_>) {
        let len = match &input {
            Input::Bytes(bytes) => bytes.len(),
            Input::Direct(len) => *len,
        };
        add(&state.metrics.bytes_in, len as u64);
        let mut limits = state.limits.frame;
        let Some(session) = state.sessions.at_mut(slot) else {
            return;
        };
        session.heard = state.sweep;
        session.pinged = false;
        if state.sweep - session.controls_since >= state.limits.control_window {
            session.controls = 0;
            session.controls_since = state.sweep;
        }
        if matches!(session.phase, Phase::Leaving { .. } | Phase::Draining { .. }) {
            session.decoder.end();
            return;
        }
        // The sink needs the session, too.
        let mut decoder = std::mem::take(&mut session.decoder);
        let mut meter = session.meter.take();
        limits.allow_rsv1 = session.deflate.is_some();
        let mut receiving = Receiving {
            open: session.is_open(),
            id: self.id,
            slot,
            state,
            messages: 0,
            failed: None,
            pongs: 0,
            meter: meter.as_deref_mut(),
            exceeded: None,
        };
        if let Some(meter) = &mut receiving.meter {
            meter.look_at_clock();
        }
        let fed = match input {
            Input::Bytes(bytes) => decoder.feed(bytes, &limits, &mut receiving),
            Input::Direct(_) => decoder.filled(&mut receiving),
        };
        let (messages, failed, exceeded) = (receiving.messages, receiving.failed, receiving.exceeded);
        if let Some(session) = state.sessions.at_mut(slot) {
            session.decoder = decoder;
            session.meter = meter;
        }
        if messages > 0 {
            add(&state.metrics.messages_in, messages);
        }
        if let Some(error) = fed.err().or(failed) {
            if error == ProtocolError::TOO_BIG {
                state.metrics.limit(Limit::MessageBytes);
            } else if error == ProtocolError::TOO_MANY_FRAGMENTS {
                state.metrics.limit(Limit::Fragments);
            }
            state.fail(slot, error.code, error.reason);
        } else if let Some(limit) = exceeded {
            let reason = match limit {
                Limit::ControlRate => "too many control frames",
                Limit::ByteRate => "too many bytes",
                _ => "too many messages",
            };
            state.fail(slot, close::POLICY_VIOLATION, reason);
        }
        if !state.dirty.is_empty() {
            state.flush(&[]);
        }
    }
}

impl Future for SessionTask {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let local = Rc::clone(&this.local);
        let state = &mut *local.state.borrow_mut();
        let Some(slot) = this.slot(state) else {
            return Poll::Ready(());
        };
        if let Some(session) = state.sessions.at_mut(slot) {
            if session.waker.is_none() {
                session.waker = Some(cx.waker().clone());
            }
            while let Some(session) = state.sessions.at(slot)
                && session.outbox.is_some()
            {
                if session.stream.poll_write_ready(cx).is_pending() || state.flush_outbox(slot) {
                    break;
                }
            }
        }
        if !this.early.is_empty() {
            let mut early = Vec::from(std::mem::take(&mut this.early));
            this.feed(state, slot, Input::Bytes(&mut early));
        }
        let scratch = &mut **local.scratch.borrow_mut();
        let mut turn = 0;
        while turn < BYTES_PER_TURN {
            if this.slot(state).is_none() {
                return Poll::Ready(());
            }
            if state.sessions.at(slot).is_some_and(|s| s.held && s.is_open()) || pauses(state, slot, cx) {
                return Poll::Pending;
            }
            if !state.inbox.has_room(&state.burst) {
                state.send_burst();
                if state.inbox.announce_stall() {
                    state.stall(slot);
                    return Poll::Pending;
                }
            }
            let Some(session) = state.sessions.at_mut(slot) else {
                return Poll::Ready(());
            };
            match poll_read(session, cx, &state.limits.frame, scratch) {
                Poll::Pending => {
                    if state.mailbox.is_filled() {
                        state.run_commands();
                    }
                    return Poll::Pending;
                }
                Poll::Ready(Ok(Read::Direct(n))) if n > 0 => {
                    turn += n.max(READ_COST);
                    this.feed(state, slot, Input::Direct(n));
                }
                Poll::Ready(Ok(Read::Scratch(n))) if n > 0 => {
                    turn += n.max(READ_COST);
                    this.feed(state, slot, Input::Bytes(&mut scratch[..n]));
                }
                Poll::Ready(ended) => {
                    let why = if ended.is_ok() {
                        "connection closed without a close frame"
                    } else {
                        "connection lost"
                    };
                    state.lose(slot, why);
                    return Poll::Ready(());
                }
            }
        }
        // A thread that many clients keep busy does not park, which would do this.
        state.send_burst();
        if state.mailbox.is_filled() {
            state.run_commands();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Whatever ends the task, a panic too, PHP hears of the close.
impl Drop for SessionTask {
    fn drop(&mut self) {
        if let Ok(mut state) = self.local.state.try_borrow_mut()
            && let Some(slot) = self.slot(&state)
        {
            state.lose(slot, "connection lost");
            if std::thread::panicking() {
                // What all sessions share may be half done.
                state.pending.shut_down();
            }
        }
    }
}

/// Reads what came, straight into the message where it is a large one.
fn poll_read(
    session: &mut Session,
    cx: &mut Context<'_>,
    limits: &FrameLimits,
    scratch: &mut [u8],
) -> Poll<io::Result<Read>> {
    if let Some(mut room) = session.decoder.room(DIRECT_BYTES, limits) {
        let read = pin!(session.stream.read_buf(&mut room)).poll(cx);
        return read.map_ok(Read::Direct);
    }
    pin!(session.stream.read(scratch)).poll(cx).map_ok(Read::Scratch)
}

/// Whether the socket is not to be read now, because more came than the rate allows.
fn pauses(state: &mut State, slot: u32, cx: &mut Context<'_>) -> bool {
    let Some(session) = state.sessions.at_mut(slot) else {
        return false;
    };
    let open = session.is_open();
    let Some(meter) = &mut session.meter else { return false };
    // The answer to our own Close must be read.
    let pauses = open && meter.poll_pause(cx, &state.limits.rates, &state.metrics);
    if session.paused && !pauses {
        // It was we who did not listen.
        session.heard = state.sweep;
        session.pinged = false;
    }
    session.paused = pauses;
    pauses
}

struct Receiving<'a> {
    state: &'a mut State,
    id: ConnId,
    slot: u32,
    /// After our own Close messages are read past.
    open: bool,
    messages: u64,
    /// A compressed message was none, or too big.
    failed: Option<ProtocolError>,
    /// Bytes of pongs made in this read.
    pongs: usize,
    meter: Option<&'a mut Meter>,
    /// A limit that ends the connection.
    exceeded: Option<Limit>,
}

impl Receiving<'_> {
    fn count_control(&mut self) {
        let Some(session) = self.state.sessions.at_mut(self.slot) else {
            return;
        };
        session.controls = session.controls.saturating_add(1);
        if self.open
            && self
                .state
                .limits
                .control_frames
                .is_some_and(|most| session.controls > most)
        {
            self.exceed(Limit::ControlRate);
        }
    }

    /// Nothing of this client counts any more.
    fn exceed(&mut self, limit: Limit) {
        self.open = false;
        self.exceeded = Some(limit);
        self.state.metrics.limit(limit);
    }

    /// Whether a message of so many bytes reaches PHP.
    fn admits(&mut self, bytes: usize) -> bool {
        let Some(meter) = &mut self.meter else { return true };
        match meter.admit(&self.state.limits.rates, bytes) {
            Ok(()) => return true,
            Err(limit) if self.state.limits.rates.policy == RatePolicy::Drop => self.state.metrics.limit(limit),
            Err(limit) => self.exceed(limit),
        }
        false
    }
}

impl Sink for Receiving<'_> {
    fn message(&mut self, kind: MessageKind, compressed: bool, payload: Payload<'_>) -> ControlFlow<()> {
        if !self.open {
            return ControlFlow::Continue(());
        }
        if self.meter.is_some() && !self.admits(payload.as_ref().len()) {
            // The next one may refer to it.
            if compressed && let Err(error) = self.state.inflate_in_vain(self.slot, payload.as_ref()) {
                self.failed = Some(error);
                return ControlFlow::Break(());
            }
            return ControlFlow::Continue(());
        }
        let binary = kind == MessageKind::Binary;
        if compressed {
            let deflated = payload.as_ref();
            match self.state.inflate(self.id, self.slot, binary, deflated) {
                Ok(bytes) => {
                    if let Some(meter) = &mut self.meter {
                        meter.owe(&self.state.limits.rates, bytes.saturating_sub(deflated.len()));
                    }
                }
                Err(error) => {
                    self.failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
        } else {
            match payload {
                Payload::Borrowed(bytes) => self.state.burst.message(self.id, binary, bytes),
                Payload::Owned(bytes) => self.state.burst.owned_message(self.id, binary, bytes),
            }
        }
        self.messages += 1;
        if let Some(session) = self.state.sessions.at_mut(self.slot) {
            session.delivered = session.delivered.wrapping_add(1);
        }
        if self.state.burst.is_full() {
            self.state.send_burst();
        }
        ControlFlow::Continue(())
    }

    fn ping(&mut self, payload: &[u8]) {
        self.count_control();
        // A client that pings and does not read gets no more pongs than this: RFC 6455 section 5.5.3 lets us leave some
        // out, and the slow-consumer policies spare control frames.
        if self.open
            && let Some(session) = self.state.sessions.at_mut(self.slot)
            && session
                .outbox
                .as_ref()
                .is_none_or(|o| o.control_bytes() + self.pongs < MAX_PONG_BYTES)
        {
            self.pongs += payload.len();
            self.state
                .dirty
                .control(session, self.slot, |out| encode_pong(out, payload));
        }
    }

    fn pong(&mut self, _payload: &[u8]) {
        self.count_control();
    }

    fn close(&mut self, code: Option<u16>, reason: &str) {
        self.open = false;
        self.state.peer_closed(self.slot, code, reason);
    }
}
