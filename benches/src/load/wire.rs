//! Frames of RFC 6455 section 5.2, as a client sends and receives them.

use crate::failure::Failure;

pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;
const CONTINUATION: u8 = 0x0;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// Length fields that announce a longer one behind them, of 16 or 64 bits.
const LENGTH_16: u8 = 0x7e;
const LENGTH_64: u8 = 0x7f;

/// Marks the first frame of a compressed message (RFC 7692 section 6).
pub const RSV1: u8 = 0x40;

/// The mask of every frame. Not zero, so that no server can save the unmasking.
pub const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Appends one masked frame and returns where its payload starts. The opcode may come with [`RSV1`].
pub fn push_frame(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) -> usize {
    out.push(FIN | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ ..=125), _) => out.push(MASKED | length),
        (_, Ok(length)) => {
            out.push(MASKED | LENGTH_16);
            out.extend(length.to_be_bytes());
        }
        _ => {
            out.push(MASKED | LENGTH_64);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    out.extend(MASK);
    let start = out.len();
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    start
}

/// Part of one message, in order, fragments already joined.
pub struct Piece<'a> {
    pub opcode: u8,
    /// Where the bytes stand in the message.
    pub offset: usize,
    pub bytes: &'a [u8],
    /// They are part of a compressed message.
    pub compressed: bool,
    /// Whether the message ends with them.
    pub last: bool,
}

impl Piece<'_> {
    /// Whether this part is the same part of `expected`, and ends where it ends.
    pub fn is_of(&self, expected: &[u8]) -> bool {
        let end = self.offset + self.bytes.len();
        expected.get(self.offset..end) == Some(self.bytes) && self.last == (end == expected.len())
    }
}

/// Cuts a server's byte stream into pieces. It keeps a cut header, never a payload.
#[derive(Default)]
pub struct Reader {
    header: [u8; 10],
    /// Bytes of `header` read so far.
    have: usize,
    frame: Option<Frame>,
    /// Opcode and bytes so far of a message whose final frame has not come.
    message: Option<(u8, bool, usize)>,
    /// permessage-deflate was agreed to.
    pub deflate: bool,
}

struct Frame {
    opcode: u8,
    compressed: bool,
    fin: bool,
    offset: usize,
    /// Payload bytes to come.
    left: usize,
}

impl Reader {
    pub fn new(deflate: bool) -> Self {
        Self {
            deflate,
            ..Self::default()
        }
    }

