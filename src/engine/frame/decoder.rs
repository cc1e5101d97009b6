//! From bytes as they are read to messages.

use std::ops::ControlFlow;

use bytes::BufMut;
use bytes::buf::Limit;

use super::header::Header;
use super::utf8::Progress;
use super::{Limits, MAX_CONTROL_PAYLOAD, MessageKind, Opcode, Payload, ProtocolError, Sink, copy, mask};
use crate::engine::close;

/// Unmasked and checked at a time, so that the second finds it in the first-level cache.
const BLOCK: usize = 16 * 1024;
/// Of a frame of which so much came, sixteen times as much may come before its buffer must grow again: to move what came
/// cost 6 % of an echo of 1 MiB.
const EAGER_FROM: usize = 16 * 1024;
const EAGER_GROWTH: usize = 16;

/// The receiving side of one connection: 24 bytes while nothing is half received, so that idle connections cost nothing.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The message whose first bytes came but not its last; freed with the last.
    message: Option<Box<Assembly>>,
    /// What the last input cut apart, other than a message's payload.
    cut: Option<Box<Cut>>,
    /// A Close, an error or the sink ended the reading.
    ended: bool,
}

/// A header or control frame that the end of an input cut.
#[derive(Debug)]
enum Cut {
    Header { bytes: [u8; Header::MAX_SIZE], len: usize },
    Control { header: Header, payload: Vec<u8> },
}

/// A message in the making.
#[derive(Debug)]
struct Assembly {
    kind: MessageKind,
    compressed: bool,
    /// Frames begun, the first included.
    fragments: u32,
    bytes: Vec<u8>,
    /// So many of the bytes are unmasked and checked.
    done: usize,
    text: Progress,
    /// The frame being received, or the last one if none is.
    frame: Current,
}

/// How far one data frame has come.
#[derive(Debug)]
struct Current {
    fin: bool,
    key: [u8; 4],
    /// Payload bytes that came and are still to come.
    received: usize,
    remaining: usize,
}

impl Decoder {
    /// Decodes all of `input`, which is unmasked in place and may be reused afterwards; the rest of a frame or message
    /// is kept until the next call. Nothing is allocated for a message that is one frame and lies wholly in `input`.
    ///
    /// An error is final: no event follows it, and later input is ignored. The same bytes give the same events and the
    /// same error however they are cut; an error comes with the first byte after which the bytes can no longer become
    /// valid (with the last byte of its header, if it is the header that does not fit).
    pub fn feed(&mut self, input: &mut [u8], limits: &Limits, sink: &mut impl Sink) -> Result<(), ProtocolError> {
        let mut input = Unread(input);
        while !self.ended && !input.0.is_empty() {
            let flow = self.step(&mut input, limits, sink);
            if let Some(result) = self.conclude(flow) {
                return result;
            }
        }
        Ok(())
    }

    /// Room for bytes that come next, for an owner who can read them right there: that saves a copy. `None` unless the
    /// input ended within a frame of which `least` bytes came and as many are missing.
    ///
    /// Only bytes of the connection may be put there. [`filled`](Self::filled) follows, before the next [`feed`](Self::feed).
    pub fn room(&mut self, least: usize, limits: &Limits) -> Option<Limit<&mut Vec<u8>>> {
        let message = self.message.as_mut()?;
        let remaining = message.frame.remaining;
        if remaining < least || message.bytes.len() < least {
            return None;
        }
        if message.bytes.capacity() - message.bytes.len() < least {
            message.reserve(least, limits);
        }
        let spare = message.bytes.capacity() - message.bytes.len();
        Some((&mut message.bytes).limit(spare.min(remaining)))
    }

    /// As [`feed`](Self::feed), for what was put into the [`room`](Self::room).
    pub fn filled(&mut self, sink: &mut impl Sink) -> Result<(), ProtocolError> {
        let Some(mut message) = self.message.take() else {
            return Ok(());
        };
        let flow = match message.take_in() {
            Ok(()) => self.go_on(message, sink),
            Err(error) => Err(error),
        };
        self.conclude(flow).unwrap_or(Ok(()))
    }

    /// Lets go of what is half received; what is fed later is ignored.
    pub fn end(&mut self) {
        *self = Self {
            ended: true,
            ..Self::default()
        };
    }

