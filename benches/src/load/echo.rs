//! Echo: `connections` clients, each with `depth` messages in flight.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, Traffic};
use crate::failure::Failure;
use crate::measure::{Cpu, Latency};
use crate::message::{ECHO, NUMBER, STORED_HEADER, chat, deflated, digits, message};
use crate::options::Options;
use crate::swarm::Swarm;
use crate::wire::{BINARY, MASK, Piece, RSV1, TEXT, push_frame};

const TURN: Duration = Duration::from_millis(10);

pub fn run(options: &Options) -> Result<Value, Failure> {
    let mut swarm = Swarm::open(options, options.connections)?;
    let mut echo = Echo::new(options);
    echo.phase(&mut swarm, options.warmup, options.count)?;
    echo.latency.clear();

    let cpu = Cpu::start(&options.pids);
    let (messages, elapsed) = echo.phase(&mut swarm, options.seconds, options.count)?;
    let cpu = cpu.report();
    if echo.latency.count() != messages {
        return Err(Failure::wrong(
            0,
            format!("{messages} messages but {} replies", echo.latency.count()),
        ));
    }
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = messages as f64 / seconds;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let megabytes = rate * options.size as f64 / 1e6;
    Ok(json!({
        "scenario": "echo",
        "connections": options.connections,
        "size": options.size,
        "depth": options.depth,
        "messages": messages,
        "seconds": seconds,
        "messages_per_second": rate,
        "megabytes_per_second": megabytes,
        "latency": echo.latency.report(),
        "cpu": cpu,
    }))
}

struct Echo {
    lanes: Vec<Lane>,
    opcode: u8,
    depth: usize,
    latency: Latency,
    /// Whether replies are followed by new messages.
    sending: bool,
    sent: u64,
    received: u64,
}

/// One connection's messages.
struct Lane {
    /// `depth` masked frames in a row; only their numbers change.
    frames: Vec<u8>,
    frame_size: usize,
    /// Where the number stands in a frame, and in its payload.
    number_at: usize,
    number_in_payload: usize,
    /// Bytes of `frames` to be sent.
    pending: std::ops::Range<usize>,
    /// Messages that may be sent.
    credits: usize,
    next: u32,
    /// The reply that comes next, byte for byte.
    expected: Vec<u8>,
    expected_number: u32,
    /// When the messages in flight were sent, oldest first.
    in_flight: VecDeque<Instant>,
}

impl Echo {
    fn new(options: &Options) -> Self {
        let opcode = if options.binary { BINARY } else { TEXT };
        let lanes = (0..options.connections)
            .map(|who| Lane::new(who, opcode, options))
            .collect();
        Self {
            lanes,
            opcode,
            depth: options.depth,
            latency: Latency::new(),
            sending: false,
            sent: 0,
            received: 0,
        }
    }

    /// Sends for that long or that many messages, then waits for every reply. It begins and ends with nothing in flight,
    /// so messages and time belong together exactly.
    fn phase(&mut self, swarm: &mut Swarm, length: Duration, count: u64) -> Result<(u64, Duration), Failure> {
        let before = self.sent;
        self.sending = true;
        let start = Instant::now();
        for who in 0..self.lanes.len() {
            self.lanes[who].credits = self.depth;
            self.ready(who, &mut swarm.clients[who])?;
        }
        while start.elapsed() < length && self.sent - before < count {
            swarm.turn(TURN, self)?;
        }
        self.sending = false;
        while self.received < self.sent {
            swarm.turn(TURN, self)?;
        }
        Ok((self.sent - before, start.elapsed()))
    }
}

impl Traffic for Echo {
    fn received(&mut self, who: usize, piece: &Piece<'_>, now: Instant) -> Result<(), Failure> {
        let lane = &mut self.lanes[who];
        if piece.offset == 0 {
            lane.expected[NUMBER].copy_from_slice(&digits(lane.expected_number));
        }
        if piece.opcode != self.opcode || !piece.is_of(&lane.expected) {
            let number = lane.expected_number;
            return Err(Failure::wrong(
                who,
                format!("the reply is not message {number}, which was sent"),
            ));
        }
        if piece.last {
            let sent_at = lane.in_flight.pop_front();
            let sent_at = sent_at.ok_or_else(|| Failure::wrong(who, "a reply too many"))?;
            self.latency.record(now - sent_at);
            lane.expected_number = lane.expected_number.wrapping_add(1);
            lane.credits += 1;
            self.received += 1;
        }
        Ok(())
    }

    fn ready(&mut self, who: usize, client: &mut Client) -> Result<(), Failure> {
        let lane = &mut self.lanes[who];
        loop {
            if lane.pending.is_empty() {
                if !self.sending || lane.credits == 0 {
                    return Ok(());
                }
                self.sent += lane.prepare();
            }
            lane.pending.start += client.send_from(&lane.frames[lane.pending.clone()])?;
            if !lane.pending.is_empty() {
                return Ok(());
            }
        }
    }
}

impl Lane {
    fn new(who: usize, opcode: u8, options: &Options) -> Self {
        let mut frames = Vec::new();
        let (expected, payload_at, number_in_payload);
        if options.compress {
            expected = chat(ECHO, who, 0, options.size);
            payload_at = push_frame(&mut frames, opcode | RSV1, &deflated(&expected));
            // Numbers change and lie in a block that is stored as it is: nothing is compressed while the clock runs.
            number_in_payload = STORED_HEADER + NUMBER.start;
        } else {
            expected = message(ECHO, who, 0, options.size);
            payload_at = push_frame(&mut frames, opcode, &expected);
            number_in_payload = NUMBER.start;
        }
        let frame_size = frames.len();
        let frames = frames.repeat(options.depth);
        Self {
            frames,
            frame_size,
            number_at: payload_at + number_in_payload,
            number_in_payload,
            pending: 0..0,
            credits: 0,
            next: 0,
            expected,
            expected_number: 0,
            in_flight: VecDeque::with_capacity(options.depth),
        }
    }

    /// Numbers as many frames as there are credits and returns how many.
    fn prepare(&mut self) -> u64 {
        let now = Instant::now();
        let count = self.credits;
        for frame in self.frames.chunks_exact_mut(self.frame_size).take(count) {
            for (at, digit) in digits(self.next).into_iter().enumerate() {
                frame[self.number_at + at] = digit ^ MASK[(self.number_in_payload + at) % 4];
            }
            self.next = self.next.wrapping_add(1);
            self.in_flight.push_back(now);
        }
        self.credits = 0;
        self.pending = 0..count * self.frame_size;
        count as u64
    }
}
