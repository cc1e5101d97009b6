//! What comes over the channel, from publishers and from other servers.

use std::sync::atomic::Ordering;

use ferry::engine::control::Reason;
use ferry::engine::mailbox::Command;
use ferry::engine::publish::{Message, Target};
use serde_json::{Value, json};

use super::{expect, host, member, next, told};
use crate::harness::control::{Publisher, with_control};
use crate::harness::redis::{Redis, answer, event, publish, send};
use crate::harness::{Client, Host, eventually};

#[test]
fn what_is_published_reaches_every_server_and_the_answers_count() {
    let redis = Redis::start();
    let mut hosts = [host(&redis, 10), host(&redis, 10)];
    let mut clients: Vec<Client> = hosts.iter_mut().map(|host| member(host, "plain")).collect();
    let mut kept: Vec<Client> = hosts.iter_mut().map(|host| member(host, "r")).collect();
    for client in &mut kept {
        told(client, "r");
    }
    let mut connection = redis.connection().unwrap();
    let messages = [
        event("plain", 1),
        event("r", 2),
        json!({"user": "nobody", "event": "e"}),
    ];
    assert_eq!(publish(&mut connection, "ferry:reply:a", &messages).unwrap(), (2, 2));
    for client in &mut clients {
        assert_eq!(next(client), json!({"type": "e", "data": 1, "room": "plain"}));
    }
    let offsets: Vec<String> = kept.iter_mut().map(|client| expect(client, "r", 2)).collect();
    assert!(offsets[0] == offsets[1] && offsets[0].len() > 16, "{offsets:?}");
    for _ in 0..2 {
        let said = answer(&mut connection, "ferry:reply:a");
        assert_eq!(said, json!({"delivered": 2, "messages": [1, 1, 0]}));
    }
    for host in hosts {
        host.finish();
    }
}

#[test]
fn a_server_publishes_to_the_others() {
    let redis = Redis::start();
    let mut hosts = [host(&redis, 10), host(&redis, 10)];
    let mut clients: Vec<Client> = hosts.iter_mut().map(|host| member(host, "r")).collect();
    for client in &mut clients {
        told(client, "r");
    }
    for number in 0..100 {
        let target = Target::Rooms(vec!["r".into()]);
        let message = Message::new(target, "e".into(), number.to_string(), Vec::new());
        let reached = hosts[number % 2].server.publisher().publish(&[message]).unwrap();
        assert_eq!(reached.blocking_recv(), Ok(vec![1]), "its own");
    }
    for number in 0..100 {
        let offsets: Vec<String> = clients.iter_mut().map(|client| expect(client, "r", number)).collect();
        assert_eq!(offsets[0], offsets[1]);
    }
    for host in hosts {
        host.finish();
    }
}

#[test]
fn users_are_found_on_every_server() {
    let redis = Redis::start();
    let mut hosts = [host(&redis, 10), host(&redis, 10)];
    let mut clients = Vec::new();
    for host in &mut hosts {
        let (client, id) = host.connect();
        host.command(
            id,
            Command::Identify {
                id,
                user: "a/b c".into(),
            },
        );
        clients.push((client, id));
    }
    let mut connection = redis.connection().unwrap();
    let ask = json!({"method": "GET", "path": "/connections", "reply": "ferry:reply:b"});
    assert_eq!(send(&mut connection, &ask.to_string()), 2);
    let mut ids: Vec<String> = (0..2)
        .map(|_| {
            let said = answer(&mut connection, "ferry:reply:b");
            assert_eq!(said["connections"][0]["user"], "a/b c");
            said["connections"][0]["id"].as_str().unwrap().to_owned()
        })
        .collect();
    ids.sort();
    let mut expected: Vec<String> = hosts
        .iter()
        .zip(&clients)
        .map(|(host, (_, id))| host.server.instance.format(*id))
        .collect();
    expected.sort();
    assert_eq!(ids, expected);
    // The first server closes its own, and has the other one close the rest.
    let publisher = std::sync::Arc::clone(hosts[0].server.publisher());
    publisher.disconnect_elsewhere("a/b c", 4001, "bye").unwrap();
    clients[1].0.expect_close(4001, "bye");
    let ask = json!({"method": "POST", "path": "/users/a%2Fb%20c/disconnect", "reply": "ferry:reply:c", "body": null});
    send(&mut connection, &ask.to_string());
    clients[0].0.expect_close(4401, "");
    let mut closed: Vec<Value> = (0..2)
        .map(|_| answer(&mut connection, "ferry:reply:c")["disconnected"].clone())
        .collect();
    closed.sort_by_key(Value::as_u64);
    assert_eq!(closed.last(), Some(&1.into()));
    drop(clients);
    for host in hosts {
        host.finish();
    }
}

