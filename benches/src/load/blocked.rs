//! Blocked handler: what others notice while a handler sleeps 200 ms, again and again.
//!
//! Connection 0 sends a broadcast and a message to sleep on in one write, and again as soon as the reply to the latter
//! is there. Connection 1 sends a ping every 5 ms, whatever happened to the earlier ones. The rest hear the broadcasts:
//! each was issued just before a sleep began.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, Traffic};
use crate::failure::Failure;
use crate::measure::{Cpu, Latency};
use crate::message::{BROADCAST, SLEEP, message};
use crate::options::Options;
use crate::swarm::Swarm;
use crate::wire::{BINARY, PING, Piece, TEXT};

const SLEEPER: usize = 0;
const PINGER: usize = 1;
const PING_EVERY: Duration = Duration::from_millis(5);
/// A reply before this means that the server did not sleep its 200 ms, and the figures mean nothing.
const SLEPT_AT_LEAST: Duration = Duration::from_millis(195);

pub fn run(options: &Options) -> Result<Value, Failure> {
    let mut swarm = Swarm::open(options, options.connections + 2)?;
    let mut blocked = Blocked::new(options);
    let cpu = Cpu::start(&options.pids);
    let start = Instant::now();
    let mut next_ping = start;
    loop {
        let over = start.elapsed() >= options.seconds || u64::from(blocked.round) >= options.count;
        if blocked.round_is_over() {
            if over {
                break;
            }
            blocked.begin(&mut swarm.clients[SLEEPER])?;
        }
        let now = Instant::now();
        if now >= next_ping {
            next_ping += PING_EVERY;
            blocked.ping(&mut swarm.clients[PINGER], now)?;
        }
        swarm.turn(next_ping.saturating_duration_since(now), &mut blocked)?;
    }
    while blocked.ponged < blocked.pinged.len() {
        swarm.turn(PING_EVERY, &mut blocked)?;
    }
    Ok(json!({
        "scenario": "blocked",
        "connections": options.connections,
        "rounds": blocked.round,
        "pings": blocked.pings.count(),
        "ping": blocked.pings.report(),
        "deliveries": blocked.deliveries.count(),
        "delivery": blocked.deliveries.report(),
        "cpu": cpu.report(),
    }))
}

struct Blocked {
    opcode: u8,
    size: usize,
    /// Rounds begun.
    round: u32,
    begun: Instant,
    broadcast: Vec<u8>,
    sleep: Vec<u8>,
    /// Whether the sleeper's reply of this round is there.
    slept: bool,
    /// Broadcasts each connection has received: one per round.
    seen: Vec<u32>,
    /// Messages as far as they have come.
    partial: Vec<Vec<u8>>,
    pinged: Vec<Instant>,
    /// Pings answered.
    ponged: usize,
    pings: Latency,
    deliveries: Latency,
}

impl Blocked {
    fn new(options: &Options) -> Self {
        Self {
            opcode: if options.binary { BINARY } else { TEXT },
            size: options.size,
            round: 0,
            begun: Instant::now(),
            broadcast: Vec::new(),
            sleep: Vec::new(),
            slept: true,
            seen: vec![0; options.connections + 2],
            partial: vec![Vec::new(); options.connections + 2],
            pinged: Vec::new(),
            ponged: 0,
            pings: Latency::new(),
            deliveries: Latency::new(),
        }
    }

    fn round_is_over(&self) -> bool {
        self.slept && self.seen.iter().all(|&seen| seen == self.round)
    }

    fn begin(&mut self, sleeper: &mut Client) -> Result<(), Failure> {
        self.broadcast = message(BROADCAST, SLEEPER, self.round, self.size);
        self.sleep = message(SLEEP, SLEEPER, self.round, self.size);
        self.round += 1;
        self.slept = false;
        self.begun = Instant::now();
        sleeper.queue(self.opcode, &self.broadcast);
        sleeper.queue(self.opcode, &self.sleep);
        sleeper.flush()
    }

    fn ping(&mut self, pinger: &mut Client, now: Instant) -> Result<(), Failure> {
        let number = u32::try_from(self.pinged.len()).expect("pings are counted with 32 bits");
        self.pinged.push(now);
        pinger.queue(PING, &number.to_be_bytes());
        pinger.flush()
    }

    fn slept(&mut self, now: Instant) -> Result<(), Failure> {
        let slept = now - self.begun;
        if self.slept || slept < SLEPT_AT_LEAST {
            return Err(Failure::wrong(
                SLEEPER,
                format!("a reply after {slept:?}: the server must sleep 200 ms"),
            ));
        }
        self.slept = true;
        Ok(())
    }

    fn heard(&mut self, who: usize, now: Instant) -> Result<(), Failure> {
        self.seen[who] += 1;
        if self.seen[who] > self.round {
            return Err(Failure::wrong(who, "a broadcast twice"));
        }
        if who > PINGER {
            self.deliveries.record(now - self.begun);
        }
        Ok(())
    }
}

impl Traffic for Blocked {
    fn received(&mut self, who: usize, piece: &Piece<'_>, now: Instant) -> Result<(), Failure> {
        self.partial[who].extend(piece.bytes);
        if !piece.last {
            return Ok(());
        }
        let message = std::mem::take(&mut self.partial[who]);
        if piece.opcode == self.opcode && message == self.broadcast {
            self.heard(who, now)
        } else if piece.opcode == self.opcode && message == self.sleep && who == SLEEPER {
            self.slept(now)
        } else {
            Err(Failure::wrong(who, "a message that was not sent in this round"))
        }
    }

    /// A pong answers all pings up to its own: a server may skip to the latest (RFC 6455 section 5.5.3).
    fn pong(&mut self, who: usize, payload: &[u8], now: Instant) -> Result<(), Failure> {
        let number = payload.try_into().map_or(u32::MAX, u32::from_be_bytes) as usize;
        let unanswered = self.ponged..number.saturating_add(1);
        let Some(pinged) = self.pinged.get(unanswered.clone()).filter(|pings| !pings.is_empty()) else {
            return Err(Failure::wrong(who, "a pong without its ping"));
        };
        for &at in pinged {
            self.pings.record(now - at);
        }
        self.ponged = unanswered.end;
        Ok(())
    }
}
