//! How many requests may run at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::HttpError;
use super::url::Url;

/// Servers that nobody asks any more are forgotten when there are more than this.
const KEPT_SERVERS: usize = 256;

type Origin = (bool, String, u16);

#[derive(Debug)]
pub(super) struct Gate {
    per_server: usize,
    max_pending: usize,
    pending: AtomicUsize,
    servers: Mutex<HashMap<Origin, Arc<Semaphore>>>,
}

/// A request counts as pending as long as this lives.
#[derive(Debug)]
pub(super) struct Slot(Arc<Gate>);

impl Gate {
    pub fn new(per_server: usize, max_pending: usize) -> Arc<Self> {
        Arc::new(Self {
            per_server,
            max_pending,
            pending: AtomicUsize::new(0),
            servers: Mutex::default(),
        })
    }

    pub fn enter(self: &Arc<Self>) -> Result<Slot, HttpError> {
        let slot = Slot(Arc::clone(self));
        if self.pending.fetch_add(1, Ordering::SeqCst) >= self.max_pending {
            return Err(HttpError::Busy {
                limit: self.max_pending,
            });
        }
        Ok(slot)
    }

    /// Waits for a place among the requests to one server. First come, first served.
    pub async fn wait(&self, url: &Url) -> OwnedSemaphorePermit {
        loop {
            // Never closed.
            if let Ok(permit) = self.server(url).acquire_owned().await {
                return permit;
            }
        }
    }

    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::SeqCst)
    }

    fn server(&self, url: &Url) -> Arc<Semaphore> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if servers.len() > KEPT_SERVERS {
            // A permit holds its semaphore.
            servers.retain(|_, server| Arc::strong_count(server) > 1);
        }
        let server = servers
            .entry(url.origin())
            .or_insert_with(|| Arc::new(Semaphore::new(self.per_server)));
        Arc::clone(server)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.pending.fetch_sub(1, Ordering::SeqCst);
    }
}
