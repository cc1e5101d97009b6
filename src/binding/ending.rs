//! What clients are told when no loop of their server runs and the script ends.

use super::live;
use super::zend;
use crate::engine::close;

/// For the end of the script or of the server object: a fatal error may have caused it.
pub fn last_code() -> u16 {
    if zend::is_failing() {
        close::INTERNAL_ERROR
    } else {
        close::GOING_AWAY
    }
}

/// After a fatal error outside of any server's loop: clients hear of it before shutdown functions run.
pub fn abort_idle() {
    for core in live::idle() {
        core.abort(close::INTERNAL_ERROR, "");
    }
}
