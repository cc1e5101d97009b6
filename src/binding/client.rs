//! The class `Ferry\WsClient`.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use ext_php_rs::exception::PhpResult;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::Zval;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::http::{HeaderName, HeaderValue};
use tungstenite::protocol::CloseFrame;
use tungstenite::{Error, Message, WebSocket};

use crate::engine::close;
use crate::engine::config::Value;

use super::args::{Bytes, Options, Seconds};
use super::client_tls::{TlsClient, Wire};
use super::connection::{close_arguments, message_kind};
use super::convert::{self, StringValue};
use super::exception;
use super::live::serve_idle;
use crate::engine::frame::MessageKind;

/// Between two looks at the servers of this process while the client waits.
const TURN: Duration = Duration::from_millis(2);

/// A blocking WebSocket client for tests and scripts.
#[php_class]
#[php(name = "Ferry\\WsClient")]
#[php(flags = ClassFlags::Final)]
pub struct WsClient {
    socket: RefCell<Option<WebSocket<Wire>>>,
    close: RefCell<Option<(u16, String)>>,
    subprotocol: Option<String>,
    /// PHP is being called while the client waits.
    busy: Cell<bool>,
}

#[php_impl]
impl WsClient {
    #[php(vis = "private")]
    pub fn __construct() -> PhpResult<Self> {
        Err(exception::logic(
            "Ferry\\WsClient objects come from WsClient::connect()",
        ))
    }

    #[php(defaults(headers = (), subprotocols = (), timeout = 5.0, tls = ()))]
    pub fn connect(
        url: &str,
        headers: Options<'_>,
        subprotocols: Options<'_>,
        timeout: Seconds,
        tls: Options<'_>,
    ) -> PhpResult<Self> {
        let deadline = Instant::now() + timeout.duration("timeout")?;
        let failed = |e: &dyn std::fmt::Display| exception::connection(format!("Cannot connect: {e}"), 0);
        let mut request = url
            .into_client_request()
            .map_err(|e| exception::invalid_argument(format!("Argument $url must be a ws:// or wss:// URL: {e}")))?;
        let secure = match request.uri().scheme_str() {
            Some("ws") => None,
            Some("wss") => Some(TlsClient::read(tls.0.map_or(Value::Null, convert::option_value))?),
            _ => {
                let problem = "Argument $url must be a ws:// or wss:// URL";
                return Err(exception::invalid_argument(problem.into()));
            }
        };
        for (name, value) in pairs(headers) {
            let (Ok(name), Ok(value)) = (HeaderName::try_from(&name), HeaderValue::try_from(&value)) else {
                return Err(exception::invalid_argument(format!(
                    "Argument $headers has an invalid field \"{name}\""
                )));
            };
            request.headers_mut().append(name, value);
        }
        let offered: Vec<String> = pairs(subprotocols).into_iter().map(|(_, name)| name).collect();
        if !offered.is_empty() {
            let value = HeaderValue::try_from(offered.join(", "))
                .map_err(|_| exception::invalid_argument("Argument $subprotocols has an invalid name".into()))?;
            request.headers_mut().insert("sec-websocket-protocol", value);
        }
        let host = request
            .uri()
            .host()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_owned();
        let port = request
            .uri()
            .port_u16()
            .unwrap_or(if secure.is_some() { 443 } else { 80 });
        let mut tried = None;
        // A name may stand for an IPv6 address where nothing listens, and for an IPv4 address where it does.
        let stream = (host.as_str(), port)
            .to_socket_addrs()
            .map_err(|e| failed(&e))?
            .find_map(|address| {
                let left = deadline.saturating_duration_since(Instant::now()).max(TURN);
                TcpStream::connect_timeout(&address, left)
                    .map_err(|e| tried = Some(e))
                    .ok()
            });
        let stream = stream.ok_or_else(|| match tried {
            Some(e) => failed(&e),
            None => failed(&"the host name has no address"),
        })?;
        stream
            .set_nodelay(true)
            .and_then(|()| stream.set_nonblocking(true))
            .map_err(|e| failed(&e))?;
        let fd = stream.try_clone().map_err(|e| failed(&e))?;
        let wire = match secure {
            None => Wire::Plain(stream),
            Some(tls) => tls.wrap(stream, &host)?,
        };
        let mut attempt = tungstenite::client::client(request, wire);
        loop {
            match attempt {
                Ok((socket, response)) => {
                    let agreed = response.headers().get("sec-websocket-protocol");
                    return Ok(Self {
                        socket: RefCell::new(Some(socket)),
                        close: RefCell::default(),
                        subprotocol: agreed.and_then(|v| v.to_str().ok()).map(Into::into),
                        busy: Cell::new(false),
                    });
                }
                Err(HandshakeError::Interrupted(half)) => {
                    if Instant::now() >= deadline {
                        return Err(exception::connection("Cannot connect: timed out".into(), 0));
                    }
                    wait(&fd, PollFlags::POLLIN)?;
                    attempt = half.handshake();
                }
                Err(HandshakeError::Failure(Error::Http(response))) => {
                    let status = response.status();
                    let body = response
                        .body()
                        .as_deref()
                        .map(String::from_utf8_lossy)
                        .unwrap_or_default();
                    let message = format!("The server refused the handshake with {status}: {body}");
                    return Err(exception::connection(message, status.as_u16()));
                }
                Err(HandshakeError::Failure(e)) => return Err(failed(&e)),
            }
        }
    }

