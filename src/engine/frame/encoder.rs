//! Server frames: unmasked, never fragmented (RFC 6455 section 5.1).

use bytes::Bytes;

use super::{MAX_CONTROL_PAYLOAD, MessageKind, Opcode, copy};
use crate::engine::close;

/// The header of a final frame with `len` bytes of payload: two bytes and up to eight of length, no masking key.
struct Header {
    bytes: [u8; 10],
    size: usize,
}

impl Header {
    #[inline]
    fn new(opcode: Opcode, compressed: bool, len: usize) -> Self {
        let first = 0x80 | if compressed { 0x40 } else { 0 } | opcode as u8;
        let mut bytes = [first, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let size = if let Ok(len) = u8::try_from(len)
            && len < 126
        {
            bytes[1] = len;
            2
        } else if let Ok(len) = u16::try_from(len) {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&len.to_be_bytes());
            4
        } else {
            bytes[1] = 127;
            bytes[2..].copy_from_slice(&(len as u64).to_be_bytes());
            10
        };
        Self { bytes, size }
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.size]
    }
}

/// Appends the header of a final frame whose `len` bytes of payload the caller appends itself.
///
/// Room for both is reserved. `compressed` sets RSV1 and is for messages only, after permessage-deflate was negotiated.
#[inline]
pub fn encode_header(out: &mut Vec<u8>, opcode: Opcode, compressed: bool, len: usize) {
    let header = Header::new(opcode, compressed, len);
    out.reserve(header.size + len);
    out.extend_from_slice(header.as_bytes());
}

/// Appends one message; text must be UTF-8. `out` grows at most once.
#[inline]
pub fn encode_message(out: &mut Vec<u8>, kind: MessageKind, payload: &[u8]) {
    encode_header(out, kind.into(), false, payload.len());
    copy::append(out, payload);
}

/// One message as a frame of its own, encoded once for all the connections it goes to.
pub fn message_frame(kind: MessageKind, payload: &[u8]) -> Bytes {
    copy::join(Header::new(kind.into(), false, payload.len()).as_bytes(), payload)
}

/// Appends one message whose payload is deflated already.
pub fn encode_compressed(out: &mut Vec<u8>, kind: MessageKind, deflated: &[u8]) {
    encode_header(out, kind.into(), true, deflated.len());
    copy::append(out, deflated);
}

/// The same as a frame of its own.
pub fn compressed_frame(kind: MessageKind, deflated: &[u8]) -> Bytes {
    copy::join(Header::new(kind.into(), true, deflated.len()).as_bytes(), deflated)
}

/// What one frame of our own is: the kind if it is a message, and the lengths of its header and of all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    pub kind: Option<MessageKind>,
    pub header: usize,
    pub total: usize,
}

/// Looks at the first of the frames that the functions above have appended. `None`: there is none.
pub fn split_frame(frames: &[u8]) -> Option<Split> {
    let [first, second, rest @ ..] = frames else {
        return None;
    };
    let (header, len) = match second {
        126 => (4, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?),
        len => (2, usize::from(*len)),
    };
    let kind = match first & 0x0F {
        0x1 => Some(MessageKind::Text),
        0x2 => Some(MessageKind::Binary),
        _ => None,
    };
    let total = header + len;
    (total <= frames.len()).then_some(Split { kind, header, total })
}

/// Appends a Close. Of a longer reason whole characters of at most 123 bytes are sent.
///
/// A pseudo-code (1005, 1006, 1015) stands for a Close without code and reason. Whether an application may use the code
/// is checked where it hands it over ([`close::is_sendable`]).
pub fn encode_close(out: &mut Vec<u8>, code: u16, reason: &str) {
    if close::is_pseudo(code) {
        return encode_header(out, Opcode::Close, false, 0);
    }
    let code = code.to_be_bytes();
    let mut end = reason.len().min(MAX_CONTROL_PAYLOAD - code.len());
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let reason = &reason[..end];
    encode_header(out, Opcode::Close, false, code.len() + reason.len());
    out.extend_from_slice(&code);
    out.extend_from_slice(reason.as_bytes());
}

