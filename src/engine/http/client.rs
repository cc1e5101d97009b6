//! A client and what it does with a request.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::{Extensions, HeaderMap};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::{self, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

use super::HttpError;
use super::body::{Body, Limits};
use super::connector::{Answered, Connector};
use super::error::causes;
use super::gate::{Gate, Slot};
use super::options::{ClientOptions, Version};
use super::redirect;
use super::request::Request;
use super::url::Url;

/// Of an answer; hyper refuses more than 100 fields by itself.
const MAX_HEAD_BYTES: u32 = 64 * 1024;
/// The body of a redirect is read to its end if it is this short: the connection can be used again then.
const REDIRECT_BODY_BYTES: u64 = 16 * 1024;
const REDIRECT_BODY_WAIT: Duration = Duration::from_millis(500);

/// A client. Its futures belong on one tokio runtime.
pub struct Client {
    options: ClientOptions,
    pool: legacy::Client<Connector, Full<Bytes>>,
    gate: Arc<Gate>,
    opened: Arc<AtomicU64>,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    retried: AtomicU64,
    redirected: AtomicU64,
}

/// Since the client was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    pub requests: u64,
    /// Without an answer, the refused ones excluded.
    pub failed: u64,
    /// For `max_pending`.
    pub refused: u64,
    /// Sent once more because the server had closed the connection.
    pub retried: u64,
    pub redirected: u64,
    /// Connections made.
    pub connections: u64,
    /// Right now.
    pub pending: usize,
}

/// The head of an answer, and what its body is read from.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Such as `1.1` and `2`.
    pub version: &'static str,
    pub headers: HeaderMap,
    /// After redirects.
    pub url: Url,
    pub body: Body,
}

impl Client {
    pub fn new(options: ClientOptions) -> Result<Self, rustls::Error> {
        let opened = Arc::default();
        let connector = Connector::new(&options, Arc::clone(&opened))?;
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(options.keep_alive)
            .pool_max_idle_per_host(options.keep_alive.map_or(0, |_| options.max_connections_per_host))
            .http1_max_buf_size(MAX_HEAD_BYTES as usize)
            .http2_max_header_list_size(MAX_HEAD_BYTES)
            .http2_only(options.version == Version::Http2)
            .build(connector);
        Ok(Self {
            gate: Gate::new(options.max_connections_per_host, options.max_pending),
            pool,
            options,
            opened,
            counts: Counts::default(),
        })
    }

    pub fn options(&self) -> &ClientOptions {
        &self.options
    }

    pub fn counters(&self) -> Counters {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counters {
            requests: read(&self.counts.requests),
            failed: read(&self.counts.failed),
            refused: read(&self.counts.refused),
            retried: read(&self.counts.retried),
            redirected: read(&self.counts.redirected),
            connections: read(&self.opened),
            pending: self.gate.pending(),
        }
    }

    /// Sends the request and follows redirects to the head of the answer.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let slot = self.gate.enter().inspect_err(|_| add(&self.counts.refused))?;
        add(&self.counts.requests);
        let limits = Limits {
            server: request.url.server(),
            total: request.options.timeout.map(|after| (after, Instant::now() + after)),
            idle: request.options.idle_timeout,
        };
        let answered = match limits.in_all(self.follow(request, slot, limits.clone())).await {
            Ok(result) => result,
            Err(late) => Err(late),
        };
        answered.inspect_err(|_| add(&self.counts.failed))
    }

    /// The same with the whole body.
    pub async fn fetch(&self, request: Request) -> Result<(Response, Bytes), HttpError> {
        let limit = request.options.max_body_bytes;
        let mut response = self.send(request).await?;
        let body = response
            .body
            .collect(limit)
            .await
            .inspect_err(|_| add(&self.counts.failed))?;
        Ok((response, body))
    }

    async fn follow(&self, mut request: Request, slot: Slot, mut limits: Limits) -> Result<Response, HttpError> {
        let mut redirects = 0;
        loop {
            limits.server = request.url.server();
            let permit = self.gate.wait(&request.url).await;
            let response = self.exchange(&request).await?;
            let (head, incoming) = response.into_parts();
            let target = if request.options.max_redirects == 0 {
                Ok(None)
            } else {
                redirect::target(head.status, &head.headers, &request.url)
            };
            let target = target.map_err(|problem| HttpError::Redirect {
                server: limits.server.clone(),
                problem,
            })?;
            let Some(target) = target else {
                return Ok(Response {
                    status: head.status.as_u16(),
                    version: version_name(head.version),
                    headers: head.headers,
                    url: request.url,
                    body: Body::new(incoming, limits, (slot, permit)),
                });
            };
            if redirects == request.options.max_redirects {
                return Err(HttpError::TooManyRedirects {
                    server: limits.server,
                    limit: redirects,
                });
            }
            redirects += 1;
            add(&self.counts.redirected);
            use_up(incoming, permit).await;
            redirect::follow(&mut request, head.status, target);
        }
    }

    /// One request and the head of its answer. A connection that the server closed while nobody used it is no answer: the
    /// request goes out once more, if that does no harm.
    async fn exchange(&self, request: &Request) -> Result<http::Response<Incoming>, HttpError> {
        let mut again = request.is_idempotent();
        loop {
            match self.pool.request(self.message(request)).await {
                Ok(response) => {
                    if let Some(answered) = response.extensions().get::<Answered>() {
                        answered.set();
                    }
                    return Ok(response);
                }
                Err(error) if again && was_closed(&error) => {
                    again = false;
                    add(&self.counts.retried);
                }
                Err(error) => return Err(failure(&request.url, &error)),
            }
        }
    }

    fn message(&self, request: &Request) -> http::Request<Full<Bytes>> {
        let mut message = http::Request::new(Full::new(request.body.clone()));
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = request.url.uri().clone();
        message.headers_mut().clone_from(&request.headers);
        // A tunnel says it when it is built.
        if !request.url.is_secure()
            && let Some(proxy) = self.options.proxy.before(request.url.uri())
            && let Some(value) = proxy.basic_auth()
        {
            message.headers_mut().insert(PROXY_AUTHORIZATION, value.clone());
        }
        message
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

/// Reads a body that nobody wants, if that is cheap.
async fn use_up(incoming: Incoming, permit: OwnedSemaphorePermit) {
    if incoming
        .size_hint()
        .upper()
        .is_some_and(|bytes| bytes <= REDIRECT_BODY_BYTES)
    {
        let _ = timeout(REDIRECT_BODY_WAIT, incoming.collect()).await;
    }
    drop(permit);
}

/// Whether a connection that had answered before ended without a byte of this answer.
fn was_closed(error: &Error) -> bool {
    let mut extras = Extensions::new();
    if let Some(info) = error.connect_info() {
        info.get_extras(&mut extras);
    }
    let answered = extras.get::<Answered>().is_some_and(Answered::get);
    answered && protocol_error(error).is_none_or(|e| !e.is_parse() && !e.is_user())
}

fn protocol_error(error: &Error) -> Option<&hyper::Error> {
    error.source().and_then(|source| source.downcast_ref())
}

fn failure(url: &Url, error: &Error) -> HttpError {
    let (server, reason) = (url.server(), causes(error));
    if error.is_connect() {
        HttpError::Connect { server, reason }
    } else {
        HttpError::Interrupted { server, reason }
    }
}

fn version_name(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_2 => "2",
        http::Version::HTTP_10 => "1.0",
        _ => "1.1",
    }
}
