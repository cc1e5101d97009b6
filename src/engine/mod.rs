//! The WebSocket server without PHP: no Zend symbol, no PHP value, testable with `cargo test --no-default-features`.
#![forbid(unsafe_code)]

pub mod auth;
pub mod close;
pub mod config;
pub mod frame;
