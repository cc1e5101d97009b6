//! Values that any thread makes and the PHP thread waits for.
//!
//! ```
//! use ferry::engine::completion;
//!
//! let (completer, mut pending) = completion::pair();
//! std::thread::spawn(move || completer.complete("done")).join().unwrap();
//! assert_eq!(pending.try_take(), Some(Ok("done")));
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use super::inbox::Inbox;
use super::wakeup::{WakeUp, Woken, wait_any};

/// Whoever was to complete is gone: its task was dropped, or it panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody is left to complete it")]
pub struct Lost;

/// Both ends of one value.
pub fn pair<T>() -> (Completer<T>, Pending<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State::Open(None)),
        abandoned: AtomicBool::new(false),
        gone: Notify::new(),
    });
    (Completer(Some(Arc::clone(&shared))), Pending(shared))
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    /// The [`Pending`] is gone.
    abandoned: AtomicBool,
    gone: Notify,
}

#[derive(Debug)]
enum State<T> {
    Open(Option<(Arc<Bell>, u64)>),
    Complete(Result<T, Lost>),
    Taken,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complete(&self, result: Result<T, Lost>) {
        let before = std::mem::replace(&mut *self.lock(), State::Complete(result));
        if let State::Open(Some((bell, token))) = before {
            bell.ring(token);
        }
    }
}

/// The end that makes the value, on any thread. Dropping it completes with [`Lost`].
#[derive(Debug)]
pub struct Completer<T>(Option<Arc<Shared<T>>>);

impl<T> Completer<T> {
    /// Hands the value over and wakes who waits for it.
    pub fn complete(mut self, value: T) {
        if let Some(shared) = self.0.take() {
            shared.complete(Ok(value));
        }
    }

    /// Whether nobody wants the value any more.
    pub fn is_abandoned(&self) -> bool {
        self.0.as_ref().is_none_or(|s| s.abandoned.load(Ordering::Acquire))
    }

    /// Ends once nobody wants the value any more: to `select!` beside the work.
    pub async fn abandoned(&self) {
        if let Some(shared) = &self.0 {
            // `Pending` sets the flag, then notifies, which leaves a permit.
            while !shared.abandoned.load(Ordering::Acquire) {
                shared.gone.notified().await;
            }
        }
    }
}

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.complete(Err(Lost));
        }
    }
}

/// The end that waits. Dropping it tells the completer that nobody wants the value.
#[derive(Debug)]
pub struct Pending<T>(Arc<Shared<T>>);

impl<T> Pending<T> {
    /// The value, once. `None`: not complete yet, or taken.
    pub fn try_take(&mut self) -> Option<Result<T, Lost>> {
        let mut state = self.0.lock();
        if matches!(*state, State::Complete(_))
            && let State::Complete(result) = std::mem::replace(&mut *state, State::Taken)
        {
            return Some(result);
        }
        None
    }

    pub fn is_complete(&self) -> bool {
        !matches!(*self.0.lock(), State::Open(_))
    }

    /// Rings the bell with this token when it completes; at once if it has. The last call counts.
    pub fn notify(&self, bell: &Arc<Bell>, token: u64) {
        if let State::Open(waiter) = &mut *self.0.lock() {
            *waiter = Some((Arc::clone(bell), token));
            return;
        }
        bell.ring(token);
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.0.abandoned.store(true, Ordering::Release);
        self.0.gone.notify_one();
    }
}

/// Tells a PHP thread which of its waits are over, and wakes it wherever it waits: here, in a server's `poll()`, or in an
/// event loop that watches a server's eventfd.
#[derive(Debug)]
pub struct Bell {
    wake: WakeUp,
    /// Of servers on whose eventfd the thread may wait instead.
    inboxes: Mutex<Vec<Weak<Inbox>>>,
    tokens: Mutex<Vec<u64>>,
    /// There are tokens; asked without the lock.
    rung: AtomicBool,
}

