//! The class `Ferry\HttpResponse`.

use std::cell::RefCell;

use bytes::Bytes;
use ext_php_rs::exception::PhpResult;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendHashTable, Zval};
use http::HeaderMap;

use crate::engine::background::Owned;
use crate::engine::http::{Body, HttpError, Response};

use super::convert::{self, ArrayValue, StringValue};
use super::exception;
use super::http::{of_the_parent, wait};

/// As much as `read()` may be asked for at once.
const MAX_READ: i64 = 16 << 20;

/// The answer to a request.
#[php_class]
#[php(name = "Ferry\\HttpResponse")]
#[php(flags = ClassFlags::Final)]
pub struct HttpResponse {
    status: u16,
    version: &'static str,
    headers: HeaderMap,
    url: String,
    /// Of what `body()` holds.
    limit: u64,
    content: RefCell<Content>,
}

enum Content {
    /// `read` says how much `read()` has given.
    Whole {
        bytes: Bytes,
        read: usize,
    },
    Streamed(Box<Owned<Body>>),
    /// A call waits for more of it.
    Busy,
    Failed(HttpError),
}

#[php_impl]
impl HttpResponse {
    #[php(vis = "private")]
    pub fn __construct() -> PhpResult<Self> {
        Err(exception::logic(
            "Ferry\\HttpResponse objects come from HttpClient::request()",
        ))
    }

    #[php(name = "statusCode")]
    pub fn status_code(&self) -> i64 {
        self.status.into()
    }

    pub fn headers(&self) -> PhpResult<ArrayValue> {
        let mut table = ZendHashTable::new();
        for name in self.headers.keys() {
            let mut values = ZendHashTable::new();
            for value in self.headers.get_all(name) {
                values.push(convert::string(value))?;
            }
            table.insert(name.as_str(), convert::array(values))?;
        }
        Ok(ArrayValue(convert::array(table)))
    }

    pub fn header(&self, name: &str) -> Option<StringValue> {
        let values: Vec<&[u8]> = self
            .headers
            .get_all(name)
            .iter()
            .map(http::HeaderValue::as_bytes)
            .collect();
        (!values.is_empty()).then(|| StringValue(convert::string(values.join(&b", "[..]))))
    }

    pub fn body(&self) -> PhpResult<StringValue> {
        let Some(mut body) = self.take()? else {
            return Ok(StringValue(self.whole_bytes(None)));
        };
        let limit = self.limit;
        let bytes = self.advance(
            async move { body.collect(limit).await.map(|bytes| (body, bytes)) },
            |_, bytes| Content::Whole {
                bytes: bytes.clone(),
                read: bytes.len(),
            },
        )?;
        Ok(StringValue(convert::string(bytes)))
    }

    #[php(defaults(max = 65536))]
    pub fn read(&self, max: i64) -> PhpResult<StringValue> {
        let wanted = usize::try_from(max)
            .ok()
            .filter(|_| (1..=MAX_READ).contains(&max))
            .ok_or_else(|| {
                exception::invalid_argument(format!(
                    "Argument $max must be an integer from 1 to {MAX_READ}, {max} given"
                ))
            })?;
        let Some(mut body) = self.take()? else {
            return Ok(StringValue(self.whole_bytes(Some(wanted))));
        };
        let bytes = self.advance(
            async move { body.next(wanted).await.map(|bytes| (body, bytes.unwrap_or_default())) },
            |body, bytes| {
                if bytes.is_empty() {
                    // Its connection is free.
                    Content::Whole {
                        bytes: Bytes::new(),
                        read: 0,
                    }
                } else {
                    Content::Streamed(Box::new(Owned::new(body)))
                }
            },
        )?;
        Ok(StringValue(convert::string(bytes)))
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    #[php(name = "httpVersion")]
    pub fn http_version(&self) -> String {
        self.version.into()
    }
}

impl HttpResponse {
    pub fn whole(response: Response, bytes: Bytes) -> Self {
        Self::new(response, |_| Content::Whole { bytes, read: 0 }, 0)
    }

    pub fn streamed(response: Response, limit: u64) -> Self {
        Self::new(response, |body| Content::Streamed(Box::new(Owned::new(body))), limit)
    }

    fn new(response: Response, content: impl FnOnce(Body) -> Content, limit: u64) -> Self {
        Self {
            status: response.status,
            version: response.version,
            headers: response.headers,
            url: response.url.to_string(),
            limit,
            content: RefCell::new(content(response.body)),
        }
    }

    /// The body on its way; `None` when it is here.
    fn take(&self) -> PhpResult<Option<Body>> {
        let mut content = self.content.borrow_mut();
        match &*content {
            Content::Whole { .. } => return Ok(None),
            Content::Busy => return Err(exception::logic("The body of this response is being read already")),
            Content::Failed(error) => return Err(exception::http(error)),
            Content::Streamed(body) if body.get().is_none() => return Err(of_the_parent()),
            Content::Streamed(_) => {}
        }
        match std::mem::replace(&mut *content, Content::Busy) {
            Content::Streamed(body) => Ok(body.take()),
            _ => Ok(None),
        }
    }

    /// Waits for more of the body. `next` says what there is after it.
    fn advance(
        &self,
        more: impl Future<Output = Result<(Body, Bytes), HttpError>> + Send + 'static,
        next: impl FnOnce(Body, &Bytes) -> Content,
    ) -> PhpResult<Bytes> {
        let result = wait(more);
        let (content, result) = match result {
            Ok(Ok((body, bytes))) => (next(body, &bytes), Ok(bytes)),
            Ok(Err(error)) => (Content::Failed(error.clone()), Err(error.into())),
            // What was waited for is gone with the wait.
            Err(exception) => (Content::Failed(HttpError::Cancelled), Err(exception)),
        };
        *self.content.borrow_mut() = content;
        result
    }

    /// All of a body that is here, or the next bytes of it.
    fn whole_bytes(&self, max: Option<usize>) -> Zval {
        let taken = match &mut *self.content.borrow_mut() {
            Content::Whole { bytes, read } => match max {
                None => bytes.clone(),
                Some(max) => {
                    let end = read.saturating_add(max).min(bytes.len());
                    let piece = bytes.slice(*read..end);
                    *read = end;
                    piece
                }
            },
            _ => Bytes::new(),
        };
        convert::string(taken)
    }
}
