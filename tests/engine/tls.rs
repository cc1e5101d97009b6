//! `WebSockets` over TLS: the same behaviour, and what is TLS's own.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ferry::engine::config::{Bind, Config, Listen, SlowConsumer};
use ferry::engine::frame::MessageKind;
use ferry::engine::metrics::Refusal;
use rustls::HandshakeKind;

use crate::harness::{
    Client, Forger, Helper, Host, Seen, client_config, config, connect_tls, echo, eventually, masked_frame, session,
    session_of, session_with, socket_address, tls, upgrade_request,
};

/// The first listener speaks TLS, the second does not.
fn both() -> Config {
    let secure = Listen {
        tls: true,
        ..Bind::tcp("127.0.0.1", 0).into()
    };
    Config {
        listen: vec![secure, Bind::tcp("127.0.0.1", 0).into()],
        tls: Some(Arc::new(tls(&["local"]))),
        ..config()
    }
}

fn refused(host: &Host, refusal: Refusal, times: u64) {
    let metrics = &host.server.metrics;
    eventually(refusal.as_str(), || metrics.refused(refusal) == times);
}

#[test]
fn plain_and_tls_clients_talk_to_each_other() {
    let mut host = Host::start(Config {
        io_threads: 2,
        ..both()
    });
    assert!(host.server.address().starts_with("wss://127.0.0.1:"));
    let mut secure = connect_tls(host.address());
    secure.upgrade();
    let first = host.opened();
    assert_eq!(host.request(first).client.unwrap().to_string(), "127.0.0.1");
    let mut plain = Client::connect(socket_address(&host.server.addresses()[1]));
    plain.upgrade();
    let second = host.opened();
    secure.text("hello");
    assert_eq!(host.message(), (first, b"hello".to_vec()));
    plain.text("world");
    assert_eq!(host.message(), (second, b"world".to_vec()));
    host.broadcast(None, "to all", &[]);
    secure.expect_text("to all");
    plain.expect_text("to all");
    assert_eq!(secure.session().alpn_protocol(), None, "none was offered");
    secure.close(1000, "");
    host.closed(first, 1000);
    secure.expect_close(1000, "");
    // With the alert that says so: the client would report an end without it.
    secure.expect_end();
    plain.reset();
    host.closed(second, 1006);
    host.finish_quiet();
}

#[test]
fn both_versions_and_alpn() {
    let mut host = Host::start(both());
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let stream = TcpStream::connect(host.address()).unwrap();
        let session = session_with(&[version], "localhost", &["http/1.1"]);
        let mut client = Client::over_tls(stream, session);
        client.upgrade();
        let id = host.opened();
        assert_eq!(client.session().protocol_version(), Some(version.version));
        assert_eq!(client.session().alpn_protocol(), Some(b"http/1.1".as_slice()));
        client.text("x");
        assert_eq!(host.message(), (id, b"x".to_vec()));
        client.close(1000, "");
        host.closed(id, 1000);
        client.expect_close(1000, "");
        client.expect_end();
    }
    // HTTP/2 alone is nothing that a WebSocket server here speaks.
    let stream = TcpStream::connect(host.address()).unwrap();
    let mut other = Client::over_tls(stream, session_with(rustls::DEFAULT_VERSIONS, "localhost", &["h2"]));
    assert!(other.try_write(upgrade_request("/", "")).is_err());
    refused(&host, Refusal::TlsHandshake, 1);
    host.finish_quiet();
}

#[test]
fn messages_of_every_size_arrive_in_both_directions() {
    let host = Helper::serve(Host::start(both()), echo);
    let address = socket_address(host.server.address());
    let mut client = connect_tls(address);
    // What comes right behind the request travels in the same record.
    client.write([upgrade_request("/", "").into_bytes(), masked_frame(0x82, b"early")].concat());
    assert_eq!(client.response(true).status, 101);
    client.expect(2, "early");
    for size in [0, 1, 125, 126, 16_383, 16_384, 16_385, 65_535, 65_536, 1 << 20] {
        let message: Vec<u8> = (0..=250).cycle().take(size).collect();
        client.send(0x82, &message);
        let frame = client.frame();
        assert_eq!((frame.opcode, frame.payload.len()), (2, size));
        assert!(frame.payload == message);
    }
    // Byte by byte, so that records are split.
    let frames: Vec<u8> = (0..50)
        .flat_map(|n| masked_frame(0x81, format!("{n}").as_bytes()))
        .collect();
    for byte in frames {
        client.write([byte]);
    }
    for n in 0..50 {
        client.expect_text(&n.to_string());
    }
    drop(client);
    host.stop().finish();
}

