//! The thread that fetches.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::RemoteKeys;

/// An unknown key is looked for at most this often: tokens of strangers must not make requests to the issuer.
const LEAST_BETWEEN: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 10_000 });
/// After a failure, doubled with each further one, and never longer than the time between two refreshes.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// A fetch in progress ends by its own time limit; who stops the server does not wait for it.
const STOP_WAIT: Duration = Duration::from_millis(500);

/// Keeps a set fresh as long as it lives. Its thread only touches sockets and the set.
pub struct Refresher {
    keys: Arc<RemoteKeys>,
    thread: Option<JoinHandle<()>>,
}

impl Refresher {
    /// Start it with all signals blocked, as they are for the PHP thread.
    pub fn start(keys: Arc<RemoteKeys>) -> std::io::Result<Self> {
        let number = {
            // The set may have been kept fresh before, for a server that has ended.
            let mut wanted = keys.wanted();
            (wanted.stop, wanted.ended) = (false, false);
            wanted.run += 1;
            wanted.run
        };
        let shared = Arc::clone(&keys);
        let thread = std::thread::Builder::new().name("ferry-jwks".into()).spawn(move || {
            run(&shared, number);
            let mut wanted = shared.wanted();
            wanted.ended |= wanted.run == number;
            drop(wanted);
            shared.changed.notify_all();
        })?;
        Ok(Self {
            keys,
            thread: Some(thread),
        })
    }

    pub fn keys(&self) -> &Arc<RemoteKeys> {
        &self.keys
    }
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher").finish_non_exhaustive()
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        let mut wanted = self.keys.wanted();
        wanted.stop = true;
        self.keys.changed.notify_all();
        let (wanted, _) = self
            .keys
            .changed
            .wait_timeout_while(wanted, STOP_WAIT, |wanted| !wanted.ended)
            .unwrap_or_else(PoisonError::into_inner);
        let ended = wanted.ended;
        drop(wanted);
        if let Some(thread) = self.thread.take().filter(|_| ended) {
            let _ = thread.join();
        }
    }
}

fn run(keys: &RemoteKeys, number: u64) {
    let mut retry = FIRST_RETRY;
    loop {
        let before = keys.failures();
        let started = Instant::now();
        keys.refresh();
        let pause = if keys.failures() == before {
            retry = FIRST_RETRY;
            keys.options.refresh
        } else {
            let pause = retry.min(keys.options.refresh);
            retry = retry.saturating_mul(2);
            pause
        };
        if !wait(keys, number, started, pause) {
            return;
        }
    }
}

/// Waits for the next fetch; false when there is none any more.
fn wait(keys: &RemoteKeys, number: u64, started: Instant, pause: Duration) -> bool {
    let mut wanted = keys.wanted();
    wanted.early = false;
    loop {
        let due = if wanted.early { pause.min(LEAST_BETWEEN) } else { pause };
        let left = due.saturating_sub(started.elapsed());
        if wanted.stops(number) || left.is_zero() {
            return !wanted.stops(number);
        }
        let early = wanted.early;
        wanted = keys
            .changed
            .wait_timeout_while(wanted, left, |wanted| !wanted.stops(number) && wanted.early == early)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
}
