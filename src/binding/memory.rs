//! Gives the memory of connections that have gone back to the system. Neither malloc nor Zend's allocator does by itself: after
//! 10,000 connections had gone, all that they needed stayed with the process.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::engine::server::Server;

use super::core::Core;

/// Fewer connections are not worth it.
const MIN_CONNECTIONS: usize = 256;
/// The I/O threads shrink their tables in this time.
const DELAY: Duration = Duration::from_secs(1);

/// So much traffic may leave buffers behind that are worth giving back, once it has been quiet for a while.
const MIN_TRAFFIC: u64 = 16 * 1024 * 1024;
const QUIET: Duration = Duration::from_secs(5);
/// What malloc keeps at the end of an arena instead of giving it back with the next `free`; see [`keep_buffers`].
#[cfg(target_env = "gnu")]
const KEEP_BYTES: libc::c_int = 16 * 1024 * 1024;
/// Larger ones are mapped and unmapped one by one.
#[cfg(target_env = "gnu")]
const MAP_FROM: libc::c_int = 4 * 1024 * 1024;

/// What there was at most since memory was given back.
#[derive(Debug, Default)]
pub struct Tide {
    /// Connections.
    peak: Cell<usize>,
    due: Cell<Option<Instant>>,
    /// Bytes received and sent, when memory was last given back and when last looked at.
    trimmed_at: Cell<u64>,
    seen: Cell<u64>,
    quiet_at: Cell<Option<Instant>>,
}

unsafe extern "C" {
    fn zend_mm_get_heap() -> *mut std::ffi::c_void;
    fn zend_mm_gc(heap: *mut std::ffi::c_void) -> usize;
}

/// Called while there is nothing else to do. Trims once three quarters of the connections have gone: that takes
/// milliseconds, and so happens once or twice when a crowd leaves and never when clients only come and go.
pub fn ebb(core: &Core, server: &Server, now: Instant) {
    if is_quiet(&core.tide, server, now) {
        trim();
    }
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

/// Whether enough came and went since memory was last given back, and nothing for a while.
fn is_quiet(tide: &Tide, server: &Server, now: Instant) -> bool {
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let bytes = count(&server.metrics.bytes_in) + count(&server.metrics.bytes_out);
    if tide.seen.replace(bytes) != bytes {
        tide.quiet_at.set(Some(now + QUIET));
        return false;
    }
    if bytes - tide.trimmed_at.get() < MIN_TRAFFIC || tide.quiet_at.get().is_none_or(|at| now < at) {
        return false;
    }
    tide.trimmed_at.set(bytes);
    true
}

/// Has malloc keep what large messages leave at the end of its arenas: by default it gives back what is over 128 KiB, and the
/// next message of 1 MiB costs 256 page faults, a third of its echo. [`ebb`] gives it back when it is quiet. Whoever has
/// set malloc's limits from outside keeps them.
pub fn keep_buffers() {
    #[cfg(target_env = "gnu")]
    {
        let set = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"];
        if set.iter().any(|name| std::env::var_os(name).is_some()) {
            return;
        }
        // SAFETY: sets two limits under malloc's own lock; both are valid, or nothing happens.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAP_FROM);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEEP_BYTES);
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
