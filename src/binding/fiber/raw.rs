//! PHP's own fibers, driven natively. Their methods do all the checks and switches.
//!
//! The engine saves the VM's stack and `EG(bailout)` of both sides of a switch: a fatal error inside a fiber jumps to the
//! bottom of that fiber's C stack, and goes on as a bailout of whoever resumed it.

use std::ptr;

use ext_php_rs::ffi::{zend_class_entry, zend_function, zend_hash_str_find, zend_object};
use ext_php_rs::types::{ZendObject, Zval};
use ext_php_rs::zend::ExecutorGlobals;

use crate::binding::zend;

unsafe extern "C" {
    static zend_ce_fiber: *mut zend_class_entry;
    fn zend_fiber_switch_blocked() -> bool;
}

/// Looked up once per thread; methods of an internal class live as long as the process.
struct Methods {
    resume: *mut zend_function,
    suspend: *mut zend_function,
    is_suspended: *mut zend_function,
}

thread_local! {
    static METHODS: Methods = Methods {
        resume: method("resume"),
        suspend: method("suspend"),
        is_suspended: method("issuspended"),
    };
}

/// `name` is in lower case.
fn method(name: &str) -> *mut zend_function {
    // SAFETY: the engine has registered the class before any extension; its table holds pointers to functions.
    unsafe {
        zend_hash_str_find(
            &raw const (*zend_ce_fiber).function_table,
            name.as_ptr().cast(),
            name.len(),
        )
        .as_ref()
        .map_or(ptr::null_mut(), |entry| entry.value.ptr.cast())
    }
}

/// The fiber that runs, null outside of fibers.
pub fn active() -> *mut zend_object {
    // A fiber begins with its object.
    ExecutorGlobals::get().active_fiber.cast()
}

/// The same as a value.
pub fn current() -> Option<Zval> {
    let object = active();
    if object.is_null() {
        return None;
    }
    let mut value = Zval::new();
    // SAFETY: the running fiber is a live object.
    value.set_object(unsafe { &mut *object.cast::<ZendObject>() });
    Some(value)
}

/// Whether the engine forbids switches now, as it does while some destructors run.
pub fn is_blocked() -> bool {
    // SAFETY: reads a counter of this thread.
    unsafe { zend_fiber_switch_blocked() }
}

/// Leaves the running fiber until someone resumes it. An exception may be pending afterwards.
pub fn suspend() {
    let function = METHODS.with(|m| m.suspend);
    // SAFETY: a static method, which needs its class and no object.
    unsafe { zend::call(function, ptr::null_mut(), zend_ce_fiber, &mut []) };
}

/// Goes on with a suspended fiber until it suspends or ends. An exception may be pending afterwards.
pub fn resume(fiber: &Zval) {
    call(fiber, METHODS.with(|m| m.resume));
}

/// Whether it can be resumed: it has begun, has not ended, and is not below of what runs.
pub fn is_suspended(fiber: &Zval) -> bool {
    call(fiber, METHODS.with(|m| m.is_suspended)).bool() == Some(true)
}

pub fn call(fiber: &Zval, method: *mut zend_function) -> Zval {
    let Some(object) = fiber.object() else {
        return Zval::new();
    };
    let object = ptr::from_ref(object).cast_mut();
    // SAFETY: a live fiber and a method of its class; the caller's value keeps the fiber alive.
    unsafe { zend::call(method, object.cast(), (*object).ce, &mut []) }
}

#[allow(dead_code)]
/// References that others than us hold to the fiber, when we hold `ours`.
pub fn others(fiber: &Zval, ours: u32) -> u32 {
    fiber
        .object()
        .map_or(0, |object| object.gc.refcount.saturating_sub(ours))
}
