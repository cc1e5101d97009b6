//! Frames that a socket did not take yet.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// What one vectored write offers at most; the kernel's own limit is 1,024.
pub const MAX_SLICES: usize = 64;

/// A connection's backlog, oldest first. Exists only while the socket is not writable.
#[derive(Debug, Default)]
pub struct Outbox {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// Part of the first entry is on the wire: it must be finished, whatever the policy drops.
    begun: bool,
    /// Bytes that a write took and that are not on the wire, see `Writer::held`.
    held: usize,
    /// Sweep in which the socket last took something.
    pub progress: u32,
}

#[derive(Debug)]
struct Entry {
    frames: Bytes,
    /// Whole messages inside; 0 for control frames, which no policy drops.
    messages: u32,
}

impl Outbox {
    pub fn new(sweep: u32) -> Self {
        Self {
            progress: sweep,
            ..Self::default()
        }
    }

    pub fn bytes(&self) -> usize {
        self.bytes + self.held
    }

    /// Notes what the writer holds back now; less than before is progress in this sweep.
    pub fn set_held(&mut self, held: usize, sweep: u32) {
        if held < self.held {
            self.progress = sweep;
        }
        self.held = held;
    }

    /// Writes that wait: one message or several that were sent in a row.
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn push(&mut self, frames: Bytes, messages: u32) {
        self.bytes += frames.len();
        self.entries.push_back(Entry { frames, messages });
    }

    /// Appends the unsent rest of frames whose beginning is on the wire. The outbox must be empty.
    pub fn push_begun(&mut self, rest: Bytes, messages: u32) {
        debug_assert!(self.is_empty());
        self.begun = true;
        self.push(rest, messages);
    }

    /// Drops whole messages from the old end until at most `limit` bytes wait. Returns how many.
    pub fn drop_oldest(&mut self, limit: usize) -> u64 {
        let mut dropped = 0;
        let mut at = usize::from(self.begun);
        while self.bytes() > limit && at < self.entries.len() {
            if self.entries[at].messages == 0 {
                at += 1;
                continue;
            }
            if let Some(entry) = self.entries.remove(at) {
                self.bytes -= entry.frames.len();
                dropped += u64::from(entry.messages);
            }
        }
        dropped
    }

    /// Drops whole messages from the young end until at most `limit` bytes wait. Returns how many.
    pub fn drop_newest(&mut self, limit: usize) -> u64 {
        let mut dropped = 0;
        let mut at = self.entries.len();
        while self.bytes() > limit && at > usize::from(self.begun) {
            at -= 1;
            if self.entries[at].messages > 0
                && let Some(entry) = self.entries.remove(at)
            {
                self.bytes -= entry.frames.len();
                dropped += u64::from(entry.messages);
            }
        }
        dropped
    }

    /// Drops every message that is not on the wire yet. Returns how many.
    pub fn drop_unsent(&mut self) -> u64 {
        self.drop_oldest(0)
    }

    pub fn slices(&self) -> ([IoSlice<'_>; MAX_SLICES], usize) {
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut n = 0;
        for (slice, entry) in slices.iter_mut().zip(&self.entries) {
            *slice = IoSlice::new(&entry.frames);
            n += 1;
        }
        (slices, n)
    }

    /// The socket took `n` bytes from the front. Returns the messages that are now whole on the wire.
    pub fn advance(&mut self, mut n: usize) -> u64 {
        let mut messages = 0;
        self.bytes -= n;
        while n > 0 {
            let Some(entry) = self.entries.front_mut() else { break };
            if n < entry.frames.len() {
                entry.frames.advance(n);
                self.begun = true;
                break;
            }
            n -= entry.frames.len();
            messages += u64::from(entry.messages);
            self.entries.pop_front();
            self.begun = false;
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(entries: &[(&'static [u8], u32)]) -> Outbox {
        let mut outbox = Outbox::default();
        for (frames, messages) in entries {
            outbox.push(Bytes::from_static(frames), *messages);
        }
        outbox
    }

    #[test]
    fn a_message_that_has_begun_is_never_dropped() {
        let mut outbox = outbox(&[(b"aaaa", 1), (b"bbbb", 1), (b"pp", 0), (b"cccc", 1)]);
        assert_eq!(outbox.advance(2), 0);
        assert_eq!(outbox.drop_oldest(8), 1);
        assert_eq!(outbox.bytes(), 2 + 2 + 4);
        assert_eq!(outbox.drop_oldest(0), 1, "the begun message and the control frame stay");
        assert_eq!(outbox.bytes(), 4);
        assert_eq!(outbox.drop_unsent(), 0);
        assert_eq!(outbox.bytes(), 4);
    }

    #[test]
    fn what_the_socket_took_is_gone() {
        let mut outbox = outbox(&[(b"aaaa", 2), (b"bb", 1)]);
        assert_eq!(outbox.advance(5), 2);
        assert_eq!(outbox.slices().0[0].to_vec(), b"b");
        assert_eq!(outbox.advance(1), 1);
        assert!(outbox.is_empty());
    }
}
