//! Why a request has no answer.

use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use super::url::UrlError;

/// `Display` is a whole sentence. Servers are named by host and port: a path or a query may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Nothing was sent: whoever wants to may try again.
    #[error("Cannot connect to {server}: {reason}")]
    Connect { server: String, reason: String },
    #[error("No complete answer from {server} within {} s", .after.as_secs_f64())]
    Timeout { server: String, after: Duration },
    #[error("{server} sent nothing for {} s in the middle of its answer", .after.as_secs_f64())]
    Idle { server: String, after: Duration },
    #[error("The answer from {server} is larger than \"max_body_bytes\", {limit} bytes")]
    TooLarge { server: String, limit: u64 },
    #[error("More than {limit} redirects, which is \"max_redirects\": {server} sends on once more")]
    TooManyRedirects { server: String, limit: u32 },
    #[error("{server} redirects to where no request can go: {problem}")]
    Redirect { server: String, problem: UrlError },
    /// The request may have been acted on.
    #[error("No answer from {server}: {reason}")]
    Interrupted { server: String, reason: String },
    #[error("{limit} requests are pending, which is \"max_pending\"")]
    Busy { limit: usize },
    /// Whoever waited for it has given up.
    #[error("The request was cancelled")]
    Cancelled,
}

/// The causes of an error on one line, each once.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let cause = error.to_string();
        // "client error (Connect)" says less than what follows.
        let says_little = cause.starts_with("client error (") && error.source().is_some();
        if !says_little && !text.contains(&cause) {
            let separator = if text.is_empty() { "" } else { ": " };
            let _ = write!(text, "{separator}{cause}");
        }
        next = error.source();
    }
    text
}
