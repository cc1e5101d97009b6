//! A publisher as another process is one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use ferry::engine::auth::Secret;
use ferry::engine::config::{Bind, Config, ControlOptions};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Client, Host, Response};

pub const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

static NONCE: AtomicU64 = AtomicU64::new(1);

/// Switches the endpoint on, at a port of the system's choice.
pub fn with_control(config: &mut Config) {
    let secret = Secret::new(SECRET);
    config.control = Some(ControlOptions::new(Bind::tcp("127.0.0.1", 0), secret));
}

pub struct Publisher {
    pub client: Client,
}

impl Publisher {
    pub fn connect(host: &Host) -> Self {
        let address = host.server.control_address().unwrap();
        Self {
            client: Client::connect(address.parse().unwrap()),
        }
    }

    #[track_caller]
    pub fn request(&mut self, method: &str, target: &str, body: &str) -> Response {
        self.client.request(signed(method, target, body))
    }

    /// The JSON of an answer that must be a 200.
    #[track_caller]
    pub fn ok(&mut self, method: &str, target: &str, body: &str) -> Value {
        let response = self.request(method, target, body);
        assert_eq!(response.status, 200, "{response:?}");
        serde_json::from_str(&response.body).unwrap()
    }

    /// How many got it.
    #[track_caller]
    pub fn publish(&mut self, body: &str) -> u64 {
        self.ok("POST", "/publish", body)["delivered"].as_u64().unwrap()
    }

    /// A refusal must be a JSON problem of this status and code.
    #[track_caller]
    pub fn refused(&mut self, request: &[u8], status: u16, code: &str) -> String {
        let response = self.client.request(request);
        problem(&response, status, code)
    }
}

#[track_caller]
pub fn problem(response: &Response, status: u16, code: &str) -> String {
    assert_eq!(
        response.field("content-type"),
        Some("application/problem+json"),
        "{response:?}"
    );
    let body: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(
        (response.status, &body["status"], &body["code"]),
        (status, &status.into(), &code.into()),
        "{body}"
    );
    body["detail"].as_str().unwrap().to_owned()
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn signed(method: &str, target: &str, body: &str) -> Vec<u8> {
    let nonce = format!("{:032x}", NONCE.fetch_add(1, Ordering::Relaxed));
    request(method, target, body, now(), &nonce, SECRET)
}

pub fn request(method: &str, target: &str, body: &str, timestamp: u64, nonce: &str, secret: &[u8]) -> Vec<u8> {
    let digest = hex(&Sha256::digest(body));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(format!("{method}\n{target}\n{timestamp}\n{nonce}\n{digest}").as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\nFerry-Timestamp: {timestamp}\r\n\
         Ferry-Nonce: {nonce}\r\nFerry-Signature: {signature}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, b| format!("{text}{b:02x}"))
}
