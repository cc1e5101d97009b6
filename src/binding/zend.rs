//! What ext-php-rs does not wrap of the Zend Engine.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use ext_php_rs::exception::{PhpException, PhpResult};
use ext_php_rs::ffi::{
    zend_call_known_function, zend_class_entry, zend_function, zend_interrupt_function, zend_object,
};
use ext_php_rs::types::{ZendHashTable, ZendObject, Zval};
use ext_php_rs::zend::{ClassEntry, ExecutorGlobals, ZendObjectHandlers};

use super::exception;

pub use super::thrown::{
    Outcome, Underway, exception_object, is_exiting, is_failing, is_pending, is_unwinding, log_exception, outcome,
    propagate, throw,
};

unsafe extern "C" {
    fn zend_get_gc_buffer_create() -> *mut GcBuffer;
    fn zend_get_gc_buffer_grow(buffer: *mut GcBuffer);
    fn zend_timeout();

    static spl_ce_InvalidArgumentException: *mut zend_class_entry;
    static spl_ce_LogicException: *mut zend_class_entry;
    static spl_ce_RuntimeException: *mut zend_class_entry;
}

/// `zend_get_gc_buffer` of `Zend/zend_gc.h`.
#[repr(C)]
pub struct GcBuffer {
    cur: *mut Zval,
    end: *mut Zval,
    start: *mut Zval,
}

impl GcBuffer {
    /// Reports a value that Rust holds.
    pub fn add(&mut self, value: &Zval) {
        if !value.is_object() && !value.is_array() {
            return;
        }
        if self.cur == self.end {
            // SAFETY: `self` is the engine's own buffer; growing moves all three pointers.
            unsafe { zend_get_gc_buffer_grow(self) };
        }
        // SAFETY: `cur` is below `end` now. The collector counts references by itself and never releases the copy.
        unsafe {
            ptr::copy_nonoverlapping(ptr::from_ref(value), self.cur, 1);
            self.cur = self.cur.add(1);
        }
    }
}

/// A `get_gc` handler: declared properties, dynamic ones, and what `report` adds.
///
/// # Safety
///
/// `object`, `table` and `n` are those the collector gave to the handler.
pub unsafe fn collect(
    object: *mut ZendObject,
    table: *mut *mut Zval,
    n: *mut c_int,
    report: impl FnOnce(&mut GcBuffer),
) -> *mut ZendHashTable {
    // SAFETY: the engine keeps one buffer per thread and fills it anew for each object.
    unsafe {
        let buffer = &mut *zend_get_gc_buffer_create();
        if (*object).properties.is_null() {
            let slots = (*object).properties_table.as_ptr();
            for i in 0..(*(*object).ce).default_properties_count {
                buffer.add(&*slots.add(i.unsigned_abs() as usize));
            }
        }
        report(buffer);
        *table = buffer.start;
        *n = c_int::try_from(buffer.cur.offset_from(buffer.start)).unwrap_or(0);
        (*object).properties
    }
}

pub type GetGc = unsafe extern "C" fn(*mut ZendObject, *mut *mut Zval, *mut c_int) -> *mut ZendHashTable;

/// Replaces the `get_gc` handler of a class. Called once, in MINIT, before any object exists.
pub fn set_get_gc(handlers: &ZendObjectHandlers, get_gc: GetGc) {
    let handlers = ptr::from_ref(handlers).cast_mut();
    // SAFETY: the table is a static of the class's metadata; nobody reads it before MINIT has ended.
    unsafe { (*handlers).get_gc = Some(get_gc) };
}

/// `ZVAL_COPY` of an object to a place that holds nothing. False: it is none. Field by field, so that the value is read back in
/// the pieces it was written in.
#[inline]
pub fn copy_object(from: &Zval, to: &mut Zval) -> bool {
    if !from.is_object() {
        return false;
    }
    // SAFETY: the value says that it is an object, and it holds a reference, so that the object is live.
    unsafe {
        let object = from.value.obj;
        (*object).gc.refcount += 1;
        to.value.obj = object;
        to.u1.type_info = from.u1.type_info;
    }
    true
}

/// Calls a function whose lookup was done before.
///
/// # Safety
///
/// `function`, `object` and `scope` are those the engine found for a callable that is still alive.
pub unsafe fn call(
    function: *mut zend_function,
    object: *mut zend_object,
    scope: *mut zend_class_entry,
    args: &mut [Zval],
) -> Zval {
    let mut answer = Zval::new();
    // SAFETY: given by the caller.
    unsafe { call_into(function, object, scope, args, &mut answer) };
    answer
}

/// The same where the answer has a place. It is written over `answer`, which holds nothing.
///
/// # Safety
///
/// As for [`call`].
pub unsafe fn call_into(
    function: *mut zend_function,
    object: *mut zend_object,
    scope: *mut zend_class_entry,
    args: &mut [Zval],
    answer: &mut Zval,
) {
    // SAFETY: given by the caller. The engine copies the arguments into the callee's frame.
    unsafe {
        zend_call_known_function(
            function,
            object,
            scope,
            answer,
            u32::try_from(args.len()).unwrap_or(0),
            args.as_mut_ptr(),
            ptr::null_mut(),
        );
    }
}

