//! The TLS handshake of one accepted socket.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::sync::Arc;

use rustls::server::ServerConfig;

use super::socket::TlsSocket;
use crate::engine::socket::Stream;

/// Why there is no connection.
#[derive(Debug)]
pub enum Refused {
    /// The client speaks HTTP without TLS; nothing was answered.
    Http(Stream),
    /// The handshake broke a rule, or offered nothing in common. The alert is sent.
    Tls(Stream),
    /// The client is gone.
    Gone,
}

/// Shakes hands. The caller bounds the time.
pub async fn shake_hands(socket: Stream, config: Arc<ServerConfig>) -> Result<TlsSocket, Refused> {
    let tls = TlsSocket::new(socket, config).map_err(|_| Refused::Gone)?;
    let kind = match poll_fn(|cx| tls.with(|inner| inner.poll_handshake(cx))).await {
        Ok(()) => return Ok(tls),
        Err(error) => error.kind(),
    };
    Err(match (kind, tls.into_socket()) {
        (ErrorKind::Unsupported, Some(socket)) => Refused::Http(socket),
        (ErrorKind::InvalidData, Some(socket)) => Refused::Tls(socket),
        _ => Refused::Gone,
    })
}
