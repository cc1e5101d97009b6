//! The load generator against the reference, and against servers that do not keep the protocol: a bench that counts
//! wrong replies measures nothing.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio_tungstenite::tungstenite::{Message, accept};

fn load(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ferry-load"))
        .args(["--warmup", "0.05", "--seconds", "0.3", "--timeout", "20"])
        .args(arguments)
        .output()
        .expect("ferry-load runs")
}

fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "it must fail: {output:?}");
    assert!(output.stdout.is_empty(), "a failed run reports no figure: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `ferry-native`, killed when dropped.
struct Reference {
    process: Child,
    address: String,
}

impl Reference {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ferry-native"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("ferry-native starts");
        let mut address = String::new();
        BufReader::new(process.stdout.take().expect("a pipe"))
            .read_line(&mut address)
            .expect("an address");
        Self {
            process,
            address: address.trim().to_owned(),
        }
    }

    fn report(&self, arguments: &[&str]) -> Value {
        let pid = self.process.id().to_string();
        let mut all = vec![arguments[0], &self.address, "--pid", &pid];
        all.extend(&arguments[1..]);
        let output = load(&all);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("one JSON line")
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server that answers each message with what `answer` says.
fn server(answer: impl Fn(&[u8]) -> Vec<Message> + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("ws://{}", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        for socket in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || {
                let Ok(mut socket) = accept(socket.expect("a connection")) else {
                    return;
                };
                while let Ok(message) = socket.read() {
                    if !(message.is_text() || message.is_binary()) {
                        continue;
                    }
                    for reply in answer(&message.into_data()) {
                        if socket.send(reply).is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    address
}

fn text(payload: &[u8]) -> Message {
    Message::text(String::from_utf8(payload.to_vec()).expect("ASCII"))
}

#[test]
fn every_scenario_passes_against_the_reference() {
    for arguments in [&["--read-buffer", "16384"][..], &["--flush", "message"]] {
        let echo = Reference::start(arguments);
        for run in [
            &["echo"][..],
            &["echo", "--depth", "16"],
            &["echo", "--depth", "16", "--binary"],
            &["echo", "--connections", "4", "--size", "1048576", "--depth", "2"],
        ] {
            assert!(echo.report(run)["messages"].as_u64() > Some(0), "{run:?}");
        }
        assert!(echo.report(&["connect", "--token", "t"])["handshakes"].as_u64() > Some(0));
    }

    let hub = Reference::start(&["--mode", "hub"]);
    let report = hub.report(&["broadcast", "--connections", "50"]);
    assert_eq!(
        report["deliveries"].as_u64(),
        report["broadcasts"].as_u64().map(|count| count * 50)
    );
    let report = hub.report(&["blocked", "--connections", "5"]);
    assert_eq!(
        report["deliveries"].as_u64(),
        report["rounds"].as_u64().map(|count| count * 5)
    );
    let report = hub.report(&["idle", "--connections", "200"]);
    assert!(report["bytes_per_connection"].as_f64() > Some(0.0), "{report}");
}

#[test]
fn the_count_bounds_a_run() {
    let echo = Reference::start(&[]);
    let report = echo.report(&["echo", "--connections", "1", "--count", "10", "--seconds", "60"]);
    assert_eq!(report["messages"], 10);
    let report = echo.report(&["connect", "--concurrency", "2", "--count", "10", "--seconds", "60"]);
    assert_eq!(report["handshakes"], 10);
}

#[test]
fn a_changed_reply_fails() {
    let address = server(|payload| {
        let mut changed = payload.to_vec();
        *changed.last_mut().expect("not empty") ^= 1;
        vec![text(&changed)]
    });
    assert!(complaint(&load(&["echo", &address])).contains("the reply is not message 0"));
}

#[test]
fn a_reply_of_the_wrong_type_fails() {
    let address = server(|payload| vec![Message::binary(payload.to_vec())]);
    assert!(complaint(&load(&["echo", &address])).contains("the reply is not message 0"));
}

#[test]
fn a_doubled_reply_fails() {
    let address = server(|payload| vec![text(payload), text(payload)]);
    assert!(complaint(&load(&["echo", &address])).contains("the reply is not message"));
}

#[test]
fn a_missing_reply_fails() {
    let address = server(|payload| {
        if payload.contains(&b'7') {
            Vec::new()
        } else {
            vec![text(payload)]
        }
    });
    let output = load(&["echo", &address, "--connections", "1", "--timeout", "2"]);
    assert!(complaint(&output).contains("not finished after"));
}

#[test]
fn a_broadcast_that_misses_one_connection_fails() {
    // Only the publisher, the first to connect, hears it.
    let address = server(|payload| vec![text(payload)]);
    let output = load(&["broadcast", &address, "--connections", "2", "--timeout", "2"]);
    assert!(complaint(&output).contains("not finished after"));
}

#[test]
fn a_handler_that_does_not_sleep_fails() {
    let address = server(|payload| vec![text(payload)]);
    let output = load(&["blocked", &address, "--connections", "0"]);
    assert_eq!(
        output.status.code(),
        Some(2),
        "nobody would hear the broadcasts: {output:?}"
    );
    let output = load(&["blocked", &address, "--connections", "1"]);
    let complaint = complaint(&output);
    assert!(complaint.contains("must sleep"), "{complaint}");
}

#[test]
fn a_closed_connection_fails_with_its_code() {
    let address = server(|_| {
        thread::sleep(Duration::from_millis(20));
        vec![Message::Close(Some(
            tokio_tungstenite::tungstenite::protocol::CloseFrame {
                code: 1013.into(),
                reason: "too slow".into(),
            },
        ))]
    });
    assert!(complaint(&load(&["echo", &address])).contains("1013 \"too slow\""));
}

#[test]
fn a_refused_handshake_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.expect("a connection");
            let mut line = String::new();
            let _ = BufReader::new(&socket).read_line(&mut line);
            let _ = std::io::Write::write_all(&mut socket, b"HTTP/1.1 403 Forbidden\r\n\r\n");
        }
    });
    for scenario in ["echo", "connect"] {
        assert!(
            complaint(&load(&[scenario, &address])).contains("403 Forbidden"),
            "{scenario}"
        );
    }
}

#[test]
fn only_loopback_addresses_are_loaded() {
    for address in ["ws://192.0.2.1:80", "ws://0.0.0.0:80", "ws://localhost:80"] {
        assert_eq!(load(&["echo", address]).status.code(), Some(2), "{address}");
    }
}
