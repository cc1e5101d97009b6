use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

use super::*;
use crate::engine::frame::ProtocolError;

const LIMIT: usize = 1 << 20;

fn context(takeover: bool, bits: u8) -> Context {
    Context::new(Terms {
        server_takeover: takeover,
        client_takeover: takeover,
        server_bits: bits,
        client_bits: bits,
    })
}

/// What a client would send: a compressor of its own that lives as long as its connection.
struct Peer(Deflate);

impl Peer {
    fn new(bits: u8) -> Self {
        Self(Deflate::new_with_config(DeflateConfig {
            level: 6,
            window_bits: -i32::from(bits),
            ..DeflateConfig::default()
        }))
    }

    fn run(&mut self, text: &[u8], flush: DeflateFlush) -> Vec<u8> {
        let mut out = vec![0; text.len() + 1024];
        let before = self.0.total_out();
        self.0.compress(text, &mut out, flush).unwrap();
        out.truncate(usize::try_from(self.0.total_out() - before).unwrap());
        out
    }

    fn message(&mut self, text: &[u8]) -> Vec<u8> {
        let mut out = self.run(text, DeflateFlush::SyncFlush);
        assert_eq!(out.split_off(out.len() - 4), TAIL);
        out
    }
}

/// Text with repetitions at many distances, different for every seed.
fn text(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed;
    let words = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        format!("{{\"id\":{},\"name\":\"user-{}\"}},", state >> 20, state >> 27)
    });
    words.flat_map(String::into_bytes).take(len).collect()
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    });
    bytes.take(len).collect()
}

#[track_caller]
fn inflated(codec: &mut Codec, context: &mut Context, deflated: &[u8]) -> Vec<u8> {
    codec.inflate(context, deflated, LIMIT).unwrap().as_ref().to_vec()
}

#[track_caller]
fn refusal(deflated: &[u8], limit: usize) -> ProtocolError {
    Codec::new(1)
        .inflate(&mut context(true, 15), deflated, limit)
        .unwrap_err()
}

#[test]
fn examples_of_the_rfc_inflate() {
    // RFC 7692 section 7.2.3: one block, a reference into the message before, no compression, two blocks, BFINAL.
    let (codec, mut kept) = (&mut Codec::new(1), context(true, 15));
    assert_eq!(
        inflated(codec, &mut kept, &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]),
        b"Hello"
    );
    assert_eq!(inflated(codec, &mut kept, &[0xf2, 0x00, 0x11, 0x00, 0x00]), b"Hello");
    let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    assert_eq!(inflated(codec, &mut kept, &stored), b"Hello");
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    assert_eq!(inflated(codec, &mut kept, &last), b"Hello");
    let two = [
        0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
    ];
    assert_eq!(inflated(codec, &mut kept, &two), b"Hello");
    // Without the byte behind the last block, and a message of no bytes.
    assert_eq!(inflated(codec, &mut kept, &last[..7]), b"Hello");
    assert_eq!(inflated(codec, &mut kept, &[0x00]), b"");
    assert_eq!(inflated(codec, &mut kept, &[]), b"");
}

#[test]
fn what_one_side_compresses_the_other_inflates() {
    for takeover in [false, true] {
        for bits in 9..=15 {
            let codec = &mut Codec::new(1);
            let (mut server, mut client) = (context(takeover, bits), context(takeover, bits));
            for (seed, len) in (0..).zip([300, 20_000, 64 * 1024, 64 * 1024 + 1, 300, 300_000, 1, 2000]) {
                let message = text(seed % 3, len);
                let Some(deflated) = codec.compress(&mut server, &message).map(<[u8]>::to_vec) else {
                    assert!(len < 300, "{len} bytes became no smaller");
                    continue;
                };
                assert_eq!(
                    inflated(codec, &mut client, &deflated),
                    message,
                    "bits {bits}, {len} bytes"
                );
            }
        }
    }
}

