//! The frame header (RFC 6455 section 5.2).
//!
//! Parsed by hand: to decode an empty frame, event and all, takes 8 ns, and so does tungstenite's `FrameHeader::parse`
//! alone, which also lets lengths through that are not minimal.

use super::{MAX_CONTROL_PAYLOAD, MessageKind, ProtocolError};

/// The defined opcodes. Unlike tungstenite's it has no reserved ones, so that a `match` needs no impossible arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

impl Opcode {
    const fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }
}

impl From<MessageKind> for Opcode {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Text => Self::Text,
            MessageKind::Binary => Self::Binary,
        }
    }
}

/// The header of one client frame, correct in itself; whether it fits the frames before it is the decoder's to judge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub fin: bool,
    pub compressed: bool,
    pub opcode: Opcode,
    pub key: [u8; 4],
    /// Of the header itself, in bytes.
    pub size: usize,
    /// Of the payload; as declared, so it must be checked before it is believed.
    pub len: u64,
}

impl Header {
    /// Two bytes, eight of length, four of masking key.
    pub const MAX_SIZE: usize = 14;

    /// Reads the header at the start of `input`; `None` while bytes of it are missing.
    ///
    /// An error is final as soon as the byte that proves it is there, and checks follow the order of the bytes. So
    /// the answer does not depend on how the header was cut.
    ///
    /// Not inlined, its answer is read back from memory in other pieces than it was written, which the processor waits for:
    /// 14 ns per frame.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "measured, see above")]
    pub fn parse(input: &[u8], allow_rsv1: bool) -> Result<Option<Self>, ProtocolError> {
        let [first, rest @ ..] = input else { return Ok(None) };
        let opcode = match first & 0x0F {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xA => Opcode::Pong,
            _ => return Err(ProtocolError::RESERVED_OPCODE),
        };
        let fin = first & 0x80 != 0;
        let compressed = first & 0x40 != 0;
        // RFC 7692 section 6: RSV1 belongs to the first frame of a message alone.
        let rsv1_allowed = allow_rsv1 && matches!(opcode, Opcode::Text | Opcode::Binary);
        if first & 0x30 != 0 || (compressed && !rsv1_allowed) {
            return Err(ProtocolError::RESERVED_BITS);
        }
        if opcode.is_control() && !fin {
            return Err(ProtocolError::FRAGMENTED_CONTROL);
        }

        let [second, rest @ ..] = rest else { return Ok(None) };
        if second & 0x80 == 0 {
            return Err(ProtocolError::UNMASKED);
        }
        let short = second & 0x7F;
        if opcode.is_control() && usize::from(short) > MAX_CONTROL_PAYLOAD {
            return Err(ProtocolError::CONTROL_TOO_LONG);
        }
        let (len, rest) = match short {
            126 => {
                let Some((bytes, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                let len = u64::from(u16::from_be_bytes(*bytes));
                if len < 126 {
                    return Err(ProtocolError::LENGTH_NOT_MINIMAL);
                }
                (len, rest)
            }
            127 => {
                let Some((bytes, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                let len = u64::from_be_bytes(*bytes);
                if i64::try_from(len).is_err() {
                    return Err(ProtocolError::LENGTH_OVERFLOW);
                }
                if u16::try_from(len).is_ok() {
                    return Err(ProtocolError::LENGTH_NOT_MINIMAL);
                }
                (len, rest)
            }
            short => (u64::from(short), rest),
        };

        let Some((key, rest)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        let size = input.len() - rest.len();
        Ok(Some(Self {
            fin,
            compressed,
            opcode,
            key: *key,
            size,
            len,
        }))
    }
}
