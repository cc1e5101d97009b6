//! The payloads: what the first byte asks of the server, who sent it, and a number that no other message has.

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
