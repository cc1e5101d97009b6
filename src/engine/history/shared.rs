//! Histories that several servers share through Redis: the numbers come from there, and so does what this server has not
//! seen itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;

use super::room::{Entry, Kept};
use super::{History, Rooms};

/// Events that were written down elsewhere, oldest first.
#[derive(Debug, Default)]
pub struct Record {
    pub entries: Vec<Noted>,
    /// The last event that is missing in front of them.
    pub floor: u64,
    /// Up to this event none is missing behind them.
    pub complete_to: u64,
}

#[derive(Clone, Debug)]
pub struct Noted {
    pub number: u64,
    pub at: Instant,
    pub frame: Bytes,
}

impl History {
    /// Nothing known so far counts any more: offsets of other epochs say nothing.
    pub fn reset(&self, rooms: &mut Rooms, epoch: u32, head: u64) {
        self.epoch.store(epoch, Ordering::SeqCst);
        rooms.by_name.clear();
        rooms.bytes = 0;
        rooms.head = head;
        rooms.forgotten = head;
    }

    /// The server has seen every event up to `head` of these rooms, and maybe not of the others: what is kept of those is
    /// dropped.
    pub fn advance(&self, rooms: &mut Rooms, head: u64, seen: &HashSet<Arc<str>>) {
        let mut freed = 0;
        rooms.by_name.retain(|name, kept| {
            let stays = seen.contains(name);
            if !stays {
                freed += kept.bytes();
            }
            stays
        });
        rooms.bytes -= freed;
        rooms.head = rooms.head.max(head);
        rooms.forgotten = rooms.forgotten.max(head);
    }

    /// A room's events up to this one are not known.
    pub fn forget_before(&self, rooms: &mut Rooms, room: &Arc<str>, floor: u64) {
        if let Some(kept) = rooms.by_name.remove(room) {
            rooms.bytes -= kept.bytes();
        }
        rooms.by_name.insert(Arc::clone(room), Kept::new(floor));
    }

    /// Keeps an event under the number that it has everywhere. False: the server has had it.
    pub fn keep_numbered(&self, rooms: &mut Rooms, room: &str, event: Noted) -> bool {
        if event.number <= rooms.head {
            return false;
        }
        rooms.head = event.number;
        let entry = Entry {
            number: event.number,
            at: event.at,
            frame: event.frame,
        };
        self.keep(rooms, room, entry, Instant::now());
        true
    }

    /// Puts what was written down elsewhere before what is kept here. Nothing, if something between would be missing.
    pub fn prepend(&self, room: &Arc<str>, epoch: u32, record: Record) {
        let rooms = &mut *self.lock();
        if self.epoch.load(Ordering::SeqCst) != epoch {
            return;
        }
        let forgotten = rooms.forgotten;
        let kept = rooms
            .by_name
            .entry(Arc::clone(room))
            .or_insert_with(|| Kept::new(forgotten));
        if kept.floor() > record.complete_to || record.floor >= kept.floor() {
            return;
        }
        let before = kept.bytes();
        let floor = kept.floor();
        let older = record.entries.into_iter().filter(|one| one.number <= floor);
        kept.prepend(
            older.map(|one| Entry {
                number: one.number,
                at: one.at,
                frame: one.frame,
            }),
            record.floor,
        );
        if let Some(rule) = self.rule(room) {
            kept.trim(rule, Instant::now());
        }
        rooms.evicted += kept.trim_bytes(self.options.room_bytes);
        rooms.bytes = rooms.bytes + kept.bytes() - before;
        self.trim_all(rooms);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{HistoryOptions, Rule};
    use super::*;

    fn history() -> History {
        let rule = Rule {
            pattern: "*".into(),
            messages: 100,
            age: Some(Duration::from_secs(60)),
        };
        let history = History::new(
            HistoryOptions {
                rules: vec![rule],
                room_bytes: 4096,
                total_bytes: 1 << 20,
            },
            1,
        );
        history.reset(&mut history.lock(), 7, 50);
        history
    }

    fn noted(number: u64) -> Noted {
        Noted {
            number,
            at: Instant::now(),
            frame: Bytes::from(number.to_string()),
        }
    }

    fn live(history: &History, number: u64) -> bool {
        history.keep_numbered(&mut history.lock(), "r", noted(number))
    }

    fn record(numbers: &[u64], floor: u64, complete_to: u64) -> Record {
        Record {
            entries: numbers.iter().copied().map(noted).collect(),
            floor,
            complete_to,
        }
    }

    fn read(history: &History, cursor: u64) -> Option<Vec<u64>> {
        let slice = history.read("r", cursor, None, 1 << 20, Instant::now());
        let number = |frame: &Bytes| str::from_utf8(frame).unwrap().parse().unwrap();
        (!slice.gap).then(|| slice.frames.iter().map(number).collect())
    }

    #[test]
    fn what_redis_has_stands_before_what_came_live() {
        let history = history();
        assert!(live(&history, 51) && live(&history, 60));
        assert!(!live(&history, 60) && !live(&history, 55), "had already");
        assert_eq!(read(&history, 40), None);
        history.prepend(&"r".into(), 7, record(&[42, 45, 51, 60], 41, 60));
        assert_eq!(read(&history, 41), Some(vec![42, 45, 51, 60]));
        assert_eq!(read(&history, 45), Some(vec![51, 60]));
        assert_eq!(read(&history, 40), None, "older than Redis has");
    }

    #[test]
    fn a_room_without_a_stream_has_missed_nothing() {
        let history = history();
        assert_eq!(read(&history, 40), None);
        history.prepend(&"r".into(), 7, record(&[], 30, 50));
        assert_eq!(read(&history, 40), Some(vec![]));
        assert_eq!(read(&history, 29), None);
    }

    #[test]
    fn a_record_with_a_hole_behind_it_or_of_another_epoch_is_not_used() {
        let history = history();
        history.prepend(&"r".into(), 7, record(&[42], 41, 49));
        history.prepend(&"r".into(), 8, record(&[42], 41, 60));
        assert_eq!(read(&history, 41), None);
        assert_eq!(history.lock().bytes, 0);
    }

    #[test]
    fn a_server_that_was_away_keeps_only_what_it_has_caught_up_with() {
        let history = history();
        live(&history, 51);
        history.keep_numbered(&mut history.lock(), "other", noted(52));
        history.advance(&mut history.lock(), 70, &HashSet::from(["r".into()]));
        assert_eq!(read(&history, 50), Some(vec![51]));
        assert!(history.read("other", 51, None, 1000, Instant::now()).gap);
        history.forget_before(&mut history.lock(), &"r".into(), 65);
        assert_eq!((read(&history, 64), read(&history, 65)), (None, Some(vec![])));
        let rooms = history.lock();
        assert_eq!(rooms.bytes, rooms.by_name.values().map(Kept::bytes).sum::<usize>());
    }

    #[test]
    fn bytes_stay_within_the_bounds() {
        let history = history();
        let numbers: Vec<u64> = (1..=50).collect();
        history.prepend(&"r".into(), 7, record(&numbers, 0, 50));
        let rooms = history.lock();
        assert!(rooms.bytes <= 4096 && rooms.bytes > 2048);
        assert_eq!(rooms.bytes, rooms.by_name.values().map(Kept::bytes).sum::<usize>());
    }
}
