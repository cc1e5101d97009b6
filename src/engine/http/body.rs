//! The body of an answer, read within limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};

use super::HttpError;
use super::error::causes;
use super::gate::Slot;

/// A body that comes piece by piece. Nothing is read ahead of what [`Body::next`] asks for but what the protocol has in its
/// own bounded buffers, so a slow reader slows the server down. Dropping it before its end gives the connection up.
#[derive(Debug)]
pub struct Body {
    incoming: Incoming,
    /// Of the piece that came last.
    rest: Bytes,
    pub(super) limits: Limits,
    /// Held as long as the connection is in use.
    _held: (Slot, OwnedSemaphorePermit),
}

#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub server: String,
    /// The whole time allowed and when it is over.
    pub total: Option<(Duration, Instant)>,
    pub idle: Option<Duration>,
}

impl Body {
    pub(super) fn new(incoming: Incoming, limits: Limits, held: (Slot, OwnedSemaphorePermit)) -> Self {
        Self {
            incoming,
            rest: Bytes::new(),
            limits,
            _held: held,
        }
    }

    /// The next bytes, at least one and at most `max`; `None` at the end.
    pub async fn next(&mut self, max: usize) -> Result<Option<Bytes>, HttpError> {
        while self.rest.is_empty() {
            match self.piece().await? {
                Some(piece) => self.rest = piece,
                None => return Ok(None),
            }
        }
        Ok(Some(self.rest.split_to(max.min(self.rest.len()))))
    }

    /// Everything that is left.
    pub async fn collect(&mut self, limit: u64) -> Result<Bytes, HttpError> {
        let too_large = HttpError::TooLarge {
            server: self.limits.server.clone(),
            limit,
        };
        if self.incoming.size_hint().lower().saturating_add(self.rest.len() as u64) > limit {
            return Err(too_large);
        }
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next(usize::MAX).await? {
            if (whole.len() + piece.len()) as u64 > limit {
                return Err(too_large);
            }
            if whole.is_empty() && self.incoming.is_end_stream() {
                return Ok(piece);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, HttpError> {
        loop {
            let limits = self.limits.clone();
            let Some(frame) = limits.within(self.incoming.frame()).await? else {
                return Ok(None);
            };
            let frame = frame.map_err(|error| HttpError::Interrupted {
                server: limits.server,
                reason: format!("the body ends early: {}", causes(&error)),
            })?;
            // Trailers are of no use here.
            if let Ok(data) = frame.into_data()
                && !data.is_empty()
            {
                return Ok(Some(data));
            }
        }
    }
}

impl Limits {
    async fn within<T>(&self, future: impl Future<Output = T>) -> Result<T, HttpError> {
        let idle = async {
            match self.idle {
                None => Ok(future.await),
                Some(after) => timeout(after, future).await.map_err(|_| HttpError::Idle {
                    server: self.server.clone(),
                    after,
                }),
            }
        };
        self.in_all(idle).await?
    }

    /// Until the time for everything is over.
    pub async fn in_all<T>(&self, future: impl Future<Output = T>) -> Result<T, HttpError> {
        match self.total {
            None => Ok(future.await),
            Some((after, deadline)) => timeout_at(deadline, future).await.map_err(|_| HttpError::Timeout {
                server: self.server.clone(),
                after,
            }),
        }
    }
}
