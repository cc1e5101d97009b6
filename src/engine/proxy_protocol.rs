//! The PROXY protocol, versions 1 and 2: a load balancer announces the client's address before anything else.
//!
//! Specification: <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>, section 2.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncReadExt};

const V1: &[u8] = b"PROXY ";
const V2: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with its end.
const MAX_LINE: usize = 107;
/// Addresses and additional fields of version 2; those of a TLS client's certificate are some hundred bytes.
const MAX_BODY: usize = 4096;

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announced {
    Client(IpAddr),
    /// The proxy speaks for itself (a health check), or for a client without an IP address.
    Nobody,
}

#[derive(Debug)]
pub enum HeaderError {
    Malformed,
    Io,
}

impl From<io::Error> for HeaderError {
    fn from(_: io::Error) -> Self {
        Self::Io
    }
}

/// Reads the header and not a byte more. The caller bounds the time.
pub async fn read_header(stream: &mut (impl AsyncRead + Unpin)) -> Result<Announced, HeaderError> {
    // Both versions have this many bytes at least.
    let mut start = [0; V2.len()];
    stream.read_exact(&mut start[..1]).await?;
    // A client that speaks something else may wait for an answer after fewer.
    if start[0] != V1[0] && start[0] != V2[0] {
        return Err(HeaderError::Malformed);
    }
    stream.read_exact(&mut start[1..]).await?;
    if start == *V2 {
        return read_v2(stream).await;
    }
    let mut line = Vec::with_capacity(MAX_LINE);
    line.extend_from_slice(&start);
    if !line.starts_with(V1) {
        return Err(HeaderError::Malformed);
    }
    while !line.ends_with(b"\r\n") {
        if line.len() == MAX_LINE {
            return Err(HeaderError::Malformed);
        }
        // What follows the line is not ours; this happens once per connection.
        line.push(stream.read_u8().await?);
    }
    parse_v1(&line[V1.len()..line.len() - 2]).ok_or(HeaderError::Malformed)
}

/// `TCP4 source destination port port`, without the line's end.
fn parse_v1(line: &[u8]) -> Option<Announced> {
    let line = str::from_utf8(line).ok()?;
    let mut words = line.split(' ');
    let family = words.next()?;
    if family == "UNKNOWN" {
        // The rest says nothing that may be believed.
        return Some(Announced::Nobody);
    }
    let (source, destination) = (words.next()?, words.next()?);
    let source: IpAddr = match family {
        "TCP4" => (source.parse::<Ipv4Addr>().ok()?, destination.parse::<Ipv4Addr>().ok()?)
            .0
            .into(),
        "TCP6" => (source.parse::<Ipv6Addr>().ok()?, destination.parse::<Ipv6Addr>().ok()?)
            .0
            .into(),
        _ => return None,
    };
    let port = |word: &str| word.bytes().all(|b| b.is_ascii_digit()) && word.parse::<u16>().is_ok();
    let ports = port(words.next()?) && port(words.next()?);
    (ports && words.next().is_none()).then(|| Announced::Client(source.to_canonical()))
}

async fn read_v2(stream: &mut (impl AsyncRead + Unpin)) -> Result<Announced, HeaderError> {
    let mut rest = [0; 4];
    stream.read_exact(&mut rest).await?;
    let [command, family, high, low] = rest;
    let len = usize::from(u16::from_be_bytes([high, low]));
    if len > MAX_BODY {
        return Err(HeaderError::Malformed);
    }
    let mut body = vec![0; len];
    stream.read_exact(&mut body).await?;
    parse_v2(command, family, &body).ok_or(HeaderError::Malformed)
}