    /// Whether nothing more will come: the peer's Close was delivered, an error returned, or the sink broke off.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    #[cfg(test)]
    pub(super) fn holds_memory(&self) -> bool {
        self.message.is_some() || self.cut.is_some()
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.bytes.capacity())
    }

    /// `Some`: this step was the last one.
    #[inline]
    fn conclude(&mut self, flow: Step) -> Option<Result<(), ProtocolError>> {
        if flow == PROCEED {
            return None;
        }
        self.end();
        Some(flow.map(drop))
    }

    /// Goes on to the end of one frame or of the input, whichever comes first.
    #[inline]
    fn step(&mut self, input: &mut Unread, limits: &Limits, sink: &mut impl Sink) -> Step {
        if let Some(message) = self.message.take_if(|message| message.frame.remaining > 0) {
            return self.fill(message, input, limits, sink);
        }
        match self.cut.take() {
            None => match Header::parse(input.0, limits.allow_rsv1)? {
                Some(header) => {
                    input.take(header.size);
                    self.frame(header, input, limits, sink)
                }
                None => self.resume(
                    Cut::Header {
                        bytes: [0; Header::MAX_SIZE],
                        len: 0,
                    },
                    input,
                    limits,
                    sink,
                ),
            },
            Some(cut) => self.resume(*cut, input, limits, sink),
        }
    }

    /// Goes on with what the input before was cut in. Apart from the way of a whole frame, whose header stays in registers.
    #[cold]
    fn resume(&mut self, cut: Cut, input: &mut Unread, limits: &Limits, sink: &mut impl Sink) -> Step {
        match cut {
            Cut::Header { bytes, len } => match self.resume_header(bytes, len, input, limits)? {
                Some(header) => self.frame(header, input, limits, sink),
                None => PROCEED,
            },
            Cut::Control { header, payload } => self.fill_control(header, payload, input, sink),
        }
    }

    /// Goes on with a header of which `len` bytes came before.
    fn resume_header(
        &mut self,
        mut bytes: [u8; Header::MAX_SIZE],
        len: usize,
        input: &mut Unread,
        limits: &Limits,
    ) -> Result<Option<Header>, ProtocolError> {
        let now = bytes.len().min(len + input.0.len());
        bytes[len..now].copy_from_slice(&input.0[..now - len]);
        let header = Header::parse(&bytes[..now], limits.allow_rsv1)?;
        let used = header.as_ref().map_or(now, |header| header.size);
        input.take(used - len);
        if header.is_none() {
            self.cut = Some(Box::new(Cut::Header { bytes, len: now }));
        }
        Ok(header)
    }

    /// Begins the frame whose payload is next in `input`.
    #[inline]
    fn frame(&mut self, header: Header, input: &mut Unread, limits: &Limits, sink: &mut impl Sink) -> Step {
        let kind = match (header.opcode, &self.message) {
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => {
                return self.fill_control(header, Vec::new(), input, sink);
            }
            (Opcode::Text, None) => MessageKind::Text,
            (Opcode::Binary, None) => MessageKind::Binary,
            (Opcode::Continuation, Some(message)) => message.kind,
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(ProtocolError::EXPECTED_CONTINUATION),
            (Opcode::Continuation, None) => return Err(ProtocolError::UNEXPECTED_CONTINUATION),
        };
        let before = self.message.as_ref().map_or(0, |message| message.bytes.len());
        let compressed = self
            .message
            .as_ref()
            .map_or(header.compressed, |message| message.compressed);
        let room = limits.wire_bytes(compressed).saturating_sub(before);
        let Some(len) = usize::try_from(header.len).ok().filter(|&len| len <= room) else {
            return Err(ProtocolError::TOO_BIG);
        };

        let frame = Current {
            fin: header.fin,
            key: header.key,
            received: 0,
            remaining: len,
        };
        let message = match self.message.take() {
            None if header.fin && len <= input.0.len() => {
                let payload = input.take(len);
                mask::apply(payload, header.key, 0);
                if kind == MessageKind::Text && !header.compressed && simdutf8::basic::from_utf8(payload).is_err() {
                    return Err(ProtocolError::INVALID_TEXT);
                }
                return Ok(sink.message(kind, header.compressed, Payload::Borrowed(payload)));
            }
            None => Box::new(Assembly::new(kind, header.compressed, frame)),
            Some(message) if message.fragments >= limits.max_fragments => {
                return Err(ProtocolError::TOO_MANY_FRAGMENTS);
            }
            Some(mut message) => {
                message.fragments += 1;
                message.frame = frame;
                message
            }
        };
        self.fill(message, input, limits, sink)
    }

    /// Takes what `input` has of the message's current frame, and delivers the message if that was its end.
    fn fill(&mut self, mut message: Box<Assembly>, input: &mut Unread, limits: &Limits, sink: &mut impl Sink) -> Step {
        let piece = input.take(message.frame.remaining);
        message.reserve(piece.len(), limits);
        copy::append(&mut message.bytes, piece);
        message.take_in()?;
        self.go_on(message, sink)
    }

    /// Keeps the message, or delivers it if that was its end.
    fn go_on(&mut self, message: Box<Assembly>, sink: &mut impl Sink) -> Step {
        if message.frame.remaining > 0 || !message.frame.fin {
            self.message = Some(message);
            return PROCEED;
        }
        message.finish()?;
        let Assembly {
            kind,
            compressed,
            bytes,
            ..
        } = *message;
        Ok(sink.message(kind, compressed, Payload::Owned(bytes)))
    }

    /// Takes what `input` has of a control frame after the `payload` that came before, and delivers the whole one.
    fn fill_control(&mut self, header: Header, mut payload: Vec<u8>, input: &mut Unread, sink: &mut impl Sink) -> Step {
        // The header's check bounds it to MAX_CONTROL_PAYLOAD.
        let len = usize::try_from(header.len).unwrap_or(MAX_CONTROL_PAYLOAD);
        let piece = input.take(len - payload.len());
        mask::apply(piece, header.key, payload.len());
        if piece.len() == len {
            return control(header.opcode, piece, sink);
        }
        payload.extend_from_slice(piece);
        if payload.len() == len {
            return control(header.opcode, &payload, sink);
        }
        self.cut = Some(Box::new(Cut::Control { header, payload }));
        PROCEED
    }
}

