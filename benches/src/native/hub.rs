//! Who hears a broadcast.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_tungstenite::tungstenite::Message;

/// Messages a connection may lag behind before the hub drops it. The load generator's window stays far below.
const MAILBOX: usize = 1024;

/// All connections. The mutex is never contended: there is one thread.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<Members>>);

#[derive(Default)]
struct Members {
    next: u64,
    mailboxes: HashMap<u64, Sender<Message>>,
}

/// One connection's membership; dropping it leaves the hub.
pub struct Member {
    hub: Hub,
    id: u64,
    /// Broadcasts for this connection. Ends when the hub gave the connection up as too slow.
    pub mailbox: Receiver<Message>,
}

impl Hub {
    pub fn join(&self) -> Member {
        let (sender, mailbox) = channel(MAILBOX);
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = members.next;
        members.next += 1;
        members.mailboxes.insert(id, sender);
        Member {
            hub: self.clone(),
            id,
            mailbox,
        }
    }

    /// Hands the message to every member, the sender included. The payload is shared, not copied.
    pub fn broadcast(&self, message: &Message) {
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        members
            .mailboxes
            .retain(|_, mailbox| mailbox.try_send(message.clone()).is_ok());
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.hub
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .mailboxes
            .remove(&self.id);
    }
}
