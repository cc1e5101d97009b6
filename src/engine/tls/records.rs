//! The TLS state of one connection: decrypts what came, encrypts what goes. Knows no socket.
//!
//! rustls panics when it does not get back the bytes that it has seen and not discarded (`begun`), so every call passes them.
//!
//! rustls's buffered connection holds 4 KiB for reading per connection. Here all connections of a thread decrypt in one
//! buffer, and one that idles keeps its keys alone.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::sync::Arc;

use rustls::server::{ServerConfig, ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, InsufficientSizeError, UnbufferedStatus,
};
use tokio::io::ReadBuf;

/// What is encrypted at once: the plain bytes of four records. More would only wait behind a socket that is full.
pub const BATCH_BYTES: usize = 64 * 1024;
/// Room for one batch: each record adds a header, a nonce, a type and a tag, and there may be a key update before.
const OUTPUT_BYTES: usize = BATCH_BYTES + 4096;
/// Room for one read, and for the beginnings of a record or a handshake message before it.
pub const INPUT_BYTES: usize = 64 * 1024;

/// Buffers that all TLS connections of a thread share.
pub struct Scratch {
    pub input: Box<[u8]>,
    /// Small messages of one batch, gathered for one record.
    gathered: Vec<u8>,
    /// Encrypted, from the front.
    pub output: Box<[u8]>,
}

thread_local! {
    pub static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        input: vec![0; INPUT_BYTES].into_boxed_slice(),
        gathered: Vec::new(),
        output: vec![0; OUTPUT_BYTES].into_boxed_slice(),
    });
}

#[allow(clippy::struct_excessive_bools, reason = "steps that are independent of each other")]
pub struct Records {
    connection: UnbufferedServerConnection,
    /// The beginning of a record whose rest has not come.
    begun: Vec<u8>,
    /// Decrypted and not taken yet: the HTTP parser reads into less than a record.
    plain: Vec<u8>,
    /// Encrypted, and not taken by the socket.
    pub held: Vec<u8>,
    /// The handshake is done.
    pub ready: bool,
    /// The peer has said that nothing follows.
    pub ended: bool,
    said_goodbye: bool,
    /// Broken: rustls is not asked again.
    failed: bool,
}

impl Records {
    pub fn new(config: Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        Ok(Self {
            connection: UnbufferedServerConnection::new(config)?,
            begun: Vec::new(),
            plain: Vec::new(),
            held: Vec::new(),
            ready: false,
            ended: false,
            said_goodbye: false,
            failed: false,
        })
    }

    /// Moves what was decrypted before to `into`. False: there was nothing.
    pub fn take_plain(&mut self, into: &mut ReadBuf<'_>) -> bool {
        if self.plain.is_empty() {
            return false;
        }
        let n = self.plain.len().min(into.remaining());
        into.put_slice(&self.plain[..n]);
        if n == self.plain.len() {
            self.plain = Vec::new();
        } else {
            self.plain.drain(..n);
        }
        true
    }

    /// Bytes of a record whose rest has not come; they stand before what is read next.
    pub fn begun(&self) -> usize {
        self.begun.len()
    }

    /// Puts the beginning of a record back to the front of `input`.
    pub fn restore(&mut self, input: &mut [u8]) {
        let begun = std::mem::take(&mut self.begun);
        input[..begun.len()].copy_from_slice(&begun);
    }

