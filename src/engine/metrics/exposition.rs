//! The counters as Prometheus reads them (text format 0.0.4).

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use super::histogram::BOUNDS;
use super::{Limit, Metrics, Refusal};
use crate::engine::control::Reason;
use crate::engine::history::Size;

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is measured at the moment of asking, outside of [`Metrics`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauges {
    pub inbox_events: usize,
    pub inbox_bytes: usize,
    /// Encoded frames on their way from PHP to the I/O threads.
    pub mailbox_bytes: usize,
    pub php_away_seconds: f64,
    pub uptime_seconds: f64,
    pub history: Size,
}

/// One page. Every family has its HELP and TYPE line, also while it has no sample.
pub fn render(metrics: &Metrics, gauges: &Gauges) -> String {
    let mut page = Page(String::with_capacity(8192));
    connections(&mut page, metrics);
    traffic(&mut page, metrics, gauges);
    callbacks(&mut page, metrics, gauges);
    histories(&mut page, gauges.history);
    redis(&mut page, metrics);
    page.gauge("ferry_uptime_seconds", "Time since listen().", gauges.uptime_seconds);
    page.family("ferry_build_info", "gauge", "Version of the extension.");
    page.labelled("ferry_build_info", "version", env!("CARGO_PKG_VERSION"), 1);
    page.0
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn connections(page: &mut Page, metrics: &Metrics) {
    let closed = metrics.closed_by_label();
    let total = load(&metrics.connections_total);
    let open = total.saturating_sub(closed.iter().map(|(_, n)| n).sum());

    page.family("ferry_connections", "gauge", "Open WebSocket connections.");
    page.plain("ferry_connections", open);
    page.family(
        "ferry_sockets",
        "gauge",
        "Sockets from accept to end, those in a handshake and those closing included.",
    );
    page.plain("ferry_sockets", metrics.connections.load(Ordering::Relaxed));
    page.counter("ferry_connections_opened_total", "WebSocket connections opened.", total);
    page.family(
        "ferry_connections_closed_total",
        "counter",
        "Connections closed, by close code (RFC 6455 section 7.4; 1005: none sent, 1006: lost).",
    );
    for (code, n) in closed {
        page.labelled("ferry_connections_closed_total", "code", &code, n);
    }
    page.family(
        "ferry_handshakes_refused_total",
        "counter",
        "Handshakes refused, by reason.",
    );
    for reason in Refusal::ALL {
        let n = metrics.refused(reason);
        page.labelled("ferry_handshakes_refused_total", "reason", reason.as_str(), n);
    }
    page.family(
        "ferry_limits_met_total",
        "counter",
        "Limits that live connections met, by limit.",
    );
    for limit in Limit::ALL {
        page.labelled(
            "ferry_limits_met_total",
            "limit",
            limit.as_str(),
            metrics.limited(limit),
        );
    }
}

fn traffic(page: &mut Page, metrics: &Metrics, gauges: &Gauges) {
    page.counter(
        "ferry_messages_received_total",
        "Messages from clients.",
        load(&metrics.messages_in),
    );
    page.counter(
        "ferry_messages_sent_total",
        "Messages to clients, whole on the wire.",
        load(&metrics.messages_out),
    );
    page.counter(
        "ferry_messages_dropped_total",
        "Messages to clients dropped by slow_consumer.",
        load(&metrics.dropped),
    );
    page.counter(
        "ferry_bytes_received_total",
        "Bytes from WebSocket connections, frame headers included.",
        load(&metrics.bytes_in),
    );
    page.counter(
        "ferry_bytes_sent_total",
        "Bytes to WebSocket connections, frame headers included.",
        load(&metrics.bytes_out),
    );
    page.counter(
        "ferry_bytes_saved_total",
        "Bytes of messages that compression kept off the wire, both ways.",
        load(&metrics.bytes_saved),
    );
    page.counter(
        "ferry_publishes_total",
        "Events accepted for rooms and users by the control endpoint and by PHP.",
        load(&metrics.publishes),
    );
    page.counter(
        "ferry_published_total",
        "Connections that such events were handed to.",
        load(&metrics.published),
    );
    page.family(
        "ferry_publishes_refused_total",
        "counter",
        "Requests that the control endpoint refused, by reason.",
    );
    for reason in Reason::ALL {
        let n = metrics.control_refused(reason);
        page.labelled("ferry_publishes_refused_total", "reason", reason.as_str(), n);
    }

    page.gauge("ferry_inbox_events", "Events waiting for PHP.", gauges.inbox_events);
    page.gauge(
        "ferry_inbox_bytes",
        "Bytes of events waiting for PHP.",
        gauges.inbox_bytes,
    );
    page.gauge(
        "ferry_mailbox_bytes",
        "Bytes from PHP that the I/O threads have not taken.",
        gauges.mailbox_bytes,
    );
    page.gauge(
        "ferry_outbox_bytes",
        "Memory of frames that sockets have not taken, over all connections.",
        metrics.outbox_bytes.load(Ordering::Relaxed),
    );
}

fn callbacks(page: &mut Page, metrics: &Metrics, gauges: &Gauges) {
    let name = "ferry_callback_duration_seconds";
    page.family(
        name,
        "histogram",
        "How long PHP callbacks ran, in steps of the kernel's tick (1 to 10 ms).",
    );
    let (cumulative, count, sum) = metrics.callbacks.read();
    for (bound, n) in BOUNDS.iter().zip(cumulative) {
        page.labelled("ferry_callback_duration_seconds_bucket", "le", &bound.to_string(), n);
    }
    page.labelled("ferry_callback_duration_seconds_bucket", "le", "+Inf", count);
    page.plain("ferry_callback_duration_seconds_sum", sum);
    page.plain("ferry_callback_duration_seconds_count", count);
    page.counter(
        "ferry_slow_callbacks_total",
        "Callbacks that ran longer than slow_ms.",
        load(&metrics.slow_callbacks),
    );
    page.gauge(
        "ferry_callback_running_seconds",
        "How long the callback that runs now has run; 0 between callbacks.",
        metrics.callback_time().unwrap_or_default().as_secs_f64(),
    );
    page.gauge(
        "ferry_php_away_seconds",
        "How long the PHP thread has not come back while something waits for it.",
        gauges.php_away_seconds,
    );
}

fn histories(page: &mut Page, size: Size) {
    page.gauge(
        "ferry_history_rooms",
        "Rooms whose events are kept in memory.",
        size.rooms,
    );
    page.gauge("ferry_history_messages", "Events kept in memory.", size.messages);
    page.gauge("ferry_history_bytes", "Bytes of events kept in memory.", size.bytes);
    page.counter(
        "ferry_history_evicted_total",
        "Events dropped from memory for want of room (room_bytes, total_bytes).",
        size.evicted,
    );
}

fn redis(page: &mut Page, metrics: &Metrics) {
    let redis = &metrics.redis;
    page.gauge(
        "ferry_redis_connected",
        "1 while messages come and go over Redis; 0 also without the option redis.",
        u8::from(redis.is_connected()),
    );
    page.counter(
        "ferry_redis_connects_total",
        "Times the link to Redis was made.",
        redis.connects(),
    );
    page.counter(
        "ferry_redis_requests_total",
        "Requests that came over Redis.",
        redis.received(),
    );
    page.family(
        "ferry_redis_requests_refused_total",
        "counter",
        "Requests over Redis that were refused as a whole, by reason.",
    );
    for reason in Reason::ALL {
        let n = redis.refused(reason);
        page.labelled("ferry_redis_requests_refused_total", "reason", reason.as_str(), n);
    }
    page.counter(
        "ferry_redis_recovered_total",
        "Events that came while Redis was away, delivered when it was back.",
        redis.recovered(),
    );
    page.counter(
        "ferry_redis_gaps_total",
        "Rooms whose members were told that they missed events for good.",
        redis.gaps(),
    );
    page.gauge(
        "ferry_redis_queue_bytes",
        "Bytes of this server's messages that wait for Redis.",
        redis.queued(),
    );
    page.counter(
        "ferry_redis_not_taken_total",
        "Messages of this server that were refused, as too many waited for Redis.",
        redis.refused_here(),
    );
    page.counter(
        "ferry_redis_failed_total",
        "Messages of this server that were lost, as Redis refused them.",
        redis.failed(),
    );
}

/// Writing to a `String` cannot fail.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help);
        self.plain(name, value);
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.plain(name, value);
    }

    fn plain(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name} {value}");
    }

    /// The values are this program's own: none needs escaping.
    fn labelled(&mut self, name: &str, label: &str, text: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name}{{{label}=\"{text}\"}} {value}");
    }
}
