//! The rooms of one I/O thread: which of its sessions a room's broadcast goes to.

use std::collections::HashMap;
use std::sync::Arc;

/// Room names to member slots, and back through the memberships each session keeps.
#[derive(Debug, Default)]
pub struct Rooms {
    by_name: HashMap<Arc<str>, u32>,
    slots: Vec<Room>,
    free: Vec<u32>,
}

#[derive(Debug, Default)]
struct Room {
    name: Option<Arc<str>>,
    members: Vec<u32>,
}

/// Where a session stands in one room, so that leaving needs no search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    room: u32,
    position: u32,
}

impl Rooms {
    pub fn members(&self, name: &str) -> &[u32] {
        self.by_name
            .get(name)
            .map_or(&[], |&room| &self.slots[room as usize].members)
    }

    /// Names and members' numbers, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, usize)> {
        self.by_name
            .iter()
            .map(|(name, &room)| (name, self.slots[room as usize].members.len()))
    }

    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The name of a membership's room.
    pub fn name(&self, membership: &Membership) -> Option<&Arc<str>> {
        self.slots[membership.room as usize].name.as_ref()
    }

    /// Adds a session that has these memberships; `None` when it is a member already.
    #[allow(clippy::cast_possible_truncation, reason = "slots and rooms number fewer than 2^32")]
    pub fn join(&mut self, name: &Arc<str>, slot: u32, memberships: &[Membership]) -> Option<Membership> {
        let room = if let Some(&room) = self.by_name.get(name) {
            if memberships.iter().any(|m| m.room == room) {
                return None;
            }
            room
        } else {
            let room = self.free.pop().unwrap_or_else(|| {
                self.slots.push(Room::default());
                self.slots.len() as u32 - 1
            });
            self.slots[room as usize].name = Some(Arc::clone(name));
            self.by_name.insert(Arc::clone(name), room);
            room
        };
        let members = &mut self.slots[room as usize].members;
        members.push(slot);
        Some(Membership {
            room,
            position: members.len() as u32 - 1,
        })
    }

    /// Takes out one membership. Returns the slot that now stands at its position, whose own membership must be told
    /// with [`moved`].
    pub fn leave(&mut self, membership: Membership) -> Option<u32> {
        let room = &mut self.slots[membership.room as usize];
        room.members.swap_remove(membership.position as usize);
        if room.members.is_empty() {
            if let Some(name) = room.name.take() {
                self.by_name.remove(&name);
            }
            *room = Room::default();
            self.free.push(membership.room);
            return None;
        }
        room.members.get(membership.position as usize).copied()
    }

    /// The membership in the room of that name, among these.
    pub fn find(&self, name: &str, memberships: &[Membership]) -> Option<usize> {
        let room = *self.by_name.get(name)?;
        memberships.iter().position(|m| m.room == room)
    }
}

/// Tells a session's memberships that it took over the place that `left` had.
pub fn moved(memberships: &mut [Membership], left: Membership) {
    if let Some(m) = memberships.iter_mut().find(|m| m.room == left.room) {
        m.position = left.position;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_keeps_every_position_right() {
        let mut rooms = Rooms::default();
        let name: Arc<str> = "r".into();
        let mut sessions: Vec<Vec<Membership>> = vec![Vec::new(); 4];
        for slot in 0..4 {
            let joined = rooms.join(&name, slot, &sessions[slot as usize]).unwrap();
            sessions[slot as usize].push(joined);
            assert_eq!(rooms.join(&name, slot, &sessions[slot as usize]), None);
        }
        for slot in [1_usize, 3, 0, 2] {
            let left = sessions[slot].remove(0);
            if let Some(other) = rooms.leave(left) {
                moved(&mut sessions[other as usize], left);
            }
            for (s, memberships) in sessions.iter().enumerate() {
                for m in memberships {
                    assert_eq!(rooms.members("r")[m.position as usize] as usize, s);
                }
            }
        }
        assert!(rooms.members("r").is_empty());
        assert!(rooms.by_name.is_empty());
    }
}
