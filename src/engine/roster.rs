//! What the PHP thread knows of the connections: its own mirror of the hubs, which it may ask without waiting.
//!
//! Rooms are joined and left by PHP alone, so the mirror is exact as PHP sees time: a connection is here from its open
//! event to its close event.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::chunked::Chunked;
use super::few::Few;
use super::id::ConnId;
use super::outlet::Outlet;

/// A room that had more members gives back their places as they go.
const KEEP_MEMBERS: usize = 256;

/// `T` is what the binding keeps with a connection: its PHP object.
#[derive(Debug)]
pub struct Roster<T> {
    threads: Vec<Chunked<Option<Entry<T>>>>,
    rooms: HashMap<Arc<str>, HashSet<ConnId>>,
    /// Gone ones whose close event PHP has not handled yet, while their slot belongs to another: their handlers wait.
    displaced: Vec<Entry<T>>,
    len: usize,
    /// Of these, how many PHP has closed.
    closing: usize,
}

#[derive(Debug)]
pub struct Entry<T> {
    pub id: ConnId,
    pub outlet: Arc<Outlet>,
    /// PHP has closed it: no message of it is delivered any more.
    closing: bool,
    rooms: Few<Arc<str>>,
    /// Whose connection it is.
    pub user: Option<Box<str>>,
    pub value: T,
}

impl<T> Entry<T> {
    pub fn is_open(&self) -> bool {
        !self.closing && !self.outlet.is_closed()
    }

    pub fn is_closing(&self) -> bool {
        self.closing
    }

    pub fn rooms(&self) -> &[Arc<str>] {
        &self.rooms
    }
}

impl<T> Default for Roster<T> {
    fn default() -> Self {
        Self {
            threads: Vec::new(),
            rooms: HashMap::new(),
            displaced: Vec::new(),
            len: 0,
            closing: 0,
        }
    }
}

impl<T> Roster<T> {
    pub fn insert(&mut self, id: ConnId, outlet: Arc<Outlet>, value: T) {
        if self.threads.len() <= id.io_thread() {
            self.threads.resize_with(id.io_thread() + 1, Chunked::default);
        }
        let slots = &mut self.threads[id.io_thread()];
        while slots.len() <= id.slot() {
            slots.push(None);
        }
        let entry = Entry {
            id,
            outlet,
            closing: false,
            rooms: Few::default(),
            user: None,
            value,
        };
        // A slot is used again after its close event came through the same queue. It is another question whether that was
        // handled.
        if let Some(slot) = slots.get_mut(id.slot()) {
            self.len += 1;
            if let Some(old) = slot.replace(entry) {
                self.displaced.push(old);
            }
        }
    }

    pub fn get(&self, id: ConnId) -> Option<&Entry<T>> {
        // The slot of a displaced entry may be empty, and given back, by now.
        let slot = self.threads.get(id.io_thread()).and_then(|slots| slots.get(id.slot()));
        match slot {
            Some(Some(entry)) if entry.id == id => Some(entry),
            _ => self.displaced.iter().find(|e| e.id == id),
        }
    }

    pub fn get_mut(&mut self, id: ConnId) -> Option<&mut Entry<T>> {
        let slot = self
            .threads
            .get_mut(id.io_thread())
            .and_then(|slots| slots.get_mut(id.slot()));
        match slot {
            Some(Some(entry)) if entry.id == id => Some(entry),
            _ => self.displaced.iter_mut().find(|e| e.id == id),
        }
    }

    /// PHP closes the connection: it leaves its rooms at once, as it does in the hub. False: it was closing already.
    pub fn start_closing(&mut self, id: ConnId) -> bool {
        let Some(entry) = self.get_mut(id) else { return false };
        if std::mem::replace(&mut entry.closing, true) {
            return false;
        }
        self.closing += 1;
        self.leave_all(id);
        true
    }

    /// PHP closes every connection.
    pub fn start_closing_all(&mut self) {
        for id in self.open_ids() {
            self.start_closing(id);
        }
    }

    fn leave_all(&mut self, id: ConnId) {
        let Some(entry) = self.get_mut(id) else { return };
        for room in std::mem::take(&mut entry.rooms) {
            self.vacate(id, &room);
        }
    }

