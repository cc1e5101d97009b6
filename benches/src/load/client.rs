//! One connection: its handshake, the bytes it owes the server, and the pieces it receives.

use std::io::{self, Read, Write};
use std::time::Instant;

use crate::failure::Failure;
use crate::inflate::Inflater;
use crate::stream::Stream;
use crate::target::ACCEPT;
use crate::wire::{BINARY, CLOSE, PING, PONG, Piece, Reader, TEXT, push_frame};

/// A response head above this is no answer to a handshake.
const MAX_HEAD: usize = 8192;

/// What a scenario does with what arrives.
pub trait Traffic {
    /// Part of a data message. `now` is the time of the read it came with.
    fn received(&mut self, who: usize, piece: &Piece<'_>, now: Instant) -> Result<(), Failure>;

    fn pong(&mut self, _who: usize, _payload: &[u8], _now: Instant) -> Result<(), Failure> {
        Ok(())
    }

    /// Everything that was ready has been received, or the socket takes bytes again: the moment to send.
    fn ready(&mut self, _who: usize, _client: &mut Client) -> Result<(), Failure> {
        Ok(())
    }
}

/// A scenario that expects no message.
pub struct Silence;

impl Traffic for Silence {
    fn received(&mut self, who: usize, _piece: &Piece<'_>, _now: Instant) -> Result<(), Failure> {
        Err(Failure::wrong(who, "a message that nobody asked for"))
    }
}

#[derive(PartialEq, Eq)]
enum Stage {
    Connecting,
    AwaitingHead,
    Open,
}

pub struct Client {
    stream: Stream,
    stage: Stage,
    /// The response head as far as it has come; empty once open.
    head: Vec<u8>,
    reader: Reader,
    /// A compressed message as far as it has come.
    deflated: Vec<u8>,
    /// Payload of a control frame as far as it has come.
    control: Vec<u8>,
    /// Whole frames that wait for the socket; `sent` of its bytes are gone.
    out: Vec<u8>,
    sent: usize,
    /// A frame of `stream()` is cut: nothing else may be sent before its rest.
    cut: bool,
}

impl Client {
    /// `compress`: the server must agree to permessage-deflate and use it for every message.
    pub fn new(stream: Stream, compress: bool) -> Self {
        Self {
            stream,
            stage: Stage::Connecting,
            head: Vec::new(),
            reader: Reader::new(compress),
            deflated: Vec::new(),
            control: Vec::new(),
            out: Vec::new(),
            sent: 0,
            cut: false,
        }
    }

    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Queues one frame; `flush()` sends it.
    pub fn queue(&mut self, opcode: u8, payload: &[u8]) {
        push_frame(&mut self.out, opcode, payload);
    }

    /// Sends what is queued, as far as the socket takes it.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.stream.push().map_err(writing)?;
        if self.cut || self.out.is_empty() {
            return Ok(());
        }
        self.sent += try_write(&mut self.stream, &self.out[self.sent..])?;
        if self.sent == self.out.len() {
            self.out.clear();
            self.sent = 0;
        }
        Ok(())
    }

    /// Sends whole frames straight from the caller's buffer and returns how many bytes are gone. The rest, if any, must
    /// be given first the next time.
    pub fn send_from(&mut self, frames: &[u8]) -> Result<usize, Failure> {
        self.flush()?;
        if !self.out.is_empty() && !self.cut {
            return Ok(0);
        }
        let sent = try_write(&mut self.stream, frames)?;
        self.cut = sent < frames.len();
        Ok(sent)
    }

