//! `rediss://` against a Redis that speaks TLS.

use std::sync::Arc;

use ferry::engine::config::RedisOptions;
use ferry::engine::publish::{Message, Target};

use super::{expect, keeping, member, told};
use crate::harness::redis::{Redis, event, publish};
use crate::harness::{Host, eventually};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");

fn host(redis: &Redis, name: &str, query: &str) -> Host {
    let dsn = format!(
        "rediss://{name}:{}?{}",
        redis.port(),
        query.replace("F/", &format!("{FILES}/"))
    );
    Host::with(|c| {
        c.redis = Some(RedisOptions::new(dsn.parse().unwrap()));
        c.history = Some(keeping(10));
    })
}

#[track_caller]
fn works(redis: &Redis, mut host: Host) {
    let publisher = Arc::clone(host.server.publisher());
    eventually("the link", || publisher.link.as_ref().unwrap().is_connected());
    let mut client = member(&mut host, "r");
    told(&mut client, "r");
    publish(&mut redis.connection().unwrap(), "", &[event("r", 1)]).unwrap();
    expect(&mut client, "r", 1);
    let large = "x".repeat(500_000);
    let target = Target::Rooms(vec!["r".into()]);
    publisher
        .publish(&[Message::new(target, "e".into(), format!("\"{large}\""), Vec::new())])
        .unwrap();
    assert_eq!(super::next(&mut client)["data"], large);
    host.finish();
}

/// The server serves, and Redis has refused or seen refusing it.
#[track_caller]
fn fails(redis: &Redis, mut host: Host) {
    eventually("an attempt", || {
        redis.log().contains("Error accepting a client connection")
    });
    assert_eq!(host.server.metrics.redis.connects(), 0);
    let (mut client, _) = host.connect();
    client.text("hello");
    assert_eq!(host.message().1, b"hello");
    host.finish();
}

#[test]
fn a_redis_whose_authority_is_given_is_used() {
    let redis = Redis::start_tls("local", "no");
    for name in ["localhost", "127.0.0.1"] {
        works(&redis, host(&redis, name, "ca_file=F/ca.pem"));
    }
}

#[test]
fn a_redis_that_asks_for_a_certificate_gets_it() {
    let redis = Redis::start_tls("local", "yes");
    let pair = "cert_file=F/renewed.pem&key_file=F/renewed.key";
    works(&redis, host(&redis, "localhost", &format!("ca_file=F/ca.pem&{pair}")));
    fails(&redis, host(&redis, "localhost", "ca_file=F/ca.pem"));
}

#[test]
fn an_authority_that_nobody_trusts_is_refused() {
    let redis = Redis::start_tls("local", "no");
    fails(&redis, host(&redis, "localhost", ""));
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let redis = Redis::start_tls("other", "no");
    fails(&redis, host(&redis, "localhost", "ca_file=F/ca.pem"));
}

#[test]
fn a_link_without_tls_does_not_hang() {
    let redis = Redis::start_tls("local", "no");
    let plain = format!("redis://localhost:{}", redis.port());
    fails(
        &redis,
        Host::with(|c| c.redis = Some(RedisOptions::new(plain.parse().unwrap()))),
    );
}
