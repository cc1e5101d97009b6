//! How connections end: every one with one close event, the last of its events.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ferry::engine::frame::MessageKind;
use ferry::engine::metrics::Limit;

use crate::harness::{Client, Host, eventually, masked_frame};

/// The last frame is the Close with this code; then the server ends.
#[track_caller]
fn failed_with(client: &mut Client, code: u16) {
    let frame = client.frame();
    assert_eq!(frame.opcode, 8);
    assert_eq!(frame.payload[..2], code.to_be_bytes(), "{frame:?}");
    client.expect_end();
}

#[test]
fn the_answer_to_a_close_carries_its_code() {
    for code in [1000, 1001, 1011, 1014, 3000, 4999] {
        let mut host = Host::with(|_| {});
        let (mut client, id) = host.connect();
        client.close(code, "good bye");
        client.expect_close(code, "");
        client.expect_end();
        assert_eq!(host.closed(id, code), "good bye");
        client.end();
        host.finish_quiet();
    }
}

#[test]
fn a_close_without_code_is_1005() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    client.send(0x88, "");
    client.expect(8, "");
    client.expect_end();
    host.closed(id, 1005);
    assert_eq!(host.server.metrics.closed().get(&1005), Some(&1));
    host.finish_quiet();
}

#[test]
fn an_end_without_close_is_1006() {
    let mut host = Host::with(|_| {});
    let (client, id) = host.connect();
    client.end();
    host.closed(id, 1006);
    let (client, id) = host.connect();
    client.reset();
    host.closed(id, 1006);
    host.finish_quiet();
}

#[test]
fn our_close_is_reported_when_the_client_answered() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    host.text(id, "last words");
    host.close(id, 4001, "enough");
    // After a close nothing goes out.
    host.text(id, "never sent");
    host.close(id, 1000, "twice");
    client.expect_text("last words");
    client.expect_close(4001, "enough");
    assert!(host.try_next().is_none());
    client.close(4001, "");
    client.expect_end();
    assert_eq!(host.closed(id, 4001), "enough");
    host.finish_quiet();
}

#[test]
fn after_our_close_no_message_is_delivered() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    host.close(id, 1000, "");
    client.expect_close(1000, "");
    for _ in 0..100 {
        client.text("too late");
        client.send(0x89, "no pong either");
    }
    client.close(1000, "");
    client.expect_end();
    host.closed(id, 1000);
    host.finish_quiet();
}

#[test]
fn answers_to_earlier_messages_go_out_before_the_close_is_answered() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    client.write([masked_frame(0x81, b"ask"), masked_frame(0x88, &1000_u16.to_be_bytes())].concat());
    assert_eq!(host.message(), (id, b"ask".to_vec()));
    // The callback runs while the close has arrived already.
    host.text(id, "answer");
    host.closed(id, 1000);
    client.expect_text("answer");
    client.expect_close(1000, "");
    client.expect_end();
    host.finish_quiet();
}

#[test]
fn a_close_is_answered_in_time_though_php_is_busy() {
    let mut host = Host::with(|c| c.close_timeout = Duration::from_millis(80));
    let (mut client, id) = host.connect();
    client.write([masked_frame(0x81, b"ask"), masked_frame(0x88, &1000_u16.to_be_bytes())].concat());
    host.message();
    client.expect_close(1000, "");
    client.expect_end();
    host.closed(id, 1000);
    host.finish_quiet();
}

#[test]
fn closes_that_cross_are_one() {
    let mut host = Host::with(|_| {});
    for _ in 0..50 {
        let (mut client, id) = host.connect();
        client.close(4444, "");
        host.close(id, 4000, "");
        // Whichever came first counts, for both sides alike.
        let frame = client.frame();
        let code = u16::from_be_bytes(frame.payload.try_into().unwrap());
        assert!(frame.opcode == 8 && matches!(code, 4000 | 4444));
        client.expect_end();
        host.closed(id, code);
    }
    host.finish_quiet();
}

#[test]
fn a_client_that_ends_after_our_close_is_reported_with_our_code() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    host.close(id, 4000, "");
    client.expect_close(4000, "");
    client.end();
    host.closed(id, 4000);
    host.finish_quiet();
}

#[test]
fn a_client_that_never_answers_a_close_is_dropped() {
    let mut host = Host::with(|c| c.close_timeout = Duration::from_millis(80));
    let (mut client, id) = host.connect();
    host.close(id, 4000, "");
    client.expect_close(4000, "");
    host.closed(id, 4000);
    client.expect_end();
    assert_eq!(host.server.metrics.limited(Limit::CloseTimeout), 1);
    host.finish_quiet();
}

