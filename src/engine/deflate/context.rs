//! What one connection remembers of its messages.

use super::{MIN_WINDOW_BITS, Terms};

/// Most of the server's own text that is remembered per connection. More costs time (32 KiB: 41 µs per message instead of
/// 10) and saves next to nothing: messages of 1 KiB became 237 bytes instead of 252.
const MAX_SENT: usize = 8 * 1024;

/// The compression of one connection; nothing is allocated until a message is compressed with context.
#[derive(Debug)]
pub struct Context {
    pub(super) terms: Terms,
    pub(super) sent: History,
    pub(super) received: History,
}

impl Context {
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            sent: History::default(),
            received: History::default(),
        }
    }

    pub fn server_bits(&self) -> u8 {
        self.terms.server_bits
    }

    /// The client got a message that was compressed for many and that `sent` does not have: what comes next may refer to
    /// nothing before it.
    pub fn forget_sent(&mut self) {
        self.sent = History::default();
    }

    pub(super) fn remember_sent(&mut self, text: &[u8]) {
        if self.terms.server_takeover {
            let window = MAX_SENT.min(1 << self.terms.server_bits);
            self.sent.append(text, window);
        }
    }

    pub(super) fn remember_received(&mut self, text: &[u8]) {
        if self.terms.client_takeover {
            // Many a client that agrees to 8 uses 9, as zlib does.
            self.received
                .append(text, 1 << self.terms.client_bits.max(MIN_WINDOW_BITS));
        }
    }

    /// Bytes allocated.
    pub fn held_bytes(&self) -> usize {
        self.sent.bytes.capacity() + self.received.bytes.capacity()
    }
}

/// The end of all text that went one way, at least a window of it if there was as much.
#[derive(Debug, Default)]
pub(super) struct History {
    bytes: Vec<u8>,
    window: usize,
}

impl History {
    /// The last window of text.
    pub fn text(&self) -> &[u8] {
        &self.bytes[self.bytes.len().saturating_sub(self.window)..]
    }

    fn append(&mut self, text: &[u8], window: usize) {
        self.window = window;
        // A quarter more, so that not every short message moves the whole window.
        let limit = window + window / 4;
        let text = &text[text.len().saturating_sub(window)..];
        if self.bytes.len() + text.len() > limit {
            let keep = window - text.len();
            self.bytes.drain(..self.bytes.len() - keep.min(self.bytes.len()));
        }
        let needed = self.bytes.len() + text.len();
        if needed > self.bytes.capacity() {
            let capacity = (2 * self.bytes.capacity()).max(needed).min(limit);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(text);
    }
}
