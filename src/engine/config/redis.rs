//! The option `redis`.

use std::time::Duration;

use super::Config;
use super::error::OptionError;
use super::section::{Section, text};
use super::value::Value;
use crate::engine::redis::dsn::{Dsn, is_prefix};

const KNOWN: &[&str] = &[
    "dsn",
    "prefix",
    "max_body_bytes",
    "max_messages",
    "queue_bytes",
    "timeout",
    "expire",
];
const DSN: &str = "a DSN such as \"redis://user:password@localhost:6379/0\", \"rediss://redis.example\" or \
                   \"redis:///run/redis.sock\"";
const PREFIX: &str = "1 to 64 letters, digits and any of \":._-{}\"";

/// Where other servers and publishers are met, and how much of them is taken.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    pub dsn: Dsn,
    /// Stands before the names of all keys and channels.
    pub prefix: String,
    pub max_body_bytes: usize,
    /// In one request.
    pub max_messages: usize,
    /// What is published here waits for Redis up to so many bytes; 0: it is refused while Redis is away.
    pub queue_bytes: usize,
    /// To connect, and for any answer.
    pub timeout: Duration,
    /// The streams of rooms whose history has no limit in seconds go after this long without an event.
    pub expire: Duration,
}

impl RedisOptions {
    pub fn new(dsn: Dsn) -> Self {
        Self {
            prefix: dsn.prefix.clone().unwrap_or_else(|| "ferry".into()),
            dsn,
            max_body_bytes: 1 << 20,
            max_messages: 1_000,
            queue_bytes: 8 << 20,
            timeout: Duration::from_secs(2),
            expire: Duration::from_secs(86_400),
        }
    }
}

pub(super) fn read(options: &Section, config: &mut Config) -> Result<(), OptionError> {
    let value = match options.get("redis") {
        None | Some(Value::Null) => return Ok(()),
        Some(value) => value,
    };
    let section = Section::open("redis", "redis.", value, KNOWN)?;
    let dsn: Dsn = match section.get("dsn") {
        None => {
            return Err(OptionError::Missing {
                option: section.path("dsn"),
                allowed: DSN.into(),
            });
        }
        // It may hold a password.
        Some(value) => text(value)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| OptionError::Invalid {
                option: section.path("dsn"),
                allowed: DSN.into(),
                given: value.describe_secret(),
            })?,
    };
    dsn.tls
        .read()
        .map_err(|bad| OptionError::conflict(section.path("dsn"), bad.to_string()))?;
    let mut redis = RedisOptions::new(dsn);
    if let Some(value) = section.get("prefix") {
        let prefix = text(value).filter(|text| is_prefix(text));
        redis.prefix = prefix.ok_or_else(|| section.invalid("prefix", PREFIX, value))?.into();
    }
    section.int("max_body_bytes", 1024..=1 << 26, &mut redis.max_body_bytes)?;
    section.int("max_messages", 1..=100_000, &mut redis.max_messages)?;
    section.int("queue_bytes", 0..=1 << 36, &mut redis.queue_bytes)?;
    section.seconds("timeout", &mut redis.timeout)?;
    section.seconds("expire", &mut redis.expire)?;
    config.redis = Some(redis);
    Ok(())
}
