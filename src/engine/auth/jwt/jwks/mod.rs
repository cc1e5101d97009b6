//! Keys that the issuer of tokens publishes: a JSON Web Key Set (RFC 7517 section 5) at a URL, fetched when the server starts
//! and again from time to time.
//!
//! Tokens are verified with the last set that was fetched well, however old it is. A token that names an unknown key brings
//! the next fetch forward, within bounds: issuers publish a new key and use it at once.

mod fetch;
mod refresher;
mod set;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::Algorithm;

pub use fetch::{Source, SourceError};
pub use refresher::Refresher;

use super::key::Key;

/// Keys by `kid`.
pub(super) type Keys = HashMap<String, Arc<Key>>;

/// What option `jwt.jwks_url` and its companions say.
#[derive(Clone, Debug)]
pub struct JwksOptions {
    pub source: Source,
    /// Between two fetches.
    pub refresh: Duration,
}

/// The set as it is now, shared by all threads.
pub struct RemoteKeys {
    options: JwksOptions,
    algorithms: Vec<Algorithm>,
    keys: RwLock<Arc<Keys>>,
    wanted: Mutex<Wanted>,
    /// Wakes the refresher, and who waits for its first attempt.
    changed: Condvar,
    refreshes: AtomicU64,
    failures: AtomicU64,
}

/// What the refresher is to do next.
#[derive(Default)]
struct Wanted {
    attempts: u64,
    early: bool,
    /// Number of the refresher that may run. One that was stopped during a fetch finds out when the fetch is over, and may be
    /// followed by the next one before.
    run: u64,
    stop: bool,
    ended: bool,
}

impl Wanted {
    fn stops(&self, run: u64) -> bool {
        self.stop || self.run != run
    }
}

impl RemoteKeys {
    pub(super) fn new(options: JwksOptions, algorithms: Vec<Algorithm>) -> Self {
        Self {
            options,
            algorithms,
            keys: RwLock::default(),
            wanted: Mutex::default(),
            changed: Condvar::new(),
            refreshes: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// The key that a token names; a token that names none is for the only key there is.
    pub(super) fn select(&self, kid: Option<&str>) -> Option<Arc<Key>> {
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let found = match kid {
            Some(kid) => keys.get(kid).cloned(),
            None if keys.len() == 1 => keys.values().next().cloned(),
            None => None,
        };
        if found.is_none() {
            self.wanted().early = true;
            self.changed.notify_all();
        }
        found
    }

    /// Sets that were fetched and taken.
    pub fn refreshes(&self) -> u64 {
        self.refreshes.load(Ordering::Relaxed)
    }

    /// Fetches that brought no usable set; the last good one stayed.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Waits until the first attempt is over.
    pub fn wait_for_first(&self, most: Duration) {
        let wanted = self.wanted();
        let _ = self
            .changed
            .wait_timeout_while(wanted, most, |wanted| wanted.attempts == 0 && !wanted.ended);
    }

    fn refresh(&self) {
        let fetched = fetch::get(&self.options.source)
            .ok()
            .and_then(|body| set::parse(&body, &self.algorithms));
        if let Some(keys) = fetched {
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
            self.refreshes.fetch_add(1, Ordering::Relaxed);
        } else {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        self.wanted().attempts += 1;
        self.changed.notify_all();
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
