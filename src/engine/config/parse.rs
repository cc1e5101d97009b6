//! From the options array to a `Config`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::authorization;
use super::error::OptionError;
use super::section::{Section, invalid, text};
use super::value::Value;
use super::{Bind, Config, SlowConsumer};
use crate::engine::auth::AddressPolicy;
use crate::engine::auth::address::parse_network;
use crate::engine::auth::token::{BEARER, is_token};

const KNOWN: &[&str] = &[
    "host",
    "port",
    "unix",
    "reuse_port",
    "backlog",
    "path",
    "health_path",
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
];

/// `sun_path` has 108 bytes on Linux and 104 on macOS, with the NUL.
const MAX_UNIX_PATH: usize = 103;
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
    bind(&section, &mut config)?;
    authorization::read(&section, &mut config)?;
    Ok(config)
}

fn limits(section: &Section, config: &mut Config) -> Result<(), OptionError> {
    section.int("backlog", 1..=65_535, &mut config.backlog)?;
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

fn bind(section: &Section, config: &mut Config) -> Result<(), OptionError> {
    section.switch("tcp_nodelay", &mut config.tcp_nodelay)?;
    section.switch("reuse_port", &mut config.reuse_port)?;
    let (mut host, mut port) = ("127.0.0.1".to_owned(), 8080);
    section.text("host", &mut host)?;
    section.int("port", 0..=65_535, &mut port)?;
    let value = section.get("unix").unwrap_or(&Value::Null);
    if *value == Value::Null {
        let allowed = "an IP address or a host name, without scheme and port";
        let host = bind_host(&host).ok_or_else(|| invalid("host", allowed, &Value::from(host.as_str())))?;
        config.bind = Bind::Tcp { host, port };
        return Ok(());
    }

    let path = text(value).filter(|path| path.len() <= MAX_UNIX_PATH);
    let allowed = || format!("null or a path of at most {MAX_UNIX_PATH} bytes");
    config.bind = Bind::Unix(PathBuf::from(
        path.ok_or_else(|| section.invalid("unix", allowed(), value))?,
    ));
    let unusable = ["host", "port"]
        .into_iter()
        .find(|name| section.get(name).is_some())
        .or(config.reuse_port.then_some("reuse_port"));
    if let Some(name) = unusable {
        return Err(OptionError::conflict(
            "unix",
            format!("cannot be combined with \"{name}\""),
        ));
    }
    if !config.addresses.is_empty() || config.max_connections_per_ip.is_some() {
        let problem = "cannot be combined with \"allowed_ips\", \"denied_ips\", \"trusted_proxies\" and \
                       \"max_connections_per_ip\": its clients have no address";
        return Err(OptionError::conflict("unix", problem));
    }
    Ok(())
}

/// The host as a resolver takes it; brackets around an IPv6 address are dropped.
fn bind_host(host: &str) -> Option<String> {
    let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    if let Some(address) = bare {
        return address
            .parse::<std::net::Ipv6Addr>()
            .ok()
            .map(|address| address.to_string());
    }
    let name = host.len() <= 253
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    (name || host.parse::<IpAddr>().is_ok()).then(|| host.to_owned())
}

fn request_path(text: &str) -> Option<String> {
    let visible = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#');
    (text.starts_with('/') && visible).then(|| text.to_owned())
}
