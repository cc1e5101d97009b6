//! A running server as its owner, the PHP thread, holds it.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use nix::sys::signal::SigSet;
use socket2::{Domain, Protocol, Socket, Type};

use super::config::{Bind, Config};
use super::id::{ConnId, InstanceId};
use super::inbox::Inbox;
use super::limits::ConnectionLimits;
use super::mailbox::{Command, Mailbox};
use super::metrics::Metrics;
use super::thread::{self, Bound, Plan};

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("Cannot listen on {address}: {source}")]
    Bind { address: String, source: io::Error },
    #[error("Cannot start an I/O thread: {0}")]
    Thread(io::Error),
}

/// Dropping it ends the threads without closing handshakes and joins them. In a forked child, where they do not exist, it
/// must be forgotten instead.
#[derive(Debug)]
pub struct Server {
    pub config: Arc<Config>,
    pub inbox: Arc<Inbox>,
    pub metrics: Arc<Metrics>,
    pub instance: InstanceId,
    /// The I/O threads ask PHP about handshakes while this is set.
    pub ask_php: Arc<AtomicBool>,
    mailboxes: Vec<Arc<Mailbox>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// An I/O thread ended before it was told to.
    failed: Arc<AtomicBool>,
    shutting_down: Arc<AtomicBool>,
    address: String,
    /// Removed when the server ends.
    socket_file: Option<PathBuf>,
}

impl Server {
    /// Binds, then starts the I/O threads. Nothing runs if it fails.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let (listener, address, socket_file) = bind(&config)?;
        let config = Arc::new(config);
        let metrics = Arc::new(Metrics::default());
        let mut server = Self {
            inbox: Arc::new(Inbox::new(config.inbox_bytes).map_err(StartError::Thread)?),
            mailboxes: (0..config.io_threads).map(|_| Arc::default()).collect(),
            instance: InstanceId::random(),
            ask_php: Arc::default(),
            threads: Mutex::default(),
            failed: Arc::default(),
            shutting_down: Arc::default(),
            address,
            socket_file,
            metrics: Arc::clone(&metrics),
            config: Arc::clone(&config),
        };
        let limits = ConnectionLimits::new(config.max_connections, config.max_connections_per_ip, metrics);
        let mut listener = Some(listener);
        // Signals are for the PHP thread: the mask is inherited by the threads started under it.
        let old = SigSet::thread_get_mask().map_err(|e| StartError::Thread(e.into()))?;
        SigSet::all().thread_block().map_err(|e| StartError::Thread(e.into()))?;
        let started = (0..server.mailboxes.len()).try_for_each(|number| {
            let plan = Plan {
                #[allow(clippy::cast_possible_truncation, reason = "at most 64 threads")]
                number: number as u8,
                config: Arc::clone(&config),
                inbox: Arc::clone(&server.inbox),
                mailboxes: server.mailboxes.clone(),
                metrics: Arc::clone(&server.metrics),
                limits: Arc::clone(&limits),
                ask_php: Arc::clone(&server.ask_php),
                listener: listener.take(),
            };
            let guard = DeathBell {
                inbox: Arc::clone(&server.inbox),
                mailbox: Arc::clone(&server.mailboxes[number]),
                failed: Arc::clone(&server.failed),
                shutting_down: Arc::clone(&server.shutting_down),
            };
            let thread = std::thread::Builder::new()
                .name(format!("ferry-io-{number}"))
                .spawn(move || {
                    let _guard = guard;
                    // The guard reports the end, whatever its reason.
                    let _ = thread::run(plan);
                })?;
            server
                .threads
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .push(thread);
            Ok(())
        });
        let _ = old.thread_set_mask();
        started.map_err(StartError::Thread)?;
        Ok(server)
    }

    /// `ws://host:port` or `unix:/path`.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn mailbox(&self, id: ConnId) -> Option<&Mailbox> {
        self.mailboxes.get(id.io_thread()).map(|m| &**m)
    }

    pub fn shared_mailbox(&self, id: ConnId) -> Option<Arc<Mailbox>> {
        self.mailboxes.get(id.io_thread()).cloned()
    }

    pub fn mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.mailboxes.iter().map(|m| &**m)
    }

    /// True when an I/O thread died: nothing can be trusted any more but the close of everything.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// Ends the threads and waits for them; does nothing when they have ended. What is still open is dropped without a
    /// close frame; its close events are in the inbox when this returns.
    pub fn end(&self) {
        self.shutting_down.store(true, Ordering::SeqCst);
        for mailbox in &self.mailboxes {
            mailbox.post(Command::Shutdown);
        }
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic has been reported through `failed`.
            let _ = thread.join();
        }
        if let Some(path) = &self.socket_file {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Rung when an I/O thread ends, by return or by panic: whoever waits for it must not wait for ever.
struct DeathBell {
    inbox: Arc<Inbox>,
    mailbox: Arc<Mailbox>,
    failed: Arc<AtomicBool>,
    shutting_down: Arc<AtomicBool>,
}

impl Drop for DeathBell {
    fn drop(&mut self) {
        self.mailbox.close();
        if !self.shutting_down.load(Ordering::SeqCst) {
            self.failed.store(true, Ordering::SeqCst);
        }
        self.inbox.bell.ring();
    }
}

fn bind(config: &Config) -> Result<(Bound, String, Option<PathBuf>), StartError> {
    match &config.bind {
        Bind::Tcp { host, port } => {
            let address = if host.contains(':') {
                format!("[{host}]:{port}")
            } else {
                format!("{host}:{port}")
            };
            let fail = |source| StartError::Bind {
                address: address.clone(),
                source,
            };
            let found = resolve(host, *port).map_err(fail)?;
            let listener = bind_tcp(found, config).map_err(fail)?;
            let real = listener.local_addr().map_err(fail)?;
            Ok((Bound::Tcp(listener), format!("ws://{real}"), None))
        }
        Bind::Unix(path) => {
            let address = format!("unix:{}", path.display());
            let listener = bind_unix(path).map_err(|source| StartError::Bind {
                address: address.clone(),
                source,
            })?;
            Ok((Bound::Unix(listener), address, Some(path.clone())))
        }
    }
}

fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    (host, port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host name has no address"))
}

fn bind_tcp(address: SocketAddr, config: &Config) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Without it a restart fails for a minute while old connections are in TIME_WAIT.
    socket.set_reuse_address(true)?;
    if config.reuse_port {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(config.backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// A socket file that nobody listens on is what a killed server left: it is replaced. Anything else is not touched.
fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    let listener = match UnixListener::bind(path) {
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => {
            let stale = std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket())
                && UnixStream::connect(path).is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
            if !stale {
                return Err(e);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)?
        }
        other => other?,
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}
