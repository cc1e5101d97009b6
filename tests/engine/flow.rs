//! Full queues between the threads: both sides wait instead of losing, and go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ferry::engine::frame::MessageKind;
use ferry::engine::mailbox::Command;

use crate::harness::{Client, Host, PATIENCE, Seen, eventually, masked_frame, upgrade_request};

#[test]
fn a_full_inbox_loses_and_reorders_nothing() {
    const EACH: usize = 25_000;
    const CLIENTS: usize = 4;
    let mut host = Host::with(|c| {
        c.io_threads = 2;
        c.inbox_bytes = 1024;
        c.max_message_bytes = 1024;
    });
    let (clients, ids): (Vec<_>, Vec<_>) = (0..CLIENTS).map(|_| host.connect()).unzip();
    let writers: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            std::thread::spawn(move || {
                for thousand in 0..EACH / 1000 {
                    let frames: Vec<u8> = (0..1000)
                        .flat_map(|n| masked_frame(0x81, (thousand * 1000 + n).to_string().as_bytes()))
                        .collect();
                    client.write(frames);
                }
                client
            })
        })
        .collect();
    let mut due = [0; CLIENTS];
    for _ in 0..EACH * CLIENTS {
        let (id, data) = host.message();
        let at = ids.iter().position(|known| *known == id).unwrap();
        assert_eq!(data, due[at].to_string().as_bytes());
        due[at] += 1;
        // A read of a socket may overshoot, by what fits the scratch buffer of each I/O thread.
        let pending = host.server.inbox.pending_bytes();
        assert!(pending < 1024 + 2 * 64 * 1024, "{pending} bytes");
    }
    for writer in writers {
        drop(writer.join().unwrap());
    }
    assert!(due.iter().all(|n| *n == EACH));
    host.finish();
}

#[test]
fn a_full_inbox_stops_the_reading() {
    let mut host = Host::with(|c| {
        c.inbox_bytes = 64 * 1024;
        c.max_message_bytes = 64 * 1024;
    });
    let (client, id) = host.connect();
    let stop = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let stop = Arc::clone(&stop);
        let mut client = Client::over(client.tcp().try_clone().unwrap());
        move || {
            let (mut sent, frame) = (0, masked_frame(0x82, &[1; 10_000]));
            while !stop.load(Ordering::SeqCst) {
                client.write(&frame);
                sent += 1;
            }
            sent
        }
    });
    // Nobody takes events: when the kernel's buffers are full too, the client can write no more.
    eventually("TCP pushes back", || {
        let mut poll = [nix::poll::PollFd::new(
            std::os::fd::AsFd::as_fd(client.tcp()),
            nix::poll::PollFlags::POLLOUT,
        )];
        nix::poll::poll(&mut poll, 100_u16).unwrap() == 0
    });
    assert!(host.server.inbox.pending_bytes() < 3 * 64 * 1024);
    // A full inbox does not stop what goes out.
    host.text(id, "hello");
    let mut client = client;
    client.expect_text("hello");
    stop.store(true, Ordering::SeqCst);
    host.message();
    let mut taken = 1;
    while !writer.is_finished() || taken == 0 {
        taken += usize::from(host.try_next().is_some());
    }
    let sent = writer.join().unwrap();
    while taken < sent {
        assert_eq!(host.message().1.len(), 10_000);
        taken += 1;
    }
    host.finish();
}

#[test]
fn a_client_whose_messages_wait_for_php_is_not_idle() {
    let mut host = Host::with(|c| {
        c.inbox_bytes = 1024;
        c.max_message_bytes = 1024;
        c.idle_timeout = Some(Duration::from_millis(80));
        c.close_timeout = Duration::from_millis(80);
    });
    let (mut busy, id) = host.connect();
    let (mut silent, silent_id) = host.connect();
    for _ in 0..100 {
        busy.send(0x82, [1; 1000]);
    }
    // By the time the silent one is closed, the other one's time would be over too.
    silent.expect_close(1001, "idle timeout");
    silent.end();
    let mut messages = 0;
    let mut closed = false;
    while messages < 100 || !closed {
        match host.next() {
            Seen::Message { .. } => messages += 1,
            Seen::Close { id, .. } if id == silent_id => closed = true,
            other => panic!("{other:?}"),
        }
    }
    host.text(id, "still here");
    busy.expect_text("still here");
    host.finish();
}

#[test]
fn a_client_that_is_not_read_is_written_to() {
    let mut host = Host::with(|c| {
        c.inbox_bytes = 1024;
        c.max_message_bytes = 1024;
        c.outbox_bytes = 1 << 30;
    });
    let mut client = Client::connect_narrow(host.address());
    client.upgrade();
    let id = host.opened();
    for _ in 0..100 {
        client.send(0x82, [1; 1000]);
    }
    eventually("stalled", || host.server.inbox.pending_bytes() >= 1024);
    // Every send wakes the task, which must still wait.
    let outlet = host.outlet(id);
    for n in 1..2000 {
        host.send(id, MessageKind::Binary, &[2; 4000]);
        eventually("taken", || outlet.taken() == n * 4004);
    }
    assert!(outlet.backlog() > 0);
    for _ in 0..100 {
        assert_eq!(host.message().1.len(), 1000);
    }
    for _ in 1..2000 {
        assert_eq!(client.frame().payload.len(), 4000);
    }
    client.close(1000, "");
    host.closed(id, 1000);
    host.finish_quiet();
}

