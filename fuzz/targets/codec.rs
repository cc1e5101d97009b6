//! Frames of a client, cut anywhere: our decoder and tungstenite's reader must agree.
//!
//! The first two bytes say how the rest is cut.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/engine/codec_differential/judge.rs"]
mod judge;

fuzz_target!(|input: &[u8]| {
    let Some(([longest, step], stream)) = input.split_first_chunk() else {
        return;
    };
    let mut pieces = Vec::new();
    let (mut rest, mut len) = (stream, usize::from(*longest));
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(1 + len % 256));
        pieces.push(piece.to_vec());
        rest = after;
        len += usize::from(*step);
    }
    judge::judge(pieces, "fuzzed");
});
