//! permessage-deflate over real sockets: what is agreed, what goes out compressed, what comes in.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use ferry::engine::config::{Config, SlowConsumer};
use ferry::engine::deflate::Settings;
use ferry::engine::id::ConnId;
use ferry::engine::mailbox::Command;
use ferry::engine::metrics::Limit;
use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush, Status};

use crate::harness::{Client, Helper, Host, Seen, echo, eventually, upgrade_request};

const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
const TEXT: u8 = 0x81;
const RSV1: u8 = 0x40;

fn compressing(settings: Settings) -> impl FnOnce(&mut Config) {
    move |config| config.compression = Some(settings)
}

fn takeover() -> Settings {
    Settings {
        server_takeover: true,
        client_takeover: true,
        ..Settings::default()
    }
}

/// A client with a compressor and a decompressor that live as long as it does.
struct Peer {
    client: Client,
    deflate: Deflate,
    inflate: Inflate,
    /// Agreed not to keep any context.
    server_resets: bool,
    client_resets: bool,
}

impl Peer {
    #[track_caller]
    fn connect(host: &mut Host, offer: &str) -> (Self, ConnId, String) {
        let mut client = Client::connect(host.address());
        let line = format!("Sec-WebSocket-Extensions: {offer}\r\n");
        let response = client.request(upgrade_request("/", &line));
        assert_eq!(response.status, 101, "{response:?}");
        let answer = response
            .field("sec-websocket-extensions")
            .unwrap_or_default()
            .to_owned();
        let peer = Self {
            client,
            deflate: Deflate::new(6, false, 15),
            inflate: Inflate::new(false, 15),
            server_resets: answer.contains("server_no_context_takeover"),
            client_resets: answer.contains("client_no_context_takeover"),
        };
        (peer, host.opened(), answer)
    }

    fn deflated(&mut self, text: &[u8]) -> Vec<u8> {
        if self.client_resets {
            self.deflate.reset();
        }
        let (mut out, before) = (vec![0; text.len() + 256], self.deflate.total_out());
        self.deflate.compress(text, &mut out, DeflateFlush::SyncFlush).unwrap();
        out.truncate(usize::try_from(self.deflate.total_out() - before).unwrap());
        assert_eq!(out.split_off(out.len() - 4), TAIL);
        out
    }

    fn send(&mut self, text: &str) {
        let deflated = self.deflated(text.as_bytes());
        self.client.send(TEXT | RSV1, deflated);
    }

    /// The next frame must be this text, compressed. Returns its bytes on the wire.
    #[track_caller]
    fn expect_compressed(&mut self, text: &str) -> usize {
        let (first, payload) = self.client.any_frame();
        assert_eq!(first, TEXT | RSV1, "compressed text");
        if self.server_resets {
            self.inflate.reset(false);
        }
        let (mut out, before) = (vec![0; text.len() + 1], self.inflate.total_out());
        let whole = [&payload[..], &TAIL].concat();
        let status = self
            .inflate
            .decompress(&whole, &mut out, InflateFlush::SyncFlush)
            .unwrap();
        assert_eq!(status, Status::Ok);
        out.truncate(usize::try_from(self.inflate.total_out() - before).unwrap());
        assert_eq!(String::from_utf8(out).unwrap(), text);
        payload.len()
    }
}

fn chat(n: u32) -> String {
    format!("{{\"type\":\"message\",\"data\":{{\"from\":\"user {n}\",\"text\":\"hello\"}}}}").repeat(20)
}

#[test]
fn compression_is_off_by_default() {
    let mut host = Host::with(|_| {});
    let (mut peer, id, answer) = Peer::connect(&mut host, "permessage-deflate; client_max_window_bits");
    assert_eq!(answer, "");
    host.text(id, &chat(1));
    peer.client.expect_text(&chat(1));
    peer.client.send(TEXT | RSV1, b"x");
    assert_eq!(host.closed(id, 1002), "reserved bit without an extension");
    peer.client.expect_close(1002, "reserved bit without an extension");
    host.finish_quiet();
}

#[test]
fn a_client_that_offers_nothing_gets_plain_frames() {
    let mut host = Host::with(compressing(Settings::default()));
    let (mut client, id) = host.connect();
    host.text(id, &chat(1));
    host.broadcast(None, &chat(2), &[]);
    client.expect_text(&chat(1));
    client.expect_text(&chat(2));
    client.send(TEXT | RSV1, b"x");
    host.closed(id, 1002);
    host.finish_quiet();
}

