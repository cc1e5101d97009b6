//! The loop on the PHP thread: events in, callbacks, commands out.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ext_php_rs::exception::{PhpException, PhpResult};
use ext_php_rs::types::{ZendClassObject, Zval};
use ext_php_rs::zend::{CatchError, bailout, try_catch};

use crate::engine::close;
use crate::engine::mailbox::Mailbox;
use crate::engine::server::Server;

use super::alarm;
use super::callback::Callback;
use super::connection::Connection;
use super::core::Core;
use super::ending;
use super::events;
use super::exception;
use super::fiber;
use super::memory;
use super::reload;
use super::serving;
use super::signals;
use super::stop;
use super::zend::{self, Outcome};

/// Events between two looks at signals, timers and the stop.
pub const BATCH: usize = 256;
/// A signal that arrives between the last look and the wait is handled after this long at the latest.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// The script or its fiber unwinds, or this is a forked child: nothing may be called any more.
pub struct Unwinding;

/// How a run of the loop ended.
pub enum Ended {
    /// So many events were handled.
    Handled(usize),
    /// The server has stopped.
    Stopped,
    /// An exception is pending, thrown by a signal handler or a tick, or the script unwinds.
    Pending,
}

/// Runs `body`, and ends the server in an orderly way if the script does not survive it.
pub fn guarded(core: &Rc<Core>, body: impl FnOnce() -> PhpResult<Ended>) -> PhpResult<Ended> {
    if core.polling.replace(true) {
        return Err(exception::logic(
            "The server is polling already: poll(), run() and stop() cannot be nested",
        ));
    }
    let below = fiber::enter_loop();
    let result = try_catch(AssertUnwindSafe(body));
    fiber::leave_loop(below);
    core.polling.set(false);
    core.metrics.borrow().end_callback();
    if !core.is_ours() {
        // A callback forked, and this is the child.
        core.abandon();
        if matches!(result, Err(CatchError::Bailout)) {
            // SAFETY: as below.
            unsafe { bailout() }
        }
        zend::propagate()?;
        core.guard()?;
    }
    match result {
        Ok(result) => {
            if zend::is_exiting() {
                core.abort(ending::last_code(), "");
            } else if let Some(server) = core.running() {
                server.mailboxes().for_each(Mailbox::hand_over);
                if core.streamed.get() {
                    rearm(core, &server);
                }
            }
            result
        }
        Err(CatchError::Bailout) => {
            core.abort(close::INTERNAL_ERROR, "");
            signals::restore_all();
            // SAFETY: the engine cannot go on after a caught bailout; nothing here needs its drop.
            unsafe { bailout() }
        }
        Err(error) => Err(PhpException::from_message(error.to_string())),
    }
}

/// Another loop waits on the eventfd now: it must be rung for what comes and for what is left.
fn rearm(core: &Core, server: &Server) {
    let bell = &server.inbox.bell;
    bell.disarm();
    announce(core);
    // A stop goes on with time as well as with events, so it is polled until it is done.
    let left = !server.inbox.is_empty() || core.burst.borrow().is_some();
    if (left && !core.serving.is_exhausted()) || core.stop.borrow().is_some() {
        bell.ring();
    }
}

/// Another loop may wait on the eventfd of this server: it is rung for what comes and for what has come.
pub fn announce(core: &Core) {
    if core.streamed.get()
        && let Some(server) = core.running()
    {
        server.inbox.bell.arm();
        alarm::set(core, &server);
        if fiber::has_work() || (!core.serving.is_exhausted() && !server.inbox.is_empty()) {
            server.inbox.bell.ring();
        }
    }
}

