//! A client that writes exact bytes and reads frames strictly: a server's frames are final, unmasked and minimal.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::PATIENCE;

type TlsStream = rustls::StreamOwned<rustls::ClientConnection, TcpStream>;

pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// RFC 6455 section 1.3.
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A request that the default server answers with 101, with more header lines.
pub fn upgrade_request(path: &str, lines: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{lines}\r\n"
    )
}

pub fn masked_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![first];
    match payload.len() {
        len @ 0..126 => frame.push(0x80 | u8::try_from(len).unwrap()),
        len @ 126..65_536 => {
            frame.push(0xfe);
            frame.extend_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
        }
        len => {
            frame.push(0xff);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub fields: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut found = self.fields.iter().filter(|(n, _)| n == name);
        let value = found.next().map(|(_, v)| v.as_str());
        assert!(found.next().is_none(), "{name} was sent twice");
        value
    }
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream>),
}

trait Io: Read + Write {}
impl<T: Read + Write> Io for T {}

impl Socket {
    fn io(&mut self) -> &mut dyn Io {
        match self {
            Self::Tcp(stream) => stream,
            Self::Unix(stream) => stream,
            Self::Tls(stream) => stream,
        }
    }
}

pub struct Client {
    socket: Socket,
    /// Read and not used yet, from `at` on.
    buffer: Vec<u8>,
    at: usize,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::on(Socket::Tcp(stream))
    }

    pub fn connect_unix(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self::on(Socket::Unix(stream))
    }

    /// Speaks TLS over this stream. The handshake runs with the first write or read.
    pub fn over_tls(stream: TcpStream, session: rustls::ClientConnection) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::on(Socket::Tls(Box::new(TlsStream::new(session, stream))))
    }

    /// Whose receive buffer is small, so that the server soon finds the socket full.
    pub fn connect_narrow(address: SocketAddr) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::over(socket.into())
    }

    fn on(socket: Socket) -> Self {
        Self {
            socket,
            buffer: Vec::new(),
            at: 0,
        }
    }

    pub fn tcp(&self) -> &TcpStream {
        match &self.socket {
            Socket::Tcp(stream) => stream,
            Socket::Unix(_) => panic!("a Unix socket"),
            Socket::Tls(stream) => stream.get_ref(),
        }
    }

    #[track_caller]
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_write(bytes).unwrap();
    }

    pub fn try_write(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.socket.io().write_all(bytes.as_ref())
    }

    /// Its TLS session and its socket.
    pub fn into_tls(self) -> (rustls::ClientConnection, TcpStream) {
        match self.socket {
            Socket::Tls(stream) => stream.into_parts(),
            _ => panic!("no TLS"),
        }
    }

    /// The TLS session of a client that has one.
    pub fn session(&self) -> &rustls::ClientConnection {
        match &self.socket {
            Socket::Tls(stream) => &stream.conn,
            _ => panic!("no TLS"),
        }
    }

    /// What the server sends next, whatever it is; empty at the end.
    pub fn read_some(&mut self) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; 4096];
        let n = self.socket.io().read(&mut bytes)?;
        bytes.truncate(n);
        Ok(bytes)
    }

    #[track_caller]
    pub fn send(&mut self, first: u8, payload: impl AsRef<[u8]>) {
        self.write(masked_frame(first, payload.as_ref()));
    }

    #[track_caller]
    pub fn text(&mut self, text: &str) {
        self.send(0x81, text);
    }

    #[track_caller]
    pub fn close(&mut self, code: u16, reason: &str) {
        self.send(0x88, [&code.to_be_bytes(), reason.as_bytes()].concat());
    }

    /// Shakes hands and expects 101.
    #[track_caller]
    pub fn upgrade(&mut self) -> Response {
        let response = self.request(upgrade_request("/", ""));
        assert_eq!(response.status, 101, "{response:?}");
        assert_eq!(response.field("sec-websocket-accept"), Some(ACCEPT));
        response
    }

    #[track_caller]
    pub fn request(&mut self, bytes: impl AsRef<[u8]>) -> Response {
        self.write(bytes);
        self.response(true)
    }

    /// The next HTTP answer; `body` unless it answers a HEAD.
    #[track_caller]
    pub fn response(&mut self, body: bool) -> Response {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.take(1)[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let first = lines.next().unwrap();
        assert!(first.starts_with("HTTP/1."), "{first}");
        let status = first[9..12].parse().unwrap();
        let fields: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut response = Response {
            status,
            fields,
            body: String::new(),
        };
        if body && let Some(len) = response.field("content-length") {
            let len = len.parse().unwrap();
            response.body = String::from_utf8(self.take(len)).unwrap();
        }
        response
    }

    /// The next frame. Anything a server must not send fails here.
    #[track_caller]
    pub fn frame(&mut self) -> Frame {
        let (first, payload) = self.any_frame();
        assert_eq!(first & 0xf0, 0x80, "final, no reserved bits: {first:x?}");
        let opcode = first & 0x0f;
        assert!(matches!(opcode, 1 | 2 | 8 | 9 | 10), "opcode {opcode}");
        Frame { opcode, payload }
    }

    /// The next frame's first byte and payload.
    #[track_caller]
    pub fn any_frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.take(2);
        let len = match head[1] {
            len @ 0..126 => usize::from(len),
            126 => usize::from(u16::from_be_bytes(self.take(2).try_into().unwrap())),
            127 => usize::try_from(u64::from_be_bytes(self.take(8).try_into().unwrap())).unwrap(),
            _ => panic!("a masked frame"),
        };
        (head[0], self.take(len))
    }

    #[track_caller]
    pub fn expect(&mut self, opcode: u8, payload: impl AsRef<[u8]>) {
        let frame = self.frame();
        assert_eq!(
            (frame.opcode, String::from_utf8_lossy(&frame.payload)),
            (opcode, String::from_utf8_lossy(payload.as_ref()))
        );
    }

    #[track_caller]
    pub fn expect_text(&mut self, text: &str) {
        self.expect(1, text);
    }

    /// The next frame must be a Close with this code, and after it the end.
    #[track_caller]
    pub fn expect_close(&mut self, code: u16, reason: &str) {
        self.expect(8, [&code.to_be_bytes(), reason.as_bytes()].concat());
    }

    /// The server ends its sending side.
    #[track_caller]
    pub fn expect_end(&mut self) {
        let mut rest = self.buffer.split_off(self.at);
        self.fill_to_end(&mut rest);
        assert!(rest.is_empty(), "more came: {}", String::from_utf8_lossy(&rest));
    }

    /// Nobody is there any more: end of file, or a reset.
    pub fn expect_gone(&mut self) {
        let mut rest = Vec::new();
        self.fill_to_end(&mut rest);
    }

    /// The server has sent this much of what is to come and nothing more can be lost on the way: reads all up to the
    /// end of file.
    fn fill_to_end(&mut self, rest: &mut Vec<u8>) {
        match self.socket.io().read_to_end(rest) {
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::ConnectionReset => {}
            Err(e) => panic!("{e} after {} bytes", rest.len()),
        }
    }

    #[track_caller]
    fn take(&mut self, len: usize) -> Vec<u8> {
        while self.buffer.len() - self.at < len {
            self.buffer.drain(..self.at);
            self.at = 0;
            let start = self.buffer.len();
            self.buffer.resize(start + 64 * 1024, 0);
            let into = &mut self.buffer[start..];
            let n = self.socket.io().read(into);
            let n = n.unwrap_or_else(|e| panic!("{e} while {len} bytes were due"));
            self.buffer.truncate(start + n);
            assert!(n > 0, "the end while {len} bytes were due");
        }
        let taken = self.buffer[self.at..self.at + len].to_vec();
        self.at += len;
        taken
    }

    /// Ends our sending side.
    pub fn end(&self) {
        self.tcp().shutdown(Shutdown::Write).unwrap();
    }

    /// Closes with a TCP reset.
    pub fn reset(self) {
        if matches!(self.socket, Socket::Unix(_)) {
            return;
        }
        socket2::SockRef::from(self.tcp())
            .set_linger(Some(std::time::Duration::ZERO))
            .unwrap();
    }
}
