//! Close codes (RFC 6455 section 7.4).
