//! Server options, validated before a thread starts.

mod authorization;
mod compression;
mod control;
mod error;
mod history;
mod http;
mod listen;
mod observation;
mod parse;
mod rates;
mod redis;
mod roots;
mod section;
mod suggest;
#[cfg(test)]
mod tests;
mod tls;
mod value;

use std::sync::Arc;
use std::time::Duration;

pub use control::ControlOptions;
pub use error::OptionError;
pub use http::field_pairs;
pub use listen::{Bind, Listen};
pub use observation::MetricsConfig;
pub use rates::{RatePolicy, Rates};
pub use redis::RedisOptions;
pub use value::Value;

use crate::engine::auth::{AddressPolicy, OriginList, TokenSources, Verifier};
use crate::engine::deflate;
use crate::engine::history::HistoryOptions;
use crate::engine::tls::Tls;

/// Every option of `WsServer`, in the types the engine uses. The class documentation says what each one means.
///
/// ```
/// use ferry::engine::config::{Config, Value};
///
/// let config = Config::parse(&Value::from([("ping_interval", 0)])).unwrap();
/// assert_eq!(config.ping_interval, None);
///
/// let error = Config::parse(&Value::from([("port", 70_000)])).unwrap_err();
/// assert_eq!(error.to_string(), "Option \"port\" must be an integer from 0 to 65535, 70000 given.");
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// At least one.
    pub listen: Vec<Listen>,
    pub reuse_port: bool,
    pub backlog: u32,
    /// There when one of `listen` uses it.
    pub tls: Option<Arc<Tls>>,
    /// Paths served; empty: every path. See `serves`.
    pub paths: Vec<String>,
    pub health_path: Option<String>,
    /// Health is bad once PHP has not come back for this long.
    pub health_timeout: Option<Duration>,
    pub metrics: Option<MetricsConfig>,
    /// In order of preference; never `bearer`.
    pub subprotocols: Vec<String>,
    pub io_threads: usize,
    pub max_connections: usize,
    pub max_connections_per_ip: Option<usize>,
    pub handshake_timeout: Duration,
    pub handshake_callback_timeout: Duration,
    pub max_header_bytes: usize,
    /// At most `inbox_bytes`, so that one message always fits there.
    pub max_message_bytes: usize,
    pub max_fragments: usize,
    pub inbox_bytes: usize,
    pub outbox_bytes: usize,
    pub slow_consumer: SlowConsumer,
    /// permessage-deflate; `None`: never agreed to.
    pub compression: Option<deflate::Settings>,
    /// Options `max_…_per_second…`, `rate_policy` and `outbox_total_bytes`.
    pub rates: Rates,
    /// Connections that `stop()` closes at a time, and the time between.
    pub drain_batch: usize,
    pub drain_interval: Option<Duration>,
    pub ping_interval: Option<Duration>,
    /// Longer than `ping_interval`, when both are on.
    pub idle_timeout: Option<Duration>,
    pub close_timeout: Duration,
    pub write_timeout: Option<Duration>,
    pub tcp_nodelay: bool,
    /// Option `slow_ms`.
    pub slow_callback: Option<Duration>,
    pub allowed_origins: OriginList,
    /// Options `allowed_ips`, `denied_ips` and `trusted_proxies`.
    pub addresses: AddressPolicy,
    pub token: TokenSources,
    /// `None`: tokens are not verified in the engine.
    pub verifier: Option<Arc<Verifier>>,
    /// Whether a connection without a token gets 401; without a verifier it means nothing.
    pub jwt_required: bool,
    pub expired_close_code: u16,
    /// `None`: there is no control endpoint.
    pub control: Option<ControlOptions>,
    /// Callbacks run in fibers, of which so many may be suspended at once. Options `fibers` and `max_fibers`.
    pub fibers: Option<usize>,
    /// `None`: no room keeps anything.
    pub history: Option<HistoryOptions>,
    /// `None`: the server is alone.
    pub redis: Option<RedisOptions>,
}

/// What happens when a connection's outbox is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowConsumer {
    /// Close with 1013.
    Disconnect,
    DropOldest,
    DropNewest,
}

impl Config {
    /// Reads the options array and returns the first error found. Key files (`file://`) are read here, and never again.
    pub fn parse(options: &Value) -> Result<Self, OptionError> {
        parse::parse(options)
    }

    /// Whether WebSocket requests for this path, without query, are served.
    pub fn serves(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|one| one == path)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![Bind::tcp("127.0.0.1", 8080).into()],
            reuse_port: false,
            backlog: 1024,
            tls: None,
            paths: Vec::new(),
            health_path: Some("/healthz".into()),
            health_timeout: Some(Duration::from_secs(30)),
            metrics: None,
            subprotocols: Vec::new(),
            io_threads: 1,
            max_connections: 65_536,
            max_connections_per_ip: None,
            handshake_timeout: Duration::from_secs(10),
            handshake_callback_timeout: Duration::from_secs(5),
            max_header_bytes: 16_384,
            max_message_bytes: 1 << 20,
            max_fragments: 1024,
            inbox_bytes: 32 << 20,
            outbox_bytes: 1 << 20,
            slow_consumer: SlowConsumer::Disconnect,
            compression: None,
            rates: Rates::default(),
            drain_batch: 500,
            drain_interval: Some(Duration::from_millis(100)),
            ping_interval: Some(Duration::from_secs(25)),
            idle_timeout: Some(Duration::from_secs(60)),
            close_timeout: Duration::from_secs(5),
            write_timeout: Some(Duration::from_secs(30)),
            tcp_nodelay: true,
            slow_callback: Some(Duration::from_millis(200)),
            allowed_origins: OriginList::default(),
            addresses: AddressPolicy::default(),
            token: TokenSources::default(),
            verifier: None,
            jwt_required: true,
            expired_close_code: 4401,
            control: None,
            fibers: None,
            history: None,
            redis: None,
        }
    }
}
