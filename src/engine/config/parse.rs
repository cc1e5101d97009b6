//! From the options array to a `Config`.

use std::time::Duration;

use super::authorization;
use super::compression;
use super::control;
use super::error::OptionError;
use super::history;
use super::listen;
use super::observation;
use super::rates;
use super::redis;
use super::section::{Section, text};
use super::tls;
use super::value::Value;
use super::{Config, SlowConsumer};
use crate::engine::auth::AddressPolicy;
use crate::engine::auth::address::parse_network;
use crate::engine::auth::token::{BEARER, is_token};

const KNOWN: &[&str] = &[
    "host",
    "port",
    "unix",
    "listen",
    "tls",
    "proxy_protocol",
    "reuse_port",
    "backlog",
    "path",
    "health_path",
    "health_timeout",
    "metrics",
    "subprotocols",
    "io_threads",
    "max_connections",
    "max_connections_per_ip",
    "handshake_timeout",
    "handshake_callback_timeout",
    "max_header_bytes",
    "max_message_bytes",
    "max_fragments",
    "inbox_bytes",
    "outbox_bytes",
    "slow_consumer",
    "compression",
    "outbox_total_bytes",
    "max_messages_per_second",
    "max_bytes_per_second",
    "max_control_frames_per_second",
    "rate_policy",
    "max_handshakes_per_second",
    "max_handshakes_per_second_per_ip",
    "drain_batch",
    "drain_interval",
    "ping_interval",
    "idle_timeout",
    "close_timeout",
    "write_timeout",
    "tcp_nodelay",
    "slow_ms",
    "allowed_origins",
    "allowed_ips",
    "denied_ips",
    "trusted_proxies",
    "jwt",
    "token",
    "control",
    "history",
    "fibers",
    "max_fibers",
    "redis",
];

const MAX_CONNECTIONS: i64 = 16_777_216;
const MAX_MESSAGE: i64 = 0x7fff_ffff;
const MAX_QUEUE: i64 = 1 << 36;
const PATH: &str = "a path that starts with \"/\", without query, spaces and control characters";

pub(super) fn parse(options: &Value) -> Result<Config, OptionError> {
    let section = Section::open("options", "", options, KNOWN)?;
    let mut config = Config::default();
    limits(&section, &mut config)?;
    times(&section, &mut config)?;
    requests(&section, &mut config)?;
    addresses(&section, &mut config)?;
    tls::read(&section, &mut config)?;
    listen::read(&section, &mut config)?;
    compression::read(&section, &mut config)?;
    authorization::read(&section, &mut config)?;
    control::read(&section, &mut config)?;
    history::read(&section, &mut config)?;
    redis::read(&section, &mut config)?;
    Ok(config)
}

fn limits(section: &Section, config: &mut Config) -> Result<(), OptionError> {
    section.int("io_threads", 1..=64, &mut config.io_threads)?;
    section.int("max_connections", 1..=MAX_CONNECTIONS, &mut config.max_connections)?;
    let mut per_ip = 0;
    section.int("max_connections_per_ip", 0..=MAX_CONNECTIONS, &mut per_ip)?;
    config.max_connections_per_ip = (per_ip > 0).then_some(per_ip);
    section.int("max_header_bytes", 1024..=1_048_576, &mut config.max_header_bytes)?;
    section.int("max_message_bytes", 1..=MAX_MESSAGE, &mut config.max_message_bytes)?;
    section.int("max_fragments", 1..=1_048_576, &mut config.max_fragments)?;
    section.int("inbox_bytes", 1024..=MAX_QUEUE, &mut config.inbox_bytes)?;
    section.int("outbox_bytes", 1024..=MAX_QUEUE, &mut config.outbox_bytes)?;
    if config.max_message_bytes > config.inbox_bytes {
        let (message, inbox) = (config.max_message_bytes, config.inbox_bytes);
        let problem = format!("must not be above \"inbox_bytes\" ({inbox}), {message} given");
        return Err(OptionError::conflict("max_message_bytes", problem));
    }
    let (mut fibers, mut max_fibers) = (false, 1000);
    section.switch("fibers", &mut fibers)?;
    section.int("max_fibers", 1..=10_000, &mut max_fibers)?;
    config.fibers = fibers.then_some(max_fibers);
    rates::read(section, &mut config.rates)?;
    section.int("drain_batch", 1..=MAX_CONNECTIONS, &mut config.drain_batch)?;
    if let Some(value) = section.get("slow_consumer") {
        config.slow_consumer = match text(value) {
            Some("disconnect") => SlowConsumer::Disconnect,
            Some("drop-oldest") => SlowConsumer::DropOldest,
            Some("drop-newest") => SlowConsumer::DropNewest,
            _ => {
                return Err(section.invalid(
                    "slow_consumer",
                    r#""disconnect", "drop-oldest" or "drop-newest""#,
                    value,
                ));
            }
        };
    }
    Ok(())
}

