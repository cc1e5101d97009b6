//! Histories that survive their server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{connect, expect, host, member, next, resumed, told};
use crate::harness::redis::{Redis, event, publish};
use crate::harness::{Client, Helper, Host, Seen, upgrade_request};

#[test]
fn offsets_are_good_after_a_restart() {
    let redis = Redis::start();
    let mut old = host(&redis, 100);
    let mut first = member(&mut old, "r");
    told(&mut first, "r");
    let mut connection = redis.connection().unwrap();
    publish(&mut connection, "", &[event("r", 1)]).unwrap();
    let offset = expect(&mut first, "r", 1);
    old.finish();
    for number in 2..=3 {
        publish(&mut connection, "", &[event("r", number), event("r.other", 0)]).unwrap();
    }
    let mut new = host(&redis, 100);
    publish(&mut connection, "", &[event("r", 4)]).unwrap();
    let mut clients = Vec::new();
    for _ in 0..2 {
        let (mut second, id) = connect(&mut new, &offset);
        new.join(id, "r");
        for number in 2..=4 {
            expect(&mut second, "r", number);
        }
        let last = resumed(&mut second, "r", true, 3);
        let (mut third, id) = connect(&mut new, &last);
        new.join(id, "r");
        resumed(&mut third, "r", true, 0);
        clients.extend([second, third]);
    }
    new.finish();
}

#[test]
fn a_gap_that_is_too_old_is_told() {
    let redis = Redis::start();
    let mut old = host(&redis, 10);
    let mut first = member(&mut old, "r");
    let offset = told(&mut first, "r");
    let mut connection = redis.connection().unwrap();
    // Redis drops whole nodes of a hundred.
    for number in 0..500 {
        publish(&mut connection, "", &[event("r", number)]).unwrap();
    }
    let last = (0..500).map(|number| expect(&mut first, "r", number)).last().unwrap();
    assert!(redis.ask::<usize>(&["XLEN", "ferry:room:r"]) < 250);
    old.finish();
    let mut new = host(&redis, 10);
    let (mut client, id) = connect(&mut new, &offset);
    new.join(id, "r");
    resumed(&mut client, "r", false, 0);
    publish(&mut connection, "", &[event("r", 500)]).unwrap();
    expect(&mut client, "r", 500);
    let (mut other, id) = connect(&mut new, &last);
    new.join(id, "r");
    expect(&mut other, "r", 500);
    resumed(&mut other, "r", true, 1);
    new.finish();
}

#[test]
fn a_stream_is_bounded_in_bytes_and_time() {
    let redis = Redis::start();
    let host = Host::with(|c| {
        redis.connect_to(c);
        c.redis.as_mut().unwrap().expire = Duration::from_secs(100);
        c.history = Some(ferry::engine::history::HistoryOptions {
            rules: vec![
                ferry::engine::history::Rule {
                    pattern: "aged*".into(),
                    messages: usize::MAX,
                    age: Some(Duration::from_secs(30)),
                },
                ferry::engine::history::Rule {
                    pattern: "*".into(),
                    messages: usize::MAX,
                    age: None,
                },
            ],
            room_bytes: 20_000,
            total_bytes: 1 << 20,
        });
    });
    let mut connection = redis.connection().unwrap();
    for number in 0..300 {
        publish(&mut connection, "", &[event("a", number), event("aged", number)]).unwrap();
    }
    for (key, expire) in [("ferry:room:a", 100), ("ferry:room:aged", 30)] {
        let kept = redis.ask::<usize>(&["XLEN", key]);
        assert!((100..=140).contains(&kept), "{kept}");
        let left = redis.ask::<i64>(&["TTL", key]);
        assert!((expire - 5..=expire).contains(&left), "{left}");
    }
    host.finish_quiet();
}

