//! Slots with generations: the ids of what is gone match nothing.

use super::chunked::Chunked;

/// A table of fewer slots keeps them.
const MIN_SLOTS: usize = 256;

/// A table whose slots are used again.
#[derive(Debug)]
pub struct Table<T> {
    slots: Chunked<Slot<T>>,
    free: Vec<u32>,
    /// Generation of slots that were given back: ids of theirs must match nothing that comes after.
    floor: u32,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            slots: Chunked::default(),
            free: Vec::new(),
            floor: 0,
        }
    }
}

impl<T> Table<T> {
    /// Puts a value into a free slot and returns slot and generation.
    #[allow(clippy::cast_possible_truncation, reason = "max_connections is far below 2^32")]
    pub fn insert(&mut self, value: T) -> (u32, u32) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: self.floor,
                value: None,
            });
            self.slots.len() as u32 - 1
        });
        let mut generation = 0;
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            entry.generation = entry.generation.wrapping_add(1);
            entry.value = Some(value);
            generation = entry.generation;
        }
        (slot, generation)
    }

    /// The slot that `slot` and `generation` name, if it is not gone.
    #[allow(clippy::cast_possible_truncation, reason = "an id's slot has 26 bits")]
    pub fn find(&self, slot: usize, generation: u32) -> Option<u32> {
        let entry = self.slots.get(slot)?;
        (entry.generation == generation && entry.value.is_some()).then_some(slot as u32)
    }

    pub fn at(&self, slot: u32) -> Option<&T> {
        self.slots.get(slot as usize)?.value.as_ref()
    }

    pub fn at_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.slots.get_mut(slot as usize)?.value.as_mut()
    }

    pub fn generation(&self, slot: u32) -> u32 {
        self.slots.get(slot as usize).map_or(0, |s| s.generation)
    }

    pub fn remove(&mut self, slot: u32) -> Option<T> {
        let value = self.slots.get_mut(slot as usize)?.value.take()?;
        self.free.push(slot);
        Some(value)
    }

    /// Gives back the empty slots at the end, if most are empty.
    pub fn shrink(&mut self) {
        if self.slots.len() < MIN_SLOTS || self.len() > self.slots.len() / 4 {
            return;
        }
        while let Some(slot) = self.slots.pop_if(|slot| slot.value.is_none()) {
            self.floor = self.floor.max(slot.generation);
        }
        let used = self.slots.len();
        self.free.retain(|&slot| (slot as usize) < used);
        self.free.shrink_to_fit();
    }

    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Slots in use.
    #[allow(clippy::cast_possible_truncation, reason = "see insert")]
    pub fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, s)| s.value.is_some())
            .map(|(i, _)| i as u32)
    }

    /// One past the highest slot ever used.
    #[allow(clippy::cast_possible_truncation, reason = "see insert")]
    pub fn capacity(&self) -> u32 {
        self.slots.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_slots_that_were_given_back_match_nothing() {
        let mut table = Table::default();
        let slots: Vec<_> = (0..1000).map(|n| table.insert(n)).collect();
        for (slot, _) in &slots[3..] {
            table.remove(*slot);
        }
        table.remove(slots[1].0);
        table.shrink();
        assert_eq!((table.len(), table.capacity()), (2, 3));
        assert_eq!(table.at(2), Some(&2));
        let again: Vec<_> = (0..1000).map(|n| table.insert(n)).collect();
        assert_eq!(table.len(), 1002);
        for (slot, generation) in &slots[3..] {
            assert_eq!(table.find(*slot as usize, *generation), None);
        }
        for (slot, generation) in again {
            assert_eq!(table.find(slot as usize, generation), Some(slot));
        }
    }

    #[test]
    fn an_old_generation_finds_nothing() {
        let mut table = Table::default();
        let (slot, old) = table.insert('a');
        assert_eq!(table.remove(slot), Some('a'));
        assert_eq!(table.find(slot as usize, old), None);
        let (again, new) = table.insert('b');
        assert_eq!(again, slot);
        assert_eq!(table.find(slot as usize, old), None);
        assert_eq!(table.find(slot as usize, new), Some(slot));
        assert_eq!(table.find(99, 1), None);
        assert_eq!((table.len(), table.slots().collect::<Vec<_>>()), (1, vec![slot]));
    }
}
