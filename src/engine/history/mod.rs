//! What rooms keep of their events, so that a client that was cut off gets what it missed.
//!
//! One number sequence serves all rooms of a server. Whoever publishes to a room with a history holds its lock while the event
//! gets its number and is handed to the I/O threads, and a join is handed over under the same lock: in every mailbox the events
//! up to the number a member entered at stand before its join, the others behind it.

mod catch_up;
mod late;
mod offset;
mod room;
mod shared;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

pub use catch_up::MAX_OFFSETS;
pub use late::Late;
pub use offset::Offset;
use room::{Entry, Kept};
pub use shared::{Noted, Record};

/// What an entry costs beside its frame.
const ENTRY_BYTES: usize = 128;

/// The option `history`.
#[derive(Clone, Debug)]
pub struct HistoryOptions {
    /// The first whose pattern a room's name matches counts.
    pub rules: Vec<Rule>,
    pub room_bytes: usize,
    pub total_bytes: usize,
}

/// How much the rooms with matching names keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `*` stands for any characters.
    pub pattern: String,
    pub messages: usize,
    pub age: Option<Duration>,
}

/// What a client that resumes gets next.
#[derive(Debug, Default)]
pub struct Slice {
    pub frames: Vec<Bytes>,
    /// Where the next slice begins.
    pub cursor: u64,
    /// Nothing is left.
    pub done: bool,
    /// Something between is gone.
    pub gap: bool,
}

/// How much is kept now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub rooms: usize,
    pub messages: usize,
    pub bytes: usize,
    /// Events dropped for want of room, since the start.
    pub evicted: u64,
}

#[derive(Debug)]
pub struct History {
    options: HistoryOptions,
    /// Differs from run to run, unless the history has survived.
    epoch: AtomicU32,
    kept: Mutex<Rooms>,
}

#[derive(Debug, Default)]
pub struct Rooms {
    by_name: HashMap<Arc<str>, Kept>,
    bytes: usize,
    /// The number of the last event.
    head: u64,
    /// The last event dropped of rooms that nothing is kept of any more.
    forgotten: u64,
    /// Events dropped to stay within the bytes, not by age or number.
    pub evicted: u64,
    /// Rooms joined while Redis is away; `None`: it is not.
    pub joined: Option<HashSet<Arc<str>>>,
}

impl History {
    pub fn new(options: HistoryOptions, epoch: u32) -> Self {
        Self {
            options,
            epoch: epoch.into(),
            kept: Mutex::default(),
        }
    }

    pub fn keeps(&self, room: &str) -> bool {
        self.rule(room).is_some()
    }

    pub fn rule(&self, room: &str) -> Option<&Rule> {
        self.options.rules.iter().find(|rule| matches(&rule.pattern, room))
    }

    pub fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn offset(&self, room: &str, number: u64) -> Offset {
        Offset::new(self.epoch(), room, number)
    }

    pub fn epoch(&self) -> u32 {
        self.epoch.load(Ordering::SeqCst)
    }

    pub fn options(&self) -> &HistoryOptions {
        &self.options
    }

    /// Numbers an event and keeps the frame that `encode` makes of its offset.
    pub fn append(
        &self,
        rooms: &mut Rooms,
        room: &str,
        now: Instant,
        encode: impl FnOnce(&str) -> Bytes,
    ) -> (u64, Bytes) {
        rooms.head += 1;
        let number = rooms.head;
        let frame = encode(&self.offset(room, number).to_string());
        let entry = Entry {
            number,
            at: now,
            frame: frame.clone(),
        };
        self.keep(rooms, room, entry, now);
        (number, frame)
    }

    fn keep(&self, rooms: &mut Rooms, room: &str, entry: Entry, now: Instant) {
        let Some(rule) = self.rule(room) else { return };
        let name: Arc<str> = match rooms.by_name.get_key_value(room) {
            Some((name, _)) => Arc::clone(name),
            None => room.into(),
        };
        let floor = rooms.forgotten;
        let kept = rooms.by_name.entry(name).or_insert_with(|| Kept::new(floor));
        let before = kept.bytes();
        kept.push(entry);
        kept.trim(rule, now);
        rooms.evicted += kept.trim_bytes(self.options.room_bytes);
        let after = kept.bytes();
        rooms.bytes = rooms.bytes + after - before;
        self.trim_all(rooms);
    }

