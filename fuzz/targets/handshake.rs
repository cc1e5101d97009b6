//! Any bytes as a client's opening request, over a real socket and the whole way: parser, checks, upgrade, first frames.
//!
//! Whatever comes, the server answers with well-formed HTTP or not at all, says 101 only to a request that has what RFC
//! 6455 asks for, and is left without connections.

#![no_main]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ferry::engine::accept::Acceptor;
use ferry::engine::config::{Config, Value};
use ferry::engine::handshake::Gate;
use ferry::engine::hub::State;
use ferry::engine::inbox::Inbox;
use ferry::engine::limits::ConnectionLimits;
use ferry::engine::mailbox::Mailbox;
use ferry::engine::metrics::Metrics;
use ferry::engine::socket::Stream;
use ferry::engine::task::{Local, SCRATCH_BYTES};
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tungstenite::handshake::derive_accept_key;

struct Server {
    runtime: LocalRuntime,
    acceptor: Rc<Acceptor>,
    local: Rc<Local>,
    metrics: Arc<Metrics>,
    inbox: Arc<Inbox>,
}

impl Server {
    fn new() -> Self {
        let options = Value::from([
            ("compression", Value::from(true)),
            ("subprotocols", vec!["chat"].into()),
            ("allowed_origins", vec!["https://example.org"].into()),
            ("path", vec!["/", "/ws"].into()),
            ("ping_interval", 0.into()),
            ("idle_timeout", 0.into()),
        ]);
        let config = Arc::new(Config::parse(&options).expect("options"));
        let metrics = Arc::new(Metrics::default());
        let inbox = Arc::new(Inbox::new(1 << 24).expect("an inbox"));
        let mailbox = Arc::new(Mailbox::default());
        let state = State::new(
            0,
            &config,
            Arc::clone(&metrics),
            Arc::clone(&inbox),
            Arc::clone(&mailbox),
        );
        let local = Rc::new(Local {
            state: RefCell::new(state),
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
        });
        let gate = Rc::new(Gate {
            config,
            ask_php: Arc::default(),
            local: Rc::clone(&local),
        });
        let acceptor = Rc::new(Acceptor {
            gate,
            limits: ConnectionLimits::new(1000, None, Arc::clone(&metrics)),
            mailboxes: vec![mailbox],
            turn: Cell::new(0),
            farewells: Rc::default(),
        });
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build_local(LocalOptions::default())
            .expect("a runtime");
        Self {
            runtime,
            acceptor,
            local,
            metrics,
            inbox,
        }
    }

    /// Everything the server sends to a client that says this and no more.
    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let answer = self.runtime.block_on(async {
            let (mut client, server) = UnixStream::pair().expect("a pair");
            self.acceptor.welcome(Stream::Unix(server), None);
            // A server that has seen enough may hang up before the end.
            let _ = client.write_all(request).await;
            let _ = client.shutdown().await;
            let mut answer = Vec::new();
            let read = client.read_to_end(&mut answer);
            let ended = tokio::time::timeout(Duration::from_secs(20), read).await;
            assert!(ended.is_ok(), "the server does not end");
            drop(client);
            while self.metrics.connections.load(Ordering::Relaxed) > 0 {
                tokio::task::yield_now().await;
            }
            answer
        });
        self.local.state.borrow_mut().send_burst();
        while let Some(burst) = self.inbox.try_take() {
            let events = burst.events.len();
            self.inbox.give_back(burst, events);
        }
        answer
    }
}

thread_local! {
    static SERVER: Server = Server::new();
}

fuzz_target!(|input: &[u8]| {
    let answer = SERVER.with(|server| server.answer(input));
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
        [101, 200, 400, 403, 404, 405, 426, 431, 503].contains(&status),
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
