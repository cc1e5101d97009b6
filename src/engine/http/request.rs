//! A request, checked: nothing in it can end a line early or say another length than the body has.

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method};

use super::options::{ClientOptions, RequestOptions};
use super::url::Url;

const MAX_FIELDS: usize = 256;
const SHOWN_BYTES: usize = 64;

/// A request as it is sent next.
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) options: RequestOptions,
}

/// An argument that cannot be sent. `Display` is a whole sentence; values of fields are not shown, as they may be secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Argument ${argument} {problem}")]
pub struct ArgumentError {
    pub argument: &'static str,
    pub problem: String,
}

impl Request {
    /// `fields` may repeat a name.
    pub fn new<'a>(
        client: &ClientOptions,
        method: &[u8],
        url: &[u8],
        fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        body: Bytes,
        options: RequestOptions,
    ) -> Result<Self, ArgumentError> {
        let text = str::from_utf8(url).map_err(|_| refused("url", format!("must be UTF-8, {} given", shown(url))))?;
        let (target, credentials) = Url::parse(text, client.base.as_ref()).map_err(|problem| {
            let problem = format!(
                "must be a URL such as \"https://api.example/users\", {} given: {problem}",
                shown(url)
            );
            refused("url", problem)
        })?;
        // As other PHP clients do; the registered methods are all in capitals.
        let method = match Method::from_bytes(&method.to_ascii_uppercase()) {
            Ok(method) if method != Method::CONNECT => method,
            _ => {
                let problem = format!(
                    "must be an HTTP method such as \"GET\", and not CONNECT, {} given",
                    shown(method)
                );
                return Err(refused("method", problem));
            }
        };
        let mut headers = read_fields(fields, "headers", body.len())?;
        for name in client
            .headers
            .keys()
            .filter(|name| !headers.contains_key(*name))
            .collect::<Vec<_>>()
        {
            for value in client.headers.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        if let Some(value) = credentials
            && !headers.contains_key(AUTHORIZATION)
        {
            headers.insert(AUTHORIZATION, value);
        }
        // Nothing here unpacks an answer.
        headers
            .entry(ACCEPT_ENCODING)
            .or_insert(HeaderValue::from_static("identity"));
        Ok(Self {
            method,
            url: target,
            headers,
            body,
            options,
        })
    }

    /// RFC 9110, section 9.2.2: sent twice has the effect of sent once.
    pub(super) fn is_idempotent(&self) -> bool {
        self.method.is_idempotent()
    }

    pub fn options(&self) -> &RequestOptions {
        &self.options
    }
}

/// Header fields that may be sent. `argument` names where they come from.
pub fn read_fields<'a>(
    fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    argument: &'static str,
    body: usize,
) -> Result<HeaderMap, ArgumentError> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let title = shown(name);
        let name = HeaderName::from_bytes(name)
            .map_err(|_| refused(argument, format!("has {title}, which is no name of a header field")))?;
        let mut value = HeaderValue::from_bytes(value).map_err(|_| {
            let problem = format!("has the field {title}, whose value has a line break or another control character");
            refused(argument, problem)
        })?;
        let at_hand = value.as_bytes().to_ascii_lowercase();
        match name {
            // Said by who sends the body.
            CONTENT_LENGTH if at_hand == body.to_string().as_bytes() => continue,
            CONTENT_LENGTH => {
                return Err(refused(
                    argument,
                    format!("has the field {title}, and the body has {body} bytes"),
                ));
            }
            CONNECTION if matches!(at_hand.as_slice(), b"close" | b"keep-alive") => continue,
            CONNECTION | TE | TRAILER | TRANSFER_ENCODING | UPGRADE => {
                let problem = format!("has the field {title}, which is the connection's and not the request's");
                return Err(refused(argument, problem));
            }
            _ if headers.len() >= MAX_FIELDS => {
                return Err(refused(argument, format!("has more than {MAX_FIELDS} fields")));
            }
            _ => {}
        }
        value.set_sensitive(name == AUTHORIZATION);
        headers.append(name, value);
    }
    Ok(headers)
}

