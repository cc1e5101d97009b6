//! The engine over real sockets on port 0, with no PHP.
