//! Clients that misbehave: each gets what it deserves, and its neighbours notice nothing.

mod floods;
mod frames;
mod requests;
mod sockets;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use ferry::engine::config::{Bind, Config, Listen};
use ferry::engine::metrics::{Metrics, Refusal};

use crate::harness::{
    Client, Helper, Host, Seen, config, connect_tls, echo, eventually, socket_address, tls, upgrade_request,
};

/// Round trips that prove a neighbour at work.
const PROOF: usize = 10;

/// A server that echoes, with one well-behaved client on its plain port and one on its TLS port.
pub struct Scene {
    helper: Helper,
    neighbours: Vec<Neighbour>,
}

impl Scene {
    pub fn new(change: impl FnOnce(&mut Config)) -> Self {
        let secure = Listen {
            tls: true,
            ..Bind::tcp("127.0.0.1", 0).into()
        };
        let mut config = Config {
            listen: vec![Bind::tcp("127.0.0.1", 0).into(), secure],
            tls: Some(Arc::new(tls(&["local"]))),
            // A client that never reads does not answer a close either.
            close_timeout: Duration::from_millis(200),
            ..config()
        };
        change(&mut config);
        let helper = Helper::serve(Host::start(config), serve);
        let address = |number: usize| socket_address(&helper.server.addresses()[number]);
        let neighbours = vec![
            Neighbour::at_work(Client::connect(address(0))),
            Neighbour::at_work(connect_tls(address(1))),
        ];
        let scene = Self { helper, neighbours };
        scene.neighbours_go_on();
        scene
    }

    pub fn address(&self) -> SocketAddr {
        socket_address(self.helper.server.address())
    }

    pub fn tls_address(&self) -> SocketAddr {
        socket_address(&self.helper.server.addresses()[1])
    }

    /// A client that is not refused.
    pub fn attacker(&self) -> Client {
        let mut client = Client::connect(self.address());
        client.upgrade();
        client
    }

    /// The answer to these bytes in place of a request.
    pub fn status(&self, request: impl AsRef<[u8]>) -> u16 {
        let mut client = Client::connect(self.address());
        let status = client.request(request).status;
        if status != 101 {
            client.expect_end();
        }
        status
    }

    /// Waits until every neighbour has made some more round trips: called while an attack stands, it proves that they work
    /// during it.
    #[track_caller]
    pub fn neighbours_go_on(&self) {
        let before: Vec<_> = self.neighbours.iter().map(Neighbour::count).collect();
        eventually("the neighbours' echoes", || {
            let each = self.neighbours.iter().zip(&before);
            each.clone().all(|(neighbour, before)| neighbour.count() >= before + PROOF)
                // A thread that has failed counts no further; its panic is shown by `finish`.
                || self.neighbours.iter().any(|n| n.thread.is_finished())
        });
    }

    pub fn metrics(&self) -> &Metrics {
        &self.helper.server.metrics
    }

    #[track_caller]
    pub fn expect_refused(&self, refusal: Refusal, times: u64) {
        eventually(refusal.as_str(), || self.metrics().refused(refusal) == times);
    }

    #[track_caller]
    pub fn expect_closed(&self, code: u16, times: u64) {
        eventually("closed", || self.metrics().closed().get(&code) == Some(&times));
    }

    /// Only the neighbours are there.
    #[track_caller]
    pub fn expect_alone(&self) {
        let connections = &self.metrics().connections;
        eventually("attackers gone", || {
            connections.load(Ordering::Relaxed) == self.neighbours.len()
        });
    }

    /// The neighbours close in order, and nothing is left of anybody.
    #[track_caller]
    pub fn finish(self) {
        self.neighbours_go_on();
        for neighbour in self.neighbours {
            neighbour.stop.store(true, Ordering::Relaxed);
            neighbour.thread.join().unwrap();
        }
        self.helper.stop().finish();
    }
}

/// Echoes; a binary message is a number of blocks that its sender wants, as broadcasts to a room of its own.
fn serve(host: &Host, seen: Seen) {
    match seen {
        Seen::Message { id, binary: true, data } => {
            let (room, block) = (format!("{id:?}"), "x".repeat(16 * 1024));
            host.join(id, &room);
            for _ in 0..u16::from_be_bytes(data.try_into().unwrap()) {
                host.broadcast(Some(&room), &block, &[]);
            }
        }
        other => echo(host, other),
    }
}

/// A client that does everything right.
struct Neighbour {
    thread: JoinHandle<()>,
    echoes: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Neighbour {
    fn at_work(mut client: Client) -> Self {
        let (echoes, stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let thread = std::thread::spawn({
            let (echoes, stop) = (Arc::clone(&echoes), Arc::clone(&stop));
            move || {
                assert_eq!(client.request(upgrade_request("/", "")).status, 101);
                while !stop.load(Ordering::Relaxed) {
                    let message = format!("echo {}", echoes.load(Ordering::Relaxed));
                    client.text(&message);
                    client.expect_text(&message);
                    echoes.fetch_add(1, Ordering::Relaxed);
                    // Leaves the attackers some of the machine.
                    std::thread::sleep(Duration::from_millis(1));
                }
                client.close(1000, "");
                client.expect_close(1000, "");
                client.expect_end();
            }
        });
        Self { thread, echoes, stop }
    }

    fn count(&self) -> usize {
        self.echoes.load(Ordering::Relaxed)
    }
}
