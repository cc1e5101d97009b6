//! Clients that PHP has no time for: they are held, which means not read, until it has.

use std::os::fd::AsFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ferry::engine::config::RatePolicy;
use ferry::engine::id::ConnId;
use ferry::engine::mailbox::Command;
use nix::poll::{PollFd, PollFlags, poll};

use crate::harness::{Client, Host, Seen, eventually, masked_frame};

const SHORT: Duration = Duration::from_millis(80);

/// Returns once the I/O thread has done it.
#[track_caller]
fn hold(host: &Host, client: &mut Client, id: ConnId, held: bool) {
    host.command(id, Command::Hold { id, held });
    // Sent behind the command; a client that is not read still gets what is for it.
    host.text(id, "done");
    client.expect(1, "done");
}

fn can_write(client: &Client) -> bool {
    poll(&mut [PollFd::new(client.tcp().as_fd(), PollFlags::POLLOUT)], 100_u16).unwrap() > 0
}

#[test]
fn a_held_client_is_not_read_until_it_is_let_go() {
    let mut host = Host::with(|c| c.max_message_bytes = 64 * 1024);
    let (mut client, id) = host.connect();
    let (mut other, other_id) = host.connect();
    hold(&host, &mut client, id, true);
    let writer = std::thread::spawn({
        let mut client = Client::over(client.tcp().try_clone().unwrap());
        move || {
            // More than the kernel's buffers take.
            for number in 0..3_000_u32 {
                let mut payload = [0; 10_000];
                payload[..4].copy_from_slice(&number.to_be_bytes());
                client.write(masked_frame(0x82, &payload));
            }
        }
    });
    eventually("TCP pushes back", || !can_write(&client));
    assert!(host.try_next().is_none(), "nothing of it was read");
    other.text("served");
    assert_eq!(host.message(), (other_id, b"served".to_vec()));
    host.command(id, Command::Hold { id, held: false });
    for number in 0..3_000_u32 {
        let (from, data) = host.message();
        assert_eq!((from, &data[..4]), (id, &number.to_be_bytes()[..]));
    }
    writer.join().unwrap();
    client.close(1000, "");
    host.closed(id, 1000);
    host.finish();
}

#[test]
fn a_client_may_be_held_again_and_again() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    for round in ["one", "two", "three"] {
        hold(&host, &mut client, id, true);
        client.text(round);
        hold(&host, &mut client, id, true);
        assert!(host.try_next().is_none());
        hold(&host, &mut client, id, false);
        assert_eq!(host.message(), (id, round.as_bytes().to_vec()));
    }
    host.finish();
}

#[test]
fn our_close_of_a_held_client_is_answered() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    hold(&host, &mut client, id, true);
    client.text("too late");
    host.close(id, 4000, "bye");
    client.expect_close(4000, "bye");
    client.close(4000, "");
    client.expect_end();
    host.closed(id, 4000);
    host.finish_quiet();
}

#[test]
fn the_close_of_a_held_client_waits_behind_its_messages() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    let (mut lost, lost_id) = host.connect();
    for (client, id) in [(&mut client, id), (&mut lost, lost_id)] {
        hold(&host, client, id, true);
        client.text("last");
    }
    client.close(1000, "");
    drop(lost);
    assert!(host.try_next().is_none());
    host.command(id, Command::Hold { id, held: false });
    assert_eq!(host.message(), (id, b"last".to_vec()));
    host.closed(id, 1000);
    client.expect_close(1000, "");
    host.command(
        lost_id,
        Command::Hold {
            id: lost_id,
            held: false,
        },
    );
    assert_eq!(host.message(), (lost_id, b"last".to_vec()));
    host.closed(lost_id, 1006);
    host.finish_quiet();
}

#[test]
fn the_silence_of_a_held_client_is_ours() {
    let mut host = Host::with(|c| c.idle_timeout = Some(SHORT));
    let (mut client, id) = host.connect();
    hold(&host, &mut client, id, true);
    // Time for two limits passes, as others show that are not held.
    for _ in 0..2 {
        let (mut idle, idle_id) = host.connect();
        idle.expect_close(1001, "idle timeout");
        idle.close(1001, "");
        host.closed(idle_id, 1001);
    }
    client.text("still here");
    hold(&host, &mut client, id, false);
    assert_eq!(host.message(), (id, b"still here".to_vec()));
    // From now on its silence counts again.
    client.expect_close(1001, "idle timeout");
    client.close(1001, "");
    host.closed(id, 1001);
    host.finish_quiet();
}

#[test]
fn a_token_expires_while_its_client_is_held() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    hold(&host, &mut client, id, true);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let at = Some(i64::try_from(now).unwrap() + 1);
    host.command(id, Command::Expire { id, at });
    client.expect_close(4401, "token expired");
    client.close(4401, "");
    host.closed(id, 4401);
    host.finish_quiet();
}

#[test]
fn what_a_held_client_sent_counts_for_its_rate_when_it_is_read() {
    let mut host = Host::with(|c| {
        c.rates.policy = RatePolicy::Close;
        c.rates.messages = Some(5);
    });
    let (mut client, id) = host.connect();
    hold(&host, &mut client, id, true);
    client.write(masked_frame(0x82, b"x").repeat(10));
    hold(&host, &mut client, id, false);
    for _ in 0..5 {
        assert_eq!(host.message(), (id, b"x".to_vec()));
    }
    host.closed(id, 1008);
    client.expect_close(1008, "too many messages");
    host.finish();
}

#[test]
fn held_clients_are_drained_and_end_with_the_server() {
    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    hold(&host, &mut client, id, true);
    host.drain(1012, "restart");
    client.expect_close(1012, "restart");
    client.close(1012, "");
    host.closed(id, 1012);
    host.finish_quiet();

    let mut host = Host::with(|_| {});
    let (mut client, id) = host.connect();
    hold(&host, &mut client, id, true);
    client.text("never read");
    let rest = host.finish();
    assert!(
        matches!(rest.as_slice(), [Seen::Close { id: closed, .. }] if *closed == id),
        "{rest:?}"
    );
}
