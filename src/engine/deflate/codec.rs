//! The machines that all connections of an I/O thread share.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush, Status};

use super::{Context, MAX_WINDOW_BITS, MIN_WINDOW_BITS, TAIL};
use crate::engine::frame::ProtocolError;

/// What a message is inflated into first; longer ones get a buffer of their own.
const SCRATCH_BYTES: usize = 64 * 1024;
/// A compressed message that was larger leaves no buffer behind.
const KEEP_BYTES: usize = 256 * 1024;
/// Deflate streams in one message. RFC 7692 section 7.2.3.4 lets a sender end its stream within a message; each end costs
/// a restart with the whole window, and two bytes are enough for one.
const MAX_STREAMS: usize = 8;
/// The largest window in bytes.
const WINDOW: usize = 1 << MAX_WINDOW_BITS;
const WINDOWS: usize = (MAX_WINDOW_BITS - MIN_WINDOW_BITS + 1) as usize;
/// After a whole message's data: an empty last block, which the machine reaches only if no block before it was cut.
const END: [u8; 2] = [0x03, 0x00];

/// Compressors, by window size, and a decompressor; each is made when it is first needed.
pub struct Codec {
    level: i32,
    compressors: [Option<Deflate>; WINDOWS],
    compressed: Vec<u8>,
    decompressor: Option<Inflate>,
    scratch: Vec<u8>,
    /// The next machine panics.
    #[cfg(test)]
    pub(super) breaks: bool,
}

/// A message after inflation.
#[derive(Debug)]
pub enum Inflated<'a> {
    /// Lies in the codec's buffer.
    Borrowed(&'a [u8]),
    Owned(Vec<u8>),
}

impl AsRef<[u8]> for Inflated<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl Codec {
    /// `level` is 1 to 9.
    pub fn new(level: i32) -> Self {
        Self {
            level,
            compressors: [const { None }; WINDOWS],
            compressed: Vec::new(),
            decompressor: None,
            scratch: Vec::new(),
            #[cfg(test)]
            breaks: false,
        }
    }

