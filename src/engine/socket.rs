//! One type for the sockets a session may have.

use std::io::{self, IoSlice};
use std::net::{IpAddr, Shutdown};
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::tls::TlsSocket;

/// hyper reads and writes it before the upgrade. Later `poll_read` knows that a short read has emptied the socket, which saves
/// the second `read` that `try_read` would need to find out.
#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(TlsSocket),
}

/// An accepted socket before it belongs to a runtime: an I/O thread may accept for another.
#[derive(Debug)]
pub struct Detached {
    socket: std::os::fd::OwnedFd,
    pub peer: Option<IpAddr>,
    /// Which of the listeners has accepted it.
    pub listener: usize,
}

impl Stream {
    /// A stream that was just accepted: TLS comes later.
    pub fn detach(self, peer: Option<IpAddr>, listener: usize) -> io::Result<Detached> {
        let socket = match self {
            Self::Tcp(s) => s.into_std()?.into(),
            Self::Unix(s) => s.into_std()?.into(),
            Self::Tls(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(Detached { socket, peer, listener })
    }

    pub fn attach(detached: Detached) -> io::Result<Self> {
        // A peer without an address came over a Unix socket.
        Ok(match detached.peer {
            Some(_) => Self::Tcp(TcpStream::from_std(detached.socket.into())?),
            None => Self::Unix(UnixStream::from_std(detached.socket.into())?),
        })
    }

    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        match self {
            Self::Tcp(s) => s.set_nodelay(on),
            Self::Unix(_) | Self::Tls(_) => Ok(()),
        }
    }

    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(s) => s.try_write(bytes),
            Self::Unix(s) => s.try_write(bytes),
            Self::Tls(s) => s.try_write_vectored(&[IoSlice::new(bytes)]),
        }
    }

    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(s) => s.poll_write_ready(cx),
            Self::Unix(s) => s.poll_write_ready(cx),
            Self::Tls(s) => s.poll_write_ready(cx),
        }
    }

    /// Ends the sending side: the peer reads what was sent, then end of file.
    pub fn end_sending(&self) {
        let _ = match self {
            Self::Tcp(s) => SockRef::from(s).shutdown(Shutdown::Write),
            Self::Unix(s) => SockRef::from(s).shutdown(Shutdown::Write),
            Self::Tls(s) => {
                s.end_sending();
                Ok(())
            }
        };
    }

    pub fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(s) => s.try_write_vectored(slices),
            Self::Unix(s) => s.try_write_vectored(slices),
            Self::Tls(s) => s.try_write_vectored(slices),
        }
    }

    /// Bytes that a write has taken and that are not on the wire: TLS sends whole records.
    pub fn held(&self) -> usize {
        match self {
            Self::Tcp(_) | Self::Unix(_) => 0,
            Self::Tls(s) => s.held(),
        }
    }

    /// Writes what is held; `WouldBlock` while some is left.
    pub fn try_flush(&self) -> io::Result<()> {
        match self {
            Self::Tcp(_) | Self::Unix(_) => Ok(()),
            Self::Tls(s) => s.try_flush(),
        }
    }

    /// Called before a drop: the peer reads an end of file, also where the drop resets the connection for unread input.
    pub fn abandon(&self) {
        match self {
            Self::Tcp(_) | Self::Unix(_) => self.end_sending(),
            // To a TLS client that would be a goodbye.
            Self::Tls(_) => {}
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(s) => Pin::new(s).poll_read(cx, buf),
            Self::Unix(s) => Pin::new(s).poll_read(cx, buf),
            Self::Tls(s) => s.poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(s) => Pin::new(s).poll_write(cx, buf),
            Self::Unix(s) => Pin::new(s).poll_write(cx, buf),
            Self::Tls(s) => s.poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(s) => Pin::new(s).poll_flush(cx),
            Self::Unix(s) => Pin::new(s).poll_flush(cx),
            Self::Tls(s) => s.poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(s) => Pin::new(s).poll_shutdown(cx),
            Self::Unix(s) => Pin::new(s).poll_shutdown(cx),
            Self::Tls(s) => s.poll_shutdown(cx),
        }
    }
}