/// One batch, after waiting up to `timeout` for its first event. `None` waits until something happened.
pub fn poll(core: &Rc<Core>, timeout: Option<Duration>, max: usize) -> PhpResult<Ended> {
    let Some(server) = core.running() else {
        return Err(exception::logic("The server does not listen: call listen() first"));
    };
    let deadline = timeout.map(|t| Instant::now() + t);
    loop {
        if server.has_failed() {
            return Err(exception::runtime(
                "An I/O thread of the server died; its connections are lost".into(),
            ));
        }
        if dispatch_signals() || !core.is_ours() {
            return Ok(Ended::Pending);
        }
        server.metrics.see_php();
        let Ok(fired) = fire_timers(core) else {
            return Ok(Ended::Pending);
        };
        let Ok(resumed) = fiber::tick(Some(core)) else {
            return Ok(Ended::Pending);
        };
        if resumed > 0 {
            server.metrics.see_php();
        }
        let Ok(handled) = drain(core, &server, max) else {
            return Ok(Ended::Pending);
        };
        server.metrics.see_php();
        server.mailboxes().for_each(Mailbox::hand_over);
        if stop::advance(core, &server, handled) {
            return Ok(Ended::Stopped);
        }
        if handled + fired + resumed > 0 {
            return Ok(Ended::Handled(handled));
        }
        let now = Instant::now();
        if deadline.is_some_and(|d| d <= now) {
            return Ok(Ended::Handled(0));
        }
        memory::ebb(core, &server, now);
        wait(core, &server, deadline, now);
        if signals::received() || signals::hung_up() {
            // `run()` acts on it at once instead of after the rest of this wait.
            return Ok(Ended::Handled(0));
        }
    }
}

/// Until `stop()` has done its work.
pub fn run(core: &Rc<Core>) -> PhpResult<Ended> {
    loop {
        if signals::received() {
            stop::ask(core, close::GOING_AWAY, "", Duration::from_secs(5));
        }
        if signals::take_hang_up() && reload::reload(core).is_err() {
            return Ok(Ended::Pending);
        }
        match poll(core, Some(LONGEST_WAIT), BATCH)? {
            Ended::Handled(_) => {}
            ended => return Ok(ended),
        }
    }
}

fn wait(core: &Core, server: &Server, deadline: Option<Instant>, now: Instant) {
    let mut limit = LONGEST_WAIT;
    if let Some(deadline) = deadline {
        limit = limit.min(deadline.saturating_duration_since(now));
    }
    // Where switches are forbidden no fiber can go on.
    let fibers = !fiber::is_blocked();
    let due = fiber::next_due().filter(|_| fibers);
    for due in next_due(core).into_iter().chain(due) {
        limit = limit.min(due.saturating_duration_since(now));
    }
    if core.stop.borrow().is_some() {
        limit = limit.min(Duration::from_millis(10));
    }
    // Whatever ended the wait, the loop looks at everything again.
    let has_work = || (fibers && fiber::has_work()) || (!core.serving.is_exhausted() && !server.inbox.is_empty());
    let _ = server.inbox.bell.wait(Some(limit), has_work);
}

/// When the next timer of this server is due.
pub fn next_due(core: &Core) -> Option<Instant> {
    core.timers.borrow_mut().next_due()
}

/// Gives PHP's own signal handlers their turn. True: one threw.
pub fn dispatch_signals() -> bool {
    if zend::interrupt() {
        return true;
    }
    thread_local! {
        static DISPATCH: Option<usize> = zend::find_function("pcntl_signal_dispatch").map(|f| f as usize);
    }
    if let Some(dispatch) = DISPATCH.with(|d| *d) {
        // With pcntl_async_signals() the queue is empty by now.
        zend::call_function(dispatch as *mut _, &mut []);
    }
    ext_php_rs::zend::ExecutorGlobals::has_exception()
}

fn fire_timers(core: &Rc<Core>) -> Result<usize, Unwinding> {
    let mut fired = 0;
    // A timer that makes timers due at once must not keep events waiting.
    while fired < BATCH {
        let due = core.timers.borrow_mut().pop(Instant::now());
        let Some(callback) = due else { break };
        fired += 1;
        if core.config.fibers.is_some() {
            serving::fire(core, callback)?;
        } else {
            call(core, callback, &mut [], None)?;
            settle(core)?;
        }
    }
    Ok(fired)
}

/// Delivers up to `max` events.
pub fn drain(core: &Rc<Core>, server: &Rc<Server>, max: usize) -> Result<usize, Unwinding> {
    if let Some(most) = core.config.fibers {
        return serving::drain(core, server, max, most);
    }
    let mut handled = 0;
    while handled < max {
        let Some(done) = events::handle_next(core, server) else {
            break;
        };
        handled += 1;
        done?;
        settle(core)?;
    }
    Ok(handled)
}

