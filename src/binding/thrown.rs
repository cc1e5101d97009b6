//! The exception that is pending after a call into PHP.

use std::ffi::c_int;
use std::ptr;

use ext_php_rs::exception::{PhpException, PhpResult};
use ext_php_rs::ffi::{ext_php_rs_executor_globals, zend_execute_data, zend_object, zend_op};
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecutorGlobals;

unsafe extern "C" {
    fn zend_is_unwind_exit(exception: *const zend_object) -> bool;
    fn zend_is_graceful_exit(exception: *const zend_object) -> bool;
    fn zend_exception_error(exception: *mut zend_object, severity: c_int) -> c_int;
}

/// How a call into PHP ended.
pub enum Outcome {
    Returned,
    /// `exit()`, or a fiber being destroyed: it stays pending, and the loop must end without another call.
    Unwinding,
    Threw(Zval),
}

/// Whether the script unwinds after `exit()`.
pub fn is_exiting() -> bool {
    let globals = ExecutorGlobals::get();
    globals.exception().is_some_and(|e| {
        // SAFETY: the pending exception is a live object.
        unsafe { zend_is_unwind_exit(e) }
    })
}

/// Whether the last error is one that ends the script. Memory exhaustion is no bailout in every build of PHP: it may be
/// reported and then unwind as `exit()` does.
pub fn is_failing() -> bool {
    /// `E_ERROR`, `E_CORE_ERROR`, `E_COMPILE_ERROR`, `E_USER_ERROR` and `E_RECOVERABLE_ERROR`.
    const FATAL: c_int = 1 | 16 | 64 | 256 | 4096;
    // SAFETY: the globals live as long as the thread.
    unsafe { (*ext_php_rs::ffi::ext_php_rs_process_globals()).last_error_type & FATAL != 0 }
}

/// Whether a fiber unwinds because it is destroyed: the script goes on without it.
fn is_fiber_ending() -> bool {
    let globals = ExecutorGlobals::get();
    globals.exception().is_some_and(|e| {
        // SAFETY: the pending exception is a live object.
        unsafe { zend_is_graceful_exit(e) }
    })
}

/// Whether an exception is pending, of whatever kind.
#[inline]
pub fn is_pending() -> bool {
    // SAFETY: the globals live as long as the thread.
    unsafe { !(*ext_php_rs_executor_globals()).exception.is_null() }
}

/// Whether the script or its fiber unwinds: nothing may be called any more.
pub fn is_unwinding() -> bool {
    is_pending() && (is_exiting() || is_fiber_ending())
}

/// Throws a throwable that exists.
pub fn throw(mut throwable: Zval) {
    // SAFETY: the engine takes over the reference, so the value gives it up.
    unsafe {
        ext_php_rs::ffi::zend_throw_exception_object(&raw mut throwable);
        std::mem::forget(throwable);
    }
}

/// The object of an exception, not thrown.
pub fn exception_object(exception: PhpException) -> Zval {
    exception.throw();
    match outcome() {
        Outcome::Threw(object) => object,
        Outcome::Returned | Outcome::Unwinding => Zval::null(),
    }
}

/// Leaves a pending exception to the caller, whatever it is.
pub fn propagate() -> PhpResult<()> {
    if ExecutorGlobals::has_exception() {
        // Throwing changes nothing while an exception is pending.
        return Err(PhpException::from_message(String::new()));
    }
    Ok(())
}

/// Looks at the exception the last call left, and takes it unless it unwinds the script or a fiber.
#[inline]
pub fn outcome() -> Outcome {
    if is_pending() { take() } else { Outcome::Returned }
}

#[cold]
fn take() -> Outcome {
    if is_exiting() || is_fiber_ending() {
        return Outcome::Unwinding;
    }
    match ExecutorGlobals::take_exception() {
        Some(exception) => {
            go_on_below();
            // SAFETY: the box was the owner of this live object.
            Outcome::Threw(unsafe { owned(exception.into_raw()) })
        }
        None => Outcome::Returned,
    }
}

/// The value takes over a reference to a live object.
unsafe fn owned(object: *mut zend_object) -> Zval {
    let mut value = Zval::new();
    // SAFETY: given by the caller. `set_object` adds a reference of its own, so the other one is given up.
    unsafe {
        value.set_object(&mut *object.cast());
        (*object).gc.refcount -= 1;
    }
    value
}

/// The exception that was pending is not any more. Where the frame is one of PHP code (an object is freed there), the
/// engine has pointed it to where exceptions are handled, and it must go on where it was.
fn go_on_below() {
    // SAFETY: the globals live as long as the thread. What the frame went on with before is kept for as long as its next
    // instruction is the one of the globals.
    unsafe {
        let globals = ext_php_rs_executor_globals();
        if let Some(frame) = frame()
            && ptr::eq(frame.opline, (&raw const (*globals).exception_op).cast())
        {
            frame.opline = (*globals).opline_before_exception;
        }
    }
}

/// The frame that runs, if it is one of PHP code. Others have no next instruction.
///
/// # Safety
///
/// The frame is gone once something was called.
unsafe fn frame<'a>() -> Option<&'a mut zend_execute_data> {
    // SAFETY: the globals live as long as the thread, and the frame is the one that runs.
    unsafe {
        let frame = (*ext_php_rs_executor_globals()).current_execute_data.as_mut()?;
        let function = frame.func.as_ref()?;
        // `ZEND_USER_CODE`
        (function.type_ & 1 == 0).then_some(frame)
    }
}

/// Reports a throwable as PHP reports an uncaught one, as a warning: the script goes on. No error handler of the
/// script is asked, but the throwable's `__toString()` is, so the caller looks at [`outcome`] next.
pub fn log_exception(exception: &Zval) {
    const E_WARNING: c_int = 2;
    if let Some(object) = exception.object() {
        let object = ptr::from_ref(object).cast_mut();
        // SAFETY: a live throwable. The function takes over one reference, so it gets one of its own.
        unsafe {
            (*object).gc.refcount += 1;
            zend_exception_error(object, E_WARNING);
        }
    }
}

/// An exception that is on its way through frames of PHP code, while something else is called.
pub struct Underway {
    exception: *mut zend_object,
    /// Where the frame goes on with an exception, and without one.
    oplines: [*const zend_op; 2],
}

impl Underway {
    pub fn put_aside() -> Self {
        // SAFETY: the globals live as long as the thread; the reference to the exception goes along.
        unsafe {
            let globals = ext_php_rs_executor_globals();
            Self {
                exception: std::mem::replace(&mut (*globals).exception, ptr::null_mut()),
                oplines: [
                    frame().map_or(ptr::null(), |frame| frame.opline),
                    (*globals).opline_before_exception,
                ],
            }
        }
    }

    /// One that is pending now comes first.
    pub fn put_back(self) {
        if self.exception.is_null() {
            return;
        }
        // SAFETY: as above. The reference goes to the engine, or to the value that drops it.
        unsafe {
            let globals = ext_php_rs_executor_globals();
            (*globals).opline_before_exception = self.oplines[1];
            if let Some(frame) = frame() {
                frame.opline = self.oplines[0];
            }
            if (*globals).exception.is_null() {
                (*globals).exception = self.exception;
            } else {
                drop(owned(self.exception));
            }
        }
    }
}
