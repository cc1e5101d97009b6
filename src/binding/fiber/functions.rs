//! The functions `Ferry\async()` and `Ferry\delay()`.

use std::time::Instant;

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;

use crate::binding::args::Seconds;
use crate::binding::zend;

use super::scheduler::{self, Source};
use super::wait::{Waiting, park};

/// Adds the functions to the module.
pub fn register(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    module.function(wrap_function!(delay))
}

#[php_function]
#[php(name = "Ferry\\delay")]
pub fn delay(seconds: Seconds) -> PhpResult<()> {
    let deadline = Instant::now() + seconds.duration("seconds")?;
    match park(scheduler::token(), Some(deadline), Source::Here, &mut || false) {
        Err(Waiting::Interrupted) => zend::propagate(),
        _ => Ok(()),
    }
}
