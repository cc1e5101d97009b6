//! Time limits of live connections.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ferry::engine::mailbox::Command;
use ferry::engine::metrics::Limit;
use ferry::engine::request::HandshakeReply;

use crate::harness::{Client, Host, upgrade_request};

const SHORT: Duration = Duration::from_millis(80);

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

#[test]
fn a_silent_client_is_closed_with_1001() {
    let mut host = Host::with(|c| c.idle_timeout = Some(SHORT));
    let (mut client, id) = host.connect();
    client.expect_close(1001, "idle timeout");
    client.close(1001, "");
    client.expect_end();
    host.closed(id, 1001);
    assert_eq!(host.server.metrics.limited(Limit::IdleTimeout), 1);
    host.finish_quiet();
}

#[test]
fn a_client_that_answers_pings_is_not_idle() {
    let mut host = Host::with(|c| {
        c.ping_interval = Some(SHORT / 2);
        c.idle_timeout = Some(SHORT * 50);
    });
    let (mut client, id) = host.connect();
    for _ in 0..5 {
        client.expect(9, "");
        client.send(0x8a, "");
    }
    client.close(1000, "");
    // A ping may have crossed.
    while client.frame().opcode == 9 {}
    host.closed(id, 1000);
    host.finish_quiet();
}

#[test]
fn an_unanswered_ping_is_not_repeated() {
    let mut host = Host::with(|c| {
        c.ping_interval = Some(SHORT);
        c.idle_timeout = Some(SHORT * 5);
    });
    let (mut client, id) = host.connect();
    client.expect(9, "");
    client.expect_close(1001, "idle timeout");
    client.end();
    host.closed(id, 1001);
    host.finish_quiet();
}

#[test]
fn an_expired_token_closes_the_connection() {
    let mut host = Host::asking(|c| c.expired_close_code = 4999);
    let mut client = Client::connect(host.address());
    client.write(upgrade_request("/", ""));
    let request = host.handshake();
    let expiry = now() + 1;
    let expires_at = Some(expiry);
    host.reply(request.id, HandshakeReply::Accept { expires_at, user: None });
    assert_eq!(client.response(true).status, 101);
    let id = host.opened();
    client.expect_close(4999, "token expired");
    assert!(now() >= expiry);
    client.close(4999, "");
    host.closed(id, 4999);
    host.finish_quiet();
}

#[test]
fn a_renewed_token_postpones_the_close() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    let (mut forever, forever_id) = host.connect();
    let renewed = now() + 2;
    for (id, first, then) in [(id, now() + 1, Some(renewed)), (forever_id, now() + 1, None)] {
        host.command(id, Command::Expire { id, at: Some(first) });
        host.command(id, Command::Expire { id, at: then });
    }
    client.expect_close(4401, "token expired");
    assert!(now() >= renewed);
    client.close(4401, "");
    host.closed(id, 4401);
    host.text(forever_id, "still here");
    forever.expect_text("still here");
    host.finish();
}
