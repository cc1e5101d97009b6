//! SIGINT and SIGTERM while `run()` runs, where the script has no handlers of its own.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicI32, Ordering};

use ext_php_rs::types::Zval;

use super::zend;

const HANDLED: [c_int; 2] = [libc::SIGINT, libc::SIGTERM];

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
    if RECEIVED.swap(signal, Ordering::SeqCst) != 0 {
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

/// Puts the old handlers back when it goes.
pub struct Signals {
    old: Vec<(c_int, libc::sigaction)>,
}

impl Signals {
    /// Takes over the signals that the script has left alone.
    pub fn install(bell: c_int) -> Self {
        BELL.store(bell, Ordering::SeqCst);
        RECEIVED.store(0, Ordering::SeqCst);
        let old = HANDLED
            .into_iter()
            .filter(|signal| !has_handler(*signal))
            .filter_map(replace)
            .collect();
        Self { old }
    }

    /// The signal that arrived since `install`, again and again: there is no second chance to miss it.
    pub fn take(&self) -> Option<c_int> {
        match RECEIVED.load(Ordering::SeqCst) {
            0 => None,
            signal => (!self.old.is_empty()).then_some(signal),
        }
    }
}

fn replace(signal: c_int) -> Option<(c_int, libc::sigaction)> {
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: both structures are live; the handler is async-signal-safe and stays mapped.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as extern "C" fn(c_int) as libc::sighandler_t;
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
        BELL.store(-1, Ordering::SeqCst);
        for (signal, old) in &self.old {
            // SAFETY: what was in force before.
            unsafe { sigaction()(*signal, old, std::ptr::null_mut()) };
        }
    }
}