/// Calls into PHP, takes the time, and looks at how it ended. The answer is written over `answer`, which holds nothing.
pub fn invoke(core: &Core, callback: &Callback, args: &mut [Zval], answer: &mut Zval) -> Outcome {
    core.metrics.borrow().begin_callback();
    callback.call_into(args, answer);
    let ran = core.metrics.borrow().end_callback();
    if let (Some(slow), Some(ran)) = (core.config.slow_callback, ran)
        && ran >= slow
    {
        core.metrics.borrow().slow_callbacks.fetch_add(1, Ordering::Relaxed);
    }
    if !core.is_ours() {
        // The callback forked, and this is the child: events and threads are the parent's.
        return Outcome::Unwinding;
    }
    zend::outcome()
}

/// Calls a callback and deals with what it throws. `subject` is the argument that is the connection.
///
/// `callback` is the caller's own: a callback may replace itself or clear its server, and is kept until it has returned.
#[allow(clippy::needless_pass_by_value, reason = "see above")]
pub fn call(
    core: &Rc<Core>,
    callback: Rc<Callback>,
    args: &mut [Zval],
    subject: Option<usize>,
) -> Result<(), Unwinding> {
    let mut answer = Zval::new();
    match invoke(core, &callback, args, &mut answer) {
        Outcome::Returned => Ok(()),
        Outcome::Unwinding => Err(Unwinding),
        Outcome::Threw(thrown) => {
            let connection = subject.map_or_else(Zval::null, |at| args[at].shallow_clone());
            report(core, connection, thrown)
        }
    }
}

/// Gives a throwable to `onError`; without one it is logged and its connection closes with 1011.
pub fn report(core: &Rc<Core>, connection: Zval, thrown: Zval) -> Result<(), Unwinding> {
    let handler = core.callbacks.borrow().error.clone();
    let Some(handler) = handler else {
        fail(core, &connection);
        return log(&thrown);
    };
    let mut args = [connection, thrown];
    let mut answer = Zval::new();
    match invoke(core, &handler, &mut args, &mut answer) {
        Outcome::Returned => Ok(()),
        Outcome::Unwinding => Err(Unwinding),
        Outcome::Threw(second) => {
            let [connection, first] = args;
            fail(core, &connection);
            log(&first)?;
            log(&second)
        }
    }
}

/// After a callback: reports what a destructor has thrown when its answer or arguments went. Left pending, it would keep
/// the next callback from being called.
#[inline]
pub fn settle(core: &Rc<Core>) -> Result<(), Unwinding> {
    if zend::is_pending() {
        return settle_pending(Some(core));
    }
    Ok(())
}

/// The same where an exception may be pending. Without a server it is logged.
#[cold]
pub fn settle_pending(core: Option<&Rc<Core>>) -> Result<(), Unwinding> {
    /// The destructors of what a report leaves behind may throw, too. If that has no end, the caller gets the exception.
    const ROUNDS: usize = 8;
    for round in 0..ROUNDS {
        let thrown = match zend::outcome() {
            Outcome::Returned => return Ok(()),
            Outcome::Unwinding => return Err(Unwinding),
            Outcome::Threw(thrown) => thrown,
        };
        match core {
            Some(core) if round == 0 => report(core, Zval::null(), thrown)?,
            _ => log(&thrown)?,
        }
    }
    if zend::is_pending() { Err(Unwinding) } else { Ok(()) }
}

/// Logs a throwable as a warning.
pub fn log(thrown: &Zval) -> Result<(), Unwinding> {
    zend::log_exception(thrown);
    match zend::outcome() {
        Outcome::Unwinding => Err(Unwinding),
        Outcome::Returned | Outcome::Threw(_) => Ok(()),
    }
}

fn fail(core: &Core, connection: &Zval) {
    use ext_php_rs::convert::FromZval;
    if let Some(connection) = <&ZendClassObject<Connection>>::from_zval(connection) {
        core.close(connection.conn_id(), close::INTERNAL_ERROR, "");
    }
}
