//! A PHP callable whose lookup is done once.

use std::ptr;

use ext_php_rs::exception::PhpResult;
use ext_php_rs::ffi::{zend_class_entry, zend_fcall_info_cache, zend_function, zend_is_callable_ex, zend_object};
use ext_php_rs::types::{ZendCallable, Zval};

use super::{exception, zend};

/// Checking callability again for each event costs as much as the call (153 ns against 81 ns).
///
/// The callable is kept as a `Closure`: a cached lookup of `[$object, 'magic']` would name a trampoline that the engine
/// uses once.
#[derive(Debug)]
pub struct Callback {
    closure: Zval,
    function: *mut zend_function,
    object: *mut zend_object,
    scope: *mut zend_class_entry,
}

impl Callback {
    pub fn new(callable: &Zval) -> PhpResult<Self> {
        let from_callable = ZendCallable::try_from_name("Closure::fromCallable")?;
        let closure = from_callable.try_call(vec![callable])?;
        // SAFETY: a structure of pointers, for which null is a value.
        let mut cache: zend_fcall_info_cache = unsafe { std::mem::zeroed() };
        let mut value = closure.shallow_clone();
        // SAFETY: a live value; the cache is an out parameter.
        let callable = unsafe {
            zend_is_callable_ex(
                &raw mut value,
                ptr::null_mut(),
                0,
                ptr::null_mut(),
                &raw mut cache,
                ptr::null_mut(),
            )
        };
        if !callable || cache.function_handler.is_null() {
            return Err(exception::invalid_argument(
                "Argument $callback must be callable".into(),
            ));
        }
        Ok(Self {
            closure,
            function: cache.function_handler,
            object: cache.object,
            scope: cache.called_scope,
        })
    }

    /// Calls it. The caller looks at [`zend::outcome`] next.
    ///
    /// No borrow, lock or value that needs its `Drop` may be held: the call may not come back (fatal error), or a fiber may
    /// suspend inside.
    pub fn call(&self, args: &mut [Zval]) -> Zval {
        let mut answer = Zval::new();
        self.call_into(args, &mut answer);
        answer
    }

    /// The same where the answer has a place, which holds nothing: moved there it costs 5 ns.
    #[inline]
    pub fn call_into(&self, args: &mut [Zval], answer: &mut Zval) {
        // SAFETY: the pointers belong to `closure`, which `self` keeps alive; the engine holds it during the call even if
        // `self` goes.
        unsafe { zend::call_into(self.function, self.object, self.scope, args, answer) }
    }

    pub fn value(&self) -> &Zval {
        &self.closure
    }
}
