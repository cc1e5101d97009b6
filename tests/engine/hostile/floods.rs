//! Clients that send much, and those that take nothing.

use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Scene;
use crate::harness::{Client, connect_tls, eventually, masked_frame};

/// Sends up to 64 MiB of pings and reads nothing; ends when the server has cut it. Pongs that wait must stay in the bound.
fn flood_with_pings(scene: &Scene, limit: usize) {
    let mut flooder = Client::connect_narrow(scene.address());
    flooder.upgrade();
    let many = masked_frame(0x89, &[b'p'; 125]).repeat(500);
    for _ in 0..1000 {
        if flooder.try_write(&many).is_err() {
            break;
        }
        let waiting = scene.metrics().outbox_bytes.load(Ordering::Relaxed);
        // One read's worth of pongs may be on top.
        assert!(waiting <= limit + 128 * 1024, "{waiting} bytes of pongs wait");
    }
    scene.neighbours_go_on();
}

#[test]
fn a_flood_of_pings_is_cut() {
    let scene = Scene::new(|_| {});
    let mut moderate = scene.attacker();
    for _ in 0..200 {
        moderate.send(0x89, [b'p'; 125]);
        moderate.expect(10, [b'p'; 125]);
    }
    drop(moderate);
    scene.expect_closed(1006, 1);
    flood_with_pings(&scene, 1 << 20);
    scene.expect_closed(1008, 1);
    scene.expect_alone();
    scene.finish();
}

#[test]
fn without_a_rate_pongs_that_nobody_reads_are_bounded() {
    const LIMIT: usize = 128 * 1024;
    let scene = Scene::new(|c| {
        c.outbox_bytes = LIMIT;
        c.rates.control_frames = None;
    });
    flood_with_pings(&scene, LIMIT);
    // Where the pings came in large pieces, the pongs were over the limit; else some were left out (RFC 6455 section 5.5.3).
    scene.expect_alone();
    let closed = scene.metrics().closed();
    assert!(closed.contains_key(&1013) || closed.contains_key(&1006), "{closed:?}");
    scene.finish();
}

#[test]
fn clients_that_never_read_cost_their_outbox_and_no_more() {
    const LIMIT: usize = 256 * 1024;
    const CLIENTS: usize = 20;
    let scene = Scene::new(|c| {
        c.outbox_bytes = LIMIT;
        c.write_timeout = Some(Duration::from_secs(20));
    });
    let mut clients = Vec::new();
    for n in 0..CLIENTS {
        let mut client = if n % 2 == 0 {
            Client::connect_narrow(scene.address())
        } else {
            connect_tls(scene.tls_address())
        };
        client.upgrade();
        // 16 MiB, far more than sockets take.
        client.write(masked_frame(0x82, &1024_u16.to_be_bytes()));
        clients.push(client);
        scene.neighbours_go_on();
    }
    scene.expect_closed(1013, CLIENTS as u64);
    // None of them answers the close: they are cut, too.
    scene.expect_alone();
    eventually("outboxes freed", || {
        scene.metrics().outbox_bytes.load(Ordering::Relaxed) == 0
    });
    drop(clients);
    scene.finish();
}

#[test]
fn a_storm_of_resets_leaves_nothing() {
    const STORM: usize = 400;
    let scene = Scene::new(|_| {});
    for n in 0..STORM {
        let client = match n % 4 {
            // Before a word, within the request, after the upgrade, and within a frame.
            0 => Client::connect(scene.address()),
            1 => {
                let mut client = Client::connect(scene.address());
                client.write("GET / HT");
                client
            }
            2 => scene.attacker(),
            _ => {
                let mut client = connect_tls(scene.tls_address());
                client.upgrade();
                client.write(&masked_frame(0x82, &[0; 1000])[..500]);
                client
            }
        };
        client.reset();
        if n % 50 == 0 {
            scene.neighbours_go_on();
        }
    }
    scene.expect_closed(1006, STORM as u64 / 2);
    scene.expect_alone();
    scene.finish();
}

#[test]
fn connections_up_to_the_limit_lock_nobody_out_who_is_in() {
    let scene = Scene::new(|c| c.max_connections = 50);
    let crowd: Vec<_> = (0..200).map(|_| TcpStream::connect(scene.address()).unwrap()).collect();
    scene.neighbours_go_on();
    eventually("refused", || {
        scene
            .metrics()
            .refused(ferry::engine::metrics::Refusal::TooManyConnections)
            == 152
    });
    drop(crowd);
    scene.expect_alone();
    let mut later = scene.attacker();
    later.text("there is room again");
    later.expect_text("there is room again");
    drop(later);
    scene.expect_alone();
    scene.finish();
}
