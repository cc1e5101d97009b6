//! Frames that a socket did not take yet.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

use super::frame::split_frame;

/// What one vectored write offers at most; the kernel's own limit is 1,024.
pub const MAX_SLICES: usize = 64;
/// What an entry takes beside its bytes: 40 in the queue, which may have twice the room it needs.
pub const ENTRY_BYTES: usize = 64;

/// A connection's backlog, oldest first. Exists only while the socket is not writable.
#[derive(Debug, Default)]
pub struct Outbox {
    entries: VecDeque<Entry>,
    bytes: usize,
    control_bytes: usize,
    begun: Begun,
    /// Bytes that a write took and that are not on the wire, see `Stream::held`.
    held: usize,
    /// Sweep in which the socket last took something.
    pub progress: u32,
}

/// The frame whose beginning is on the wire: it must be finished, whatever a policy drops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Begun {
    /// Its bytes that still wait, at the front of the first entry; 0: there is none.
    rest: usize,
    is_message: bool,
}

/// Whole frames, but for the [begun](Begun) one. Several that were sent in a row share an entry.
#[derive(Debug)]
struct Entry {
    frames: Bytes,
    /// Messages that are not whole on the wire.
    messages: u32,
    /// Control frames made on the I/O thread, which no policy drops.
    control: bool,
}

impl Outbox {
    pub fn new(sweep: u32) -> Self {
        Self {
            progress: sweep,
            ..Self::default()
        }
    }

    /// Memory: the bytes that wait and what keeping them costs.
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

    pub fn control_bytes(&self) -> usize {
        self.control_bytes
    }

    /// Writes that wait: one message or several that were sent in a row.
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn push(&mut self, frames: Bytes, messages: u32) {
        let entry = Entry {
            frames,
            messages,
            control: messages == 0,
        };
        self.add(&entry);
        self.entries.push_back(entry);
    }

    /// Keeps the `rest` of `frames` that the socket did not take. The outbox must be empty. Returns the messages that are
    /// whole on the wire.
    pub fn push_begun(&mut self, frames: &[u8], rest: Bytes, messages: u32) -> u64 {
        debug_assert!(self.is_empty());
        let (begun, whole) = walk(frames, frames.len() - rest.len());
        self.begun = begun;
        self.push(rest, messages.saturating_sub(whole));
        u64::from(whole)
    }

    fn add(&mut self, entry: &Entry) {
        self.bytes += entry.frames.len() + ENTRY_BYTES;
        if entry.control {
            self.control_bytes += entry.frames.len();
        }
    }

    fn remove(&mut self, at: usize) -> u32 {
        let Some(entry) = self.entries.remove(at) else { return 0 };
        self.bytes -= entry.frames.len() + ENTRY_BYTES;
        if entry.control {
            self.control_bytes -= entry.frames.len();
        }
        entry.messages
    }

    /// Bytes and messages at the front of this entry that must stay.
    fn kept(&self, at: usize) -> (usize, u32) {
        if at == 0 {
            (self.begun.rest, u32::from(self.begun.is_message))
        } else {
            (0, 0)
        }
    }

    /// Drops messages from the old end until at most `limit` bytes wait. Returns how many.
    pub fn drop_oldest(&mut self, limit: usize) -> u64 {
        let mut dropped = 0;
        let mut at = 0;
        while self.bytes() > limit && at < self.entries.len() {
            let (kept, kept_messages) = self.kept(at);
            let entry = &self.entries[at];
            if entry.control || entry.messages <= kept_messages {
                at += 1;
                continue;
            }
            let excess = self.bytes() - limit;
            let (mut end, mut gone) = (kept, 0);
            while end < entry.frames.len() && end - kept < excess {
                let (size, is_message) = frame_size(&entry.frames[end..]);
                end += size;
                gone += u32::from(is_message);
            }
            dropped += u64::from(gone);
            if kept == 0 && end == entry.frames.len() {
                self.remove(at);
                continue;
            }
            let entry = &mut self.entries[at];
            // A copy, so that what is dropped does not stay in memory with it. An entry of its own for what is behind the begun
            // frame could cost more than was dropped.
            entry.frames = [&entry.frames[..kept], &entry.frames[end..]].concat().into();
            entry.messages = entry.messages.saturating_sub(gone);
            self.bytes -= end - kept;
            at += 1;
        }
        dropped
    }

