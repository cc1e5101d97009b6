//! Ferry: a WebSocket server that lives inside a PHP application.
//!
//! `engine` is pure Rust and knows nothing of PHP; `binding` exposes it to the Zend Engine. The dependency points one
//! way: `binding` → `engine`.

#[cfg(feature = "php")]
mod binding;
pub mod engine;
