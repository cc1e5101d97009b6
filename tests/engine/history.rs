//! Rooms that keep a history: a client that was cut off gets what it missed, in order, before live events.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ferry::engine::history::{HistoryOptions, Rule};
use ferry::engine::id::ConnId;
use ferry::engine::mailbox::Command;
use ferry::engine::publish::{Message, Publisher, Target};
use serde_json::Value;

use crate::harness::{Client, Helper, Host, Seen, eventually, upgrade_request};

fn host(io_threads: usize, messages: usize) -> Host {
    Host::with(|c| {
        c.io_threads = io_threads;
        c.history = Some(HistoryOptions {
            rules: vec![Rule {
                pattern: "r*".into(),
                messages,
                age: None,
            }],
            room_bytes: 64 << 20,
            total_bytes: 64 << 20,
        });
    })
}

fn event(room: &str, number: usize) -> Message {
    Message {
        target: Target::Rooms(vec![room.into()]),
        event: "e".into(),
        data: number.to_string().into(),
        except: Vec::new(),
    }
}

fn publish(publisher: &Publisher, room: &str, number: usize) {
    drop(publisher.publish(&[event(room, number)]));
}

fn connect(host: &mut Host, since: &str) -> (Client, ConnId) {
    let mut client = Client::connect(host.address());
    let response = client.request(upgrade_request(&format!("/?since={since}"), ""));
    assert_eq!(response.status, 101);
    let id = host.opened();
    (client, id)
}

#[track_caller]
fn next(client: &mut Client) -> Value {
    serde_json::from_slice(&client.frame().payload).unwrap()
}

/// The next frame must be this event. Returns its offset.
#[track_caller]
fn expect(client: &mut Client, room: &str, number: usize) -> String {
    let frame = next(client);
    assert_eq!(
        (&frame["type"], &frame["room"], &frame["data"]),
        (&"e".into(), &room.into(), &number.into()),
        "{frame}"
    );
    frame["offset"].as_str().unwrap().to_owned()
}

/// The next frame must say that the room was resumed. Returns the offset.
#[track_caller]
fn resumed(client: &mut Client, room: &str, recovered: bool, missed: usize) -> String {
    let frame = next(client);
    assert_eq!(
        (&frame["type"], &frame["room"], &frame["recovered"], &frame["missed"]),
        (&"resumed".into(), &room.into(), &recovered.into(), &missed.into()),
        "{frame}"
    );
    frame["offset"].as_str().unwrap().to_owned()
}

#[track_caller]
fn told(client: &mut Client, room: &str) -> String {
    let frame = next(client);
    assert_eq!(
        (&frame["type"], &frame["room"]),
        (&"offset".into(), &room.into()),
        "{frame}"
    );
    frame["offset"].as_str().unwrap().to_owned()
}

#[test]
fn what_was_missed_comes_before_live_events() {
    for io_threads in [1, 3] {
        let mut host = host(io_threads, 100);
        let publisher = Arc::clone(host.server.publisher());
        let (mut first, id) = host.connect();
        host.join(id, "r");
        told(&mut first, "r");
        publish(&publisher, "r", 1);
        let offset = expect(&mut first, "r", 1);
        first.end();
        host.closed(id, 1006);
        for number in 2..=4 {
            publish(&publisher, "r", number);
            publish(&publisher, "r.other", 0);
        }
        let (mut second, id) = connect(&mut host, &offset);
        host.join(id, "r");
        publish(&publisher, "r", 5);
        for number in 2..=4 {
            expect(&mut second, "r", number);
        }
        let last = resumed(&mut second, "r", true, 3);
        expect(&mut second, "r", 5);
        // Joined again on the same connection, it stands at the end.
        host.leave(id, "r");
        host.join(id, "r");
        assert_ne!(told(&mut second, "r"), last);
        host.finish();
    }
}

#[test]
fn nothing_missed_is_nothing_sent() {
    let mut host = host(1, 100);
    let (mut first, id) = host.connect();
    host.join(id, "r");
    let offset = told(&mut first, "r");
    let (mut second, id) = connect(&mut host, &offset);
    host.join(id, "r");
    assert_eq!(resumed(&mut second, "r", true, 0), offset);
    host.finish();
}

