//! SIGINT and SIGTERM while `run()` runs, where the script has no handlers of its own; SIGHUP if there are certificates to
//! read again.

use std::cell::RefCell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use ext_php_rs::types::Zval;

use super::zend;

const HANDLED: [c_int; 2] = [libc::SIGINT, libc::SIGTERM];

/// SIGHUP came and was not acted on yet.
static HUNG_UP: AtomicBool = AtomicBool::new(false);

/// The last signal, 0: none.
static RECEIVED: AtomicI32 = AtomicI32::new(0);
/// The eventfd that wakes the PHP thread, -1: nobody waits.
static BELL: AtomicI32 = AtomicI32::new(-1);

type SigAction = unsafe extern "C" fn(c_int, *const libc::sigaction, *mut libc::sigaction) -> c_int;

/// PHP's own wrapper where it was built with `zend_signal`: a plain `sigaction` would be undone by it.
fn sigaction() -> SigAction {
    let address = zend::symbol(c"zend_sigaction");
    if address.is_null() {
        return libc::sigaction;
    }
    // SAFETY: the engine's function of that name has this signature in every supported version.
    unsafe { std::mem::transmute::<*mut std::ffi::c_void, SigAction>(address) }
}

/// Async-signal-safe: two atomics and a write.
extern "C" fn on_signal(signal: c_int) {
    if signal == libc::SIGHUP {
        HUNG_UP.store(true, Ordering::SeqCst);
    } else if RECEIVED.swap(signal, Ordering::SeqCst) != 0 {
        // SAFETY: the second signal ends at once, as the user expects of the second Ctrl-C.
        unsafe { libc::_exit(128 + signal) };
    }
    let fd = BELL.load(Ordering::SeqCst);
    if fd >= 0 {
        let one = 1_u64;
        // SAFETY: a write of eight bytes to an eventfd. A failure leaves the loop its own timeout.
        unsafe { libc::write(fd, (&raw const one).cast(), 8) };
    }
}

thread_local! {
    /// What was in force before, newest last.
    static REPLACED: RefCell<Vec<(c_int, libc::sigaction)>> = const { RefCell::new(Vec::new()) };
}

/// Puts the old handlers back when it goes.
pub struct Signals {
    /// How many were replaced before: `run()` of another server may be inside of this one's.
    mark: usize,
    /// The bell before.
    outer: c_int,
}

impl Signals {
    /// Takes over the signals that the script has left alone; SIGHUP only where something is done with it.
    pub fn install(bell: c_int, hang_up: bool) -> Self {
        let outer = BELL.swap(bell, Ordering::SeqCst);
        RECEIVED.store(0, Ordering::SeqCst);
        let mark = REPLACED.with_borrow(Vec::len);
        let signals = HANDLED.into_iter().chain(hang_up.then_some(libc::SIGHUP));
        let ours = signals.filter(|signal| !has_handler(*signal));
        let old: Vec<_> = ours.filter_map(replace).collect();
        REPLACED.with_borrow_mut(|replaced| replaced.extend(old));
        Self { mark, outer }
    }
}

/// Whether a signal arrived since the handlers were installed. It stays so: the servers around this one stop, too.
pub fn received() -> bool {
    RECEIVED.load(Ordering::SeqCst) != 0
}

/// Whether SIGHUP waits to be acted on.
pub fn hung_up() -> bool {
    HUNG_UP.load(Ordering::SeqCst)
}

/// The same, and it is acted on now.
pub fn take_hang_up() -> bool {
    HUNG_UP.swap(false, Ordering::SeqCst)
}

/// Puts every handler back. A fatal error drops no [`Signals`], and what follows it may last.
pub fn restore_all() {
    BELL.store(-1, Ordering::SeqCst);
    restore(0);
}

fn restore(mark: usize) {
    for (signal, old) in REPLACED
        .with_borrow_mut(|replaced| replaced.split_off(mark))
        .iter()
        .rev()
    {
        // A handler that the script has set meanwhile stays.
        if current(*signal).is_some_and(|now| now.sa_sigaction == handler()) {
            // SAFETY: what was in force before.
            unsafe { sigaction()(*signal, old, std::ptr::null_mut()) };
        }
    }
}

fn handler() -> libc::sighandler_t {
    on_signal as extern "C" fn(c_int) as libc::sighandler_t
}

fn current(signal: c_int) -> Option<libc::sigaction> {
    let mut now = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asks only; the structure is live.
    unsafe { (sigaction()(signal, std::ptr::null(), now.as_mut_ptr()) == 0).then(|| now.assume_init()) }
}

fn replace(signal: c_int) -> Option<(c_int, libc::sigaction)> {
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: both structures are live; the handler is async-signal-safe and stays mapped.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler();
        libc::sigemptyset(&raw mut action.sa_mask);
        (sigaction()(signal, &raw const action, old.as_mut_ptr()) == 0).then(|| (signal, old.assume_init()))
    }
}

/// Whether the script has a handler: `pcntl` alone can give it one.
fn has_handler(signal: c_int) -> bool {
    let Some(lookup) = zend::find_function("pcntl_signal_get_handler") else {
        return false;
    };
    let mut number = Zval::new();
    number.set_long(i64::from(signal));
    let handler = zend::call_function(lookup, &mut [number]);
    // SIG_DFL is 0.
    handler.long() != Some(0)
}

impl Drop for Signals {
    fn drop(&mut self) {
        BELL.store(self.outer, Ordering::SeqCst);
        restore(self.mark.min(REPLACED.with_borrow(Vec::len)));
    }
}
