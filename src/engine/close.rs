//! Close codes (RFC 6455 section 7.4 and the IANA registry that continues it).
//!
//! Plain `u16` constants: codes of applications (3000-4999) have no name here and PHP passes integers. tungstenite's
//! `CloseCode` is not used because it refuses 1014.

/// The purpose of the connection is fulfilled.
pub const NORMAL: u16 = 1000;
/// The server stops, or the page was left.
pub const GOING_AWAY: u16 = 1001;
/// The peer broke RFC 6455.
pub const PROTOCOL_ERROR: u16 = 1002;
/// A kind of data that this endpoint does not take.
pub const UNSUPPORTED_DATA: u16 = 1003;
/// Pseudo-code: the peer's Close carried no code. Never on the wire.
pub const NO_STATUS: u16 = 1005;
/// Pseudo-code: the connection ended without a Close. Never on the wire.
pub const ABNORMAL: u16 = 1006;
/// Data that does not fit its type, such as a text message that is not UTF-8.
pub const INVALID_PAYLOAD: u16 = 1007;
/// A rule of this server was broken.
pub const POLICY_VIOLATION: u16 = 1008;
/// A message over the limit.
pub const MESSAGE_TOO_BIG: u16 = 1009;
/// Said by a client that missed an extension in the handshake.
pub const MANDATORY_EXTENSION: u16 = 1010;
/// The server failed.
pub const INTERNAL_ERROR: u16 = 1011;
/// The server restarts; come back.
pub const SERVICE_RESTART: u16 = 1012;
/// The server is overloaded; come back later.
pub const TRY_AGAIN_LATER: u16 = 1013;
/// A gateway got no valid answer from behind it.
pub const BAD_GATEWAY: u16 = 1014;
/// Pseudo-code: the TLS handshake failed. Never on the wire.
pub const TLS_HANDSHAKE: u16 = 1015;

/// Whether a peer's Close frame may carry this code; any other is a protocol error (1002).
///
/// 1004 and 1016-2999 are reserved for the protocol and have no meaning yet, so they are refused too.
pub const fn is_receivable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Whether an application may close a connection with this code.
///
/// The same set as [`is_receivable`]: 1010 is a client's code, but a server that relays someone else's close may need it.
pub const fn is_sendable(code: u16) -> bool {
    is_receivable(code)
}

/// Whether the code only describes, to the application, a close without a code on the wire.
pub const fn is_pseudo(code: u16) -> bool {
    matches!(code, NO_STATUS | ABNORMAL | TLS_HANDSHAKE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registered_and_private_codes_are_allowed_on_the_wire() {
        // The edges of every range, and the codes that Autobahn tries.
        let allowed = [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
        ];
        let refused = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
        assert!(allowed.into_iter().all(|code| is_receivable(code) && is_sendable(code)));
        assert!(!refused.into_iter().any(|code| is_receivable(code) || is_sendable(code)));
    }

    #[test]
    fn pseudo_codes_never_reach_the_wire() {
        for code in [NO_STATUS, ABNORMAL, TLS_HANDSHAKE] {
            assert!(is_pseudo(code));
            assert!(!is_receivable(code) && !is_sendable(code));
        }
    }
}
