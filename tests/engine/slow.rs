//! Clients that do not read: what they cost is bounded, and others never wait for them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ferry::engine::config::{Config, SlowConsumer};
use ferry::engine::frame::MessageKind;
use ferry::engine::id::ConnId;
use ferry::engine::mailbox::{Audience, Command};
use ferry::engine::metrics::Limit;
use ferry::engine::outlet::Outlet;

use crate::harness::{Client, Host, eventually, masked_frame};

const LIMIT: usize = 256 * 1024;
const BLOCK: usize = 16 * 1024;

fn host(policy: SlowConsumer, change: impl FnOnce(&mut Config)) -> Host {
    Host::with(|c| {
        c.slow_consumer = policy;
        c.outbox_bytes = LIMIT;
        change(c);
    })
}

fn slow_client(host: &mut Host) -> (Client, ConnId, Arc<Outlet>) {
    let mut client = Client::connect_narrow(host.address());
    client.upgrade();
    let id = host.opened();
    let outlet = host.outlet(id);
    (client, id, outlet)
}

/// A message of `BLOCK` bytes that tells its number.
fn block(n: usize) -> Vec<u8> {
    format!("{n:0BLOCK$}").into_bytes()
}

fn number(payload: &[u8]) -> usize {
    assert_eq!(payload.len(), BLOCK);
    std::str::from_utf8(payload).unwrap().parse().unwrap()
}

/// Sends blocks, each taken before the next is sent, until `enough`. Returns how many.
fn flood(host: &Host, id: ConnId, outlet: &Outlet, enough: impl Fn() -> bool) -> usize {
    flood_under(host, id, outlet, LIMIT, enough)
}

/// The same under another limit.
fn flood_under(host: &Host, id: ConnId, outlet: &Outlet, limit: usize, enough: impl Fn() -> bool) -> usize {
    let mut sent = 0;
    let mut handed = 0;
    while !enough() {
        assert!(sent < 10_000, "160 MB were taken");
        host.send(id, MessageKind::Text, &block(sent));
        sent += 1;
        handed += BLOCK as u64 + 4;
        eventually("taken", || outlet.taken() == handed || outlet.is_closed());
        let backlog = outlet.backlog();
        assert!(backlog <= limit + BLOCK, "{backlog} bytes wait");
    }
    sent
}

#[test]
fn slow_client_is_closed() {
    let mut host = host(SlowConsumer::Disconnect, |_| {});
    let (mut slow, id, outlet) = slow_client(&mut host);
    let (mut other, other_id) = host.connect();
    flood(&host, id, &outlet, || outlet.is_closed());
    assert!(outlet.backlog() < BLOCK + 200, "only what has begun, and the Close");
    host.text(other_id, "not slow");
    other.expect_text("not slow");
    let mut due = 0;
    let close = loop {
        let frame = slow.frame();
        if frame.opcode == 8 {
            break frame;
        }
        assert_eq!(number(&frame.payload), due);
        due += 1;
    };
    assert_eq!(close.payload[..2], 1013_u16.to_be_bytes());
    slow.close(1013, "");
    slow.expect_end();
    host.closed(id, 1013);
    assert!(host.server.metrics.dropped.load(Ordering::Relaxed) > 0);
    assert_eq!(host.server.metrics.limited(Limit::Outbox), 1);
    host.finish();
}

#[test]
fn slow_client_that_stays_deaf_is_dropped() {
    let mut host = host(SlowConsumer::Disconnect, |c| {
        c.close_timeout = Duration::from_millis(100);
    });
    let (_deaf, id, outlet) = slow_client(&mut host);
    flood(&host, id, &outlet, || outlet.is_closed());
    host.closed(id, 1013);
    let metrics = &host.server.metrics;
    eventually("gone", || metrics.connections.load(Ordering::Relaxed) == 0);
    host.finish_quiet();
}

/// Floods a slow client under a dropping policy, lets it read, and returns the numbers it got and how many were sent.
fn dropped(policy: SlowConsumer) -> (Vec<usize>, usize) {
    let mut host = host(policy, |_| {});
    let (mut slow, id, outlet) = slow_client(&mut host);
    let metrics = Arc::clone(&host.server.metrics);
    let sent = flood(&host, id, &outlet, || metrics.dropped.load(Ordering::Relaxed) >= 50);
    // Behind the last block: when this one arrives, that one has been dropped or not.
    let (mut other, other_id) = host.connect();
    host.text(other_id, "done");
    other.expect_text("done");
    let dropped = usize::try_from(metrics.dropped.load(Ordering::Relaxed)).unwrap();
    assert!(!outlet.is_closed());
    let got: Vec<usize> = (dropped..sent).map(|_| number(&slow.frame().payload)).collect();
    host.text(id, "and it goes on");
    slow.expect_text("and it goes on");
    assert!(got.is_sorted(), "{got:?}");
    host.finish();
    (got, sent)
}

