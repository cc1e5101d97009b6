//! Refusals as HTTP answers with a JSON problem body (RFC 9457).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

use super::metrics::Refusal;

/// Why a request does not become a WebSocket, as client and counters see it.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    pub refusal: Refusal,
    /// Said to the client; holds nothing of what it sent.
    pub detail: &'static str,
    pub header: Option<(header::HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn new(status: StatusCode, refusal: Refusal, detail: &'static str) -> Self {
        Self {
            status,
            refusal,
            detail,
            header: None,
        }
    }

    #[must_use]
    pub fn with(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    fn body(&self) -> Bytes {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let body = serde_json::json!({
            "type": "about:blank",
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        Bytes::from(body.to_string())
    }

    pub fn response(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        if let Some((name, value)) = &self.header {
            headers.insert(name, value.clone());
        }
        response
    }

    /// The answer as bytes, for a connection whose request is not read.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut answer = format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", self.status, body.len()).into_bytes();
        for (name, value) in self.response().headers() {
            answer.extend_from_slice(name.as_str().as_bytes());
            answer.extend_from_slice(b": ");
            answer.extend_from_slice(value.as_bytes());
            answer.extend_from_slice(b"\r\n");
        }
        answer.extend_from_slice(b"\r\n");
        answer.extend_from_slice(&body);
        answer
    }
}