#[test]
fn malformed_requests_are_counted_and_nothing_of_them_is_delivered() {
    let redis = Redis::start();
    let mut host = Host::with(|c| {
        redis.connect_to(c);
        c.redis.as_mut().unwrap().max_body_bytes = 1024;
        c.redis.as_mut().unwrap().max_messages = 2;
    });
    let mut client = member(&mut host, "plain");
    let mut connection = redis.connection().unwrap();
    let good = r#"{"rooms":"plain","event":"e","data":1}"#;
    let request =
        |body: &str| format!(r#"{{"method":"POST","path":"/publish","reply":"ferry:reply:a","body":{body}}}"#);
    let large = format!(
        r#"[{good},{{"rooms":"plain","event":"e","data":"{}"}}]"#,
        "x".repeat(1024)
    );
    let huge = "x".repeat(100_000);
    for (payload, reason, answered) in [
        (huge, Reason::TooLarge, false),
        ("nonsense".into(), Reason::Malformed, false),
        (
            request(&format!(r#"[{good},{{"rooms":"plain","event":""}}]"#)),
            Reason::Malformed,
            true,
        ),
        (
            request(&format!(r#"[{good},{{"rooms":"plain"}}]"#)),
            Reason::Malformed,
            true,
        ),
        (request(&format!("[{good},{good},{good}]")), Reason::Malformed, true),
        (request(&large), Reason::TooLarge, true),
        (request(good).replace("/publish", "/status"), Reason::Method, true),
        (
            request(good)
                .replace("ferry:reply:a", "elsewhere")
                .replace("/publish", "/x"),
            Reason::NotFound,
            false,
        ),
    ] {
        let before = host.server.metrics.redis.refused(reason);
        send(&mut connection, &payload);
        eventually("it is counted", || {
            host.server.metrics.redis.refused(reason) == before + 1
        });
        if answered {
            let said = answer(&mut connection, "ferry:reply:a");
            assert_eq!(said["problem"]["code"], reason.as_str(), "{said}");
        }
    }
    assert!(!redis.ask::<bool>(&["EXISTS", "elsewhere"]));
    // As if nothing had been sent.
    publish(&mut connection, "", &[event("plain", 9)]).unwrap();
    assert_eq!(next(&mut client)["data"], 9);
    assert_eq!(host.server.metrics.publishes.load(Ordering::Relaxed), 1);
    host.finish();
}

#[test]
fn the_script_refuses_what_servers_would_and_keeps_nothing_of_it() {
    let redis = Redis::start();
    let mut host = host(&redis, 10);
    let mut client = member(&mut host, "r");
    told(&mut client, "r");
    let mut connection = redis.connection().unwrap();
    let long = "x".repeat(256);
    for (bad, named) in [
        (json!(5), "no event"),
        (json!({"rooms": "r"}), "no event"),
        (json!({"rooms": "r", "event": long}), "no event"),
        (json!({"event": "e"}), "neither rooms nor a user"),
        (json!({"rooms": [], "event": "e"}), "1 to 1000 rooms"),
        (json!({"rooms": ["r", ""], "event": "e"}), "room without a name"),
        (json!({"rooms": ["r", 5], "event": "e"}), "room without a name"),
        (
            json!({"rooms": "r", "event": "e", "data": "x".repeat(1 << 20)}),
            "too large",
        ),
    ] {
        let error = publish(&mut connection, "", &[event("r", 1), bad]).unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
    }
    // What only the server refuses is taken out of the stream again.
    let unknown = json!({"rooms": "r", "event": "e", "when": "now"});
    publish(&mut connection, "", &[event("r", 1), unknown]).unwrap();
    eventually("both are gone", || redis.ask::<usize>(&["XLEN", "ferry:room:r"]) == 0);
    publish(&mut connection, "", &[event("r", 2)]).unwrap();
    expect(&mut client, "r", 2);
    host.finish();
}

#[test]
fn status_and_metrics_say_how_the_link_and_the_histories_are() {
    let redis = Redis::start();
    let mut host = Host::with(|c| {
        redis.connect_to(c);
        with_control(c);
        c.metrics = Some(ferry::engine::config::MetricsConfig {
            path: "/metrics".into(),
            listen: None,
            token: None,
        });
        c.history = Some(super::keeping(10));
    });
    let mut client = member(&mut host, "r");
    told(&mut client, "r");
    let mut publisher = Publisher::connect(&host);
    assert_eq!(
        publisher.publish(r#"[{"rooms":"r","event":"e"},{"rooms":"r","event":"f"}]"#),
        2
    );
    send(&mut redis.connection().unwrap(), "nonsense");
    eventually("it is counted", || {
        host.server.metrics.redis.refused(Reason::Malformed) == 1
    });
    let status = publisher.ok("GET", "/status", "");
    assert_eq!(
        (&status["history"]["rooms"], &status["history"]["messages"]),
        (&1.into(), &2.into())
    );
    assert!(status["history"]["bytes"].as_u64().unwrap() > 100);
    let link = &status["redis"];
    assert_eq!(
        (
            &link["connected"],
            &link["connects"],
            &link["requests"],
            &link["refused"],
            &link["queueBytes"]
        ),
        (&true.into(), &1.into(), &2.into(), &json!({"malformed": 1}), &0.into())
    );
    assert_eq!(link["address"], redis.dsn());
    let page = Client::connect(host.address())
        .request("GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        .body;
    for line in [
        "ferry_redis_connected 1",
        "ferry_redis_requests_refused_total{reason=\"malformed\"} 1",
        "ferry_history_messages 2",
    ] {
        assert!(page.lines().any(|one| one == line), "{line}\n{page}");
    }
    host.finish();
}

#[test]
fn without_a_server_only_what_is_kept_is_taken() {
    let redis = Redis::start();
    let mut connection = redis.connection().unwrap();
    assert_eq!(publish(&mut connection, "", &[event("r", 1)]).unwrap(), (0, 1));
    assert!(
        redis.ask::<Vec<String>>(&["KEYS", "*"]).is_empty(),
        "nothing was written"
    );
    host(&redis, 10).finish();
    assert_eq!(publish(&mut connection, "", &[event("r", 1)]).unwrap(), (0, 0));
    assert_eq!(
        publish(&mut connection, "", &[event("r", 1), event("plain", 1)]).unwrap(),
        (0, 1)
    );
    assert_eq!(redis.ask::<usize>(&["XLEN", "ferry:room:r"]), 1);
}
