//! What the server says about itself.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::refusal::Reason;
use crate::engine::config::RedisOptions;
use crate::engine::hub::State;
use crate::engine::inbox::Inbox;
use crate::engine::metrics::{Metrics, Refusal};
use crate::engine::publish::Publisher;

/// Rates are over this long, or since the start.
const WINDOW: usize = 10;
/// Rooms shown, the fullest first.
const MAX_ROOMS: usize = 1_000;

/// What does not change while the server runs.
#[derive(Debug)]
pub struct Facts {
    pub addresses: Vec<String>,
    pub started: Instant,
    pub inbox: Arc<Inbox>,
}

/// Counters of the last seconds.
pub struct Rates {
    samples: VecDeque<(Instant, [u64; 5])>,
}

const RATES: [&str; 5] = ["messagesIn", "messagesOut", "bytesIn", "bytesOut", "publishes"];

impl Rates {
    pub fn new(now: Instant) -> Self {
        Self {
            samples: VecDeque::from([(now, [0; 5])]),
        }
    }

    pub fn sample(&mut self, metrics: &Metrics, now: Instant) {
        self.samples.push_back((now, counters(metrics)));
        if self.samples.len() > WINDOW + 1 {
            self.samples.pop_front();
        }
    }

    /// Per second, from the oldest sample to now.
    pub fn per_second(&self, metrics: &Metrics, now: Instant) -> Value {
        let (since, before) = self.samples.front().copied().unwrap_or((now, [0; 5]));
        let seconds = now
            .saturating_duration_since(since)
            .max(Duration::from_millis(1))
            .as_secs_f64();
        let mut rates = serde_json::Map::new();
        for ((name, now), before) in RATES.into_iter().zip(counters(metrics)).zip(before) {
            #[allow(clippy::cast_precision_loss, reason = "a rate")]
            let rate = now.saturating_sub(before) as f64 / seconds;
            rates.insert(name.into(), rounded(rate));
        }
        rates.insert("seconds".into(), rounded(seconds));
        rates.into()
    }
}

fn counters(metrics: &Metrics) -> [u64; 5] {
    [
        &metrics.messages_in,
        &metrics.messages_out,
        &metrics.bytes_in,
        &metrics.bytes_out,
        &metrics.publishes,
    ]
    .map(|c| c.load(Ordering::Relaxed))
}

fn rounded(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}

/// What one I/O thread knows.
struct Thread {
    connections: usize,
    accepting: bool,
    users: usize,
    rooms: Vec<(Arc<str>, usize)>,
}