    /// Makes room where all rooms together keep too much: those with most give half, the oldest events first.
    fn trim_all(&self, rooms: &mut Rooms) {
        if rooms.bytes <= self.options.total_bytes {
            return;
        }
        // More than needed, so that the search is rare.
        let target = self.options.total_bytes - self.options.total_bytes / 8;
        while rooms.bytes > target {
            // As many rooms in one pass as it takes: many may keep the same.
            let half = rooms.by_name.values().map(Kept::bytes).max().unwrap_or(0) / 2;
            let mut full: Vec<_> = rooms.by_name.values_mut().filter(|kept| kept.bytes() > half).collect();
            full.sort_unstable_by_key(|kept| kept.oldest());
            for kept in full {
                let before = kept.bytes();
                rooms.evicted += kept.trim_bytes(half);
                rooms.bytes -= before - kept.bytes();
                if rooms.bytes <= target {
                    break;
                }
            }
        }
        rooms.forget_empty();
    }

    /// Drops what is too old; called now and then.
    pub fn expire(&self, now: Instant) {
        let mut rooms = self.lock();
        let mut freed = 0;
        for (name, kept) in &mut rooms.by_name {
            let before = kept.bytes();
            if let Some(rule) = self.rule(name) {
                kept.trim(rule, now);
            }
            freed += before - kept.bytes();
        }
        rooms.bytes -= freed;
        rooms.forget_empty();
    }

    /// Where a client that names this offset goes on; `None` if it is not of this room or of another run. Where numbers come
    /// from Redis (`shared`), another server may have been ahead of this one.
    pub fn position(&self, room: &str, offset: Offset, shared: bool) -> Option<u64> {
        let head = self.lock().head;
        let known = shared || offset.number() <= head;
        (offset.is_of(self.epoch(), room) && known).then_some(offset.number())
    }

    /// What the room has after `cursor`, up to `until` or the end, about `limit` bytes of it.
    pub fn read(&self, room: &str, cursor: u64, until: Option<u64>, limit: usize, now: Instant) -> Slice {
        let rooms = &mut *self.lock();
        let end = until.unwrap_or(rooms.head);
        let forgotten = rooms.forgotten;
        let mut slice = Slice {
            cursor: end,
            done: true,
            ..Slice::default()
        };
        match rooms.by_name.get_mut(room) {
            Some(kept) => {
                let before = kept.bytes();
                if let Some(rule) = self.rule(room) {
                    kept.trim(rule, now);
                }
                rooms.bytes -= before - kept.bytes();
                slice.gap = cursor < kept.floor();
                if !slice.gap {
                    let (mut bytes, mut last) = (0, cursor);
                    for entry in kept.after(cursor).take_while(|e| e.number <= end) {
                        if bytes > 0 && bytes + entry.frame.len() > limit {
                            slice.done = false;
                            break;
                        }
                        bytes += entry.frame.len();
                        slice.frames.push(entry.frame.clone());
                        last = entry.number;
                    }
                    if !slice.done {
                        slice.cursor = last;
                    }
                }
            }
            None => slice.gap = cursor < forgotten,
        }
        slice
    }

    pub fn size(&self) -> Size {
        let rooms = self.lock();
        Size {
            rooms: rooms.by_name.len(),
            messages: rooms.by_name.values().map(Kept::len).sum(),
            bytes: rooms.bytes,
            evicted: rooms.evicted,
        }
    }
}

impl Rooms {
    pub fn head(&self) -> u64 {
        self.head
    }

    /// Of a room that keeps nothing, not even its name is kept.
    fn forget_empty(&mut self) {
        let mut forgotten = self.forgotten;
        self.by_name.retain(|_, kept| {
            if kept.is_empty() {
                forgotten = forgotten.max(kept.floor());
            }
            !kept.is_empty()
        });
        self.forgotten = forgotten;
    }
}