#[test]
fn dropping_the_oldest_keeps_the_newest_whole() {
    let (got, sent) = dropped(SlowConsumer::DropOldest);
    assert_eq!(got[0], 0, "what had begun was finished");
    assert_eq!(got.last(), Some(&(sent - 1)));
}

#[test]
fn dropping_the_newest_keeps_the_oldest_whole() {
    let (got, sent) = dropped(SlowConsumer::DropNewest);
    assert!(got.iter().copied().eq(0..got.len()), "{got:?}");
    assert!(got.len() < sent);
}

#[test]
fn a_message_over_the_limit_is_taken_when_nothing_waits() {
    let mut host = host(SlowConsumer::Disconnect, |_| {});
    let (mut slow, id, outlet) = slow_client(&mut host);
    let big = vec![b'x'; 16 * LIMIT];
    host.send(id, MessageKind::Text, &big);
    eventually("taken", || outlet.taken() > 0);
    assert_eq!(slow.frame().payload.len(), big.len());
    assert!(!outlet.is_closed());
    host.finish();
}

#[test]
fn a_slow_member_costs_a_broadcast_no_copy() {
    let mut host = host(SlowConsumer::DropOldest, |_| {});
    let (slow, _id, outlet) = slow_client(&mut host);
    let (mut fast, _) = host.connect();
    let text = "x".repeat(BLOCK);
    let mut frames = Vec::new();
    while outlet.backlog() < LIMIT / 2 {
        frames.push(host.broadcast(None, &text, &[]));
        fast.expect_text(&text);
    }
    assert!(
        frames.last().is_some_and(|frame| !frame.is_unique()),
        "kept, not copied"
    );
    slow.reset();
    eventually("let go", || frames.iter().all(bytes::Bytes::is_unique));
    host.finish();
}

#[test]
fn a_socket_that_takes_nothing_is_given_up() {
    let mut host = host(SlowConsumer::DropOldest, |c| {
        c.write_timeout = Some(Duration::from_millis(100));
    });
    let (_deaf, id, outlet) = slow_client(&mut host);
    flood(&host, id, &outlet, || outlet.backlog() > 0);
    assert_eq!(host.closed(id, 1006), "write timeout");
    assert_eq!(host.server.metrics.limited(Limit::WriteTimeout), 1);
    host.finish_quiet();
}

#[test]
fn pings_of_a_client_that_never_reads_cost_no_memory() {
    let mut host = host(SlowConsumer::DropOldest, |c| c.rates.control_frames = None);
    let (mut deaf, id, outlet) = slow_client(&mut host);
    let pings = masked_frame(0x89, &[b'p'; 125]).repeat(500);
    let metrics = Arc::clone(&host.server.metrics);
    // More than the kernel's buffers and the outbox hold together.
    for _ in 0..500 {
        deaf.write(&pings);
        assert!(outlet.backlog() < LIMIT / 2, "{} bytes wait", outlet.backlog());
    }
    let bytes = 500 * pings.len() as u64;
    eventually("all read", || metrics.bytes_in.load(Ordering::Relaxed) == bytes);
    assert!(outlet.backlog() > 0, "the socket was never full");
    deaf.text("still heard");
    assert_eq!(host.message(), (id, b"still heard".to_vec()));
    // Broken off, as nobody would read the rest.
    deaf.reset();
    host.closed(id, 1006);
    host.finish_quiet();
}

type Slow = (Client, ConnId, Arc<Outlet>);

/// Floods clients under a bound of all outboxes together; returns the host, a client that reads, and those that do not.
fn flood_all(policy: SlowConsumer, clients: usize) -> (Host, Client, Vec<Slow>) {
    let mut host = host(policy, |c| {
        c.outbox_bytes = 64 * LIMIT;
        c.rates.outbox_total = Some(2 * LIMIT);
    });
    let slow: Vec<_> = (0..clients).map(|_| slow_client(&mut host)).collect();
    let (mut fast, _) = host.connect();
    let text = "x".repeat(BLOCK);
    let metrics = Arc::clone(&host.server.metrics);
    for _ in 0..2000 {
        if metrics.limited(Limit::OutboxTotal) > 0 {
            break;
        }
        host.broadcast(None, &text, &[]);
        fast.expect_text(&text);
        let waiting = metrics.outbox_bytes.load(Ordering::Relaxed);
        // One broadcast may overshoot until its flush is over.
        assert!(
            waiting <= 2 * LIMIT + (clients + 1) * (BLOCK + 200),
            "{waiting} bytes wait"
        );
    }
    (host, fast, slow)
}

