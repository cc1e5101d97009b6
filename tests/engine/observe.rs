//! Health and metrics over plain HTTP.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use ferry::engine::config::MetricsConfig;

use crate::harness::{Client, Host, Response, eventually};

fn config(listen: Option<&str>) -> MetricsConfig {
    MetricsConfig {
        path: "/metrics".into(),
        listen: listen.map(|address| address.parse().unwrap()),
        token: None,
    }
}

fn get(address: std::net::SocketAddr, path: &str, lines: &str) -> Response {
    let mut client = Client::connect(address);
    let response = client.request(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n"));
    client.expect_end();
    response
}

/// Samples by name with labels. Refuses what Prometheus' text format 0.0.4 does not allow, and families without HELP and
/// TYPE, samples outside of their family, and a sample given twice.
fn parse(page: &str) -> HashMap<String, f64> {
    assert!(page.ends_with('\n'));
    let (mut samples, mut families) = (HashMap::new(), HashSet::new());
    let (mut helped, mut family, mut kind) = (String::new(), String::new(), String::new());
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(!help.trim().is_empty() && families.insert(name.to_owned()), "{line}");
            helped = name.into();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, given) = rest.split_once(' ').unwrap();
            assert_eq!(name, helped);
            assert!(["counter", "gauge", "histogram"].contains(&given), "{line}");
            (family, kind) = (name.into(), given.into());
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let value: f64 = value.parse().unwrap();
            assert!(value >= 0.0, "{line}");
            let (name, labels) = sample.split_once('{').map_or((sample, None), |(n, l)| (n, Some(l)));
            let suffixes: &[&str] = if kind == "histogram" {
                &["_bucket", "_sum", "_count"]
            } else {
                &[""]
            };
            assert!(
                suffixes.iter().any(|s| format!("{family}{s}") == name),
                "{line} in {family}"
            );
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
            if let Some(labels) = labels {
                let (label, text) = labels.strip_suffix("\"}").unwrap().split_once("=\"").unwrap();
                assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
                assert!(!text.contains(['"', '\\', '\n']), "{line}");
            }
            assert!(samples.insert(sample.to_owned(), value).is_none(), "{line} twice");
        }
    }
    let buckets: Vec<f64> = page
        .lines()
        .filter(|l| l.starts_with("ferry_callback_duration_seconds_bucket"))
        .map(|l| l.rsplit_once(' ').unwrap().1.parse().unwrap())
        .collect();
    assert!(buckets.len() > 2 && buckets.is_sorted(), "{buckets:?}");
    assert_eq!(buckets.last(), samples.get("ferry_callback_duration_seconds_count"));
    samples
}

#[test]
fn metrics_are_off_by_default() {
    let host = Host::with(|c| c.paths = vec!["/ws".into()]);
    assert_eq!(get(host.address(), "/metrics", "").status, 404);
    host.finish_quiet();
}