/// Whether a pattern with `*` for any characters matches the whole name.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(messages: usize, age: Option<Duration>, room_bytes: usize, total_bytes: usize) -> History {
        let rule = Rule {
            pattern: "*".into(),
            messages,
            age,
        };
        let options = HistoryOptions {
            rules: vec![rule],
            room_bytes,
            total_bytes,
        };
        History::new(options, 7)
    }

    fn append(history: &History, room: &str, now: Instant, text: &'static [u8]) -> u64 {
        history
            .append(&mut history.lock(), room, now, |_| Bytes::from_static(text))
            .0
    }

    #[test]
    fn what_was_missed_comes_in_order_and_in_parts() {
        let (history, now) = (history(100, None, 1 << 20, 1 << 20), Instant::now());
        let numbers: Vec<u64> = (0..5).map(|_| append(&history, "r", now, b"0123456789")).collect();
        append(&history, "other", now, b"x");
        let first = history.read("r", numbers[0], None, 25, now);
        assert_eq!((first.frames.len(), first.done, first.gap), (2, false, false));
        let rest = history.read("r", first.cursor, None, 25, now);
        assert_eq!((rest.frames.len(), rest.done, rest.cursor), (2, true, 6));
        let until = history.read("r", numbers[0], Some(numbers[2]), 1000, now);
        assert_eq!((until.frames.len(), until.done, until.cursor), (2, true, numbers[2]));
        let big = history.read("r", 0, None, 1, now);
        assert_eq!(big.frames.len(), 1, "one at least");
    }

    #[test]
    fn a_gap_is_told() {
        let (history, now) = (
            history(3, Some(Duration::from_secs(10)), 1 << 20, 1 << 20),
            Instant::now(),
        );
        let numbers: Vec<u64> = (0..5).map(|_| append(&history, "r", now, b"x")).collect();
        assert!(history.read("r", numbers[0], None, 100, now).gap, "the second is gone");
        let slice = history.read("r", numbers[1], None, 100, now);
        assert_eq!((slice.gap, slice.frames.len()), (false, 3));
        let later = now + Duration::from_secs(11);
        assert!(history.read("r", numbers[1], None, 100, later).gap);
        assert!(
            !history.read("r", numbers[4], None, 100, later).gap,
            "nothing was missed"
        );
        history.expire(later);
        assert_eq!(history.size(), Size::default());
        assert!(
            history.read("r", numbers[3], None, 100, later).gap,
            "also when the room is forgotten"
        );
        assert!(!history.read("r", numbers[4], None, 100, later).gap);
        append(&history, "r", later, b"y");
        let slice = history.read("r", numbers[4], None, 100, later);
        assert_eq!((slice.gap, slice.frames.len()), (false, 1));
    }

    #[test]
    fn the_bytes_are_bounded_per_room_and_in_all() {
        let (history, now) = (history(10_000, None, 4096, 16_384), Instant::now());
        for n in 0..2000 {
            append(&history, ["a", "b", "c", "d", "e", "f"][n % 6], now, &[0; 100]);
            let rooms = history.lock();
            assert!(rooms.bytes <= 16_384);
            assert!(rooms.by_name.values().all(|kept| kept.bytes() <= 4096));
            let sum: usize = rooms.by_name.values().map(Kept::bytes).sum();
            assert_eq!(rooms.bytes, sum);
        }
        assert!(history.size().evicted > 1000);
    }

    #[test]
    fn many_small_rooms_stay_within_the_bytes() {
        let (history, now) = (history(10, None, 4096, 64 * 1024), Instant::now());
        for n in 0..20_000 {
            append(&history, &n.to_string(), now, &[0; 100]);
            let rooms = history.lock();
            assert!(rooms.bytes <= 64 * 1024 && rooms.by_name.contains_key(&*n.to_string()));
            assert_eq!(rooms.bytes, rooms.by_name.len() * 228, "none that keeps nothing");
        }
        assert!(history.read("0", 0, None, 100, now).gap);
    }

    #[test]
    fn an_offset_is_of_one_room_and_one_run() {
        let (history, now) = (history(10, None, 4096, 4096), Instant::now());
        let number = append(&history, "r", now, b"x");
        let offset: Offset = history.offset("r", number).to_string().parse().unwrap();
        assert_eq!(history.position("r", offset, false), Some(number));
        assert_eq!(history.position("s", offset, false), None);
        assert_eq!(history.position("r", Offset::new(8, "r", number), true), None);
        assert_eq!(
            history.position("r", history.offset("r", number + 1), false),
            None,
            "ahead of us"
        );
    }

    #[test]
    fn patterns() {
        for (pattern, name, matched) in [
            ("lobby", "lobby", true),
            ("lobby", "lobby2", false),
            ("chat.*", "chat.5", true),
            ("chat.*", "chat", false),
            ("*", "", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "ab", false),
            ("*.x", "a.x.x", true),
            ("a*a", "a", false),
            ("é*", "éa", true),
        ] {
            assert_eq!(matches(pattern, name), matched, "{pattern} {name}");
        }
    }
}
