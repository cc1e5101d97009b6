//! Which web pages may connect (RFC 6455 section 10.2).
//!
//! The check protects browser users from foreign pages that open a connection with the user's cookies. It is no
//! authentication: a program outside a browser sends any Origin it likes.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use http::HeaderMap;
use http::header::ORIGIN;

/// The allowed origins; an empty list allows any.
///
/// ```
/// use ferry::engine::auth::OriginList;
///
/// let origins: OriginList = ["https://example.org".parse()?, "https://*.example.org".parse()?].into_iter().collect();
/// assert!(origins.allows(Some("https://chat.example.org")));
/// assert!(!origins.allows(Some("https://evil-example.org")));
/// # Ok::<(), ferry::engine::auth::origin::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginList(Vec<OriginPattern>);

impl OriginList {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a request with this Origin header may connect.
    ///
    /// A request without the header is allowed: browsers always send it, and other clients could forge it anyway. With a
    /// list, `null` (sandboxed frames and local files, so anybody's page) and malformed values are refused.
    pub fn allows(&self, origin: Option<&str>) -> bool {
        let Some(origin) = origin else { return true };
        self.0.is_empty() || Origin::parse(origin).is_some_and(|origin| self.0.iter().any(|one| one.matches(&origin)))
    }

    /// Like `allows`, for a request head: with a list, several Origin headers or one that is not text are refused.
    pub fn allows_request(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(ORIGIN).iter();
        match (values.next(), values.next()) {
            (None, _) => true,
            (Some(one), None) => one
                .to_str()
                .map_or(self.0.is_empty(), |origin| self.allows(Some(origin))),
            (Some(_), Some(_)) => self.0.is_empty(),
        }
    }
}

impl FromIterator<OriginPattern> for OriginList {
    fn from_iter<I: IntoIterator<Item = OriginPattern>>(patterns: I) -> Self {
        Self(patterns.into_iter().collect())
    }
}

/// One entry of the list: `https://example.org`, `https://example.org:8443`, or `https://*.example.org`, which matches
/// subdomains of any depth but not `example.org` itself.
#[derive(Clone, PartialEq, Eq)]
pub struct OriginPattern {
    origin: Origin,
    subdomains: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an origin such as \"https://example.org\" or \"https://*.example.org\"")]
pub struct InvalidOrigin;

impl FromStr for OriginPattern {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let origin = Origin::parse(text).ok_or(InvalidOrigin)?;
        let (subdomains, host) = match origin.host.strip_prefix("*.") {
            Some(parent) => (true, parent.to_owned()),
            None => (false, origin.host),
        };
        if host.is_empty() || host.starts_with('.') || host.contains('*') {
            return Err(InvalidOrigin);
        }
        Ok(Self {
            origin: Origin { host, ..origin },
            subdomains,
        })
    }
}

impl OriginPattern {
    fn matches(&self, origin: &Origin) -> bool {
        let same_host = if self.subdomains {
            // The dot must be there, or `https://evil-example.org` would pass, and a label before it.
            origin
                .host
                .strip_suffix(self.origin.host.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|label| !label.is_empty())
        } else {
            origin.host == self.origin.host
        };
        same_host && origin.scheme == self.origin.scheme && origin.port == self.origin.port
    }
}

impl fmt::Debug for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { scheme, host, port } = &self.origin;
        let wildcard = if self.subdomains { "*." } else { "" };
        write!(f, "{scheme}://{wildcard}{host}")?;
        port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// An origin in the form that comparison needs: lower case, and the port absent only for a scheme without a default.
#[derive(Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let scheme_char = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if !scheme.starts_with(|first: char| first.is_ascii_alphabetic()) || !scheme.bytes().all(scheme_char) {
            return None;
        }

        let (host, port) = split_host(authority)?;
        let port = match port {
            "" => default_port(&scheme),
            _ => Some(parse_port(port.strip_prefix(':')?)?),
        };
        Some(Self { scheme, host, port })
    }
}