#[test]
fn connections_that_come_and_go_while_php_is_busy_wait_for_it() {
    let mut host = Host::with(|c| {
        c.inbox_bytes = 16 * 1024;
        c.max_message_bytes = 1024;
    });
    let request = upgrade_request("/", &format!("X-Padding: {}\r\n", "x".repeat(4000)));
    let address = host.address();
    let knocking = std::thread::spawn(move || {
        for _ in 0..200 {
            let mut client = Client::connect(address);
            assert_eq!(client.request(&request).status, 101);
        }
    });
    let inbox = Arc::clone(&host.server.inbox);
    eventually("the inbox is full", || inbox.pending_bytes() >= 16 * 1024);
    let mut opened = 0;
    while opened < 200 || !knocking.is_finished() {
        assert!(inbox.pending_bytes() < 32 * 1024, "{} bytes", inbox.pending_bytes());
        opened += usize::from(matches!(host.try_next(), Some(Seen::Open(_))));
    }
    knocking.join().unwrap();
    host.finish();
}

#[test]
fn a_full_mailbox_makes_php_wait_and_loses_nothing() {
    const COUNT: usize = 300;
    let mut host = Host::with(|c| c.outbox_bytes = 1 << 30);
    let (mut client, id) = host.connect();
    let reader = std::thread::spawn(move || {
        for n in 0..COUNT {
            let frame = client.frame();
            assert_eq!(
                (frame.payload.len(), frame.payload[0]),
                (1 << 20, u8::try_from(n % 256).unwrap())
            );
        }
        client
    });
    // 300 MB through a mailbox of 64 MB, never handed over by hand.
    for n in 0..COUNT {
        host.append(id, MessageKind::Binary, &vec![u8::try_from(n % 256).unwrap(); 1 << 20]);
    }
    host.server.mailbox(id).unwrap().hand_over();
    drop(reader.join().unwrap());
    host.finish();
}

#[test]
fn what_a_busy_php_thread_has_sent_leaves_by_itself() {
    let mut host = Host::with(|c| c.io_threads = 2);
    let (mut one, one_id) = host.connect();
    let (mut two, two_id) = host.connect();
    assert_ne!(one_id.io_thread(), two_id.io_thread());
    one.text("work");
    host.message();
    // PHP works on that message and does not come back; only one of the I/O threads gave it work. So often that finding
    // it by accident, in the sweeps, would take too long.
    let started = Instant::now();
    for n in 0..200 {
        host.append(one_id, MessageKind::Text, format!("one {n}").as_bytes());
        host.append(two_id, MessageKind::Text, format!("two {n}").as_bytes());
        one.expect_text(&format!("one {n}"));
        two.expect_text(&format!("two {n}"));
    }
    assert!(started.elapsed() < PATIENCE);
    host.finish();
}

#[test]
fn what_a_timer_of_php_has_sent_leaves_by_itself() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    let started = Instant::now();
    for n in 0..200 {
        // PHP slept, a timer woke it, and its callback does not come back.
        let inbox = &host.server.inbox;
        inbox.bell.wait(Some(Duration::from_millis(1)), || false);
        host.append(id, MessageKind::Text, format!("tick {n}").as_bytes());
        client.expect_text(&format!("tick {n}"));
    }
    assert!(started.elapsed() < PATIENCE);
    host.finish();
}

#[test]
fn commands_run_in_the_order_they_were_given() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    for n in 0..50 {
        host.join(id, "room");
        host.broadcast(Some("room"), &format!("in {n}"), &[]);
        host.leave(id, "room");
        host.broadcast(Some("room"), "out", &[]);
    }
    host.close(id, 4000, "");
    host.command(id, Command::Resume);
    for n in 0..50 {
        client.expect_text(&format!("in {n}"));
    }
    client.expect_close(4000, "");
    host.finish();
}

#[test]
fn a_flood_that_means_nothing_keeps_no_message_waiting() {
    let mut host = Host::with(|c| c.rates.control_frames = None);
    let stop = Arc::new(AtomicBool::new(false));
    let flooders: Vec<_> = (0..3)
        .map(|_| {
            let (mut client, stop) = (host.connect().0, Arc::clone(&stop));
            std::thread::spawn(move || {
                let pongs = masked_frame(0x8a, &[0; 125]).repeat(5000);
                while !stop.load(Ordering::SeqCst) {
                    client.write(&pongs);
                }
                client
            })
        })
        .collect();
    let (mut client, id) = host.connect();
    for n in 0..20 {
        client.text(&n.to_string());
        assert_eq!(host.message(), (id, n.to_string().into_bytes()));
        host.text(id, "answer");
        client.expect_text("answer");
    }
    stop.store(true, Ordering::SeqCst);
    let _clients: Vec<_> = flooders.into_iter().map(|f| f.join().unwrap()).collect();
    host.finish();
}