    /// Drives the handshake as far as the socket lets it; true once the connection is open.
    pub fn open(&mut self, request: &[u8]) -> Result<bool, Failure> {
        if self.stage == Stage::Connecting {
            if let Some(error) = self.stream.take_error().map_err(connecting)? {
                return Err(connecting(error));
            }
            match self.stream.write(request) {
                Ok(sent) if sent == request.len() => self.stage = Stage::AwaitingHead,
                Ok(_) => return Err(Failure::Refused("the socket took only a part of the request".into())),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected) => {
                    return Ok(false);
                }
                Err(error) => return Err(connecting(error)),
            }
        }
        while self.stage == Stage::AwaitingHead {
            // Small, so that frames behind the head stay in the socket but for a few bytes.
            let mut bytes = [0; 512];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(Failure::Refused("the connection ended before an answer".into())),
                Ok(count) => self.take_head(&bytes[..count])?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(connecting(error)),
            }
        }
        Ok(true)
    }

    fn take_head(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.head.extend(bytes);
        let Some(end) = find(&self.head, b"\r\n\r\n") else {
            return if self.head.len() > MAX_HEAD {
                Err(self.refused())
            } else {
                Ok(())
            };
        };
        let accepted = self.head.starts_with(b"HTTP/1.1 101 ") && find(&self.head[..end], ACCEPT).is_some();
        let agreed = find(&self.head[..end], b"permessage-deflate").is_some();
        if !accepted || agreed != self.reader.deflate {
            return Err(self.refused());
        }
        if self.head.len() > end + 4 {
            return Err(Failure::Refused(
                "a frame came along with the answer, before anything was sent".into(),
            ));
        }
        self.head = Vec::new();
        self.stage = Stage::Open;
        Ok(())
    }

    fn refused(&self) -> Failure {
        let line = self.head.split(|&byte| byte == b'\r').next().unwrap_or_default();
        Failure::Refused(String::from_utf8_lossy(line).into_owned())
    }

    /// Reads until the socket is empty, or to its end when `ended` says that there is one. Pings are answered.
    pub fn receive(
        &mut self,
        who: usize,
        ended: bool,
        scratch: &mut [u8],
        inflater: &mut Inflater,
        traffic: &mut impl Traffic,
    ) -> Result<(), Failure> {
        loop {
            let count = match self.stream.read(scratch) {
                Ok(0) => return Err(Failure::Lost { who }),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failure::io("reading from the server", error)),
            };
            let now = Instant::now();
            let Self {
                reader,
                control,
                deflated,
                out,
                ..
            } = self;
            let compress = reader.deflate;
            reader.feed(who, &scratch[..count], |piece| {
                if matches!(piece.opcode, TEXT | BINARY) && compress {
                    return inflater.pass_on(who, &piece, deflated, |piece| traffic.received(who, piece, now));
                }
                if matches!(piece.opcode, TEXT | BINARY) {
                    return traffic.received(who, &piece, now);
                }
                control.extend(piece.bytes);
                if !piece.last {
                    return Ok(());
                }
                let payload = std::mem::take(control);
                match piece.opcode {
                    PING => {
                        push_frame(out, PONG, &payload);
                        Ok(())
                    }
                    CLOSE => Err(closed(who, &payload)),
                    _ => traffic.pong(who, &payload, now),
                }
            })?;
            // One system call less per batch.
            if count < scratch.len() && !ended && self.stream.short_read_empties() {
                return Ok(());
            }
        }
    }
}

fn try_write(stream: &mut Stream, bytes: &[u8]) -> Result<usize, Failure> {
    let mut sent = 0;
    while sent < bytes.len() {
        match stream.write(&bytes[sent..]) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(writing(error)),
        }
    }
    Ok(sent)
}

fn writing(source: io::Error) -> Failure {
    Failure::io("writing to the server", source)
}

fn closed(who: usize, payload: &[u8]) -> Failure {
    match payload {
        [high, low, reason @ ..] => Failure::Closed {
            who,
            code: u16::from_be_bytes([*high, *low]),
            reason: String::from_utf8_lossy(reason).into_owned(),
        },
        _ => Failure::Closed {
            who,
            code: 1005,
            reason: String::new(),
        },
    }
}

fn connecting(source: io::Error) -> Failure {
    Failure::io("connecting", source)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
