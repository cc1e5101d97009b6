//! The engine over real sockets on port 0, with no PHP.

mod asking;
mod closing;
mod codec_differential;
mod handshake;
mod harness;
mod messages;
mod refusals;
mod rooms;
mod slow;
mod times;
