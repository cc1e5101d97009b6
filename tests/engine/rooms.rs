//! Broadcasts: to all, to rooms, and past the excepted.

use std::sync::atomic::Ordering;

use ferry::engine::frame::{MessageKind, message_frame};
use ferry::engine::mailbox::{Audience, Command};

use crate::harness::{Client, Host, Seen, eventually};

/// Clients with their ids, over two I/O threads.
fn crowd<const N: usize>() -> (Host, [(Client, ferry::engine::id::ConnId); N]) {
    let mut host = Host::with(|c| c.io_threads = 2);
    let crowd = std::array::from_fn(|_| host.connect());
    (host, crowd)
}

#[test]
fn a_broadcast_reaches_all_but_the_excepted() {
    let (host, mut clients) = crowd::<4>();
    let excepted = clients[2].1;
    host.broadcast(None, "to three", &[excepted]);
    host.broadcast(None, "to all", &[]);
    for (client, id) in &mut clients {
        if *id != excepted {
            client.expect_text("to three");
        }
        client.expect_text("to all");
    }
    host.finish();
}

#[test]
fn a_room_is_joined_left_and_joined_again() {
    let (host, mut clients) = crowd::<4>();
    let [(a, a_id), (b, b_id), (c, c_id), (d, d_id)] = &mut clients;
    for id in [*a_id, *b_id, *c_id] {
        host.join(id, "room");
        host.join(id, "other");
        // Joining twice is joining once.
        host.join(id, "room");
    }
    host.broadcast(Some("room"), "abc", &[]);
    host.leave(*a_id, "room");
    host.leave(*d_id, "room");
    host.broadcast(Some("room"), "bc", &[]);
    host.join(*d_id, "room");
    host.join(*a_id, "room");
    host.leave(*b_id, "room");
    host.broadcast(Some("room"), "acd", &[*c_id]);
    host.broadcast(Some("nobody"), "none", &[]);
    host.broadcast(None, "end", &[]);
    for (client, expected) in [
        (a, &["abc", "acd", "end"][..]),
        (b, &["abc", "bc", "end"]),
        (c, &["abc", "bc", "end"]),
        (d, &["acd", "end"]),
    ] {
        for text in expected {
            client.expect_text(text);
        }
    }
    host.finish();
}

#[test]
fn a_closed_connection_is_in_no_room() {
    let mut host = Host::with(|_| {});
    let (mut stays, stays_id) = host.connect();
    let (mut goes, goes_id) = host.connect();
    let (mut closed, closed_id) = host.connect();
    for id in [goes_id, closed_id, stays_id] {
        host.join(id, "room");
    }
    goes.close(1000, "");
    host.closed(goes_id, 1000);
    host.close(closed_id, 4000, "");
    host.join(closed_id, "room");
    host.broadcast(Some("room"), "hello", &[]);
    stays.expect_text("hello");
    goes.expect_close(1000, "");
    goes.expect_end();
    closed.expect_close(4000, "");
    closed.close(4000, "");
    closed.expect_end();
    host.closed(closed_id, 4000);
    drop((goes, closed));

    // A slot is used again: the new connection is in no room.
    eventually("the slots are free", || {
        host.server.metrics.connections.load(Ordering::Relaxed) == 1
    });
    let (mut fresh, _) = host.connect();
    host.broadcast(Some("room"), "again", &[]);
    host.broadcast(None, "all", &[]);
    fresh.expect_text("all");
    stays.expect_text("again");
    stays.expect_text("all");
    host.finish();
}

#[test]
fn a_frame_is_encoded_once_for_all_and_kept_for_none() {
    let (host, mut clients) = crowd::<6>();
    let text = "x".repeat(100_000);
    let frames: Vec<_> = (0..20).map(|_| host.broadcast(None, &text, &[])).collect();
    for (client, _) in &mut clients {
        for _ in 0..20 {
            client.expect_text(&text);
        }
    }
    eventually("all let go", || frames.iter().all(bytes::Bytes::is_unique));
    host.finish();
}

#[test]
fn a_broadcast_that_reaches_nobody_keeps_nothing() {
    let mut host = Host::with(|c| c.io_threads = 2);
    // One I/O thread has a connection, the other none.
    let (mut client, _) = host.connect();
    let frames: Vec<_> = ["all", "none"]
        .into_iter()
        .flat_map(|text| {
            [
                host.broadcast(None, text, &[]),
                host.broadcast(Some("empty"), text, &[]),
            ]
        })
        .collect();
    client.expect_text("all");
    client.expect_text("none");
    eventually("all let go", || frames.iter().all(bytes::Bytes::is_unique));
    host.finish();
}

#[test]
fn broadcasts_and_sends_keep_their_order() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    host.join(id, "room");
    for n in 0..200 {
        host.text(id, &format!("own {n}"));
        host.broadcast(None, &format!("all {n}"), &[]);
        host.broadcast(Some("room"), &format!("room {n}"), &[]);
    }
    for n in 0..200 {
        client.expect_text(&format!("own {n}"));
        client.expect_text(&format!("all {n}"));
        client.expect_text(&format!("room {n}"));
    }
    host.finish();
}

#[test]
fn a_stale_id_reaches_nobody() {
    let mut host = Host::with(|_| {});
    let (client, old) = host.connect();
    client.reset();
    host.closed(old, 1006);
    eventually("the slot is free", || {
        host.server.metrics.connections.load(Ordering::Relaxed) == 0
    });
    let (mut client, id) = host.connect();
    assert_eq!((old.slot(), old.io_thread()), (id.slot(), id.io_thread()), "used again");
    host.text(old, "for the dead");
    host.close(old, 4000, "");
    host.join(old, "room");
    host.command(old, ferry::engine::mailbox::Command::Expire { id: old, at: Some(0) });
    host.broadcast(Some("room"), "nobody", &[]);
    host.broadcast(None, "except the dead", &[old]);
    host.text(id, "for the living");
    client.expect_text("except the dead");
    client.expect_text("for the living");
    client.text("alive");
    assert!(matches!(host.next(), Seen::Message { id: of, .. } if of == id));
    host.finish();
}

#[test]
fn a_long_batch_of_broadcasts_keeps_its_order() {
    const COUNT: usize = 20_000;
    let mut host = Host::with(|c| c.outbox_bytes = 64 << 20);
    let mut clients: Vec<_> = (0..20).map(|_| host.connect().0).collect();
    {
        // One batch: the I/O thread cannot take it before the guard goes.
        let mailbox = host.server.mailboxes().next().unwrap();
        let mut batch = mailbox.batch();
        for n in 0..COUNT {
            batch.push(Command::Broadcast {
                audience: Audience::All,
                frame: message_frame(MessageKind::Text, n.to_string().as_bytes()),
                except: [].into(),
                number: None,
                count: None,
            });
        }
    }
    host.post_all(|| Command::Resume);
    for client in &mut clients {
        for n in 0..COUNT {
            client.expect_text(&n.to_string());
        }
    }
    host.finish();
}
