//! The opening handshake and plain HTTP on the same port.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ferry::engine::mailbox::Command;
use ferry::engine::metrics::Refusal;

use crate::harness::{Client, Host, Response, eventually, masked_frame, upgrade_request};

/// What one request to a server gets; no event may come of it.
#[track_caller]
fn answer(host: &Host, request: impl AsRef<[u8]>) -> Response {
    let mut client = Client::connect(host.address());
    let response = client.request(request);
    client.expect_end();
    response
}

#[track_caller]
fn assert_problem(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.field("content-type"), Some("application/problem+json"));
    assert_eq!(response.field("connection"), Some("close"));
    assert!(
        response.body.contains(&format!("\"status\":{status}")),
        "{}",
        response.body
    );
}

#[test]
fn a_client_is_upgraded() {
    let mut host = Host::with(|_| {});
    let mut client = Client::connect(host.address());
    let response = client.upgrade();
    assert_eq!(response.field("upgrade"), Some("websocket"));
    assert_eq!(response.field("connection"), Some("Upgrade"));
    assert_eq!(response.field("sec-websocket-protocol"), None);
    assert_eq!(response.field("content-length"), None);
    let id = host.opened();
    let request = host.request(id);
    assert_eq!((request.head.method(), request.head.path()), ("GET", "/"));
    assert_eq!(request.client, Some([127, 0, 0, 1].into()));
    client.close(1000, "");
    client.expect_close(1000, "");
    client.expect_end();
    host.closed(id, 1000);
    host.finish_quiet();
}

#[test]
fn header_names_and_tokens_come_in_any_case() {
    let mut host = Host::with(|_| {});
    let mut client = Client::connect(host.address());
    let response = client.request(
        "GET / HTTP/1.1\r\nHOST: x\r\nconnection: keep-alive, UPGRADE\r\nupgrade: h2c, WebSocket\r\n\
         sec-websocket-version: 13\r\nSEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    assert_eq!(response.status, 101);
    host.opened();
    host.finish();
}

#[test]
fn the_first_subprotocol_of_the_server_that_the_client_offers_is_agreed() {
    let host = Host::with(|c| c.subprotocols = vec!["v2.chat".into(), "v1.chat".into()]);
    let agreed = |offer: &str| {
        let mut client = Client::connect(host.address());
        let response = client.request(upgrade_request("/", offer));
        assert_eq!(response.status, 101);
        response.field("sec-websocket-protocol").map(str::to_owned)
    };
    let (v1, v2) = (Some("v1.chat".into()), Some("v2.chat".into()));
    assert_eq!(agreed("Sec-WebSocket-Protocol: v1.chat, v2.chat\r\n"), v2);
    assert_eq!(
        agreed("Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Protocol: v1.chat\r\n"),
        v1
    );
    assert_eq!(agreed("Sec-WebSocket-Protocol: V1.CHAT\r\n"), None);
    assert_eq!(agreed(""), None);
    host.finish();
}

#[test]
fn of_a_bearer_token_only_the_word_is_echoed() {
    let mut host = Host::with(|c| c.subprotocols = vec!["chat".into()]);
    let mut client = Client::connect(host.address());
    let response = client.request(upgrade_request("/", "Sec-WebSocket-Protocol: bearer, s3cret\r\n"));
    assert_eq!(response.field("sec-websocket-protocol"), Some("bearer"));
    let id = host.opened();
    let request = host.request(id);
    assert_eq!(request.token().unwrap().as_str(), "s3cret");
    assert!(request.offered().is_empty());

    let mut client = Client::connect(host.address());
    let response = client.request(upgrade_request("/", "Sec-WebSocket-Protocol: bearer, s3cret, chat\r\n"));
    assert_eq!(response.field("sec-websocket-protocol"), Some("chat"));
    host.opened();
    host.finish();
}

#[test]
fn a_token_is_in_no_debug_output() {
    let mut host = Host::asking(|c| c.token.cookie = Some("session".into()));
    let mut clients = Vec::new();
    for (path, lines) in [
        ("/", "Authorization: Bearer s3cret\r\n"),
        ("/", "Sec-WebSocket-Protocol: bearer, s3cret\r\n"),
        ("/", "Cookie: session=s3cret\r\n"),
        ("/?token=s3cret", ""),
    ] {
        let mut client = Client::connect(host.address());
        client.write(upgrade_request(path, lines));
        let request = host.handshake();
        assert_eq!(request.token().unwrap().as_str(), "s3cret");
        assert!(!format!("{request:?}").contains("s3cret"));
        host.accept(request.id);
        assert_eq!(client.response(true).status, 101);
        host.opened();
        clients.push(client);
    }
    host.finish();
}

#[test]
fn other_paths_are_not_found() {
    let mut host = Host::with(|c| c.paths = vec!["/chat".into()]);
    for path in ["/", "/chat/", "/Chat", "/%63hat"] {
        assert_problem(&answer(&host, upgrade_request(path, "")), 404);
    }
    assert_eq!(host.server.metrics.refused(Refusal::Path), 4);
    let mut client = Client::connect(host.address());
    assert_eq!(client.request(upgrade_request("/chat?room=1", "")).status, 101);
    host.opened();
    host.finish();
}

#[test]
fn another_version_gets_426_with_ours() {
    let host = Host::with(|_| {});
    for version in ["8", "14", "13, 8", ""] {
        let request = upgrade_request("/", "").replace("Version: 13", &format!("Version: {version}"));
        let response = answer(&host, request);
        assert_problem(&response, 426);
        assert_eq!(response.field("sec-websocket-version"), Some("13"));
    }
    host.finish_quiet();
}

#[test]
fn a_request_without_upgrade_gets_426() {
    let host = Host::with(|_| {});
    for request in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        upgrade_request("/", "").replace("GET", "POST"),
        upgrade_request("/", "").replace("Upgrade: websocket", "Upgrade: h2c"),
        upgrade_request("/", "").replace("Connection: Upgrade", "Connection: keep-alive"),
        upgrade_request("/", "").replace("HTTP/1.1", "HTTP/1.0"),
    ] {
        let mut client = Client::connect(host.address());
        client.write(&request);
        let response = client.response(true);
        assert_problem(&response, 426);
        assert_eq!(response.field("upgrade"), Some("websocket"), "{request}");
        client.expect_end();
    }
    host.finish_quiet();
}

