//! The class `Ferry\Timer`.

use std::rc::{Rc, Weak};

use ext_php_rs::exception::PhpResult;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;

use super::core::Core;
use super::exception;

/// A handle of a timer; dropping it leaves the timer running.
#[php_class]
#[php(name = "Ferry\\Timer")]
#[php(flags = ClassFlags::Final)]
pub struct Timer {
    core: Weak<Core>,
    id: u64,
}

#[php_impl]
impl Timer {
    #[php(vis = "private")]
    pub fn __construct() -> PhpResult<Self> {
        Err(exception::logic(
            "Ferry\\Timer objects come from WsServer::after() and every()",
        ))
    }

    pub fn cancel(&self) {
        let cancelled = self.core.upgrade().map(|core| core.timers.borrow_mut().cancel(self.id));
        drop(cancelled);
    }

    #[php(name = "isActive")]
    pub fn is_active(&self) -> bool {
        self.core
            .upgrade()
            .is_some_and(|core| core.timers.borrow().is_live(self.id))
    }
}

impl Timer {
    pub fn new(core: &Rc<Core>, id: u64) -> Self {
        Self {
            core: Rc::downgrade(core),
            id,
        }
    }
}
