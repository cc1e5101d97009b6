//! Who is not let in: origins, addresses, numbers, tokens.

use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use ferry::engine::auth::AddressPolicy;
use ferry::engine::auth::address::parse_network;
use ferry::engine::config::{Config, Value};
use ferry::engine::metrics::Refusal;

use crate::harness::{Client, Host, Response, config, eventually, upgrade_request};

const SECRET: &str = "a secret of the test suite that has more than sixty-four bytes in it";

fn policy(allowed: &[&str], denied: &[&str], trusted: &[&str]) -> AddressPolicy {
    let networks = |list: &[&str]| list.iter().map(|text| parse_network(text).unwrap()).collect();
    AddressPolicy::new(networks(allowed), networks(denied), networks(trusted))
}

fn shake(host: &Host, path: &str, lines: &str) -> Response {
    Client::connect(host.address()).request(upgrade_request(path, lines))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

fn token(secret: &str, exp: i64) -> String {
    jsonwebtoken::encode(
        &jsonwebtoken::Header::default(),
        &serde_json::json!({"sub": "alice", "exp": exp}),
        &jsonwebtoken::EncodingKey::from_secret(secret.as_bytes()),
    )
    .unwrap()
}

fn with_jwt(change: impl FnOnce(&mut Config)) -> Host {
    let jwt = Value::from([("algorithms", Value::from(vec!["HS256"])), ("key", Value::from(SECRET))]);
    let parsed = Config::parse(&Value::from([("jwt", jwt)])).unwrap();
    let mut config = Config {
        verifier: parsed.verifier,
        ..config()
    };
    change(&mut config);
    Host::start(config)
}

#[test]
fn a_foreign_origin_is_forbidden() {
    let host = Host::with(|c| c.allowed_origins = ["https://example.org".parse().unwrap()].into_iter().collect());
    let origin = |origin: &str| shake(&host, "/", &format!("Origin: {origin}\r\n")).status;
    assert_eq!(origin("https://example.org"), 101);
    assert_eq!(origin("https://example.org.evil.net"), 403);
    assert_eq!(origin("http://example.org"), 403);
    assert_eq!(origin("null"), 403);
    assert_eq!(host.server.metrics.refused(Refusal::Origin), 3);
    host.finish();
}

#[test]
fn a_denied_address_is_forbidden() {
    let host = Host::with(|c| c.addresses = policy(&[], &["127.0.0.0/8"], &[]));
    assert_eq!(shake(&host, "/", "").status, 403);
    // A header of a peer that is no proxy changes nothing.
    assert_eq!(shake(&host, "/", "X-Forwarded-For: 192.0.2.1\r\n").status, 403);
    assert_eq!(host.server.metrics.refused(Refusal::Address), 2);
    host.finish_quiet();
}

#[test]
fn behind_a_trusted_proxy_the_forwarded_address_counts() {
    let mut host = Host::with(|c| {
        c.addresses = policy(&[], &["192.0.2.66"], &["127.0.0.1"]);
        c.max_connections_per_ip = Some(1);
    });
    let mut connect = |from: &str| {
        let mut client = Client::connect(host.address());
        let response = client.request(upgrade_request("/", &format!("X-Forwarded-For: {from}\r\n")));
        let seen = (response.status == 101).then(|| {
            let id = host.opened();
            host.request(id).client.unwrap().to_string()
        });
        (response.status, seen, client)
    };
    let (status, seen, _one) = connect("10.9.9.9, 192.0.2.1");
    assert_eq!((status, seen), (101, Some("192.0.2.1".into())));
    assert_eq!(connect("192.0.2.66").0, 403);
    let (status, _, _two) = connect("192.0.2.2");
    assert_eq!(status, 101);
    assert_eq!(connect("192.0.2.1").0, 429);
    assert_eq!(host.server.metrics.refused(Refusal::TooManyPerAddress), 1);
    host.finish();
}

#[test]
fn an_address_has_only_so_many_connections() {
    let mut host = Host::with(|c| c.max_connections_per_ip = Some(2));
    let (mut one, id) = host.connect();
    let (_two, _) = host.connect();
    let mut third = Client::connect(host.address());
    // Refused before its request is read.
    let response = third.response(true);
    assert_eq!(response.status, 429);
    assert!(response.body.contains("\"status\":429"));
    third.expect_end();
    drop(third);
    one.close(1000, "");
    one.expect_close(1000, "");
    one.end();
    host.closed(id, 1000);
    let metrics = &host.server.metrics;
    eventually("given back", || metrics.connections.load(Ordering::Relaxed) == 1);
    let (_again, _) = host.connect();
    host.finish();
}

#[test]
fn the_server_has_only_so_many_connections() {
    let mut host = Host::with(|c| c.max_connections = 1);
    let (one, id) = host.connect();
    let mut second = Client::connect(host.address());
    let response = second.response(true);
    assert_eq!(response.status, 503);
    assert_eq!(response.field("content-type"), Some("application/problem+json"));
    second.expect_end();
    assert_eq!(host.server.metrics.refused(Refusal::TooManyConnections), 1);
    one.reset();
    host.closed(id, 1006);
    let metrics = &host.server.metrics;
    eventually("given back", || metrics.connections.load(Ordering::Relaxed) == 0);
    let (_again, _) = host.connect();
    host.finish();
}

#[test]
fn without_a_valid_token_php_hears_nothing() {
    let mut host = with_jwt(|_| {});
    host.server.ask_php.store(true, Ordering::Relaxed);
    let refused = |path: &str, lines: &str| {
        let response = shake(&host, path, lines);
        assert_eq!(response.status, 401);
        assert_eq!(response.field("content-type"), Some("application/problem+json"));
        response.field("www-authenticate").unwrap().to_owned()
    };
    assert_eq!(refused("/", ""), "Bearer");
    let forged = token(
        "another secret of the same length, which signs nothing that counts!!",
        now() + 60,
    );
    for lines in [
        "Authorization: Bearer nonsense\r\n".to_owned(),
        format!("Authorization: Bearer {forged}\r\n"),
        format!("Authorization: Bearer {}\r\n", token(SECRET, now() - 1)),
        format!("Sec-WebSocket-Protocol: bearer, {forged}\r\n"),
    ] {
        assert!(refused("/", &lines).contains("error=\"invalid_token\""));
    }
    assert!(refused(&format!("/?token={forged}"), "").contains("error=\"invalid_token\""));
    assert_eq!(host.server.metrics.refused(Refusal::Token), 6);
    assert!(host.try_next().is_none());
    host.finish_quiet();
}

#[test]
fn a_valid_token_comes_verified() {
    let mut host = with_jwt(|_| {});
    let exp = now() + 600;
    let mut client = Client::connect(host.address());
    let lines = format!("Authorization: Bearer {}\r\n", token(SECRET, exp));
    assert_eq!(client.request(upgrade_request("/", &lines)).status, 101);
    let id = host.opened();
    let verified = host.request(id).verified().unwrap();
    assert_eq!(verified.valid_until, Some(exp));
    host.finish();
}

#[test]
fn an_optional_token_may_be_missing_but_not_wrong() {
    let host = with_jwt(|c| c.jwt_required = false);
    assert_eq!(shake(&host, "/", "").status, 101);
    assert_eq!(shake(&host, "/", "Authorization: Bearer wrong\r\n").status, 401);
    host.finish();
}