#[test]
fn a_clients_own_compressor_is_followed_over_many_messages() {
    for bits in 9..=15 {
        let (codec, mut kept, mut peer) = (&mut Codec::new(1), context(true, bits), Peer::new(bits));
        for seed in 0..200 {
            let message = text(seed, usize::try_from(seed).unwrap() * 37 % 3000 + 1);
            let deflated = peer.message(&message);
            assert_eq!(
                inflated(codec, &mut kept, &deflated),
                message,
                "bits {bits}, message {seed}"
            );
        }
        assert!(
            kept.held_bytes() <= (1 << bits) * 5 / 4,
            "{} bytes held",
            kept.held_bytes()
        );
    }
}

#[test]
fn context_makes_messages_smaller_and_is_bounded() {
    let codec = &mut Codec::new(1);
    let (mut with, mut without) = (context(true, 15), context(false, 15));
    assert_eq!(with.held_bytes(), 0);
    let message = text(7, 2000);
    let first = codec.compress(&mut with, &message).unwrap().len();
    let second = codec.compress(&mut with, &message).unwrap().len();
    assert!(second * 4 < first, "{first} bytes, then {second}");
    assert_eq!(codec.compress(&mut without, &message).unwrap().len(), first);
    assert_eq!(codec.compress(&mut without, &message).unwrap().len(), first);
    assert_eq!(without.held_bytes(), 0);
    for seed in 0..100 {
        codec.compress(&mut with, &text(seed, 5000)).unwrap();
    }
    assert!(with.held_bytes() <= 10 * 1024, "{} bytes held", with.held_bytes());
}

#[test]
fn a_message_for_many_can_stand_between_messages_with_context() {
    let codec = &mut Codec::new(1);
    let (mut server, mut client) = (context(true, 15), context(true, 15));
    for seed in 0..20 {
        let message = text(seed % 4, 1500);
        let deflated = if seed % 3 == 1 {
            server.forget_sent();
            codec.compress_for_many(15, &message).unwrap().to_vec()
        } else {
            codec.compress(&mut server, &message).unwrap().to_vec()
        };
        assert_eq!(inflated(codec, &mut client, &deflated), message, "message {seed}");
    }
}

#[test]
fn what_compression_makes_no_smaller_is_left_alone() {
    let codec = &mut Codec::new(9);
    let noise = noise(5000);
    let mut kept = context(true, 15);
    assert_eq!(codec.compress(&mut kept, &noise), None);
    assert_eq!(kept.held_bytes(), 0, "the client's window has not seen it either");
    assert_eq!(codec.compress(&mut kept, b""), None);
    assert_eq!(codec.compress_for_many(9, &noise), None);
    assert!(codec.compress(&mut kept, &text(1, 5000)).is_some());
}

/// The fastest level of zlib-rs 0.6.8 panics where its output is full and so are its own 64 KiB.
#[test]
fn large_messages_that_grow_are_left_alone() {
    for level in [1, 2, 6] {
        let codec = &mut Codec::new(level);
        for len in [60_000, 65_536, 100_000, 131_072, 400_000] {
            assert_eq!(
                codec.compress_for_many(15, &noise(len)),
                None,
                "level {level}, {len} bytes"
            );
            // First text, then noise, and the other way round.
            let halves = [text(1, len), noise(len)];
            for mixed in [halves.concat(), [&halves[1][..], &halves[0]].concat()] {
                let deflated = codec.compress_for_many(15, &mixed).map(<[u8]>::to_vec);
                if let Some(deflated) = deflated {
                    assert_eq!(inflated(codec, &mut context(false, 15), &deflated), mixed);
                }
            }
        }
    }
}

