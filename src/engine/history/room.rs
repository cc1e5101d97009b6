//! What one room keeps.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::{ENTRY_BYTES, Rule};

#[derive(Debug)]
pub struct Entry {
    pub number: u64,
    pub at: Instant,
    /// As clients get it.
    pub frame: Bytes,
}

/// Oldest first.
#[derive(Debug)]
pub struct Kept {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// The last event that was dropped: who has seen less than that has a gap.
    floor: u64,
}

impl Kept {
    pub fn new(floor: u64) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            floor,
        }
    }

    pub fn push(&mut self, entry: Entry) {
        self.bytes += cost(&entry);
        self.entries.push_back(entry);
    }

    /// Puts older events before the others; `floor` is the last one that is missing before them.
    pub fn prepend(&mut self, older: impl DoubleEndedIterator<Item = Entry>, floor: u64) {
        for entry in older.rev() {
            self.bytes += cost(&entry);
            self.entries.push_front(entry);
        }
        self.floor = floor;
    }

    fn drop_oldest(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.bytes -= cost(&entry);
            self.floor = entry.number;
        }
    }

    /// Keeps no more, and nothing older, than the rule says.
    pub fn trim(&mut self, rule: &Rule, now: Instant) {
        while self.entries.len() > rule.messages || self.entries.front().is_some_and(|e| is_old(e, rule, now)) {
            self.drop_oldest();
        }
    }

    /// Keeps at most so many bytes. Returns how many events that cost.
    pub fn trim_bytes(&mut self, limit: usize) -> u64 {
        let mut dropped = 0;
        while self.bytes > limit {
            self.drop_oldest();
            dropped += 1;
        }
        dropped
    }

    pub fn after(&self, number: u64) -> impl Iterator<Item = &Entry> {
        let at = self.entries.partition_point(|e| e.number <= number);
        self.entries.range(at..)
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the first event that is kept; 0: none is.
    pub fn oldest(&self) -> u64 {
        self.entries.front().map_or(0, |entry| entry.number)
    }

    pub fn floor(&self) -> u64 {
        self.floor
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn is_old(entry: &Entry, rule: &Rule, now: Instant) -> bool {
    rule.age
        .is_some_and(|age| now.saturating_duration_since(entry.at) > age)
}

fn cost(entry: &Entry) -> usize {
    entry.frame.len() + ENTRY_BYTES
}