#[test]
fn all_outboxes_together_are_bounded_and_the_slowest_goes_first() {
    let (mut host, _fast, slow) = flood_all(SlowConsumer::Disconnect, 6);
    let metrics = Arc::clone(&host.server.metrics);
    assert!(metrics.limited(Limit::OutboxTotal) > 0, "the bound was never met");
    let gone = slow.iter().filter(|(_, _, outlet)| outlet.is_closed()).count();
    assert!((1..6).contains(&gone), "{gone} of 6 had to go");
    assert!(metrics.outbox_bytes.load(Ordering::Relaxed) <= 2 * LIMIT);
    // Those that stay get all of it.
    let stays = slow.iter().find(|(_, _, outlet)| !outlet.is_closed()).unwrap();
    host.text(stays.1, "still here");
    for (mut client, id, outlet) in slow {
        if outlet.is_closed() {
            let close = loop {
                let frame = client.frame();
                if frame.opcode == 8 {
                    break frame;
                }
            };
            assert_eq!(close.payload[..2], 1013_u16.to_be_bytes());
            client.close(1013, "");
            client.expect_end();
            host.closed(id, 1013);
        }
    }
    host.finish();
}

#[test]
fn under_a_dropping_policy_the_slowest_lose_messages_only() {
    let (host, _fast, slow) = flood_all(SlowConsumer::DropOldest, 6);
    let metrics = &host.server.metrics;
    assert!(metrics.dropped.load(Ordering::Relaxed) > 0);
    assert!(metrics.outbox_bytes.load(Ordering::Relaxed) <= 2 * LIMIT);
    assert!(slow.iter().all(|(_, _, outlet)| !outlet.is_closed()));
    host.finish();
}

#[test]
fn what_cannot_be_dropped_is_cut_off() {
    let mut host = host(SlowConsumer::DropNewest, |c| {
        c.outbox_bytes = 64 * LIMIT;
        c.rates.outbox_total = Some(LIMIT);
    });
    let (_slow, id, _) = slow_client(&mut host);
    // One message, begun and never to be finished.
    host.send(id, MessageKind::Binary, &vec![0; 32 * LIMIT]);
    assert_eq!(host.closed(id, 1013), "too slow");
    assert_eq!(host.server.metrics.outbox_bytes.load(Ordering::Relaxed), 0);
    host.finish_quiet();
}

#[test]
fn no_thread_gives_way_for_the_slow_clients_of_another() {
    let mut host = host(SlowConsumer::DropOldest, |c| {
        c.io_threads = 2;
        c.outbox_bytes = 64 * LIMIT;
        c.rates.outbox_total = Some(4 * LIMIT);
    });
    let mut slow: Vec<Slow> = (0..2).map(|_| slow_client(&mut host)).collect();
    while slow.iter().all(|(_, id, _)| id.io_thread() == slow[0].1.io_thread()) {
        assert!(slow.len() < 100, "one thread has them all");
        slow.push(slow_client(&mut host));
    }
    let metrics = Arc::clone(&host.server.metrics);
    let (_, greedy, outlet) = &slow[0];
    let (_, other, others) = slow.last().unwrap();
    let limited = || metrics.limited(Limit::OutboxTotal);
    flood_under(&host, *greedy, outlet, 2 * LIMIT, || limited() > 0);
    let before = limited();
    let block = block(0);
    for _ in 0..200 {
        if others.backlog() >= LIMIT {
            break;
        }
        let taken = others.taken();
        host.send(*other, MessageKind::Text, &block);
        eventually("taken", || others.taken() > taken);
    }
    assert!(others.backlog() >= LIMIT, "it never waited");
    assert_eq!((limited(), metrics.limited(Limit::Outbox)), (before, 0));
    host.finish();
}

#[test]
fn small_messages_count_with_what_keeping_them_costs() {
    let mut host = host(SlowConsumer::DropNewest, |_| {});
    let (_slow, id, outlet) = slow_client(&mut host);
    let (mut other, _) = host.connect();
    let metrics = Arc::clone(&host.server.metrics);
    flood(&host, id, &outlet, || outlet.backlog() > BLOCK);
    let mut sent = 0;
    while metrics.dropped.load(Ordering::Relaxed) == 0 {
        assert!(sent < LIMIT / 64, "{sent} entries of ten bytes wait");
        host.broadcast(None, "12345678", &[]);
        other.expect_text("12345678");
        sent += 1;
    }
    assert!(outlet.backlog() <= LIMIT);
    host.finish();
}

#[test]
fn a_broken_peer_is_noticed_while_frames_wait() {
    let mut host = host(SlowConsumer::DropNewest, |_| {});
    let (slow, id, outlet) = slow_client(&mut host);
    flood(&host, id, &outlet, || outlet.backlog() > LIMIT / 2);
    slow.reset();
    host.closed(id, 1006);
    assert_eq!(outlet.backlog(), 0);
    host.command(
        id,
        Command::Broadcast {
            audience: Audience::All,
            frame: "".into(),
            except: [].into(),
            number: None,
            count: None,
        },
    );
    host.finish_quiet();
}
