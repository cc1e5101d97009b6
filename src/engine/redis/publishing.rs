//! From this server's queue to Redis: in order, and each message once, however often the link breaks.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult, cmd};

use super::{Link, Outgoing, What};

/// The packages for PHP have the same file.
pub const SCRIPT: &str = include_str!("publish.lua");
/// Sent at once, at most.
const BATCH: usize = 32;

/// What was taken from the queue and not confirmed. It is sent again over the next connection: the script leaves out what
/// it has done.
#[derive(Debug)]
pub struct Publishing {
    link: Arc<Link>,
    taken: VecDeque<Outgoing>,
}

impl Publishing {
    pub fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            taken: VecDeque::new(),
        }
    }

    /// Takes what comes next, behind what is left of before. Who waits for an answer goes on waiting in `answers`.
    pub fn take(&mut self, mut waits: impl FnMut(u64, tokio::sync::oneshot::Sender<Vec<usize>>)) -> bool {
        let mut work = self.link.lock();
        while self.taken.len() < BATCH {
            let Some(mut next) = work.publishes.pop_front() else {
                break;
            };
            if let Some(answer) = next.answer.take() {
                waits(next.turn, answer);
            }
            self.taken.push_back(next);
        }
        !self.taken.is_empty()
    }

    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// Sends what was taken. The results are in order.
    pub fn send(
        &self,
        connection: &MultiplexedConnection,
        script: &str,
    ) -> impl Future<Output = Vec<RedisResult<()>>> + use<> {
        let prefix = &self.link.options.prefix;
        join_all(self.taken.iter().map(|one| {
            let run = match &one.what {
                What::Messages(messages) => {
                    let mut run = cmd("EVALSHA");
                    run.arg(script)
                        .arg(1)
                        .arg(prefix)
                        .arg("")
                        .arg(&self.link.source)
                        .arg(one.turn);
                    run.arg(messages);
                    run
                }
                What::Request(request) => {
                    let mut run = cmd("PUBLISH");
                    run.arg(format!("{prefix}:events")).arg(request);
                    run
                }
            };
            let mut connection = connection.clone();
            async move { run.query_async::<redis::Value>(&mut connection).await.map(drop) }
        }))
    }

    /// Drops what is done, and what Redis will not do. The error is one that another connection may not have.
    pub fn settle(&mut self, results: Vec<RedisResult<()>>) -> Result<(), RedisError> {
        let mut failure = None;
        let taken = std::mem::take(&mut self.taken);
        for (one, result) in taken.into_iter().zip(results) {
            match result {
                Ok(()) => self.forget(&one),
                Err(error) if is_final(&error) => {
                    let messages = match &one.what {
                        What::Messages(messages) => messages.len(),
                        What::Request(_) => 1,
                    };
                    self.link.metrics.redis.add_failed(messages as u64);
                    super::thread::say(&format!("Redis refused {messages} messages, which are lost: {error}"));
                    self.forget(&one);
                }
                Err(error) => {
                    self.taken.push_back(one);
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }

    fn forget(&self, one: &Outgoing) {
        let mut work = self.link.lock();
        work.bytes = work.bytes.saturating_sub(one.bytes);
        self.link.metrics.redis.set_queued(work.bytes);
    }
}

/// Redis has understood and refused. Everything else may go over by itself: it starts, it has lost the script, its memory
/// is full, it follows another one now.
fn is_final(error: &RedisError) -> bool {
    let passing = [
        "LOADING",
        "NOSCRIPT",
        "READONLY",
        "MASTERDOWN",
        "BUSY",
        "OOM",
        "MISCONF",
        "NOAUTH",
        "TRYAGAIN",
    ];
    error.code().is_some_and(|code| !passing.contains(&code))
}