/// Everything in `Stats`, by the same names, and what only the I/O threads know.
pub async fn status(publisher: &Publisher, facts: &Facts, rates: Value) -> Value {
    let threads = publisher
        .ask(|state: &State| Thread {
            connections: state.sessions.len(),
            accepting: state.accepting,
            users: state.users.len(),
            rooms: state.rooms.iter().map(|(name, n)| (Arc::clone(name), n)).collect(),
        })
        .await;
    let mut rooms: HashMap<Arc<str>, usize> = HashMap::new();
    for (name, members) in threads.iter().flat_map(|t| &t.rooms) {
        *rooms.entry(Arc::clone(name)).or_default() += members;
    }
    let room_count = rooms.len();
    let mut fullest: Vec<_> = rooms.into_iter().collect();
    fullest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    fullest.truncate(MAX_ROOMS);
    let metrics = &publisher.metrics;
    let load = |c: &std::sync::atomic::AtomicU64| c.load(Ordering::Relaxed);
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "instance": publisher.instance.as_hex(),
        "addresses": facts.addresses,
        "accepting": threads.iter().all(|t| t.accepting),
        "uptime": rounded(facts.started.elapsed().as_secs_f64()),
        "connections": threads.iter().map(|t| t.connections).sum::<usize>(),
        "connectionsTotal": load(&metrics.connections_total),
        // A user on two threads counts twice.
        "users": threads.iter().map(|t| t.users).sum::<usize>(),
        "refused": Refusal::ALL.into_iter().map(|r| (r.as_str(), metrics.refused(r))).filter(|(_, n)| *n > 0)
            .collect::<BTreeMap<_, _>>(),
        "closed": metrics.closed().into_iter().map(|(code, n)| (code.to_string(), n)).collect::<BTreeMap<_, _>>(),
        "messagesIn": load(&metrics.messages_in),
        "messagesOut": load(&metrics.messages_out),
        "bytesIn": load(&metrics.bytes_in),
        "bytesOut": load(&metrics.bytes_out),
        "inboxEvents": facts.inbox.pending_events(),
        "inboxBytes": facts.inbox.pending_bytes(),
        "outboxBytes": metrics.outbox_bytes.load(Ordering::Relaxed),
        "dropped": load(&metrics.dropped),
        "slowCallbacks": load(&metrics.slow_callbacks),
        "callbackSeconds": metrics.callback_time().unwrap_or_default().as_secs_f64(),
        "rates": rates,
        "rooms": {
            "count": room_count,
            "list": fullest.iter().map(|(name, n)| json!({"name": name, "members": n})).collect::<Vec<_>>(),
        },
        "threads": threads.iter()
            .map(|t| json!({"connections": t.connections, "rooms": t.rooms.len()})).collect::<Vec<_>>(),
        "control": {
            "publishes": load(&metrics.publishes),
            "delivered": load(&metrics.published),
            "refused": Reason::ALL.into_iter().map(|r| (r.as_str(), metrics.control_refused(r)))
                .filter(|(_, n)| *n > 0).collect::<BTreeMap<_, _>>(),
        },
        // null: no room keeps anything.
        "history": publisher.history.as_ref().map(|history| {
            let size = history.size();
            json!({"rooms": size.rooms, "messages": size.messages, "bytes": size.bytes, "evicted": size.evicted})
        }),
        "redis": publisher.link.as_ref().map(|link| redis(&link.options, metrics)),
    })
}

/// The link to Redis, and what became of the messages that went over it.
pub fn redis(options: &RedisOptions, metrics: &Metrics) -> Value {
    let redis = &metrics.redis;
    json!({
        "address": options.dsn.to_string(),
        "connected": redis.is_connected(),
        "connects": redis.connects(),
        "requests": redis.received(),
        "refused": Reason::ALL.into_iter().map(|r| (r.as_str(), redis.refused(r))).filter(|(_, n)| *n > 0)
            .collect::<BTreeMap<_, _>>(),
        "recovered": redis.recovered(),
        "gaps": redis.gaps(),
        "queueBytes": redis.queued(),
        "notTaken": redis.refused_here(),
        "failed": redis.failed(),
    })
}

struct Listed {
    id: String,
    user: Option<Arc<str>>,
    client: Option<IpAddr>,
    opened_at: u32,
    rooms: Vec<Arc<str>>,
}

/// Open connections, of a room or all; at most `limit`.
pub async fn connections(publisher: &Publisher, room: Option<String>, limit: usize) -> Value {
    let instance = publisher.instance;
    let listed = publisher
        .ask(move |state: &State| {
            let describe = |slot: u32| {
                let session = state.sessions.at(slot).filter(|s| s.is_open())?;
                Some(Listed {
                    id: instance.format(state.id(slot)),
                    user: session.user.clone(),
                    client: session.permit.address(),
                    opened_at: session.opened_at,
                    rooms: session
                        .memberships
                        .iter()
                        .filter_map(|m| state.rooms.name(m))
                        .cloned()
                        .collect(),
                })
            };
            // One more than asked for tells that there are more.
            let list: Vec<Listed> = match &room {
                Some(room) => state
                    .rooms
                    .members(room)
                    .iter()
                    .copied()
                    .filter_map(describe)
                    .take(limit + 1)
                    .collect(),
                None => state.sessions.slots().filter_map(describe).take(limit + 1).collect(),
            };
            list
        })
        .await;
    let mut all: Vec<Listed> = listed.into_iter().flatten().collect();
    let more = all.len() > limit;
    all.truncate(limit);
    let list: Vec<Value> = all
        .into_iter()
        .map(|c| {
            json!({
                "id": c.id,
                "user": c.user,
                "remoteAddress": c.client.map_or_else(|| "unix:".into(), |a| a.to_string()),
                "rooms": c.rooms,
                "connectedAt": c.opened_at,
            })
        })
        .collect();
    json!({ "connections": list, "more": more })
}
