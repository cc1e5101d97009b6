//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 section 9.1).

use http::{HeaderMap, header};

use super::Malformed;
use crate::engine::auth::token::is_token;

/// One extension with its parameters, in the order of the header.
#[derive(Debug, PartialEq, Eq)]
pub struct Offer {
    pub name: String,
    pub parameters: Vec<(String, Option<String>)>,
}

/// All offers of a request, over all of its header lines.
pub fn offers(headers: &HeaderMap) -> Result<Vec<Offer>, Malformed> {
    let mut offers = Vec::new();
    for line in headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS) {
        let line = line.to_str().map_err(|_| Malformed)?;
        for element in split(line, ',')? {
            // RFC 9110 section 5.6.1: a list may have empty elements.
            if !element.is_empty() {
                offers.push(offer(element)?);
            }
        }
    }
    Ok(offers)
}

fn offer(text: &str) -> Result<Offer, Malformed> {
    let mut parts = split(text, ';')?.into_iter();
    let name = parts.next().filter(|name| is_token(name)).ok_or(Malformed)?.to_owned();
    let parameters = parts.map(parameter).collect::<Result<_, _>>()?;
    Ok(Offer { name, parameters })
}

fn parameter(text: &str) -> Result<(String, Option<String>), Malformed> {
    let (name, value) = match text.split_once('=') {
        None => (text, None),
        Some((name, value)) => (name.trim_end(), Some(unquoted(value.trim_start())?)),
    };
    // What a quoted string stands for must be a token too.
    if is_token(name) && value.as_deref().is_none_or(is_token) {
        Ok((name.to_owned(), value))
    } else {
        Err(Malformed)
    }
}

fn unquoted(text: &str) -> Result<String, Malformed> {
    let Some(quoted) = text.strip_prefix('"') else {
        return Ok(text.to_owned());
    };
    let mut value = String::new();
    let mut rest = quoted.strip_suffix('"').ok_or(Malformed)?.chars();
    while let Some(next) = rest.next() {
        match next {
            '\\' => value.push(rest.next().ok_or(Malformed)?),
            '"' => return Err(Malformed),
            other => value.push(other),
        }
    }
    Ok(value)
}

/// The trimmed parts between separators that no quotes enclose.
fn split(text: &str, separator: char) -> Result<Vec<&str>, Malformed> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, next) in text.char_indices() {
        match next {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if next == separator && !quoted => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err(Malformed);
    }
    parts.push(text[start..].trim());
    Ok(parts)
}
