//! Many connections on one epoll.

use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use crate::client::{Client, Silence, Traffic};
use crate::failure::Failure;
use crate::inflate::Inflater;
use crate::options::Options;

/// One read. Larger messages are compared piece by piece.
const SCRATCH: usize = 128 * 1024;

/// The longest wait of one turn: how late the end of a phase may be noticed when nothing happens.
const TURN: Duration = Duration::from_millis(50);

pub struct Swarm {
    poll: Poll,
    events: Events,
    pub clients: Vec<Client>,
    /// How many of them have been open.
    opened: usize,
    request: Vec<u8>,
    scratch: Vec<u8>,
    inflater: Inflater,
    timeout: Duration,
    deadline: Instant,
}

impl Swarm {
    /// Opens `count` connections, `concurrency` handshakes at a time.
    pub fn open(options: &Options, count: usize) -> Result<Self, Failure> {
        let mut swarm = Self {
            poll: Poll::new().map_err(polling)?,
            events: Events::with_capacity(1024),
            clients: Vec::with_capacity(count),
            opened: 0,
            request: options.target.request.clone(),
            scratch: vec![0; SCRATCH],
            inflater: Inflater::default(),
            timeout: options.timeout,
            deadline: Instant::now() + options.timeout,
        };
        while swarm.opened < count {
            while swarm.clients.len() < count && swarm.clients.len() - swarm.opened < options.concurrency {
                swarm.start(options)?;
            }
            swarm.turn(TURN, &mut Silence)?;
        }
        Ok(swarm)
    }

    fn start(&mut self, options: &Options) -> Result<(), Failure> {
        let number = self.clients.len();
        let mut stream = options.target.connect(number)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut stream, Token(number), interest)
            .map_err(polling)?;
        self.clients
            .push(Client::new(options.target.wrap(stream), options.compress));
        Ok(())
    }

    /// Waits for events, at most `wait`, and lets `traffic` handle them.
    pub fn turn(&mut self, wait: Duration, traffic: &mut impl Traffic) -> Result<(), Failure> {
        if Instant::now() > self.deadline {
            return Err(Failure::Deadline(self.timeout));
        }
        match self.poll.poll(&mut self.events, Some(wait.min(TURN))) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return Err(polling(error)),
            _ => {}
        }
        for event in &self.events {
            let who = event.token().0;
            let client = &mut self.clients[who];
            if !client.is_open() {
                if !client.open(&self.request)? {
                    continue;
                }
                self.opened += 1;
            }
            if event.is_readable() {
                client.receive(
                    who,
                    event.is_read_closed(),
                    &mut self.scratch,
                    &mut self.inflater,
                    traffic,
                )?;
            }
            traffic.ready(who, client)?;
            client.flush()?;
        }
        Ok(())
    }
}

fn polling(source: std::io::Error) -> Failure {
    Failure::io("waiting for events", source)
}
