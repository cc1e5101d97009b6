//! A running server as its owner, the PHP thread, holds it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::SigSet;

use super::auth::jwt::jwks::Refresher;
use super::config::{Config, Listen};
use super::control::Facts;
use super::id::{ConnId, InstanceId};
use super::inbox::Inbox;
use super::limits::ConnectionLimits;
use super::listener::{Bound, SocketOptions};
use super::mailbox::{Command, Mailbox};
use super::metrics::Metrics;
use super::observe::Observer;
use super::publish::Publisher;
use super::redis;
use super::thread::{self, Plan};

/// For the keys of an issuer when the server starts.
const FIRST_KEYS_WAIT: Duration = Duration::from_secs(5);

/// For Redis when the server starts.
const FIRST_REDIS_WAIT: Duration = Duration::from_secs(2);

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
    /// Keeps the keys fresh that verify tokens, if they come from their issuer.
    jwks: Mutex<Option<Refresher>>,
    /// Serves the link to other servers, if there is one.
    redis: Mutex<Option<redis::Thread>>,
    /// An I/O thread ended before it was told to.
    failed: Arc<AtomicBool>,
    shutting_down: Arc<AtomicBool>,
    addresses: Vec<String>,
    control_address: Option<String>,
    publisher: Arc<Publisher>,
    metrics_address: Option<SocketAddr>,
}

impl Server {
    /// Binds, then starts the I/O threads. Nothing runs if it fails.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let mut listeners = bind(&config)?;
        let addresses: Vec<String> = listeners.iter().zip(&config.listen).map(shown).collect();
        let control = bind_control(&config)?;
        let mut metrics_listener = bind_metrics(&config)?;
        let config = Arc::new(config);
        let metrics = Arc::new(Metrics::default());
        let inbox = Arc::new(Inbox::new(config.inbox_bytes).map_err(StartError::Thread)?);
        let mailboxes: Vec<Arc<Mailbox>> = (0..config.io_threads).map(|_| Arc::default()).collect();
        let instance = InstanceId::random();
        let control_address = control.as_ref().map(|c| c.address().to_owned());
        let facts = Facts {
            addresses: addresses.clone(),
            started: Instant::now(),
            inbox: Arc::clone(&inbox),
        };
        let publisher = Publisher::new(&config, instance, Arc::clone(&metrics), mailboxes.clone());
        let mut control = control.map(|bound| (bound, facts));
        let mut server = Self {
            publisher: Arc::new(publisher),
            inbox,
            mailboxes,
            instance,
            ask_php: Arc::default(),
            threads: Mutex::default(),
            jwks: Mutex::default(),
            redis: Mutex::default(),
            failed: Arc::default(),
            shutting_down: Arc::default(),
            addresses,
            control_address,
            metrics_address: metrics_listener.as_ref().and_then(|l| l.local_addr().ok()),
            metrics: Arc::clone(&metrics),
            config: Arc::clone(&config),
        };
        let limits = ConnectionLimits::new(&config, metrics);
        let since = Instant::now();
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
                observer: Observer {
                    config: Arc::clone(&config),
                    metrics: Arc::clone(&server.metrics),
                    inbox: Arc::clone(&server.inbox),
                    mailboxes: server.mailboxes.clone(),
                    history: server.publisher.history.clone(),
                    started: since,
                },
                limits: Arc::clone(&limits),
                ask_php: Arc::clone(&server.ask_php),
                listeners: std::mem::take(&mut listeners),
                control: control.take(),
                publisher: Arc::clone(&server.publisher),
                metrics_listener: metrics_listener.take(),
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
        let remote_keys = config.verifier.as_ref().and_then(|verifier| verifier.remote_keys());
        let jwks = remote_keys.map(|keys| Refresher::start(Arc::clone(keys))).transpose();
        let link = server.publisher.link.clone();
        let redis = link
            .map(|link| redis::Thread::start(link, Arc::clone(&server.publisher)))
            .transpose();
        let _ = old.thread_set_mask();
        started.map_err(StartError::Thread)?;
        server.wait_for_others(jwks.map_err(StartError::Thread)?, redis.map_err(StartError::Thread)?);
        Ok(server)
    }

    /// Gives those that the first clients need a moment. That one does not answer is no reason not to start.
    fn wait_for_others(&mut self, jwks: Option<Refresher>, redis: Option<redis::Thread>) {
        if let Some(redis) = &redis {
            redis.wait_for_first(FIRST_REDIS_WAIT);
        }
        if let Some(refresher) = &jwks {
            refresher.keys().wait_for_first(FIRST_KEYS_WAIT);
        }
        *self.redis.get_mut().unwrap_or_else(PoisonError::into_inner) = redis;
        *self.jwks.get_mut().unwrap_or_else(PoisonError::into_inner) = jwks;
    }

    /// Of the first listener: `ws://host:port`, `wss://host:port` or `unix:/path`.
    pub fn address(&self) -> &str {
        self.addresses.first().map_or("", String::as_str)
    }

    /// Of every listener, in the order of the option.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// Of the control endpoint: `host:port` or `unix:/path`.
    pub fn control_address(&self) -> Option<&str> {
        self.control_address.as_deref()
    }

    pub fn publisher(&self) -> &Arc<Publisher> {
        &self.publisher
    }

    /// Where metrics are served, if they have an address of their own.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
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
        // What was published before is on its way first.
        drop(self.redis.lock().unwrap_or_else(PoisonError::into_inner).take());
        for mailbox in &self.mailboxes {
            mailbox.post(Command::Shutdown);
        }
        drop(self.jwks.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic has been reported through `failed`.
            let _ = thread.join();
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

fn bind_metrics(config: &Config) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = config.metrics.as_ref().and_then(|m| m.listen) else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).and_then(|l| l.set_nonblocking(true).map(|()| l));
    listener.map(Some).map_err(|source| StartError::Bind {
        address: address.to_string(),
        source,
    })
}

/// Every listener, or none.
fn bind(config: &Config) -> Result<Vec<Bound>, StartError> {
    let options = SocketOptions {
        backlog: config.backlog,
        reuse_port: config.reuse_port,
    };
    let bind = |listen: &Listen| {
        Bound::new(&listen.bind, options).map_err(|source| StartError::Bind {
            address: listen.bind.to_string(),
            source,
        })
    };
    config.listen.iter().map(bind).collect()
}

fn bind_control(config: &Config) -> Result<Option<Bound>, StartError> {
    let Some(control) = &config.control else {
        return Ok(None);
    };
    let options = SocketOptions {
        backlog: config.backlog,
        reuse_port: false,
    };
    let bound = Bound::new(&control.bind, options).map_err(|source| StartError::Bind {
        address: control.bind.to_string(),
        source,
    })?;
    Ok(Some(bound))
}

/// As `listen()` shows it.
fn shown((bound, listen): (&Bound, &Listen)) -> String {
    match bound.address() {
        unix if unix.starts_with("unix:") => unix.to_owned(),
        tcp if listen.tls => format!("wss://{tcp}"),
        tcp => format!("ws://{tcp}"),
    }
}
