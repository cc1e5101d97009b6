//! Our decoder against tungstenite's reader: random frames, valid and damaged, cut at random.
//!
//! Both must deliver the same events and both fail or neither. Three differences are meant:
//! - a length that is not minimally encoded fails here (RFC 6455 section 5.2 demands it) and passes there;
//! - close code 1014 passes here (it is registered with IANA) and fails there;
//! - we fail as early as the bytes allow, tungstenite once the frame is complete.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use ferry::engine::frame::{Decoder, Limits, MessageKind, Payload, ProtocolError, Sink};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

const CASES: u64 = 5_000;
const MAX_MESSAGE: usize = 2048;

#[derive(Debug, PartialEq, Eq)]
enum Event {
    Message(MessageKind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Waiting,
    Closed,
    Failed,
}

/// `SplitMix64`: a failure names its case, which alone brings it back.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

fn random_text(random: &mut Random) -> Vec<u8> {
    let len = random.pick(&[0, 1, 5, 40, 130, 600]);
    (0..random.below(len + 1))
        .flat_map(|_| random.pick(&["a", "é", "€", "\u{10FFFF}", "\u{D7FF}"]).bytes())
        .collect()
}

/// A frame of a client. A damaged one has a header that claims something else, or bytes that are hardly UTF-8.
fn push_frame(random: &mut Random, out: &mut Vec<u8>, damage: bool, opcode: OpCode, is_final: bool, payload: &[u8]) {
    let mask = random.next().to_le_bytes()[..4].try_into().unwrap();
    let mut header = FrameHeader {
        is_final,
        opcode,
        mask: Some(mask),
        ..FrameHeader::default()
    };
    let mut payload = payload.to_vec();
    if damage {
        match random.below(7) {
            0 => header.is_final = !is_final,
            1 => header.rsv1 = true,
            2 => header.rsv3 = true,
            3 => header.opcode = OpCode::from(random.byte() & 0xF),
            4 => header.mask = None,
            5 => {
                payload.extend_from_slice(random.pick(&[b"\xC0\xAF", b"\xED\xA0", b"\xF4\x90", b"\xE2\x82", b"\xFF."]));
            }
            _ => payload.resize(random.pick(&[1, 2, 126, MAX_MESSAGE - 100, MAX_MESSAGE + 1]), 3),
        }
    }
    header.format(payload.len() as u64, out).unwrap();
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
}

fn push_control(random: &mut Random, out: &mut Vec<u8>, damage: bool) {
    let opcode = OpCode::Control(random.pick(&[Control::Ping, Control::Pong]));
    let payload: Vec<u8> = (0..random.pick(&[0, 4, 125])).map(|_| random.byte()).collect();
    push_frame(random, out, damage, opcode, true, &payload);
}

fn push_close(random: &mut Random, out: &mut Vec<u8>, damage: bool) {
    let code: u16 = if damage {
        random.pick(&[0, 999, 1004, 1005, 1006, 1014, 1015, 1016, 2999, 5000])
    } else {
        random.pick(&[1000, 1001, 1003, 1007, 1011, 1013, 3000, 4999])
    };
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice("schön".as_bytes());
    payload.truncate(random.pick(&[0, 2, 7, 8]));
    let damage = damage && random.one_in(2);
    push_frame(random, out, damage, OpCode::Control(Control::Close), true, &payload);
}

fn push_message(random: &mut Random, out: &mut Vec<u8>, damage: bool) {
    let (mut opcode, payload) = if random.one_in(2) {
        (Data::Text, random_text(random))
    } else {
        (
            Data::Binary,
            (0..random.pick(&[0, 3, 125, 126, 900]))
                .map(|_| random.byte())
                .collect(),
        )
    };
    let mut rest = payload.as_slice();
    for left in (0..random.pick(&[1, 1, 2, 5])).rev() {
        let (piece, after) = rest.split_at(if left == 0 {
            rest.len()
        } else {
            random.below(rest.len() + 1)
        });
        rest = after;
        let damage = damage && random.one_in(2);
        push_frame(random, out, damage, OpCode::Data(opcode), left == 0, piece);
        opcode = Data::Continue;
        if left > 0 && random.one_in(3) {
            push_control(random, out, false);
        }
    }
}

fn random_stream(random: &mut Random, damaged: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..=random.below(6) {
        let damage = damaged && random.one_in(4);
        match random.below(8) {
            0 | 1 => push_control(random, &mut out, damage),
            2 if random.one_in(2) => push_close(random, &mut out, damage),
            _ => push_message(random, &mut out, damage),
        }
    }
    if damaged && random.one_in(2) {
        let at = random.below(out.len());
        match random.below(3) {
            0 => out[at] ^= 1 << random.below(8),
            1 => out.truncate(at),
            _ => drop(out.remove(at)),
        }
    }
    out
}

fn random_pieces(random: &mut Random, mut stream: &[u8]) -> Vec<Vec<u8>> {
    let longest = random.pick(&[1, 7, 200, 5000]);
    let mut pieces = Vec::new();
    while !stream.is_empty() {
        let (piece, rest) = stream.split_at(stream.len().min(1 + random.below(longest)));
        pieces.push(piece.to_vec());
        stream = rest;
    }
    pieces
}

#[derive(Default)]
struct Recorder(Vec<Event>);

impl Sink for Recorder {
    fn message(&mut self, kind: MessageKind, compressed: bool, payload: Payload<'_>) -> ControlFlow<()> {
        assert!(!compressed);
        self.0.push(Event::Message(kind, payload.as_ref().to_vec()));
        ControlFlow::Continue(())
    }