#[test]
fn messages_are_echoed_compressed_both_ways() {
    for settings in [Settings::default(), takeover()] {
        let mut host = Host::with(compressing(settings));
        let (mut peer, ..) = Peer::connect(&mut host, "permessage-deflate; client_max_window_bits");
        let helper = Helper::serve(host, echo);
        let mut sizes = Vec::new();
        for n in 0..50 {
            peer.send(&chat(n));
            sizes.push(peer.expect_compressed(&chat(n)));
        }
        assert_eq!(
            sizes[0] > 2 * sizes[49],
            settings.server_takeover,
            "context makes the later ones smaller: {sizes:?}"
        );
        peer.send("short");
        peer.client.expect_text("short");
        // More than the codec's buffer, and in many pieces.
        let long = (0..4000).map(chat).collect::<String>()[..900_000].to_owned();
        peer.send(&long);
        peer.expect_compressed(&long);
        // What does not shrink is sent as it is, and leaves the context alone.
        let noise: String = (0..3000_u32)
            .map(|n| char::from_u32(0x4E00 + n.wrapping_mul(2_654_435_761) % 20_000).unwrap())
            .collect();
        peer.send(&noise);
        let (first, _) = peer.client.any_frame();
        if first == TEXT {
            peer.send(&chat(7));
            peer.expect_compressed(&chat(7));
        }
        let metrics = &helper.server.metrics;
        assert!(metrics.bytes_saved.load(Ordering::Relaxed) > 1_000_000);
        drop(peer);
        helper.stop().finish();
    }
}

#[test]
fn messages_in_a_row_keep_their_order_whatever_their_form() {
    let mut host = Host::with(compressing(takeover()));
    let (mut peer, id, _) = Peer::connect(&mut host, "permessage-deflate");
    let mailbox = host.server.mailbox(id).unwrap();
    for n in 0..10 {
        host.append(id, ferry::engine::frame::MessageKind::Text, chat(n).as_bytes());
        host.append(id, ferry::engine::frame::MessageKind::Text, b"short");
        mailbox
            .batch()
            .control(id, |out| ferry::engine::frame::encode_ping(out, b"p"));
        host.broadcast(None, &chat(100 + n), &[]);
    }
    mailbox.hand_over();
    for n in 0..10 {
        peer.expect_compressed(&chat(n));
        peer.client.expect_text("short");
        peer.client.expect(9, "p");
        peer.expect_compressed(&chat(100 + n));
    }
    drop(peer);
    host.finish();
}

#[test]
fn a_broadcast_is_compressed_once_per_window() {
    let mut host = Host::with(compressing(takeover()));
    let mut peers: Vec<_> = (0..9_u8)
        .map(|n| {
            Peer::connect(
                &mut host,
                &format!("permessage-deflate; server_max_window_bits={}", 9 + n % 3),
            )
            .0
        })
        .collect();
    let (mut plain, _) = host.connect();
    let text = chat(3);
    host.broadcast(None, &text, &[]);
    let sizes: Vec<usize> = peers.iter_mut().map(|peer| peer.expect_compressed(&text)).collect();
    plain.expect_text(&text);
    assert!(sizes[3..].iter().zip(&sizes).all(|(a, b)| a == b), "{sizes:?}");
    let saved = sizes.iter().map(|size| text.len() - size).sum::<usize>();
    let counted = usize::try_from(host.server.metrics.bytes_saved.load(Ordering::Relaxed)).unwrap();
    // Headers may differ by two bytes.
    assert!(
        (saved..=saved + 2 * sizes.len()).contains(&counted),
        "{counted} of {saved}"
    );
    host.broadcast(None, "below the threshold", &[]);
    for peer in &mut peers {
        peer.client.expect_text("below the threshold");
    }
    drop(peers);
    host.finish();
}

#[test]
fn fragments_and_control_frames_keep_to_rsv1() {
    let mut host = Host::with(compressing(Settings::default()));
    let (mut peer, id, _) = Peer::connect(&mut host, "permessage-deflate");
    let deflated = peer.deflated(chat(1).as_bytes());
    let (front, back) = deflated.split_at(deflated.len() / 2);
    peer.client.send(0x01 | RSV1, front);
    peer.client.send(0x89, b"between");
    peer.client.send(0x80, back);
    peer.client.expect(10, "between");
    assert_eq!(host.message(), (id, chat(1).into_bytes()));
    // Uncompressed messages stay allowed.
    peer.client.text("plain");
    assert_eq!(host.message(), (id, b"plain".to_vec()));
    peer.client.send(0x01 | RSV1, front);
    peer.client.send(0x80 | RSV1, back);
    assert_eq!(host.closed(id, 1002), "reserved bit without an extension");
    host.finish_quiet();

    let mut host = Host::with(compressing(Settings::default()));
    let (mut peer, id, _) = Peer::connect(&mut host, "permessage-deflate");
    peer.client.send(0x89 | RSV1, b"ping");
    host.closed(id, 1002);
    host.finish_quiet();
}

