//! The payloads: what the first byte asks of the server, who sent it, and a number that no other message has.

use zlib_rs::{Deflate, DeflateFlush};

/// Echoed to its sender.
pub const ECHO: u8 = b'E';
/// Sent to every connection.
pub const BROADCAST: u8 = b'B';
/// Echoed after 200 ms of sleep.
pub const SLEEP: u8 = b'S';

/// Kind, connection and number, the latter two as eight hexadecimal digits: ASCII, so that text messages stay valid.
pub const MINIMUM: usize = 17;
/// Where the number stands.
pub const NUMBER: std::ops::Range<usize> = 9..MINIMUM;

/// A message of `size` bytes, at least [`MINIMUM`].
pub fn message(kind: u8, who: usize, number: u32, size: usize) -> Vec<u8> {
    let filler = (0..size - MINIMUM).map(|at| b"abcdefghijklmnopqrstuvwxyz"[(at * 7 + who * 13) % 26]);
    let connection = u32::try_from(who).expect("connections are counted with 32 bits");
    let mut message = Vec::with_capacity(size);
    message.push(kind);
    message.extend(digits(connection));
    message.extend(digits(number));
    message.extend(filler);
    message
}

/// A message of `size` bytes that compresses as the JSON of a chat does.
pub fn chat(kind: u8, who: usize, number: u32, size: usize) -> Vec<u8> {
    let mut message = message(kind, who, number, MINIMUM);
    let mut state = who as u64 + 1;
    while message.len() < size {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (id, user, at) = (state >> 44, state >> 54, 1_700_000_000 + (state >> 40));
        message
            .extend(format!("{{\"id\":{id},\"user\":\"user{user}\",\"text\":\"hello again\",\"at\":{at}}},").bytes());
    }
    message.truncate(size);
    message
}

/// What precedes the bytes of a stored block of deflate.
pub const STORED_HEADER: usize = 5;

/// The message compressed: its kind, connection and number in a stored block, so that they can be changed in place, the
/// rest in blocks behind it.
pub fn deflated(message: &[u8]) -> Vec<u8> {
    let (head, rest) = message.split_at(MINIMUM);
    let len = u16::try_from(MINIMUM).expect("17");
    let mut out = vec![0];
    out.extend(len.to_le_bytes());
    out.extend((!len).to_le_bytes());
    out.extend(head);
    let mut body = vec![0; rest.len() + 64];
    let mut machine = Deflate::new(6, false, 15);
    machine
        .compress(rest, &mut body, DeflateFlush::SyncFlush)
        .expect("room enough");
    body.truncate(usize::try_from(machine.total_out()).expect("a length") - 4);
    out.extend(body);
    out
}

/// Eight hexadecimal digits.
pub fn digits(number: u32) -> [u8; 8] {
    let mut rest = number;
    let mut digits = [0; 8];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(rest & 0xf) as usize];
        rest >>= 4;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_it_is() {
        let message = message(ECHO, 0xab, 0x1234, 20);
        assert_eq!(&message[..MINIMUM], b"E000000ab00001234");
        assert_eq!(message.len(), 20);
        assert_eq!(&message[NUMBER], b"00001234");
    }
}
