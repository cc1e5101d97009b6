//! A socket under TLS, with the calls that a plain one has.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::server::ServerConfig;
use tokio::io::{AsyncRead, ReadBuf};

use super::records::{Records, SCRATCH};
use crate::engine::socket::Stream;

/// Stays on the thread of its connection.
pub struct TlsSocket(Rc<RefCell<Inner>>);

pub(super) struct Inner {
    /// A TCP or Unix stream.
    pub socket: Stream,
    pub records: Records,
    /// Nothing was read yet.
    fresh: bool,
}

impl TlsSocket {
    pub(super) fn new(socket: Stream, config: Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        let records = Records::new(config)?;
        let inner = Inner {
            socket,
            records,
            fresh: true,
        };
        Ok(Self(Rc::new(RefCell::new(inner))))
    }

    /// The socket without TLS.
    pub(super) fn into_socket(self) -> Option<Stream> {
        Some(Rc::into_inner(self.0)?.into_inner().socket)
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.0.borrow_mut())
    }

    /// An empty read is the end: the peer's goodbye, or the end of the socket without one.
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.with(|inner| inner.poll_read(cx, buf))
    }

    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|inner| inner.socket.poll_write_ready(cx))
    }

    pub fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.with(|inner| inner.try_write_vectored(slices))
    }

    /// Bytes that were taken and encrypted, and wait for the socket.
    pub fn held(&self) -> usize {
        self.0.borrow().records.held.len()
    }

    /// Writes what is held; `WouldBlock` while some is left.
    pub fn try_flush(&self) -> io::Result<()> {
        self.with(Inner::try_flush)
    }

    /// Tells the peer that nothing follows, then ends the sending side. Nothing is held when it is called, so the socket
    /// takes this little at once.
    pub fn end_sending(&self) {
        self.with(|inner| {
            inner.records.say_goodbye();
            let _ = inner.try_flush();
            inner.socket.end_sending();
        });
    }

    pub fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|inner| {
            loop {
                match inner.try_write_vectored(&[IoSlice::new(bytes)]) {
                    Err(e) if e.kind() == ErrorKind::WouldBlock => ready!(inner.socket.poll_write_ready(cx))?,
                    written => return Poll::Ready(written),
                }
            }
        })
    }

    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|inner| inner.poll_flush(cx))
    }

    pub fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|inner| {
            inner.records.say_goodbye();
            ready!(inner.poll_flush(cx))?;
            inner.socket.end_sending();
            Poll::Ready(Ok(()))
        })
    }
}

impl Inner {
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        loop {
            if self.records.take_plain(buf) || buf.filled().len() > before || self.records.ended {
                return Poll::Ready(Ok(()));
            }
            if ready!(self.poll_records(cx, buf))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// One read of the socket, decrypted. 0 is its end.
    pub fn poll_records(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let start = self.records.begun();
            let mut read = ReadBuf::new(&mut scratch.input[start..]);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut read))?;
            let n = read.filled().len();
            if n > 0 {
                if std::mem::take(&mut self.fresh) && scratch.input[0].is_ascii_uppercase() {
                    return Poll::Ready(Err(ErrorKind::Unsupported.into()));
                }
                self.records.restore(&mut scratch.input);
                let decrypted = self.records.decrypt(&mut scratch.input[..start + n], buf);
                // Answers to the peer's key updates and the like; what the socket does not take goes with the next write.
                let flushed = self.try_flush();
                decrypted.map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
                match flushed {
                    Err(e) if e.kind() != ErrorKind::WouldBlock => return Poll::Ready(Err(e)),
                    _ => {}
                }
            }
            Poll::Ready(Ok(n))
        })
    }

    /// Ready when data may be sent. `InvalidData` is the client's fault, `Unsupported` means HTTP without TLS.
    pub fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_flush(cx))?;
            if self.records.ready {
                return Poll::Ready(Ok(()));
            }
            // What comes right behind the handshake is kept.
            let read = ready!(self.poll_records(cx, &mut ReadBuf::new(&mut [])))?;
            if read == 0 || self.records.ended {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// Takes as many of the bytes as the socket does, and up to one batch more.
    fn try_write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_flush()?;
        let all: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut taken = 0;
        SCRATCH.with_borrow_mut(|scratch| {
            while taken < all && self.records.held.is_empty() {
                let (plain, encrypted) = self.records.encrypt(slices, taken, scratch)?;
                taken += plain;
                let mut rest = &scratch.output[..encrypted];
                if self.records.held.is_empty() {
                    match self.socket.try_write(rest) {
                        Ok(written) => rest = &rest[written..],
                        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                        Err(e) => return Err(e),
                    }
                }
                self.records.held.extend_from_slice(rest);
            }
            Ok(taken)
        })
    }

    pub fn try_flush(&mut self) -> io::Result<()> {
        let held = &mut self.records.held;
        while !held.is_empty() {
            match self.socket.try_write(held) {
                Ok(n) => drop(held.drain(..n)),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        // Held by few and never for long.
        *held = Vec::new();
        Ok(())
    }

    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.try_flush() {
                Err(e) if e.kind() == ErrorKind::WouldBlock => ready!(self.socket.poll_write_ready(cx))?,
                flushed => return Poll::Ready(flushed),
            }
        }
    }
}

/// Shows no keys.
impl std::fmt::Debug for TlsSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsSocket").finish_non_exhaustive()
    }
}