/// Splits what it sends into single bytes on the wire.
struct Dripping(TcpStream);

impl Read for Dripping {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(bytes)
    }
}

impl Write for Dripping {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for byte in bytes {
            self.0.write_all(&[*byte])?;
            // Each reaches the server by itself sooner or later; none needs to.
            std::thread::yield_now();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn records_may_come_in_pieces() {
    let mut host = Host::start(both());
    let stream = TcpStream::connect(host.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut client = rustls::StreamOwned::new(session("localhost"), Dripping(stream));
    client.write_all(upgrade_request("/", "").as_bytes()).unwrap();
    client.write_all(&masked_frame(0x81, b"in pieces")).unwrap();
    let id = host.opened();
    assert_eq!(host.message(), (id, b"in pieces".to_vec()));
    host.text(id, "answer");
    let mut answer = Vec::new();
    while !answer.ends_with(b"answer") {
        let mut bytes = [0; 1024];
        let n = client.read(&mut bytes).unwrap();
        assert!(n > 0);
        answer.extend_from_slice(&bytes[..n]);
    }
    drop(client);
    host.closed(id, 1006);
    host.finish_quiet();
}

#[test]
fn many_messages_of_one_batch_share_records() {
    let mut host = Host::start(both());
    let mut client = connect_tls(host.address());
    client.upgrade();
    let id = host.opened();
    for n in 0..500 {
        host.append(id, MessageKind::Text, format!("message {n}").as_bytes());
    }
    host.server.mailbox(id).unwrap().hand_over();
    for n in 0..500 {
        client.expect_text(&format!("message {n}"));
    }
    let metrics = &host.server.metrics;
    eventually("counted", || metrics.messages_out.load(Ordering::Relaxed) == 500);
    drop(client);
    host.closed(id, 1006);
    host.finish_quiet();
}

#[test]
fn a_client_that_never_reads_follows_the_policy() {
    const LIMIT: usize = 256 * 1024;
    let mut host = Host::start(Config {
        outbox_bytes: LIMIT,
        slow_consumer: SlowConsumer::DropOldest,
        ..both()
    });
    let mut client = connect_tls(host.address());
    client.upgrade();
    let id = host.opened();
    let message = "x".repeat(32 * 1024);
    let metrics = Arc::clone(&host.server.metrics);
    let outlet = host.outlet(id);
    let mut handed = 0;
    while metrics.dropped.load(Ordering::Relaxed) < 10 {
        host.text(id, &message);
        handed += message.len() as u64 + 4;
        eventually("taken", || outlet.taken() == handed);
        // What TLS holds back counts, too.
        let backlog = outlet.backlog();
        assert!(backlog <= LIMIT + message.len() + 4, "{backlog}");
    }
    host.text(id, "the last");
    loop {
        let frame = client.frame();
        if frame.payload == b"the last" {
            break;
        }
        assert_eq!(frame.payload.len(), message.len());
    }
    eventually("everything is sent", || {
        metrics.outbox_bytes.load(Ordering::Relaxed) == 0
    });
    client.close(1000, "");
    host.closed(id, 1000);
    client.expect_close(1000, "");
    client.expect_end();
    host.finish_quiet();
}

#[test]
fn a_session_is_resumed_with_a_ticket() {
    let mut host = Host::start(both());
    let config = client_config(rustls::crypto::ring::default_provider(), rustls::DEFAULT_VERSIONS);
    let mut kinds = Vec::new();
    for _ in 0..2 {
        let stream = TcpStream::connect(host.address()).unwrap();
        let mut client = Client::over_tls(stream, session_of(Arc::clone(&config), "localhost"));
        client.upgrade();
        let id = host.opened();
        host.text(id, "tickets come with the first bytes");
        client.expect_text("tickets come with the first bytes");
        kinds.push(client.session().handshake_kind().unwrap());
        drop(client);
        host.closed(id, 1006);
    }
    assert!(
        matches!(kinds[..], [HandshakeKind::Full, HandshakeKind::Resumed]),
        "{kinds:?}"
    );
    host.finish_quiet();
}

#[test]
fn http_on_a_tls_port_is_told_so() {
    let host = Host::start(both());
    let mut client = Client::connect(host.address());
    let response = client.request(upgrade_request("/", ""));
    assert_eq!(response.status, 400);
    assert!(response.body.contains("This port speaks TLS"), "{}", response.body);
    client.expect_end();
    refused(&host, Refusal::TlsHandshake, 1);
    host.finish_quiet();
}

#[test]
fn garbage_on_a_tls_port_gets_an_alert() {
    let host = Host::start(both());
    for garbage in [
        b"\x00\x01\x02\x03\x04\x05\x06\x07".as_slice(),
        b"\x16\x03\x01\xff\xff\x01\x02\x03",
        b"\x17\x03\x03\x00\x05hello",
        b"\x16\x03\x01\x00\x04\x63\x00\x00\x00",
    ] {
        let mut client = Client::connect(host.address());
        client.write(garbage);
        let alert = client.read_some().unwrap();
        assert_eq!(alert.first(), Some(&0x15), "{alert:x?}");
        client.expect_gone();
    }
    refused(&host, Refusal::TlsHandshake, 4);
    host.finish_quiet();
}

#[test]
fn tls_on_a_plain_port_is_refused() {
    let host = Host::start(both());
    let stream = TcpStream::connect(socket_address(&host.server.addresses()[1])).unwrap();
    let mut client = Client::over_tls(stream, session("localhost"));
    let error = client.try_write(upgrade_request("/", "")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    refused(&host, Refusal::MalformedRequest, 1);
    host.finish_quiet();
}

#[test]
fn the_handshake_timeout_counts_from_the_first_byte_to_the_request() {
    let host = Host::start(Config {
        handshake_timeout: Duration::from_millis(300),
        ..both()
    });
    let mut silent = Client::connect(host.address());
    let mut half = Client::connect(host.address());
    half.write(b"\x16\x03\x01");
    let mut secure = connect_tls(host.address());
    secure.write("GET / HTTP/1.1\r\n");
    silent.expect_gone();
    half.expect_gone();
    while secure.read_some().is_ok_and(|bytes| !bytes.is_empty()) {}
    refused(&host, Refusal::HandshakeTimeout, 3);
    let metrics = &host.server.metrics;
    eventually("gone", || metrics.connections.load(Ordering::Relaxed) == 0);
    host.finish_quiet();
}

#[test]
fn garbage_inside_a_session_ends_it() {
    let mut host = Host::start(both());
    let mut client = connect_tls(host.address());
    client.upgrade();
    let id = host.opened();
    // A record that was not encrypted with the session's key.
    client
        .tcp()
        .write_all(b"\x17\x03\x03\x00\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
        .unwrap();
    host.closed(id, 1006);
    assert!(client.read_some().is_err(), "an alert comes");
    host.finish_quiet();
}

#[test]
fn key_updates_are_followed() {
    let mut host = Host::start(both());
    let stream = TcpStream::connect(host.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut client = rustls::StreamOwned::new(session("localhost"), stream);
    client.write_all(upgrade_request("/", "").as_bytes()).unwrap();
    let id = host.opened();
    let mut answer = [0; 1024];
    let n = client.read(&mut answer).unwrap();
    assert!(answer[..n].starts_with(b"HTTP/1.1 101"));
    for _ in 0..5 {
        client.conn.refresh_traffic_keys().unwrap();
        client.write_all(&masked_frame(0x81, b"new key")).unwrap();
        assert_eq!(host.message(), (id, b"new key".to_vec()));
        host.text(id, "yes");
        let mut frame = [0; 5];
        client.read_exact(&mut frame).unwrap();
        assert_eq!(&frame, b"\x81\x03yes");
    }
    drop(client);
    host.closed(id, 1006);
    host.finish_quiet();
}

#[test]
fn too_many_connections_are_cut_without_plain_text() {
    let mut host = Host::start(Config {
        max_connections: 1,
        ..both()
    });
    let mut one = connect_tls(host.address());
    one.upgrade();
    host.opened();
    let mut two = Client::connect(host.address());
    assert!(two.read_some().map_or(true, |bytes| bytes.is_empty()));
    refused(&host, Refusal::TooManyConnections, 1);
    one.text("still here");
    host.message();
    host.finish();
}

#[test]
fn draining_closes_with_goodbye_and_drops_half_handshakes() {
    let mut host = Host::start(both());
    let mut client = connect_tls(host.address());
    client.upgrade();
    let id = host.opened();
    let mut half = Client::connect(host.address());
    half.write(b"\x16\x03");
    let metrics = Arc::clone(&host.server.metrics);
    eventually("accepted", || metrics.connections.load(Ordering::Relaxed) == 2);
    host.drain(1001, "bye");
    client.expect_close(1001, "bye");
    client.close(1001, "");
    client.expect_end();
    host.closed(id, 1001);
    half.expect_gone();
    drop(client);
    eventually("gone", || metrics.connections.load(Ordering::Relaxed) == 0);
    host.finish_quiet();
}

#[test]
fn a_hello_without_an_end_is_not_collected() {
    let host = Host::start(both());
    // Records that say they are the beginning of one message of 16 MiB, and of the longest that fits one buffer.
    for length in [[0xff, 0xff, 0xff], [0x00, 0xff, 0xff]] {
        let mut client = Client::connect(host.address());
        let mut record = vec![0; 16_384];
        record[0] = 1;
        record[1..4].copy_from_slice(&length);
        loop {
            let head = b"\x16\x03\x01\x40\x00".as_slice();
            if client.try_write([head, &record].concat()).is_err() {
                break;
            }
            record[..4].fill(0);
        }
        client.expect_gone();
    }
    refused(&host, Refusal::TlsHandshake, 2);
    host.finish_quiet();
}

/// rustls's unbuffered connection panics when it is called without what it has seen of a message that is not whole.
#[test]
fn a_handshake_message_in_pieces_meanwhile_hurts_nobody() {
    let mut host = Host::start(both());
    for then_leaves in [false, true] {
        let stream = TcpStream::connect(host.address()).unwrap();
        let mut client = Client::over_tls(stream, Forger::session());
        client.upgrade();
        let id = host.opened();
        let (mut forger, mut socket) = Forger::take_over(client);
        // The first half of a key update (RFC 8446 section 4.6.3).
        socket.write_all(&forger.record(22, b"\x18\0\0")).unwrap();
        host.server.mailbox(id).unwrap().hand_over();
        // The server writes and reads on while it waits for the rest.
        let received = Arc::clone(&host.server.metrics);
        let before = received.messages_out.load(Ordering::Relaxed);
        host.text(id, "written meanwhile");
        eventually("written", || received.messages_out.load(Ordering::Relaxed) > before);
        if then_leaves {
            host.close(id, 1000, "");
            drop(socket);
            // Our close, or the end of the socket: whichever the server sees first.
            assert!(matches!(host.next(), Seen::Close { .. }));
            continue;
        }
        socket.write_all(&forger.record(22, b"\x01\0")).unwrap();
        // The new key is not forged: what follows is garbage.
        socket.write_all(&forger.record(23, b"garbage")).unwrap();
        host.closed(id, 1006);
    }
    host.finish_quiet();
}

#[test]
fn a_hello_may_come_in_many_records() {
    let mut host = Host::start(both());
    let mut config = Arc::unwrap_or_clone(client_config(
        rustls::crypto::ring::default_provider(),
        rustls::DEFAULT_VERSIONS,
    ));
    config.max_fragment_size = Some(32);
    let stream = TcpStream::connect(host.address()).unwrap();
    let mut client = Client::over_tls(stream, session_of(Arc::new(config), "localhost"));
    client.upgrade();
    let id = host.opened();
    client.text("in records of 32 bytes, each with a part of it");
    assert_eq!(host.message().1, b"in records of 32 bytes, each with a part of it");
    drop(client);
    host.closed(id, 1006);
    host.finish_quiet();
}
