//! Redis goes and comes back.

use std::sync::Arc;

use ferry::engine::publish::{Message, Publisher, Target};
use ferry::engine::redis::NotTaken;

use super::{expect, host, member, next, resumed, told};
use crate::harness::redis::{Redis, event, publish};
use crate::harness::{Host, eventually};

fn message(room: &str, number: usize) -> Message {
    let target = Target::Rooms(vec![room.into()]);
    Message::new(target, "e".into(), number.to_string(), Vec::new())
}

#[track_caller]
fn eventually_connected(publisher: &Publisher, connected: bool) {
    let link = publisher.link.as_ref().unwrap();
    eventually("the link", || link.is_connected() == connected);
}

#[test]
fn the_server_serves_without_redis_and_finds_it_later() {
    let mut redis = Redis::start();
    redis.kill();
    let mut host = host(&redis, 10);
    let mut client = member(&mut host, "r");
    told(&mut client, "r");
    client.text("hello");
    assert_eq!(host.message().1, b"hello");
    let publisher = Arc::clone(host.server.publisher());
    let waiting = publisher.publish(&[message("r", 1)]).unwrap();
    assert!(waiting.blocking_recv().is_err(), "nobody waits for Redis");
    redis.start_again();
    // What was published before the histories were known cannot be told from what was not.
    resumed(&mut client, "r", false, 0);
    expect(&mut client, "r", 1);
    host.finish();
}

#[test]
fn what_is_published_waits_within_bounds_and_goes_out_once() {
    let mut redis = Redis::start();
    let mut host = Host::with(|c| {
        redis.connect_to(c);
        c.redis.as_mut().unwrap().queue_bytes = 64 * 1024;
    });
    let mut client = member(&mut host, "plain");
    let publisher = Arc::clone(host.server.publisher());
    redis.kill();
    eventually_connected(&publisher, false);
    let mut taken = 0;
    let refused = loop {
        match publisher.publish(&[message("plain", taken)]) {
            Ok(_) => taken += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused, NotTaken::QueueFull(64 * 1024));
    assert!((150..=64 * 1024 / 256).contains(&taken), "{taken}");
    assert_eq!(host.server.metrics.redis.refused_here(), 1);
    redis.start_again();
    eventually_connected(&publisher, true);
    publisher.publish(&[message("plain", taken)]).unwrap();
    for number in 0..=taken {
        assert_eq!(next(&mut client)["data"], number);
    }
    eventually("the queue is empty", || host.server.metrics.redis.queued() == 0);
    host.finish();
}

#[test]
fn a_queue_of_nothing_refuses_at_once() {
    let mut redis = Redis::start();
    redis.kill();
    let host = Host::with(|c| {
        redis.connect_to(c);
        c.redis.as_mut().unwrap().queue_bytes = 0;
    });
    let refused = host.server.publisher().publish(&[message("plain", 1)]).unwrap_err();
    assert_eq!(refused, NotTaken::QueueFull(0));
    let large = Message::new(Target::User("u".into()), "e".into(), "1".repeat(2 << 20), Vec::new());
    assert!(matches!(
        host.server.publisher().publish(&[large]),
        Err(NotTaken::TooLarge(..))
    ));
    host.finish_quiet();
}

#[test]
fn members_get_in_order_what_came_while_their_server_was_away() {
    let redis = Redis::start();
    let mut host = host(&redis, 100_000);
    let mut clients = [member(&mut host, "r1"), member(&mut host, "r2")];
    for (client, room) in clients.iter_mut().zip(["r1", "r2"]) {
        told(client, room);
    }
    let mut connection = redis.connection().unwrap();
    for number in 0..2_000 {
        for room in ["r1", "r2", "r3"] {
            publish(&mut connection, "", &[event(room, number)]).unwrap();
        }
        if number % 200 == 99 {
            // The link is cut and made again while events come.
            redis.ask::<usize>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        }
    }
    for (client, room) in clients.iter_mut().zip(["r1", "r2"]) {
        for number in 0..2_000 {
            expect(client, room, number);
        }
    }
    let counters = &host.server.metrics.redis;
    assert!(counters.connects() > 2 && counters.recovered() > 0 && counters.gaps() == 0);
    // A room that nobody was in is read when somebody comes.
    host.finish();
}

#[test]
fn who_was_there_hears_of_a_gap_when_redis_has_lost_it() {
    let redis = Redis::start();
    let mut host = host(&redis, 10);
    let mut client = member(&mut host, "r");
    told(&mut client, "r");
    let mut connection = redis.connection().unwrap();
    publish(&mut connection, "", &[event("r", 1)]).unwrap();
    let offset = expect(&mut client, "r", 1);
    redis.ask::<String>(&["FLUSHALL"]);
    redis.ask::<usize>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    let now = resumed(&mut client, "r", false, 0);
    assert_ne!(now, offset);
    publish(&mut connection, "", &[event("r", 2)]).unwrap();
    expect(&mut client, "r", 2);
    let (mut other, id) = super::connect(&mut host, &offset);
    host.join(id, "r");
    resumed(&mut other, "r", false, 0);
    host.finish();
}