impl Assembly {
    fn new(kind: MessageKind, compressed: bool, frame: Current) -> Self {
        let (bytes, text) = (Vec::new(), Progress::default());
        Self {
            kind,
            compressed,
            fragments: 1,
            bytes,
            done: 0,
            text,
            frame,
        }
    }

    /// Unmasks the bytes that were appended to the current frame, failing once the text can no longer become valid.
    fn take_in(&mut self) -> Result<(), ProtocolError> {
        let text = self.is_plain_text();
        while self.done < self.bytes.len() {
            let end = self.bytes.len().min(self.done + BLOCK);
            let block = &mut self.bytes[self.done..end];
            mask::apply(block, self.frame.key, self.frame.received);
            self.frame.received += block.len();
            self.frame.remaining -= block.len();
            self.done = end;
            if text {
                self.text
                    .advance(&self.bytes[..end])
                    .map_err(|_| ProtocolError::INVALID_TEXT)?;
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ProtocolError> {
        if self.is_plain_text() {
            self.text.finish(&self.bytes).map_err(|_| ProtocolError::INVALID_TEXT)?;
        }
        Ok(())
    }

    fn is_plain_text(&self) -> bool {
        self.kind == MessageKind::Text && !self.compressed
    }

    /// Makes room for `more` bytes: a declared length buys little memory, or a client could claim a message's worth with
    /// fourteen bytes. It keeps the growth from overshooting.
    fn reserve(&mut self, more: usize, limits: &Limits) {
        let needed = self.bytes.len() + more;
        if needed > self.bytes.capacity() {
            let (wanted, most) = if !self.frame.fin {
                (2 * self.bytes.capacity(), limits.wire_bytes(self.compressed))
            } else if needed < EAGER_FROM {
                (2 * self.bytes.capacity(), self.bytes.len() + self.frame.remaining)
            } else {
                (
                    needed.saturating_mul(EAGER_GROWTH),
                    self.bytes.len() + self.frame.remaining,
                )
            };
            let capacity = wanted.min(most).max(needed);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
    }
}

/// What to do after a step: go on, stop because the sink or a Close says so, or fail.
type Step = Result<ControlFlow<()>, ProtocolError>;

const PROCEED: Step = Ok(ControlFlow::Continue(()));

/// The part of an input that no step has taken yet.
struct Unread<'a>(&'a mut [u8]);

impl<'a> Unread<'a> {
    /// The next bytes: `len`, or all there are if they are fewer.
    #[inline]
    fn take(&mut self, len: usize) -> &'a mut [u8] {
        let len = len.min(self.0.len());
        self.0.split_off_mut(..len).unwrap_or_default()
    }
}

fn control(opcode: Opcode, payload: &[u8], sink: &mut impl Sink) -> Step {
    match opcode {
        Opcode::Ping => sink.ping(payload),
        Opcode::Pong => sink.pong(payload),
        _ => {
            let (code, reason) = parse_close(payload)?;
            sink.close(code, reason);
            return Ok(ControlFlow::Break(()));
        }
    }
    PROCEED
}

/// The code and reason of a Close (RFC 6455 section 5.5.1).
fn parse_close(payload: &[u8]) -> Result<(Option<u16>, &str), ProtocolError> {
    match payload {
        [] => Ok((None, "")),
        [_] => Err(ProtocolError::CLOSE_TOO_SHORT),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !close::is_receivable(code) {
                return Err(ProtocolError::CLOSE_CODE);
            }
            let reason = std::str::from_utf8(reason).map_err(|_| ProtocolError::CLOSE_REASON)?;
            Ok((Some(code), reason))
        }
    }
}
