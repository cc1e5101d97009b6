//! Object handlers that ext-php-rs has otherwise: properties that PHP reads only, dumps without secrets, one construction.
//!
//! `Connection` and `Handshake` may be extended, by fakes for tests. An object of such a class never gets a Rust value: our
//! constructors refuse. Its properties are PHP's own, and every native method throws.

use std::ffi::{CString, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use ext_php_rs::class::RegisteredClass;
use ext_php_rs::ffi::{
    ZEND_MODULE_API_NO, zend_function, zend_hash_str_find, zend_property_info, zend_std_get_properties,
    zend_std_get_property_ptr_ptr, zend_std_unset_property, zend_std_write_property, zend_string, zend_throw_error,
};
use ext_php_rs::flags::{ClassFlags, DataType};
use ext_php_rs::types::{ZendClassObject, ZendHashTable, ZendObject, ZendStr, Zval};
use ext_php_rs::zend::{ClassEntry, ZendObjectHandlers};

unsafe extern "C" {
    /// With these parameters since PHP 8.2.
    fn zend_add_attribute(
        attributes: *mut *mut ZendHashTable,
        name: *mut zend_string,
        arguments: u32,
        flags: u32,
        offset: u32,
        line: u32,
    ) -> *mut c_void;
    fn zend_std_get_debug_info(object: *mut ZendObject, is_temporary: *mut c_int) -> *mut ZendHashTable;
}

/// `BP_VAR_R` and `BP_VAR_IS`: the fetches that do not write.
const READS: [c_int; 2] = [0, 3];
const ZEND_ACC_READONLY: u32 = 1 << 7;
/// `ZEND_ACC_PROTECTED_SET`, what `readonly` alone means since PHP 8.4: without it no class could declare the property again.
const ZEND_ACC_PROTECTED_SET: u32 = 1 << 11;
/// `ZEND_ACC_ALLOW_DYNAMIC_PROPERTIES`, what `#[\AllowDynamicProperties]` sets since PHP 8.2; older ones ask for nothing.
const ALLOW_DYNAMIC_PROPERTIES: u32 = 1 << 15;
/// `ZEND_MODULE_API_NO` of PHP 8.2.
const PHP_82: u32 = 20_220_829;
/// `ZEND_MODULE_API_NO` of PHP 8.4.
const PHP_84: u32 = 20_240_924;

/// Makes the properties of a class what the stubs say: typed and read-only. Before any object exists.
pub fn make_readonly<T: RegisteredClass>() {
    let handlers = handlers::<T>();
    // SAFETY: the table is a static of the class's metadata; no object uses it yet.
    unsafe {
        (*handlers).write_property = Some(write_property::<T>);
        (*handlers).unset_property = Some(unset_property::<T>);
        (*handlers).get_property_ptr_ptr = Some(property_pointer::<T>);
    }
    for property in T::get_metadata().all_properties() {
        let info = property_info::<T>(property.name);
        let mask = type_mask(property.ty, property.nullable);
        // SAFETY: no object of the class exists yet. The compiler of PHP never resolves properties of a class with a
        // `create_object` of its own to slots, so the flag changes what reflection and `foreach` by reference see.
        unsafe {
            if let Some(info) = info.as_mut() {
                info.flags |= ZEND_ACC_READONLY;
                if ZEND_MODULE_API_NO >= PHP_84 {
                    info.flags |= ZEND_ACC_PROTECTED_SET;
                }
                info.type_.type_mask |= mask;
            }
        }
    }
}

/// Lets scripts put properties of their own on the objects of a class. Before any object exists.
pub fn allow_dynamic_properties<T: RegisteredClass>() {
    if ZEND_MODULE_API_NO >= PHP_82 {
        let entry = ptr::from_ref(T::get_metadata().ce()).cast_mut();
        // SAFETY: no object of the class exists yet.
        unsafe {
            (*entry).ce_flags |= ALLOW_DYNAMIC_PROPERTIES;
            add_attribute(&raw mut (*entry).attributes, "AllowDynamicProperties", 0);
        }
    }
}

/// Keeps an argument out of exception traces, where PHP can do so. `method` is in lower case. Before any object exists.
pub fn make_sensitive<T: RegisteredClass>(method: &str, argument: u32) {
    let table = &raw const T::get_metadata().ce().function_table;
    // SAFETY: the table of a registered class holds pointers to its functions; nobody calls them yet.
    unsafe {
        if ZEND_MODULE_API_NO >= PHP_82
            && let Some(entry) = zend_hash_str_find(table, method.as_ptr().cast(), method.len()).as_ref()
        {
            let function = entry.value.ptr.cast::<zend_function>();
            add_attribute(
                &raw mut (*function).internal_function.attributes,
                "SensitiveParameter",
                argument + 1,
            );
        }
    }
}

/// `offset` is 0 for a class or function, else the number of the parameter.
unsafe fn add_attribute(attributes: *mut *mut ZendHashTable, name: &str, offset: u32) {
    /// `ZEND_ATTRIBUTE_PERSISTENT`: it lives as long as the class.
    const PERSISTENT: u32 = 1;
    let name = ZendStr::new(name, true);
    // SAFETY: given by the caller. The engine takes a reference of its own to the name.
    unsafe {
        zend_add_attribute(
            attributes,
            ptr::from_ref(&*name).cast_mut().cast(),
            0,
            PERSISTENT,
            offset,
            0,
        )
    };
}

/// An enum is final; the engine says so of those that PHP code declares. Before it is used.
pub fn make_final(class: &str) {
    if let Some(entry) = ClassEntry::try_find(class) {
        let entry = ptr::from_ref(entry).cast_mut();
        // SAFETY: nobody uses the class yet.
        unsafe { (*entry).ce_flags |= ClassFlags::Final.bits() };
    }
}

/// What a class shows wherever an object becomes an array.
pub trait Redacted: RegisteredClass {
    /// Its properties with every secret replaced.
    fn redacted(&self) -> ext_php_rs::exception::PhpResult<Zval>;
}

/// `var_export()`, `(array)`, `json_encode()`, `foreach` and `get_object_vars()` show what `var_dump()` shows. Before any object exists.
pub fn redact<T: Redacted>() {
    let handlers = handlers::<T>();
    // SAFETY: as in `make_readonly`.
    unsafe {
        (*handlers).get_properties = Some(redacted_properties::<T>);
        (*handlers).get_debug_info = Some(debug_info::<T>);
    }
}

/// Refuses a second call of the constructor: it would replace the Rust value under a method that uses it. Before any object exists.
pub fn construct_once<T: RegisteredClass>(original: &'static std::sync::OnceLock<Handler>, once: Handler) {
    let entry = ptr::from_ref(T::get_metadata().ce()).cast_mut();
    // SAFETY: no object of the class exists yet; its constructor is an internal function.
    unsafe {
        if let Some(constructor) = (*entry).constructor.as_mut()
            && let Some(handler) = constructor.internal_function.handler
        {
            let _ = original.set(handler);
            constructor.internal_function.handler = Some(once);
        }
    }
}

pub type Handler = unsafe extern "C" fn(*mut ext_php_rs::ffi::zend_execute_data, *mut Zval);

/// The body of a `once` handler.
///
/// # Safety
///
/// The arguments are those of the engine's call.
pub unsafe fn construct<T: RegisteredClass>(
    original: &std::sync::OnceLock<Handler>,
    frame: *mut ext_php_rs::ffi::zend_execute_data,
    result: *mut Zval,
) {
    // SAFETY: a constructor runs with `$this`.
    let constructed =
        unsafe { (*frame).This.object() }.is_some_and(|o| ZendClassObject::<T>::from_zend_obj(o).is_some());
    if constructed {
        throw(format!("Cannot construct an object of class {} twice", T::CLASS_NAME));
    } else if let Some(original) = original.get() {
        // SAFETY: the constructor that was registered.
        unsafe { original(frame, result) };
    }
}

fn handlers<T: RegisteredClass>() -> *mut ZendObjectHandlers {
    ptr::from_ref(T::get_metadata().handlers()).cast_mut()
}

fn property_info<T: RegisteredClass>(name: &str) -> *mut zend_property_info {
    let table = &raw const T::get_metadata().ce().properties_info;
    // SAFETY: the table of a registered class holds pointers to property infos.
    unsafe {
        zend_hash_str_find(table, name.as_ptr().cast(), name.len())
            .as_ref()
            .map_or(ptr::null_mut(), |info| info.value.ptr.cast())
    }
}

/// `MAY_BE_*` of `Zend/zend_type_info.h`.
fn type_mask(ty: DataType, nullable: bool) -> u32 {
    let mask = match ty {
        DataType::Long => 1 << 4,
        DataType::Double => 1 << 5,
        DataType::String => 1 << 6,
        DataType::Array => 1 << 7,
        DataType::Bool => 0b11 << 2,
        _ => return 0,
    };
    mask | if nullable { 1 << 1 } else { 0 }
}

/// The name, if it is one of the class's own properties.
unsafe fn own<'a, T: RegisteredClass>(member: *mut zend_string) -> Option<&'a str> {
    // SAFETY: the engine gives a live string, longer-lived than the handler's call.
    let name = unsafe { member.cast::<ZendStr>().as_ref() }?.as_str().ok()?;
    T::get_metadata().find_property(name).is_some().then_some(name)
}

/// Whether the object has no Rust value: one of a class that extends ours, or one made without its constructor.
unsafe fn is_foreign<T: RegisteredClass>(object: *mut ZendObject) -> bool {
    // SAFETY: the engine gives a live object.
    unsafe { object.as_ref() }.is_none_or(|o| ZendClassObject::<T>::from_zend_obj(o).is_none())
}

/// The cache for PHP's own handlers when they serve one of the class's own properties of a foreign object. The VM would take
/// what they write there for the place of the property, and look past our handlers at objects that have a Rust value.
unsafe fn no_cache(cache: *mut *mut c_void) -> *mut *mut c_void {
    if !cache.is_null() {
        for i in 0..3 {
            // SAFETY: a cache has three slots.
            unsafe { cache.add(i).write(ptr::null_mut()) };
        }
    }
    ptr::null_mut()
}

fn throw(message: String) {
    if let Ok(message) = CString::new(message) {
        // SAFETY: a format without arguments; names of classes and properties hold no percent sign.
        unsafe { zend_throw_error(ptr::null_mut(), message.as_ptr()) };
    }
}

unsafe extern "C" fn write_property<T: RegisteredClass>(
    object: *mut ZendObject,
    member: *mut zend_string,
    value: *mut Zval,
    cache: *mut *mut c_void,
) -> *mut Zval {
    // SAFETY: the engine's own arguments go to its own handler.
    unsafe {
        let Some(name) = own::<T>(member) else {
            return zend_std_write_property(object, member, value, cache);
        };
        if is_foreign::<T>(object) {
            return zend_std_write_property(object, member, value, no_cache(cache));
        }
        throw(format!("Cannot modify readonly property {}::${name}", T::CLASS_NAME));
        value
    }
}

unsafe extern "C" fn unset_property<T: RegisteredClass>(
    object: *mut ZendObject,
    member: *mut zend_string,
    cache: *mut *mut c_void,
) {
    // SAFETY: as above.
    unsafe {
        match own::<T>(member) {
            Some(_) if is_foreign::<T>(object) => zend_std_unset_property(object, member, no_cache(cache)),
            Some(name) => throw(format!("Cannot unset readonly property {}::${name}", T::CLASS_NAME)),
            None => zend_std_unset_property(object, member, cache),
        }
    }
}

unsafe extern "C" fn property_pointer<T: RegisteredClass>(
    object: *mut ZendObject,
    member: *mut zend_string,
    kind: c_int,
    cache: *mut *mut c_void,
) -> *mut Zval {
    // SAFETY: as above.
    unsafe {
        let Some(name) = own::<T>(member) else {
            return zend_std_get_property_ptr_ptr(object, member, kind, cache);
        };
        if is_foreign::<T>(object) {
            return zend_std_get_property_ptr_ptr(object, member, kind, no_cache(cache));
        }
        if READS.contains(&kind) {
            // The engine reads the property instead.
            return ptr::null_mut();
        }
        if !cache.is_null() {
            // The VM takes what stands here for the property's info.
            cache.add(2).write(ptr::null_mut());
        }
        throw(format!("Cannot modify readonly property {}::${name}", T::CLASS_NAME));
        &raw mut (*ext_php_rs::ffi::ext_php_rs_executor_globals()).error_zval
    }
}

/// A dump ends the script when `__debugInfo()` throws, as ours does for a foreign object.
unsafe extern "C" fn debug_info<T: Redacted>(object: *mut ZendObject, is_temporary: *mut c_int) -> *mut ZendHashTable {
    // SAFETY: called by the engine for an object of this class or of one that extends it.
    unsafe {
        let method = (*(*object).ce).__debugInfo;
        if is_foreign::<T>(object) && method == T::get_metadata().ce().__debugInfo {
            *is_temporary = 0;
            return zend_std_get_properties(object);
        }
        zend_std_get_debug_info(object, is_temporary)
    }
}

unsafe extern "C" fn redacted_properties<T: Redacted>(object: *mut ZendObject) -> *mut ZendHashTable {
    // SAFETY: called by the engine for an object of this class.
    unsafe {
        let table = zend_std_get_properties(object);
        let Some(this) = ZendClassObject::<T>::from_zend_obj(&*object) else {
            return table;
        };
        // A panic must not cross the frames of C.
        let Ok(Ok(shown)) = catch_unwind(AssertUnwindSafe(|| this.redacted())) else {
            return table;
        };
        for (key, value) in shown.array().into_iter().flatten() {
            let info = property_info::<T>(&key.to_string());
            if let Some(info) = info.as_ref() {
                // A declared property lives in its slot, which the table points to: written there, the table stays as it is,
                // whoever else holds it.
                let slot = object.byte_add(info.offset as usize).cast::<Zval>();
                let mut value = value.shallow_clone();
                std::mem::swap(&mut (*slot).value, &mut value.value);
                std::mem::swap(&mut (*slot).u1, &mut value.u1);
            }
        }
        table
    }
}
