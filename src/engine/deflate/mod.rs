//! permessage-deflate (RFC 7692), the server's side.
//!
//! A connection owns no compressor: an I/O thread has one per window size and one decompressor, together a [`Codec`].
//! Where context is taken over, the connection keeps the text itself ([`Context`]) and hands it to the shared machines as
//! their dictionary. That costs 1 µs per message received and about 5 µs per message sent, and keeps 8 to 40 KiB, where a
//! compressor of its own would keep 134 to 380 KiB and a decompressor 47.

mod codec;
mod context;
mod negotiation;
mod offer;
#[cfg(test)]
mod tests;

pub use codec::{Codec, Inflated};
pub use context::Context;
pub use negotiation::{Agreement, Malformed, negotiate};

/// Ends a message's compressed data and is not sent (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// The smallest window that zlib's raw deflate has; RFC 7692 allows 8 as well, which would be 256 bytes.
pub const MIN_WINDOW_BITS: u8 = 9;
pub const MAX_WINDOW_BITS: u8 = 15;

/// What the server offers; the option `compression`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Messages of fewer bytes are sent as they are.
    pub threshold: usize,
    /// 1 (fast) to 9 (small).
    pub level: i32,
    pub server_takeover: bool,
    pub client_takeover: bool,
    /// 9 to 15.
    pub server_bits: u8,
    pub client_bits: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: 256,
            level: 1,
            server_takeover: false,
            client_takeover: false,
            server_bits: MAX_WINDOW_BITS,
            client_bits: MAX_WINDOW_BITS,
        }
    }
}

/// What both sides keep to after the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The server's messages may refer to earlier ones.
    pub server_takeover: bool,
    pub client_takeover: bool,
    /// The windows, as powers of two.
    pub server_bits: u8,
    pub client_bits: u8,
}
