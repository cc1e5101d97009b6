//! Reading the certificates again while the server runs.

use std::rc::Rc;

use ext_php_rs::types::Zval;

use super::core::Core;
use super::dispatch::{Unwinding, report};
use super::zend::{self, Outcome};

/// What is wrong with the files goes to `onError`: nobody called.
pub fn reload(core: &Rc<Core>) -> Result<(), Unwinding> {
    let Err(problem) = core.reload() else {
        return Ok(());
    };
    // Thrown and caught, as an exception that a callback has thrown.
    problem.throw();
    match zend::outcome() {
        Outcome::Returned => Ok(()),
        Outcome::Unwinding => Err(Unwinding),
        Outcome::Threw(thrown) => report(core, Zval::null(), thrown),
    }
}
