//! Handshakes that PHP is asked about.

use std::time::Duration;

use ferry::engine::metrics::Refusal;
use ferry::engine::request::HandshakeReply;

use crate::harness::{Client, Host, masked_frame, upgrade_request};

#[test]
fn an_accepted_handshake_opens_under_the_id_of_the_request() {
    let mut host = Host::asking(|_| {});
    let mut client = Client::connect(host.address());
    client.write(upgrade_request("/room?x=1", "Cookie: a=b\r\n"));
    let request = host.handshake();
    assert_eq!((request.head.path(), request.head.query()), ("/room", Some("x=1")));
    assert_eq!(request.head.field("cookie").unwrap(), b"a=b");
    host.accept(request.id);
    assert_eq!(client.response(true).status, 101);
    // The host checks that the open names the handshake.
    host.opened();
    host.finish();
}

#[test]
fn a_refused_handshake_gets_its_status() {
    let mut host = Host::asking(|_| {});
    for status in [400, 403, 418, 503, 599] {
        let mut client = Client::connect(host.address());
        client.write(upgrade_request("/", ""));
        let id = host.handshake().id;
        host.reply(id, HandshakeReply::Refuse { status });
        let response = client.response(true);
        assert_eq!(response.status, status);
        assert!(response.body.contains(&format!("\"status\":{status}")));
        client.expect_end();
        host.handshake_gone(id);
    }
    assert_eq!(host.server.metrics.refused(Refusal::Callback), 5);
    host.finish_quiet();
}

#[test]
fn without_an_answer_in_time_the_client_gets_503() {
    let mut host = Host::asking(|c| c.handshake_callback_timeout = Duration::from_millis(30));
    let mut client = Client::connect(host.address());
    client.write(upgrade_request("/", ""));
    let id = host.handshake().id;
    let response = client.response(true);
    assert_eq!((response.status, response.field("retry-after")), (503, Some("1")));
    client.expect_end();
    host.handshake_gone(id);
    // Too late: nobody waits for it.
    host.accept(id);
    assert_eq!(host.server.metrics.refused(Refusal::CallbackTimeout), 1);
    host.finish_quiet();
}

#[test]
fn php_hears_once_that_a_client_did_not_wait() {
    let mut host = Host::asking(|_| {});
    for reset in [true, false] {
        let mut client = Client::connect(host.address());
        client.write(upgrade_request("/", ""));
        let id = host.handshake().id;
        if reset {
            client.reset();
        } else {
            drop(client);
        }
        host.handshake_gone(id);
        host.accept(id);
    }
    host.finish_quiet();
}

#[test]
fn a_handshake_that_waits_keeps_no_other_waiting() {
    let mut host = Host::asking(|_| {});
    let mut waiting = Client::connect(host.address());
    waiting.write(upgrade_request("/", ""));
    let first = host.handshake().id;
    for _ in 0..3 {
        let mut client = Client::connect(host.address());
        client.write(upgrade_request("/", ""));
        let id = host.handshake().id;
        host.accept(id);
        assert_eq!(client.response(true).status, 101);
        let id = host.opened();
        client.text("hello");
        assert_eq!(host.message(), (id, b"hello".to_vec()));
        client.close(1000, "");
        host.closed(id, 1000);
    }
    host.accept(first);
    assert_eq!(waiting.response(true).status, 101);
    host.opened();
    host.finish();
}

#[test]
fn frames_sent_while_php_thinks_are_not_lost() {
    let mut host = Host::asking(|_| {});
    let mut client = Client::connect(host.address());
    client.write(upgrade_request("/", ""));
    let id = host.handshake().id;
    for n in 0..100 {
        client.write(masked_frame(0x81, format!("early {n}").as_bytes()));
    }
    host.accept(id);
    assert_eq!(client.response(true).status, 101);
    let id = host.opened();
    for n in 0..100 {
        assert_eq!(host.message(), (id, format!("early {n}").into_bytes()));
    }
    host.finish();
}

#[test]
fn what_php_was_asked_about_ends_with_the_server() {
    let mut host = Host::asking(|_| {});
    let mut client = Client::connect(host.address());
    client.write(upgrade_request("/", ""));
    host.handshake();
    let rest = host.finish();
    assert_eq!(rest.len(), 1, "{rest:?}");
    client.expect_gone();
}
