//! Waiting without blocking the PHP thread: fibers, what they wait for, and who resumes them. PHP thread only.

pub mod functions;
mod raw;
mod scheduler;
mod wait;

pub use scheduler::{attach, forget, has_work, next_due, tick};
#[allow(unused_imports, reason = "for native awaitables")]
pub use wait::{Waiting, wait};
pub use wait::{enter_loop, leave_loop};
