//! A shorter way into `Connection::send()`, which most callbacks call for every message.
//!
//! The handler that ext-php-rs makes for a method parses any arguments, and catches what a fatal error would unwind with a
//! `setjmp`. `send()` runs no PHP code and allocates none of PHP's memory, so where its arguments are of the declared types
//! already there is nothing to catch but a panic. Everything else goes the ordinary way, the errors among it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;

use ext_php_rs::class::RegisteredClass;
use ext_php_rs::convert::IntoZval;
use ext_php_rs::ffi::{zend_function, zend_hash_str_find};
use ext_php_rs::types::{ZendClassObject, Zval};
use ext_php_rs::zend::{ExecuteData, run_handler};

use super::args::Bytes;
use super::connection::Connection;

type Handler = unsafe extern "C" fn(frame: *mut ExecuteData, answer: *mut Zval);

/// The handler that ext-php-rs made.
static ORDINARY: OnceLock<Handler> = OnceLock::new();

/// Puts the short way before the ordinary one. Once, before any class extends ours and takes its methods over.
pub fn install() {
    let table = &raw const Connection::get_metadata().ce().function_table;
    // SAFETY: the table of a registered class holds pointers to its functions; nobody calls them yet.
    unsafe {
        let Some(entry) = zend_hash_str_find(table, c"send".as_ptr(), 4).as_ref() else {
            return;
        };
        let function = &raw mut (*entry.value.ptr.cast::<zend_function>()).internal_function;
        if let Some(handler) = (*function).handler
            && ORDINARY.set(handler).is_ok()
        {
            (*function).handler = Some(send);
        }
    }
}

unsafe extern "C" fn send(frame: *mut ExecuteData, answer: *mut Zval) {
    // SAFETY: the engine gives a frame and the place of the answer, which holds null; the arguments in the frame live as long.
    match catch_unwind(AssertUnwindSafe(|| unsafe { try_send(&*frame, &mut *answer) })) {
        Ok(Some(())) => {}
        Ok(None) => {
            if let Some(ordinary) = ORDINARY.get() {
                // SAFETY: as above.
                unsafe { ordinary(frame, answer) };
            }
        }
        Err(panic) => run_handler(AssertUnwindSafe(|| resume_unwind(panic))),
    }
}

/// `None`: nothing was done, the ordinary way is to be taken.
///
/// # Safety
///
/// `frame` is that of a call of `send()`.
#[inline]
unsafe fn try_send(frame: &ExecuteData, answer: &mut Zval) -> Option<()> {
    // SAFETY: the frame is a call's, so this field counts its arguments, and so many are there.
    let (data, binary) = unsafe {
        match frame.This.u2.num_args {
            1 => (frame.zend_call_arg(0)?, false),
            2 => (frame.zend_call_arg(0)?, frame.zend_call_arg(1)?.bool()?),
            _ => return None,
        }
    };
    let data = data.zend_str()?;
    let connection = ZendClassObject::<Connection>::from_zend_obj(frame.This.object()?)?;
    let sent = connection.send(Bytes(data.as_bytes()), binary).ok()?;
    // It was sent: from here on the ordinary way would send it again.
    let _ = sent.set_zval(answer, false);
    Some(())
}