#[test]
fn health_shows_a_callback_that_hangs() {
    let host = Host::with(|_| {});
    host.server.metrics.begin_callback();
    eventually("noticed", || {
        let response = answer(&host, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        let body: serde_json::Value = serde_json::from_str(&response.body).unwrap();
        body["callback_seconds"].as_f64().unwrap() > 0.0
    });
    assert!(host.server.metrics.end_callback().is_some());
    assert_eq!(host.server.metrics.callback_time(), None);
}

#[test]
fn health_is_answered_until_the_server_stops() {
    let host = Host::with(|_| {});
    let response = answer(&host, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(
        (response.status, &*response.body, response.field("content-type")),
        (
            200,
            r#"{"callback_seconds":0.0,"php_away_seconds":0.0,"status":"ok"}"#,
            Some("application/json")
        )
    );
    assert_eq!(response.field("cache-control"), Some("no-store"));

    let mut client = Client::connect(host.address());
    client.write("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.response(false).status, 200);
    client.expect_end();

    let response = answer(
        &host,
        "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    );
    assert_problem(&response, 405);
    assert_eq!(response.field("allow"), Some("GET, HEAD"));

    let mut early = Client::connect(host.address());
    eventually("accepted", || {
        host.server.metrics.connections.load(Ordering::Relaxed) == 1
    });
    host.post_all(|| Command::StopAccepting);
    // In order behind the command: when it has been run, the message is.
    eventually("stopped", || host.server.mailboxes().all(|m| !m.is_filled()));
    let response = early.request("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(
        (response.status, &*response.body),
        (
            503,
            r#"{"callback_seconds":0.0,"php_away_seconds":0.0,"status":"stopping"}"#
        )
    );
    host.finish_quiet();
}

#[test]
fn a_malformed_upgrade_is_refused() {
    let host = Host::with(|_| {});
    let good = upgrade_request("/", "");
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for request in [
        good.replace("Host: localhost\r\n", ""),
        upgrade_request("/", "Host: other\r\n"),
        upgrade_request("/", "Content-Length: 5\r\n") + "hello",
        upgrade_request("/", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n",
        upgrade_request("/", key),
        good.replace(key, ""),
        good.replace("bm9uY2U=", "c2hvcnQ=").replace("ZQ==", "Z==="),
        good.replace("dGhl", "dGh"),
        good.replace("dGhl", "dGh!"),
    ] {
        let response = answer(&host, &request);
        assert_problem(&response, 400);
    }
    assert_eq!(host.server.metrics.refused(Refusal::MalformedRequest), 9);
    host.finish_quiet();
}

#[test]
fn what_is_not_http_is_refused() {
    let host = Host::with(|_| {});
    // A TLS ClientHello, the HTTP/2 preface, noise.
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut client = Client::connect(host.address());
        client.write(bytes);
        client.expect_gone();
    }
    eventually("counted", || {
        host.server.metrics.refused(Refusal::MalformedRequest) == 4
    });
    host.finish_quiet();
}

#[test]
fn a_head_over_the_limit_gets_431() {
    for limit in [2048, 16_384] {
        let mut host = Host::with(|c| c.max_header_bytes = limit);
        let padded = |n: usize| upgrade_request("/", &format!("X-Padding: {}\r\n", "x".repeat(n)));
        let mut client = Client::connect(host.address());
        assert_eq!(client.request(padded(limit / 2)).status, 101, "limit {limit}");
        host.opened();
        assert_eq!(answer(&host, padded(limit + 1)).status, 431, "limit {limit}");
        assert_eq!(host.server.metrics.refused(Refusal::HeaderTooLarge), 1);
        host.finish();
    }
}

#[test]
fn a_slow_handshake_is_given_up() {
    let host = Host::with(|c| c.handshake_timeout = Duration::from_millis(50));
    let mut silent = Client::connect(host.address());
    let mut half = Client::connect(host.address());
    half.write("GET / HTTP/1.1\r\nHost: x\r\n");
    silent.expect_gone();
    half.expect_gone();
    eventually("given back", || {
        host.server.metrics.connections.load(Ordering::Relaxed) == 0
    });
    assert_eq!(host.server.metrics.refused(Refusal::HandshakeTimeout), 2);
    host.finish_quiet();
}

#[test]
fn a_client_that_goes_before_its_request_leaves_nothing() {
    let host = Host::with(|_| {});
    Client::connect(host.address()).reset();
    let mut half = Client::connect(host.address());
    half.write("GET / HT");
    half.end();
    half.expect_gone();
    let metrics = &host.server.metrics;
    eventually("given back", || metrics.connections.load(Ordering::Relaxed) == 0);
    host.finish_quiet();
}

#[test]
fn frames_right_behind_the_request_are_not_lost() {
    let mut host = Host::with(|_| {});
    let mut client = Client::connect(host.address());
    let mut bytes = upgrade_request("/", "").into_bytes();
    bytes.extend(masked_frame(0x81, b"one"));
    bytes.extend(masked_frame(0x82, &vec![7; 40_000]));
    let cut = masked_frame(0x81, b"three");
    bytes.extend(&cut[..5]);
    assert_eq!(client.request(bytes).status, 101);
    client.write(&cut[5..]);
    let id = host.opened();
    assert_eq!(host.message(), (id, b"one".to_vec()));
    assert_eq!(host.message(), (id, vec![7; 40_000]));
    assert_eq!(host.message(), (id, b"three".to_vec()));
    host.finish();
}

#[test]
fn a_second_request_in_the_same_packet_is_not_answered() {
    let mut host = Host::with(|_| {});
    let health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(answer(&host, health.repeat(2)).status, 200);
    assert_eq!(answer(&host, upgrade_request("/none\n", "") + health).status, 400);

    // Behind an upgrade it is a frame, and a bad one.
    let mut client = Client::connect(host.address());
    assert_eq!(client.request(upgrade_request("/", "") + health).status, 101);
    assert_eq!(client.frame().opcode, 8);
    client.expect_end();
    let id = host.opened();
    host.closed(id, 1002);
    host.finish_quiet();
}

#[test]
fn a_crowd_of_real_clients_is_served() {
    use crate::harness::{Helper, echo};
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;

    let host = Host::with(|c| c.io_threads = 2);
    let address = host.server.address().to_owned();
    let helper = Helper::serve(host, echo);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let clients = (0..50).map(|n| {
            let address = address.clone();
            async move {
                let (mut socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
                for round in 0..20 {
                    let text = format!("{n}:{round}");
                    socket.send(Message::text(text.clone())).await.unwrap();
                    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(text));
                }
                socket.close(None).await.unwrap();
                assert!(socket.next().await.is_none_or(|m| m.is_ok_and(|m| m.is_close())));
            }
        });
        futures_util::future::join_all(clients).await;
    });
    let mut host = helper.stop();
    while host.try_next().is_some() {}
    host.finish();
}
