//! The class `Ferry\Handshake`, and what a handshake callback may answer.

use std::sync::Arc;

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendHashTable, Zval};

use crate::engine::auth::secret::REDACTED;
use crate::engine::request::HandshakeRequest;

use super::convert::{self, ArrayValue};
use super::identity::{self, Identity};
use super::{exception, object};

/// What the tickets of the PHP package begin with (`Ferry\Auth\TicketCodec`): credentials that this side does not know.
const TICKET_PREFIX: &[u8] = b"fwt1.";
/// Query parameters that are credentials whatever they are configured to be.
const SECRETS: [&str; 3] = ["token", "ticket", "access_token"];

/// The HTTP request that opened a connection (RFC 6455 section 4.1). Its arrays are made when they are asked for: most
/// connections live without.
#[php_class]
#[php(name = "Ferry\\Handshake")]
pub struct Handshake {
    request: Arc<HandshakeRequest>,
}

#[php_impl]
impl Handshake {
    #[php(vis = "private")]
    pub fn __construct() -> PhpResult<Self> {
        Err(exception::logic("Ferry\\Handshake objects are made by the server"))
    }

    #[php(getter, name = "method")]
    pub fn get_method(&self) -> String {
        self.request.head.method().into()
    }

    #[php(getter, name = "path")]
    pub fn get_path(&self) -> String {
        self.request.head.path().into()
    }

    #[php(getter, name = "query")]
    pub fn get_query(&self) -> PhpResult<ArrayValue> {
        convert::parse_query(self.request.head.query().unwrap_or_default()).map(ArrayValue)
    }

    #[php(getter, name = "headers")]
    pub fn get_headers(&self) -> PhpResult<ArrayValue> {
        self.fields(|_, value| value).map(ArrayValue)
    }

    #[php(getter, name = "cookies")]
    pub fn get_cookies(&self) -> PhpResult<ArrayValue> {
        self.cookie_table(|value| value).map(ArrayValue)
    }

    #[php(getter, name = "subprotocols")]
    pub fn get_subprotocols(&self) -> PhpResult<ArrayValue> {
        let mut table = ZendHashTable::new();
        for offered in self.request.offered() {
            table.push(&**offered)?;
        }
        Ok(ArrayValue(convert::array(table)))
    }

    #[php(getter, name = "subprotocol")]
    pub fn get_subprotocol(&self) -> Option<String> {
        self.request.subprotocol().map(Into::into)
    }

    #[php(getter, name = "remoteAddress")]
    pub fn get_remote_address(&self) -> String {
        remote_address(&self.request)
    }

    #[php(getter, name = "token")]
    pub fn get_token(&self) -> Option<String> {
        self.request.token().map(|t| t.as_str().to_owned())
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.request
            .head
            .field(name)
            .map(|v| String::from_utf8_lossy(&v).into_owned())
    }

    pub fn identity(&self) -> PhpResult<Option<Identity>> {
        token_identity(&self.request)
    }

    pub fn claims(&self) -> PhpResult<ArrayValue> {
        match self.request.verified() {
            Some(verified) => convert::json_object(&verified.claims).map(ArrayValue),
            None => Ok(ArrayValue(Zval::new_array())),
        }
    }

    /// Shows no value in which the token or a ticket occurs, and none of a parameter that is named after them.
    #[php(name = "__debugInfo")]
    pub fn debug_info(&self) -> PhpResult<ArrayValue> {
        let token = self.request.token().map(|t| t.as_str().as_bytes());
        let has = |value: &[u8], part: &[u8]| value.windows(part.len().max(1)).any(|w| w == part);
        let shows = |value: &[u8]| token.is_some_and(|t| has(value, t)) || has(value, TICKET_PREFIX);
        let hide = |value: Vec<u8>| {
            if shows(&value) || shows(&percent_decode(&value)) {
                REDACTED.into()
            } else {
                value
            }
        };
        let mut query = ZendHashTable::new();
        if let Some(parsed) = self.get_query()?.0.array() {
            for (key, value) in parsed {
                let value = value.zend_str().map_or_else(
                    // Something nested: its text is not worth the risk.
                    || convert::string(REDACTED),
                    |text| {
                        let secret = SECRETS.iter().any(|name| key.to_string().eq_ignore_ascii_case(name));
                        if secret {
                            convert::string(REDACTED)
                        } else {
                            convert::string(hide(text.as_bytes().to_vec()))
                        }
                    },
                );
                query.insert(key, value)?;
            }
        }
        let mut table = ZendHashTable::new();
        table.insert("method", self.get_method())?;
        table.insert("path", self.get_path())?;
        table.insert("query", convert::array(query))?;
        table.insert(
            "headers",
            self.fields(|name, value| match name {
                "authorization" | "proxy-authorization" => REDACTED.into(),
                _ => hide(value),
            })?,
        )?;
        table.insert("cookies", self.cookie_table(hide)?)?;
        table.insert("subprotocols", self.get_subprotocols()?.0)?;
        table.insert("subprotocol", self.get_subprotocol())?;
        table.insert("remoteAddress", self.get_remote_address())?;
        table.insert("token", token.map(|_| REDACTED))?;
        Ok(ArrayValue(convert::array(table)))
    }
}

