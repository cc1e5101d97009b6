//! What the decoder's tests share.

mod delivery;
mod refusal;

use std::ops::ControlFlow;

use super::*;

const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
const LIMITS: Limits = Limits {
    max_message_bytes: 1 << 20,
    max_fragments: 16,
    allow_rsv1: false,
};

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Message {
        kind: MessageKind,
        compressed: bool,
        payload: Vec<u8>,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

use Event::{Close, Message, Ping, Pong};

fn text(payload: &str) -> Event {
    Message {
        kind: MessageKind::Text,
        compressed: false,
        payload: payload.into(),
    }
}

fn binary(payload: &[u8]) -> Event {
    Message {
        kind: MessageKind::Binary,
        compressed: false,
        payload: payload.into(),
    }
}

#[derive(Default)]
struct Recorder {
    events: Vec<Event>,
    borrowed: usize,
    /// Breaks off at this many messages; 0 never.
    stop_after: usize,
}

impl Sink for Recorder {
    fn message(&mut self, kind: MessageKind, compressed: bool, payload: Payload<'_>) -> ControlFlow<()> {
        self.borrowed += usize::from(matches!(payload, Payload::Borrowed(_)));
        self.events.push(Message {
            kind,
            compressed,
            payload: payload.as_ref().to_vec(),
        });
        if self.events.len() == self.stop_after {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn ping(&mut self, payload: &[u8]) {
        self.events.push(Ping(payload.to_vec()));
    }

    fn pong(&mut self, payload: &[u8]) {
        self.events.push(Pong(payload.to_vec()));
    }

    fn close(&mut self, code: Option<u16>, reason: &str) {
        self.events.push(Close(code, reason.to_owned()));
    }
}

/// A client frame whose length takes `length` bytes beyond the second, and claims `claimed`.
fn raw_frame(first: u8, length: usize, claimed: u64, payload: &[u8]) -> Vec<u8> {
    let short = match length {
        0 => u8::try_from(claimed).unwrap(),
        2 => 126,
        _ => 127,
    };
    let mut frame = vec![first, 0x80 | short];
    frame.extend_from_slice(&claimed.to_be_bytes()[8 - length..]);
    frame.extend_from_slice(&KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = match payload.len() {
        0..126 => 0,
        126..65_536 => 2,
        _ => 8,
    };
    raw_frame(first, length, payload.len() as u64, payload)
}

fn close_payload(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason].concat()
}

/// What came of `input` in pieces that end at `cuts`.
fn decode_cut(input: &[u8], cuts: &[usize], limits: &Limits) -> (Vec<Event>, Result<(), ProtocolError>) {
    let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
    let mut start = 0;
    for &end in cuts.iter().chain([&input.len()]) {
        if let Err(error) = decoder.feed(&mut input[start..end].to_vec(), limits, &mut sink) {
            return (sink.events, Err(error));
        }
        start = end;
    }
    (sink.events, Ok(()))
}

fn decode_with(limits: &Limits, frames: &[Vec<u8>]) -> (Vec<Event>, Result<(), ProtocolError>) {
    let input = frames.concat();
    let whole = decode_cut(&input, &[], limits);
    for cut in 0..input.len().min(400) {
        assert_eq!(decode_cut(&input, &[cut], limits), whole, "cut at {cut}");
    }
    whole
}

/// Decodes in one piece and in every two, which must agree.
fn decode(frames: &[Vec<u8>]) -> (Vec<Event>, Result<(), ProtocolError>) {
    decode_with(&LIMITS, frames)
}

fn error_of(frames: &[Vec<u8>]) -> ProtocolError {
    decode(frames).1.unwrap_err()
}
