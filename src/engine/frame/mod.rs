//! The data-phase codec (RFC 6455 section 5).
