//! The native reference: tokio and tokio-tungstenite on one current-thread runtime, with no PHP anywhere; or, with
//! `--mode own`, Ferry's own codec in the place of tungstenite.
//!
//! Prints its address as one line, then serves until it is killed. It speaks the protocol of `benches/README.md`.

mod connection;
mod hub;
mod own;

use std::net::{Ipv4Addr, SocketAddr};

use lexopt::prelude::*;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpSocket};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::connection::Flush;
use crate::hub::Hub;

const USAGE: &str =
    "usage: ferry-native [--port N] [--mode echo|hub|own] [--flush batch|message] [--read-buffer BYTES]";

/// Long enough for the connect scenario to find room in the queue; the kernel cuts it to `net.core.somaxconn`.
const BACKLOG: u32 = 1024;

struct Options {
    port: u16,
    /// Whether connections hear broadcasts. Without a hub nothing but the echo is polled.
    hub: bool,
    /// Ferry's codec, echo only.
    own: bool,
    flush: Flush,
    config: WebSocketConfig,
}

fn main() {
    let options = options().unwrap_or_else(|error| {
        eprintln!("ferry-native: {error}\n{USAGE}");
        std::process::exit(2);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a tokio runtime");
    if let Err(error) = runtime.block_on(serve(options)) {
        eprintln!("ferry-native: {error}");
        std::process::exit(1);
    }
}

fn options() -> Result<Options, lexopt::Error> {
    let mut options = Options {
        port: 0,
        hub: false,
        own: false,
        flush: Flush::Batch,
        config: WebSocketConfig::default(),
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("port") => options.port = arguments.value()?.parse()?,
            Long("mode") => {
                (options.hub, options.own) = arguments.value()?.parse_with(|mode| match mode {
                    "echo" => Ok((false, false)),
                    "hub" => Ok((true, false)),
                    "own" => Ok((false, true)),
                    _ => Err("--mode is echo, hub or own"),
                })?;
            }
            Long("flush") => {
                options.flush = arguments.value()?.parse_with(|flush| match flush {
                    "batch" => Ok(Flush::Batch),
                    "message" => Ok(Flush::Message),
                    _ => Err("--flush is batch or message"),
                })?;
            }
            Long("read-buffer") => {
                options.config = options.config.read_buffer_size(arguments.value()?.parse()?);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(options)
}

async fn serve(options: Options) -> std::io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )?;

    let listener = listen(options.port)?;
    println!("ws://{}", listener.local_addr()?);
    let hub = options.hub.then(Hub::default);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        // A client that goes away is no error of the reference; the load generator notices what is missing.
        if options.own {
            tokio::spawn(own::serve(socket));
            continue;
        }
        tokio::spawn(connection::serve(socket, options.config, options.flush, hub.clone()));
    }
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(BACKLOG)
}
