//! Where a request carries its token.
//!
//! Browsers cannot set headers on a WebSocket, so besides `Authorization` (RFC 6750 section 2.1) a token may come as the
//! subprotocol after `bearer`, in a cookie, or in the query string.

use std::fmt;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, SEC_WEBSOCKET_PROTOCOL};

use super::query;
pub use super::query::redact_query;
use super::secret::REDACTED;

/// The subprotocol that announces a token as the next one; the only part of the pair that is ever echoed.
pub const BEARER: &str = "bearer";

/// The places searched for a token, in the order of the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSources {
    /// `Authorization: Bearer <token>`.
    pub header: bool,
    /// `Sec-WebSocket-Protocol: bearer, <token>`.
    pub subprotocol: bool,
    /// Name of the cookie; only safe with an origin list, as a browser sends cookies for any page.
    pub cookie: Option<String>,
    /// Name of the query parameter.
    pub query: Option<String>,
}

impl Default for TokenSources {
    fn default() -> Self {
        Self {
            header: true,
            subprotocol: true,
            cookie: None,
            query: Some("token".into()),
        }
    }
}

impl TokenSources {
    /// The first token found. It is not verified and may be any text at all: a malformed one is returned as it is, to be
    /// refused, so that a broken `Authorization` header never falls through to a weaker source. An empty one is absent.
    ///
    /// `raw_query` is the part after `?`, still percent-encoded. Where a name occurs twice, the first one counts.
    pub fn extract(&self, headers: &HeaderMap, raw_query: Option<&str>) -> Option<Token> {
        let header = || self.header.then(|| from_authorization(headers))?;
        let subprotocol = || self.subprotocol.then(|| from_subprotocol(headers))?;
        let cookie = || from_cookie(headers, self.cookie.as_deref()?);
        let query = || query::first_value(raw_query?, self.query.as_deref()?);

        Token::found(header(), TokenSource::Header)
            .or_else(|| Token::found(subprotocol(), TokenSource::Subprotocol))
            .or_else(|| Token::found(cookie(), TokenSource::Cookie))
            .or_else(|| Token::found(query(), TokenSource::Query))
    }

    /// Whether no source is left.
    pub fn is_empty(&self) -> bool {
        !self.header && !self.subprotocol && self.cookie.is_none() && self.query.is_none()
    }
}

/// An unverified token. `Debug` prints `[redacted]`; there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    value: String,
    source: TokenSource,
}

impl Token {
    fn found(value: Option<String>, source: TokenSource) -> Option<Self> {
        let value = value.filter(|value| !value.is_empty())?;
        Some(Self { value, source })
    }

    pub fn as_str(&self) -> &str {
        &self.value
    }

    pub fn into_string(self) -> String {
        self.value
    }

    pub fn source(&self) -> TokenSource {
        self.source
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSource {
    Header,
    Subprotocol,
    Cookie,
    Query,
}

/// The subprotocols that the client offers, without `bearer` and the token after it, whether or not that source is on: the
/// result may be shown and logged.
pub fn offered_subprotocols(headers: &HeaderMap) -> Vec<String> {
    let mut offered = Vec::new();
    let mut items = subprotocol_items(headers);
    while let Some(item) = items.next() {
        if item == BEARER {
            items.next();
        } else {
            offered.push(item.to_owned());
        }
    }
    offered
}

/// Whether `bearer` is among the offered subprotocols, so that it may be echoed.
///
/// The name is case-sensitive, like every subprotocol: a browser fails a connection whose answer differs from its offer.
pub fn bearer_offered(headers: &HeaderMap) -> bool {
    subprotocol_items(headers).any(|item| item == BEARER)
}

/// Whether this is a token in the sense of HTTP (RFC 7230 section 3.2.6), as names of subprotocols and cookies are.
pub fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn from_authorization(headers: &HeaderMap) -> Option<String> {
    headers.get_all(AUTHORIZATION).iter().find_map(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked("bearer ".len())?;
        let token = scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)?;
        Some(String::from_utf8_lossy(token).trim().to_owned())
    })
}

fn from_subprotocol(headers: &HeaderMap) -> Option<String> {
    subprotocol_items(headers)
        .skip_while(|item| *item != BEARER)
        .nth(1)
        .map(str::to_owned)
}

fn from_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    // As bytes: another cookie of the same line may hold any.
    let lines = headers.get_all(COOKIE).iter();
    let mut pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let value = pairs.find_map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        (parts.next()?.trim_ascii() == name.as_bytes()).then(|| parts.next())?
    })?;
    let value = value.trim_ascii();
    // RFC 6265 section 4.1.1: the value may stand in double quotes.
    let bare = value
        .strip_prefix(b"\"")
        .and_then(|inner| inner.strip_suffix(b"\""))
        .unwrap_or(value);
    Some(String::from_utf8_lossy(bare).into_owned())
}

