//! The exception classes of `Ferry\Exception`.

use std::sync::atomic::{AtomicPtr, Ordering};

use ext_php_rs::args::ArgInfoTables;
use ext_php_rs::builders::ClassBuilder;
use ext_php_rs::error::Result;
use ext_php_rs::exception::PhpException;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::zend::{ClassEntry, ce};

use crate::engine::http::HttpError;
use crate::engine::redis::NotTaken;

use super::zend;

/// A class without an object of ours: the parent's `create_object` makes it.
struct Slot(AtomicPtr<ClassEntry>);

impl Slot {
    const fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    fn set(&self, entry: &'static mut ClassEntry, methods: ArgInfoTables) {
        self.0.store(entry, Ordering::Release);
        // No methods; what there is lives as long as the class.
        std::mem::forget(methods);
    }

    #[allow(clippy::expect_used)]
    fn get(&self) -> &'static ClassEntry {
        // SAFETY: null before MINIT, then a class entry that lives as long as the module.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }.expect("classes are registered in MINIT")
    }
}

macro_rules! slots {
    ($($name:ident => $set:ident, $get:ident;)*) => {$(
        static $name: Slot = Slot::new();
        fn $set(entry: &'static mut ClassEntry, methods: ArgInfoTables) {
            $name.set(entry, methods);
        }
        fn $get() -> &'static ClassEntry {
            $name.get()
        }
    )*};
}

slots! {
    INTERFACE => set_interface, interface;
    INVALID_ARGUMENT => set_invalid_argument, invalid_argument_class;
    LOGIC => set_logic, logic_class;
    RUNTIME => set_runtime, runtime_class;
    AUTHENTICATION => set_authentication, authentication_class;
    CONNECTION => set_connection, connection_class;
    HTTP => set_http, http_class;
    HTTP_CONNECT => set_http_connect, http_connect_class;
    HTTP_TIMEOUT => set_http_timeout, http_timeout_class;
    HTTP_TOO_LARGE => set_http_too_large, http_too_large_class;
    HTTP_REDIRECT => set_http_redirect, http_redirect_class;
    TIMEOUT => set_timeout, timeout_class;
}

/// Registers the tree. MINIT only.
pub fn register() -> Result<()> {
    ClassBuilder::new("Ferry\\Exception\\ExceptionInterface")
        .flags(ClassFlags::Interface)
        .implements((ce::throwable, "Throwable"))
        .registration(set_interface)
        .register()?;
    let class = |name: &str| ClassBuilder::new(format!("Ferry\\Exception\\{name}"));
    let marked = |builder: ClassBuilder| builder.implements((interface, "Ferry\\Exception\\ExceptionInterface"));
    marked(class("InvalidArgumentException").extends((zend::spl_invalid_argument, "InvalidArgumentException")))
        .registration(set_invalid_argument)
        .register()?;
    marked(class("LogicException").extends((zend::spl_logic, "LogicException")))
        .registration(set_logic)
        .register()?;
    marked(class("RuntimeException").extends((zend::spl_runtime, "RuntimeException")))
        .registration(set_runtime)
        .register()?;
    class("AuthenticationException")
        .extends((runtime_class, "Ferry\\Exception\\RuntimeException"))
        .registration(set_authentication)
        .register()?;
    class("ConnectionException")
        .extends((runtime_class, "Ferry\\Exception\\RuntimeException"))
        .registration(set_connection)
        .register()?;
    class("HttpException")
        .extends((runtime_class, "Ferry\\Exception\\RuntimeException"))
        .registration(set_http)
        .register()?;
    let of_http = |name: &str| class(name).extends((http_class, "Ferry\\Exception\\HttpException"));
    of_http("ConnectException").registration(set_http_connect).register()?;
    of_http("HttpTimeoutException")
        .registration(set_http_timeout)
        .register()?;
    of_http("TooLargeException")
        .registration(set_http_too_large)
        .register()?;
    of_http("RedirectException")
        .registration(set_http_redirect)
        .register()?;
    class("TimeoutException")
        .extends((runtime_class, "Ferry\\Exception\\RuntimeException"))
        .registration(set_timeout)
        .register()
}

pub fn invalid_argument(message: String) -> PhpException {
    PhpException::new(message, 0, invalid_argument_class())
}

pub fn logic(message: impl Into<String>) -> PhpException {
    PhpException::new(message.into(), 0, logic_class())
}

pub fn runtime(message: String) -> PhpException {
    PhpException::new(message, 0, runtime_class())
}

/// Nothing was published.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub fn not_taken(why: NotTaken) -> PhpException {
    runtime(format!("{why}."))
}

pub fn authentication(message: String) -> PhpException {
    PhpException::new(message, 0, authentication_class())
}

/// `status` is the HTTP status of a refused handshake, 0 without one.
pub fn connection(message: String, status: u16) -> PhpException {
    PhpException::new(message, i32::from(status), connection_class())
}

pub fn http(error: &HttpError) -> PhpException {
    let class = match error {
        HttpError::Connect { .. } => http_connect_class(),
        HttpError::Timeout { .. } | HttpError::Idle { .. } => http_timeout_class(),
        HttpError::TooLarge { .. } => http_too_large_class(),
        HttpError::Redirect { .. } | HttpError::TooManyRedirects { .. } => http_redirect_class(),
        HttpError::Interrupted { .. } | HttpError::Busy { .. } | HttpError::Cancelled => http_class(),
    };
    PhpException::new(error.to_string(), 0, class)
}

pub fn timeout(message: String) -> PhpException {
    PhpException::new(message, 0, timeout_class())
}
