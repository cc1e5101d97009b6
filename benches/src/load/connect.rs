//! Connect rate: TCP connection, upgrade, close frame, its answer; again and again in `concurrency` slots.

use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use serde_json::{Value, json};

use crate::client::{Client, Silence};
use crate::failure::Failure;
use crate::inflate::Inflater;
use crate::measure::{Cpu, Latency};
use crate::options::Options;
use crate::wire::CLOSE;

const NORMAL: u16 = 1000;

pub fn run(options: &Options) -> Result<Value, Failure> {
    let mut connect = Connect {
        options,
        poll: Poll::new().map_err(polling)?,
        slots: Vec::new(),
        latency: Latency::new(),
        started: 0,
        finished: 0,
        scratch: vec![0; 4096],
    };
    let cpu = Cpu::start(&options.pids);
    let elapsed = connect.go()?;
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = connect.finished as f64 / seconds;
    Ok(json!({
        "scenario": "connect",
        "concurrency": options.concurrency,
        "handshakes": connect.finished,
        "seconds": seconds,
        "handshakes_per_second": rate,
        "latency": connect.latency.report(),
        "cpu": cpu.report(),
    }))
}

struct Connect<'a> {
    options: &'a Options,
    poll: Poll,
    slots: Vec<Option<Visit>>,
    /// From the connect call to the open connection.
    latency: Latency,
    started: usize,
    finished: u64,
    scratch: Vec<u8>,
}

struct Visit {
    client: Client,
    begun: Instant,
}

impl Connect<'_> {
    fn go(&mut self) -> Result<Duration, Failure> {
        let start = Instant::now();
        let mut events = Events::with_capacity(1024);
        for slot in 0..self.options.concurrency {
            self.slots.push(None);
            self.begin(slot)?;
        }
        while self.slots.iter().any(Option::is_some) {
            if start.elapsed() > self.options.timeout {
                return Err(Failure::Deadline(self.options.timeout));
            }
            match self.poll.poll(&mut events, Some(Duration::from_millis(50))) {
                Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return Err(polling(error)),
                _ => {}
            }
            let over = start.elapsed() >= self.options.seconds;
            for event in &events {
                let slot = event.token().0;
                if !self.step(slot, event.is_read_closed())? {
                    continue;
                }
                self.finished += 1;
                self.slots[slot] = None;
                if !over && (self.started as u64) < self.options.count {
                    self.begin(slot)?;
                }
            }
        }
        Ok(start.elapsed())
    }

    fn begin(&mut self, slot: usize) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut stream = self.options.target.connect(self.started)?;
        self.poll
            .registry()
            .register(&mut stream, Token(slot), Interest::READABLE | Interest::WRITABLE)
            .map_err(polling)?;
        self.slots[slot] = Some(Visit {
            client: Client::new(self.options.target.wrap(stream), self.options.compress),
            begun,
        });
        self.started += 1;
        Ok(())
    }

    /// Goes on with one visit; true when it is over.
    fn step(&mut self, slot: usize, ended: bool) -> Result<bool, Failure> {
        let Some(visit) = &mut self.slots[slot] else {
            return Ok(false);
        };
        let client = &mut visit.client;
        if !client.is_open() {
            if !client.open(&self.options.target.request)? {
                return Ok(false);
            }
            self.latency.record(visit.begun.elapsed());
            client.queue(CLOSE, &NORMAL.to_be_bytes());
            client.flush()?;
            return Ok(false);
        }
        match client.receive(slot, ended, &mut self.scratch, &mut Inflater::default(), &mut Silence) {
            Err(Failure::Closed { code: NORMAL, .. }) => Ok(true),
            Err(failure) => Err(failure),
            Ok(()) => Ok(false),
        }
    }
}

fn polling(source: std::io::Error) -> Failure {
    Failure::io("waiting for events", source)
}
