//! UTF-8 that arrives in pieces, refused at the first byte that can no longer become valid.

/// The bytes are not UTF-8 and nothing that follows can change it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invalid;

/// How far a growing buffer is known to be valid. It stops before an unfinished character, so at most three bytes are
/// looked at again and none are kept apart.
#[derive(Debug, Default)]
pub(super) struct Progress {
    valid_up_to: usize,
}

impl Progress {
    /// Checks what was appended to `text` since the last call.
    pub fn advance(&mut self, text: &[u8]) -> Result<(), Invalid> {
        match simdutf8::compat::from_utf8(&text[self.valid_up_to..]) {
            Ok(_) => self.valid_up_to = text.len(),
            Err(error) if error.error_len().is_none() => self.valid_up_to += error.valid_up_to(),
            Err(_) => return Err(Invalid),
        }
        Ok(())
    }

    /// Whether `text`, all of it seen by [`advance`](Self::advance), ends on a whole character.
    pub fn finish(&self, text: &[u8]) -> Result<(), Invalid> {
        if self.valid_up_to == text.len() {
            Ok(())
        } else {
            Err(Invalid)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of bytes after which `text`, fed one by one, is refused.
    fn refused_after(text: &[u8]) -> Option<usize> {
        let mut progress = Progress::default();
        (1..=text.len()).find(|&end| progress.advance(&text[..end]).is_err())
    }

    #[test]
    fn valid_text_passes_in_any_three_pieces() {
        let text = "κόσμε €\u{10FFFF}\u{D7FF}\u{E000} plain".as_bytes();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let mut progress = Progress::default();
                for end in [first, second, text.len()] {
                    assert_eq!(progress.advance(&text[..end]), Ok(()));
                }
                assert_eq!(progress.finish(text), Ok(()));
            }
        }
        assert_eq!(refused_after(text), None);
    }

    #[test]
    fn hopeless_bytes_are_refused_at_once() {
        // Overlong forms, a surrogate, beyond U+10FFFF, a lone continuation, bytes that never occur.
        let cases: [(&[u8], usize); 9] = [
            (b"a\xC0\x80", 2),
            (b"\xE0\x80\x80", 2),
            (b"\xF0\x80\x80\x80", 2),
            (b"\xED\xA0\x80", 2),
            (b"\xF4\x90\x80\x80", 2),
            (b"\x80", 1),
            (b"\xF5\x80", 1),
            (b"\xFF", 1),
            (b"\xE2\x82x", 3),
        ];
        for (text, after) in cases {
            assert_eq!(refused_after(text), Some(after), "{text:x?}");
        }
    }

    #[test]
    fn refusal_is_as_early_as_the_standard_library_knows() {
        for bytes in (0..=0x00FF_FFFF_u32).step_by(251).map(u32::to_be_bytes) {
            let known =
                (1..=4).find(|&end| std::str::from_utf8(&bytes[..end]).is_err_and(|error| error.error_len().is_some()));
            assert_eq!(refused_after(&bytes), known, "{bytes:x?}");
        }
    }

    #[test]
    fn unfinished_character_is_refused_at_the_end() {
        let mut progress = Progress::default();
        assert_eq!(progress.advance(b"ok \xE2\x82"), Ok(()));
        assert_eq!(progress.finish(b"ok \xE2\x82"), Err(Invalid));
    }
}
