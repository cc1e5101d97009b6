//! RFC 9110, section 15.4: what to ask after a redirect, and what not to tell the next server.

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, COOKIE, HOST,
    HeaderName, LAST_MODIFIED, LOCATION, PROXY_AUTHORIZATION,
};
use http::{HeaderMap, Method, StatusCode};

use super::request::Request;
use super::url::{Url, UrlError};

/// Describe the body, or let the server take the request for one that has one.
const OF_THE_BODY: [HeaderName; 6] = [
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_LOCATION,
    CONTENT_TYPE,
    LAST_MODIFIED,
];
/// For the server that they were given for.
const OF_THE_SERVER: [HeaderName; 4] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HOST];

/// Where the answer sends the client, if it does.
pub(super) fn target(status: StatusCode, headers: &HeaderMap, from: &Url) -> Result<Option<Url>, UrlError> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = headers.get(LOCATION) else {
        return Ok(None);
    };
    // Fields are bytes; what is UTF-8 is meant as such.
    let text = String::from_utf8_lossy(location.as_bytes());
    // A user in it is not of our making: nobody here wants to log in with it.
    let (url, _) = Url::parse(&text, Some(from))?;
    Ok(Some(url))
}

/// Makes the request the one to send next.
pub(super) fn follow(request: &mut Request, status: StatusCode, to: Url) {
    let becomes_get = match status {
        StatusCode::SEE_OTHER => request.method != Method::HEAD,
        // As browsers do; 307 and 308 exist for those who mean the method.
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => request.method == Method::POST,
        _ => false,
    };
    if becomes_get {
        request.method = Method::GET;
    }
    if becomes_get || status == StatusCode::SEE_OTHER {
        request.body.clear();
        for name in &OF_THE_BODY {
            request.headers.remove(name);
        }
    }
    if !to.has_origin_of(&request.url) {
        // They stay away when a later redirect leads back.
        for name in &OF_THE_SERVER {
            request.headers.remove(name);
        }
    }
    request.url = to;
}
