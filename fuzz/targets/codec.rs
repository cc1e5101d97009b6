//! Frames of a client, cut anywhere: our decoder and tungstenite's reader must agree.
//!
//! The first five bytes say how the rest is cut, and whether a long frame stands before it, whose payload repeats the rest: a
//! fuzzer finds little in long inputs.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/engine/codec_differential/judge.rs"]
mod judge;

/// Enough for what large messages alone meet: blocks of 16 KiB, eager growth, copies in steps.
const MAX_MESSAGE: usize = 128 * 1024;
const LONG: u8 = 0x10;

fuzz_target!(|input: &[u8]| {
    let Some(([longest, step, shape, low, high], given)) = input.split_first_chunk() else {
        return;
    };
    let mut stream = Vec::new();
    if shape & LONG != 0 && !given.is_empty() {
        // Twice what is taken at most.
        let len = usize::from(u16::from_le_bytes([*low, *high])) * 4;
        stream.push((shape & 0x80) | if shape & 0x20 == 0 { 1 } else { 2 });
        stream.push(0xff);
        stream.extend((len as u64).to_be_bytes());
        stream.extend(input.first_chunk::<4>().expect("there are five"));
        stream.extend(given.iter().cycle().take(len));
    }
    stream.extend(given);

    let mut pieces = Vec::new();
    let (mut rest, mut len) = (stream.as_slice(), usize::from(*longest));
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(1 + (len % 256 << (shape & 0x0f))));
        pieces.push(piece.to_vec());
        rest = after;
        len += usize::from(*step);
    }
    judge::judge(pieces, "fuzzed");
});
