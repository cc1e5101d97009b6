//! The class `Ferry\Stats`.

use std::sync::atomic::Ordering;

use ext_php_rs::exception::PhpResult;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::ZendHashTable;
use serde_json::Value as Json;

use crate::engine::control::{Reason, redis_status};
use crate::engine::metrics::{Limit, Refusal};

use super::convert::{self, ArrayValue};
use super::core::Core;
use super::exception;

/// Counters of one server since `listen()`, read at one moment.
#[php_class]
#[php(name = "Ferry\\Stats")]
#[php(flags = ClassFlags::Final)]
pub struct Stats {
    connections: i64,
    connections_total: i64,
    refused: Vec<(&'static str, i64)>,
    closed: Vec<(i64, i64)>,
    limited: Vec<(&'static str, i64)>,
    messages_in: i64,
    messages_out: i64,
    bytes_in: i64,
    bytes_out: i64,
    bytes_saved: i64,
    inbox_events: i64,
    inbox_bytes: i64,
    outbox_bytes: i64,
    dropped: i64,
    slow_callbacks: i64,
    publishes: i64,
    published: i64,
    publishes_refused: Vec<(&'static str, i64)>,
    jwks_refreshes: i64,
    jwks_failures: i64,
    callback_seconds: f64,
    uptime: f64,
    drained: i64,
    cut: i64,
    fibers: i64,
    fibers_exhausted: i64,
    redis: Json,
}

macro_rules! getters {
    ($($method:ident $name:literal $field:ident $type:ty;)*) => {
        #[php_impl]
        impl Stats {
            #[php(vis = "private")]
            pub fn __construct() -> PhpResult<Self> {
                Err(exception::logic("Ferry\\Stats objects come from WsServer::stats()"))
            }

            #[php(getter, name = "refused")]
            pub fn get_refused(&self) -> PhpResult<ArrayValue> {
                let mut table = ZendHashTable::new();
                for (reason, count) in &self.refused {
                    table.insert(*reason, *count)?;
                }
                Ok(ArrayValue(convert::array(table)))
            }

            #[php(getter, name = "limited")]
            pub fn get_limited(&self) -> PhpResult<ArrayValue> {
                let mut table = ZendHashTable::new();
                for (limit, count) in &self.limited {
                    table.insert(*limit, *count)?;
                }
                Ok(ArrayValue(convert::array(table)))
            }

            #[php(getter, name = "closed")]
            pub fn get_closed(&self) -> PhpResult<ArrayValue> {
                let mut table = ZendHashTable::new();
                for (code, count) in &self.closed {
                    table.insert_at_index(*code, *count)?;
                }
                Ok(ArrayValue(convert::array(table)))
            }

            #[php(getter, name = "publishesRefused")]
            pub fn get_publishes_refused(&self) -> PhpResult<ArrayValue> {
                let mut table = ZendHashTable::new();
                for (reason, count) in &self.publishes_refused {
                    table.insert(*reason, *count)?;
                }
                Ok(ArrayValue(convert::array(table)))
            }

            #[php(getter, name = "redis")]
            pub fn get_redis(&self) -> PhpResult<ArrayValue> {
                convert::json(&self.redis).map(ArrayValue)
            }

            $(#[php(getter, name = $name)]
            pub fn $method(&self) -> $type {
                self.$field
            })*

            #[php(name = "toArray")]
            pub fn to_array(&self) -> PhpResult<ArrayValue> {
                let mut table = ZendHashTable::new();
                table.insert("refused", self.get_refused()?.0)?;
                table.insert("closed", self.get_closed()?.0)?;
                table.insert("publishesRefused", self.get_publishes_refused()?.0)?;
                table.insert("limited", self.get_limited()?.0)?;
                table.insert("redis", self.get_redis()?.0)?;
                $(table.insert($name, self.$field)?;)*
                Ok(ArrayValue(convert::array(table)))
            }
        }
    };
}

getters! {
    get_connections "connections" connections i64;
    get_connections_total "connectionsTotal" connections_total i64;
    get_messages_in "messagesIn" messages_in i64;
    get_messages_out "messagesOut" messages_out i64;
    get_bytes_in "bytesIn" bytes_in i64;
    get_bytes_out "bytesOut" bytes_out i64;
    get_bytes_saved "bytesSaved" bytes_saved i64;
    get_inbox_events "inboxEvents" inbox_events i64;
    get_inbox_bytes "inboxBytes" inbox_bytes i64;
    get_outbox_bytes "outboxBytes" outbox_bytes i64;
    get_dropped "dropped" dropped i64;
    get_publishes "publishes" publishes i64;
    get_published "published" published i64;
    get_slow_callbacks "slowCallbacks" slow_callbacks i64;
    get_jwks_refreshes "jwksRefreshes" jwks_refreshes i64;
    get_jwks_failures "jwksFailures" jwks_failures i64;
    get_callback_seconds "callbackSeconds" callback_seconds f64;
    get_uptime "uptime" uptime f64;
    get_drained "drained" drained i64;
    get_cut "cut" cut i64;
    get_fibers "fibers" fibers i64;
    get_fibers_exhausted "fibersExhausted" fibers_exhausted i64;
}

impl Stats {
    pub fn of(core: &Core) -> Self {
        let metrics = core.metrics();
        let jwks = core
            .config
            .verifier
            .as_ref()
            .and_then(|verifier| verifier.remote_keys());
        let int = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let size = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let load = |counter: &std::sync::atomic::AtomicU64| int(counter.load(Ordering::Relaxed));
        let (inbox_events, inbox_bytes) = core.running().map_or((0, 0), |s| {
            (size(s.inbox.pending_events()), size(s.inbox.pending_bytes()))
        });
        Self {
            connections: size(core.roster.borrow().len()),
            connections_total: load(&metrics.connections_total),
            refused: Refusal::ALL
                .into_iter()
                .map(|r| (r.as_str(), int(metrics.refused(r))))
                .filter(|(_, n)| *n > 0)
                .collect(),
            closed: metrics
                .closed()
                .into_iter()
                .map(|(code, n)| (i64::from(code), int(n)))
                .collect(),
            limited: Limit::ALL
                .into_iter()
                .map(|limit| (limit.as_str(), int(metrics.limited(limit))))
                .filter(|(_, n)| *n > 0)
                .collect(),
            drained: load(&metrics.drained),
            cut: load(&metrics.cut),
            fibers: size(core.serving.suspended()),
            fibers_exhausted: int(core.serving.exhaustions.get()),
            redis: core
                .config
                .redis
                .as_ref()
                .map_or_else(|| Json::Array(Vec::new()), |options| redis_status(options, &metrics)),
            messages_in: load(&metrics.messages_in),
            messages_out: load(&metrics.messages_out),
            bytes_in: load(&metrics.bytes_in),
            bytes_out: load(&metrics.bytes_out),
            bytes_saved: load(&metrics.bytes_saved),
            inbox_events,
            inbox_bytes,
            outbox_bytes: size(metrics.outbox_bytes.load(Ordering::Relaxed)),
            dropped: load(&metrics.dropped),
            publishes: load(&metrics.publishes),
            published: load(&metrics.published),
            publishes_refused: Reason::ALL
                .into_iter()
                .map(|r| (r.as_str(), int(metrics.control_refused(r))))
                .filter(|(_, n)| *n > 0)
                .collect(),
            slow_callbacks: load(&metrics.slow_callbacks),
            jwks_refreshes: int(jwks.map_or(0, |keys| keys.refreshes())),
            jwks_failures: int(jwks.map_or(0, |keys| keys.failures())),
            callback_seconds: metrics.callback_time().unwrap_or_default().as_secs_f64(),
            uptime: core.started.get().map_or(0.0, |since| since.elapsed().as_secs_f64()),
        }
    }
}
