//! The load generator: one thread, one epoll, frames built ahead, every reply compared with what was expected.
//!
//! Prints one JSON line per run. Every run is bounded in time and count; it fails (exit code 1) when a reply is missing,
//! wrong, doubled or late. See `benches/README.md` for the protocol between the servers and this program.

mod blocked;
mod broadcast;
mod client;
mod connect;
mod deaf;
mod echo;
mod failure;
mod idle;
mod inflate;
mod measure;
mod message;
mod options;
mod stream;
mod swarm;
mod target;
mod wire;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::Failure;
use crate::options::{Options, Scenario};

fn main() {
    let options = Options::from_arguments().unwrap_or_else(|error| {
        eprintln!("ferry-load: {error}\n{}", options::USAGE);
        std::process::exit(2);
    });
    match run(&options) {
        Ok(report) => println!("{report}"),
        Err(failure) => {
            eprintln!("ferry-load: {failure}");
            std::process::exit(1);
        }
    }
}

fn run(options: &Options) -> Result<serde_json::Value, Failure> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )
    .map_err(|errno| Failure::io("raising the limit of open files", errno.into()))?;
    match options.scenario {
        Scenario::Echo => echo::run(options),
        Scenario::Broadcast => broadcast::run(options),
        Scenario::Connect => connect::run(options),
        Scenario::Idle => idle::run(options),
        Scenario::Blocked => blocked::run(options),
        Scenario::Deaf => deaf::run(options),
    }
}
