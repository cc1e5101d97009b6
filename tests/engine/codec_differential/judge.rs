//! One stream of client frames, read by our decoder and by tungstenite. Shared with `fuzz/`.
//!
//! Both must deliver the same events and both fail or neither. Three differences are meant:
//! - a length that is not minimally encoded fails here (RFC 6455 section 5.2 demands it) and passes there;
//! - close code 1014 passes here (it is registered with IANA) and fails there;
//! - we fail as early as the bytes allow, tungstenite once the frame is complete.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use bytes::BufMut;
use ferry::engine::frame::{Decoder, Limits, MessageKind, Payload, ProtocolError, Sink};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::MAX_MESSAGE;

/// The reason with which tungstenite reports a close code that it refuses.
const REFUSED_CODE: &str = "Protocol violation";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Message(MessageKind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Waiting,
    Closed,
    Failed,
}

#[derive(Default)]
struct Recorder(Vec<Event>);

impl Sink for Recorder {
    fn message(&mut self, kind: MessageKind, compressed: bool, payload: Payload<'_>) -> ControlFlow<()> {
        assert!(!compressed);
        self.0.push(Event::Message(kind, payload.as_ref().to_vec()));
        ControlFlow::Continue(())
    }

    fn ping(&mut self, payload: &[u8]) {
        self.0.push(Event::Ping(payload.to_vec()));
    }

    fn pong(&mut self, payload: &[u8]) {
        self.0.push(Event::Pong(payload.to_vec()));
    }

    fn close(&mut self, code: Option<u16>, reason: &str) {
        self.0.push(Event::Close(code, reason.to_owned()));
    }
}

/// `in_place`: what may be read to where the message is put together is put there, as soon as a byte of it came.
fn ours(pieces: &[Vec<u8>], in_place: bool) -> (Vec<Event>, Result<Outcome, ProtocolError>) {
    let limits = Limits {
        max_message_bytes: MAX_MESSAGE,
        max_fragments: u32::MAX,
        allow_rsv1: false,
    };
    let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
    for piece in pieces {
        let mut rest = piece.clone();
        if in_place && let Some(mut room) = decoder.room(1, &limits) {
            let now = rest.len().min(room.remaining_mut());
            room.put_slice(&rest[..now]);
            rest.drain(..now);
            if let Err(error) = decoder.filled(&mut sink) {
                return (sink.0, Err(error));
            }
        }
        if let Err(error) = decoder.feed(&mut rest, &limits, &mut sink) {
            return (sink.0, Err(error));
        }
    }
    (
        sink.0,
        Ok(if decoder.is_ended() {
            Outcome::Closed
        } else {
            Outcome::Waiting
        }),
    )
}

/// Gives a reader piece after piece, then nothing yet; takes whatever is written.
struct Pieces(VecDeque<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut piece) = self.0.pop_front() else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let len = piece.len().min(buffer.len());
        buffer[..len].copy_from_slice(&piece[..len]);
        if len < piece.len() {
            self.0.push_front(piece.split_off(len));
        }
        Ok(len)
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads until tungstenite wants more, fails, or hears a Close.
fn read_theirs(socket: &mut WebSocket<Pieces>, events: &mut Vec<Event>) -> Outcome {
    loop {
        let event = match socket.read() {
            Ok(Message::Text(text)) => Event::Message(MessageKind::Text, text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => Event::Message(MessageKind::Binary, bytes.to_vec()),
            Ok(Message::Ping(bytes)) => Event::Ping(bytes.to_vec()),
            Ok(Message::Pong(bytes)) => Event::Pong(bytes.to_vec()),
            Ok(Message::Close(None)) => {
                events.push(Event::Close(None, String::new()));
                return Outcome::Closed;
            }
            Ok(Message::Close(Some(frame))) if frame.code == CloseCode::Protocol && frame.reason == REFUSED_CODE => {
                return Outcome::Failed;
            }
            Ok(Message::Close(Some(frame))) => {
                events.push(Event::Close(Some(frame.code.into()), frame.reason.as_str().to_owned()));
                return Outcome::Closed;
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Outcome::Waiting,
            _ => return Outcome::Failed,
        };
        events.push(event);
    }
}

/// Feeds the pieces to both and compares; says how it ended here. `label` names the stream where they disagree.
pub fn judge(pieces: Vec<Vec<u8>>, label: &str) -> Outcome {
    let (events, end) = ours(&pieces, false);
    assert_eq!(ours(&pieces, true), (events.clone(), end), "{label}: read in place");
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let mut socket = WebSocket::from_raw_socket(Pieces(pieces.into()), Role::Server, Some(config));
    let mut their_events = Vec::new();
    let mut their_end = read_theirs(&mut socket, &mut their_events);

    if matches!(
        end,
        Err(ProtocolError::LENGTH_NOT_MINIMAL | ProtocolError::CONTROL_TOO_LONG)
    ) {
        assert!(their_events.starts_with(&events), "{label}: {end:?}");
        return Outcome::Failed;
    }
    // A code that tungstenite refuses, or what looks like its report of one.
    let refused_there = match events.last() {
        Some(Event::Close(Some(1014), _)) => true,
        Some(Event::Close(Some(1002), reason)) => reason == REFUSED_CODE,
        _ => false,
    };
    if end == Ok(Outcome::Closed) && refused_there {
        assert_eq!(
            (&events[..events.len() - 1], Outcome::Failed),
            (&their_events[..], their_end),
            "{label}"
        );
        return Outcome::Closed;
    }
    if end.is_err() && their_end == Outcome::Waiting {
        // Completes the frame that tungstenite waits for, so that it too sees what is wrong with it.
        socket.get_mut().0.push_back(vec![0; MAX_MESSAGE + 14]);
        their_end = read_theirs(&mut socket, &mut their_events);
    }
    assert_eq!(
        (&events, end.unwrap_or(Outcome::Failed)),
        (&their_events, their_end),
        "{label}: {end:?}"
    );
    end.unwrap_or(Outcome::Failed)
}
