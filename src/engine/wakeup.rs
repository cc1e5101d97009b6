//! How an I/O thread wakes the PHP thread: one eventfd, written once per idle period.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

/// The PHP thread's bell.
///
/// The sleeper sets `sleeping`, then looks at the queue once more; a waker fills the queue, then looks at `sleeping`.
/// The `SeqCst` fences between the two steps make sure that at least one of them sees the other.
#[derive(Debug)]
pub struct WakeUp {
    event: EventFd,
    sleeping: AtomicBool,
}

/// Why [`WakeUp::wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    Ready,
    TimedOut,
    /// A signal arrived: the caller must let PHP handle it before it waits again.
    Interrupted,
}

impl WakeUp {
    pub fn new() -> std::io::Result<Self> {
        let event = EventFd::from_value_and_flags(0, EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        Ok(Self {
            event,
            sleeping: AtomicBool::new(false),
        })
    }

    /// Rings if the PHP thread sleeps. Call it after the queue was filled.
    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.sleeping.load(Ordering::Relaxed) && self.sleeping.swap(false, Ordering::SeqCst) {
            self.ring();
        }
    }

    /// Rings in any case; async-signal-safe.
    pub fn ring(&self) {
        // EAGAIN: the counter is at its maximum, so the bell rings already.
        let _ = self.event.write(1);
    }

    /// Sleeps until rung, a signal or the timeout. `None` waits for ever; `has_work` is asked once more after the
    /// sleep was announced.
    pub fn wait(&self, timeout: Option<Duration>, has_work: impl Fn() -> bool) -> Woken {
        wait_any(&[self], timeout, has_work)
    }

    /// Announces that the PHP thread is about to wait on the eventfd, here or in another event loop.
    pub fn arm(&self) {
        self.sleeping.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// The PHP thread is awake: takes back what [`arm`](Self::arm) announced and empties the eventfd.
    pub fn disarm(&self) {
        self.sleeping.store(false, Ordering::SeqCst);
        let _ = self.event.read();
    }

    pub fn is_armed(&self) -> bool {
        self.sleeping.load(Ordering::Relaxed)
    }

    pub fn raw_fd(&self) -> RawFd {
        self.event.as_fd().as_raw_fd()
    }
}

impl AsFd for WakeUp {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

/// [`WakeUp::wait`] for whichever of several rings first.
pub fn wait_any(bells: &[&WakeUp], timeout: Option<Duration>, has_work: impl Fn() -> bool) -> Woken {
    let disarm = || {
        for bell in bells {
            bell.disarm();
        }
    };
    for bell in bells {
        bell.arm();
    }
    if has_work() {
        disarm();
        return Woken::Ready;
    }
    let limit = timeout.map_or(PollTimeout::NONE, |t| {
        // Rounded up: a rounded down timeout would spin through its last millisecond.
        let millis = t.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128 - 1);
        PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
    });
    let mut fds: Vec<PollFd<'_>> = bells
        .iter()
        .map(|bell| PollFd::new(bell.event.as_fd(), PollFlags::POLLIN))
        .collect();
    let woken = match poll(&mut fds, limit) {
        Ok(0) => Woken::TimedOut,
        Err(Errno::EINTR) => Woken::Interrupted,
        _ => Woken::Ready,
    };
    disarm();
    woken
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn work_that_came_before_the_sleep_is_seen() {
        let bell = WakeUp::new().unwrap();
        assert_eq!(bell.wait(None, || true), Woken::Ready);
    }

    #[test]
    fn an_awake_thread_is_not_rung() {
        let bell = WakeUp::new().unwrap();
        bell.wake();
        assert_eq!(bell.wait(Some(Duration::ZERO), || false), Woken::TimedOut);
    }

    #[test]
    fn a_sleeping_thread_is_rung() {
        let bell = Arc::new(WakeUp::new().unwrap());
        let sleeper = std::thread::spawn({
            let bell = Arc::clone(&bell);
            move || bell.wait(None, || false)
        });
        while !bell.is_armed() {
            std::thread::yield_now();
        }
        bell.wake();
        assert_eq!(sleeper.join().unwrap(), Woken::Ready);
    }
}
