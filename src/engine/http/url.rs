//! Where a request goes.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};
use iri_string::types::{UriAbsoluteString, UriReferenceStr, UriStr};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What RFC 3986 has no place for but people write, such as the brackets of `?filter[name]=x`.
const WRITTEN: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// An absolute http or https URL without user and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Uri);

/// Why a text is no URL to send a request to; what a sentence may end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("it has a control character")]
    Control,
    #[error("it is no URL of RFC 3986; international host names are written in ASCII, as idn_to_ascii() gives them")]
    Syntax,
    #[error("it is relative, and there is no \"base_uri\"")]
    Relative,
    #[error("its scheme is not http or https")]
    Scheme,
    #[error("it has no host")]
    Host,
}

/// User and password of a URL, as the field `Authorization` carries them.
pub type Credentials = Option<HeaderValue>;

impl Url {
    /// Reads an absolute URL, or a reference that `base` completes as a browser completes a link.
    pub fn parse(text: &str, base: Option<&Self>) -> Result<(Self, Credentials), UrlError> {
        if text.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(UrlError::Control);
        }
        let text = tidy(text.split('#').next().unwrap_or_default());
        let reference = UriReferenceStr::new(&text).map_err(|_| UrlError::Syntax)?;
        let absolute = match base {
            _ if UriStr::new(&text).is_ok() => text,
            None => return Err(UrlError::Relative),
            Some(base) => {
                let base = UriAbsoluteString::try_from(base.to_string()).map_err(|_| UrlError::Syntax)?;
                reference.resolve_against(&base).to_string()
            }
        };
        let scheme = absolute.split(':').next().unwrap_or_default();
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Err(UrlError::Scheme);
        }
        let uri: Uri = absolute.parse().map_err(|_| UrlError::Syntax)?;
        let authority = uri.authority().ok_or(UrlError::Host)?.as_str();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let credentials = user.filter(|user| !user.is_empty()).and_then(basic);
        let mut parts = uri.clone().into_parts();
        parts.authority = Some(host.parse().map_err(|_| UrlError::Host)?);
        let uri = Uri::from_parts(parts).map_err(|_| UrlError::Syntax)?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(UrlError::Host);
        }
        // The type says that there is none when it is too large.
        let port = host.rsplit_once(':').map_or("", |(_, port)| port);
        if !port.is_empty() && !host.ends_with(']') && uri.port_u16().is_none() {
            return Err(UrlError::Syntax);
        }
        Ok((Self(uri), credentials))
    }

    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// Host and port, as an error message names the server.
    pub fn server(&self) -> String {
        format!("{}:{}", self.0.host().unwrap_or_default(), self.port())
    }

    pub fn is_secure(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    pub fn port(&self) -> u16 {
        let default = if self.is_secure() { 443 } else { 80 };
        self.0.port_u16().unwrap_or(default)
    }

    /// RFC 6454: scheme, host and port are the same.
    pub fn has_origin_of(&self, other: &Self) -> bool {
        self.origin() == other.origin()
    }

    pub fn origin(&self) -> (bool, String, u16) {
        let host = self.0.host().unwrap_or_default().to_ascii_lowercase();
        (self.is_secure(), host, self.port())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A query may carry a secret.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({}{})", self.server(), self.0.path())
    }
}

/// Encodes what stands for itself in path and query.
fn tidy(text: &str) -> String {
    let start = text.find("//").map_or(0, |slashes| {
        let scheme = &text[..slashes];
        let names_host = scheme.is_empty() || (scheme.ends_with(':') && !scheme.contains(['/', '?']));
        let rest = slashes + 2;
        if names_host {
            text[rest..].find(['/', '?']).map_or(text.len(), |at| rest + at)
        } else {
            0
        }
    });
    let (host, rest) = text.split_at(start);
    let encoded = utf8_percent_encode(rest, WRITTEN).to_string();
    let mut tidied = String::with_capacity(text.len());
    tidied.push_str(host);
    for (number, piece) in encoded.split('%').enumerate() {
        if number > 0 {
            let is_code = piece.len() >= 2 && piece.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit);
            tidied.push_str(if is_code { "%" } else { "%25" });
        }
        tidied.push_str(piece);
    }
    tidied
}