fn parse_v2(command: u8, family: u8, body: &[u8]) -> Option<Announced> {
    match command {
        // LOCAL: the address fields mean nothing.
        0x20 => return Some(Announced::Nobody),
        0x21 => {}
        _ => return None,
    }
    // Source address, destination address, two ports; additional fields may follow.
    match family {
        // Stream over IPv4 and IPv6.
        0x11 if body.len() >= 12 => {
            let source: [u8; 4] = *body.first_chunk()?;
            Some(Announced::Client(source.into()))
        }
        0x21 if body.len() >= 36 => {
            let source: [u8; 16] = *body.first_chunk()?;
            Some(Announced::Client(IpAddr::from(source).to_canonical()))
        }
        // Not specified, and a Unix socket at the proxy.
        0x00 => Some(Announced::Nobody),
        0x31 if body.len() >= 216 => Some(Announced::Nobody),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the header says, and how many bytes of `rest` were read with it. `None`: refused.
    fn read(header: &[u8]) -> Option<(Announced, usize)> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bytes = [header, b"GET / HTTP/1.1"].concat();
        let mut input = bytes.as_slice();
        let announced = runtime.block_on(read_header(&mut input)).ok()?;
        Some((announced, bytes.len() - input.len()))
    }

    fn client(address: &str) -> Announced {
        Announced::Client(address.parse().unwrap())
    }

    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let len = u16::try_from(body.len()).unwrap().to_be_bytes();
        [V2.as_slice(), &[command, family], &len, body].concat()
    }

    #[test]
    fn a_line_of_version_1_is_read_to_its_end() {
        for (line, expected) in [
            ("TCP4 192.0.2.1 198.51.100.1 56324 443", client("192.0.2.1")),
            ("TCP6 2001:db8::1 2001:db8::2 1 65535", client("2001:db8::1")),
            ("TCP6 ::ffff:192.0.2.1 ::1 1 2", client("192.0.2.1")),
            ("UNKNOWN", Announced::Nobody),
            ("UNKNOWN 6.6.6.6 anything", Announced::Nobody),
        ] {
            let header = format!("PROXY {line}\r\n");
            assert_eq!(read(header.as_bytes()), Some((expected, header.len())), "{line}");
        }
    }

    #[test]
    fn broken_lines_are_refused() {
        let long = format!("UNKNOWN {}", "x".repeat(100));
        for line in [
            "TCP4 192.0.2.1 198.51.100.1 56324",
            "TCP4 192.0.2.1 198.51.100.1 56324 443 5",
            "TCP4 192.0.2.1 198.51.100.1 56324 65536",
            "TCP4 192.0.2.1 198.51.100.1 +1 443",
            "TCP4 192.0.2.1  198.51.100.1 1 2",
            "TCP4 2001:db8::1 2001:db8::2 1 2",
            "TCP6 192.0.2.1 198.51.100.1 1 2",
            "TCP4 192.0.2.256 198.51.100.1 1 2",
            "UDP4 192.0.2.1 198.51.100.1 1 2",
            "tcp4 192.0.2.1 198.51.100.1 1 2",
            "TCP4 \u{e9} 198.51.100.1 1 2",
            &long,
        ] {
            assert_eq!(read(format!("PROXY {line}\r\n").as_bytes()), None, "{line}");
        }
        assert_eq!(read(b"PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n"), None);
        assert_eq!(read(b"GET / HTTP/1.1\r\n\r\n"), None);
        assert_eq!(read(b"\x16\x03\x01\x02\x00"), None);
    }

    #[test]
    fn version_2_is_read_with_its_additional_fields() {
        let v4 = [&[192, 0, 2, 1, 198, 51, 100, 1, 0, 80, 1, 187], [4_u8; 30].as_slice()].concat();
        let mut v6 = [0; 36];
        v6[..4].copy_from_slice(&[0x20, 1, 0x0d, 0xb8]);
        v6[15] = 1;
        for (header, expected) in [
            (v2(0x21, 0x11, &v4[..12]), client("192.0.2.1")),
            (v2(0x21, 0x11, &v4), client("192.0.2.1")),
            (v2(0x21, 0x21, &v6), client("2001:db8::1")),
            (v2(0x20, 0x11, &v4), Announced::Nobody),
            (v2(0x20, 0, &[]), Announced::Nobody),
            (v2(0x21, 0, &[]), Announced::Nobody),
            (v2(0x21, 0x31, &[0; 216]), Announced::Nobody),
        ] {
            assert_eq!(read(&header), Some((expected, header.len())), "{header:x?}");
        }
    }

    #[test]
    fn broken_headers_of_version_2_are_refused() {
        for header in [
            v2(0x11, 0x11, &[0; 12]),
            v2(0x22, 0x11, &[0; 12]),
            v2(0x21, 0x11, &[0; 11]),
            v2(0x21, 0x21, &[0; 35]),
            v2(0x21, 0x12, &[0; 12]),
            v2(0x21, 0x31, &[0; 215]),
            v2(0x21, 0xff, &[0; 300]),
            v2(0x20, 0x00, &[0; MAX_BODY + 1]),
        ] {
            assert_eq!(read(&header), None, "{header:x?}");
        }
        assert_eq!(read(b"\r\n\r\n\0\r\nQUIT\r"), None);
    }
}
