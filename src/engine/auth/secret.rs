//! Values that must not reach a log.

use std::borrow::Cow;
use std::fmt;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue, PROXY_AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};

/// What stands in logs and dumps in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Key material: its `Debug` is `[redacted]`, and it has no `Display`.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes themselves, for a cryptographic function and nothing else.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// The header's value as a log or a dump may show it.
///
/// `Sec-WebSocket-Protocol` is hidden as a whole: `bearer` and its token may stand on two lines, and one line alone does
/// not tell.
pub fn redact_header<'a>(name: &HeaderName, value: &'a HeaderValue) -> Cow<'a, str> {
    let carries_token = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, SEC_WEBSOCKET_PROTOCOL].contains(name);
    if carries_token {
        REDACTED.into()
    } else {
        String::from_utf8_lossy(value.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", Secret::new(*b"hunter2")), "[redacted]");
        assert_eq!(format!("{:?}", Some(Secret::new(*b"hunter2"))), "Some([redacted])");
    }

    #[test]
    fn only_headers_that_carry_tokens_are_hidden() {
        let value = HeaderValue::from_static("bearer, abc");
        assert_eq!(redact_header(&SEC_WEBSOCKET_PROTOCOL, &value), "[redacted]");
        assert_eq!(redact_header(&AUTHORIZATION, &value), "[redacted]");
        assert_eq!(redact_header(&COOKIE, &value), "[redacted]");
        assert_eq!(redact_header(&http::header::USER_AGENT, &value), "bearer, abc");
    }
}
