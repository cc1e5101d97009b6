//! Idle memory: what `connections` open connections add to the server's processes.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Silence, Traffic};
use crate::failure::Failure;
use crate::measure::Memory;
use crate::message::{ECHO, message};
use crate::options::Options;
use crate::swarm::Swarm;
use crate::wire::{BINARY, Piece, TEXT};

const TURN: Duration = Duration::from_millis(10);
/// Connections opened and closed before the first reading, so that what a server allocates once is not counted.
const WARM: usize = 10;
/// Memory is read when it has not moved for this long, or after `SETTLE_AT_MOST`.
const SETTLED: Duration = Duration::from_millis(600);
const SETTLE_AT_MOST: Duration = Duration::from_secs(8);

pub fn run(options: &Options) -> Result<Value, Failure> {
    let mut warm = Swarm::open(options, WARM)?;
    Once::new(options).ask_all(&mut warm)?;
    drop(warm);
    let before = settled(None, &options.pids)?;

    let mut swarm = Swarm::open(options, options.connections)?;
    let opened = settled(Some(&mut swarm), &options.pids)?;
    Once::new(options).ask_all(&mut swarm)?;
    let used = settled(Some(&mut swarm), &options.pids)?;
    drop(swarm);
    let closed = settled(None, &options.pids)?;

    #[expect(clippy::cast_precision_loss, reason = "an average")]
    let per_connection =
        |later: u64, earlier: u64| ((later as f64 - earlier as f64) / options.connections as f64).round();
    Ok(json!({
        "scenario": "idle",
        "connections": options.connections,
        "bytes_per_connection": per_connection(opened.rss, before.rss),
        "bytes_per_connection_after_echo": per_connection(used.rss, before.rss),
        "private_per_connection": per_connection(opened.private, before.private),
        "private_per_connection_after_echo": per_connection(used.private, before.private),
        "before": before.report(),
        "opened": opened.report(),
        "after_echo": used.report(),
        "closed": closed.report(),
    }))
}

/// Waits until the server's memory stands still, answering pings meanwhile.
fn settled(mut swarm: Option<&mut Swarm>, pids: &[u32]) -> Result<Memory, Failure> {
    let start = Instant::now();
    let mut memory = Memory::of(pids)?;
    let mut since = start;
    while since.elapsed() < SETTLED && start.elapsed() < SETTLE_AT_MOST {
        match &mut swarm {
            Some(swarm) => swarm.turn(TURN, &mut Silence)?,
            None => sleep(TURN),
        }
        let now = Memory::of(pids)?;
        if now != memory {
            memory = now;
            since = Instant::now();
        }
    }
    Ok(memory)
}

/// One echo on every connection: what a connection costs that has been used, not only opened.
struct Once {
    opcode: u8,
    payload: Vec<u8>,
    answered: usize,
}

impl Once {
    fn new(options: &Options) -> Self {
        let opcode = if options.binary { BINARY } else { TEXT };
        Self {
            opcode,
            payload: message(ECHO, 0, 0, options.size),
            answered: 0,
        }
    }

    fn ask_all(&mut self, swarm: &mut Swarm) -> Result<(), Failure> {
        for client in &mut swarm.clients {
            client.queue(self.opcode, &self.payload);
            client.flush()?;
        }
        while self.answered < swarm.clients.len() {
            swarm.turn(TURN, self)?;
        }
        Ok(())
    }
}

impl Traffic for Once {
    fn received(&mut self, who: usize, piece: &Piece<'_>, _now: Instant) -> Result<(), Failure> {
        if piece.opcode != self.opcode || !piece.is_of(&self.payload) {
            return Err(Failure::wrong(who, "the reply is not the message that was sent"));
        }
        self.answered += usize::from(piece.last);
        Ok(())
    }
}