#[test]
fn a_gap_is_told_and_live_events_go_on() {
    let mut host = host(1, 2);
    let publisher = Arc::clone(host.server.publisher());
    let (mut first, id) = host.connect();
    host.join(id, "r");
    let offset = told(&mut first, "r");
    for number in 0..3 {
        publish(&publisher, "r", number);
    }
    let mut clients = Vec::new();
    for since in [&*offset, "0123456701234567f", "nonsense,"] {
        let (mut client, id) = connect(&mut host, since);
        host.join(id, "r");
        if since == offset {
            resumed(&mut client, "r", false, 0);
        } else {
            // Not of this room: as if nothing had been said.
            told(&mut client, "r");
        }
        publish(&publisher, "r", 9);
        expect(&mut client, "r", 9);
        clients.push(client);
    }
    host.finish();
}

#[test]
fn another_run_is_noticed() {
    let mut old = host(1, 10);
    let (mut client, id) = old.connect();
    old.join(id, "r");
    let offset = told(&mut client, "r");
    old.finish();
    let mut host = host(1, 10);
    let (mut client, id) = connect(&mut host, &offset);
    host.join(id, "r");
    resumed(&mut client, "r", false, 0);
    host.finish();
}

#[test]
fn several_rooms_resume_each_from_its_own_offset() {
    let mut host = host(2, 100);
    let publisher = Arc::clone(host.server.publisher());
    let (mut first, id) = host.connect();
    host.join(id, "r1");
    let one = told(&mut first, "r1");
    publish(&publisher, "r1", 1);
    publish(&publisher, "r2", 1);
    host.join(id, "r2");
    expect(&mut first, "r1", 1);
    let two = told(&mut first, "r2");
    publish(&publisher, "r2", 2);
    let (mut second, id) = connect(&mut host, &format!("{two},{one}"));
    host.join(id, "r1");
    host.join(id, "r2");
    expect(&mut second, "r1", 1);
    resumed(&mut second, "r1", true, 1);
    expect(&mut second, "r2", 2);
    resumed(&mut second, "r2", true, 1);
    // A room without a history is as it was.
    host.join(id, "plain");
    publish(&publisher, "plain", 3);
    second.expect_text(r#"{"type":"e","data":3,"room":"plain"}"#);
    host.finish();
}

#[test]
fn a_message_resumes_before_and_after_the_join() {
    let mut host = host(1, 100);
    let publisher = Arc::clone(host.server.publisher());
    let (mut first, id) = host.connect();
    host.join(id, "r");
    let offset = told(&mut first, "r");
    publish(&publisher, "r", 1);
    let resume = |id| Command::ResumeRoom {
        id,
        room: "r".into(),
        since: offset.parse().unwrap(),
    };
    let (mut before, id) = host.connect();
    host.command(id, resume(id));
    host.join(id, "r");
    expect(&mut before, "r", 1);
    resumed(&mut before, "r", true, 1);
    let (mut after, id) = host.connect();
    host.join(id, "r");
    told(&mut after, "r");
    publish(&publisher, "r", 2);
    expect(&mut after, "r", 2);
    host.command(id, resume(id));
    expect(&mut after, "r", 1);
    resumed(&mut after, "r", true, 1);
    publish(&publisher, "r", 3);
    expect(&mut after, "r", 3);
    host.finish();
}

#[test]
fn a_slow_client_catches_up_without_filling_its_outbox() {
    let mut host = Host::with(|c| {
        c.outbox_bytes = 64 * 1024;
        c.history = Some(HistoryOptions {
            rules: vec![Rule {
                pattern: "r".into(),
                messages: 100_000,
                age: None,
            }],
            room_bytes: 64 << 20,
            total_bytes: 64 << 20,
        });
    });
    let publisher = Arc::clone(host.server.publisher());
    let (mut first, id) = host.connect();
    host.join(id, "r");
    let offset = told(&mut first, "r");
    host.leave(id, "r");
    let large = |number: usize| Message {
        data: format!("[{number},\"{}\"]", "x".repeat(10_000)).into(),
        ..event("r", number)
    };
    // More than the sockets' buffers and the outbox hold.
    for number in 0..2_000 {
        drop(publisher.publish(&[large(number)]));
    }
    let mut slow = Client::connect_narrow(host.address());
    assert_eq!(
        slow.request(upgrade_request(&format!("/?since={offset}"), "")).status,
        101
    );
    let id = host.opened();
    host.join(id, "r");
    for number in 2_000..2_100 {
        drop(publisher.publish(&[large(number)]));
    }
    for number in 0..2_100 {
        let frame = next(&mut slow);
        assert_eq!((&frame["type"], &frame["data"][0]), (&"e".into(), &number.into()));
    }
    resumed(&mut slow, "r", true, 2_100);
    publish(&publisher, "r", 7);
    expect(&mut slow, "r", 7);
    assert_eq!(host.server.metrics.dropped.load(Ordering::Relaxed), 0);
    host.finish();
}

#[test]
fn a_slow_client_gets_every_room_in_order() {
    let mut host = host(1, 100_000);
    let publisher = Arc::clone(host.server.publisher());
    let (mut first, id) = host.connect();
    let offsets = ["r", "r2"].map(|room| {
        host.join(id, room);
        told(&mut first, room)
    });
    host.leave(id, "r");
    host.leave(id, "r2");
    let large = Message {
        data: format!("\"{}\"", "x".repeat(100_000)).into(),
        ..event("r", 0)
    };
    // More than the sockets' buffers hold, and less than the history.
    for _ in 0..100 {
        drop(publisher.publish(std::slice::from_ref(&large)));
    }
    publish(&publisher, "r2", 1);
    let mut slow = Client::connect_narrow(host.address());
    let since = offsets.join(",");
    assert_eq!(
        slow.request(upgrade_request(&format!("/?since={since}"), "")).status,
        101
    );
    let id = host.opened();
    host.join(id, "r");
    host.join(id, "r2");
    publish(&publisher, "r2", 2);
    for _ in 0..100 {
        assert_eq!(next(&mut slow)["room"], "r");
    }
    resumed(&mut slow, "r", true, 100);
    expect(&mut slow, "r2", 1);
    expect(&mut slow, "r2", 2);
    resumed(&mut slow, "r2", true, 2);
    host.finish();
}

/// Ten thousand events, and a client whose connection is cut again and again.
#[test]
fn a_client_that_is_cut_off_at_random_loses_nothing() {
    const EVENTS: usize = 10_000;
    let host = host(3, EVENTS);
    let address = host.address();
    let publisher = Arc::clone(host.server.publisher());
    let server = Helper::serve(host, |host, seen| {
        if let Seen::Open(id) = seen {
            host.server.publisher().join(id, "r".into());
        }
    });
    let started = Arc::new(AtomicBool::new(false));
    let publishing = std::thread::spawn({
        let started = Arc::clone(&started);
        move || {
            while !started.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            for number in 0..EVENTS {
                while !publisher.has_room() {
                    std::thread::yield_now();
                }
                publish(&publisher, "r", number);
                if number % 100 == 0 {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
    });
    // A fixed sequence (Numerical Recipes), so that a failure can be repeated.
    let mut random = 1_u32;
    let (mut next_number, mut offset, mut cuts) = (0, String::new(), 0);
    while next_number < EVENTS {
        let mut client = Client::connect(address);
        let path = if offset.is_empty() {
            "/".into()
        } else {
            format!("/?since={offset}")
        };
        assert_eq!(client.request(upgrade_request(&path, "")).status, 101);
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut left = random >> 23;
        while left > 0 && next_number < EVENTS {
            let frame = next(&mut client);
            let at = frame["offset"].as_str().unwrap().to_owned();
            match frame["type"].as_str().unwrap() {
                "e" => {
                    assert_eq!(frame["data"], next_number, "after {cuts} cuts");
                    next_number += 1;
                    left -= 1;
                }
                "resumed" => assert_eq!(frame["recovered"], true),
                "offset" => assert_eq!(next_number, 0),
                other => panic!("{other}"),
            }
            offset = at;
            started.store(true, Ordering::SeqCst);
        }
        cuts += 1;
        if random & 1 == 0 {
            client.end();
        } else {
            client.reset();
        }
    }
    publishing.join().unwrap();
    assert!(cuts > 20, "{cuts}");
    eventually("all are gone", || {
        server.server.metrics.connections.load(Ordering::Relaxed) == 0
    });
    server.stop().finish();
}
