//! Redis between servers and publishers: what is published goes through it to every server, and rooms' histories are kept
//! in it, so that they survive a restart.
//!
//! One thread (`ferry-redis`) has two connections: one subscribes, the other asks. Whoever publishes runs `publish.lua`,
//! which numbers and writes down the events of rooms with a history and hands all to the subscribers in one step. So no
//! server delivers an event of such a room before it is written down, and all deliver in the order of the numbers. What a
//! server missed while it was away it reads from the streams before it delivers anything else.

mod counters;
pub mod dsn;
mod envelope;
mod publishing;
mod session;
mod stream;
mod thread;
mod tls;

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::config::RedisOptions;
use super::id::InstanceId;
use super::mailbox::{Command, Mailbox};
use super::metrics::Metrics;
use super::publish::Message;
pub use counters::RedisCounters;
pub use thread::Thread;

/// While Redis answers, what waits for it is bounded by this at least.
const LEAST_QUEUE: usize = 16 << 20;
/// What a message costs beside its text.
const MESSAGE_BYTES: usize = 256;

/// Nothing of it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    #[error("Redis is away, and redis.queue_bytes ({0}) of messages wait for it")]
    QueueFull(usize),
    #[error("Redis is slower than what is published: {0} bytes of messages wait for it")]
    Slow(usize),
    #[error("A message must have at most redis.max_body_bytes ({0}) bytes as JSON, {1} given")]
    TooLarge(usize, usize),
}

/// What other threads ask of the link's thread. Nobody waits for it.
#[derive(Debug)]
pub struct Link {
    pub options: RedisOptions,
    metrics: Arc<Metrics>,
    mailboxes: Vec<Arc<Mailbox>>,
    /// Tells this server's messages from those of others.
    source: String,
    work: Mutex<Work>,
    /// Rung when there is work.
    bell: Notify,
}

#[derive(Debug, Default)]
struct Work {
    connected: bool,
    stop: bool,
    publishes: VecDeque<Outgoing>,
    /// Of those, and of what is on its way.
    bytes: usize,
    /// Number of the last one.
    turn: u64,
    rooms: VecDeque<Arc<str>>,
    /// Rooms whose stream is asked for.
    loading: HashSet<Arc<str>>,
}

/// What this server publishes.
#[derive(Debug)]
struct Outgoing {
    turn: u64,
    what: What,
    bytes: usize,
    /// Gets what the messages reached here.
    answer: Option<oneshot::Sender<Vec<usize>>>,
}

#[derive(Debug)]
enum What {
    /// For `publish.lua`.
    Messages(Vec<String>),
    /// Another request, as the servers get it.
    Request(String),
}

impl Link {
    pub fn new(
        options: RedisOptions,
        metrics: Arc<Metrics>,
        mailboxes: Vec<Arc<Mailbox>>,
        instance: InstanceId,
    ) -> Self {
        Self {
            options,
            metrics,
            mailboxes,
            source: instance.as_hex(),
            work: Mutex::default(),
            bell: Notify::new(),
        }
    }

    /// Takes messages in order. The answer is, per message, how many connections of this server got it; it is dropped where
    /// that is not known.
    pub fn offer(&self, messages: &[Message]) -> Result<oneshot::Receiver<Vec<usize>>, NotTaken> {
        let texts: Vec<String> = messages.iter().map(envelope::to_json).collect();
        let bytes = texts.iter().map(|text| text.len() + MESSAGE_BYTES).sum();
        let length = texts.iter().map(|text| text.len() + 1).sum();
        if length > self.options.max_body_bytes {
            return Err(NotTaken::TooLarge(self.options.max_body_bytes, length));
        }
        let (sender, receiver) = oneshot::channel();
        self.queue(What::Messages(texts), bytes, Some(sender))
            .inspect_err(|_| self.metrics.redis.add_refused_here(messages.len() as u64))?;
        Ok(receiver)
    }

