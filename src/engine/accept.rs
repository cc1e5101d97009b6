//! From an accepted socket to a session: limits, the HTTP request, the upgrade.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout_at};

use super::handshake::{Accepted, Gate};
use super::hub::Admission;
use super::limits::{ConnectionLimits, ConnectionPermit};
use super::listener::Listener;
use super::mailbox::{Command, Mailbox};
use super::metrics::Refusal;
use super::pending::Stage;
use super::preamble::{Turned, pass};
use super::problem::Problem;
use super::socket::Stream;
use super::task::SessionTask;

/// hyper accepts no smaller read buffer; smaller limits are checked on the parsed head.
const MIN_HEAD_BUFFER: usize = 8192;
/// Refused connections that are still being told so; more are dropped without a word.
const MAX_FAREWELLS: usize = 256;

/// Accepts for all I/O threads and deals the sockets out in turn, so that every thread has the same number. An inherited
/// listener per thread spread 200 connections 18 to 109.
pub struct Acceptor {
    pub gate: Rc<Gate>,
    pub limits: Arc<ConnectionLimits>,
    pub mailboxes: Vec<Arc<Mailbox>>,
    /// The thread that gets the next connection, whichever listener it comes from.
    pub turn: Cell<usize>,
    pub farewells: Rc<Cell<usize>>,
}

impl Acceptor {
    /// Serves the listener of that number until accepting is stopped; then it closes.
    pub async fn run(self: Rc<Self>, listener: Listener, number: usize) {
        let mut stage = self.gate.local.state.borrow().pending.stage();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stage.wait_for(|stage| *stage >= Stage::NotAccepting) => return,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let turn = self.turn.get();
                    self.turn.set((turn + 1) % self.mailboxes.len());
                    if turn == 0 {
                        self.welcome(stream, peer, number);
                    } else if let Ok(detached) = stream.detach(peer, number) {
                        self.mailboxes[turn].post(Command::Adopt(detached));
                    }
                }
                // The client was faster than us: nothing is wrong with the listener.
                Err(e) if e.kind() == io::ErrorKind::ConnectionAborted => {}
                // Out of descriptors or memory: the connection stays in the backlog, and asking at once would spin.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Runs the handshake of one socket in a task of its own.
    pub fn welcome(&self, stream: Stream, peer: Option<IpAddr>, listener: usize) {
        let listen = &self.gate.config.listen[listener];
        if self.gate.config.tcp_nodelay {
            // Fails only when the client is gone already.
            let _ = stream.set_nodelay(true);
        }
        let permit = self.limits.enter().and_then(|mut permit| {
            // Behind a proxy the client's address comes with the request, or before it.
            let direct = |peer: &IpAddr| !listen.proxy_protocol && !self.gate.config.addresses.trusts(*peer);
            match peer.filter(direct) {
                Some(peer) => permit.set_address(peer).map(|()| permit),
                None => Ok(permit),
            }
        });
        match permit {
            Ok(permit) => {
                spawn_local(handshake(Rc::clone(&self.gate), stream, peer, permit, listener));
            }
            // A client that waits for a TLS handshake has no use for an answer in plain text.
            Err(refusal) if listen.tls => self.gate.local.state.borrow().metrics.refuse(refusal),
            Err(refusal) => self.farewell(stream, refusal),
        }
    }

    /// Says why a connection is not even read.
    fn farewell(&self, mut stream: Stream, refusal: Refusal) {
        self.gate.local.state.borrow().metrics.refuse(refusal);
        if self.farewells.get() >= MAX_FAREWELLS {
            return;
        }
        let status = match refusal {
            Refusal::TooManyPerAddress => http::StatusCode::TOO_MANY_REQUESTS,
            _ => http::StatusCode::SERVICE_UNAVAILABLE,
        };
        let answer = Problem::new(status, refusal, "Too many connections.").to_bytes();
        let count = Rc::clone(&self.farewells);
        count.set(count.get() + 1);
        spawn_local(async move {
            // The socket is new, so its buffer takes this little at once.
            if stream.write_all(&answer).await.is_ok() {
                hang_up(stream).await;
            }
            count.set(count.get() - 1);
        });
    }
}