/// The host, comparable, and the rest from the colon on.
fn split_host(authority: &str) -> Option<(String, &str)> {
    if let Some(inner) = authority.strip_prefix('[') {
        let (address, port) = inner.split_once(']')?;
        return Some((format!("[{}]", address.parse::<Ipv6Addr>().ok()?), port));
    }
    let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
    // Browsers send international names in punycode, so anything else could never match.
    let valid = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte));
    (valid && !host.is_empty()).then(|| (host.to_ascii_lowercase(), port))
}

fn parse_port(digits: &str) -> Option<u16> {
    // `u16::from_str` also takes a plus sign.
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn list(entries: &[&str]) -> OriginList {
        entries
            .iter()
            .map(|entry| entry.parse::<OriginPattern>().unwrap())
            .collect()
    }

    #[test]
    fn an_empty_list_allows_any() {
        for origin in [None, Some("https://example.org"), Some("null"), Some("rubbish")] {
            assert!(list(&[]).allows(origin));
        }
    }

    #[test]
    fn exact_origins_compare_scheme_host_and_port() {
        let origins = list(&[
            "https://Example.org",
            "http://localhost:3000",
            "capacitor://localhost",
            "http://[::1]:80",
        ]);
        for allowed in [
            "https://example.org",
            "HTTPS://EXAMPLE.ORG",
            "https://example.org:443",
            "http://localhost:3000",
            "capacitor://localhost",
            "http://[0:0::1]",
        ] {
            assert!(origins.allows(Some(allowed)), "{allowed}");
        }
        for refused in [
            "http://example.org",
            "https://example.org:8443",
            "https://www.example.org",
            "https://example.org.evil.net",
            "https://example.org/",
            "https://example.org@evil.net",
            "http://localhost",
            "null",
            "",
            "https://",
            "https://example.org:",
            "https://example.org:+443",
            "https://example.org:4430000",
            "https://example.org https://evil.net",
        ] {
            assert!(!origins.allows(Some(refused)), "{refused}");
        }
    }

    #[test]
    fn a_missing_header_is_allowed() {
        assert!(list(&["https://example.org"]).allows(None));
    }

    #[test]
    fn wildcards_match_subdomains_only() {
        let origins = list(&["https://*.example.org"]);
        assert!(origins.allows(Some("https://a.example.org")));
        assert!(origins.allows(Some("https://a.b.EXAMPLE.org:443")));
        for refused in [
            "https://example.org",
            "https://.example.org",
            "https://evil-example.org",
            "https://a.example.org.evil.net",
            "https://a.example.org:444",
            "http://a.example.org",
        ] {
            assert!(!origins.allows(Some(refused)), "{refused}");
        }
    }

    #[test]
    fn malformed_entries_are_refused() {
        for entry in [
            "",
            "*",
            "null",
            "example.org",
            "https://",
            "https://*",
            "https://*.",
            "https://*.*.example.org",
            "https://a.*.example.org",
            "https://*example.org",
            "https://example.org/",
            "https://example.org/path",
            "https://user@example.org",
            "https://exämple.org",
            "https://example.org:port",
            "https://example.org:65536",
            "https://[::1",
            "https://[example]",
            "1http://example.org",
        ] {
            assert_eq!(entry.parse::<OriginPattern>(), Err(InvalidOrigin), "{entry}");
        }
    }

    #[test]
    fn several_origin_headers_are_refused() {
        let mut headers = HeaderMap::new();
        let origins = list(&["https://example.org"]);
        assert!(origins.allows_request(&headers));
        headers.append(ORIGIN, HeaderValue::from_static("https://example.org"));
        assert!(origins.allows_request(&headers));
        headers.append(ORIGIN, HeaderValue::from_static("https://example.org"));
        assert!(!origins.allows_request(&headers));
        assert!(list(&[]).allows_request(&headers));

        headers.insert(ORIGIN, HeaderValue::from_bytes(b"https://\xff").unwrap());
        assert!(!origins.allows_request(&headers));
        assert!(list(&[]).allows_request(&headers));
    }

    #[test]
    fn entries_print_as_they_are_compared() {
        let origins = list(&["HTTPS://*.Example.org", "tauri://localhost"]);
        assert_eq!(
            format!("{origins:?}"),
            "OriginList([https://*.example.org:443, tauri://localhost])"
        );
    }
}