impl object::Redacted for Handshake {
    fn redacted(&self) -> PhpResult<Zval> {
        self.debug_info().map(|table| table.0)
    }
}

impl Handshake {
    pub fn new(request: Arc<HandshakeRequest>) -> Self {
        Self { request }
    }

    fn fields(&self, show: impl Fn(&str, Vec<u8>) -> Vec<u8>) -> PhpResult<Zval> {
        let mut table = ZendHashTable::new();
        for (name, _) in self.request.head.fields() {
            if table.get(name).is_none() {
                let value = self.request.head.field(name).unwrap_or_default();
                table.insert(name, convert::string(show(name, value)))?;
            }
        }
        Ok(convert::array(table))
    }

    /// RFC 6265 section 5.4: the first cookie of a name has the most specific path.
    fn cookie_table(&self, show: impl Fn(Vec<u8>) -> Vec<u8>) -> PhpResult<Zval> {
        let mut table = ZendHashTable::new();
        let all = self.request.head.field("cookie").unwrap_or_default();
        for pair in all.split(|b| *b == b';') {
            let Some(at) = pair.iter().position(|b| *b == b'=') else {
                continue;
            };
            let Ok(name) = std::str::from_utf8(pair[..at].trim_ascii()) else {
                continue;
            };
            if !name.is_empty() && table.get(name).is_none() {
                table.insert(name, convert::string(show(percent_decode(pair[at + 1..].trim_ascii()))))?;
            }
        }
        Ok(convert::array(table))
    }
}

/// PHP's `setcookie()` encodes values, and `$_COOKIE` shows them decoded.
fn percent_decode(value: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&first, after)) = rest.split_first() {
        let hex = (first == b'%').then(|| after.get(..2)).flatten();
        let text = hex.and_then(|h| std::str::from_utf8(h).ok());
        if let Some(byte) = text.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            decoded.push(byte);
            rest = &after[2..];
        } else {
            decoded.push(if first == b'+' { b' ' } else { first });
            rest = after;
        }
    }
    decoded
}

pub fn remote_address(request: &HandshakeRequest) -> String {
    request.client.map_or_else(|| "unix:".into(), |a| a.to_string())
}

/// Whose token it is.
pub fn token_user(request: &HandshakeRequest) -> Option<Box<str>> {
    let user = request.verified()?.user_identifier.as_deref()?;
    (!user.is_empty()).then(|| user.into())
}

/// The identity of the token that Rust has verified.
pub fn token_identity(request: &HandshakeRequest) -> PhpResult<Option<Identity>> {
    let token = request.token().map(|t| t.as_str().to_owned());
    request
        .verified()
        .map(|verified| Identity::from_token(verified, token))
        .transpose()
}

/// What a handshake callback's answer means: an identity or null to accept, a status to refuse.
pub fn verdict(answer: &Zval) -> Result<Zval, u16> {
    let answer = answer.dereference();
    if answer.is_null() || answer.is_true() {
        return Ok(Zval::null());
    }
    if answer.is_false() {
        return Err(403);
    }
    if identity::of(answer).is_some() {
        return Ok(answer.shallow_clone());
    }
    match answer.long().and_then(|n| u16::try_from(n).ok()) {
        Some(status @ 400..=599) => Err(status),
        // Not an answer: refuse, as after an exception.
        _ => Err(500),
    }
}