/// Ends our side and gives the client a second to take the answer: closing a socket with unread input resets it, and the
/// answer may be lost with it.
async fn hang_up(mut stream: Stream) {
    let goodbye = async {
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
}

async fn handshake(
    gate: Rc<Gate>,
    stream: Stream,
    peer: Option<IpAddr>,
    mut permit: ConnectionPermit,
    listener: usize,
) {
    let config = Arc::clone(&gate.config);
    let listen = &config.listen[listener];
    let deadline = Instant::now() + config.handshake_timeout;
    let (stream, peer) = if listen.is_direct() {
        (stream, peer)
    } else {
        let mut stage = gate.local.state.borrow().pending.stage();
        let passed = tokio::select! {
            biased;
            passed = timeout_at(deadline, pass(&config, listen, stream, peer, &mut permit)) => passed,
            _ = stage.wait_for(|stage| *stage >= Stage::Draining) => return,
        };
        let turned = match passed {
            Ok(Ok(passed)) => Ok(passed),
            Ok(Err(turned)) => Err(turned),
            Err(_) => Err(Turned::away(Refusal::HandshakeTimeout, None)),
        };
        match turned {
            Ok(passed) => passed,
            Err(Turned { refusal, stream }) => {
                if let Some(refusal) = refusal {
                    gate.local.state.borrow().metrics.refuse(refusal);
                }
                if let Some(stream) = stream {
                    hang_up(stream).await;
                }
                return;
            }
        }
    };
    let permit = RefCell::new(Some(permit));
    let accepted: RefCell<Option<Accepted>> = RefCell::new(None);
    let asks = Cell::new(false);
    let service = service_fn(|request| {
        let (gate, accepted, permit) = (&gate, &accepted, &permit);
        asks.set(true);
        // Boxed: hyper gives back the socket of a connection only if this future may move.
        Box::pin(async move {
            let Some(mut held) = permit.borrow_mut().take() else {
                // hyper asks once: every answer but 101 closes the connection.
                return Ok::<_, Infallible>(http::Response::default());
            };
            let (answer, outcome) = gate.answer(&request, peer, &mut held).await;
            *permit.borrow_mut() = Some(held);
            *accepted.borrow_mut() = outcome;
            Ok(answer)
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // What stood before the request has used some of the time.
        .header_read_timeout((deadline - Instant::now()).max(Duration::from_millis(1)))
        .max_buf_size(config.max_header_bytes.max(MIN_HEAD_BUFFER))
        .serve_connection(TokioIo::new(stream), service);
    // Reading the head, asking PHP, writing the answer: each is bounded, and so is the whole.
    let limit = config.handshake_timeout * 2 + config.handshake_callback_timeout;
    let serving = tokio::time::timeout(limit, std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)));
    let mut stage = gate.local.state.borrow().pending.stage();
    let drained = async {
        let _ = stage.wait_for(|stage| *stage >= Stage::Draining).await;
        if asks.get() {
            std::future::pending::<()>().await;
        }
    };
    let served = tokio::select! {
        // First, as the request may be there already.
        biased;
        served = serving => served,
        // A client that has not asked anything would only keep the server from its end.
        () = drained => return,
    };
    let refusal = match &served {
        Err(_) => Some(Refusal::HandshakeTimeout),
        Ok(Err(e)) if e.is_timeout() => Some(Refusal::HandshakeTimeout),
        Ok(Err(e)) if e.is_parse_too_large() => Some(Refusal::HeaderTooLarge),
        Ok(Err(e)) if e.is_parse() => Some(Refusal::MalformedRequest),
        // Served, or the client went away.
        Ok(_) => None,
    };
    if let Some(refusal) = refusal {
        gate.local.state.borrow().metrics.refuse(refusal);
    }
    let parts = connection.into_parts();
    let stream = parts.io.into_inner();
    let upgraded = accepted.borrow_mut().take().filter(|_| matches!(served, Ok(Ok(()))));
    let held = permit.borrow_mut().take();
    match (upgraded, held) {
        (Some(accepted), Some(permit)) => open(&gate, stream, parts.read_buf.to_vec(), permit, accepted),
        _ => hang_up(stream).await,
    }
}

fn open(gate: &Gate, stream: Stream, early: Vec<u8>, permit: ConnectionPermit, accepted: Accepted) {
    if let Some(asked) = accepted.asked {
        asked.opened();
    }
    let admission = Admission {
        request: accepted.request,
        expires_at: accepted.expires_at,
        deflate: accepted.deflate,
        user: accepted.user,
        since: accepted.since,
    };
    let id = gate.local.state.borrow_mut().open(stream, permit, admission);
    // A task of its own: this one's state has the size of the HTTP machinery.
    spawn_local(SessionTask::new(Rc::clone(&gate.local), id, early));
}
