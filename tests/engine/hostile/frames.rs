//! After the upgrade: frames that break the protocol. RFC 6455 sections 5 and 7.4, RFC 7692 section 7.

use ferry::engine::deflate::Settings;
use zlib_rs::{Deflate, DeflateFlush};

use super::Scene;
use crate::harness::{Client, connect_tls, masked_frame, upgrade_request};

/// Sends each of these frames on a connection of its own, which must be closed with the code while the neighbours go on.
#[track_caller]
fn punished(scene: &Scene, code: u16, attacks: &[(&str, Vec<u8>)]) {
    for (name, frames) in attacks {
        for mut attacker in [Client::connect(scene.address()), connect_tls(scene.tls_address())] {
            attacker.upgrade();
            attacker.write(frames);
            let close = attacker.frame();
            let given = u16::from_be_bytes(close.payload[..2].try_into().unwrap());
            assert_eq!((close.opcode, given), (8, code), "{name}");
            scene.neighbours_go_on();
            attacker.expect_end();
        }
    }
    scene.expect_closed(code, 2 * attacks.len() as u64);
    scene.expect_alone();
}

/// A masked frame with this length and without its payload.
fn announcing(first: u8, length: u64) -> Vec<u8> {
    [&[first, 0xff], length.to_be_bytes().as_slice(), &[1, 2, 3, 4]].concat()
}

#[test]
fn impossible_lengths_are_refused_before_their_payload() {
    let scene = Scene::new(|_| {});
    punished(
        &scene,
        1002,
        &[
            ("2^63", announcing(0x82, 1 << 63)),
            ("2^64-1", announcing(0x82, u64::MAX)),
            ("not minimal", announcing(0x82, 5)),
            ("a ping of 2^20", announcing(0x89, 1 << 20)),
        ],
    );
    punished(
        &scene,
        1009,
        &[
            ("2^63-1", announcing(0x82, i64::MAX as u64)),
            ("2^40", announcing(0x81, 1 << 40)),
            ("one too many", announcing(0x82, (1 << 20) + 1)),
        ],
    );
    scene.finish();
}

#[test]
fn unmasked_frames_are_refused() {
    let scene = Scene::new(|_| {});
    punished(
        &scene,
        1002,
        &[
            ("text", b"\x81\x05hello".to_vec()),
            ("empty", b"\x82\x00".to_vec()),
            ("ping", b"\x89\x00".to_vec()),
            ("close", b"\x88\x02\x03\xe8".to_vec()),
            (
                "long",
                [b"\x82\x7f\0\0\0\0\0\x01\0\0".as_slice(), &vec![0; 65_536]].concat(),
            ),
        ],
    );
    scene.finish();
}

#[test]
fn text_that_is_not_utf8_is_refused_wherever_it_is_split() {
    let scene = Scene::new(|_| {});
    let split = |pieces: &[&[u8]]| -> Vec<u8> {
        let last = pieces.len() - 1;
        let piece = |(n, piece): (usize, &&[u8])| {
            let opcode = u8::from(n == 0);
            masked_frame(opcode | if n == last { 0x80 } else { 0 }, piece)
        };
        pieces.iter().enumerate().flat_map(piece).collect()
    };
    punished(
        &scene,
        1007,
        &[
            ("a lone continuation byte", split(&[b"ok", b"\x80", b"ok"])),
            ("cut by the next fragment", split(&[b"\xe2\x82", b"x"])),
            ("cut by the end", split(&[b"ok \xf0\x9f", b"\x98"])),
            ("a surrogate in two halves", split(&[b"\xed", b"\xa0\x80"])),
            ("overlong in two halves", split(&[b"\xc0", b"\xaf"])),
            ("over U+10FFFF", split(&[b"\xf4", b"", b"\x90\x80\x80"])),
            // Said before the message ends.
            ("not finished", masked_frame(0x01, b"\xff")),
        ],
    );
    scene.finish();
}

#[test]
fn close_codes_that_nobody_may_send_are_refused() {
    let scene = Scene::new(|_| {});
    let close = |code: u16| masked_frame(0x88, &code.to_be_bytes());
    let codes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
    let mut attacks: Vec<_> = codes.iter().map(|code| ("code", close(*code))).collect();
    attacks.push(("one byte", masked_frame(0x88, b"\x03")));
    punished(&scene, 1002, &attacks);
    punished(&scene, 1007, &[("reason", masked_frame(0x88, b"\x03\xe8\xff\xff"))]);
    scene.finish();
}

#[test]
fn a_flood_of_fragments_is_cut() {
    let scene = Scene::new(|c| c.max_fragments = 100);
    let mut endless = masked_frame(0x01, b"");
    for _ in 0..200 {
        endless.extend(masked_frame(0x00, b""));
    }
    let mut growing = masked_frame(0x02, &[0; 16_384]);
    for _ in 0..99 {
        growing.extend(masked_frame(0x00, &[0; 16_384]));
    }
    punished(&scene, 1008, &[("empty ones", endless)]);
    punished(&scene, 1009, &[("up to the message limit", growing)]);
    scene.finish();
}

#[test]
fn a_deflate_bomb_is_not_inflated() {
    let scene = Scene::new(|c| c.compression = Some(Settings::default()));
    let mut deflate = Deflate::new(6, false, 15);
    let mut bomb = vec![0; 256 * 1024];
    // 16 MiB of zeros in some 16 KiB.
    let zeros = vec![0; 16 << 20];
    deflate.compress(&zeros, &mut bomb, DeflateFlush::SyncFlush).unwrap();
    bomb.truncate(usize::try_from(deflate.total_out()).unwrap() - 4);
    assert!(bomb.len() < 50_000, "{}", bomb.len());
    let connect = || {
        let mut client = Client::connect(scene.address());
        let response = client.request(upgrade_request("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
        assert!(response.field("sec-websocket-extensions").is_some());
        client
    };
    let whole = masked_frame(0xc2, &bomb);
    let (head, rest) = bomb.split_at(bomb.len() / 2);
    let fragmented = [masked_frame(0x42, head), masked_frame(0x80, rest)].concat();
    for frames in [whole, fragmented] {
        let mut attacker = connect();
        attacker.write(frames);
        attacker.expect_close(1009, "message too big");
        attacker.expect_end();
    }
    scene.neighbours_go_on();
    let mut garbage = connect();
    garbage.write(masked_frame(0xc1, &[0xff; 64]));
    garbage.expect_close(1007, "invalid compressed data");
    drop(garbage);
    scene.expect_closed(1009, 2);
    scene.expect_closed(1007, 1);
    scene.expect_alone();
    scene.finish();
}