    #[php(defaults(binary = false))]
    pub fn send(&self, data: Bytes<'_>, binary: bool) -> PhpResult<()> {
        let message = match message_kind(data, binary)? {
            MessageKind::Text => Message::text(String::from_utf8_lossy(data.0).into_owned()),
            MessageKind::Binary => Message::binary(data.0.to_vec()),
        };
        let mut pending = Some(message);
        let sent = self.until(Instant::now() + Duration::from_secs(30), PollFlags::POLLOUT, |socket| {
            match pending.take() {
                Some(message) => socket.send(message),
                // What did not fit waits inside the socket.
                None => socket.flush(),
            }
        })?;
        match sent {
            Some(()) => Ok(()),
            None => Err(exception::connection("The connection is closed".into(), 0)),
        }
    }

    #[php(defaults(timeout = 5.0))]
    pub fn receive(&self, timeout: Seconds) -> PhpResult<Option<StringValue>> {
        let deadline = Instant::now() + timeout.duration("timeout")?;
        loop {
            let message = self.until(deadline, PollFlags::POLLIN, WebSocket::read)?;
            match message {
                Some(Message::Text(text)) => return Ok(Some(StringValue(convert::string(text.as_bytes())))),
                Some(Message::Binary(data)) => return Ok(Some(StringValue(convert::string(&data)))),
                Some(Message::Close(frame)) => self.note_close(frame.as_ref()),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    #[php(defaults(code = 1000, reason = (), timeout = 5.0))]
    pub fn close(&self, code: i64, reason: Bytes<'_>, timeout: Seconds) -> PhpResult<()> {
        let (code, reason) = close_arguments(code, reason)?;
        let deadline = Instant::now() + timeout.duration("timeout")?;
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.to_owned().into(),
        };
        if let Some(socket) = &mut *self.socket.borrow_mut() {
            // A full socket keeps the frame for the reads that follow.
            let _ = socket.close(Some(frame));
        }
        while self
            .until(deadline, PollFlags::POLLIN, WebSocket::read)?
            .is_some_and(|message| {
                if let Message::Close(frame) = message {
                    self.note_close(frame.as_ref());
                }
                true
            })
        {}
        *self.socket.borrow_mut() = None;
        self.close.borrow_mut().get_or_insert((close::ABNORMAL, String::new()));
        Ok(())
    }

    #[php(name = "closeCode")]
    pub fn close_code(&self) -> Option<i64> {
        self.close.borrow().as_ref().map(|(code, _)| i64::from(*code))
    }

    #[php(name = "closeReason")]
    pub fn close_reason(&self) -> Option<String> {
        self.close.borrow().as_ref().map(|(_, reason)| reason.clone())
    }

    pub fn subprotocol(&self) -> Option<String> {
        self.subprotocol.clone()
    }
}

impl WsClient {
    fn note_close(&self, frame: Option<&CloseFrame>) {
        let (code, reason) = frame.map_or((close::NO_STATUS, String::new()), |f| {
            (f.code.into(), f.reason.to_string())
        });
        self.close.borrow_mut().get_or_insert((code, reason));
    }

    /// Tries until it works, the connection is gone (`None`) or the time is over (`None`).
    fn until<T>(
        &self,
        deadline: Instant,
        readiness: PollFlags,
        mut attempt: impl FnMut(&mut WebSocket<Wire>) -> Result<T, Error>,
    ) -> PhpResult<Option<T>> {
        if self.busy.replace(true) {
            return Err(exception::logic("This client is waiting already"));
        }
        let result = loop {
            // No borrow is held while PHP runs.
            let (outcome, fd) = match &mut *self.socket.borrow_mut() {
                Some(socket) => (attempt(socket), socket.get_ref().tcp().try_clone()),
                None => break Ok(None),
            };
            match (outcome, fd) {
                (Ok(value), _) => break Ok(Some(value)),
                (Err(Error::Io(e)), Ok(fd)) if e.kind() == ErrorKind::WouldBlock => {
                    if Instant::now() >= deadline {
                        break Ok(None);
                    }
                    if let Err(e) = wait(&fd, readiness) {
                        break Err(e);
                    }
                }
                (Err(Error::Io(e)), _) if e.kind() == ErrorKind::Interrupted => {}
                (Err(_), _) => {
                    *self.socket.borrow_mut() = None;
                    self.close.borrow_mut().get_or_insert((close::ABNORMAL, String::new()));
                    break Ok(None);
                }
            }
        };
        self.busy.set(false);
        result
    }
}

/// Waits a moment for the socket. Servers of this process that nobody polls get their turn, so that a test may have both
/// ends in one process.
fn wait(stream: &TcpStream, readiness: PollFlags) -> PhpResult<()> {
    let served = serve_idle()?;
    let limit = if served { Duration::ZERO } else { TURN };
    let mut fds = [PollFd::new(stream.as_fd(), readiness)];
    let timeout = PollTimeout::try_from(limit).unwrap_or(PollTimeout::ZERO);
    match poll(&mut fds, timeout) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => {}
        Err(e) => return Err(exception::connection(io::Error::from(e).to_string(), 0)),
    }
    if super::zend::interrupt() {
        return super::zend::propagate();
    }
    Ok(())
}

fn pairs(array: Options<'_>) -> Vec<(String, String)> {
    let table = array.0.and_then(Zval::array);
    table
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.to_string(), value.string().unwrap_or_default()))
        .collect()
}
