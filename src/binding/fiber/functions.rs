//! The functions `Ferry\async()` and `Ferry\delay()`.

use std::rc::Rc;
use std::time::Instant;

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;
use ext_php_rs::types::Zval;

use crate::binding::args::{Callable, Seconds};
use crate::binding::callback::Callback;
use crate::binding::zend;

use super::future::{Future, FutureState};
use super::scheduler::{self, Source};
use super::task;
use super::wait::{Waiting, park};

/// Adds the functions to the module.
pub fn register(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    module.function(wrap_function!(async_)).function(wrap_function!(delay))
}

#[php_function]
#[php(name = "Ferry\\async")]
pub fn async_(task: Callable<'_>, args: &[&Zval]) -> PhpResult<Future> {
    let callback = Callback::new(task.0)?;
    let mut args: Vec<Zval> = args.iter().map(|arg| arg.shallow_clone()).collect();
    let state = task::spawn(move |future: &Rc<FutureState>| {
        let answer = callback.call(&mut args);
        future.complete(answer);
    });
    zend::propagate()?;
    Ok(Future { state })
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
