//! What the PHP thread may know of a connection at any moment without asking its I/O thread.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Shared by one connection's session (I/O thread, writes) and its roster entry (PHP thread, reads).
#[derive(Debug, Default)]
pub struct Outlet {
    /// Bytes in the outbox: the socket did not take them yet.
    backlog: AtomicUsize,
    /// Running total of bytes of direct sends that the session has taken out of command batches.
    taken: AtomicU64,
    closed: AtomicBool,
    /// Messages of this connection whose callbacks have returned.
    handled: AtomicU32,
}

impl Outlet {
    pub fn backlog(&self) -> usize {
        self.backlog.load(Ordering::Relaxed)
    }

    /// Only the session calls it.
    pub fn set_backlog(&self, bytes: usize) {
        self.backlog.store(bytes, Ordering::Relaxed);
    }

    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Only the session calls it, so load and store need not be one step.
    pub fn add_taken(&self, bytes: usize) {
        self.taken
            .store(self.taken.load(Ordering::Relaxed) + bytes as u64, Ordering::Relaxed);
    }

    pub fn handled(&self) -> u32 {
        // With the release below: what the callback has sent is in the mailbox.
        self.handled.load(Ordering::Acquire)
    }

    /// Only the PHP thread calls it, so load and store need not be one step.
    pub fn add_handled(&self) {
        self.handled
            .store(self.handled.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
    }

    /// Set when the session takes no more messages, before the close event reaches PHP.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}