fn refused(argument: &'static str, problem: String) -> ArgumentError {
    ArgumentError { argument, problem }
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES)]);
    let dots = if bytes.len() > SHOWN_BYTES { "..." } else { "" };
    format!("\"{}{dots}\"", text.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, url: &str, fields: &[(&str, &str)], body: &'static str) -> Result<Request, String> {
        let fields = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let body = Bytes::from_static(body.as_bytes());
        let client = ClientOptions::default();
        Request::new(
            &client,
            method.as_bytes(),
            url.as_bytes(),
            fields,
            body,
            RequestOptions::default(),
        )
        .map_err(|error| error.to_string())
    }

    fn with(fields: &[(&str, &str)], body: &'static str) -> Result<Request, String> {
        request("POST", "http://a.example/", fields, body)
    }

    #[test]
    fn line_breaks_are_refused_everywhere() {
        let error = with(&[("X-A", "secret\r\nX-B: c")], "").unwrap_err();
        assert!(
            error.starts_with(r#"Argument $headers has the field "X-A", whose value"#),
            "{error}"
        );
        assert!(!error.contains("secret"));
        for value in ["\n", "\r", "\0", "a\u{7f}"] {
            assert!(with(&[("X-A", value)], "").is_err(), "{value:?}");
        }
        for name in ["", "X A", "X-A\r\nX-B", "X:A", "Größe"] {
            assert!(
                with(&[(name, "x")], "")
                    .unwrap_err()
                    .starts_with("Argument $headers has "),
                "{name:?}"
            );
        }
        for method in ["", "GET /", "GET\r\n", "CONNECT", "Connect"] {
            assert!(
                request(method, "http://a/", &[], "")
                    .unwrap_err()
                    .starts_with("Argument $method must be"),
                "{method:?}"
            );
        }
        assert!(
            request("GET", "http://a/\r\nX: y", &[], "")
                .unwrap_err()
                .starts_with("Argument $url must be")
        );
    }

    #[test]
    fn framing_is_nobodys_but_the_clients() {
        let fine = with(&[("Content-Length", "3"), ("Connection", "Close")], "abc").unwrap();
        assert!(!fine.headers.contains_key(CONTENT_LENGTH) && !fine.headers.contains_key(CONNECTION));
        assert_eq!(
            with(&[("Content-Length", "4")], "abc").unwrap_err(),
            r#"Argument $headers has the field "Content-Length", and the body has 3 bytes"#
        );
        for field in [
            ("Transfer-Encoding", "chunked"),
            ("Connection", "upgrade"),
            ("Upgrade", "h2c"),
            ("TE", "trailers"),
        ] {
            assert!(
                with(&[field], "").unwrap_err().contains("which is the connection's"),
                "{field:?}"
            );
        }
    }

    #[test]
    fn methods_are_in_capitals() {
        assert_eq!(request("patch", "http://a/", &[], "").unwrap().method, Method::PATCH);
    }

    #[test]
    fn fields_may_repeat_within_bounds() {
        let request = with(&[("X-A", "1"), ("x-a", "2"), ("X-B", "\u{e9}")], "").unwrap();
        assert_eq!(request.headers.get_all("x-a").iter().count(), 2);
        let many = vec![("X-A", "1"); 257];
        assert_eq!(
            with(&many, "").unwrap_err(),
            "Argument $headers has more than 256 fields"
        );
    }

    #[test]
    fn the_clients_fields_are_defaults() {
        let client = ClientOptions {
            headers: read_fields([(&b"X-A"[..], &b"client"[..]), (b"X-B", b"client")], "options", 0).unwrap(),
            ..ClientOptions::default()
        };
        let fields = [(&b"x-a"[..], &b"own"[..])];
        let request = Request::new(
            &client,
            b"GET",
            b"http://u:p@a/",
            fields,
            Bytes::new(),
            RequestOptions::default(),
        )
        .unwrap();
        assert_eq!(request.headers["x-a"], "own");
        assert_eq!(request.headers["x-b"], "client");
        assert_eq!(request.headers[AUTHORIZATION], "Basic dTpw");
    }
}