fn subprotocol_items(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|item| item.trim_matches([' ', '\t']))
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_bytes(value.as_bytes()).unwrap(),
                )
            })
            .collect()
    }

    fn all() -> TokenSources {
        TokenSources {
            cookie: Some("session".into()),
            ..TokenSources::default()
        }
    }

    fn extract(
        sources: &TokenSources,
        lines: &[(&'static str, &str)],
        query: Option<&str>,
    ) -> Option<(String, TokenSource)> {
        sources
            .extract(&headers(lines), query)
            .map(|token| (token.as_str().to_owned(), token.source()))
    }

    #[test]
    fn sources_are_searched_in_order() {
        let mut lines = vec![
            ("authorization", "Bearer from-header"),
            ("sec-websocket-protocol", "bearer, from-subprotocol"),
            ("cookie", "session=from-cookie"),
        ];
        let query = Some("token=from-query");
        for (token, source) in [
            ("from-header", TokenSource::Header),
            ("from-subprotocol", TokenSource::Subprotocol),
            ("from-cookie", TokenSource::Cookie),
            ("from-query", TokenSource::Query),
        ] {
            assert_eq!(extract(&all(), &lines, query), Some((token.into(), source)));
            if !lines.is_empty() {
                lines.remove(0);
            }
        }
        assert_eq!(extract(&all(), &[], None), None);
    }

    #[test]
    fn a_source_that_is_off_is_not_searched() {
        let off = TokenSources {
            header: false,
            subprotocol: false,
            cookie: None,
            query: None,
        };
        let lines = [
            ("authorization", "Bearer a"),
            ("sec-websocket-protocol", "bearer, b"),
            ("cookie", "session=c; token=c"),
        ];
        assert_eq!(extract(&off, &lines, Some("token=d")), None);
        assert!(off.is_empty());
        assert!(!all().is_empty());
    }

    #[test]
    fn authorization_takes_the_bearer_scheme_in_any_case() {
        let header = |value| extract(&all(), &[("authorization", value)], None).map(|found| found.0);
        assert_eq!(header("bEaReR abc"), Some("abc".into()));
        assert_eq!(header("Bearer   abc "), Some("abc".into()));
        assert_eq!(header("Bearer a b"), Some("a b".into()));
        for absent in ["Basic abc", "Bearer", "Bearer ", "Bearerabc", "", "Béarer abc"] {
            assert_eq!(header(absent), None, "{absent}");
        }
        let two = [("authorization", "Basic x"), ("authorization", "Bearer y")];
        assert_eq!(extract(&all(), &two, None), Some(("y".into(), TokenSource::Header)));
    }

    #[test]
    fn the_bearer_pair_may_stand_among_others_and_over_lines() {
        let map = headers(&[
            ("sec-websocket-protocol", "chat.v2, , bearer"),
            ("sec-websocket-protocol", "a.b-c_d,chat.v1"),
        ]);
        assert_eq!(all().extract(&map, None).unwrap().as_str(), "a.b-c_d");
        assert_eq!(offered_subprotocols(&map), ["chat.v2", "chat.v1"]);
        assert!(bearer_offered(&map));
    }

    #[test]
    fn bearer_without_a_token_yields_none() {
        let map = headers(&[("sec-websocket-protocol", "chat, bearer")]);
        assert_eq!(all().extract(&map, None), None);
        assert_eq!(offered_subprotocols(&map), ["chat"]);
        assert!(bearer_offered(&map));
        assert!(!bearer_offered(&headers(&[("sec-websocket-protocol", "chat, Bearer")])));
    }

    #[test]
    fn no_token_stays_among_the_offered_subprotocols() {
        let map = headers(&[("sec-websocket-protocol", "bearer, one, chat, bearer, two")]);
        assert_eq!(offered_subprotocols(&map), ["chat"]);
    }

    #[test]
    fn cookies_are_found_by_exact_name() {
        let cookie = |value| extract(&all(), &[("cookie", value)], None).map(|found| found.0);
        assert_eq!(cookie("a=1; session=x.y; b=2"), Some("x.y".into()));
        assert_eq!(cookie("session=\"x\""), Some("x".into()));
        assert_eq!(cookie("session=first; session=second"), Some("first".into()));
        assert_eq!(cookie("session=x="), Some("x=".into()));
        assert_eq!(cookie("session=\""), Some("\"".into()));
        assert_eq!(cookie("name=Zoë; session=x"), Some("x".into()));
        for absent in ["sessions=x", "Session=x", "session", "session=", "; ;=;", ""] {
            assert_eq!(cookie(absent), None, "{absent}");
        }
    }

    #[test]
    fn the_query_is_form_decoded_and_its_first_occurrence_counts() {
        let query = |raw| extract(&all(), &[], Some(raw)).map(|found| found.0);
        assert_eq!(query("a=b&token=x%2Ey&token=z"), Some("x.y".into()));
        assert_eq!(query("%74oken=x"), Some("x".into()));
        assert_eq!(query("token=a+b"), Some("a b".into()));
        assert_eq!(query("token=a=b"), Some("a=b".into()));
        assert_eq!(query("token=%zz%4"), Some("%zz%4".into()));
        assert_eq!(query("token=%ff"), Some("\u{fffd}".into()));
        for absent in ["token=&token=x", "token", "tokens=x", "", "&&=&%"] {
            assert_eq!(query(absent), None, "{absent}");
        }
    }

    #[test]
    fn what_is_extracted_is_also_redacted() {
        for raw in [
            "token=SECRET",
            "x&token=SECRET&",
            "%74oken=SECRET",
            "to%6ben=SECRET&token=SECRET",
        ] {
            assert!(extract(&all(), &[], Some(raw)).is_some());
            assert!(!redact_query(raw, "token").contains("SECRET"), "{raw}");
        }
    }

    #[test]
    fn tokens_are_not_printed() {
        let token = all().extract(&HeaderMap::new(), Some("token=secret")).unwrap();
        assert_eq!(format!("{token:?}"), "[redacted]");
        assert_eq!(token.into_string(), "secret");
    }

    #[test]
    fn hostile_text_never_panics() {
        let seed = "token=%C3%A9&bearer, \"x\";session=\"%&=;+,";
        for start in (0..seed.len()).filter(|at| seed.is_char_boundary(*at)) {
            for end in start..=seed.len() {
                let text = &seed[start..end];
                let lines = [
                    ("authorization", text),
                    ("sec-websocket-protocol", text),
                    ("cookie", text),
                ];
                let map = headers(&lines);
                let _ = all().extract(&map, Some(text));
                let _ = offered_subprotocols(&map);
                let _ = redact_query(text, "token");
            }
        }
    }
}
