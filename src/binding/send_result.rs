//! The enum `Ferry\SendResult`.

use std::cell::Cell;
use std::ptr;

use ext_php_rs::convert::IntoZval;
use ext_php_rs::error::Result;
use ext_php_rs::flags::DataType;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendObject, Zval};

#[php_enum]
#[php(name = "Ferry\\SendResult")]
#[derive(Clone, Copy)]
pub enum SendResult {
    Sent,
    Queued,
    Dropped,
    Closed,
}

thread_local! {
    /// The case objects of this request: looking one up by name costs as much as the send itself.
    static CASES: [Cell<*mut ZendObject>; 4] = const { [const { Cell::new(ptr::null_mut()) }; 4] };
}

/// The case objects go with the request.
pub fn forget_cases() {
    CASES.with(|cases| cases.iter().for_each(|c| c.set(ptr::null_mut())));
}

/// A [`SendResult`] on its way to PHP.
#[derive(Clone, Copy)]
pub struct Sent(pub SendResult);

impl IntoZval for Sent {
    const TYPE: DataType = DataType::object("Ferry\\SendResult");
    const NULLABLE: bool = false;

    fn set_zval(self, value: &mut Zval, persistent: bool) -> Result<()> {
        CASES.with(|cases| {
            let case = &cases[self.0 as usize];
            if case.get().is_null() {
                self.0.set_zval(value, persistent)?;
                case.set(value.object_mut().map_or(ptr::null_mut(), ptr::from_mut));
            } else {
                // SAFETY: the class constant keeps its case alive until the request ends, where the cache is emptied.
                value.set_object(unsafe { &mut *case.get() });
            }
            Ok(())
        })
    }
}
