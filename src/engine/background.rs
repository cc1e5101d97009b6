//! One thread for what PHP waits for besides its clients, such as requests to other servers. It starts with the first task:
//! a script that never asks for one has no thread more.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::SigSet;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// For what can only block, which is looking a name up. More of it at once waits.
const BLOCKING_THREADS: usize = 8;
/// A name server that does not answer is not waited for at the end.
const STOP_WAIT: Duration = Duration::from_millis(500);

/// Locked by PHP threads only, so no fork can find it locked by another thread of an NTS process.
static THREAD: Mutex<Option<Background>> = Mutex::new(None);

/// Runs a future on the thread; from a PHP thread. Tasks on the thread use `tokio::spawn`. A panic ends only its task.
pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> io::Result<Task> {
    let mut slot = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(stale) = slot.take_if(|thread| !thread.is_usable()) {
        stale.end();
    }
    let thread = match &mut *slot {
        Some(thread) => thread,
        empty => empty.insert(Background::start()?),
    };
    Ok(thread.spawn(future))
}

/// Drops every task and waits for the thread's end. The next [`spawn`] starts another one. In a forked child the parent's
/// thread is forgotten.
pub fn end() {
    let thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(thread) = thread {
        thread.end();
    }
}

/// A future on the thread. Dropping it cancels the future; in a forked child, which has no part in it, it does nothing.
#[derive(Debug)]
#[must_use = "dropping it cancels the future"]
pub struct Task {
    handle: Option<AbortHandle>,
    process: u32,
}

impl Task {
    /// Lets the future run to its end.
    pub fn detach(mut self) {
        self.handle = None;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let Some(handle) = self.handle.take() else { return };
        if self.process == std::process::id() {
            handle.abort();
        } else {
            // Locks inside may have been held by the parent's thread at the fork.
            std::mem::forget(handle);
        }
    }
}

/// What is bound to the thread's sockets. In a forked child it is out of reach and never dropped: the parent's locks may have
/// been held at the fork, and its epoll instance is shared.
#[derive(Debug)]
pub struct Owned<T> {
    value: Option<T>,
    process: u32,
}

impl<T> Owned<T> {
    pub fn new(value: T) -> Self {
        Self {
            value: Some(value),
            process: std::process::id(),
        }
    }

    /// `None` in a forked child.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.process == std::process::id())
    }

    /// `None` in a forked child.
    pub fn take(mut self) -> Option<T> {
        self.get()?;
        self.value.take()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget(self.value.take());
        }
    }
}

struct Background {
    runtime: Handle,
    /// Dropping it tells the thread to end.
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
    process: u32,
}

impl Background {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("ferry-lookup")
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        // Signals are for the PHP thread; the mask is inherited, also by the threads that this one starts.
        let old = SigSet::thread_get_mask()?;
        SigSet::all().thread_block()?;
        let thread = std::thread::Builder::new().name("ferry-tasks".into()).spawn(move || {
            let _ = runtime.block_on(stopped);
            runtime.shutdown_timeout(STOP_WAIT);
        });
        let _ = old.thread_set_mask();
        Ok(Self {
            runtime: handle,
            stop,
            thread: thread?,
            process: std::process::id(),
        })
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> Task {
        Task {
            handle: Some(self.runtime.spawn(future).abort_handle()),
            process: self.process,
        }
    }

    fn is_ours(&self) -> bool {
        self.process == std::process::id()
    }

    fn is_usable(&self) -> bool {
        self.is_ours() && !self.thread.is_finished()
    }

    fn end(self) {
        if !self.is_ours() {
            // Its thread does not exist here, and its epoll instance is the parent's.
            std::mem::forget(self);
            return;
        }
        drop(self.stop);
        // A panic has dropped the tasks, too.
        let _ = self.thread.join();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// Tells when it is dropped.
    struct Last(mpsc::Sender<&'static str>);

    impl Drop for Last {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
        }
    }

    #[test]
    fn tasks_run_on_one_thread_that_no_signal_reaches() {
        let thread = Background::start().unwrap();
        let (sender, seen) = mpsc::channel();
        for _ in 0..2 {
            let sender = sender.clone();
            let look = async move {
                let status = fs::read_to_string("/proc/thread-self/status").unwrap();
                sender.send(status).unwrap();
            };
            thread.spawn(look).detach();
        }
        let (first, second) = (
            seen.recv_timeout(PATIENCE).unwrap(),
            seen.recv_timeout(PATIENCE).unwrap(),
        );
        let line = |status: &str, name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
            line[name.len()..].trim().to_owned()
        };
        assert_eq!(line(&first, "Name:"), "ferry-tasks");
        assert_eq!(line(&first, "Pid:"), line(&second, "Pid:"));
        let blocked = u64::from_str_radix(&line(&first, "SigBlk:"), 16).unwrap();
        for signal in [
            libc::SIGHUP,
            libc::SIGINT,
            libc::SIGTERM,
            libc::SIGCHLD,
            libc::SIGUSR1,
            libc::SIGALRM,
        ] {
            assert!(blocked & (1 << (signal - 1)) != 0, "signal {signal}");
        }
        thread.end();
    }

    #[test]
    fn the_callers_signal_mask_stays() {
        let before = SigSet::thread_get_mask().unwrap();
        Background::start().unwrap().end();
        assert_eq!(SigSet::thread_get_mask().unwrap(), before);
    }

    #[test]
    fn dropping_a_task_cancels_it_and_detaching_does_not() {
        let thread = Background::start().unwrap();
        let (sender, seen) = mpsc::channel();
        let (started, starts) = mpsc::channel();
        let last = Last(sender.clone());
        let task = thread.spawn(async move {
            let _last = last;
            started.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        starts.recv_timeout(PATIENCE).unwrap();
        assert!(seen.try_recv().is_err());
        drop(task);
        assert_eq!(seen.recv_timeout(PATIENCE), Ok("dropped"));
        thread
            .spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                sender.send("done").unwrap();
            })
            .detach();
        assert_eq!(seen.recv_timeout(PATIENCE), Ok("done"));
        thread.end();
    }

    #[test]
    fn the_end_drops_what_still_runs_and_a_panic_only_its_own_task() {
        let thread = Background::start().unwrap();
        let (sender, seen) = mpsc::channel();
        let (last, panicking) = (Last(sender.clone()), Last(sender));
        thread
            .spawn(async move {
                let _panicking = panicking;
                panic!("a task of a test");
            })
            .detach();
        assert_eq!(seen.recv_timeout(PATIENCE), Ok("dropped"));
        assert!(thread.is_usable());
        thread
            .spawn(async move {
                let _last = last;
                std::future::pending::<()>().await;
            })
            .detach();
        thread.end();
        assert_eq!(seen.try_recv(), Ok("dropped"));
    }

    #[test]
    fn the_next_task_starts_the_thread_again() {
        let (sender, seen) = mpsc::channel();
        for _ in 0..2 {
            let sender = sender.clone();
            spawn(async move { sender.send(()).unwrap() }).unwrap().detach();
            seen.recv_timeout(PATIENCE).unwrap();
            end();
        }
    }
}
