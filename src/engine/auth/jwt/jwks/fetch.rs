//! One GET request, in a thread of its own that may block: bounded in time and size, without redirects.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Uri;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// For the whole exchange, the look-up of the name excluded: the system has a limit of its own for that.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A set of three keys has 2 KiB.
const MAX_BYTES: usize = 256 * 1024;
const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

/// Where a set is.
#[derive(Clone)]
pub struct Source {
    host: String,
    port: u16,
    /// With its query.
    path: String,
    /// As in the header `Host`.
    authority: String,
    tls: Option<Arc<ClientConfig>>,
}

/// A URL that is not fetched from. The message is a predicate, for a sentence that begins with the option's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("must be a URL such as \"https://issuer.example/jwks.json\", without user and fragment")]
    Url,
    #[error(
        "must be an https URL: whoever could change an answer on its way would decide who logs in. http is for this machine alone"
    )]
    Insecure,
    #[error("cannot be fetched: no certificate authority is known, set \"jwt.jwks_ca\"")]
    NoRoots,
}

impl Source {
    /// `roots` are asked only for https.
    pub fn new(url: &str, roots: impl FnOnce() -> RootCertStore) -> Result<Self, SourceError> {
        let uri: Uri = url.parse().map_err(|_| SourceError::Url)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(SourceError::Url);
        };
        if authority.as_str().contains('@') || url.contains('#') || authority.host().is_empty() {
            return Err(SourceError::Url);
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let tls = match scheme {
            "https" => Some(client_config(roots())?),
            "http" if is_loopback(&host) => None,
            "http" => return Err(SourceError::Insecure),
            _ => return Err(SourceError::Url),
        };
        Ok(Self {
            port: authority.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 }),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            authority: authority.as_str().to_owned(),
            host,
            tls,
        })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({}{})", self.authority, self.path)
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn client_config(roots: RootCertStore) -> Result<Arc<ClientConfig>, SourceError> {
    if roots.is_empty() {
        return Err(SourceError::NoRoots);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| SourceError::NoRoots)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The body of a 200 answer.
pub fn get(source: &Source) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + TIMEOUT;
    let tcp = Timed {
        stream: connect(source, deadline)?,
        deadline,
    };
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nAccept: application/jwk-set+json, application/json\r\nUser-Agent: ferry\r\nConnection: close\r\n\r\n",
        source.path, source.authority,
    );
    match &source.tls {
        None => exchange(tcp, &request),
        Some(config) => {
            let name = ServerName::try_from(source.host.clone()).map_err(io::Error::other)?;
            let tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
            exchange(StreamOwned::new(tls, tcp), &request)
        }
    }
}

fn connect(source: &Source, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (source.host.as_str(), source.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}

/// A peer that sends a byte now and then is no reason to wait longer in all.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Read for Timed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        self.stream.read(bytes)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.deadline)?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        if let Some(body) = complete(&answer, false)? {
            return Ok(body);
        }
        if answer.len() > MAX_HEAD_BYTES + MAX_BYTES {
            return Err(malformed("too long"));
        }
        match stream.read(&mut buffer)? {
            // An end without TLS's goodbye is an error of `read`, so nobody can cut an answer short.
            0 => return complete(&answer, true)?.ok_or_else(|| malformed("cut short")),
            read => answer.extend_from_slice(&buffer[..read]),
        }
    }
}

/// The body, once all of it is there. `ended`: nothing more comes.
fn complete(answer: &[u8], ended: bool) -> io::Result<Option<Vec<u8>>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(answer).map_err(|_| malformed("no HTTP"))? else {
        return head_within(answer.len()).map(|()| None);
    };
    head_within(start)?;
    if head.code != Some(200) {
        return Err(malformed("another status than 200"));
    }
    let header = |name: &str| {
        head.headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value)
    };
    let body = &answer[start..];
    if header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        return unchunked(body);
    }
    let length =
        header("content-length").map(|value| str::from_utf8(value).ok().and_then(|text| text.parse::<usize>().ok()));
    match length {
        Some(None) => Err(malformed("a bad length")),
        Some(Some(length)) if length > MAX_BYTES => Err(malformed("too long")),
        Some(Some(length)) => Ok((body.len() >= length).then(|| body[..length].to_vec())),
        None if body.len() > MAX_BYTES => Err(malformed("too long")),
        None => Ok(ended.then(|| body.to_vec())),
    }
}

fn head_within(bytes: usize) -> io::Result<()> {
    if bytes > MAX_HEAD_BYTES {
        return Err(malformed("a head that is too long"));
    }
    Ok(())
}

fn unchunked(mut rest: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let httparse::Status::Complete((start, size)) =
            httparse::parse_chunk_size(rest).map_err(|_| malformed("a bad chunk"))?
        else {
            return Ok(None);
        };
        if size == 0 {
            return Ok(Some(body));
        }
        let size = usize::try_from(size).map_err(|_| malformed("too long"))?;
        if size > MAX_BYTES - body.len() {
            return Err(malformed("too long"));
        }
        // The line break after the chunk, too.
        let Some(chunk) = rest.get(start..start + size + 2) else {
            return Ok(None);
        };
        body.extend_from_slice(&chunk[..size]);
        rest = &rest[start + size + 2..];
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer is {what}"))
}
