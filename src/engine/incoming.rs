//! Compressed messages on their way to PHP.

use super::deflate::Inflated;
use super::frame::ProtocolError;
use super::hub::State;
use super::id::ConnId;
use super::metrics::add;

impl State {
    /// Inflates one message and queues it for PHP; returns its bytes. What is over the limit, no deflate stream, or text that
    /// is not UTF-8 fails the connection.
    pub fn inflate(&mut self, id: ConnId, slot: u32, binary: bool, deflated: &[u8]) -> Result<usize, ProtocolError> {
        let Some(context) = self.sessions.at_mut(slot).and_then(|session| session.deflate.as_mut()) else {
            return Err(ProtocolError::RESERVED_BITS);
        };
        let message = self
            .codec
            .inflate(context, deflated, self.limits.frame.max_message_bytes)?;
        if !binary && simdutf8::basic::from_utf8(message.as_ref()).is_err() {
            return Err(ProtocolError::INVALID_TEXT);
        }
        let len = message.as_ref().len();
        let saved = len.saturating_sub(deflated.len());
        add(&self.metrics.bytes_saved, saved as u64);
        match message {
            Inflated::Borrowed(bytes) => self.burst.message(id, binary, bytes),
            Inflated::Owned(bytes) => self.burst.owned_message(id, binary, bytes),
        }
        Ok(len)
    }

    /// Inflates one message that nobody gets, for what it leaves in the context.
    pub fn inflate_in_vain(&mut self, slot: u32, deflated: &[u8]) -> Result<(), ProtocolError> {
        let Some(context) = self.sessions.at_mut(slot).and_then(|session| session.deflate.as_mut()) else {
            return Err(ProtocolError::RESERVED_BITS);
        };
        let limit = self.limits.frame.max_message_bytes;
        self.codec.inflate(context, deflated, limit).map(drop)
    }
}
