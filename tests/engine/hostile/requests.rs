//! Before the upgrade: slow, oversized, smuggled and injected requests.

use std::time::Duration;

use ferry::engine::metrics::Refusal;

use super::Scene;
use crate::harness::{Client, masked_frame, upgrade_request};

#[test]
fn slow_handshakes_are_cut_at_the_time_limit() {
    const CLIENTS: usize = 30;
    let scene = Scene::new(|c| c.handshake_timeout = Duration::from_millis(400));
    let request = upgrade_request("/", &"x-filler: y\r\n".repeat(2000));
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| Client::connect(scene.address())).collect();
    // Half of them drip into the TLS port.
    let secure: Vec<_> = (0..CLIENTS).map(|_| Client::connect(scene.tls_address())).collect();
    clients.extend(secure);
    let mut bytes = request.bytes();
    let refused = || scene.metrics().refused(Refusal::HandshakeTimeout);
    let mut first = true;
    while refused() < CLIENTS as u64 {
        let byte = [bytes.next().expect("cut before the request ends")];
        for (n, client) in clients.iter_mut().enumerate() {
            // On the TLS port, the beginning of a long record.
            let hello = [0x16, 3, 1, 0x3f, 0xff];
            let byte = if n < CLIENTS { byte } else { [0] };
            let _ = match (first, n < CLIENTS) {
                (true, false) => client.try_write(hello),
                _ => client.try_write(byte),
            };
        }
        first = false;
        std::thread::sleep(Duration::from_millis(10));
    }
    scene.expect_refused(Refusal::HandshakeTimeout, 2 * CLIENTS as u64);
    scene.neighbours_go_on();
    for mut client in clients {
        client.expect_gone();
    }
    scene.expect_alone();
    scene.finish();
}

#[test]
fn silent_connections_are_cut_at_the_time_limit() {
    const CLIENTS: usize = 50;
    let scene = Scene::new(|c| c.handshake_timeout = Duration::from_millis(400));
    let clients: Vec<_> = (0..CLIENTS).map(|_| Client::connect(scene.address())).collect();
    scene.neighbours_go_on();
    for mut client in clients {
        client.expect_gone();
    }
    scene.expect_refused(Refusal::HandshakeTimeout, CLIENTS as u64);
    scene.expect_alone();
    scene.finish();
}

#[test]
fn oversized_heads_get_431() {
    let scene = Scene::new(|c| c.max_header_bytes = 4096);
    let long = "x".repeat(5000);
    let many = "a: b\r\n".repeat(1000);
    for request in [
        upgrade_request("/", &format!("x-long: {long}\r\n")),
        upgrade_request("/", &many),
        upgrade_request(&format!("/?{long}"), ""),
        upgrade_request("/", &format!("Cookie: {long}\r\n")),
    ] {
        assert_eq!(scene.status(&request), 431);
    }
    scene.neighbours_go_on();
    // A head without an end is not collected.
    let mut endless = Client::connect(scene.address());
    endless.write("GET / HTTP/1.1\r\n");
    let line = format!("x-more: {}\r\n", "y".repeat(1000));
    while endless.try_write(&line).is_ok() {}
    scene.expect_refused(Refusal::HeaderTooLarge, 5);
    scene.expect_alone();
    scene.finish();
}

#[test]
fn other_versions_get_426_with_ours() {
    let scene = Scene::new(|_| {});
    let request = upgrade_request("/", "");
    let versions = ["0", "7", "8", "12", "14", "130", "013", "13, 8", "thirteen", ""];
    for version in versions {
        let request = request.replace("Version: 13", &format!("Version: {version}"));
        let response = Client::connect(scene.address()).request(request);
        assert_eq!(response.status, 426, "{version:?}");
        assert_eq!(response.field("sec-websocket-version"), Some("13"));
    }
    let without = request.replace("Sec-WebSocket-Version: 13\r\n", "");
    assert_eq!(scene.status(without), 426);
    scene.expect_refused(Refusal::Version, versions.len() as u64 + 1);
    scene.finish();
}

/// What a proxy in front might take for a body or for a second request.
#[test]
fn a_smuggled_request_is_not_answered() {
    let scene = Scene::new(|_| {});
    let second = upgrade_request("/", "");
    for lines in [
        format!("Content-Length: {}\r\n", second.len()),
        "Transfer-Encoding: chunked\r\n".into(),
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n".into(),
        "Content-Length: 1\r\nContent-Length: 2\r\n".into(),
        "Host: other\r\n".into(),
    ] {
        let mut client = Client::connect(scene.address());
        let response = client.request(upgrade_request("/", &lines) + &second);
        assert_eq!(response.status, 400, "{lines}");
        client.expect_end();
    }
    scene.expect_refused(Refusal::MalformedRequest, 5);
    scene.neighbours_go_on();
    // Behind a request that is refused, and behind one that is granted: there it is a frame, and no valid one.
    let mut refused = Client::connect(scene.address());
    let elsewhere = upgrade_request("/", "").replace("Upgrade: websocket", "Upgrade: h2c");
    assert_eq!(refused.request(elsewhere + &second).status, 426);
    refused.expect_end();
    let mut granted = Client::connect(scene.address());
    assert_eq!(granted.request(second.clone() + &second).status, 101);
    granted.expect_close(1002, "reserved opcode");
    drop(granted);
    scene.expect_closed(1002, 1);
    scene.expect_alone();
    scene.finish();
}

#[test]
fn line_breaks_are_injected_nowhere() {
    let scene = Scene::new(|c| c.subprotocols = vec!["chat".into()]);
    let origin = "Origin: https://example.org\r\n";
    // Raw, they end the request line or the field, and what is left is no request.
    for broken in [
        upgrade_request("/?a=b\r\nx-injected: 1", origin),
        upgrade_request("/?a=b\rc", origin),
        upgrade_request("/?a=b\nc", origin),
        upgrade_request("/?a=b c", origin),
        upgrade_request("/?a=\0", origin),
        upgrade_request("/", &format!("{origin}Sec-WebSocket-Protocol: chat\rx\r\n")),
        upgrade_request("/", &format!("{origin}Sec-WebSocket-Protocol: chat\0\r\n")),
        upgrade_request(
            "/",
            &format!("{origin}Sec-WebSocket-Protocol: chat\r\n x-injected: 1\r\n"),
        ),
        upgrade_request("/", &format!("{origin}x injected: 1\r\n")),
        upgrade_request("/", &format!("{origin}x-injected : 1\r\n")),
    ] {
        assert_eq!(scene.status(&broken), 400, "{broken:?}");
    }
    scene.neighbours_go_on();
    // Encoded, they are text like any other, and come back nowhere.
    let mut encoded = Client::connect(scene.address());
    let lines = format!("{origin}Sec-WebSocket-Protocol: x%0d%0ax-injected:1, chat\r\n");
    let response = encoded.request(upgrade_request("/%0d%0a?q=%0d%0aSet-Cookie:%20a", &lines));
    assert_eq!(response.status, 101);
    assert_eq!(response.field("sec-websocket-protocol"), Some("chat"));
    assert_eq!(response.field("x-injected"), None);
    assert_eq!(response.field("set-cookie"), None);
    encoded.write(masked_frame(0x81, b"works"));
    encoded.expect_text("works");
    drop(encoded);
    scene.expect_alone();
    scene.finish();
}
