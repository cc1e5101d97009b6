//! Listeners behind a load balancer that announces its clients.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use ferry::engine::auth::AddressPolicy;
use ferry::engine::auth::address::parse_network;
use ferry::engine::config::{Bind, Config, Listen};
use ferry::engine::metrics::Refusal;

use crate::harness::{Client, Host, config, eventually, session, tls, upgrade_request};

fn policy(denied: &[&str], trusted: &[&str]) -> AddressPolicy {
    let networks = |list: &[&str]| list.iter().map(|text| parse_network(text).unwrap()).collect();
    AddressPolicy::new(vec![], networks(denied), networks(trusted))
}

fn announced(bind: Bind) -> Config {
    let listen = Listen {
        proxy_protocol: true,
        ..bind.into()
    };
    Config {
        listen: vec![listen],
        addresses: policy(&["192.0.2.66"], &["127.0.0.1", "10.0.0.0/8"]),
        ..config()
    }
}

fn local() -> Bind {
    Bind::tcp("127.0.0.1", 0)
}

fn refused(host: &Host, refusal: Refusal, times: u64) {
    let metrics = &host.server.metrics;
    eventually(refusal.as_str(), || metrics.refused(refusal) == times);
}

/// The address of a client whose connection begins with these bytes.
fn seen(host: &mut Host, header: &[u8], lines: &str) -> String {
    let mut client = Client::connect(host.address());
    client.write([header, upgrade_request("/", lines).as_bytes()].concat());
    assert_eq!(client.response(true).status, 101);
    let id = host.opened();
    let seen = host.request(id).client.unwrap().to_string();
    drop(client);
    host.closed(id, 1006);
    seen
}

#[test]
fn the_announced_address_is_the_clients() {
    let mut host = Host::start(announced(local()));
    let v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\x7f\0\0\x01\0\x50\0\x51";
    assert_eq!(
        seen(&mut host, b"PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n", ""),
        "192.0.2.1"
    );
    assert_eq!(
        seen(&mut host, b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n", ""),
        "2001:db8::1"
    );
    assert_eq!(seen(&mut host, v2, ""), "192.0.2.7");
    // The proxy itself, for a health check.
    assert_eq!(seen(&mut host, b"PROXY UNKNOWN\r\n", ""), "127.0.0.1");
    assert_eq!(seen(&mut host, b"\r\n\r\n\0\r\nQUIT\n\x20\x00\0\0", ""), "127.0.0.1");
    // A header counts only if the announced address is a proxy's, too.
    let forwarded = "X-Forwarded-For: 192.0.2.9\r\n";
    assert_eq!(
        seen(&mut host, b"PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n", forwarded),
        "192.0.2.1"
    );
    assert_eq!(
        seen(&mut host, b"PROXY TCP4 10.1.1.1 127.0.0.1 1 2\r\n", forwarded),
        "192.0.2.9"
    );
    host.finish_quiet();
}

#[test]
fn limits_use_the_announced_address() {
    let mut host = Host::start(Config {
        max_connections_per_ip: Some(1),
        ..announced(local())
    });
    let connect = |address: &str| {
        let mut client = Client::connect(host.address());
        client.write(format!("PROXY TCP4 {address} 127.0.0.1 1 2\r\n"));
        client
    };
    let mut denied = connect("192.0.2.66");
    assert_eq!(denied.request(upgrade_request("/", "")).status, 403);
    let mut first = connect("192.0.2.1");
    first.upgrade();
    // Cut or answered: its place is known before its request.
    let mut second = connect("192.0.2.1");
    refused(&host, Refusal::TooManyPerAddress, 1);
    second.expect_gone();
    let mut other = connect("192.0.2.2");
    other.upgrade();
    host.opened();
    host.opened();
    host.finish();
}

#[test]
fn an_untrusted_peer_may_announce_nobody() {
    let host = Host::start(Config {
        addresses: policy(&[], &["10.0.0.0/8"]),
        ..announced(local())
    });
    let mut client = Client::connect(host.address());
    let _ = client.try_write(b"PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n");
    client.expect_gone();
    refused(&host, Refusal::ProxyProtocol, 1);
    host.finish_quiet();
}

#[test]
fn what_is_no_header_is_cut() {
    let host = Host::start(Config {
        handshake_timeout: Duration::from_millis(300),
        ..announced(local())
    });
    let garbage: [&[u8]; 4] = [
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"PROXY TCP4 192.0.2.1 127.0.0.1 1 99999\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
        b"PROXY TCP4 not ended, not ended, not ended, not ended, not ended, not ended, not ended, not ended, not ended, not",
    ];
    for (n, bytes) in (1..).zip(garbage) {
        let mut client = Client::connect(host.address());
        client.write(bytes);
        client.expect_gone();
        refused(&host, Refusal::ProxyProtocol, n);
    }
    let mut slow = Client::connect(host.address());
    slow.write("PROXY TCP4 ");
    slow.expect_gone();
    refused(&host, Refusal::HandshakeTimeout, 1);
    host.finish_quiet();
}

#[test]
fn over_a_unix_socket_the_mode_is_the_trust() {
    let path = std::env::temp_dir().join(format!("ferry-{}-announced.sock", std::process::id()));
    let mut host = Host::start(announced(Bind::unix(&path)));
    let mut client = Client::connect_unix(&path);
    client.write("PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n");
    client.upgrade();
    let id = host.opened();
    assert_eq!(host.request(id).client.unwrap().to_string(), "192.0.2.1");
    let mut denied = Client::connect_unix(&path);
    denied.write("PROXY TCP4 192.0.2.66 127.0.0.1 1 2\r\n");
    assert_eq!(denied.request(upgrade_request("/", "")).status, 403);
    host.finish();
}

#[test]
fn tls_follows_the_announcement() {
    let mut config = announced(local());
    config.listen[0].tls = true;
    config.tls = Some(Arc::new(tls(&["local"])));
    let mut host = Host::start(config);
    let mut stream = TcpStream::connect(host.address()).unwrap();
    std::io::Write::write_all(&mut stream, b"PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n").unwrap();
    let mut client = Client::over_tls(stream, session("localhost"));
    client.upgrade();
    let id = host.opened();
    assert_eq!(host.request(id).client.unwrap().to_string(), "192.0.2.1");
    client.text("hello");
    assert_eq!(host.message(), (id, b"hello".to_vec()));
    host.finish();
}
