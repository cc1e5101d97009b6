//! What a client and a single request can be told.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::RootCertStore;

use super::Url;

/// Which versions of HTTP are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/2 where TLS agrees on it, else HTTP/1.1.
    Any,
    Http1,
    /// Also without TLS, by prior knowledge.
    Http2,
}

/// Which proxy stands before which server.
#[derive(Clone, Debug, Default)]
pub struct Proxy(Option<Arc<Matcher>>);

impl Proxy {
    /// None, whatever the environment says.
    pub fn none() -> Self {
        Self(None)
    }

    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say now, in the rules of curl. In a CGI process they say
    /// nothing: there `HTTP_PROXY` is the client's header `Proxy`.
    pub fn from_env() -> Self {
        Self(Some(Arc::new(Matcher::from_env())))
    }

    /// One for every server that `no_proxy` does not except, in the form of `NO_PROXY`. `None` if it is no URL of a proxy.
    pub fn all(url: &str, no_proxy: &str) -> Option<Self> {
        let matcher = Matcher::builder().all(url).no(no_proxy).build();
        let example = Uri::from_static("http://a.example/");
        let probe = Matcher::builder().all(url).build().intercept(&example)?;
        matches!(probe.uri().scheme_str(), Some("http" | "https")).then(|| Self(Some(Arc::new(matcher))))
    }

    pub(super) fn before(&self, to: &Uri) -> Option<Intercept> {
        self.0.as_ref()?.intercept(to)
    }
}

/// Of a client; every request starts from them.
#[derive(Debug)]
pub struct ClientOptions {
    pub base: Option<Url>,
    /// Of requests that have no such field themselves.
    pub headers: HeaderMap,
    pub request: RequestOptions,
    /// Name look-up, connection, proxy and TLS together.
    pub connect_timeout: Duration,
    /// Requests at once to one server; over HTTP/1.1 each has a connection.
    pub max_connections_per_host: usize,
    /// Requests at once, those that wait for a connection included.
    pub max_pending: usize,
    /// Unused connections stay open for this long; `None`: not at all.
    pub keep_alive: Option<Duration>,
    pub version: Version,
    pub proxy: Proxy,
    /// Whom to trust.
    pub roots: RootCertStore,
}

/// Of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestOptions {
    /// From the call to the last byte of the answer.
    pub timeout: Option<Duration>,
    /// Between two pieces of a body.
    pub idle_timeout: Option<Duration>,
    /// 0: the redirect is the answer.
    pub max_redirects: u32,
    /// Of a body that is held as a whole.
    pub max_body_bytes: u64,
    /// The answer comes with its head; its body is read piece by piece.
    pub stream: bool,
}

impl Default for RequestOptions {
    fn default() -> Self {
        Self {
            timeout: Some(Duration::from_secs(30)),
            idle_timeout: None,
            max_redirects: 5,
            max_body_bytes: 16 << 20,
            stream: false,
        }
    }
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            base: None,
            headers: HeaderMap::new(),
            request: RequestOptions::default(),
            connect_timeout: Duration::from_secs(10),
            max_connections_per_host: 256,
            max_pending: 10_000,
            keep_alive: Some(Duration::from_secs(30)),
            version: Version::Any,
            proxy: Proxy::none(),
            roots: RootCertStore::empty(),
        }
    }
}
