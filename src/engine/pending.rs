//! What the tasks of an I/O thread wait for from outside: answers to handshakes, adopted sockets, the end.

use std::collections::HashMap;

use tokio::sync::{mpsc, oneshot, watch};

use super::request::HandshakeReply;
use super::socket::Detached;

/// How far the thread has come on its way to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Running,
    /// No new connection is taken; those that live go on.
    NotAccepting,
    /// Every connection is closed; handshakes that have not asked anything are dropped.
    Draining,
    /// The thread ends.
    ShutDown,
}

#[derive(Debug)]
pub struct Pending {
    next_serial: u64,
    replies: HashMap<u64, oneshot::Sender<HandshakeReply>>,
    adopted: Option<mpsc::UnboundedSender<Detached>>,
    stage: watch::Sender<Stage>,
}

impl Default for Pending {
    fn default() -> Self {
        Self {
            next_serial: 0,
            replies: HashMap::new(),
            adopted: None,
            stage: watch::Sender::new(Stage::Running),
        }
    }
}

impl Pending {
    /// Registers a handshake that PHP is asked about.
    pub fn ask(&mut self) -> (u64, oneshot::Receiver<HandshakeReply>) {
        let (sender, receiver) = oneshot::channel();
        self.next_serial += 1;
        self.replies.insert(self.next_serial, sender);
        (self.next_serial, receiver)
    }

    pub fn forget(&mut self, serial: u64) {
        self.replies.remove(&serial);
    }

    /// An answer to a handshake that is gone is dropped.
    pub fn reply(&mut self, serial: u64, reply: HandshakeReply) {
        if let Some(sender) = self.replies.remove(&serial) {
            let _ = sender.send(reply);
        }
    }

    /// Where sockets accepted by another thread arrive. They number at most `max_connections`.
    pub fn adoptions(&mut self) -> mpsc::UnboundedReceiver<Detached> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.adopted = Some(sender);
        receiver
    }

    pub fn adopt(&self, stream: Detached) {
        if let Some(sender) = &self.adopted {
            let _ = sender.send(stream);
        }
    }

    pub fn stage(&self) -> watch::Receiver<Stage> {
        self.stage.subscribe()
    }

    pub fn stop_accepting(&self) {
        self.advance(Stage::NotAccepting);
    }

    pub fn drain(&self) {
        self.advance(Stage::Draining);
    }

    pub fn shut_down(&self) {
        self.advance(Stage::ShutDown);
    }

    /// Never goes back.
    fn advance(&self, to: Stage) {
        self.stage.send_if_modified(|stage| {
            let further = *stage < to;
            *stage = (*stage).max(to);
            further
        });
    }
}