#[test]
fn metrics_count_what_happened() {
    let mut host = Host::with(|c| {
        c.metrics = Some(config(None));
        c.paths = vec!["/".into()];
        c.max_fragments = 1;
    });
    let (mut client, id) = host.connect();
    let (mut other, other_id) = host.connect();
    client.text("12345");
    assert_eq!(host.message().0, id);
    host.text(id, "123");
    client.expect_text("123");
    client.close(4321, "");
    host.closed(id, 4321);
    other.send(0x01, "a fragment");
    other.send(0x80, "one too many");
    host.closed(other_id, 1008);
    let (_third, third_id) = host.connect();
    assert_eq!(get(host.address(), "/none", "").status, 404);
    let metrics = std::sync::Arc::clone(&host.server.metrics);
    metrics.begin_callback();
    eventually("a tick", || metrics.callback_time().is_some_and(|t| t > Duration::ZERO));
    let response = get(host.address(), "/metrics", "");
    assert_eq!(response.status, 200);
    assert_eq!(
        response.field("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let samples = parse(&response.body);
    for (sample, value) in [
        ("ferry_connections", 1.0),
        ("ferry_connections_opened_total", 3.0),
        ("ferry_connections_closed_total{code=\"4321\"}", 1.0),
        ("ferry_connections_closed_total{code=\"1008\"}", 1.0),
        ("ferry_handshakes_refused_total{reason=\"path\"}", 1.0),
        ("ferry_handshakes_refused_total{reason=\"origin\"}", 0.0),
        ("ferry_limits_met_total{limit=\"fragments\"}", 1.0),
        ("ferry_messages_received_total", 1.0),
        ("ferry_messages_sent_total", 1.0),
        ("ferry_messages_dropped_total", 0.0),
        ("ferry_inbox_events", 0.0),
        ("ferry_outbox_bytes", 0.0),
        ("ferry_callback_duration_seconds_count", 0.0),
    ] {
        assert_eq!(samples.get(sample), Some(&value), "{sample}");
    }
    assert!(samples["ferry_callback_running_seconds"] > 0.0);
    assert!(samples["ferry_php_away_seconds"] > 0.0);
    assert!(samples["ferry_bytes_received_total"] > 11.0);
    assert!(samples["ferry_sockets"] >= 2.0, "the one that asks is one");
    metrics.end_callback();
    let samples = parse(&get(host.address(), "/metrics", "").body);
    assert_eq!(samples.get("ferry_callback_running_seconds"), Some(&0.0));
    assert_eq!(samples.get("ferry_callback_duration_seconds_count"), Some(&1.0));
    assert!(samples["ferry_callback_duration_seconds_sum"] > 0.0);
    host.close(third_id, 1000, "");
    host.finish();
}

#[test]
fn codes_that_clients_choose_are_bounded() {
    let host = Host::with(|c| c.metrics = Some(config(None)));
    for code in 3000..3500 {
        host.server.metrics.count_close(code);
        host.server.metrics.count_close(code);
    }
    let samples = parse(&get(host.address(), "/metrics", "").body);
    let closed: Vec<_> = samples.iter().filter(|(s, _)| s.contains("closed_total")).collect();
    assert_eq!(closed.len(), 65);
    assert_eq!(
        samples.get("ferry_connections_closed_total{code=\"other\"}"),
        Some(&872.0)
    );
    host.finish_quiet();
}

#[test]
fn metrics_on_an_address_of_their_own_are_nowhere_else() {
    let host = Host::with(|c| c.metrics = Some(config(Some("127.0.0.1:0"))));
    let own = host.server.metrics_address().unwrap();
    let response = get(own, "/metrics", "");
    assert!(parse(&response.body).contains_key("ferry_connections"));
    assert_eq!(get(own, "/healthz", "").status, 200);
    assert_eq!(get(own, "/", "").status, 404);
    assert_eq!(
        Client::connect(own)
            .request(crate::harness::upgrade_request("/", ""))
            .status,
        404
    );
    let mut post = Client::connect(own);
    assert_eq!(
        post.request("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            .status,
        405
    );
    assert_eq!(get(host.address(), "/metrics", "").status, 426);
    host.finish_quiet();
}

#[test]
fn metrics_ask_for_their_token() {
    let token = "0123456789abcdef";
    let host = Host::with(|c| {
        c.metrics = Some(MetricsConfig {
            token: Some(ferry::engine::auth::secret::Secret::new(token)),
            ..config(None)
        });
    });
    let status = |lines: &str| get(host.address(), "/metrics", lines).status;
    assert_eq!(status(""), 401);
    assert_eq!(status("Authorization: Bearer 0123456789abcdeF\r\n"), 401);
    assert_eq!(status("Authorization: Bearer 0123456789abcde\r\n"), 401);
    assert_eq!(status("Authorization: 0123456789abcdef\r\n"), 401);
    assert_eq!(status("Authorization: Bearer 0123456789abcdef\r\n"), 200);
    let refused = get(host.address(), "/metrics", "");
    assert_eq!(refused.field("www-authenticate"), Some("Bearer"));
    host.finish_quiet();
}

#[test]
fn an_address_for_metrics_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut config = crate::harness::config();
    config.metrics = Some(self::config(Some(&address)));
    let error = ferry::engine::server::Server::start(config).unwrap_err();
    assert!(error.to_string().contains(&address), "{error}");
}

#[test]
fn health_is_bad_while_a_callback_does_not_come_back() {
    let host = Host::with(|c| c.health_timeout = Some(Duration::from_millis(30)));
    let health = || get(host.address(), "/healthz", "");
    assert_eq!(health().status, 200);
    host.server.metrics.begin_callback();
    eventually("unhealthy", || health().status == 503);
    assert!(health().body.contains("php does not come back"));
    host.server.metrics.end_callback();
    assert_eq!(health().status, 200);
    host.finish_quiet();
}

#[test]
fn health_is_bad_while_events_wait_for_php() {
    let mut host = Host::with(|c| c.health_timeout = Some(Duration::from_millis(30)));
    let address = host.address();
    let (mut client, id) = host.connect();
    host.server.metrics.see_php();
    assert_eq!(get(address, "/healthz", "").status, 200);
    // Idle, PHP may stay away for as long as it likes.
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(get(address, "/healthz", "").status, 200);
    client.text("anybody there?");
    eventually("unhealthy", || get(address, "/healthz", "").status == 503);
    assert_eq!(host.message().0, id);
    assert_eq!(get(address, "/healthz", "").status, 200);
    host.finish();
}

#[test]
fn health_that_never_gets_bad() {
    let host = Host::with(|c| c.health_timeout = None);
    host.server.metrics.begin_callback();
    eventually("a tick", || {
        host.server.metrics.callback_time().is_some_and(|t| t > Duration::ZERO)
    });
    assert_eq!(get(host.address(), "/healthz", "").status, 200);
    host.server.metrics.end_callback();
    host.finish_quiet();
}
