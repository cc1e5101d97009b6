//! Servers whose answers a test decides.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::harness::fixture;

pub type Answer = http::Response<Full<Bytes>>;

/// A request as the server got it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub version: http::Version,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Seen {
    /// The values of a field, with a comma between.
    pub fn header(&self, name: &str) -> String {
        let values: Vec<_> = self.headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect();
        values.join(", ")
    }
}

/// An HTTP server on a free port, as long as the test's runtime.
pub struct Origin {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    pub connections: Arc<AtomicUsize>,
    secure: bool,
}

pub fn answer(status: u16, fields: &[(&str, &str)], body: &str) -> Answer {
    let mut answer = http::Response::builder().status(status);
    for (name, value) in fields {
        answer = answer.header(*name, *value);
    }
    answer.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap()
}

#[derive(Clone, Copy, PartialEq)]
enum Speaks {
    Http1,
    Http2,
    /// What ALPN agrees on.
    Tls,
}

impl Origin {
    pub async fn start(answer: impl AsyncFn(Seen) -> Answer + 'static) -> Self {
        Self::serve(Speaks::Http1, answer).await
    }

    /// HTTP/2 from the first byte.
    pub async fn http2(answer: impl AsyncFn(Seen) -> Answer + 'static) -> Self {
        Self::serve(Speaks::Http2, answer).await
    }

    /// With the test's certificate for `localhost` and 127.0.0.1.
    pub async fn tls(answer: impl AsyncFn(Seen) -> Answer + 'static) -> Self {
        Self::serve(Speaks::Tls, answer).await
    }

    async fn serve(speaks: Speaks, answer: impl AsyncFn(Seen) -> Answer + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            connections: Arc::default(),
            secure: speaks == Speaks::Tls,
        };
        let (seen, connections) = (Arc::clone(&origin.seen), Arc::clone(&origin.connections));
        let answer = std::rc::Rc::new(answer);
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (seen, answer) = (Arc::clone(&seen), std::rc::Rc::clone(&answer));
                let respond = move |request| {
                    let (seen, answer) = (Arc::clone(&seen), std::rc::Rc::clone(&answer));
                    async move {
                        let request = read(request).await;
                        seen.lock().unwrap().push(request.clone());
                        Ok::<_, Infallible>(answer(request).await)
                    }
                };
                tokio::task::spawn_local(async move {
                    match speaks {
                        Speaks::Tls => {
                            // A client that does not trust the certificate goes.
                            let Ok(stream) = acceptor().accept(stream).await else {
                                return;
                            };
                            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                            speak(stream, http2, respond).await;
                        }
                        _ => speak(stream, speaks == Speaks::Http2, respond).await,
                    }
                });
            }
        });
        origin
    }

    pub fn url(&self, path: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    pub fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn read(request: http::Request<Incoming>) -> Seen {
    let (head, body) = request.into_parts();
    Seen {
        method: head.method.to_string(),
        // HTTP/2 always says the whole URL; of HTTP/1.1 only a proxy is told it.
        target: match head.version {
            http::Version::HTTP_2 => head.uri.path_and_query().unwrap().to_string(),
            _ => head.uri.to_string(),
        },
        version: head.version,
        headers: head.headers,
        body: body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default(),
    }
}

/// Runs tasks that are not `Send` on the runtime of the test.
#[derive(Clone, Copy)]
struct Local;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

async fn speak<S, F>(stream: S, http2: bool, respond: F)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    F: AsyncFn(http::Request<Incoming>) -> Result<Answer, Infallible> + Clone + 'static,
{
    let service = service_fn(move |request| {
        let respond = respond.clone();
        async move { respond(request).await }
    });
    // A client may go at any time.
    let io = TokioIo::new(stream);
    if http2 {
        let _ = hyper::server::conn::http2::Builder::new(Local)
            .serve_connection(io, service)
            .await;
    } else {
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(io, service)
            .await;
    }
}

pub fn acceptor() -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(fixture("local.pem"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let key = PrivateKeyDer::from_pem_file(fixture("local.key")).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config).into()
}

/// A server that does `serve` with each connection, which is counted from 0.
pub async fn raw(serve: impl AsyncFn(usize, TcpStream) + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let serve = std::rc::Rc::new(serve);
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = count.fetch_add(1, Ordering::SeqCst);
            let serve = std::rc::Rc::clone(&serve);
            tokio::task::spawn_local(async move { serve(number, stream).await });
        }
    });
    (address, connections)
}

/// Reads up to the empty line after a head; empty when the client is gone.
pub async fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => return String::new(),
        }
    }
    String::from_utf8(bytes).unwrap()
}

pub async fn say(stream: &mut TcpStream, text: &str) {
    // The client may have seen enough.
    let _ = stream.write_all(text.as_bytes()).await;
}

/// A server that sends the same to everybody who asks, then closes.
pub async fn saying(text: &'static str) -> String {
    let (address, _) = raw(async move |_, mut stream: TcpStream| {
        head(&mut stream).await;
        say(&mut stream, text).await;
    })
    .await;
    format!("http://{address}/")
}

/// Runs a test on one thread, with local tasks.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}