    /// Passes on everything that `bytes` holds.
    pub fn feed(
        &mut self,
        who: usize,
        mut bytes: &[u8],
        mut each: impl FnMut(Piece<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        loop {
            if self.frame.is_none() {
                if !self.take_header(&mut bytes) {
                    return Ok(());
                }
                self.frame = Some(self.begin().map_err(|what| Failure::wrong(who, what))?);
                self.have = 0;
            }
            let Some(frame) = &mut self.frame else {
                unreachable!("begun above")
            };
            let (chunk, rest) = bytes.split_at(frame.left.min(bytes.len()));
            bytes = rest;
            let offset = frame.offset;
            let (opcode, compressed) = (frame.opcode, frame.compressed);
            frame.offset += chunk.len();
            frame.left -= chunk.len();
            let done = frame.left == 0;
            let last = done && frame.fin;
            if opcode < CLOSE {
                self.message = if last {
                    None
                } else {
                    Some((opcode, compressed, offset + chunk.len()))
                };
            }
            if done {
                self.frame = None;
            }
            if done || !chunk.is_empty() {
                each(Piece {
                    opcode,
                    offset,
                    bytes: chunk,
                    compressed,
                    last,
                })?;
            }
            if !done {
                return Ok(());
            }
        }
    }

    /// Moves header bytes over; false when more are needed.
    fn take_header(&mut self, bytes: &mut &[u8]) -> bool {
        loop {
            let need = match (self.have, self.header[1] & !MASKED) {
                (2.., LENGTH_16) => 4,
                (2.., LENGTH_64) => 10,
                _ => 2,
            };
            if self.have == need {
                return true;
            }
            let (part, rest) = bytes.split_at((need - self.have).min(bytes.len()));
            if part.is_empty() {
                return false;
            }
            self.header[self.have..self.have + part.len()].copy_from_slice(part);
            self.have += part.len();
            *bytes = rest;
        }
    }

    fn begin(&self) -> Result<Frame, String> {
        let [first, second, rest @ ..] = self.header;
        let compressed = first & RSV1 != 0;
        let begins = matches!(first & 0x0f, TEXT | BINARY);
        if first & 0x30 != 0 || (compressed && !(self.deflate && begins)) || second & MASKED != 0 {
            return Err(format!(
                "a frame header of {first:#04x} {second:#04x}: reserved bits or a mask are set"
            ));
        }
        let length = match second {
            LENGTH_16 => u64::from(u16::from_be_bytes([rest[0], rest[1]])),
            LENGTH_64 => u64::from_be_bytes(rest),
            short => u64::from(short),
        };
        let left = usize::try_from(length).map_err(|_| format!("a frame of {length} bytes"))?;
        let fin = first & FIN != 0;
        match (first & 0x0f, self.message) {
            (CONTINUATION, Some((opcode, compressed, offset))) => Ok(Frame {
                opcode,
                compressed,
                fin,
                offset,
                left,
            }),
            (opcode @ (TEXT | BINARY), None) | (opcode @ (CLOSE | PING | PONG), _) => Ok(Frame {
                opcode,
                compressed,
                fin,
                offset: 0,
                left,
            }),
            (opcode, _) => Err(format!("a frame of opcode {opcode:#x} where none is allowed")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `stream` in parts of `step` bytes and joins what comes out.
    fn messages(stream: &[u8], step: usize) -> Vec<(u8, Vec<u8>)> {
        let mut reader = Reader::default();
        let mut done = Vec::new();
        let mut open: std::collections::HashMap<u8, Vec<u8>> = std::collections::HashMap::new();
        for part in stream.chunks(step) {
            reader
                .feed(0, part, |piece| {
                    let message = open.entry(piece.opcode).or_default();
                    assert_eq!(message.len(), piece.offset);
                    message.extend(piece.bytes);
                    if piece.last {
                        done.push((piece.opcode, open.remove(&piece.opcode).expect("open")));
                    }
                    Ok(())
                })
                .expect("a valid stream");
        }
        done
    }

    #[test]
    fn messages_come_out_whole_however_they_are_cut() {
        let mut stream = vec![0x81, 2, b'h', b'i', 0x82, 0];
        stream.extend([0x81, 126, 0, 200]);
        stream.extend([b'x'; 200]);
        // A fragmented message with a ping between its frames.
        stream.extend([0x01, 1, b'a', 0x89, 1, b'p', 0x00, 1, b'b', 0x80, 1, b'c']);
        stream.extend([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        stream.extend(vec![b'y'; 65536]);
        let expected = vec![
            (TEXT, b"hi".to_vec()),
            (BINARY, Vec::new()),
            (TEXT, vec![b'x'; 200]),
            (PING, b"p".to_vec()),
            (TEXT, b"abc".to_vec()),
            (BINARY, vec![b'y'; 65536]),
        ];
        for step in [1, 2, 3, 7, 1000, stream.len()] {
            assert_eq!(messages(&stream, step), expected, "in parts of {step}");
        }
    }

    #[test]
    fn a_short_or_long_or_changed_reply_is_noticed() {
        let piece = |offset, bytes, last| Piece {
            opcode: TEXT,
            offset,
            bytes,
            compressed: false,
            last,
        };
        assert!(piece(0, b"hello".as_slice(), true).is_of(b"hello"));
        assert!(piece(2, b"ll".as_slice(), false).is_of(b"hello"));
        assert!(!piece(0, b"hell".as_slice(), true).is_of(b"hello"));
        assert!(!piece(0, b"hello".as_slice(), false).is_of(b"hello"));
        assert!(!piece(0, b"hellos".as_slice(), true).is_of(b"hello"));
        assert!(!piece(0, b"hallo".as_slice(), true).is_of(b"hello"));
    }

    #[test]
    fn a_masked_frame_unmasks_to_its_payload() {
        for size in [0, 125, 126, 65535, 65536] {
            let payload: Vec<u8> = (0..size).map(|i| u8::try_from(i % 251).expect("below 251")).collect();
            let mut frame = Vec::new();
            let start = push_frame(&mut frame, TEXT, &payload);
            let plain: Vec<u8> = frame[start..]
                .iter()
                .zip(MASK.iter().cycle())
                .map(|(byte, mask)| byte ^ mask)
                .collect();
            assert_eq!(plain, payload);
        }
    }

    #[test]
    fn masked_and_reserved_frames_are_refused() {
        for header in [[0x81, 0x80], [0xc1, 0], [0x80, 0], [0x83, 0]] {
            assert!(Reader::default().feed(0, &header, |_| Ok(())).is_err(), "{header:02x?}");
        }
    }
}