    fn vacate(&mut self, id: ConnId, room: &Arc<str>) {
        if let Some(members) = self.rooms.get_mut(room) {
            members.remove(&id);
            if members.capacity() > KEEP_MEMBERS && members.len() < members.capacity() / 8 {
                members.shrink_to(2 * members.len());
            }
            if members.is_empty() {
                self.rooms.remove(room);
            }
        }
    }

    /// Takes a connection out, and out of its rooms.
    pub fn remove(&mut self, id: ConnId) -> Option<T> {
        self.get(id)?;
        self.leave_all(id);
        let entry = match self.displaced.iter().position(|e| e.id == id) {
            Some(at) => self.displaced.swap_remove(at),
            None => self.threads.get_mut(id.io_thread())?.get_mut(id.slot())?.take()?,
        };
        self.len -= 1;
        self.closing -= usize::from(entry.closing);
        Some(entry.value)
    }

    /// Gives back the room of connections that have gone.
    pub fn shrink(&mut self) {
        for slots in &mut self.threads {
            while slots.pop_if(|slot| slot.is_none()).is_some() {}
        }
        self.rooms.shrink_to_fit();
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.threads
            .iter()
            .flat_map(Chunked::iter)
            .flatten()
            .chain(&self.displaced)
    }

    /// The connections of a user that PHP has not closed.
    pub fn of_user(&self, user: &str) -> Vec<ConnId> {
        self.iter()
            .filter(|e| !e.closing && e.user.as_deref() == Some(user))
            .map(|e| e.id)
            .collect()
    }

    pub fn open_ids(&self) -> Vec<ConnId> {
        self.iter().filter(|e| e.is_open()).map(|e| e.id).collect()
    }

