//! Any bytes as a client's opening request, over a real socket and the whole way: parser, checks, upgrade, first frames.
//!
//! Whatever comes, the server answers with well-formed HTTP or not at all, says 101 only to a request that has what RFC
//! 6455 asks for, and is left without connections.

#![no_main]

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ferry::engine::config::{Config, Value};
use ferry::engine::server::Server;
use libfuzzer_sys::fuzz_target;
use tungstenite::handshake::derive_accept_key;

/// What the server may take for one client.
const PATIENCE: Duration = Duration::from_secs(20);

static PATH: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("ferry-fuzz-{}.sock", std::process::id())));

/// A whole server: libFuzzer counts what its threads cover too.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let options = Value::from([
        ("unix", Value::from(PATH.to_str().expect("UTF-8"))),
        ("compression", true.into()),
        ("subprotocols", vec!["chat"].into()),
        ("allowed_origins", vec!["https://example.org"].into()),
        ("path", vec!["/", "/ws"].into()),
        ("ping_interval", 0.into()),
        ("idle_timeout", 0.into()),
    ]);
    Server::start(Config::parse(&options).expect("options")).expect("a server")
});

/// Everything the server sends to a client that says this and no more.
fn answer_to(request: &[u8]) -> Vec<u8> {
    let server = &*SERVER;
    let mut client = UnixStream::connect(&*PATH).expect("a connection");
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // A server that has seen enough may hang up before the end.
    let _ = client.write_all(request);
    let _ = client.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    match client.read_to_end(&mut answer) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("the server does not end"),
        _ => drop(client),
    }
    let begun = Instant::now();
    loop {
        let left = server.metrics.connections.load(Ordering::Relaxed);
        while let Some(burst) = server.inbox.try_take() {
            let events = burst.events.len();
            server.inbox.give_back(burst, events);
        }
        if left == 0 {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "the connection is still counted");
        assert!(!server.has_failed(), "an I/O thread died");
        std::thread::sleep(Duration::from_micros(20));
    }
}

fuzz_target!(|input: &[u8]| {
    let answer = answer_to(input);
    if !answer.is_empty() {
        check(input, &answer);
    }
});

fn check(request: &[u8], answer: &[u8]) {
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a whole head");
    let head = std::str::from_utf8(&answer[..end]).expect("plain text");
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1."))
        .expect("a status line");
    let status: u16 = status[2..5].parse().expect("a status");
    let fields: Vec<(String, &str)> = lines
        .map(|line| line.split_once(": ").expect("a field"))
        .map(|(name, value)| (name.to_lowercase(), value))
        .collect();
    for (name, value) in &fields {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        assert!(!name.is_empty() && name.bytes().all(token), "{name}");
        assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{value:?}");
    }
    let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
    assert!(
        [101, 200, 400, 403, 404, 405, 426, 429, 431, 503].contains(&status),
        "{status}"
    );
    if status != 101 {
        return;
    }
    // What it said yes to, read once more and without mercy.
    let end = request
        .windows(2)
        .position(|two| two == b"\r\n")
        .unwrap_or(request.len());
    let text = String::from_utf8_lossy(request);
    assert!(
        request[..end].starts_with(b"GET /") || request.trim_ascii_start().starts_with(b"GET /"),
        "{text}"
    );
    let lower = text.to_lowercase();
    for needed in [
        "upgrade:",
        "websocket",
        "connection:",
        "host:",
        "sec-websocket-key:",
        "sec-websocket-version:",
        "13",
    ] {
        assert!(lower.contains(needed), "no {needed} in {text}");
    }
    let accept = field("sec-websocket-accept").expect("an accept key");
    let keys = text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c)));
    assert!(
        keys.filter(|key| key.len() == 24)
            .any(|key| derive_accept_key(key.as_bytes()) == accept),
        "{text}"
    );
    assert!(field("sec-websocket-protocol").is_none_or(|name| name == "chat" || name == "bearer"));
    assert!(!has_origin(&lower) || lower.contains("https://example.org"), "{text}");
    if let Some(extensions) = field("sec-websocket-extensions") {
        assert!(extensions.starts_with("permessage-deflate; server_no_context_takeover; client_no_context_takeover"));
        assert!(lower.contains("permessage-deflate"));
    }
    assert_eq!(field("content-length"), None);
}

/// Whether a line of the head, not of what comes after it, begins with the name.
fn has_origin(lower: &str) -> bool {
    let head = lower.split("\n\r\n").next().unwrap_or_default();
    let head = head.split("\n\n").next().unwrap_or_default();
    head.lines().any(|line| line.starts_with("origin:"))
}
