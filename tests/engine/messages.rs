//! Messages of a live connection, in both directions.

use std::sync::atomic::Ordering;

use ferry::engine::frame::MessageKind;
use ferry::engine::mailbox::Mailbox;

use crate::harness::{Client, Helper, Host, Seen, echo, masked_frame};

#[test]
fn text_and_binary_come_as_what_they_are() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    for (first, data) in [
        (0x81, "Grüße".as_bytes()),
        (0x82, &[0, 255, 128]),
        (0x81, b""),
        (0x82, b""),
    ] {
        client.send(first, data);
        let Seen::Message {
            id: of,
            binary,
            data: seen,
        } = host.next()
        else {
            panic!("a message was due")
        };
        assert_eq!((of, binary, &*seen), (id, first == 0x82, data));
        let kind = if binary { MessageKind::Binary } else { MessageKind::Text };
        host.send(id, kind, &seen);
        client.expect(first & 0xf, data);
    }
    host.finish();
}

#[test]
fn every_length_form_is_echoed() {
    let helper = Helper::serve(Host::with(|_| {}), echo);
    let mut client = Client::connect(helper.server.address()[5..].parse().unwrap());
    client.upgrade();
    for len in [0, 1, 125, 126, 16_384, 16_385, 65_535, 65_536, 65_537, 1 << 20] {
        let payload: Vec<u8> = (0..len).map(|n| u8::try_from(n % 251).unwrap()).collect();
        client.send(0x82, &payload);
        let frame = client.frame();
        assert_eq!((frame.opcode, frame.payload == payload), (2, true), "{len} bytes");
    }
    helper.stop().finish();
}

#[test]
fn fragments_become_one_message() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    client.send(0x01, "Gr");
    client.send(0x89, "between");
    client.send(0x00, "ü".as_bytes().split_at(1).0);
    client.send(0x00, "ü".as_bytes().split_at(1).1);
    client.send(0x80, "ße");
    client.expect(10, "between");
    assert_eq!(host.message(), (id, "Grüße".as_bytes().to_vec()));
    host.finish();
}

#[test]
fn a_frame_may_come_byte_by_byte() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    let frame = masked_frame(0x81, &[b'x'; 200]);
    for byte in frame {
        client.write([byte]);
    }
    assert_eq!(host.message(), (id, vec![b'x'; 200]));
    host.finish();
}

#[test]
fn messages_keep_their_order_both_ways() {
    let helper = Helper::serve(Host::with(|_| {}), echo);
    let mut client = Client::connect(helper.server.address()[5..].parse().unwrap());
    client.upgrade();
    let mut all = Vec::new();
    for n in 0..20_000 {
        all.extend(masked_frame(0x81, format!("message {n}").as_bytes()));
    }
    let mut writer = Client::over(client.tcp().try_clone().unwrap());
    let writing = std::thread::spawn(move || writer.write(all));
    for n in 0..20_000 {
        client.expect_text(&format!("message {n}"));
    }
    writing.join().unwrap();
    helper.stop().finish();
}

#[test]
fn a_ping_is_answered_with_its_payload() {
    let mut host = Host::with(|_| {});
    let (mut client, _) = host.connect();
    for payload in ["", "hello", &"x".repeat(125)] {
        client.send(0x89, payload);
        client.expect(10, payload);
    }
    // An unasked pong is nothing (RFC 6455 section 5.5.3).
    client.send(0x8a, "unasked");
    host.finish();
}

#[test]
fn what_php_sends_in_one_go_comes_in_order() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    let (mut other, second) = host.connect();
    for n in 0..500 {
        host.append(id, MessageKind::Text, format!("a{n}").as_bytes());
        host.append(second, MessageKind::Binary, &vec![b'b'; n * 10]);
    }
    host.server.mailboxes().for_each(Mailbox::hand_over);
    for n in 0..500 {
        client.expect_text(&format!("a{n}"));
        other.expect(2, vec![b'b'; n * 10]);
    }
    let metrics = &host.server.metrics;
    assert_eq!(metrics.messages_out.load(Ordering::Relaxed), 1000);
    host.finish();
}

#[test]
fn what_was_sent_is_no_longer_in_flight() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    host.text(id, "hello");
    client.expect_text("hello");
    let outlet = host.outlet(id);
    assert_eq!((outlet.taken(), outlet.backlog(), outlet.is_closed()), (7, 0, false));
    host.finish();
}
