//! Ids that both sides share instead of pointers.

use std::fmt;

/// Names one connection of one server: I/O thread, slot and generation in one word.
///
/// A slot is used again after its connection is gone, with the next generation, so an id that outlives its connection
/// matches nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(u64);

const SLOT_BITS: u32 = 26;
const GENERATION_BITS: u32 = 32;

/// Highest number of slots one I/O thread can name.
pub const MAX_SLOTS: usize = 1 << SLOT_BITS;
/// Highest number of I/O threads.
pub const MAX_IO_THREADS: usize = 1 << (64 - SLOT_BITS - GENERATION_BITS);

impl ConnId {
    pub const fn new(io_thread: u8, slot: u32, generation: u32) -> Self {
        Self(
            ((io_thread as u64) << (SLOT_BITS + GENERATION_BITS))
                | ((generation as u64) << SLOT_BITS)
                | (slot as u64 & ((1 << SLOT_BITS) - 1)),
        )
    }

    #[allow(clippy::cast_possible_truncation, reason = "six bits are left")]
    pub const fn io_thread(self) -> usize {
        (self.0 >> (SLOT_BITS + GENERATION_BITS)) as usize
    }

    #[allow(clippy::cast_possible_truncation, reason = "masked to SLOT_BITS")]
    pub const fn slot(self) -> usize {
        (self.0 & ((1 << SLOT_BITS) - 1)) as usize
    }

    #[allow(clippy::cast_possible_truncation, reason = "the cast keeps GENERATION_BITS")]
    pub const fn generation(self) -> u32 {
        (self.0 >> SLOT_BITS) as u32
    }

    pub const fn as_u64(self) -> u64 {
        self.0
    }

    pub const fn from_u64(value: u64) -> Self {
        Self(value)
    }
}

impl fmt::Debug for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.io_thread(), self.slot(), self.generation())
    }
}

/// A connection id as PHP sees it: the server's random instance number before the connection's, so that ids of other
/// processes and of earlier runs match nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceId(u64);

impl InstanceId {
    pub fn random() -> Self {
        use std::hash::{BuildHasher, Hasher, RandomState};
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        Self(hasher.finish())
    }

    /// A part of it that tells runs apart.
    #[allow(clippy::cast_possible_truncation, reason = "half of a random number is random")]
    pub fn as_epoch(self) -> u32 {
        self.0 as u32
    }

    pub fn as_hex(self) -> String {
        format!("{:016x}", self.0)
    }

    pub fn format(self, id: ConnId) -> String {
        format!("{:016x}{:016x}", self.0, id.as_u64())
    }

    /// The connection that `text` names, if this instance gave it out.
    pub fn parse(self, text: &str) -> Option<ConnId> {
        let hex = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !hex || u64::from_str_radix(&text[..16], 16) != Ok(self.0) {
            return None;
        }
        u64::from_str_radix(&text[16..], 16).ok().map(ConnId::from_u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_survive() {
        let id = ConnId::new(63, (1 << 26) - 1, u32::MAX);
        assert_eq!(
            (id.io_thread(), id.slot(), id.generation()),
            (63, (1 << 26) - 1, u32::MAX)
        );
    }

    #[test]
    fn text_names_only_its_own_instance() {
        let (ours, id) = (InstanceId(7), ConnId::new(1, 2, 3));
        assert_eq!(ours.parse(&ours.format(id)), Some(id));
        assert_eq!(InstanceId(8).parse(&ours.format(id)), None);
        for bad in ["", "x", "+000000000000007000000000000000", &"é".repeat(16)] {
            assert_eq!(ours.parse(bad), None);
        }
    }
}