#[test]
fn what_cannot_be_inflated_closes_the_connection() {
    type Case<'a> = (&'a str, u16, fn(&mut Peer) -> Vec<u8>);
    let cases: [Case; 4] = [
        ("message too big", 1009, |peer| peer.deflated(&vec![b'0'; 4 << 20])),
        ("invalid compressed data", 1007, |_| b"no deflate".to_vec()),
        ("invalid compressed data", 1007, |peer| {
            let mut cut = peer.deflated(chat(1).as_bytes());
            cut.truncate(cut.len() / 2);
            cut
        }),
        ("text message is not UTF-8", 1007, |peer| peer.deflated(b"caf\xe9")),
    ];
    for (reason, code, make) in cases {
        let mut host = Host::with(compressing(takeover()));
        let (mut peer, id, _) = Peer::connect(&mut host, "permessage-deflate");
        let (mut other, other_id, _) = Peer::connect(&mut host, "permessage-deflate");
        peer.send("good");
        assert_eq!(host.message(), (id, b"good".to_vec()));
        let payload = make(&mut peer);
        peer.client.send(TEXT | RSV1, payload);
        assert_eq!(host.closed(id, code), reason);
        peer.client.expect_close(code, reason);
        // Nobody else notices.
        other.send(&chat(1));
        assert_eq!(host.message(), (other_id, chat(1).into_bytes()));
        drop(other);
        host.closed(other_id, 1006);
        host.finish_quiet();
    }
}

#[test]
fn a_malformed_extension_header_is_refused() {
    let host = Host::with(compressing(Settings::default()));
    let mut client = Client::connect(host.address());
    let line = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\"10\r\n";
    assert_eq!(client.request(upgrade_request("/", line)).status, 400);
    host.finish_quiet();
}

#[test]
fn a_php_side_that_answers_handshakes_gets_compressed_connections_too() {
    let mut host = Host::asking(compressing(Settings::default()));
    let mut client = Client::connect(host.address());
    client.write(upgrade_request("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    let asked = host.handshake();
    host.accept(asked.id);
    let response = client.response(true);
    assert_eq!(
        response.field("sec-websocket-extensions"),
        Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    );
    let id = host.opened();
    host.text(id, &chat(1));
    assert_eq!(client.any_frame().0, TEXT | RSV1);
    drop(client);
    host.finish();
}

#[test]
fn dropped_messages_leave_the_others_readable() {
    let mut host = Host::with(|config| {
        config.compression = Some(Settings {
            threshold: 0,
            ..Settings::default()
        });
        config.slow_consumer = SlowConsumer::DropOldest;
        config.outbox_bytes = 20_000;
    });
    let mut client = Client::connect(host.address());
    client.request(upgrade_request("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    let id = host.opened();
    let metrics = std::sync::Arc::clone(&host.server.metrics);
    let outlet = host.outlet(id);
    let (mut sent, mut handed) = (0_u64, 0);
    while metrics.dropped.load(Ordering::Relaxed) < 10 {
        // Digits shrink by half at best, so the socket is full soon.
        let mut text = format!("{sent:08}");
        for n in 0..400 {
            let digits = (sent * 400 + n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            write!(text, "{digits:020}").unwrap();
        }
        host.text(id, &text);
        sent += 1;
        handed += 4 + text.len() as u64;
        eventually("the message is taken", || outlet.taken() == handed);
    }
    host.command(
        id,
        Command::Close {
            id,
            code: 1000,
            reason: "".into(),
        },
    );
    let mut last = None;
    loop {
        let (first, payload) = client.any_frame();
        if first == 0x88 {
            break;
        }
        assert_eq!(first, TEXT | RSV1);
        let mut out = vec![0; 10_000];
        let mut inflate = Inflate::new(false, 15);
        let whole = [&payload[..], &TAIL].concat();
        inflate.decompress(&whole, &mut out, InflateFlush::SyncFlush).unwrap();
        let number: u64 = std::str::from_utf8(&out[..8]).unwrap().parse().unwrap();
        assert!(last.is_none_or(|last| number > last), "{number} after {last:?}");
        last = Some(number);
    }
    assert_eq!(last, Some(sent - 1), "the newest message stays");
    client.close(1000, "");
    assert!(matches!(host.next(), Seen::Close { code: 1000, .. }));
    host.finish_quiet();
}

#[test]
fn the_rate_counts_what_messages_inflate_to() {
    let mut host = Host::with(|c| {
        compressing(Settings::default())(c);
        c.rates.bytes = Some(1000);
    });
    let (mut peer, id, _) = Peer::connect(&mut host, "permessage-deflate");
    let large = "x".repeat(100_000);
    assert!(peer.deflated(large.as_bytes()).len() < 500);
    // More than a second's worth passes and is owed.
    peer.send(&large);
    assert_eq!(host.message().1.len(), large.len());
    peer.send("too much");
    host.closed(id, 1008);
    assert_eq!(host.server.metrics.limited(Limit::ByteRate), 1);
    host.finish();
}
