//! The members of rooms with a history on one I/O thread: since when, and who of them still gets what was missed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// What a session still has to get of one room.
#[derive(Debug)]
pub struct CatchUp {
    pub room: Arc<str>,
    /// The last event it has.
    pub cursor: u64,
    /// Where live events begin; `None` once some were left out for it, so that it must reach the end.
    pub until: Option<u64>,
    /// It left out live events meanwhile.
    pub live: bool,
    pub missed: u64,
    pub recovered: bool,
    pub load: Load,
}

/// What Redis has of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Load {
    #[default]
    NotAsked,
    /// It waits for the answer.
    Asked,
    Answered,
}

#[derive(Debug, Default)]
struct Room {
    /// Numbers of the last event before each member's join.
    entered: HashMap<u32, u64>,
    /// Members that do not get live events up to a number.
    skipping: Vec<(u32, u64)>,
}

impl Room {
    fn skip(&mut self, slot: u32, up_to: u64) {
        self.skipping.retain(|(s, _)| *s != slot);
        self.skipping.push((slot, up_to));
    }
}

#[derive(Debug, Default)]
pub struct Late {
    rooms: HashMap<Arc<str>, Room>,
    queues: HashMap<u32, VecDeque<CatchUp>>,
}

impl Late {
    pub fn enter(&mut self, room: &Arc<str>, slot: u32, number: u64) {
        let room = self.rooms.entry(Arc::clone(room)).or_default();
        room.entered.insert(slot, number);
    }

    pub fn entered(&self, room: &str, slot: u32) -> Option<u64> {
        self.rooms.get(room)?.entered.get(&slot).copied()
    }

    pub fn leave(&mut self, name: &str, slot: u32) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.entered.remove(&slot);
        room.skipping.retain(|(s, _)| *s != slot);
        if room.entered.is_empty() {
            self.rooms.remove(name);
        }
        if let Some(queue) = self.queues.get_mut(&slot) {
            queue.retain(|one| &*one.room != name);
            if queue.is_empty() {
                self.queues.remove(&slot);
            }
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.rooms.keys()
    }

    /// What Redis had of the room is in the history now. Returns who has waited for it.
    pub fn loaded(&mut self, room: &str) -> Vec<u32> {
        let mut waited = Vec::new();
        for (slot, queue) in &mut self.queues {
            for one in queue
                .iter_mut()
                .filter(|one| one.load == Load::Asked && &*one.room == room)
            {
                one.load = Load::Answered;
                waited.push(*slot);
            }
        }
        waited
    }

    /// Something up to this event is gone for good: who is in the room stands behind it. Returns the members.
    pub fn restart(&mut self, name: &Arc<str>, at: u64) -> Vec<u32> {
        let Some(room) = self.rooms.get_mut(name) else {
            return Vec::new();
        };
        room.skipping.clear();
        room.entered.values_mut().for_each(|entered| *entered = at);
        let members = room.entered.keys().copied().collect();
        self.queues.retain(|_, queue| {
            queue.retain(|one| one.room != *name);
            !queue.is_empty()
        });
        members
    }

    /// What waits for a room already stays as it is: a client that asks again and again does not make the queue longer.
    pub fn push(&mut self, slot: u32, one: CatchUp) {
        let queue = self.queues.entry(slot).or_default();
        if !queue.iter().any(|other| other.room == one.room) {
            queue.push_back(one);
        }
    }

    /// The session takes nothing now: until it has caught up, live events of the rooms that it has just joined wait for their
    /// turn behind what it missed.
    pub fn hold_back(&mut self, slot: u32) {
        for one in self.queues.get_mut(&slot).into_iter().flatten() {
            if one.live
                && one.until.take().is_some()
                && let Some(room) = self.rooms.get_mut(&one.room)
            {
                room.skip(slot, u64::MAX);
            }
        }
    }

    /// What comes next for a session, taken out; [`put_back`](Self::put_back) what is not done.
    pub fn next(&mut self, slot: u32) -> Option<CatchUp> {
        self.queues.get_mut(&slot)?.pop_front()
    }

    pub fn put_back(&mut self, slot: u32, one: CatchUp) {
        self.queues.entry(slot).or_default().push_front(one);
    }

    pub fn is_waiting(&self, slot: u32) -> bool {
        self.queues.contains_key(&slot)
    }

    pub fn forget_queue(&mut self, slot: u32) {
        self.queues.remove(&slot);
    }

    /// Live events up to this number are not for the session: it gets them, or has got them, with what it missed.
    pub fn skip(&mut self, room: &str, slot: u32, up_to: u64) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.skip(slot, up_to);
        }
    }

    /// Whether live events may have to pass some member by.
    pub fn is_skipping(&self, room: &str) -> bool {
        self.rooms.get(room).is_some_and(|room| !room.skipping.is_empty())
    }

    /// Whom the live event of this number is not for.
    pub fn skipped(&mut self, room: &str, number: u64) -> Vec<u32> {
        let Some(room) = self.rooms.get_mut(room) else {
            return Vec::new();
        };
        // Numbers only rise.
        room.skipping.retain(|(_, up_to)| *up_to >= number);
        room.skipping.iter().map(|(slot, _)| *slot).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(room: &Arc<str>, live: bool) -> CatchUp {
        CatchUp {
            room: Arc::clone(room),
            cursor: 1,
            until: Some(5),
            live,
            missed: 0,
            recovered: true,
            load: Load::NotAsked,
        }
    }

    #[test]
    fn live_events_of_every_queued_room_are_held_back() {
        let (mut late, rooms) = (Late::default(), [Arc::from("a"), Arc::from("b")]);
        for room in &rooms {
            late.enter(room, 3, 5);
            late.push(3, missed(room, true));
        }
        assert!(late.skipped("b", 6).is_empty());
        late.hold_back(3);
        for room in &rooms {
            assert_eq!(late.skipped(room, 6), [3], "{room}");
            assert_eq!(late.next(3).unwrap().until, None);
        }
    }

    #[test]
    fn a_room_is_queued_once() {
        let (mut late, room) = (Late::default(), Arc::from("a"));
        late.enter(&room, 3, 5);
        late.push(3, missed(&room, true));
        late.push(3, missed(&room, false));
        assert!(late.next(3).is_some_and(|one| one.live));
        assert!(late.next(3).is_none());
    }
}
