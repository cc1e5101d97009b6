//! The engine over real sockets on port 0, with no PHP.

mod asking;
mod closing;
mod codec_differential;
mod compression;
mod control;
mod flow;
mod handshake;
mod harness;
mod history;
mod hostile;
mod http;
mod lifecycle;
mod listeners;
mod messages;
mod observe;
mod proxy_protocol;
mod rates;
mod redis;
mod refusals;
mod rooms;
mod slow;
mod stop;
mod times;
mod tls;
mod tls_certificates;
