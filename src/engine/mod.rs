//! The WebSocket server without PHP: no Zend symbol, no PHP value, testable with `cargo test --no-default-features`.
#![forbid(unsafe_code)]

pub mod accept;
pub mod auth;
pub mod clock;
pub mod close;
pub mod config;
pub mod deflate;
pub mod delivery;
pub mod endpoint;
pub mod frame;
pub mod handshake;
pub mod hub;
pub mod id;
pub mod inbox;
pub mod incoming;
pub mod limits;
pub mod listener;
pub mod mailbox;
pub mod metrics;
pub mod outbox;
pub mod outgoing;
pub mod outlet;
pub mod pending;
pub mod problem;
pub mod request;
pub mod rooms;
pub mod roster;
pub mod server;
pub mod session;
pub mod socket;
pub mod sweep;
pub mod table;
pub mod task;
pub mod thread;
pub mod timers;
pub mod wakeup;
