//! What the PHP thread knows of connections whose close it has not handled yet, as while their handler waits.

use std::sync::Arc;

use ferry::engine::id::ConnId;
use ferry::engine::roster::Roster;

use crate::harness::{Client, Host};

fn open(host: &mut Host, roster: &mut Roster<&'static str>, name: &'static str) -> (Client, ConnId) {
    let (client, id) = host.connect();
    roster.insert(id, host.outlet(id), name);
    (client, id)
}

#[test]
fn a_slot_is_used_again_while_the_close_waits_for_its_handler() {
    let mut host = Host::with(|_| {});
    let mut roster = Roster::default();
    let (mut first, first_id) = open(&mut host, &mut roster, "first");
    roster.join(first_id, "r");
    let outlet = Arc::clone(&roster.get(first_id).unwrap().outlet);
    first.close(1000, "");
    host.closed(first_id, 1000);
    first.expect_close(1000, "");
    first.expect_end();
    drop(first);
    // The handler of the close waits: the roster is not told, and the I/O thread gives the slot to the next one.
    // It does so once it has seen the end of the socket, which may be a moment later.
    let mut others = Vec::new();
    let (mut second, second_id) = loop {
        let (client, id) = host.connect();
        if id.slot() == first_id.slot() {
            break (client, id);
        }
        assert!(others.len() < 1000, "the slot is never used again");
        others.push(client);
    };
    roster.insert(second_id, host.outlet(second_id), "second");
    assert_eq!(second_id.io_thread(), first_id.io_thread());
    assert_ne!(second_id, first_id);
    assert!(Arc::ptr_eq(&roster.get(first_id).unwrap().outlet, &outlet));
    assert!(!roster.get(first_id).unwrap().is_open() && roster.get(second_id).unwrap().is_open());
    assert_eq!((roster.open_ids(), roster.len()), (vec![second_id], 2));
    // What is sent to the first one reaches nobody.
    host.text(first_id, "for the first");
    host.text(second_id, "for the second");
    second.expect(1, "for the second");

    second.close(1000, "");
    host.closed(second_id, 1000);
    assert_eq!(roster.remove(second_id), Some("second"));
    roster.shrink();
    assert_eq!(roster.remove(first_id), Some("first"));
    assert!(roster.is_empty() && roster.member_count("r") == 0);
    host.finish();
}