#[test]
fn a_client_that_never_ends_after_the_closing_handshake_is_dropped() {
    let mut host = Host::with(|c| c.close_timeout = Duration::from_millis(80));
    let (mut client, id) = host.connect();
    client.close(1000, "");
    client.expect_close(1000, "");
    host.closed(id, 1000);
    let metrics = &host.server.metrics;
    eventually("dropped", || metrics.connections.load(Ordering::Relaxed) == 0);
    host.finish_quiet();
}

#[test]
fn a_broken_frame_fails_the_connection_with_its_code() {
    let unmasked = b"\x81\x02hi".to_vec();
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("unmasked", unmasked, 1002),
        ("reserved opcode", masked_frame(0x83, b""), 1002),
        ("reserved bit", masked_frame(0xc1, b""), 1002),
        ("fragmented ping", masked_frame(0x09, b""), 1002),
        ("long ping", masked_frame(0x89, &[0; 126]), 1002),
        ("continuation of nothing", masked_frame(0x80, b""), 1002),
        ("close with one byte", masked_frame(0x88, b"x"), 1002),
        (
            "close with a reserved code",
            masked_frame(0x88, &1005_u16.to_be_bytes()),
            1002,
        ),
        ("text that is not UTF-8", masked_frame(0x81, b"\xff"), 1007),
        (
            "close reason that is not UTF-8",
            masked_frame(0x88, b"\x03\xe8\xff"),
            1007,
        ),
        ("too big", masked_frame(0x82, &[0; 1025]), 1009),
        (
            "too big in pieces",
            [masked_frame(0x02, &[0; 1000]), masked_frame(0x80, &[0; 25])].concat(),
            1009,
        ),
        (
            "too many fragments",
            [masked_frame(0x02, b""), masked_frame(0x00, b"").repeat(4)].concat(),
            1008,
        ),
    ];
    let mut host = Host::with(|c| {
        c.max_message_bytes = 1024;
        c.max_fragments = 4;
    });
    for (what, bytes, code) in cases {
        let (mut client, id) = host.connect();
        client.text("before");
        client.write(&bytes);
        // What comes after the failure does not count.
        let _ = client.try_write(masked_frame(0x81, b"after"));
        assert_eq!(host.message(), (id, b"before".to_vec()), "{what}");
        let reason = host.closed(id, code);
        assert!(!reason.is_empty(), "{what}");
        failed_with(&mut client, code);
    }
    let limited = [Limit::MessageBytes, Limit::Fragments].map(|limit| host.server.metrics.limited(limit));
    assert_eq!(limited, [2, 1]);
    host.finish_quiet();
}

#[test]
fn a_message_before_the_close_in_one_packet_arrives_first() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    let close = masked_frame(0x88, &1000_u16.to_be_bytes());
    client.write([masked_frame(0x81, b"one"), close, masked_frame(0x81, b"two")].concat());
    assert_eq!(host.message(), (id, b"one".to_vec()));
    host.closed(id, 1000);
    client.expect_close(1000, "");
    host.finish_quiet();
}

#[test]
fn a_backlog_goes_out_before_the_close() {
    let mut host = Host::with(|c| c.outbox_bytes = 64 << 20);
    let mut client = Client::connect_narrow(host.address());
    client.upgrade();
    let id = host.opened();
    let block = vec![b'x'; 1 << 20];
    let count = 16;
    for _ in 0..count {
        host.send(id, MessageKind::Binary, &block);
    }
    let outlet = host.outlet(id);
    eventually("the socket is full", || {
        outlet.taken() > 15 << 20 && outlet.backlog() > 0
    });
    host.close(id, 4000, "later");
    eventually("closing", || outlet.is_closed());
    // Their close crosses ours: nothing is left to say, but the backlog must go out and the sending side end.
    client.close(1000, "");
    host.closed(id, 4000);
    for _ in 0..count {
        assert_eq!(client.frame().payload.len(), block.len());
    }
    client.expect_close(4000, "later");
    client.expect_end();
    host.finish_quiet();
}

#[test]
fn a_close_event_comes_for_all_that_end_with_the_server() {
    let mut host = Host::with(|c| c.io_threads = 2);
    let mut clients: Vec<Client> = (0..10).map(|_| host.connect().0).collect();
    assert_eq!(host.finish().len(), 10);
    clients.iter_mut().for_each(Client::expect_gone);
}