    /// Runs `work` on this codec. If zlib-rs panics, which would end the I/O thread and all its connections, the machines are
    /// made anew and it is `None`.
    fn survive<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            assert!(!std::mem::take(&mut self.breaks), "as the test wants it");
            work(self)
        }));
        if done.is_err() {
            *self = Self::new(self.level);
        }
        done.ok()
    }

    /// Compresses one message for the connection, on top of what it remembers. `None` when that makes it no smaller: it
    /// is to be sent as it is, which changes no context.
    pub fn compress(&mut self, context: &mut Context, message: &[u8]) -> Option<&[u8]> {
        let bits = context.server_bits();
        let size = self
            .survive(|codec| codec.deflate(bits, context.sent.text(), message))
            .flatten()?;
        context.remember_sent(message);
        Some(&self.compressed[..size])
    }

    /// Compresses one message for every connection with a window of that size, whatever was sent before.
    pub fn compress_for_many(&mut self, bits: u8, message: &[u8]) -> Option<&[u8]> {
        let size = self.survive(|codec| codec.deflate(bits, &[], message)).flatten()?;
        Some(&self.compressed[..size])
    }

    fn deflate(&mut self, bits: u8, dictionary: &[u8], message: &[u8]) -> Option<usize> {
        let bits = bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS);
        let machine = self.compressors[usize::from(bits - MIN_WINDOW_BITS)].get_or_insert_with(|| {
            Deflate::new_with_config(DeflateConfig {
                level: self.level,
                window_bits: -i32::from(bits),
                ..DeflateConfig::default()
            })
        });
        machine.reset();
        if !dictionary.is_empty() {
            machine.set_dictionary(dictionary).ok()?;
        }
        // Enough for what grows (by an eighth at most): in zlib-rs 0.6.8 the fastest level panics when its output is full.
        // A byte that stays free shows that the flush is complete.
        let room = message.len() + message.len() / 4 + 1024;
        if self.compressed.len() < room || self.compressed.len() > room.max(KEEP_BYTES) {
            self.compressed = vec![0; room];
        }
        let out = &mut self.compressed[..room];
        machine.compress(message, out, DeflateFlush::SyncFlush).ok()?;
        let size = usize::try_from(machine.total_out()).ok().filter(|size| *size < room)?;
        let whole = machine.total_in() == message.len() as u64;
        let deflated = out[..size].strip_suffix(&TAIL).map(<[u8]>::len)?;
        (whole && deflated < message.len()).then_some(deflated)
    }

    /// Inflates one message of the connection to at most `limit` bytes.
    ///
    /// More than that is [`ProtocolError::TOO_BIG`], found without inflating further; what is no whole deflate stream, or
    /// refers to what the connection may not remember, is [`ProtocolError::INVALID_DEFLATE`].
    pub fn inflate(
        &mut self,
        context: &mut Context,
        message: &[u8],
        limit: usize,
    ) -> Result<Inflated<'_>, ProtocolError> {
        let Some(inflated) = self.survive(|codec| codec.inflate_text(context, message, limit)) else {
            return Err(ProtocolError::INFLATING_FAILED);
        };
        let (mut own, len) = inflated?;
        if own.is_empty() {
            let text = &self.scratch[..len];
            context.remember_received(text);
            return Ok(Inflated::Borrowed(text));
        }
        own.truncate(len);
        context.remember_received(&own);
        Ok(Inflated::Owned(own))
    }

    /// The buffer of the text, or an empty one if it lies in the scratch, and its length.
    fn inflate_text(
        &mut self,
        context: &Context,
        message: &[u8],
        limit: usize,
    ) -> Result<(Vec<u8>, usize), ProtocolError> {
        if self.scratch.is_empty() {
            self.scratch = vec![0; SCRATCH_BYTES];
        }
        let machine = self
            .decompressor
            .get_or_insert_with(|| Inflate::new(false, MAX_WINDOW_BITS));
        let mut out = Output {
            scratch: &mut self.scratch,
            own: Vec::new(),
            len: 0,
            limit,
        };
        // Some compressors make nothing at all of an empty message.
        if message.is_empty() {
            return Ok((out.own, out.len));
        }
        restart(machine, context.received.text(), &[])?;
        let mut streams = 1;
        for (number, mut rest) in [message, &TAIL, &END].into_iter().enumerate() {
            let len = out.len;
            while let Step::Ended = out.run(machine, &mut rest)? {
                let whole = match number {
                    // The sender ended its stream and left out the byte that RFC 7692 section 7.2.3.4 wants behind it.
                    0 => rest.is_empty(),
                    1 => false,
                    // A block that was cut may take our own end for text.
                    _ => rest.is_empty() && out.len == len,
                };
                if whole {
                    return Ok((out.own, out.len));
                }
                streams += 1;
                if streams > MAX_STREAMS {
                    return Err(ProtocolError::INVALID_DEFLATE);
                }
                restart(machine, context.received.text(), out.text())?;
            }
        }
        Err(ProtocolError::INVALID_DEFLATE)
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec")
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// Begins a stream that may refer to the end of `history` and of what came after it.
fn restart(machine: &mut Inflate, history: &[u8], after: &[u8]) -> Result<(), ProtocolError> {
    machine.reset(false);
    let after = &after[after.len().saturating_sub(WINDOW)..];
    let before = &history[history.len().saturating_sub(WINDOW - after.len())..];
    let joined;
    let dictionary = if after.is_empty() {
        before
    } else {
        joined = [before, after].concat();
        &joined
    };
    if !dictionary.is_empty() {
        machine
            .set_dictionary(dictionary)
            .map_err(|_| ProtocolError::INVALID_DEFLATE)?;
    }
    Ok(())
}

enum Step {
    /// The deflate stream ended; input may be left.
    Ended,
    /// All input is taken and its text is out.
    Taken,
}

/// Where the text goes: into the scratch while it fits, then into a buffer of its own that doubles.
struct Output<'a> {
    scratch: &'a mut Vec<u8>,
    own: Vec<u8>,
    len: usize,
    limit: usize,
}

impl Output<'_> {
    /// Feeds `input` until it is all taken or the stream ends.
    fn run(&mut self, machine: &mut Inflate, input: &mut &[u8]) -> Result<Step, ProtocolError> {
        loop {
            let (before_in, before_out) = (machine.total_in(), machine.total_out());
            let room = if self.own.is_empty() {
                &mut self.scratch[self.len..]
            } else {
                &mut self.own[self.len..]
            };
            let full = room.len();
            let status = machine
                .decompress(input, room, InflateFlush::SyncFlush)
                .map_err(|_| ProtocolError::INVALID_DEFLATE)?;
            let taken = usize::try_from(machine.total_in() - before_in).unwrap_or(usize::MAX);
            let made = usize::try_from(machine.total_out() - before_out).unwrap_or(usize::MAX);
            *input = input.get(taken..).unwrap_or_default();
            self.len += made;
            if self.len > self.limit {
                return Err(ProtocolError::TOO_BIG);
            }
            if status == Status::StreamEnd {
                return Ok(Step::Ended);
            }
            if made == full {
                // The machine may hold more text than there was room for, even with all input taken.
                self.grow();
            } else if input.is_empty() {
                return Ok(Step::Taken);
            } else if taken == 0 && made == 0 {
                return Err(ProtocolError::INVALID_DEFLATE);
            }
        }
    }

    /// One byte over the limit shows that the limit is broken.
    fn grow(&mut self) {
        let size = (2 * self.len).min(self.limit.saturating_add(1)).max(self.len + 1);
        if self.own.is_empty() {
            self.own = Vec::with_capacity(size);
            self.own.extend_from_slice(&self.scratch[..self.len]);
        }
        self.own.reserve_exact(size - self.own.len());
        self.own.resize(size, 0);
    }

    fn text(&self) -> &[u8] {
        if self.own.is_empty() {
            &self.scratch[..self.len]
        } else {
            &self.own[..self.len]
        }
    }
}