    /// Decrypts `input` to `into`; answers of the protocol wait in `held`.
    pub fn decrypt(&mut self, input: &mut [u8], into: &mut ReadBuf<'_>) -> Result<(), rustls::Error> {
        let mut used = 0;
        loop {
            let UnbufferedStatus { mut discard, state } = self.connection.process_tls_records(&mut input[used..]);
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        let direct = record.payload.len().min(into.remaining());
                        into.put_slice(&record.payload[..direct]);
                        self.plain.extend_from_slice(&record.payload[direct..]);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(data)) => encode(data, &mut self.held),
                // It is in `held`, in order.
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.ended = true,
                Ok(ConnectionState::WriteTraffic(_)) => {
                    self.ready = true;
                    used += discard;
                    break;
                }
                // BlockedHandshake and Closed; early data is never allowed.
                Ok(_) => {
                    used += discard;
                    break;
                }
                Err(error) => {
                    self.failed = true;
                    // rustls has an alert for the peer.
                    let rest = &mut input[used + discard..];
                    if let Ok(ConnectionState::EncodeTlsData(data)) = self.connection.process_tls_records(rest).state {
                        encode(data, &mut self.held);
                    }
                    return Err(error);
                }
            }
            used += discard;
        }
        if !self.ended && used < input.len() {
            self.begun = input[used..].to_vec();
        }
        // A handshake message of this length does not exist.
        if self.begun.len() == INPUT_BYTES {
            self.failed = true;
            return Err(rustls::Error::General("a handshake message without an end".into()));
        }
        Ok(())
    }

    /// Encrypts the plain bytes from `skip` on, at most [`BATCH_BYTES`], into `scratch.output`. Returns how many, and the
    /// length of the output, which belongs behind what is held.
    pub fn encrypt(
        &mut self,
        slices: &[IoSlice<'_>],
        skip: usize,
        scratch: &mut Scratch,
    ) -> io::Result<(usize, usize)> {
        if self.failed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        loop {
            let UnbufferedStatus { discard, state } = self.connection.process_tls_records(&mut self.begun);
            let done = match state {
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    let plain = gather(slices, skip, &mut scratch.gathered);
                    let written = traffic.encrypt(plain, &mut scratch.output);
                    Some(written.map(|written| (plain.len(), written)).map_err(io::Error::other))
                }
                Ok(ConnectionState::EncodeTlsData(data)) => {
                    encode(data, &mut self.held);
                    None
                }
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    data.done();
                    None
                }
                Ok(ConnectionState::PeerClosed) => {
                    self.ended = true;
                    None
                }
                Ok(_) => Some(Err(io::ErrorKind::BrokenPipe.into())),
                Err(error) => {
                    self.failed = true;
                    Some(Err(io::Error::new(io::ErrorKind::InvalidData, error)))
                }
            };
            self.begun.drain(..discard);
            if let Some(done) = done {
                return done;
            }
        }
    }

    /// Queues the alert that ends our side, once.
    pub fn say_goodbye(&mut self) {
        if std::mem::replace(&mut self.said_goodbye, true) || self.failed {
            return;
        }
        let (held, begun) = (&mut self.held, &mut self.begun);
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) = self.connection.process_tls_records(begun).state {
            append(held, |room| match traffic.queue_close_notify(room) {
                Err(EncryptError::InsufficientSize(size)) => Err(size),
                Err(EncryptError::EncryptExhausted) => Ok(0),
                Ok(n) => Ok(n),
            });
        }
    }
}

/// Appends what the protocol itself has to say.
fn encode(mut data: EncodeTlsData<'_, ServerConnectionData>, to: &mut Vec<u8>) {
    append(to, |room| match data.encode(room) {
        Err(EncodeError::InsufficientSize(size)) => Err(size),
        // This is the only place that encodes it.
        Err(EncodeError::AlreadyEncoded) => Ok(0),
        Ok(n) => Ok(n),
    });
}

/// Lets `write` append to `to`, which grows by what it asks for.
fn append(to: &mut Vec<u8>, mut write: impl FnMut(&mut [u8]) -> Result<usize, InsufficientSizeError>) {
    let start = to.len();
    let mut room = 0;
    loop {
        to.resize(start + room, 0);
        match write(&mut to[start..]) {
            Ok(n) => return to.truncate(start + n),
            Err(InsufficientSizeError { required_size }) => room = required_size,
        }
    }
}

/// One slice as it is, several copied together.
fn gather<'a>(slices: &'a [IoSlice<'_>], mut skip: usize, gathered: &'a mut Vec<u8>) -> &'a [u8] {
    if let [only] = slices {
        let rest = &only[skip..];
        return &rest[..rest.len().min(BATCH_BYTES)];
    }
    gathered.clear();
    for slice in slices {
        if skip >= slice.len() {
            skip -= slice.len();
            continue;
        }
        let room = BATCH_BYTES - gathered.len();
        let rest = &slice[std::mem::take(&mut skip)..];
        gathered.extend_from_slice(&rest[..rest.len().min(room)]);
        if gathered.len() == BATCH_BYTES {
            break;
        }
    }
    gathered
}
