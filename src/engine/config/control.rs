//! The option `control`.

use std::time::Duration;

use super::error::OptionError;
use super::section::{Section, text};
use super::value::Value;
use super::{Bind, Config};
use crate::engine::auth::Secret;

const KNOWN: &[&str] = &[
    "listen",
    "mode",
    "secret",
    "replay_window",
    "max_body_bytes",
    "max_messages",
    "max_rate",
    "max_connections",
    "idle_timeout",
];
const LISTEN: &str = "an address such as \"unix:///run/ferry-control.sock\" or \"127.0.0.1:8081\"";
/// As for HMAC keys of the same hash (RFC 7518 section 3.2).
const MIN_SECRET: usize = 32;

/// Where other processes publish and ask, and how much of it is taken.
#[derive(Clone, Debug)]
pub struct ControlOptions {
    pub bind: Bind,
    pub secret: Secret,
    /// Seconds that a request's time may differ from the server's clock.
    pub replay_window: u64,
    pub max_body_bytes: usize,
    /// In one request.
    pub max_messages: usize,
    /// Messages per second; `None`: no limit.
    pub max_rate: Option<u32>,
    pub max_connections: usize,
    /// Between two requests of a connection, and for one to arrive.
    pub idle_timeout: Duration,
}

impl ControlOptions {
    pub fn new(bind: Bind, secret: Secret) -> Self {
        Self {
            bind,
            secret,
            replay_window: 30,
            max_body_bytes: 1 << 20,
            max_messages: 1_000,
            max_rate: Some(100_000),
            max_connections: 64,
            idle_timeout: Duration::from_secs(60),
        }
    }
}

pub(super) fn read(options: &Section, config: &mut Config) -> Result<(), OptionError> {
    let value = match options.get("control") {
        None | Some(Value::Null) => return Ok(()),
        Some(value) => value,
    };
    let section = Section::open("control", "control.", value, KNOWN)?;
    let missing = |name: &str, allowed: &str| OptionError::Missing {
        option: section.path(name),
        allowed: allowed.into(),
    };
    let listen = section.get("listen").ok_or_else(|| missing("listen", LISTEN))?;
    let mut bind = text(listen)
        .and_then(Bind::parse)
        .ok_or_else(|| section.invalid("listen", LISTEN, listen))?;
    if section.get("mode").is_some() {
        let Bind::Unix { mode, .. } = &mut bind else {
            return Err(OptionError::conflict(section.path("mode"), "is for Unix sockets"));
        };
        let mut bits = 0;
        section.int("mode", 0..=0o777, &mut bits)?;
        *mode = Some(bits);
    }
    let secret_allowed = format!("a string of at least {MIN_SECRET} bytes that the publishers know");
    let secret = match section.get("secret") {
        Some(Value::Bytes(bytes)) if bytes.len() >= MIN_SECRET => Secret::new(bytes.clone()),
        Some(other) => {
            return Err(OptionError::Invalid {
                option: section.path("secret"),
                allowed: secret_allowed,
                given: other.describe_secret(),
            });
        }
        None => return Err(missing("secret", &secret_allowed)),
    };
    let mut control = ControlOptions::new(bind, secret);
    section.int("replay_window", 1..=300, &mut control.replay_window)?;
    section.int("max_body_bytes", 1024..=1 << 26, &mut control.max_body_bytes)?;
    section.int("max_messages", 1..=100_000, &mut control.max_messages)?;
    let mut rate = control.max_rate.unwrap_or(0);
    section.int("max_rate", 0..=100_000_000, &mut rate)?;
    control.max_rate = (rate > 0).then_some(rate);
    section.int("max_connections", 1..=65_536, &mut control.max_connections)?;
    section.seconds("idle_timeout", &mut control.idle_timeout)?;
    config.control = Some(control);
    Ok(())
}
