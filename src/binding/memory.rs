//! Gives the memory of connections that have gone back to the system. Neither malloc nor Zend's allocator does by itself: after
//! 10,000 connections had gone, all that they needed stayed with the process.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::engine::server::Server;

use super::core::Core;

/// Fewer connections are not worth it.
const MIN_CONNECTIONS: usize = 256;
/// The I/O threads shrink their tables in this time.
const DELAY: Duration = Duration::from_secs(1);

/// How many connections there were at most since memory was given back.
#[derive(Debug, Default)]
pub struct Tide {
    peak: Cell<usize>,
    due: Cell<Option<Instant>>,
}

unsafe extern "C" {
    fn zend_mm_get_heap() -> *mut std::ffi::c_void;
    fn zend_mm_gc(heap: *mut std::ffi::c_void) -> usize;
}

/// Called while there is nothing else to do. Trims once three quarters of the connections have gone: that takes
/// milliseconds, and so happens once or twice when a crowd leaves and never when clients only come and go.
pub fn ebb(core: &Core, server: &Server, now: Instant) {
    let tide = &core.tide;
    let connections = server.metrics.connections.load(Ordering::Relaxed);
    let peak = tide.peak.get().max(connections);
    tide.peak.set(peak);
    if peak < MIN_CONNECTIONS || connections > peak / 4 {
        return tide.due.set(None);
    }
    match tide.due.get() {
        None => tide.due.set(Some(now + DELAY)),
        Some(due) if now < due => {}
        Some(_) => {
            tide.due.set(None);
            tide.peak.set(connections);
            core.roster.borrow_mut().shrink();
            trim();
        }
    }
}

fn trim() {
    // SAFETY: on the PHP thread, whose heap this is; it frees only what nobody uses.
    unsafe { zend_mm_gc(zend_mm_get_heap()) };
    #[cfg(target_env = "gnu")]
    // SAFETY: takes malloc's own locks and frees only what nobody uses.
    unsafe {
        libc::malloc_trim(0);
    }
}
