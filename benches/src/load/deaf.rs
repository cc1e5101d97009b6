//! Clients that never read beside clients that do: what the first cost the second, and the server's memory.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use socket2::{Domain, Protocol, Socket, Type};

use crate::broadcast::Broadcast;
use crate::failure::Failure;
use crate::measure::{Cpu, Memory};
use crate::options::Options;
use crate::swarm::Swarm;

/// As small as the kernel makes it, so that the server soon finds the socket full.
const RECEIVE_BUFFER: usize = 4096;

/// Sent to each before the clock starts: what the kernel takes for such a socket, and more than an outbox holds.
const FILL_BYTES: u64 = 2 << 20;

/// Broadcasts to those who read, then the same while `--deaf` connections take nothing.
pub fn run(options: &Options) -> Result<Value, Failure> {
    let mut swarm = Swarm::open(options, options.connections)?;
    let mut broadcast = Broadcast::new(options);
    broadcast.phase(&mut swarm, options.warmup, options.count)?;
    broadcast.latency.clear();
    broadcast.phase(&mut swarm, options.seconds, options.count)?;
    let without = broadcast.latency.report();
    broadcast.latency.clear();

    let deaf = (0..options.deaf)
        .map(|_| Deaf::open(options))
        .collect::<Result<Vec<_>, _>>()?;
    let before = Memory::of(&options.pids)?;
    // Sockets and outboxes fill up: before, the server would only have written into buffers of the kernel.
    let mut filled = 0;
    while filled < FILL_BYTES {
        let (published, _) = broadcast.phase(&mut swarm, Duration::from_millis(250), options.count)?;
        filled += published * options.size as u64;
    }
    broadcast.latency.clear();
    let cpu = Cpu::start(&options.pids);
    let mut most = Memory::of(&options.pids)?.rss;
    let slices = u32::try_from(options.seconds.as_millis() / 250).unwrap_or(1).max(1);
    let mut published = 0;
    for _ in 0..slices {
        published += broadcast.phase(&mut swarm, options.seconds / slices, options.count)?.0;
        most = most.max(Memory::of(&options.pids)?.rss);
    }
    let cpu = cpu.report();
    let with = broadcast.latency.report();
    drop(deaf);
    let p99 = |report: &Value| report["p99_us"].as_f64().unwrap_or_default();
    Ok(json!({
        "scenario": "deaf",
        "connections": options.connections,
        "deaf": options.deaf,
        "size": options.size,
        "broadcasts": published,
        "filled": filled,
        "resident_growth": most.saturating_sub(before.rss),
        "p99_ratio": p99(&with) / p99(&without),
        "latency": with,
        "latency_without": without,
        "cpu": cpu,
    }))
}

/// A connection that shook hands and reads nothing any more.
struct Deaf {
    _stream: TcpStream,
}

impl Deaf {
    fn open(options: &Options) -> Result<Self, Failure> {
        let failed = |source| Failure::io("opening a connection that never reads", source);
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).map_err(failed)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER).map_err(failed)?;
        socket.connect(&options.target.address().into()).map_err(failed)?;
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(failed)?;
        stream.write_all(&options.target.request).map_err(failed)?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).map_err(failed)?;
            head.push(byte[0]);
        }
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(Failure::Refused(
                "a connection that never reads was not upgraded".into(),
            ));
        }
        Ok(Self { _stream: stream })
    }
}