#[test]
fn a_bomb_is_refused_at_the_limit() {
    let zeros = vec![0; 16 << 20];
    let bomb = Peer::new(15).message(&zeros);
    assert!(bomb.len() < 20_000);
    assert_eq!(refusal(&bomb, LIMIT), ProtocolError::TOO_BIG);
    // The limit itself is allowed, one byte more is not; in the scratch and beyond it.
    for len in [0, 1, 1000, 65_535, 65_536, 65_537, 200_000] {
        let deflated = Peer::new(15).message(&zeros[..len]);
        let mut kept = context(false, 15);
        let message = Codec::new(1).inflate(&mut kept, &deflated, len).unwrap().as_ref().len();
        assert_eq!(message, len);
        if len > 0 {
            assert_eq!(refusal(&deflated, len - 1), ProtocolError::TOO_BIG);
        }
    }
}

#[test]
fn what_is_no_whole_deflate_stream_is_refused() {
    let whole = Peer::new(15).message(&text(1, 4000));
    for end in 1..whole.len() - 1 {
        assert_eq!(
            refusal(&whole[..end], LIMIT),
            ProtocolError::INVALID_DEFLATE,
            "{end} bytes"
        );
    }
    // The last one is cut in a block that goes on through what stands for its end, and ends behind it.
    let swallows_the_end = b"\xb3\xb3\xb3\xb3\xb3\xb3\xb3\xb3\x5f\x6d\x7b\x22\x61";
    for wrong in [
        &[0xff][..],
        &[0x06],
        &[0x07, 0xff, 0x12],
        b"plain text",
        swallows_the_end,
    ] {
        assert_eq!(refusal(wrong, LIMIT), ProtocolError::INVALID_DEFLATE, "{wrong:x?}");
    }
}

#[test]
fn a_reference_to_what_is_not_kept_is_refused() {
    let (codec, mut forgetful) = (&mut Codec::new(1), context(false, 15));
    let mut peer = Peer::new(15);
    let (first, second) = (peer.message(b"Hello, Hello"), peer.message(b"Hello, Hello"));
    assert_eq!(inflated(codec, &mut forgetful, &first), b"Hello, Hello");
    let error = codec.inflate(&mut forgetful, &second, LIMIT).unwrap_err();
    assert_eq!(error, ProtocolError::INVALID_DEFLATE);
    assert_eq!(
        inflated(codec, &mut forgetful, &first),
        b"Hello, Hello",
        "the next one is not hurt"
    );
}

#[test]
fn streams_within_a_message_are_followed_and_counted() {
    let part = text(3, 40_000);
    let stream = Peer::new(15).run(&part, DeflateFlush::Finish);
    let mut second = Peer::new(15);
    second.0.set_dictionary(&part[part.len() - 32_768..]).unwrap();
    let referring = second.message(&part);
    let deflated = [stream.clone(), referring].concat();
    assert_eq!(
        inflated(&mut Codec::new(1), &mut context(true, 15), &deflated),
        part.repeat(2)
    );
    // An empty last block in ten bits: each would cost a restart.
    assert_eq!(refusal(&[3, 0].repeat(1000), LIMIT), ProtocolError::INVALID_DEFLATE);
}

#[test]
fn a_panic_of_the_library_costs_one_message() {
    let (mut codec, mut context) = (Codec::new(1), context(true, 15));
    let (mut peer, message) = (Peer::new(15), text(1, 5000));
    let deflated = peer.message(&message);
    codec.breaks = true;
    let refused = codec.inflate(&mut context, &deflated, LIMIT).unwrap_err();
    assert_eq!((refused, refused.code), (ProtocolError::INFLATING_FAILED, 1011));
    assert_eq!(codec.inflate(&mut context, &deflated, LIMIT).unwrap().as_ref(), message);

    codec.breaks = true;
    assert_eq!(codec.compress(&mut context, &message), None, "sent as it is");
    assert!(codec.compress(&mut context, &message).is_some());
    codec.breaks = true;
    assert_eq!(codec.compress_for_many(15, &message), None);
    assert!(codec.compress_for_many(15, &message).is_some());
}