#[test]
fn a_client_may_change_to_a_server_that_is_behind() {
    let redis = Redis::start();
    let (mut ahead, mut behind) = (host(&redis, 100), host(&redis, 100));
    let mut connection = redis.connection().unwrap();
    let mut first = member(&mut ahead, "r");
    let mut other = member(&mut behind, "r");
    told(&mut first, "r");
    told(&mut other, "r");
    let mut clients = Vec::new();
    for number in 0..1_000 {
        publish(&mut connection, "", &[event("r", number)]).unwrap();
        let offset = expect(&mut first, "r", number);
        if number % 100 == 0 {
            let (mut moved, id) = connect(&mut behind, &offset);
            behind.join(id, "r");
            resumed(&mut moved, "r", true, 0);
            publish(&mut connection, "", &[event("r", 7_000 + number)]).unwrap();
            expect(&mut moved, "r", 7_000 + number);
            expect(&mut first, "r", 7_000 + number);
            clients.push(moved);
        }
    }
    ahead.finish();
    behind.finish();
}

/// Ten thousand events; a client whose connection is cut again and again, servers that end and start, and a Redis that is
/// killed and started.
#[test]
fn nothing_is_lost_doubled_or_out_of_order() {
    const EVENTS: usize = 10_000;
    let redis = Arc::new(std::sync::Mutex::new(Redis::start()));
    let serve = |redis: &Redis| {
        Helper::serve(host(redis, EVENTS), |host, seen| {
            if let Seen::Open(id) = seen {
                host.server.publisher().join(id, "r".into());
            }
        })
    };
    let mut servers: Vec<Helper> = (0..2).map(|_| serve(&redis.lock().unwrap())).collect();
    let started = Arc::new(AtomicBool::new(false));
    let publishing = std::thread::spawn({
        let (redis, started) = (Arc::clone(&redis), Arc::clone(&started));
        move || {
            while !started.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            for number in 0..EVENTS {
                // Held, so that Redis is never killed while it works on one: whether it was done would not be known.
                let redis = redis.lock().unwrap();
                let mut connection = redis.connection().unwrap();
                publish(&mut connection, "", &[event("r", number)]).unwrap();
            }
        }
    });
    // A fixed sequence (Numerical Recipes), so that a failure can be repeated.
    let mut random = 1_u32;
    let (mut next_number, mut offset, mut cuts, mut restarts, mut kills) = (0, String::new(), 0, 0, 0);
    while next_number < EVENTS {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = (random >> 8) as usize % 2;
        let address = crate::harness::socket_address(servers[at].server.address());
        let mut client = Client::connect(address);
        let path = if offset.is_empty() {
            "/".into()
        } else {
            format!("/?since={offset}")
        };
        assert_eq!(client.request(upgrade_request(&path, "")).status, 101);
        let mut left = random >> 23;
        while left > 0 && next_number < EVENTS {
            let frame = next(&mut client);
            let at = frame["offset"].as_str().unwrap().to_owned();
            match frame["type"].as_str().unwrap() {
                "e" => {
                    assert_eq!(
                        frame["data"], next_number,
                        "after {cuts} cuts, {restarts} restarts, {kills} kills"
                    );
                    next_number += 1;
                    left -= 1;
                }
                "resumed" => assert_eq!(
                    frame["recovered"], true,
                    "after {cuts} cuts, {restarts} restarts, {kills} kills"
                ),
                "offset" => assert_eq!(next_number, 0),
                other => panic!("{other}"),
            }
            offset = at;
            started.store(true, Ordering::SeqCst);
        }
        cuts += 1;
        client.reset();
        match random >> 4 & 7 {
            0 => {
                restarts += 1;
                servers.remove(at).stop().finish();
                servers.push(serve(&redis.lock().unwrap()));
            }
            1 => {
                kills += 1;
                let mut redis = redis.lock().unwrap();
                redis.kill();
                redis.start_again();
            }
            _ => {}
        }
    }
    publishing.join().unwrap();
    assert!(cuts > 20 && restarts > 2 && kills > 2, "{cuts} {restarts} {kills}");
    for server in servers {
        server.stop().finish();
    }
}
