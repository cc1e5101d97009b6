//! Why a connection is failed.

use crate::engine::close;

/// The client broke the protocol or a limit: send a Close with this code and reason, then drop the connection
/// (RFC 6455 section 7.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (close code {code})")]
pub struct ProtocolError {
    /// For the Close frame.
    pub code: u16,
    /// For the Close frame and the log; holds nothing of what the client sent.
    pub reason: &'static str,
}

impl ProtocolError {
    pub const RESERVED_OPCODE: Self = Self::protocol("reserved opcode");
    pub const RESERVED_BITS: Self = Self::protocol("reserved bit without an extension");
    pub const FRAGMENTED_CONTROL: Self = Self::protocol("fragmented control frame");
    pub const CONTROL_TOO_LONG: Self = Self::protocol("control frame over 125 bytes");
    pub const UNMASKED: Self = Self::protocol("unmasked frame");
    pub const LENGTH_NOT_MINIMAL: Self = Self::protocol("length not minimally encoded");
    pub const LENGTH_OVERFLOW: Self = Self::protocol("length over 2^63-1");
    pub const UNEXPECTED_CONTINUATION: Self = Self::protocol("continuation of no message");
    pub const EXPECTED_CONTINUATION: Self = Self::protocol("new message inside a fragmented one");
    pub const CLOSE_TOO_SHORT: Self = Self::protocol("close payload of one byte");
    pub const CLOSE_CODE: Self = Self::protocol("invalid close code");
    pub const CLOSE_REASON: Self = Self::new(close::INVALID_PAYLOAD, "close reason is not UTF-8");
    pub const INVALID_TEXT: Self = Self::new(close::INVALID_PAYLOAD, "text message is not UTF-8");
    pub const INVALID_DEFLATE: Self = Self::new(close::INVALID_PAYLOAD, "invalid compressed data");
    /// Our own fault.
    pub const INFLATING_FAILED: Self = Self::new(close::INTERNAL_ERROR, "decompression failed");
    pub const TOO_MANY_FRAGMENTS: Self = Self::new(close::POLICY_VIOLATION, "too many fragments");
    pub const TOO_BIG: Self = Self::new(close::MESSAGE_TOO_BIG, "message too big");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }

    const fn protocol(reason: &'static str) -> Self {
        Self::new(close::PROTOCOL_ERROR, reason)
    }
}
