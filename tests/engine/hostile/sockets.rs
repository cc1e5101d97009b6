//! Connections that are not what they seem: half open, or of another protocol.

use std::net::TcpStream;
use std::time::Duration;

use ferry::engine::metrics::Refusal;

use super::Scene;
use crate::harness::{Client, connect_tls, session, upgrade_request};

#[test]
fn half_open_connections_are_given_up() {
    const CLIENTS: usize = 20;
    let scene = Scene::new(|c| {
        c.ping_interval = Some(Duration::from_millis(100));
        c.idle_timeout = Some(Duration::from_millis(400));
    });
    // Their hosts are gone: nothing answers the pings, and no end comes.
    let mut gone: Vec<_> = (0..CLIENTS).map(|_| scene.attacker()).collect();
    let mut secure = connect_tls(scene.tls_address());
    secure.upgrade();
    gone.push(secure);
    scene.neighbours_go_on();
    scene.expect_closed(1001, CLIENTS as u64 + 1);
    scene.expect_alone();
    // What a host that comes back would find.
    for mut client in gone {
        client.expect(9, "");
        client.expect_close(1001, "idle timeout");
    }
    scene.finish();
}

#[test]
fn an_end_of_file_ends_a_connection() {
    let scene = Scene::new(|_| {});
    for _ in 0..10 {
        let mut client = scene.attacker();
        client.write([0x81, 0xff]);
        client.end();
        client.expect_gone();
    }
    scene.expect_closed(1006, 10);
    scene.expect_alone();
    scene.finish();
}

/// The beginning of a TLS handshake.
const CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x00\x20\x01\x00\x00\x1c\x03\x03";

#[test]
fn tls_on_the_plain_port_and_http_on_the_tls_port_are_refused() {
    let scene = Scene::new(|_| {});
    for n in 1..=10 {
        let stream = TcpStream::connect(scene.address()).unwrap();
        let mut client = Client::over_tls(stream, session("localhost"));
        assert!(client.try_write(upgrade_request("/", "")).is_err());
        scene.expect_refused(Refusal::MalformedRequest, 2 * n - 1);
        let mut raw = Client::connect(scene.address());
        assert_eq!(raw.request(CLIENT_HELLO).status, 400);
        raw.expect_end();
        scene.expect_refused(Refusal::MalformedRequest, 2 * n);
        let mut plain = Client::connect(scene.tls_address());
        assert_eq!(plain.request(upgrade_request("/", "")).status, 400);
        plain.expect_end();
        scene.expect_refused(Refusal::TlsHandshake, n);
    }
    scene.neighbours_go_on();
    // What is neither.
    for bytes in [
        b"\0\0\0\0\0\0\0\0".as_slice(),
        b"SSH-2.0-x\r\n",
        b"\x05\x01\x00",
        b"\xff\xfe\xfd",
    ] {
        for address in [scene.address(), scene.tls_address()] {
            let mut client = Client::connect(address);
            client.write(bytes);
            client.end();
            client.expect_gone();
        }
    }
    scene.expect_alone();
    scene.finish();
}