impl Bell {
    pub fn new() -> std::io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            wake: WakeUp::new()?,
            inboxes: Mutex::default(),
            tokens: Mutex::default(),
            rung: AtomicBool::new(false),
        }))
    }

    /// From any thread.
    pub fn ring(&self, token: u64) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).push(token);
        self.rung.store(true, Ordering::SeqCst);
        self.wake.wake();
        let inboxes = self.inboxes.lock().unwrap_or_else(PoisonError::into_inner);
        for inbox in inboxes.iter().filter_map(Weak::upgrade) {
            inbox.bell.wake();
        }
    }

    /// From now on a ring also wakes who waits for this server's events.
    pub fn attach(&self, inbox: &Arc<Inbox>) {
        let mut inboxes = self.inboxes.lock().unwrap_or_else(PoisonError::into_inner);
        inboxes.retain(|known| known.strong_count() > 0 && !std::ptr::eq(known.as_ptr(), Arc::as_ptr(inbox)));
        inboxes.push(Arc::downgrade(inbox));
    }

    pub fn is_rung(&self) -> bool {
        self.rung.load(Ordering::SeqCst)
    }

    /// The tokens rung since the last call.
    pub fn take(&self) -> Vec<u64> {
        if !self.rung.swap(false, Ordering::SeqCst) {
            return Vec::new();
        }
        std::mem::take(&mut self.tokens.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sleeps until rung, an event of one of the servers, a signal or the timeout.
    pub fn wait(&self, servers: &[Arc<Inbox>], timeout: Duration) -> Woken {
        let bells: Vec<&WakeUp> = std::iter::once(&self.wake)
            .chain(servers.iter().map(|inbox| &inbox.bell))
            .collect();
        wait_any(&bells, Some(timeout), || {
            self.is_rung() || servers.iter().any(|inbox| !inbox.is_empty())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_once() {
        let (completer, mut pending) = pair();
        assert!(!pending.is_complete() && pending.try_take().is_none());
        completer.complete(7);
        assert!(pending.is_complete());
        assert_eq!((pending.try_take(), pending.try_take()), (Some(Ok(7)), None));
    }

    #[test]
    fn a_dropped_completer_is_lost() {
        let (completer, mut pending) = pair::<u8>();
        drop(completer);
        assert_eq!(pending.try_take(), Some(Err(Lost)));
        let (completer, mut pending) = pair::<u8>();
        let panicked = std::thread::spawn(move || {
            let _completer = completer;
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
        assert_eq!(pending.try_take(), Some(Err(Lost)));
    }

    #[test]
    fn the_completer_knows_when_nobody_waits() {
        let (completer, pending) = pair::<u8>();
        assert!(!completer.is_abandoned());
        drop(pending);
        assert!(completer.is_abandoned());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(completer.abandoned());
    }

    #[test]
    fn completing_rings_wherever_the_thread_waits() {
        let bell = Bell::new().unwrap();
        let inbox = Arc::new(Inbox::new(1024).unwrap());
        bell.attach(&inbox);
        bell.attach(&inbox);
        let (completer, pending) = pair();
        pending.notify(&bell, 3);
        let thread = std::thread::spawn({
            let (bell, inbox) = (Arc::clone(&bell), Arc::clone(&inbox));
            move || {
                let on_server = inbox.bell.wait(None, || bell.is_rung());
                let tokens = bell.take();
                (
                    on_server,
                    tokens,
                    bell.wait(&[inbox], Duration::from_secs(60)),
                    bell.take(),
                )
            }
        });
        completer.complete(());
        let (second, other) = pair::<()>();
        other.notify(&bell, 4);
        // Lost rings, too; whichever of the two sleeps sees it.
        while bell.is_rung() {
            std::thread::yield_now();
        }
        drop(second);
        let (on_server, first, here, last) = thread.join().unwrap();
        assert_eq!((on_server, here), (Woken::Ready, Woken::Ready));
        assert_eq!((first, last), (vec![3], vec![4]));
    }

    #[test]
    fn what_is_complete_rings_at_once() {
        let bell = Bell::new().unwrap();
        let (completer, pending) = pair();
        completer.complete(1);
        pending.notify(&bell, 9);
        assert_eq!((bell.take(), bell.take()), (vec![9], vec![]));
        assert_eq!(bell.wait(&[], Duration::ZERO), Woken::TimedOut);
    }
}
