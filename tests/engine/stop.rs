//! How a server ends, and what surfaces when one of its threads does not live to see it.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::sync::atomic::Ordering;

use ferry::engine::config::Bind;
use ferry::engine::frame::MessageKind;
use ferry::engine::mailbox::Command;
use ferry::engine::metrics::Refusal;
use ferry::engine::server::Server;

use crate::harness::{Client, Host, PATIENCE, Seen, config, eventually, upgrade_request};

#[test]
fn a_server_that_stops_accepting_keeps_what_it_has() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    let mut early = Client::connect(host.address());
    let metrics = &host.server.metrics;
    eventually("accepted", || metrics.connections.load(Ordering::Relaxed) == 2);
    host.post_all(|| Command::StopAccepting);
    let address = host.address();
    eventually("the listener is closed", || {
        TcpStream::connect(address).is_err_and(|e| e.kind() == ErrorKind::ConnectionRefused)
    });
    let response = early.request(upgrade_request("/", ""));
    assert_eq!(response.status, 503);
    early.expect_end();
    assert_eq!(host.server.metrics.refused(Refusal::Stopping), 1);
    client.text("still here");
    assert_eq!(host.message(), (id, b"still here".to_vec()));
    host.finish();
}

#[test]
fn a_drain_closes_all_with_its_code() {
    let mut host = Host::with(|c| c.io_threads = 2);
    let mut clients: Vec<_> = (0..6).map(|_| host.connect()).collect();
    let (mut leaving, leaving_id) = host.connect();
    host.close(leaving_id, 4000, "before");
    leaving.expect_close(4000, "before");
    host.drain(1012, "restart");
    for (client, _) in &mut clients {
        client.expect_close(1012, "restart");
        client.close(1012, "");
        client.expect_end();
    }
    leaving.close(4000, "");
    let mut codes = Vec::new();
    for _ in 0..7 {
        match host.next() {
            Seen::Close { code, .. } => codes.push(code),
            other => panic!("{other:?}"),
        }
    }
    codes.sort_unstable();
    assert_eq!(codes, [1012, 1012, 1012, 1012, 1012, 1012, 4000]);
    drop((clients, leaving));
    let metrics = &host.server.metrics;
    eventually("gone", || metrics.connections.load(Ordering::Relaxed) == 0);
    host.finish_quiet();
}

#[test]
fn a_drain_does_not_wait_for_clients_that_ask_nothing() {
    let host = Host::with(|c| c.handshake_timeout = 10 * PATIENCE);
    let mut silent = Client::connect(host.address());
    let mut half = Client::connect(host.address());
    half.write("GET / HTTP/1.1\r\n");
    let metrics = &host.server.metrics;
    eventually("accepted", || metrics.connections.load(Ordering::Relaxed) == 2);
    host.post_all(|| Command::StopAccepting);
    host.drain(1001, "");
    silent.expect_gone();
    half.expect_gone();
    eventually("gone", || metrics.connections.load(Ordering::Relaxed) == 0);
    host.finish_quiet();
}

#[test]
fn a_handshake_that_php_answers_after_the_drain_is_closed_with_its_code() {
    let mut host = Host::asking(|_| {});
    let mut client = Client::connect(host.address());
    client.write(upgrade_request("/", ""));
    let asked = host.handshake().id;
    host.drain(1001, "stopping");
    host.accept(asked);
    assert_eq!(client.response(true).status, 101);
    client.expect_close(1001, "stopping");
    let id = host.opened();
    client.close(1001, "");
    client.expect_end();
    host.closed(id, 1001);
    host.finish_quiet();
}

#[test]
fn ending_twice_is_ending_once() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    host.server.end();
    host.closed(id, 1006);
    client.expect_gone();
    host.server.end();
    // Nobody takes these; nobody waits for it either.
    let block = vec![0; 1 << 20];
    for _ in 0..100 {
        host.send(id, MessageKind::Binary, &block);
    }
    host.finish_quiet();
}

#[test]
fn a_dead_mailbox_keeps_nothing() {
    let host = Host::with(|_| {});
    let frame = host.broadcast(None, "before", &[]);
    host.server.end();
    let late = host.broadcast(None, "after", &[]);
    // The next one finds it dead.
    host.post_all(|| Command::Resume);
    assert!(frame.is_unique() && late.is_unique());
    host.finish_quiet();
}

#[test]
fn a_panic_of_an_io_thread_surfaces() {
    // The first frame comes while the thread parks or in its command task, the second is run by a session's task.
    for from_session in [false, true] {
        let mut host = Host::with(|_| {});
        let (mut one, id) = host.connect();
        let (mut other, other_id) = host.connect();
        let broken = Command::Data {
            id,
            end: 1000,
            messages: 1,
        };
        let mailbox = host.server.mailbox(id).unwrap();
        if from_session {
            let mut batch = mailbox.batch();
            one.text("the task reads this");
            batch.push(broken);
            drop(batch);
            mailbox.mark();
        } else {
            mailbox.post(broken);
        }
        eventually("noticed", || host.server.has_failed());
        one.expect_gone();
        other.expect_gone();
        // Nothing can be trusted any more, but each close is reported once.
        let mut closed: Vec<_> = std::iter::from_fn(|| host.try_next())
            .filter_map(|seen| match seen {
                Seen::Close { id, code: 1006, .. } => Some(id),
                Seen::Message { .. } => None,
                other => panic!("{other:?}"),
            })
            .collect();
        closed.sort_unstable();
        assert_eq!(closed, [id, other_id]);
        assert_eq!(host.server.metrics.connections.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn io_threads_block_every_signal() {
    let host = Host::with(|c| c.io_threads = 3);
    let masks = || -> Vec<u64> {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        tasks
            .filter_map(|task| {
                // A thread of another test may end meanwhile.
                let path = task.ok()?.path();
                let name = std::fs::read_to_string(path.join("comm")).ok()?;
                let status = std::fs::read_to_string(path.join("status")).ok()?;
                let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:"))?;
                name.starts_with("ferry-io")
                    .then(|| u64::from_str_radix(blocked.trim(), 16).unwrap())
            })
            .collect()
    };
    // A thread gives itself its name.
    eventually("three threads", || masks().len() >= 3);
    for blocked in masks() {
        // All but SIGKILL and SIGSTOP, which cannot be blocked, and the two that the C library keeps.
        let unblockable = 1 << 8 | 1 << 18 | 1 << 31 | 1 << 32;
        assert_eq!(!blocked & !unblockable, 0, "{blocked:x}");
    }
    // The test's own thread got its mask back.
    let own = nix::sys::signal::SigSet::thread_get_mask().unwrap();
    assert!(!own.contains(nix::sys::signal::Signal::SIGTERM));
    host.finish_quiet();
}

#[test]
fn a_taken_port_is_refused_with_its_address() {
    let host = Host::with(|_| {});
    let mut taken = config();
    taken.listen = vec![Bind::tcp("127.0.0.1", host.address().port()).into()];
    let refused = Server::start(taken).unwrap_err().to_string();
    assert!(refused.contains(&host.address().to_string()), "{refused}");
    host.finish_quiet();
}
