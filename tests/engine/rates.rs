//! Clients that send too fast, and too many that come at once.

use std::sync::atomic::Ordering;

use ferry::engine::config::{Config, RatePolicy};
use ferry::engine::metrics::{Limit, Refusal};

use crate::harness::{Client, Host, Response, Seen, eventually, masked_frame, upgrade_request};

fn limited(policy: RatePolicy, change: impl FnOnce(&mut Config)) -> Host {
    Host::with(|c| {
        c.rates.policy = policy;
        change(c);
    })
}

/// So many messages in one write.
fn burst(n: usize, payload: &[u8]) -> Vec<u8> {
    masked_frame(0x82, payload).repeat(n)
}

#[test]
fn messages_above_the_rate_close_the_connection() {
    let mut host = limited(RatePolicy::Close, |c| c.rates.messages = Some(5));
    let (mut fast, id) = host.connect();
    let (mut other, other_id) = host.connect();
    fast.write(burst(10, b"x"));
    for _ in 0..5 {
        assert_eq!(host.message(), (id, b"x".to_vec()));
    }
    host.closed(id, 1008);
    fast.expect_close(1008, "too many messages");
    fast.close(1008, "");
    fast.expect_end();
    other.text("not me");
    assert_eq!(host.message(), (other_id, b"not me".to_vec()));
    assert_eq!(host.server.metrics.limited(Limit::MessageRate), 1);
    host.finish();
}

#[test]
fn bytes_above_the_rate_close_the_connection() {
    let mut host = limited(RatePolicy::Close, |c| c.rates.bytes = Some(1000));
    let (mut fast, id) = host.connect();
    // One that is larger than a second's worth passes and is owed.
    fast.write(burst(2, &[0; 5000]));
    assert_eq!(host.message().1.len(), 5000);
    host.closed(id, 1008);
    fast.expect_close(1008, "too many bytes");
    assert_eq!(host.server.metrics.limited(Limit::ByteRate), 1);
    host.finish();
}

#[test]
fn what_is_dropped_never_reaches_php() {
    let mut host = limited(RatePolicy::Drop, |c| c.rates.messages = Some(5));
    let (mut fast, id) = host.connect();
    fast.write(burst(50, b"x"));
    // Answered behind all of them.
    fast.send(0x89, "behind");
    fast.expect(10, "behind");
    let mut got = 0;
    while let Some(Seen::Message { .. }) = host.try_next() {
        got += 1;
    }
    let dropped = host.server.metrics.limited(Limit::MessageRate);
    assert_eq!(got + dropped, 50);
    // One write comes in one read, or in few: not in more than a second.
    assert!((5..50).contains(&got), "{got} of 50 at 5 a second");
    fast.close(1000, "");
    host.closed(id, 1000);
    host.finish();
}

#[test]
fn a_paused_client_loses_nothing() {
    let mut host = limited(RatePolicy::Pause, |c| {
        c.rates.messages = Some(50);
        // A pause is no idleness.
        c.idle_timeout = Some(std::time::Duration::from_millis(400));
    });
    let (mut fast, id) = host.connect();
    for n in 0..3 {
        fast.write(burst(50, &[n]));
    }
    fast.text("end");
    for n in 0..3 {
        for _ in 0..50 {
            assert_eq!(host.message(), (id, vec![n]));
        }
    }
    assert_eq!(host.message(), (id, b"end".to_vec()));
    assert!(host.server.metrics.limited(Limit::MessageRate) >= 1);
    host.finish();
}

#[test]
fn a_paused_client_is_still_written_to_and_closed() {
    let mut host = limited(RatePolicy::Pause, |c| c.rates.bytes = Some(1000));
    let (mut fast, id) = host.connect();
    // An hour of pause.
    fast.write(burst(1, &vec![0; 1_000_000]));
    assert_eq!(host.message().1.len(), 1_000_000);
    let metrics = std::sync::Arc::clone(&host.server.metrics);
    eventually("paused", || metrics.limited(Limit::ByteRate) == 1);
    host.text(id, "still here");
    fast.expect_text("still here");
    host.close(id, 4000, "enough");
    fast.expect_close(4000, "enough");
    fast.close(4000, "");
    fast.expect_end();
    host.closed(id, 4000);
    host.finish_quiet();
}

#[test]
fn a_ping_flood_closes_the_connection() {
    for first in [0x89, 0x8a] {
        let mut host = Host::with(|c| c.rates.control_frames = Some(100));
        let (mut noisy, id) = host.connect();
        let (mut other, other_id) = host.connect();
        noisy.write(masked_frame(first, b"p").repeat(1000));
        host.closed(id, 1008);
        let close = loop {
            let frame = noisy.frame();
            if frame.opcode != 10 {
                break frame;
            }
        };
        assert_eq!(close.opcode, 8);
        assert_eq!(
            close.payload,
            [&1008_u16.to_be_bytes()[..], b"too many control frames"].concat()
        );
        assert_eq!(host.server.metrics.limited(Limit::ControlRate), 1);
        other.text("not me");
        assert_eq!(host.message(), (other_id, b"not me".to_vec()));
        host.finish();
    }
}

/// Shakes hands until it is refused: on a busy machine seconds may pass between two.
fn first_refusal(host: &Host) -> Response {
    for _ in 0..1000 {
        let response = Client::connect(host.address()).request(upgrade_request("/", ""));
        if response.status != 101 {
            return response;
        }
    }
    panic!("never refused")
}

#[test]
fn handshakes_above_the_rate_are_refused() {
    let host = Host::with(|c| c.rates.handshakes = Some(2));
    let response = first_refusal(&host);
    assert_eq!((response.status, response.field("retry-after")), (503, Some("1")));
    // Health is no handshake.
    let health = Client::connect(host.address()).request("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(health.status, 200);
    let metrics = std::sync::Arc::clone(&host.server.metrics);
    assert_eq!(metrics.refused(Refusal::HandshakeRate), 1);
    let address = host.address();
    eventually("a second later", || {
        Client::connect(address).request(upgrade_request("/", "")).status == 101
    });
    host.finish();
}

#[test]
fn handshakes_of_one_address_do_not_cost_another() {
    let host = Host::with(|c| {
        c.rates.handshakes_per_ip = Some(1);
        c.rates.handshakes = Some(1000);
    });
    let refused = first_refusal(&host);
    assert_eq!((refused.status, refused.field("retry-after")), (429, Some("1")));
    let before = host.server.metrics.connections_total.load(Ordering::Relaxed);
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let from: std::net::SocketAddr = ([127, 0, 0, 2], 0).into();
    socket.bind(&from.into()).unwrap();
    socket.connect(&host.address().into()).unwrap();
    Client::over(socket.into()).upgrade();
    let metrics = &host.server.metrics;
    assert_eq!(metrics.refused(Refusal::HandshakeRatePerAddress), 1);
    // Counted when the session opens, which is after its answer.
    eventually("counted", || metrics.connections_total.load(Ordering::Relaxed) > before);
    host.finish();
}
