//! Plain HTTP/1.1 on an address of its own, for operators and other processes instead of WebSocket clients.
//!
//! An I/O thread serves it, so it answers while PHP is busy. Its connections are none of `max_connections`, and it goes on
//! until its future is dropped: a server that drains can still be asked.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::listener::Listener;
use super::socket::Stream;

/// What an endpoint grants its clients.
#[derive(Clone, Copy, Debug)]
pub struct EndpointLimits {
    /// More wait in the backlog.
    pub connections: usize,
    /// For a request head, and for the time between two requests. An answer must be taken in twice that.
    pub idle: Duration,
    pub max_header_bytes: usize,
}

impl Default for EndpointLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            idle: Duration::from_secs(10),
            max_header_bytes: 16 * 1024,
        }
    }
}

/// Serves until dropped. `answer` gets each request with the peer's address, `None` on a Unix socket; it bounds the body it
/// reads and the time it takes.
pub async fn serve<A, F>(listener: Listener, limits: EndpointLimits, answer: A)
where
    A: Fn(Request<Incoming>, Option<IpAddr>) -> F + 'static,
    F: Future<Output = Response<Full<Bytes>>> + 'static,
{
    let answer = Rc::new(answer);
    let places = Rc::new(Places {
        free: Cell::new(limits.connections),
        freed: Notify::new(),
    });
    // Dropped with this future: the connections end with the listener.
    let mut connections = JoinSet::new();
    loop {
        let place = Places::take(&places).await;
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, peer)) => {
                let answer = Rc::clone(&answer);
                connections.spawn_local(async move {
                    let _place = place;
                    converse(stream, limits, |request| answer(request, peer)).await;
                });
            }
            Err(e) if e.kind() == io::ErrorKind::ConnectionAborted => {}
            // Out of descriptors: asking at once would spin.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// The requests of one connection, one after the other.
async fn converse<F>(stream: Stream, limits: EndpointLimits, answer: impl Fn(Request<Incoming>) -> F)
where
    F: Future<Output = Response<Full<Bytes>>>,
{
    let (answering, since) = (Cell::new(false), Cell::new(Instant::now()));
    let service = service_fn(|request| {
        answering.set(true);
        let answered = answer(request);
        let (answering, since) = (&answering, &since);
        async move {
            let answer = answered.await;
            answering.set(false);
            since.set(Instant::now());
            Ok::<_, Infallible>(answer)
        }
    });
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_buf_size(limits.max_header_bytes.max(8192))
        .serve_connection(TokioIo::new(stream), service);
    // hyper bounds the time for a request, and none for the client to take the answer.
    let not_taken = async {
        let most = limits.idle * 2;
        while answering.get() || since.get().elapsed() < most {
            tokio::time::sleep(most.saturating_sub(since.get().elapsed()).max(limits.idle / 4)).await;
        }
    };
    tokio::select! {
        // A client that breaks off or sends no HTTP concerns nobody.
        _ = conversation => {}
        () = not_taken => {}
    }
}

/// Connections that may still be taken.
struct Places {
    free: Cell<usize>,
    freed: Notify,
}

/// One of them, given back on drop.
struct Place(Rc<Places>);

impl Places {
    async fn take(places: &Rc<Self>) -> Place {
        while places.free.get() == 0 {
            places.freed.notified().await;
        }
        places.free.set(places.free.get() - 1);
        Place(Rc::clone(places))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.free.set(self.0.free.get() + 1);
        self.0.freed.notify_one();
    }
}
