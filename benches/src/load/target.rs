//! Where the load goes, and the handshake it opens with.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::ClientConfig;
use socket2::{Domain, Protocol, Socket, Type};

use crate::failure::Failure;
use crate::stream::{self, Stream};

/// The key of RFC 6455 section 1.3. One key for all handshakes keeps SHA-1 out of the load generator.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// What a server must answer to [`KEY`].
pub const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// No context on either side: any message can be inflated by itself.
const OFFER: &str =
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n";

/// Source addresses that connections are spread over, 127.0.0.1 and up. One has 28,000 ports, each of which the kernel
/// holds for a minute after a close; the connect scenario alone would use them up in two seconds.
const SOURCES: usize = 64;

pub struct Target {
    address: SocketAddr,
    /// The request head of every connection.
    pub request: Vec<u8>,
    /// `None` without TLS.
    tls: Option<Arc<ClientConfig>>,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            request: Vec::new(),
            tls: None,
        }
    }
}

impl Target {
    /// Takes `ws://127.0.0.1:8080/path?query`, or the same with `wss:`, apart and puts `token` into the query.
    ///
    /// Addresses outside 127.0.0.0/8 are refused: this program floods whatever it is pointed at.
    pub fn new(url: &str, token: Option<&str>, compress: bool) -> Result<Self, String> {
        let secure = url.strip_prefix("wss://");
        let rest = secure.or_else(|| url.strip_prefix("ws://")).unwrap_or(url);
        let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
        let address: SocketAddr = authority
            .parse()
            .map_err(|error| format!("{authority:?} is no address and port: {error}"))?;
        if !matches!(address.ip(), IpAddr::V4(ip) if ip.is_loopback()) {
            return Err(format!(
                "{address} is not in 127.0.0.0/8, the only range this program loads"
            ));
        }
        let query = token.map_or_else(String::new, |token| {
            let separator = if path.contains('?') { '&' } else { '?' };
            format!("{separator}token={token}")
        });
        let extensions = if compress { OFFER } else { "" };
        let request = format!(
            "GET {path}{query} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{extensions}\r\n"
        );
        Ok(Self {
            address,
            request: request.into_bytes(),
            tls: secure.map(|_| stream::config()),
        })
    }

    /// Over TLS, where the server speaks it.
    pub fn wrap(&self, socket: TcpStream) -> Stream {
        match &self.tls {
            None => Stream::Plain(socket),
            Some(config) => Stream::secure(socket, config),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts a connection; `number` chooses its source address.
    pub fn connect(&self, number: usize) -> Result<TcpStream, Failure> {
        let failed = |source| Failure::io("connecting", source);
        let host = u8::try_from(1 + number % SOURCES).expect("64 sources");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        socket.set_tcp_nodelay(true).map_err(failed)?;
        socket
            .bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0)).into())
            .map_err(failed)?;
        match socket.connect(&self.address.into()) {
            Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {
                Err(failed(error))
            }
            _ => Ok(TcpStream::from_std(socket.into())),
        }
    }
}
