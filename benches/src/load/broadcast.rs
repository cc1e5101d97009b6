//! Broadcast: one connection publishes, all of them receive, the publisher included.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, Traffic};
use crate::failure::Failure;
use crate::measure::{Cpu, Latency};
use crate::message::{BROADCAST, chat, deflated, message};
use crate::options::Options;
use crate::swarm::Swarm;
use crate::wire::{BINARY, Piece, RSV1, TEXT};

const TURN: Duration = Duration::from_millis(10);

/// The connection that publishes.
const PUBLISHER: usize = 0;

pub fn run(options: &Options) -> Result<Value, Failure> {
    let mut swarm = Swarm::open(options, options.connections)?;
    let mut broadcast = Broadcast::new(options);
    broadcast.phase(&mut swarm, options.warmup, options.count)?;
    broadcast.latency.clear();

    let cpu = Cpu::start(&options.pids);
    let delivered = broadcast.delivered;
    let (published, elapsed) = broadcast.phase(&mut swarm, options.seconds, options.count)?;
    let cpu = cpu.report();
    let deliveries = broadcast.delivered - delivered;
    if deliveries != published * options.connections as u64 {
        let what = format!(
            "{published} broadcasts to {} were delivered {deliveries} times",
            options.connections
        );
        return Err(Failure::wrong(PUBLISHER, what));
    }
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = deliveries as f64 / seconds;
    Ok(json!({
        "scenario": "broadcast",
        "connections": options.connections,
        "size": options.size,
        "window": options.window,
        "broadcasts": published,
        "deliveries": deliveries,
        "seconds": seconds,
        "deliveries_per_second": rate,
        "latency": broadcast.latency.report(),
        "cpu": cpu,
    }))
}

pub struct Broadcast {
    opcode: u8,
    compress: bool,
    size: usize,
    /// Broadcasts in flight, by number modulo the window.
    slots: Vec<Slot>,
    /// Broadcasts each connection has received.
    seen: Vec<u32>,
    published: u32,
    /// Broadcasts that every connection has received.
    complete: u32,
    delivered: u64,
    /// From publishing to the last delivery.
    pub latency: Latency,
}

struct Slot {
    payload: Vec<u8>,
    sent_at: Instant,
    arrived: usize,
}

impl Broadcast {
    pub fn new(options: &Options) -> Self {
        Self {
            opcode: if options.binary { BINARY } else { TEXT },
            compress: options.compress,
            size: options.size,
            slots: (0..options.window)
                .map(|_| Slot {
                    payload: Vec::new(),
                    sent_at: Instant::now(),
                    arrived: 0,
                })
                .collect(),
            seen: vec![0; options.connections],
            published: 0,
            complete: 0,
            delivered: 0,
            latency: Latency::new(),
        }
    }

    /// Publishes for that long or that many broadcasts, then waits until every connection has them all.
    pub fn phase(&mut self, swarm: &mut Swarm, length: Duration, count: u64) -> Result<(u64, Duration), Failure> {
        let before = self.published;
        let start = Instant::now();
        while start.elapsed() < length && u64::from(self.published - before) < count {
            self.publish(&mut swarm.clients[PUBLISHER])?;
            swarm.turn(TURN, self)?;
        }
        while self.complete < self.published {
            swarm.turn(TURN, self)?;
        }
        Ok((u64::from(self.published - before), start.elapsed()))
    }

    /// Fills the window. It moves only when the slowest connection has received, so no queue in the server can hold more
    /// than a window of messages: far below any outbox limit, whoever is slow.
    fn publish(&mut self, publisher: &mut Client) -> Result<(), Failure> {
        while ((self.published - self.complete) as usize) < self.slots.len() {
            let payload = if self.compress {
                let payload = chat(BROADCAST, PUBLISHER, self.published, self.size);
                publisher.queue(self.opcode | RSV1, &deflated(&payload));
                payload
            } else {
                let payload = message(BROADCAST, PUBLISHER, self.published, self.size);
                publisher.queue(self.opcode, &payload);
                payload
            };
            let at = self.published as usize % self.slots.len();
            self.slots[at] = Slot {
                payload,
                sent_at: Instant::now(),
                arrived: 0,
            };
            self.published += 1;
        }
        publisher.flush()
    }
}

impl Traffic for Broadcast {
    fn received(&mut self, who: usize, piece: &Piece<'_>, now: Instant) -> Result<(), Failure> {
        let number = self.seen[who];
        if number == self.published {
            return Err(Failure::wrong(who, "a broadcast that was not sent, or one twice"));
        }
        let at = number as usize % self.slots.len();
        let slot = &mut self.slots[at];
        if piece.opcode != self.opcode || !piece.is_of(&slot.payload) {
            return Err(Failure::wrong(
                who,
                format!("the message is not broadcast {number}, which comes next"),
            ));
        }
        if piece.last {
            self.seen[who] += 1;
            self.delivered += 1;
            slot.arrived += 1;
            // In order for every connection, hence complete in order.
            if slot.arrived == self.seen.len() {
                self.complete += 1;
                self.latency.record(now - slot.sent_at);
            }
        }
        Ok(())
    }
}
