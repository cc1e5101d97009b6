//! PHP's own fibers, driven natively. Their methods do all the checks and switches.
//!
//! The engine saves the VM's stack and `EG(bailout)` of both sides of a switch: a fatal error inside a fiber jumps to the
//! bottom of that fiber's C stack, and goes on as a bailout of whoever resumed it.

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;
use std::sync::OnceLock;

use ext_php_rs::ffi::{
    ext_php_rs_executor_globals, zend_class_entry, zend_execute_data, zend_function, zend_hash_str_find, zend_object,
    zend_string,
};
use ext_php_rs::types::{ZendObject, ZendStr, Zval};

use crate::binding::zend;

use super::pool;

unsafe extern "C" {
    static zend_ce_fiber: *mut zend_class_entry;
    fn zend_fiber_switch_blocked() -> bool;
    fn object_init_ex(value: *mut Zval, class: *mut zend_class_entry) -> c_int;
    fn zend_create_closure(
        result: *mut Zval,
        function: *mut zend_function,
        scope: *mut zend_class_entry,
        called_scope: *mut zend_class_entry,
        this: *mut Zval,
    );
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

/// The beginning of `zend_fiber` of `Zend/zend_fibers.h`, the same in PHP 8.1 to 8.5; the bindings have only its name.
#[repr(C)]
struct Head {
    object: zend_object,
    flags: u8,
}

/// The fiber that runs, null outside of fibers.
#[inline]
pub fn active() -> *mut zend_object {
    // SAFETY: the globals live as long as the thread. A fiber begins with its object.
    unsafe { (*ext_php_rs_executor_globals()).active_fiber.cast() }
}

/// Whether the running fiber is being destroyed. Its `finally` blocks run; it cannot be suspended again, even if one of
/// them has thrown or returned.
#[inline]
pub fn is_ending() -> bool {
    /// `ZEND_FIBER_FLAG_DESTROYED`
    const DESTROYED: u8 = 1 << 2;
    let fiber = active().cast::<Head>();
    // SAFETY: the running fiber is a live object of the engine's own class, which is final.
    !fiber.is_null() && unsafe { (*fiber).flags & DESTROYED != 0 }
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

thread_local! {
    /// The next call of a watched method is ours.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// `Fiber::resume()` and `Fiber::throw()` as the engine has them, once they are watched.
static ORIGINALS: OnceLock<[Handler; 2]> = OnceLock::new();

/// From now on [`pool::follow`] hears when PHP code goes on with a fiber of the pool by itself.
pub fn watch() {
    ORIGINALS.get_or_init(|| {
        let watched: [(&str, Handler); 2] = [("resume", on_resume), ("throw", on_throw)];
        watched.map(|(name, handler)| {
            let method = method(name);
            // SAFETY: a method of an internal class; on the only thread that runs PHP.
            unsafe {
                let slot = &mut (*method).internal_function.handler;
                slot.replace(handler).unwrap_or(handler)
            }
        })
    });
}

unsafe extern "C" fn on_resume(frame: *mut zend_execute_data, result: *mut Zval) {
    around(0, frame, result);
}

unsafe extern "C" fn on_throw(frame: *mut zend_execute_data, result: *mut Zval) {
    around(1, frame, result);
}

fn around(which: usize, frame: *mut zend_execute_data, result: *mut Zval) {
    let Some(originals) = ORIGINALS.get() else { return };
    // SAFETY: the engine's own call goes on to its own handler.
    let go_on = || unsafe { originals[which](frame, result) };
    if OURS.take() {
        return go_on();
    }
    // SAFETY: a method has its object.
    let fiber = unsafe { (*frame).This.shallow_clone() };
    match pool::of(object(&fiber)) {
        Some(slot) if is_suspended(&fiber) => pool::follow(&slot, go_on),
        _ => go_on(),
    }
}

/// Goes on with a suspended fiber until it suspends or ends. An exception may be pending afterwards.
pub fn resume(fiber: &Zval) {
    OURS.set(ORIGINALS.get().is_some());
    call(fiber, METHODS.with(|m| m.resume));
}

/// Whether it can be resumed: it has begun, has not ended, and is not below of what runs.
pub fn is_suspended(fiber: &Zval) -> bool {
    call(fiber, METHODS.with(|m| m.is_suspended)).bool() == Some(true)
}

fn call(fiber: &Zval, method: *mut zend_function) -> Zval {
    let Some(object) = fiber.object() else {
        return Zval::new();
    };
    let object = ptr::from_ref(object).cast_mut();
    // SAFETY: a live fiber and a method of its class; the caller's value keeps the fiber alive.
    unsafe { zend::call(method, object.cast(), (*object).ce, &mut []) }
}

/// A fiber that has not begun, with a native body.
pub fn create(body: Handler) -> Option<Zval> {
    thread_local! {
        static CONSTRUCT: *mut zend_function = method("__construct");
    }
    let callable = closure(body);
    let mut fiber = Zval::new();
    // SAFETY: makes an object of a class that may be instantiated.
    if unsafe { object_init_ex(&raw mut fiber, zend_ce_fiber) } != 0 {
        return None;
    }
    let object = object(&fiber);
    // SAFETY: a live object and its constructor, which takes the callable.
    unsafe { zend::call(CONSTRUCT.with(|m| *m), object, zend_ce_fiber, &mut [callable]) };
    Some(fiber)
}

/// Begins a fiber, which runs until it suspends or ends. An exception may be pending afterwards.
pub fn start(fiber: &Zval) {
    thread_local! {
        static START: *mut zend_function = method("start");
    }
    call(fiber, START.with(|m| *m));
}

/// Unwinds a suspended fiber, though others may hold it: what the engine does when the last reference goes. False: it is
/// not suspended.
pub fn destroy(fiber: *mut zend_object) -> bool {
    const DESTRUCTOR_CALLED: u32 = 1 << 8;
    let mut held = Zval::new();
    // SAFETY: the caller knows that the fiber lives; `held` keeps it so.
    held.set_object(unsafe { &mut *fiber.cast::<ZendObject>() });
    if !is_suspended(&held) {
        return false;
    }
    // SAFETY: as in `zend_objects_store_call_destructors`; the destructor runs once.
    unsafe {
        if (*fiber).gc.u.type_info & DESTRUCTOR_CALLED == 0 {
            (*fiber).gc.u.type_info |= DESTRUCTOR_CALLED;
            if let Some(destroy) = (*(*fiber).handlers).dtor_obj {
                destroy(fiber);
            }
        }
    }
    true
}

/// The object of a value that holds one.
pub fn object(value: &Zval) -> *mut zend_object {
    value
        .object()
        .map_or(ptr::null_mut(), |object| ptr::from_ref(object).cast_mut().cast())
}

pub type Handler = unsafe extern "C" fn(*mut zend_execute_data, *mut Zval);

/// A `Closure` over a native function that has no name to be called by.
fn closure(body: Handler) -> Zval {
    const ZEND_INTERNAL_FUNCTION: u8 = 1;
    thread_local! {
        static NAME: *mut zend_string = ZendStr::new_interned("Ferry\\{fiber}", true).into_raw().cast();
    }
    // SAFETY: null and zero are values of every field.
    let mut function: zend_function = unsafe { std::mem::zeroed() };
    let mut closure = Zval::new();
    // SAFETY: the engine copies the function into the closure. Its name lives as long as the process.
    unsafe {
        function.internal_function.type_ = ZEND_INTERNAL_FUNCTION;
        function.internal_function.function_name = NAME.with(|name| *name);
        function.internal_function.handler = Some(body);
        zend_create_closure(
            &raw mut closure,
            &raw mut function,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
        );
    }
    closure
}