fn basic(user: &str) -> Credentials {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let pair = [
        percent_decode_str(user).collect::<Vec<u8>>(),
        percent_decode_str(password).collect(),
    ];
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(pair.join(&b':')))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> String {
        Url::parse(text, None).unwrap().0.to_string()
    }

    fn resolved(text: &str) -> String {
        let base = Url::parse("https://api.example:8443/v1/users?x=1", None).unwrap().0;
        Url::parse(text, Some(&base)).unwrap().0.to_string()
    }

    #[test]
    fn absolute_urls_are_kept_without_fragment() {
        assert_eq!(url("http://a.example"), "http://a.example/");
        assert_eq!(url("https://a.example:8443/x?y=1#z"), "https://a.example:8443/x?y=1");
        assert_eq!(url("http://[::1]:80/"), "http://[::1]:80/");
        assert_eq!(url("HTTP://A.example/"), "http://A.example/");
    }

    #[test]
    fn what_people_write_is_encoded() {
        assert_eq!(
            url("http://a.example/ä b?f[x]=|&p=100%&q=%41"),
            "http://a.example/%C3%A4%20b?f%5Bx%5D=%7C&p=100%25&q=%41"
        );
        assert_eq!(
            url("http://a.example/?next=http://b.example/[1]"),
            "http://a.example/?next=http://b.example/%5B1%5D"
        );
        assert_eq!(
            url("http://a.example/\\\\b.example"),
            "http://a.example/%5C%5Cb.example"
        );
    }

    #[test]
    fn references_are_resolved() {
        assert_eq!(resolved("orders"), "https://api.example:8443/v1/orders");
        assert_eq!(resolved("/orders?a[]=1"), "https://api.example:8443/orders?a%5B%5D=1");
        assert_eq!(resolved("../../x"), "https://api.example:8443/x");
        assert_eq!(resolved("?page=2"), "https://api.example:8443/v1/users?page=2");
        assert_eq!(resolved("//b.example/y"), "https://b.example/y");
        assert_eq!(resolved("http://c.example/z"), "http://c.example/z");
        assert_eq!(resolved(""), "https://api.example:8443/v1/users?x=1");
    }

    #[test]
    fn a_user_becomes_a_header() {
        let (url, credentials) = Url::parse("https://me%40x:p%3Aw@a.example/", None).unwrap();
        assert_eq!(url.to_string(), "https://a.example/");
        let value = credentials.unwrap();
        assert_eq!(value, format!("Basic {}", BASE64_STANDARD.encode("me@x:p:w")).as_str());
        assert!(value.is_sensitive());
        assert!(!format!("{url:?}").contains("p%3Aw"));
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, errors) in [
            ("http://a.example/\r\nX: y", [UrlError::Control; 2]),
            ("http://a.example/\0", [UrlError::Control; 2]),
            ("/path", [UrlError::Relative; 2]),
            ("", [UrlError::Relative; 2]),
            ("ftp://a.example/", [UrlError::Scheme; 2]),
            ("mailto:a@b", [UrlError::Scheme; 2]),
            ("file:///etc/passwd", [UrlError::Scheme; 2]),
            ("http:///x", [UrlError::Host, UrlError::Syntax]),
            ("http://", [UrlError::Host, UrlError::Syntax]),
            ("http:x", [UrlError::Host, UrlError::Syntax]),
            ("http://:80/", [UrlError::Host, UrlError::Syntax]),
            ("http://u@/", [UrlError::Host, UrlError::Syntax]),
            ("http://größe.example/", [UrlError::Syntax; 2]),
            ("http://a b/", [UrlError::Syntax; 2]),
            ("http://a:port/", [UrlError::Syntax; 2]),
            ("http://a:99999/", [UrlError::Syntax; 2]),
            ("http://[::1]:99999/", [UrlError::Syntax; 2]),
            ("http://[::1", [UrlError::Syntax; 2]),
            ("http://a|b/", [UrlError::Syntax; 2]),
        ] {
            let error = Url::parse(text, None).unwrap_err();
            assert!(errors.contains(&error), "{text:?}: {error:?}");
        }
        assert!(Url::parse(&format!("http://a.example/{}", "x".repeat(70_000)), None).is_err());
    }

    #[test]
    fn origins_are_scheme_host_and_port() {
        let same = |left, right| {
            let parse = |text| Url::parse(text, None).unwrap().0;
            parse(left).has_origin_of(&parse(right))
        };
        assert!(same("http://a.example/x", "http://A.example:80/y"));
        assert!(same("https://a.example/", "https://a.example:443/"));
        assert!(!same("http://a.example/", "https://a.example/"));
        assert!(!same("http://a.example/", "http://a.example:81/"));
        assert!(!same("http://a.example/", "http://b.example/"));
    }
}
