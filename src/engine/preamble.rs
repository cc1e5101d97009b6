//! What comes before the request on a connection: the announcement of a proxy, and the TLS handshake.

use std::net::IpAddr;

use http::StatusCode;
use tokio::io::AsyncWriteExt;

use super::config::{Bind, Config, Listen};
use super::limits::ConnectionPermit;
use super::metrics::Refusal;
use super::problem::Problem;
use super::proxy_protocol::{Announced, read_header};
use super::socket::Stream;
use super::tls::{Refused, shake_hands};

/// Why no request is read.
#[derive(Debug)]
pub struct Turned {
    pub refusal: Option<Refusal>,
    /// Where an answer or an alert may still be on its way.
    pub stream: Option<Stream>,
}

impl Turned {
    pub fn away(refusal: Refusal, stream: Option<Stream>) -> Self {
        Self {
            refusal: Some(refusal),
            stream,
        }
    }
}

/// The stream that carries the request, and the peer as the listener sees it. The caller bounds the time.
pub async fn pass(
    config: &Config,
    listen: &Listen,
    mut stream: Stream,
    mut peer: Option<IpAddr>,
    permit: &mut ConnectionPermit,
) -> Result<(Stream, Option<IpAddr>), Turned> {
    if listen.proxy_protocol {
        peer = announced(config, listen, &mut stream, peer)
            .await
            .ok_or_else(|| Turned::away(Refusal::ProxyProtocol, None))?;
        // A proxy behind the balancer names the client in the request.
        if let Some(client) = peer.filter(|peer| !config.addresses.trusts(*peer))
            && let Err(refusal) = permit.set_address(client)
        {
            return Err(Turned::away(refusal, None));
        }
    }
    if let Some(tls) = config.tls.as_ref().filter(|_| listen.tls) {
        stream = match shake_hands(stream, tls.current()).await {
            Ok(tls) => Stream::Tls(tls),
            Err(Refused::Http(stream)) => return Err(answer_http(stream).await),
            Err(Refused::Tls(stream)) => return Err(Turned::away(Refusal::TlsHandshake, Some(stream))),
            Err(Refused::Gone) => {
                return Err(Turned {
                    refusal: None,
                    stream: None,
                });
            }
        };
    }
    Ok((stream, peer))
}

/// The client's address; `None` when the peer may not announce one, or not so.
async fn announced(
    config: &Config,
    listen: &Listen,
    stream: &mut Stream,
    peer: Option<IpAddr>,
) -> Option<Option<IpAddr>> {
    // Who may use a Unix socket is decided by its mode.
    let trusted = match peer {
        Some(peer) => config.addresses.trusts(peer),
        None => matches!(listen.bind, Bind::Unix { .. }),
    };
    if !trusted {
        return None;
    }
    match read_header(stream).await {
        Ok(Announced::Client(address)) => Some(Some(address)),
        Ok(Announced::Nobody) => Some(peer),
        Err(_) => None,
    }
}

/// Tells an HTTP client, in its own words, that this port speaks TLS.
async fn answer_http(mut stream: Stream) -> Turned {
    let problem = Problem::new(
        StatusCode::BAD_REQUEST,
        Refusal::TlsHandshake,
        "This port speaks TLS: use https:// or wss://.",
    );
    let stream = stream.write_all(&problem.to_bytes()).await.is_ok().then_some(stream);
    Turned::away(Refusal::TlsHandshake, stream)
}
