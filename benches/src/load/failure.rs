//! Why a run does not count.

use std::io;
use std::time::Duration;

use thiserror::Error;

#[derive(Debug, Error)]
pub enum Failure {
    #[error("{doing}: {source}")]
    Io { doing: &'static str, source: io::Error },
    #[error("the server refused the handshake: {0}")]
    Refused(String),
    #[error("connection {who}: the server closed it with {code} {reason:?}")]
    Closed { who: usize, code: u16, reason: String },
    #[error("connection {who}: lost without a close frame")]
    Lost { who: usize },
    #[error("connection {who}: {what}")]
    Wrong { who: usize, what: String },
    #[error("not finished after {0:?}: raise --timeout, or look for the replies that never came")]
    Deadline(Duration),
}

impl Failure {
    pub fn io(doing: &'static str, source: io::Error) -> Self {
        Self::Io { doing, source }
    }

    pub fn wrong(who: usize, what: impl Into<String>) -> Self {
        Self::Wrong { who, what: what.into() }
    }
}