    /// The shared name if the connection was not a member yet.
    pub fn join(&mut self, id: ConnId, name: &str) -> Option<Arc<str>> {
        let name = match self.rooms.get_key_value(name) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(name),
        };
        let entry = self.get_mut(id)?;
        if entry.rooms.contains(&name) {
            return None;
        }
        entry.rooms.push(Arc::clone(&name));
        self.rooms.entry(Arc::clone(&name)).or_default().insert(id);
        Some(name)
    }

    /// The shared name if the connection was a member.
    pub fn leave(&mut self, id: ConnId, name: &str) -> Option<Arc<str>> {
        let entry = self.get_mut(id)?;
        let at = entry.rooms.iter().position(|r| &**r == name)?;
        let name = entry.rooms.swap_remove(at);
        self.vacate(id, &name);
        Some(name)
    }

    pub fn members(&self, room: &str) -> impl Iterator<Item = ConnId> {
        self.rooms.get(room).into_iter().flatten().copied()
    }

    pub fn member_count(&self, room: &str) -> usize {
        self.rooms.get(room).map_or(0, HashSet::len)
    }

    /// How many connections a broadcast is handed to: all that PHP has not closed or a room's, less the excepted.
    pub fn count_reached(&self, room: Option<&str>, except: &[ConnId]) -> usize {
        let (all, members) = match room {
            None => (self.len - self.closing, None),
            Some(room) => (self.member_count(room), self.rooms.get(room)),
        };
        if except.is_empty() || all == 0 {
            return all;
        }
        let reached = |id: &&ConnId| match room {
            None => self.get(**id).is_some_and(|e| !e.closing),
            Some(_) => members.is_some_and(|m| m.contains(id)),
        };
        all - except.iter().filter(reached).collect::<HashSet<_>>().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(slot: u32) -> ConnId {
        ConnId::new(0, slot, 1)
    }

    fn roster(n: u32) -> Roster<()> {
        let mut roster = Roster::default();
        (0..n).for_each(|slot| roster.insert(id(slot), Arc::default(), ()));
        roster
    }

    #[test]
    fn a_room_lives_as_long_as_it_has_members() {
        let mut roster = roster(2);
        assert!(roster.join(id(0), "r").is_some());
        assert!(roster.join(id(0), "r").is_none(), "once");
        assert!(roster.join(id(1), "r").is_some());
        assert_eq!(roster.member_count("r"), 2);
        roster.remove(id(0));
        assert!(roster.members("r").eq([id(1)]));
        roster.leave(id(1), "r");
        assert!(roster.rooms.is_empty());
        assert_eq!(roster.len(), 1);
    }

    #[test]
    fn an_excepted_stranger_is_not_counted_off() {
        let mut roster = roster(3);
        roster.join(id(0), "r");
        roster.join(id(1), "r");
        assert_eq!(roster.count_reached(Some("r"), &[id(1), id(1), id(2)]), 1);
        assert_eq!(roster.count_reached(None, &[id(1), ConnId::new(0, 1, 9)]), 2);
        assert!(roster.start_closing(id(0)) && !roster.start_closing(id(0)));
        assert_eq!(
            (roster.count_reached(Some("r"), &[]), roster.count_reached(None, &[])),
            (1, 2)
        );
    }

    #[test]
    fn shrinking_loses_nobody() {
        let mut roster = roster(1000);
        (0..1000).for_each(|slot| drop(roster.join(id(slot), "r")));
        for slot in (0..1000).filter(|slot| *slot != 7) {
            roster.remove(id(slot));
        }
        roster.shrink();
        assert!(roster.threads[0].len() < 100);
        assert!(roster.rooms["r"].capacity() <= KEEP_MEMBERS);
        assert!(roster.get(id(7)).is_some() && roster.members("r").eq([id(7)]));
        roster.insert(id(500), Arc::default(), ());
        assert_eq!(roster.len(), 2);
    }

    /// A connection whose close PHP has not handled, and the next one of its slot.
    fn displaced() -> (Roster<&'static str>, ConnId, ConnId) {
        let mut roster = Roster::default();
        let (old, new) = (id(0), ConnId::new(0, 0, 2));
        roster.insert(old, Arc::default(), "old");
        roster.join(old, "r");
        roster.insert(new, Arc::default(), "new");
        (roster, old, new)
    }

    #[test]
    fn a_displaced_entry_is_found_beside_its_successor() {
        let (mut roster, old, new) = displaced();
        assert_eq!(
            (roster.get(old).unwrap().value, roster.get(new).unwrap().value),
            ("old", "new")
        );
        assert_eq!((roster.len(), roster.iter().count()), (2, 2));
        roster.join(new, "r");
        roster.get_mut(old).unwrap().user = Some("u".into());
        assert_eq!((roster.member_count("r"), roster.of_user("u")), (2, vec![old]));
        assert_eq!(roster.count_reached(None, &[old]), 1);
        assert!(roster.leave(old, "r").is_some() && roster.join(old, "s").is_some());
        assert!(roster.start_closing(old) && !roster.start_closing(old));
        assert_eq!((roster.member_count("s"), roster.count_reached(None, &[])), (0, 1));
        assert_eq!(roster.remove(old), Some("old"));
        assert_eq!((roster.len(), roster.count_reached(Some("r"), &[])), (1, 1));
        assert!(roster.get(old).is_none() && roster.remove(old).is_none());
        assert_eq!(roster.remove(new), Some("new"));
        assert!(roster.is_empty() && roster.rooms.is_empty() && roster.closing == 0);
    }

    #[test]
    fn a_displaced_entry_outlives_its_successor_and_its_slot() {
        let (mut roster, old, new) = displaced();
        assert_eq!(roster.remove(new), Some("new"));
        roster.shrink();
        assert_eq!(roster.get(old).map(|entry| entry.value), Some("old"));
        assert!(roster.get_mut(old).is_some());
        assert_eq!(roster.member_count("r"), 1);
        assert_eq!(roster.remove(old), Some("old"));
        assert!(roster.is_empty() && roster.rooms.is_empty());
    }

    #[test]
    fn several_entries_of_one_slot_may_be_displaced() {
        let (mut roster, old, middle) = displaced();
        let new = ConnId::new(0, 0, 3);
        roster.insert(new, Arc::default(), "newest");
        assert_eq!(roster.open_ids().len(), 3);
        assert_eq!(roster.remove(middle), Some("new"));
        assert_eq!(
            (roster.get(old).unwrap().value, roster.get(new).unwrap().value),
            ("old", "newest")
        );
        roster.start_closing_all();
        assert_eq!((roster.closing, roster.len()), (2, 2));
    }

    #[test]
    fn a_stale_id_finds_nothing() {
        let mut roster = roster(1);
        roster.remove(id(0));
        roster.insert(ConnId::new(0, 0, 2), Arc::default(), ());
        assert!(roster.get(id(0)).is_none());
        assert!(roster.remove(id(0)).is_none());
        assert_eq!(roster.len(), 1);
    }
}
