//! Servers that meet in Redis: what is published reaches all of them, and histories survive.

mod away;
mod history;
mod requests;
mod tls;

use ferry::engine::history::{HistoryOptions, Rule};
use ferry::engine::id::ConnId;
use serde_json::Value;

use crate::harness::redis::Redis;
use crate::harness::{Client, Host, upgrade_request};

/// Rooms whose names begin with `r` keep so many messages.
fn keeping(messages: usize) -> HistoryOptions {
    HistoryOptions {
        rules: vec![Rule {
            pattern: "r*".into(),
            messages,
            age: None,
        }],
        room_bytes: 16 << 20,
        total_bytes: 64 << 20,
    }
}

fn host(redis: &Redis, messages: usize) -> Host {
    Host::with(|c| {
        redis.connect_to(c);
        c.io_threads = 2;
        c.history = Some(keeping(messages));
    })
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
    frame["offset"].as_str().unwrap_or_default().to_owned()
}

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

fn member(host: &mut Host, room: &str) -> Client {
    let (client, id) = host.connect();
    host.join(id, room);
    client
}
