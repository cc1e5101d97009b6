//! The opening request as both sides need it (RFC 6455 section 4).

use std::net::IpAddr;

use http::{HeaderMap, Method, Uri};

use super::auth::jwt::VerifiedToken;
use super::auth::token::Token;

/// Names a handshake that PHP is asked about; unique in one server's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandshakeId {
    pub io_thread: u8,
    pub serial: u64,
}

/// An opening request that passed every check made in Rust.
#[derive(Debug)]
pub struct HandshakeRequest {
    pub id: HandshakeId,
    pub head: RequestHead,
    /// `None`: the client came over a Unix socket.
    pub client: Option<IpAddr>,
    /// What many requests have nothing of; connections keep their requests.
    credentials: Option<Box<Credentials>>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<HandshakeRequest>() <= 80);

/// What the client offered and proved beside its headers.
#[derive(Debug, Default)]
pub struct Credentials {
    /// The subprotocol the server will answer with.
    pub subprotocol: Option<Box<str>>,
    /// What the client offered, without the bearer token.
    pub offered: Box<[Box<str>]>,
    pub token: Option<Token>,
    pub verified: Option<VerifiedToken>,
}

impl HandshakeRequest {
    /// Without an id: only one that PHP is asked about needs it.
    pub fn new(head: RequestHead, client: Option<IpAddr>, credentials: Credentials) -> Self {
        let none = credentials.subprotocol.is_none()
            && credentials.offered.is_empty()
            && credentials.token.is_none()
            && credentials.verified.is_none();
        Self {
            id: HandshakeId {
                io_thread: 0,
                serial: 0,
            },
            head,
            client,
            credentials: (!none).then(|| Box::new(credentials)),
        }
    }

    pub fn subprotocol(&self) -> Option<&str> {
        self.credentials.as_ref()?.subprotocol.as_deref()
    }

    pub fn offered(&self) -> &[Box<str>] {
        self.credentials.as_ref().map_or(&[], |c| &c.offered)
    }

    pub fn token(&self) -> Option<&Token> {
        self.credentials.as_ref()?.token.as_ref()
    }

    pub fn verified(&self) -> Option<&VerifiedToken> {
        self.credentials.as_ref()?.verified.as_ref()
    }
}

/// What PHP answers to a handshake.
#[derive(Debug)]
pub enum HandshakeReply {
    /// Accepted; the connection closes at this Unix time, or when its verified token expires.
    /// `user` is whose connection it is, where PHP says so.
    Accept {
        expires_at: Option<i64>,
        user: Option<Box<str>>,
    },
    /// Refused with a status from 400 to 599.
    Refuse { status: u16 },
}

/// Method, target and header fields in one allocation: a connection keeps them as long as it lives.
#[derive(Clone, Default)]
pub struct RequestHead {
    bytes: Box<[u8]>,
    method_len: u16,
    path_len: u32,
    /// `u32::MAX`: the target had no query.
    query_len: u32,
}

const NO_QUERY: u32 = u32::MAX;

impl RequestHead {
    /// Lengths fit: hyper refuses a head above `max_header_bytes`, which is at most 1 MiB.
    #[allow(clippy::cast_possible_truncation)]
    pub fn new(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let query = uri.query();
        let size = headers
            .iter()
            .map(|(n, v)| n.as_str().len() + v.len() + 6)
            .sum::<usize>();
        let mut bytes = Vec::with_capacity(method.as_str().len() + uri.path().len() + query.map_or(0, str::len) + size);
        bytes.extend_from_slice(method.as_str().as_bytes());
        bytes.extend_from_slice(uri.path().as_bytes());
        bytes.extend_from_slice(query.unwrap_or_default().as_bytes());
        for (name, value) in headers {
            bytes.extend_from_slice(&(name.as_str().len() as u16).to_le_bytes());
            bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(value.as_bytes());
        }
        Self {
            bytes: bytes.into_boxed_slice(),
            method_len: method.as_str().len() as u16,
            path_len: uri.path().len() as u32,
            query_len: query.map_or(NO_QUERY, |q| q.len() as u32),
        }
    }

    fn target(&self) -> (usize, usize, usize) {
        let path = usize::from(self.method_len);
        let query = path + self.path_len as usize;
        let fields = query
            + if self.query_len == NO_QUERY {
                0
            } else {
                self.query_len as usize
            };
        (path, query, fields)
    }

    /// Bytes of the head, close to what came over the wire.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    pub fn method(&self) -> &str {
        text(&self.bytes[..usize::from(self.method_len)])
    }

    /// As sent, not decoded.
    pub fn path(&self) -> &str {
        let (path, query, _) = self.target();
        text(&self.bytes[path..query])
    }

    pub fn query(&self) -> Option<&str> {
        let (_, query, fields) = self.target();
        (self.query_len != NO_QUERY).then(|| text(&self.bytes[query..fields]))
    }

    /// Lower-case names and values, in the order sent.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut rest = &self.bytes[self.target().2..];
        std::iter::from_fn(move || {
            let (name_len, after) = rest.split_first_chunk::<2>()?;
            let (value_len, after) = after.split_first_chunk::<4>()?;
            let (name, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*name_len)))?;
            let (value, after) = after.split_at_checked(u32::from_le_bytes(*value_len) as usize)?;
            rest = after;
            Some((text(name), value))
        })
    }

    /// The values of one field joined with `", "`, or `"; "` for cookies (RFC 9110 section 5.3, RFC 6265 section 5.4).
    pub fn field(&self, name: &str) -> Option<Vec<u8>> {
        let separator: &[u8] = if name.eq_ignore_ascii_case("cookie") {
            b"; "
        } else {
            b", "
        };
        let mut joined: Option<Vec<u8>> = None;
        for (_, value) in self.fields().filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
            match &mut joined {
                None => joined = Some(value.to_vec()),
                Some(all) => {
                    all.extend_from_slice(separator);
                    all.extend_from_slice(value);
                }
            }
        }
        joined
    }
}

/// The parts were `str` when they were packed.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Never prints the query or the fields: they may carry the token.
impl std::fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packed_head_gives_back_what_it_got() {
        let uri: Uri = "/chat/%20x?token=a&b".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.append("host", "h".parse().unwrap());
        headers.append("cookie", "a=1".parse().unwrap());
        headers.append("cookie", "b=2".parse().unwrap());
        let head = RequestHead::new(&Method::GET, &uri, &headers);
        assert_eq!(
            (head.method(), head.path(), head.query()),
            ("GET", "/chat/%20x", Some("token=a&b"))
        );
        assert_eq!(head.fields().count(), 3);
        assert_eq!(head.field("Cookie").unwrap(), b"a=1; b=2");
        assert_eq!(head.field("origin"), None);
        assert!(!format!("{head:?}").contains("token"));
    }

    #[test]
    fn no_query_differs_from_an_empty_one() {
        let head = |t: &str| RequestHead::new(&Method::GET, &t.parse().unwrap(), &HeaderMap::new());
        assert_eq!(head("/").query(), None);
        assert_eq!(head("/?").query(), Some(""));
    }
}