/// Appends a Ping; a payload is cut after [`MAX_CONTROL_PAYLOAD`] bytes.
pub fn encode_ping(out: &mut Vec<u8>, payload: &[u8]) {
    encode_control(out, Opcode::Ping, payload);
}

/// Appends a Pong; a payload is cut after [`MAX_CONTROL_PAYLOAD`] bytes, which no Ping's is longer than.
pub fn encode_pong(out: &mut Vec<u8>, payload: &[u8]) {
    encode_control(out, Opcode::Pong, payload);
}

fn encode_control(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    let payload = &payload[..payload.len().min(MAX_CONTROL_PAYLOAD)];
    encode_header(out, opcode, false, payload.len());
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close_frame(code: u16, reason: &str) -> Vec<u8> {
        let mut out = Vec::new();
        encode_close(&mut out, code, reason);
        out
    }

    #[test]
    fn length_takes_the_shortest_form() {
        let cases: [(usize, &[u8]); 6] = [
            (0, &[0x82, 0]),
            (125, &[0x82, 125]),
            (126, &[0x82, 126, 0, 126]),
            (65_535, &[0x82, 126, 0xFF, 0xFF]),
            (65_536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
            (1 << 20, &[0x82, 127, 0, 0, 0, 0, 0, 16, 0, 0]),
        ];
        for (len, header) in cases {
            let payload = vec![7; len];
            let frame = message_frame(MessageKind::Binary, &payload);
            assert_eq!(&frame[..header.len()], header);
            assert_eq!(&frame[header.len()..], payload);
        }
    }

    #[test]
    fn messages_are_appended_with_one_growth() {
        let mut out = Vec::new();
        encode_message(&mut out, MessageKind::Text, b"Hello");
        assert_eq!(out, b"\x81\x05Hello");

        let mut out = Vec::with_capacity(4 + 300);
        let place = out.as_ptr();
        encode_message(&mut out, MessageKind::Binary, &[1; 300]);
        assert_eq!((out.as_ptr(), out.len()), (place, 304));
    }

    #[test]
    fn compressed_message_sets_rsv1() {
        let mut out = Vec::new();
        encode_header(&mut out, Opcode::Text, true, 3);
        assert_eq!(out, [0xC1, 3]);
    }

    #[test]
    fn frames_are_told_apart_again() {
        let mut out = Vec::new();
        encode_message(&mut out, MessageKind::Text, &[b'a'; 300]);
        encode_ping(&mut out, b"hi");
        encode_message(&mut out, MessageKind::Binary, &vec![0; 70_000]);
        let mut seen = Vec::new();
        let mut rest = &out[..];
        while let Some(split) = split_frame(rest) {
            seen.push((split.kind, split.header, split.total));
            rest = &rest[split.total..];
        }
        let expected = [
            (Some(MessageKind::Text), 4, 304),
            (None, 2, 4),
            (Some(MessageKind::Binary), 10, 70_010),
        ];
        assert_eq!((seen.as_slice(), rest.len()), (&expected[..], 0));
        assert_eq!(split_frame(&out[..303]), None);
    }

    #[test]
    fn control_payload_is_cut_at_125_bytes() {
        let mut out = Vec::new();
        encode_ping(&mut out, b"hi");
        encode_pong(&mut out, &[9; 126]);
        assert_eq!(&out[..6], b"\x89\x02hi\x8A\x7D");
        assert_eq!(out.len(), 4 + 2 + 125);
    }

    #[test]
    fn close_reason_is_cut_between_characters() {
        assert_eq!(close_frame(1000, "bye"), b"\x88\x05\x03\xE8bye");
        assert_eq!(close_frame(1000, &"a".repeat(200)).len(), 2 + 125);

        // 61 × 2 bytes fill 122 of 123; the next character would be cut in two.
        let frame = close_frame(4000, &"é".repeat(62));
        assert_eq!(frame[1], 2 + 122);
        assert_eq!(std::str::from_utf8(&frame[4..]).unwrap(), "é".repeat(61));
    }

    #[test]
    fn pseudo_code_is_sent_as_an_empty_close() {
        for code in [close::NO_STATUS, close::ABNORMAL, close::TLS_HANDSHAKE] {
            assert_eq!(close_frame(code, "never sent"), [0x88, 0]);
        }
    }
}