    /// Drops messages from the young end until at most `limit` bytes wait. Returns how many.
    pub fn drop_newest(&mut self, limit: usize) -> u64 {
        let mut dropped = 0;
        let mut at = self.entries.len();
        while self.bytes() > limit && at > 0 {
            at -= 1;
            let (kept, kept_messages) = self.kept(at);
            let entry = &self.entries[at];
            if entry.control || entry.messages <= kept_messages {
                continue;
            }
            let room = entry.frames.len().saturating_sub(self.bytes() - limit).max(kept);
            let (mut end, mut stay) = (kept, kept_messages);
            while end < entry.frames.len() {
                let (size, is_message) = frame_size(&entry.frames[end..]);
                if end + size > room {
                    break;
                }
                end += size;
                stay += u32::from(is_message);
            }
            dropped += u64::from(entry.messages.saturating_sub(stay));
            if end > 0 {
                self.truncate(at, end, stay);
            } else {
                self.remove(at);
            }
        }
        dropped
    }

    /// Shortens an entry to its first `len` bytes.
    fn truncate(&mut self, at: usize, len: usize, messages: u32) {
        let entry = &mut self.entries[at];
        self.bytes -= entry.frames.len() - len;
        entry.messages = messages;
        entry.frames = if len < entry.frames.len() / 2 {
            Bytes::copy_from_slice(&entry.frames[..len])
        } else {
            entry.frames.slice(..len)
        };
    }

    /// Drops every message that is not on the wire yet. Returns how many.
    pub fn drop_unsent(&mut self) -> u64 {
        self.drop_newest(0)
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
        while n > 0 {
            let Some(entry) = self.entries.front_mut() else { break };
            if n >= entry.frames.len() {
                n -= entry.frames.len();
                messages += u64::from(self.remove(0));
                self.begun = Begun::default();
                continue;
            }
            if n < self.begun.rest {
                self.begun.rest -= n;
            } else {
                let whole = u32::from(self.begun.rest > 0 && self.begun.is_message);
                let (begun, more) = walk(&entry.frames[self.begun.rest..], n - self.begun.rest);
                self.begun = begun;
                entry.messages = entry.messages.saturating_sub(whole + more);
                messages += u64::from(whole + more);
            }
            entry.frames.advance(n);
            self.bytes -= n;
            if entry.control {
                self.control_bytes -= n;
            }
            n = 0;
        }
        messages
    }
}

/// The size of the frame that these begin with, and whether it is a message. What is no whole frame counts as one message.
fn frame_size(frames: &[u8]) -> (usize, bool) {
    split_frame(frames).map_or((frames.len(), true), |frame| (frame.total, frame.kind.is_some()))
}