fn times(section: &Section, config: &mut Config) -> Result<(), OptionError> {
    section.seconds("handshake_timeout", &mut config.handshake_timeout)?;
    section.seconds("handshake_callback_timeout", &mut config.handshake_callback_timeout)?;
    section.seconds("close_timeout", &mut config.close_timeout)?;
    section.seconds_or_off("ping_interval", &mut config.ping_interval)?;
    section.seconds_or_off("idle_timeout", &mut config.idle_timeout)?;
    section.seconds_or_off("write_timeout", &mut config.write_timeout)?;
    section.seconds_or_off("drain_interval", &mut config.drain_interval)?;
    // A client that only listens answers pings and sends nothing else: it would be closed before its first ping.
    if let (Some(ping), Some(idle)) = (config.ping_interval, config.idle_timeout)
        && idle <= ping
    {
        let (ping, idle) = (ping.as_secs_f64(), idle.as_secs_f64());
        let problem = format!("must be above \"ping_interval\" ({ping}) unless one of them is 0 (off), {idle} given");
        return Err(OptionError::conflict("idle_timeout", problem));
    }
    let mut slow_ms = 200;
    section.int("slow_ms", 0..=3_600_000, &mut slow_ms)?;
    config.slow_callback = (slow_ms > 0).then(|| Duration::from_millis(slow_ms));
    Ok(())
}

fn requests(section: &Section, config: &mut Config) -> Result<(), OptionError> {
    let every_path = matches!(section.get("path"), Some(Value::Bytes(bytes)) if bytes.is_empty());
    if !every_path {
        config.paths = section.one_or_list("path", PATH, request_path)?;
    }
    match section.get("health_path") {
        None => {}
        Some(Value::Null) => config.health_path = None,
        Some(value) => {
            let path = text(value).and_then(request_path);
            let allowed = || format!("null or {PATH}");
            config.health_path = Some(path.ok_or_else(|| section.invalid("health_path", allowed(), value))?);
        }
    }
    observation::read(
        section,
        request_path,
        PATH,
        &mut config.metrics,
        &mut config.health_timeout,
    )?;
    let name = "a subprotocol name (RFC 6455 section 4.1) other than \"bearer\"";
    config.subprotocols = section.list("subprotocols", name, |text| {
        (is_token(text) && !text.eq_ignore_ascii_case(BEARER)).then(|| text.to_owned())
    })?;
    let origin = "an origin such as \"https://example.org\" or \"https://*.example.org\"";
    let origins = section.list("allowed_origins", origin, |text| text.parse().ok())?;
    config.allowed_origins = origins.into_iter().collect();
    Ok(())
}

fn addresses(section: &Section, config: &mut Config) -> Result<(), OptionError> {
    section.switch("tcp_nodelay", &mut config.tcp_nodelay)?;
    let networks = |name| {
        section.list(
            name,
            "an IP address or a CIDR network such as \"10.0.0.0/8\"",
            parse_network,
        )
    };
    config.addresses = AddressPolicy::new(
        networks("allowed_ips")?,
        networks("denied_ips")?,
        networks("trusted_proxies")?,
    );
    Ok(())
}

fn request_path(text: &str) -> Option<String> {
    let visible = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#');
    (text.starts_with('/') && visible).then(|| text.to_owned())
}
