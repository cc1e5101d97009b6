//! The data-phase codec (RFC 6455 section 5), server side: masked frames in, unmasked frames out.
//!
//! It does no I/O and knows no runtime. The owner of a socket feeds what it read to a [`Decoder`], whose events go to a
//! [`Sink`], and appends what the `encode_` functions write to its outbox.

pub mod copy;
mod decoder;
mod encoder;
mod error;
mod header;
mod mask;
mod utf8;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

pub use decoder::Decoder;
pub use encoder::{
    compressed_frame, encode_close, encode_compressed, encode_header, encode_message, encode_ping, encode_pong,
    message_frame, split_frame,
};
pub use error::ProtocolError;
pub use header::Opcode;

/// The largest payload of a control frame (RFC 6455 section 5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// What a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// UTF-8.
    Text,
    /// Any bytes.
    Binary,
}

/// A whole message, unmasked.
#[derive(Debug)]
pub enum Payload<'a> {
    /// Lies in the buffer given to [`Decoder::feed`]: the message was one frame and came in one piece.
    Borrowed(&'a [u8]),
    /// Was put together from fragments or from several reads.
    Owned(Vec<u8>),
}

impl AsRef<[u8]> for Payload<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// Where a [`Decoder`] delivers, in the order of the wire. Calls come from within [`Decoder::feed`], on its thread.
pub trait Sink {
    /// A whole message. Text is valid UTF-8, unless `compressed` (RSV1 was set): then the payload is a deflate stream,
    /// and both the UTF-8 check and the limit on the inflated size are the sink's.
    ///
    /// `Break` ends the reading for good: the rest of the input and all that is fed later is ignored.
    fn message(&mut self, kind: MessageKind, compressed: bool, payload: Payload<'_>) -> ControlFlow<()>;

    /// A Ping of at most [`MAX_CONTROL_PAYLOAD`] bytes, to be answered by a Pong with the same payload. May come between
    /// the fragments of a message.
    fn ping(&mut self, payload: &[u8]);

    /// A Pong, asked for or not.
    fn pong(&mut self, payload: &[u8]);

    /// The peer's Close, the last event. The code may be received on the wire; without one the reason is empty.
    fn close(&mut self, code: Option<u16>, reason: &str);
}

/// What a client may send.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest message in bytes, over all its fragments; a compressed one may be a little longer on the wire.
    pub max_message_bytes: usize,
    /// The most frames of one message; 0 and 1 refuse fragmentation.
    pub max_fragments: u32,
    /// permessage-deflate was negotiated: RSV1 may mark the first frame of a message.
    pub allow_rsv1: bool,
}

impl Limits {
    /// Of one message on the wire. What cannot be compressed grows: by 5 bytes per block of deflate, which in zlib's
    /// poorest setting holds about 500.
    const fn wire_bytes(&self, compressed: bool) -> usize {
        if compressed {
            self.max_message_bytes.saturating_add(self.max_message_bytes / 64 + 64)
        } else {
            self.max_message_bytes
        }
    }
}
