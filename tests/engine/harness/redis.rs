//! A Redis server of a test's own: a folder, a Unix socket, gone with the test.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use ferry::engine::config::{Config, RedisOptions};
use redis::{Connection, FromRedisValue, RedisResult, cmd};
use serde_json::{Value, json};

use super::PATIENCE;

const SCRIPT: &str = include_str!("../../../src/engine/redis/publish.lua");
static NEXT: AtomicUsize = AtomicUsize::new(0);

pub struct Redis {
    folder: PathBuf,
    process: Option<Child>,
    /// Beside those of every server.
    arguments: Vec<String>,
    port: u16,
}

impl Redis {
    /// It writes down everything before it answers, so that being killed costs it nothing.
    pub fn start() -> Self {
        let mut redis = Self::new();
        redis.start_again();
        redis
    }

    /// Also over TLS, at `port()`, with a certificate of tests/fixtures/tls; `auth_clients` is "yes" or "no".
    pub fn start_tls(certificate: &str, auth_clients: &str) -> Self {
        let mut redis = Self::new();
        loop {
            // Free a moment ago; where somebody else has it by now, Redis ends at once.
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            redis.port = free.unwrap().port();
            let files = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");
            let (cert, key) = (
                format!("{files}/{certificate}.pem"),
                format!("{files}/{certificate}.key"),
            );
            redis.arguments = [
                ("--tls-port", &*redis.port.to_string()),
                ("--tls-cert-file", &cert),
                ("--tls-key-file", &key),
                ("--tls-ca-cert-file", &format!("{files}/ca.pem")),
                ("--tls-auth-clients", auth_clients),
                ("--bind", "127.0.0.1"),
            ]
            .iter()
            .flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()])
            .collect();
            if redis.try_start() {
                return redis;
            }
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("ferry-redis-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            folder,
            process: None,
            arguments: Vec::new(),
            port: 0,
        }
    }

    pub fn start_again(&mut self) {
        assert!(self.try_start(), "Redis ends at once: {}", self.log());
    }

    fn try_start(&mut self) -> bool {
        let log = File::create(self.folder.join("log")).unwrap();
        let child = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
            ])
            .args(["--unixsocket", "redis.sock", "--loglevel", "verbose", "--dir"])
            .arg(&self.folder)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdout(log)
            .spawn()
            .expect("redis-server is missing: run scripts/install test");
        self.process = Some(child);
        let deadline = Instant::now() + PATIENCE;
        while self.try_ask::<String>(&["PING"]).is_err() {
            assert!(Instant::now() < deadline, "Redis does not start");
            if self.process.as_mut().unwrap().try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        true
    }

    pub fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    pub fn dsn(&self) -> String {
        format!("redis://{}", self.folder.join("redis.sock").display())
    }

    pub fn options(&self) -> RedisOptions {
        RedisOptions::new(self.dsn().parse().unwrap())
    }

    pub fn connect_to(&self, config: &mut Config) {
        config.redis = Some(self.options());
    }

    pub fn connection(&self) -> RedisResult<Connection> {
        let url = format!("unix://{}", self.folder.join("redis.sock").display());
        redis::Client::open(url)?.get_connection()
    }

    fn try_ask<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        cmd(words[0]).arg(&words[1..]).query(&mut self.connection()?)
    }

    #[track_caller]
    pub fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_ask(words).unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs the script that publishes. Returns how many servers listen and how many messages need one.
pub fn publish(connection: &mut Connection, reply: &str, messages: &[Value]) -> RedisResult<(usize, usize)> {
    let messages: Vec<String> = messages.iter().map(Value::to_string).collect();
    cmd("EVAL")
        .arg(SCRIPT)
        .arg(1)
        .arg("ferry")
        .arg(reply)
        .arg("")
        .arg(0)
        .arg(messages)
        .query(connection)
}

pub fn event(room: &str, number: usize) -> Value {
    json!({"rooms": room, "event": "e", "data": number})
}

/// The answer of one server.
#[track_caller]
pub fn answer(connection: &mut Connection, reply: &str) -> Value {
    let (_, text): (String, String) = cmd("BLPOP")
        .arg(reply)
        .arg(PATIENCE.as_secs())
        .query(connection)
        .expect("no answer");
    serde_json::from_str(&text).unwrap()
}

/// Sends a request as it is to the channel of the servers.
pub fn send(connection: &mut Connection, request: &str) -> usize {
    cmd("PUBLISH")
        .arg("ferry:events")
        .arg(request)
        .query(connection)
        .unwrap()
}
