//! Compressed messages (RFC 7692), inflated before they are compared.

use zlib_rs::{Inflate, InflateFlush};

use crate::failure::Failure;
use crate::wire::Piece;

/// Larger than any message that is sent compressed.
const MAX_TEXT: usize = 1 << 20;
/// Messages remembered: a broadcast reaches every connection as the same bytes, and is inflated once.
const REMEMBERED: usize = 32;

pub struct Inflater {
    machine: Inflate,
    text: Vec<u8>,
    /// Compressed and inflated messages, the next to be replaced at `oldest`.
    known: Vec<(Vec<u8>, Vec<u8>)>,
    oldest: usize,
}

impl Default for Inflater {
    fn default() -> Self {
        Self {
            machine: Inflate::new(false, 15),
            text: vec![0; MAX_TEXT],
            known: Vec::new(),
            oldest: 0,
        }
    }
}

impl Inflater {
    /// Gathers the parts of a compressed message in `deflated` and passes on what it is when it is whole.
    pub fn pass_on(
        &mut self,
        who: usize,
        piece: &Piece<'_>,
        deflated: &mut Vec<u8>,
        each: impl FnOnce(&Piece<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if !piece.compressed {
            return Err(Failure::wrong(who, "a message that is not compressed"));
        }
        deflated.extend(piece.bytes);
        if !piece.last {
            return Ok(());
        }
        let text = self
            .inflate(deflated)
            .ok_or_else(|| Failure::wrong(who, "no deflate stream"))?;
        let whole = Piece {
            opcode: piece.opcode,
            offset: 0,
            bytes: text,
            compressed: true,
            last: true,
        };
        let done = each(&whole);
        deflated.clear();
        done
    }

    fn inflate(&mut self, deflated: &[u8]) -> Option<&[u8]> {
        if let Some(at) = self.known.iter().position(|(known, _)| known == deflated) {
            return Some(&self.known[at].1);
        }
        self.machine.reset(false);
        for part in [deflated, &[0, 0, 0xff, 0xff]] {
            let before = usize::try_from(self.machine.total_out()).ok()?;
            self.machine
                .decompress(part, &mut self.text[before..], InflateFlush::SyncFlush)
                .ok()?;
        }
        let text = self.text[..usize::try_from(self.machine.total_out()).ok()?].to_vec();
        let entry = (deflated.to_vec(), text);
        let at = self.oldest;
        self.oldest = (at + 1) % REMEMBERED;
        if at == self.known.len() {
            self.known.push(entry);
        } else {
            self.known[at] = entry;
        }
        Some(&self.known[at].1)
    }
}
