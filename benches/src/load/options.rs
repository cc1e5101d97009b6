//! The command line.

use std::time::Duration;

use lexopt::prelude::*;

use crate::message::MINIMUM;
use crate::target::Target;

pub const USAGE: &str = "\
usage: ferry-load SCENARIO ADDRESS [options]

  ADDRESS            ws://127.x.y.z:port[/path][?query]; loopback addresses only

  echo               --connections 64 --size 128 --depth 1
  broadcast          --connections 1000 --size 128 --window 16
  connect            --concurrency 64 --token T
  idle               --connections 10000 --pid PID (repeat for each process of the server)
  deaf               --connections 1000 --deaf 300 --pid PID (broadcast, beside so many that never read)
  blocked            --connections 50 (that many hear the broadcasts)

  --seconds 5        length of the measurement
  --warmup 1         seconds of the same load before it, not counted (echo, broadcast)
  --count N          ends the measurement early, after N messages, broadcasts or handshakes
  --timeout 120      seconds after which the run has failed
  --compress         offer permessage-deflate, and want every message compressed (echo, broadcast)
  --binary           binary messages instead of text
  --pid PID          report the server's CPU use as well";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    Echo,
    Broadcast,
    Connect,
    Idle,
    Blocked,
    Deaf,
}

pub struct Options {
    pub scenario: Scenario,
    pub target: Target,
    pub connections: usize,
    /// Bytes of one message's payload.
    pub size: usize,
    /// Messages in flight per connection.
    pub depth: usize,
    /// Broadcasts in flight; one is over when every connection has received it.
    pub window: u32,
    /// Handshakes in progress at a time.
    pub concurrency: usize,
    pub seconds: Duration,
    pub warmup: Duration,
    pub count: u64,
    pub timeout: Duration,
    pub binary: bool,
    /// Both sides compress, without keeping context.
    pub compress: bool,
    /// Connections that never read.
    pub deaf: usize,
    /// The server's processes.
    pub pids: Vec<u32>,
}

impl Options {
    pub fn from_arguments() -> Result<Self, lexopt::Error> {
        let mut arguments = lexopt::Parser::from_env();
        let mut positional = Vec::new();
        let mut token = None;
        let mut connections = None;
        let mut depth = 1;
        let mut options = Self {
            scenario: Scenario::Echo,
            target: Target::default(),
            connections: 0,
            size: 128,
            depth: 1,
            window: 16,
            concurrency: 64,
            seconds: Duration::from_secs(5),
            warmup: Duration::from_secs(1),
            count: u64::from(u32::MAX),
            timeout: Duration::from_secs(120),
            binary: false,
            compress: false,
            deaf: 300,
            pids: Vec::new(),
        };
        while let Some(argument) = arguments.next()? {
            match argument {
                Value(value) => positional.push(value.string()?),
                Long("connections") => connections = Some(arguments.value()?.parse()?),
                Long("size") => options.size = arguments.value()?.parse()?,
                Long("depth") => depth = arguments.value()?.parse()?,
                Long("window") => options.window = arguments.value()?.parse()?,
                Long("concurrency") => options.concurrency = arguments.value()?.parse()?,
                Long("seconds") => options.seconds = seconds(&mut arguments)?,
                Long("warmup") => options.warmup = seconds(&mut arguments)?,
                Long("count") => options.count = arguments.value()?.parse()?,
                Long("timeout") => options.timeout = seconds(&mut arguments)?,
                Long("token") => token = Some(arguments.value()?.string()?),
                Long("deaf") => options.deaf = arguments.value()?.parse()?,
                Long("binary") => options.binary = true,
                Long("compress") => options.compress = true,
                Long("pid") => options.pids.push(arguments.value()?.parse()?),
                _ => return Err(argument.unexpected()),
            }
        }
        let [scenario, address] = positional.as_slice() else {
            return Err("a scenario and an address are needed".into());
        };
        let (scenario, usual) = match scenario.as_str() {
            "echo" => (Scenario::Echo, 64),
            "broadcast" => (Scenario::Broadcast, 1000),
            "connect" => (Scenario::Connect, 0),
            "idle" => (Scenario::Idle, 10_000),
            "blocked" => (Scenario::Blocked, 50),
            "deaf" => (Scenario::Deaf, 1000),
            other => return Err(format!("no scenario {other:?}").into()),
        };
        options.scenario = scenario;
        options.connections = connections.unwrap_or(usual);
        options.depth = depth;
        options.target = Target::new(address, token.as_deref(), options.compress)?;
        options.check()?;
        Ok(options)
    }

    fn check(&self) -> Result<(), lexopt::Error> {
        if self.size < MINIMUM {
            return Err(format!(
                "--size {} is too small: kind and number of a message take {MINIMUM}",
                self.size
            )
            .into());
        }
        if self.depth == 0 || self.window == 0 || self.concurrency == 0 {
            return Err("--depth, --window and --concurrency start at 1".into());
        }
        if self.connections == 0 && self.scenario != Scenario::Connect {
            return Err("--connections starts at 1".into());
        }
        if self.pids.is_empty() && matches!(self.scenario, Scenario::Idle | Scenario::Deaf) {
            return Err("idle and deaf need --pid".into());
        }
        // Messages are numbered with 32 bits.
        if self.count > u64::from(u32::MAX) {
            return Err(format!("--count {} is above {}", self.count, u32::MAX).into());
        }
        Ok(())
    }
}

fn seconds(arguments: &mut lexopt::Parser) -> Result<Duration, lexopt::Error> {
    arguments.value()?.parse_with(|value| {
        let seconds = value.parse::<f64>().map_err(|error| error.to_string())?;
        Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
    })
}
