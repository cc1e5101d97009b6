//! The engine over real sockets on port 0, with no PHP.

mod codec_differential;
mod codec_speed;
