//! Timers of the PHP thread.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

/// Due times with a value each. Cancelling is lazy: the heap drops what it no longer finds.
#[derive(Debug)]
pub struct Timers<T> {
    next_id: u64,
    heap: BinaryHeap<Reverse<Due>>,
    live: HashMap<u64, Timer<T>>,
}

#[derive(Debug)]
struct Timer<T> {
    value: T,
    every: Option<Duration>,
}

#[derive(Debug, PartialEq, Eq)]
struct Due {
    at: Instant,
    id: u64,
}

impl Ord for Due {
    /// Timers due at one moment fire in the order they were made.
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            next_id: 0,
            heap: BinaryHeap::new(),
            live: HashMap::new(),
        }
    }
}

impl<T: Clone> Timers<T> {
    pub fn add(&mut self, now: Instant, delay: Duration, every: bool, value: T) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.live.insert(
            id,
            Timer {
                value,
                every: every.then_some(delay),
            },
        );
        self.heap.push(Reverse(Due { at: now + delay, id }));
        id
    }

    pub fn cancel(&mut self, id: u64) -> Option<T> {
        self.live.remove(&id).map(|t| t.value)
    }

    pub fn is_live(&self, id: u64) -> bool {
        self.live.contains_key(&id)
    }

    /// When the next timer is due.
    pub fn next_due(&mut self) -> Option<Instant> {
        while let Some(Reverse(due)) = self.heap.peek() {
            if self.live.contains_key(&due.id) {
                return Some(due.at);
            }
            self.heap.pop();
        }
        None
    }

    /// The next timer that is due. A repeating one is due again after its interval from now: missed turns are skipped.
    pub fn pop(&mut self, now: Instant) -> Option<T> {
        if self.next_due()? > now {
            return None;
        }
        let Reverse(due) = self.heap.pop()?;
        let timer = self.live.get(&due.id)?;
        if let Some(every) = timer.every {
            let value = timer.value.clone();
            let mut at = due.at + every;
            if at <= now {
                at = now + every;
            }
            self.heap.push(Reverse(Due { at, id: due.id }));
            return Some(value);
        }
        self.live.remove(&due.id).map(|t| t.value)
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.live.values().map(|t| &t.value)
    }

    pub fn drain(&mut self) -> Vec<T> {
        self.heap.clear();
        self.live.drain().map(|(_, t)| t.value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn due_timers_fire_in_order_and_once() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        timers.add(now, 2 * MS, false, 'b');
        timers.add(now, MS, false, 'a');
        let cancelled = timers.add(now, MS, false, 'x');
        assert_eq!(timers.cancel(cancelled), Some('x'));
        assert_eq!(timers.pop(now), None);
        let later = now + 5 * MS;
        assert_eq!(
            [timers.pop(later), timers.pop(later), timers.pop(later)],
            [Some('a'), Some('b'), None]
        );
    }

    #[test]
    fn a_repeating_timer_skips_missed_turns() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        let id = timers.add(now, 10 * MS, true, 'r');
        let late = now + 35 * MS;
        assert_eq!((timers.pop(late), timers.pop(late)), (Some('r'), None));
        assert_eq!(timers.next_due(), Some(late + 10 * MS));
        timers.cancel(id);
        assert_eq!(timers.next_due(), None);
    }
}