    /// Has the other servers close the user's connections.
    pub fn disconnect(&self, user: &str, code: u16, reason: &str) -> Result<(), NotTaken> {
        let request = envelope::disconnect(&self.source, user, code, reason);
        let bytes = request.len() + MESSAGE_BYTES;
        self.queue(What::Request(request), bytes, None)
            .inspect_err(|_| self.metrics.redis.add_refused_here(1))
    }

    fn queue(&self, what: What, bytes: usize, answer: Option<oneshot::Sender<Vec<usize>>>) -> Result<(), NotTaken> {
        let mut work = self.lock();
        let limit = self.options.queue_bytes;
        if work.connected {
            let limit = limit.max(LEAST_QUEUE);
            if work.bytes + bytes > limit {
                return Err(NotTaken::Slow(limit));
            }
        } else if work.bytes + bytes > limit {
            return Err(NotTaken::QueueFull(limit));
        }
        work.bytes += bytes;
        work.turn += 1;
        let outgoing = Outgoing {
            turn: work.turn,
            what,
            bytes,
            // While Redis is away nobody is to wait.
            answer: answer.filter(|_| work.connected),
        };
        work.publishes.push_back(outgoing);
        self.metrics.redis.set_queued(work.bytes);
        drop(work);
        self.bell.notify_one();
        Ok(())
    }

    /// Asks for what Redis has of a room; [`Command::Loaded`] follows in every mailbox, whether there was something or not.
    pub fn load(&self, room: Arc<str>) {
        let mut work = self.lock();
        if !work.connected {
            drop(work);
            return self.say_loaded(&room);
        }
        if work.loading.insert(Arc::clone(&room)) {
            work.rooms.push_back(room);
            drop(work);
            self.bell.notify_one();
        }
    }

    /// Whether messages come and go now.
    pub fn is_connected(&self) -> bool {
        self.lock().connected
    }

    fn say_loaded(&self, room: &Arc<str>) {
        self.lock().loading.remove(room);
        for mailbox in &self.mailboxes {
            mailbox.post_now(Command::Loaded { room: Arc::clone(room) });
        }
    }

    /// Messages come and go from now on, or do not any more: then nobody waits for what was asked.
    fn set_connected(&self, connected: bool) {
        let mut work = self.lock();
        work.connected = connected;
        let rooms: Vec<Arc<str>> = if connected {
            Vec::new()
        } else {
            work.rooms.clear();
            work.publishes.iter_mut().for_each(|one| one.answer = None);
            work.loading.drain().collect()
        };
        drop(work);
        self.metrics.redis.set_connected(connected);
        for room in rooms {
            self.say_loaded(&room);
        }
    }

    fn stop(&self) {
        self.lock().stop = true;
        self.bell.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of a stream's entry, `milliseconds-sequence`, as one number that rises with it.
fn number_of(id: &str) -> Option<u64> {
    let (ms, sequence) = id.split_once('-')?;
    let (ms, sequence): (u64, u64) = (ms.parse().ok()?, sequence.parse().ok()?);
    (ms < 1 << 44 && sequence < 1 << 20).then_some(ms << 20 | sequence)
}

fn id_of(number: u64) -> String {
    format!("{}-{}", number >> 20, number & 0xf_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_with_ids() {
        let ids = ["0-0", "0-1048575", "1-0", "1795400000000-7", "17592186044415-1048575"];
        let numbers: Vec<u64> = ids.iter().map(|id| number_of(id).unwrap()).collect();
        assert!(numbers.is_sorted());
        for (id, number) in ids.iter().zip(numbers) {
            assert_eq!(id_of(number), *id);
        }
        for bad in ["", "1", "1-", "-1", "1-1048576", "17592186044416-0", "a-b"] {
            assert_eq!(number_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_scripts_of_both_sides_are_one() {
        let php = concat!(env!("CARGO_MANIFEST_DIR"), "/php/Publish/Transport/publish.lua");
        assert_eq!(
            std::fs::read_to_string(php).unwrap(),
            publishing::SCRIPT,
            "copy src/engine/redis/publish.lua to php/Publish/Transport/"
        );
    }
}
