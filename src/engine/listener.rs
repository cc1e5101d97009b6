//! Bound sockets, TCP and Unix, before and inside a runtime.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::{TcpListener, UnixListener};

use super::config::Bind;
use super::socket::Stream;

/// What all listeners of a server have in common.
#[derive(Clone, Copy, Debug)]
pub struct SocketOptions {
    pub backlog: u32,
    /// TCP only.
    pub reuse_port: bool,
}

/// A listening socket that belongs to no runtime yet. Dropping it closes the socket and removes its file.
#[derive(Debug)]
pub struct Bound {
    // Goes first: while the socket lives, no other file can have its inode number.
    file: Option<SocketFile>,
    socket: Socket,
    address: String,
}

impl Bound {
    pub fn new(bind: &Bind, options: SocketOptions) -> io::Result<Self> {
        match bind {
            Bind::Tcp { host, port } => {
                let socket = bind_tcp(resolve(host, *port)?, options)?;
                let address = socket.local_addr()?.as_socket();
                Ok(Self {
                    file: None,
                    address: address.map_or_else(|| bind.to_string(), |a| a.to_string()),
                    socket,
                })
            }
            Bind::Unix { path, mode } => {
                let (socket, file) = bind_unix(path, *mode, options)?;
                Ok(Self {
                    file: Some(file),
                    socket,
                    address: bind.to_string(),
                })
            }
        }
    }

    /// The real one: `127.0.0.1:8080`, `[::1]:8080` or `unix:/path`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Inside the runtime that will accept.
    pub fn into_listener(self) -> io::Result<Listener> {
        let fd = OwnedFd::from(self.socket);
        let socket = match self.file {
            None => Accepting::Tcp(TcpListener::from_std(fd.into())?),
            Some(_) => Accepting::Unix(UnixListener::from_std(fd.into())?),
        };
        Ok(Listener {
            file: self.file,
            socket,
        })
    }
}

/// Dropping it closes the socket and removes its file.
#[derive(Debug)]
pub struct Listener {
    // Before the socket, as in `Bound`.
    #[allow(dead_code, reason = "held for its drop")]
    file: Option<SocketFile>,
    socket: Accepting,
}

#[derive(Debug)]
enum Accepting {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// The next connection and its peer's address; a Unix socket's peer has none.
    pub async fn accept(&self) -> io::Result<(Stream, Option<IpAddr>)> {
        Ok(match &self.socket {
            Accepting::Tcp(l) => {
                let (stream, peer) = l.accept().await?;
                (Stream::Tcp(stream), Some(peer.ip().to_canonical()))
            }
            Accepting::Unix(l) => (Stream::Unix(l.accept().await?.0), None),
        })
    }
}

fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    (host, port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host name has no address"))
}

fn bind_tcp(address: SocketAddr, options: SocketOptions) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Without it a restart fails for a minute while old connections are in TIME_WAIT.
    socket.set_reuse_address(true)?;
    if options.reuse_port {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    listen(&socket, options)?;
    Ok(socket)
}

fn listen(socket: &Socket, options: SocketOptions) -> io::Result<()> {
    socket.listen(i32::try_from(options.backlog).unwrap_or(i32::MAX))
}

/// A socket file that nobody listens on is what a killed server left: it is replaced. Anything else is not touched.
fn bind_unix(path: &Path, mode: Option<u32>, options: SocketOptions) -> io::Result<(Socket, SocketFile)> {
    let address = SockAddr::unix(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let permissions = mode.map(fs::Permissions::from_mode);
    if let Some(permissions) = &permissions {
        // Linux makes the file with no more than this; between bind and chmod it must not be open to more users. Where
        // sockets have no mode of their own, the chmod alone must do.
        let _ = fs::File::from(OwnedFd::from(socket.try_clone()?)).set_permissions(permissions.clone());
    }
    match socket.bind(&address) {
        Err(e) if e.kind() == io::ErrorKind::AddrInUse && is_stale(path, &address) => {
            fs::remove_file(path)?;
            socket.bind(&address)?;
        }
        bound => bound?,
    }
    let file = SocketFile::of(path)?;
    if let Some(permissions) = permissions {
        fs::set_permissions(path, permissions)?;
    }
    listen(&socket, options)?;
    Ok((socket, file))
}

/// Whether the file is a socket that refuses connections. Never waits: a server whose backlog is full would make a blocking
/// connect wait for it, and it lives.
fn is_stale(path: &Path, address: &SockAddr) -> bool {
    let refuses = || {
        let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        probe.set_nonblocking(true)?;
        probe.connect(address)
    };
    fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket())
        && refuses().is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused)
}

/// The file of a Unix socket, removed on drop if it is still the one that was made.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    /// Device and inode: another server may have replaced the file.
    identity: (u64, u64),
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self {
            // The working directory may change.
            path: std::path::absolute(path)?,
            identity: identity(path)?,
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|m| (m.dev(), m.ino()))
}