/// Lets PHP handle what a signal or a timeout asks for, as the VM does between opcodes. True: an exception is pending.
pub fn interrupt() -> bool {
    let globals = &raw const *ExecutorGlobals::get();
    // SAFETY: the globals live as long as the thread. Both fields are one byte in every supported version and set from
    // signal handlers; a value that comes later is seen at the next check. The hook is set once at start-up, and the frame
    // is the one of the method that runs.
    unsafe {
        let flag = (&raw const (*globals).vm_interrupt).cast::<AtomicBool>();
        if (*flag).swap(false, Ordering::SeqCst) {
            let timed_out = (&raw const (*globals).timed_out).cast::<AtomicBool>();
            if (*timed_out).load(Ordering::SeqCst) {
                // Does not come back: the fatal error of max_execution_time.
                zend_timeout();
            } else if let Some(hook) = zend_interrupt_function {
                hook((*globals).current_execute_data);
            }
        }
    }
    ExecutorGlobals::has_exception()
}

/// A global function of PHP, `None` if its extension is not loaded.
pub fn find_function(name: &str) -> Option<*mut zend_function> {
    // SAFETY: looks the lower-case name up in the function table.
    let function = unsafe { ext_php_rs::ffi::zend_fetch_function_str(name.as_ptr().cast::<c_char>(), name.len()) };
    (!function.is_null()).then_some(function)
}

/// A reference to null, for functions that write to an argument.
pub fn reference() -> Zval {
    let mut value = Zval::null();
    // SAFETY: turns the value into a counted reference that `value` owns.
    unsafe { zend_make_reference(&mut value) };
    value
}

/// `ZVAL_MAKE_REF`, which is a macro in C.
unsafe fn zend_make_reference(value: &mut Zval) {
    /// `zend_reference` of `Zend/zend_types.h`.
    #[repr(C)]
    struct Reference {
        gc: ext_php_rs::ffi::zend_refcounted_h,
        value: Zval,
        sources: *mut c_void,
    }
    // SAFETY: allocated by the engine's allocator, which aligns to 8 bytes and frees it when the count reaches 0; every field
    // is written.
    #[allow(clippy::cast_ptr_alignment, reason = "the allocator was given the layout")]
    unsafe {
        let reference = ext_php_rs::alloc::emalloc(std::alloc::Layout::new::<Reference>()).cast::<Reference>();
        (*reference).gc.refcount = 1;
        (*reference).gc.u.type_info = ext_php_rs::ffi::IS_REFERENCE | (1 << 4);
        ptr::write(&raw mut (*reference).value, std::mem::take(value));
        (*reference).sources = ptr::null_mut();
        value.value.ref_ = reference.cast();
        value.u1.type_info = ext_php_rs::ffi::IS_REFERENCE_EX;
    }
}

/// Calls a global function that was found before.
pub fn call_function(function: *mut zend_function, args: &mut [Zval]) -> Zval {
    // SAFETY: internal functions live as long as the process.
    unsafe { call(function, ptr::null_mut(), ptr::null_mut(), args) }
}

fn class(entry: *mut zend_class_entry) -> &'static ClassEntry {
    // SAFETY: SPL registers its classes before any extension that is loaded, and they live as long as the process.
    unsafe { &*entry }
}

pub fn spl_invalid_argument() -> &'static ClassEntry {
    // SAFETY: written once by SPL's MINIT.
    class(unsafe { spl_ce_InvalidArgumentException })
}

pub fn spl_logic() -> &'static ClassEntry {
    // SAFETY: as above.
    class(unsafe { spl_ce_LogicException })
}

pub fn spl_runtime() -> &'static ClassEntry {
    // SAFETY: as above.
    class(unsafe { spl_ce_RuntimeException })
}

/// The name of the running SAPI.
pub fn sapi_name() -> String {
    // SAFETY: set before any script runs, a C string for the life of the process.
    unsafe {
        let module = &raw const ext_php_rs::ffi::sapi_module;
        let name = (*module).name;
        if name.is_null() {
            return String::new();
        }
        std::ffi::CStr::from_ptr(name).to_string_lossy().into_owned()
    }
}

/// A stream over a duplicate of `fd`, for event loops.
pub fn stream(fd: c_int) -> PhpResult<Zval> {
    let fopen = find_function("fopen").ok_or_else(|| PhpException::from_message("fopen() is disabled".into()))?;
    let mut args = [Zval::new(), Zval::new()];
    args[0].set_string(&format!("php://fd/{fd}"), false)?;
    args[1].set_string("r", false)?;
    let stream = call_function(fopen, &mut args);
    if stream.is_resource() {
        Ok(stream)
    } else {
        Err(exception::runtime("Cannot open the stream of the server".into()))
    }
}

/// The address of a symbol that some builds of PHP lack.
pub fn symbol(name: &std::ffi::CStr) -> *mut c_void {
    // SAFETY: looks a name up among the symbols of the process.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}
