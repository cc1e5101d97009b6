//! Why the control endpoint did not do what it was asked.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// The text is the key in the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    NotFound,
    Method,
    Unsigned,
    Expired,
    Signature,
    Replayed,
    TooLarge,
    Malformed,
    Timeout,
    Rate,
    Busy,
}

impl Reason {
    pub const ALL: [Self; 11] = [
        Self::NotFound,
        Self::Method,
        Self::Unsigned,
        Self::Expired,
        Self::Signature,
        Self::Replayed,
        Self::TooLarge,
        Self::Malformed,
        Self::Timeout,
        Self::Rate,
        Self::Busy,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Method => "method",
            Self::Unsigned => "unsigned",
            Self::Expired => "expired",
            Self::Signature => "signature",
            Self::Replayed => "replayed",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Timeout => "timeout",
            Self::Rate => "rate",
            Self::Busy => "busy",
        }
    }

    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unsigned | Self::Expired | Self::Signature => StatusCode::UNAUTHORIZED,
            Self::Replayed => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Rate => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// A request that was refused whole: nothing of it was done.
#[derive(Debug)]
pub struct Refused {
    pub reason: Reason,
    /// Said to the client: names the field, never a value or a secret.
    pub detail: String,
}

impl Refused {
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }

    /// A JSON problem (RFC 9457), with `code` for programs.
    pub fn problem(&self) -> serde_json::Value {
        let status = self.reason.status();
        serde_json::json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "code": self.reason.as_str(),
            "detail": self.detail,
        })
    }

    pub fn response(&self) -> Response<Full<Bytes>> {
        let mut response = json(self.reason.status(), self.problem().to_string());
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        match self.reason {
            Reason::Unsigned | Reason::Expired | Reason::Signature => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Ferry"));
            }
            Reason::Rate | Reason::Busy => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            // What is left of the body is not read.
            Reason::TooLarge | Reason::Timeout => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

pub fn json(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
