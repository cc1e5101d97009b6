//! The HTTP client: HTTP/1.1 and HTTP/2 over pooled connections, for code that waits for other servers.
//!
//! hyper speaks the protocols and keeps the pool, rustls the TLS. What is here: arguments checked before anything is sent,
//! limits on time, bytes and counts, redirects, proxies, and errors that say what the caller may do next.

mod body;
mod client;
mod connector;
mod error;
mod gate;
mod options;
mod redirect;
mod request;
mod url;

pub use body::Body;
pub use client::{Client, Counters, Response};
pub use error::HttpError;
pub use options::{ClientOptions, Proxy, RequestOptions, Version};
pub use request::{ArgumentError, Request, read_fields};
pub use url::Url;
