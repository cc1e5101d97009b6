//! The PHP thread on a thread of its own, for tests whose clients need the test's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use ferry::engine::frame::MessageKind;
use ferry::engine::mailbox::Mailbox;
use ferry::engine::server::Server;

use super::{Host, Seen};

pub struct Helper {
    pub server: Arc<Server>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Host>,
}

impl Helper {
    /// Handles every event with `handle`, and hands over after each burst, as the binding does.
    pub fn serve(mut host: Host, mut handle: impl FnMut(&Host, Seen) + Send + 'static) -> Self {
        let (server, stop) = (Arc::clone(&host.server), Arc::new(AtomicBool::new(false)));
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                while !stop.load(Ordering::SeqCst) {
                    while let Some(seen) = host.try_next() {
                        handle(&host, seen);
                    }
                    host.server.mailboxes().for_each(Mailbox::hand_over);
                    let inbox = &host.server.inbox;
                    inbox
                        .bell
                        .wait(None, || !inbox.is_empty() || stop.load(Ordering::SeqCst));
                }
                host
            }
        });
        Self { server, stop, thread }
    }

    /// The host, on the test's thread again.
    pub fn stop(self) -> Host {
        self.stop.store(true, Ordering::SeqCst);
        self.server.inbox.bell.ring();
        self.thread.join().unwrap()
    }
}

/// Sends every message back.
pub fn echo(host: &Host, seen: Seen) {
    if let Seen::Message { id, binary, data } = seen {
        let kind = if binary { MessageKind::Binary } else { MessageKind::Text };
        host.append(id, kind, &data);
    }
}
