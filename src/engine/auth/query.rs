//! Parameters of a query string (application/x-www-form-urlencoded).

use super::secret::REDACTED;

/// The query string with the values of this parameter replaced, at every occurrence and however its name is encoded.
pub fn redact_query(raw_query: &str, name: &str) -> String {
    let pairs: Vec<_> = raw_query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if form_decode(key) == name => format!("{key}={REDACTED}"),
            _ => pair.to_owned(),
        })
        .collect();
    pairs.join("&")
}

/// The first value of this parameter, decoded.
pub fn first_value(raw_query: &str, name: &str) -> Option<String> {
    raw_query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(key, _)| form_decode(key) == name)
        .map(|(_, value)| form_decode(value))
}

/// Decodes application/x-www-form-urlencoded text. A broken escape stays as it is and bytes that are not UTF-8 become
/// U+FFFD: neither can be part of a token, which is then refused.
pub fn form_decode(encoded: &str) -> String {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => match tail {
                [high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    decoded.push(hex_digit(*high) << 4 | hex_digit(*low));
                    rest = after;
                }
                _ => decoded.push(b'%'),
            },
            other => decoded.push(other),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_redacted_wherever_the_name_occurs() {
        assert_eq!(
            redact_query("a=1&token=x&b&token=y", "token"),
            "a=1&token=[redacted]&b&token=[redacted]"
        );
        assert_eq!(
            redact_query("%74%6Fken=x&tokens=y", "token"),
            "%74%6Fken=[redacted]&tokens=y"
        );
        assert_eq!(
            redact_query("access+token=x", "access token"),
            "access+token=[redacted]"
        );
        assert_eq!(redact_query("token==x%26", "token"), "token=[redacted]");
        assert_eq!(redact_query("", "token"), "");
    }

    #[test]
    fn text_is_decoded_as_a_form() {
        for (encoded, decoded) in [
            ("a+b%20c", "a b c"),
            ("%C3%a9", "é"),
            ("%", "%"),
            ("%4", "%4"),
            ("%4g%41", "%4gA"),
            ("%%41", "%A"),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(form_decode(encoded), decoded, "{encoded}");
        }
    }
}