/// Finds the frame that the byte at `to` is in the middle of, and counts the messages before it.
fn walk(frames: &[u8], to: usize) -> (Begun, u32) {
    let (mut at, mut messages) = (0, 0);
    while at < to {
        let (size, is_message) = frame_size(&frames[at..]);
        if at + size > to {
            let rest = at + size - to;
            return (Begun { rest, is_message }, messages);
        }
        at += size;
        messages += u32::from(is_message);
    }
    (Begun::default(), messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::frame::{MessageKind, encode_message, encode_ping};

    /// Messages of 8 bytes, frame header included; "p" is a ping.
    fn frames(texts: &str) -> Bytes {
        let mut out = Vec::new();
        for text in texts.chars() {
            if text == 'p' {
                encode_ping(&mut out, b"");
            } else {
                encode_message(&mut out, MessageKind::Text, text.to_string().repeat(6).as_bytes());
            }
        }
        out.into()
    }

    fn outbox(entries: &[&str]) -> Outbox {
        let mut outbox = Outbox::default();
        for texts in entries {
            let messages = texts.chars().filter(|&text| text != 'p').count();
            outbox.push(frames(texts), u32::try_from(messages).unwrap());
        }
        outbox
    }

    /// What would go over the wire, a letter per message, "?" for the rest of one.
    fn content(outbox: &Outbox) -> String {
        let (slices, n) = outbox.slices();
        let bytes: Vec<u8> = slices[..n].iter().flat_map(|slice| slice.to_vec()).collect();
        let mut text = String::new();
        let mut at = outbox.begun.rest;
        if at > 0 {
            text.push('?');
        }
        while at < bytes.len() {
            let (size, is_message) = frame_size(&bytes[at..]);
            text.push(if is_message { bytes[at + 2].into() } else { 'p' });
            at += size;
        }
        let waiting = bytes.len() + n * ENTRY_BYTES;
        assert_eq!(outbox.bytes(), waiting);
        text
    }

    #[test]
    fn messages_sent_in_a_row_are_dropped_one_by_one() {
        let mut old = outbox(&["abcd", "p", "ef"]);
        assert_eq!(old.drop_oldest(old.bytes() - 1), 1);
        assert_eq!(content(&old), "bcdpef");
        assert_eq!(old.drop_oldest(old.bytes() - 16), 2);
        assert_eq!(content(&old), "dpef");
        let mut young = outbox(&["ab", "p", "cdef"]);
        assert_eq!(young.drop_newest(young.bytes() - 9), 2);
        assert_eq!(content(&young), "abpcd");
        assert_eq!(young.drop_newest(0), 4);
        assert_eq!(content(&young), "p");
        assert_eq!(young.control_bytes(), 2);
    }

    #[test]
    fn a_message_that_has_begun_is_never_dropped() {
        for drop in [Outbox::drop_oldest, Outbox::drop_newest] {
            let mut outbox = outbox(&["abc", "p", "d"]);
            assert_eq!(outbox.advance(11), 1, "a is out, b has begun");
            assert_eq!(content(&outbox), "?cpd");
            assert_eq!(drop(&mut outbox, 0), 2);
            assert_eq!(content(&outbox), "?p");
            assert_eq!(drop(&mut outbox, 0), 0);
            assert_eq!(outbox.advance(5), 1);
            assert_eq!(content(&outbox), "p");
            assert_eq!(outbox.advance(2), 0);
            assert!(outbox.is_empty() && outbox.bytes() == 0 && outbox.control_bytes() == 0);
        }
    }

    #[test]
    fn the_oldest_goes_from_behind_one_that_has_begun() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push_begun(&frames("abcd"), frames("abcd").slice(9..), 4), 1);
        outbox.push(frames("e"), 1);
        assert_eq!(content(&outbox), "?cde");
        assert_eq!(outbox.drop_oldest(outbox.bytes() - 8), 1);
        assert_eq!(content(&outbox), "?de");
        assert_eq!(outbox.advance(7), 1);
        assert_eq!(content(&outbox), "de");
        assert_eq!(outbox.advance(16), 2);
        assert!(outbox.is_empty());
    }

    #[test]
    fn dropping_never_makes_it_larger() {
        for drop in [Outbox::drop_oldest, Outbox::drop_newest] {
            let mut outbox = outbox(&["abcdef"]);
            outbox.advance(3);
            let limit = outbox.bytes() - 1;
            assert_eq!(drop(&mut outbox, limit), 1);
            assert!(outbox.bytes() <= limit, "{} of {limit}", outbox.bytes());
            assert_eq!(outbox.entries(), 1);
        }
    }

    #[test]
    fn messages_count_once_however_the_socket_takes_them() {
        let all = "abcpdefghp";
        let bytes = frames(all).len();
        for step in 1..=bytes {
            let mut outbox = outbox(&[all, "i"]);
            let (mut sent, mut messages) = (0, 0);
            while sent < bytes + 8 {
                let n = step.min(bytes + 8 - sent);
                messages += outbox.advance(n);
                sent += n;
            }
            assert_eq!((messages, outbox.bytes()), (9, 0), "steps of {step}");
        }
    }

    #[test]
    fn what_is_no_frame_is_kept_or_dropped_as_a_whole() {
        let mut outbox = Outbox::default();
        outbox.push(Bytes::from_static(&[0x81]), 1);
        outbox.push(
            Bytes::from_static(&[0x81, 127, 0, 255, 255, 255, 255, 255, 255, 255]),
            1,
        );
        assert_eq!(outbox.advance(5), 1);
        assert_eq!(outbox.drop_oldest(0), 0);
        assert_eq!(outbox.advance(6), 1);
        assert!(outbox.is_empty() && outbox.bytes() == 0);
    }
}
