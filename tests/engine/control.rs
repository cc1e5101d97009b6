//! The control endpoint: publishing, asking, and what it refuses. Nothing here takes an event while the endpoint works:
//! to it PHP is blocked.

use std::sync::atomic::Ordering;

use ferry::engine::auth::Secret;
use ferry::engine::config::{Bind, ControlOptions};
use ferry::engine::control::Reason;
use ferry::engine::id::ConnId;
use ferry::engine::mailbox::Command;
use serde_json::json;

use crate::harness::control::{Publisher, SECRET, now, problem, request, signed, with_control};
use crate::harness::{Client, Host, eventually};

fn host(io_threads: usize) -> Host {
    Host::with(|c| {
        with_control(c);
        c.io_threads = io_threads;
    })
}

fn name(host: &Host, id: ConnId) -> String {
    host.server.instance.format(id)
}

fn identify(host: &Host, id: ConnId, user: &str) {
    host.command(id, Command::Identify { id, user: user.into() });
}

#[test]
fn a_publish_reaches_the_room_on_every_thread_and_says_how_many() {
    let mut host = host(3);
    let mut members: Vec<(Client, ConnId)> = (0..6).map(|_| host.connect()).collect();
    let (mut stranger, _) = host.connect();
    for (_, id) in &members {
        host.join(*id, "lobby");
    }
    let mut publisher = Publisher::connect(&host);
    let except = name(&host, members[0].1);
    assert_eq!(
        publisher.publish(r#"{"rooms":"lobby","event":"news","data":{"n":1}}"#),
        6
    );
    let body = format!(r#"{{"rooms":["lobby","empty"],"event":"more","except":"{except}"}}"#);
    assert_eq!(publisher.publish(&body), 5);
    assert_eq!(publisher.publish(r#"{"rooms":"empty","event":"x"}"#), 0);
    for (number, (client, _)) in members.iter_mut().enumerate() {
        client.expect_text(r#"{"type":"news","data":{"n":1},"room":"lobby"}"#);
        if number > 0 {
            client.expect_text(r#"{"type":"more","data":null,"room":"lobby"}"#);
        }
    }
    host.broadcast(None, "end", &[]);
    stranger.expect_text("end");
    members[0].0.expect_text("end");
    let metrics = &host.server.metrics;
    assert_eq!(metrics.publishes.load(Ordering::Relaxed), 3);
    assert_eq!(metrics.published.load(Ordering::Relaxed), 11);
    host.finish();
}

#[test]
fn a_flood_of_publishes_reaches_a_large_room_whole_and_in_order() {
    const MEMBERS: usize = 150;
    const EVENTS: usize = 200;
    let mut host = host(2);
    let mut members: Vec<(Client, ConnId)> = (0..MEMBERS).map(|_| host.connect()).collect();
    for (_, id) in &members {
        host.join(*id, "lobby");
    }
    let publishers: Vec<_> = ["a", "b"]
        .map(|name| {
            let mut publisher = Publisher::connect(&host);
            std::thread::spawn(move || {
                for n in 0..EVENTS {
                    let body = format!(r#"{{"rooms":"lobby","event":"{name}","data":{n}}}"#);
                    assert_eq!(publisher.publish(&body), MEMBERS as u64);
                }
            })
        })
        .into();
    for (client, _) in &mut members {
        let mut next = std::collections::HashMap::new();
        for _ in 0..2 * EVENTS {
            let event: serde_json::Value = serde_json::from_slice(&client.frame().payload).unwrap();
            let expected = next.entry(event["type"].to_string()).or_insert(0);
            assert_eq!(event["data"], *expected);
            *expected += 1;
        }
    }
    for publisher in publishers {
        publisher.join().unwrap();
    }
    host.finish();
}

#[test]
fn a_batch_is_delivered_in_order_and_counted_by_message() {
    let mut host = host(2);
    let (mut a, a_id) = host.connect();
    let (mut b, b_id) = host.connect();
    host.join(a_id, "r");
    identify(&host, b_id, "bob");
    let mut publisher = Publisher::connect(&host);
    let answer = publisher.ok(
        "POST",
        "/publish",
        r#"[{"rooms":"r","event":"1"},{"user":"bob","event":"2","data":[2]},{"rooms":"r","event":"3"},{"user":"eve","event":"4"}]"#,
    );
    assert_eq!(answer, json!({"delivered": 3, "messages": [1, 1, 1, 0]}));
    a.expect_text(r#"{"type":"1","data":null,"room":"r"}"#);
    a.expect_text(r#"{"type":"3","data":null,"room":"r"}"#);
    b.expect_text(r#"{"type":"2","data":[2]}"#);
    host.finish();
}

#[test]
fn a_user_is_reached_and_disconnected_wherever_connected() {
    let mut host = host(2);
    let mut clients: Vec<(Client, ConnId)> = (0..4).map(|_| host.connect()).collect();
    for (_, id) in &clients[..3] {
        identify(&host, *id, "a/b");
    }
    // Named anew, a connection belongs to the new name alone.
    identify(&host, clients[2].1, "carol");
    let mut publisher = Publisher::connect(&host);
    let answer = publisher.ok("POST", "/users/a%2Fb/publish", r#"{"event":"hi"}"#);
    assert_eq!(answer["delivered"], 2);
    let answer = publisher.ok("POST", "/users/a%2Fb/disconnect", r#"{"code":4001,"reason":"bye"}"#);
    assert_eq!(answer, json!({"disconnected": 2}));
    for (client, _) in &mut clients[..2] {
        client.expect_text(r#"{"type":"hi","data":null}"#);
        client.expect_close(4001, "bye");
    }
    // Once closed they are nobody's.
    let answer = publisher.ok("POST", "/users/a%2Fb/disconnect", "");
    assert_eq!(answer, json!({"disconnected": 0}));
    host.broadcast(None, "end", &[]);
    for (client, _) in &mut clients[2..] {
        client.expect_text("end");
    }
    host.finish();
}

#[test]
fn connections_and_status_are_told_while_php_is_blocked() {
    let mut host = host(2);
    let (_a, a_id) = host.connect();
    let (_b, _) = host.connect();
    host.join(a_id, "r");
    host.join(a_id, "s");
    identify(&host, a_id, "alice");
    let mut publisher = Publisher::connect(&host);
    let listed = publisher.ok("GET", "/connections?room=r", "");
    let one = &listed["connections"][0];
    assert_eq!(listed["connections"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&one["id"], &one["user"], &one["remoteAddress"], &one["rooms"]),
        (
            &name(&host, a_id).into(),
            &"alice".into(),
            &"127.0.0.1".into(),
            &json!(["r", "s"])
        )
    );
    assert!(now().abs_diff(one["connectedAt"].as_u64().unwrap()) < 60);
    let all = publisher.ok("GET", "/connections?limit=1", "");
    assert_eq!(
        (all["connections"].as_array().unwrap().len(), &all["more"]),
        (1, &true.into())
    );

    host.server.metrics.begin_callback();
    let refused = signed("GET", "/connections?limit=0", "");
    publisher.refused(&refused, 422, "malformed");
    publisher.publish(r#"{"rooms":"r","event":"x"}"#);
    let status = publisher.ok("GET", "/status", "");
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&status["connections"], &status["users"]), (&2.into(), &1.into()));
    assert_eq!(
        status["rooms"],
        json!({"count": 2, "list": [{"name": "r", "members": 1}, {"name": "s", "members": 1}]})
    );
    assert_eq!(
        status["control"],
        json!({"publishes": 1, "delivered": 1, "refused": {"malformed": 1}})
    );
    assert_eq!(status["threads"].as_array().unwrap().len(), 2);
    assert!(status["callbackSeconds"].is_f64() && status["rates"]["publishes"].is_f64());
    assert_eq!(
        (&status["accepting"], &status["addresses"]),
        (&true.into(), &json!([host.server.address()]))
    );
    host.finish();
}

#[test]
fn a_refused_request_delivers_nothing_and_is_counted() {
    let mut host = host(1);
    let (mut client, id) = host.connect();
    host.join(id, "r");
    let good = r#"{"rooms":"r","event":"never"}"#;
    let nonce = "ab".repeat(16);
    let mut publisher = Publisher::connect(&host);
    let unsigned = format!(
        "POST /publish HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{good}",
        good.len()
    );
    publisher.refused(unsigned.as_bytes(), 401, "unsigned");
    publisher.refused(
        &request("POST", "/publish", good, now(), &nonce, b"another secret"),
        401,
        "signature",
    );
    publisher.refused(
        &request("POST", "/publish", good, now() - 60, &nonce, SECRET),
        401,
        "expired",
    );
    publisher.refused(
        &request("POST", "/publish", good, now() + 60, &nonce, SECRET),
        401,
        "expired",
    );
    // The same signature over another body.
    let mut forged = request(
        "POST",
        "/publish",
        r#"{"rooms":"r","event":"NEVER"}"#,
        now(),
        &nonce,
        SECRET,
    );
    let at = forged.len() - 10;
    forged[at..at + 5].copy_from_slice(b"never");
    publisher.refused(&forged, 401, "signature");
    publisher.refused(&signed("GET", "/publish", ""), 405, "method");
    publisher.refused(&signed("POST", "/elsewhere", good), 404, "not_found");
    let half = r#"[{"rooms":"r","event":"never"},{"rooms":"r","event":""}]"#;
    let detail = publisher.refused(&signed("POST", "/publish", half), 422, "malformed");
    assert!(detail.starts_with("[1].event"), "{detail}");
    let refused = |r| host.server.metrics.control_refused(r);
    assert_eq!(
        Reason::ALL.map(refused),
        [1, 1, 1, 2, 2, 0, 0, 1, 0, 0, 0],
        "not_found, method, unsigned, expired, signature, replayed, …"
    );
    assert_eq!(publisher.publish(r#"{"rooms":"r","event":"yes"}"#), 1);
    client.expect_text(r#"{"type":"yes","data":null,"room":"r"}"#);
    host.finish();
}

#[test]
fn a_replayed_request_is_refused_also_on_another_connection() {
    let host = host(1);
    let once = signed("POST", "/publish", r#"{"rooms":"r","event":"e"}"#);
    let mut publisher = Publisher::connect(&host);
    assert_eq!(publisher.client.request(&once).status, 200);
    publisher.refused(&once, 409, "replayed");
    Publisher::connect(&host).refused(&once, 409, "replayed");
    host.finish_quiet();
}

#[test]
fn an_oversized_body_is_not_read() {
    let host = Host::with(|c| {
        with_control(c);
        c.control.as_mut().unwrap().max_body_bytes = 1024;
    });
    let body = format!(r#"{{"rooms":"r","event":"e","data":"{}"}}"#, "x".repeat(1024));
    Publisher::connect(&host).refused(&signed("POST", "/publish", &body), 413, "too_large");
    // Announced by nothing but its chunks.
    let mut chunked = String::from_utf8(signed("POST", "/publish", "")).unwrap();
    chunked = chunked.replace("Content-Length: 0", "Transfer-Encoding: chunked");
    chunked += &["800\r\n", &"x".repeat(0x800), "\r\n"].concat();
    Publisher::connect(&host).refused(chunked.as_bytes(), 413, "too_large");
    host.finish_quiet();
}

#[test]
fn a_body_that_does_not_arrive_is_not_waited_for() {
    let host = Host::with(|c| {
        with_control(c);
        c.control.as_mut().unwrap().idle_timeout = std::time::Duration::from_millis(50);
    });
    let mut whole = signed("POST", "/publish", r#"{"rooms":"r","event":"e"}"#);
    whole.truncate(whole.len() - 3);
    Publisher::connect(&host).refused(&whole, 408, "timeout");
    host.finish_quiet();
}

#[test]
fn a_body_that_grows_with_its_rooms_is_refused() {
    let mut host = host(1);
    let (mut client, id) = host.connect();
    host.join(id, "r0");
    let rooms: Vec<String> = (0..1_000).map(|number| format!("r{number}")).collect();
    let body = |bytes: usize| json!({"rooms": rooms, "event": "e", "data": "x".repeat(bytes)}).to_string();
    let mut publisher = Publisher::connect(&host);
    let detail = publisher.refused(&signed("POST", "/publish", &body(70_000)), 413, "too_large");
    assert!(detail.contains("once per room"), "{detail}");
    assert_eq!(Publisher::connect(&host).publish(&body(10_000)), 1);
    assert_eq!(
        client.frame().payload.len(),
        10_000 + r#"{"type":"e","data":"","room":"r0"}"#.len()
    );
    host.finish();
}

#[test]
fn a_client_that_takes_no_answers_gives_its_place_back() {
    let mut host = Host::with(|c| {
        with_control(c);
        let control = c.control.as_mut().unwrap();
        (control.max_connections, control.idle_timeout) = (1, std::time::Duration::from_millis(100));
    });
    let (_member, id) = host.connect();
    for number in 0..1_000 {
        host.join(id, &format!("{number:0250}"));
    }
    let address = host.server.control_address().unwrap().parse().unwrap();
    let mut deaf = Client::connect_narrow(address);
    // 250 KB for each: more than the sockets' buffers hold.
    let requests: Vec<u8> = (0..100).flat_map(|_| signed("GET", "/status", "")).collect();
    deaf.write(&requests);
    let listed = Publisher::connect(&host).ok("GET", "/connections", "");
    assert_eq!(listed["connections"].as_array().unwrap().len(), 1);
    host.finish();
}

#[test]
fn more_than_the_rate_is_refused_as_a_whole() {
    let mut host = Host::with(|c| {
        with_control(c);
        let control = c.control.as_mut().unwrap();
        (control.max_rate, control.max_messages) = (Some(2), 3);
    });
    let (mut client, id) = host.connect();
    host.join(id, "r");
    let mut publisher = Publisher::connect(&host);
    let batch = |n: usize| format!("[{}]", vec![r#"{"rooms":"r","event":"e"}"#; n].join(","));
    publisher.refused(&signed("POST", "/publish", &batch(4)), 422, "malformed");
    assert_eq!(publisher.publish(&batch(3)), 3);
    let refused = publisher.request("POST", "/publish", &batch(2));
    problem(&refused, 429, "rate");
    assert_eq!(refused.field("retry-after"), Some("1"));
    for _ in 0..3 {
        client.expect_text(r#"{"type":"e","data":null,"room":"r"}"#);
    }
    host.broadcast(None, "end", &[]);
    client.expect_text("end");
    host.finish();
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let mut host = host(2);
    let (mut client, id) = host.connect();
    host.join(id, "r");
    let mut publisher = Publisher::connect(&host);
    let all: Vec<u8> = (0..200)
        .flat_map(|n| {
            signed(
                "POST",
                "/publish",
                &format!(r#"{{"rooms":"r","event":"e","data":{n}}}"#),
            )
        })
        .collect();
    publisher.client.write(all);
    for n in 0..200 {
        assert_eq!(publisher.client.response(true).status, 200);
        client.expect_text(&format!(r#"{{"type":"e","data":{n},"room":"r"}}"#));
    }
    host.finish();
}

#[test]
fn a_unix_socket_serves_and_goes_with_the_server() {
    let path = std::env::temp_dir().join(format!("ferry-control-{}.sock", std::process::id()));
    let host = Host::with(|c| {
        let bind = Bind::unix(&path);
        c.control = Some(ControlOptions::new(bind, Secret::new(SECRET)));
    });
    assert_eq!(
        host.server.control_address().unwrap(),
        format!("unix:{}", path.display())
    );
    let mut client = Client::connect_unix(&path);
    assert_eq!(client.request(signed("GET", "/status", "")).status, 200);
    host.finish_quiet();
    eventually("the file is gone", || !path.exists());
}

#[test]
fn a_server_that_drains_still_answers() {
    let mut host = host(2);
    let (_client, _) = host.connect();
    host.post_all(|| Command::StopAccepting);
    let mut publisher = Publisher::connect(&host);
    assert_eq!(publisher.ok("GET", "/status", "")["accepting"], false);
    host.finish();
}
