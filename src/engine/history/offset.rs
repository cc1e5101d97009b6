//! Where in a room's history a client stands, as the client carries it: opaque text.

use std::fmt;
use std::str::FromStr;

/// The room (a hash), the run of the server, and the number of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    room: u32,
    epoch: u32,
    number: u64,
}

impl Offset {
    pub fn new(epoch: u32, room: &str, number: u64) -> Self {
        Self {
            room: hash(room),
            epoch,
            number,
        }
    }

    pub fn is_of_room(self, room: &str) -> bool {
        self.room == hash(room)
    }

    pub fn is_of(self, epoch: u32, room: &str) -> bool {
        self.epoch == epoch && self.is_of_room(room)
    }

    pub fn number(self) -> u64 {
        self.number
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}{:08x}{:x}", self.room, self.epoch, self.number)
    }
}

/// Not an offset of ours.
#[derive(Debug, PartialEq, Eq)]
pub struct NoOffset;

impl FromStr for Offset {
    type Err = NoOffset;

    fn from_str(text: &str) -> Result<Self, NoOffset> {
        let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !hex || !(17..=32).contains(&text.len()) {
            return Err(NoOffset);
        }
        let part = |text| u32::from_str_radix(text, 16).map_err(|_| NoOffset);
        Ok(Self {
            room: part(&text[..8])?,
            epoch: part(&text[8..16])?,
            number: u64::from_str_radix(&text[16..], 16).map_err(|_| NoOffset)?,
        })
    }
}

/// FNV-1a: the same in every run, unlike the hashes of a map.
fn hash(room: &str) -> u32 {
    room.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_and_nonsense_is_none() {
        for number in [0, 1, u64::MAX] {
            let offset = Offset::new(u32::MAX, "room", number);
            assert_eq!(offset.to_string().parse(), Ok(offset));
        }
        for text in [
            "",
            "x",
            "0123456789abcdef",
            "0123456789abcdefg",
            "0123456789ABCDEF1",
            "+123456789abcdef1",
            "é",
        ] {
            assert_eq!(text.parse::<Offset>(), Err(NoOffset), "{text}");
        }
        assert!("f".repeat(33).parse::<Offset>().is_err());
        assert_eq!(hash(""), 0x811c_9dc5);
        assert_eq!(hash("a"), 0xe40c_292c);
    }
}
