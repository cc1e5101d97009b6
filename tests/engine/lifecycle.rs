//! Many connections: how they are dealt out, and that nothing of them stays.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use crate::harness::{Client, Host, Seen, eventually, masked_frame, upgrade_request};

#[test]
fn connections_are_dealt_out_evenly() {
    let mut host = Host::with(|c| c.io_threads = 3);
    let clients: Vec<_> = (0..30).map(|_| host.connect()).collect();
    let mut per_thread = HashMap::new();
    for (_, id) in &clients {
        *per_thread.entry(id.io_thread()).or_insert(0) += 1;
    }
    assert_eq!(per_thread, HashMap::from([(0, 10), (1, 10), (2, 10)]));
    host.finish();
}

/// Sockets of this process that are connected to the server's port, on either end.
fn sockets_of(port: u16) -> usize {
    let port = format!(":{port:04X}");
    let established = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // State 01 is ESTABLISHED, 08 CLOSE_WAIT; 0A would be the listener.
        matches!(fields[3], "01" | "08") && fields[1].ends_with(&port)
    };
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().skip(1).filter(established).count()
}

#[test]
fn ten_thousand_connections_leave_nothing_behind() {
    const CYCLES: usize = 10_000;
    const AT_ONCE: usize = 4;
    let mut host = Host::with(|c| {
        c.io_threads = 2;
        c.max_connections_per_ip = Some(1000);
    });
    let address = host.address();
    let clients: Vec<_> = (0..AT_ONCE)
        .map(|worker| {
            std::thread::spawn(move || {
                for n in 0..CYCLES / AT_ONCE {
                    let mut client = Client::connect(address);
                    let hello = masked_frame(0x81, b"hello");
                    client.write([upgrade_request("/", "").as_bytes(), &hello].concat());
                    assert_eq!(client.response(true).status, 101);
                    client.expect_text("room");
                    match (n + worker) % 3 {
                        0 => {
                            client.close(1000, "");
                            client.expect_close(1000, "");
                            client.expect_end();
                        }
                        1 => client.reset(),
                        _ => drop(client),
                    }
                }
            })
        })
        .collect();
    let (mut opened, mut closed, mut highest) = (0, 0, 0);
    while closed < CYCLES {
        match host.next() {
            Seen::Open(id) => {
                opened += 1;
                highest = highest.max(id.slot());
                host.join(id, "room");
            }
            Seen::Message { id, .. } => {
                host.join(id, &format!("own {id:?}"));
                host.broadcast(Some(&format!("own {id:?}")), "room", &[]);
            }
            Seen::Close { .. } => closed += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(opened, CYCLES);
    for client in clients {
        client.join().unwrap();
    }
    let metrics = &host.server.metrics;
    eventually("gone", || metrics.connections.load(Ordering::Relaxed) == 0);
    assert_eq!(metrics.connections_total.load(Ordering::Relaxed), CYCLES as u64);
    // A slot is free soon after its client is, so few were ever needed.
    assert!(highest < 1000, "{highest} slots for {AT_ONCE} clients at once");
    eventually("sockets closed", || sockets_of(address.port()) == 0);
    // Every place of this address is free again.
    let _all: Vec<_> = (0..100).map(|_| host.connect()).collect();
    host.finish();
}
