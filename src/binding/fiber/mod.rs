//! Waiting without blocking the PHP thread: fibers, what they wait for, and who resumes them. PHP thread only.
//!
//! A switch leaves the C stack, so nothing that guards a scope on it may be held across one: no borrow, no lock, no
//! `try_catch`. Of the two sides of a switch the engine keeps the VM's stacks and `EG(bailout)` apart ([`raw`]).

mod context;
pub mod functions;
pub mod future;
pub mod pool;
mod raw;
mod scheduler;
pub mod task;
mod wait;

pub use context::Owner;
pub use raw::{is_blocked, is_ending, watch};
pub use scheduler::{attach, begin, forget, has_work, next_due, tick};
#[allow(unused_imports, reason = "for native awaitables")]
pub use wait::{Waiting, wait};
pub use wait::{enter_loop, leave_loop};