    fn ping(&mut self, payload: &[u8]) {
        self.0.push(Event::Ping(payload.to_vec()));
    }

    fn pong(&mut self, payload: &[u8]) {
        self.0.push(Event::Pong(payload.to_vec()));
    }

    fn close(&mut self, code: Option<u16>, reason: &str) {
        self.0.push(Event::Close(code, reason.to_owned()));
    }
}

fn ours(pieces: &[Vec<u8>]) -> (Vec<Event>, Result<Outcome, ProtocolError>) {
    let limits = Limits {
        max_message_bytes: MAX_MESSAGE,
        max_fragments: u32::MAX,
        allow_rsv1: false,
    };
    let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
    for piece in pieces {
        if let Err(error) = decoder.feed(&mut piece.clone(), &limits, &mut sink) {
            return (sink.0, Err(error));
        }
    }
    (
        sink.0,
        Ok(if decoder.is_ended() {
            Outcome::Closed
        } else {
            Outcome::Waiting
        }),
    )
}

/// Gives a reader piece after piece, then nothing yet; takes whatever is written.
struct Pieces(VecDeque<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut piece) = self.0.pop_front() else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let len = piece.len().min(buffer.len());
        buffer[..len].copy_from_slice(&piece[..len]);
        if len < piece.len() {
            self.0.push_front(piece.split_off(len));
        }
        Ok(len)
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads until tungstenite wants more, fails, or hears a Close.
fn read_theirs(socket: &mut WebSocket<Pieces>, events: &mut Vec<Event>) -> Outcome {
    loop {
        let event = match socket.read() {
            Ok(Message::Text(text)) => Event::Message(MessageKind::Text, text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => Event::Message(MessageKind::Binary, bytes.to_vec()),
            Ok(Message::Ping(bytes)) => Event::Ping(bytes.to_vec()),
            Ok(Message::Pong(bytes)) => Event::Pong(bytes.to_vec()),
            Ok(Message::Close(None)) => {
                events.push(Event::Close(None, String::new()));
                return Outcome::Closed;
            }
            // How tungstenite reports a code that it refuses; no generated frame has this reason.
            Ok(Message::Close(Some(frame)))
                if frame.code == CloseCode::Protocol && frame.reason == "Protocol violation" =>
            {
                return Outcome::Failed;
            }
            Ok(Message::Close(Some(frame))) => {
                events.push(Event::Close(Some(frame.code.into()), frame.reason.as_str().to_owned()));
                return Outcome::Closed;
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Outcome::Waiting,
            _ => return Outcome::Failed,
        };
        events.push(event);
    }
}

/// Runs one case through both and compares; says how it ended here.
fn compare(case: u64, damaged: bool) -> Outcome {
    let mut random = Random(case);
    let stream = random_stream(&mut random, damaged);
    let pieces = random_pieces(&mut random, &stream);

    let (events, end) = ours(&pieces);
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let mut socket = WebSocket::from_raw_socket(Pieces(pieces.into()), Role::Server, Some(config));
    let mut their_events = Vec::new();
    let mut their_end = read_theirs(&mut socket, &mut their_events);

    if matches!(
        end,
        Err(ProtocolError::LENGTH_NOT_MINIMAL | ProtocolError::CONTROL_TOO_LONG)
    ) {
        assert!(their_events.starts_with(&events), "case {case}: {end:?}");
        return Outcome::Failed;
    }
    if end == Ok(Outcome::Closed) && matches!(events.last(), Some(Event::Close(Some(1014), _))) {
        assert_eq!(
            (&events[..events.len() - 1], Outcome::Failed),
            (&their_events[..], their_end),
            "case {case}"
        );
        return Outcome::Closed;
    }
    if end.is_err() && their_end == Outcome::Waiting {
        // Completes the frame that tungstenite waits for, so that it too sees what is wrong with it.
        socket.get_mut().0.push_back(vec![0; MAX_MESSAGE + 14]);
        their_end = read_theirs(&mut socket, &mut their_events);
    }
    assert_eq!(
        (&events, end.unwrap_or(Outcome::Failed)),
        (&their_events, their_end),
        "case {case}: {end:?}"
    );
    end.unwrap_or(Outcome::Failed)
}

#[test]
fn valid_streams_are_read_as_tungstenite_reads_them() {
    let failed = (0..CASES)
        .filter(|&case| compare(case, false) == Outcome::Failed)
        .count();
    assert_eq!(failed, 0);
}

#[test]
fn damaged_streams_are_judged_as_tungstenite_judges_them() {
    let mut counts = [0_u64; 3];
    for case in 0..CASES {
        counts[compare(case, true) as usize] += 1;
    }
    assert!(
        counts.iter().all(|&count| count > CASES / 20),
        "too little variety: {counts:?}"
    );
}
