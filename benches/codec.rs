//! What the codec costs: `cargo bench --no-default-features --bench codec`.

#![allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]

use std::hint::black_box;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ferry::engine::frame::{Decoder, Limits, MessageKind, Payload, Sink, encode_message};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Data, OpCode};

const SCRATCH: usize = 64 * 1024;
const LIMITS: Limits = Limits {
    max_message_bytes: 16 << 20,
    max_fragments: 64,
    allow_rsv1: false,
};
const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

fn main() {
    decoding();
    headers();
    encoding();
}

/// Counts, so that the work cannot be optimised away and is checked.
#[derive(Default)]
struct Counter {
    messages: usize,
    bytes: usize,
}

impl Sink for Counter {
    fn message(&mut self, _: MessageKind, _: bool, payload: Payload<'_>) -> ControlFlow<()> {
        self.messages += 1;
        self.bytes += black_box(payload.as_ref()).len();
        ControlFlow::Continue(())
    }

    fn ping(&mut self, _: &[u8]) {}

    fn pong(&mut self, _: &[u8]) {}

    fn close(&mut self, _: Option<u16>, _: &str) {}
}

fn frame(kind: Data, len: usize) -> Vec<u8> {
    let header = FrameHeader {
        opcode: OpCode::Data(kind),
        mask: Some(KEY),
        ..FrameHeader::default()
    };
    let mut out = Vec::new();
    header.format(len as u64, &mut out).unwrap();
    out.extend(
        std::iter::repeat_n(b'x', len)
            .zip(KEY.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    out
}

/// The best of several rounds: other work on the machine only ever adds.
fn best(mut round: impl FnMut() -> Duration) -> f64 {
    (0..9).map(|_| round()).min().unwrap().as_secs_f64()
}

/// Seconds for a stream that is read `SCRATCH` bytes at a time; the copy stands for the kernel's and is not counted.
fn decode(stream: &[u8], messages: usize) -> f64 {
    let mut scratch = vec![0; SCRATCH];
    best(|| {
        let (mut decoder, mut sink) = (Decoder::default(), Counter::default());
        let mut spent = Duration::ZERO;
        for piece in stream.chunks(SCRATCH) {
            let scratch = &mut scratch[..piece.len()];
            scratch.copy_from_slice(piece);
            let start = Instant::now();
            decoder.feed(scratch, &LIMITS, &mut sink).unwrap();
            spent += start.elapsed();
        }
        assert_eq!(sink.messages, messages);
        spent
    })
}

fn decoding() {
    for (kind, len, messages) in [
        (Data::Binary, 16, 100_000),
        (Data::Binary, 31, 100_000),
        (Data::Binary, 128, 100_000),
        (Data::Text, 128, 100_000),
        (Data::Text, 1024, 20_000),
        (Data::Binary, 16_000, 2_000),
        (Data::Binary, 60_000, 500),
        (Data::Binary, 1 << 20, 30),
        (Data::Text, 1 << 20, 30),
    ] {
        let seconds = decode(&frame(kind, len).repeat(messages), messages);
        let each = seconds * 1e9 / messages as f64;
        println!("{kind} of {len} B: {each:.1} ns, {:.1} GB/s", len as f64 / each);
    }
}

fn headers() {
    const FRAMES: usize = 200_000;
    let stream = frame(Data::Binary, 0).repeat(FRAMES);
    let ours = decode(&stream, FRAMES);
    let theirs = best(|| {
        let start = Instant::now();
        let mut cursor = Cursor::new(stream.as_slice());
        for _ in 0..FRAMES {
            black_box(FrameHeader::parse(&mut cursor).unwrap().unwrap());
        }
        start.elapsed()
    });
    let each = |seconds: f64| seconds * 1e9 / FRAMES as f64;
    println!(
        "empty frame decoded: {:.1} ns; tungstenite's header alone: {:.1} ns",
        each(ours),
        each(theirs)
    );
}

fn encoding() {
    const MESSAGES: usize = 100_000;
    let mut out = Vec::with_capacity(MESSAGES * 130);
    let seconds = best(|| {
        out.clear();
        let start = Instant::now();
        for _ in 0..MESSAGES {
            encode_message(&mut out, MessageKind::Binary, black_box(&[b'x'; 128]));
        }
        start.elapsed()
    });
    assert_eq!(out.len(), MESSAGES * 132);
    println!("encode 128 B: {:.1} ns", seconds * 1e9 / MESSAGES as f64);
}
