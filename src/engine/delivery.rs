//! From command batches to sockets: what one batch holds for a connection goes out in one write.

use std::io::{self, ErrorKind, IoSlice};

use bytes::Bytes;

use super::held::Held;
use super::hub::State;
use super::metrics::{Limit, add};
use super::outbox::{MAX_SLICES, Outbox};
use super::session::{CLEAN, Phase, Session};

/// Chunks collected before they are written, in one broadcast perhaps more.
const MAX_CHUNKS: usize = 64 * 1024;
/// Bytes made on this thread that are collected before they are written, and that are kept room for.
const MAX_MADE: usize = 1024 * 1024;
/// Chunks an entry keeps room for; each connection of a broadcast has an entry.
const KEEP_CHUNKS: usize = 64;

/// Frames of one connection inside the current batch.
#[derive(Clone, Copy, Debug)]
enum Chunk {
    /// A range of the batch's buffer.
    Batch { start: usize, end: usize, messages: u32 },
    /// A broadcast frame of the batch, or several in one piece.
    Shared { frame: usize, messages: u32 },
    /// A range of the frames made on this thread: control frames and compressed messages.
    Made { start: usize, end: usize, messages: u32 },
}

/// The connections that the current batch touches, with what each gets, in order.
#[derive(Debug, Default)]
pub struct Dirty {
    entries: Vec<Entry>,
    used: usize,
    /// Over all entries.
    chunks: usize,
    /// Frames of the batch that are buffers of their own: broadcasts and large messages.
    shared: Vec<Bytes>,
    /// Frames made on this thread since the last flush.
    made: Vec<u8>,
}

#[derive(Debug, Default)]
struct Entry {
    slot: u32,
    /// Kept when the entry is used again: no allocation once warm.
    chunks: Vec<Chunk>,
}

impl Entry {
    fn clear(&mut self) {
        self.chunks.clear();
        self.chunks.shrink_to(KEEP_CHUNKS);
    }
}

impl Dirty {
    #[allow(clippy::cast_possible_truncation, reason = "at most one entry per slot")]
    fn push(&mut self, session: &mut Session, slot: u32, chunk: Chunk) {
        if session.dirty == CLEAN {
            session.dirty = self.used as u32;
            if self.used == self.entries.len() {
                self.entries.push(Entry::default());
            }
            self.entries[self.used].slot = slot;
            self.used += 1;
        }
        let chunks = &mut self.entries[session.dirty as usize].chunks;
        match (chunks.last_mut(), chunk) {
            (
                Some(Chunk::Batch { end, messages, .. }),
                Chunk::Batch {
                    start,
                    end: to,
                    messages: more,
                },
            ) if *end == start => {
                *end = to;
                *messages += more;
            }
            (
                Some(Chunk::Made { end, messages, .. }),
                Chunk::Made {
                    start,
                    end: to,
                    messages: more,
                },
            ) if *end == start => {
                *end = to;
                *messages += more;
            }
            _ => {
                chunks.push(chunk);
                self.chunks += 1;
            }
        }
    }

    /// What is collected should be written before more is: a thousand broadcasts to 10,000 connections in one batch
    /// would be 320 MB of chunks.
    pub fn is_full(&self) -> bool {
        self.chunks >= MAX_CHUNKS || self.made.len() >= MAX_MADE
    }

    /// Frames `start..end` of the batch for one session.
    pub fn data(&mut self, session: &mut Session, slot: u32, start: usize, end: usize, messages: u32) {
        self.push(session, slot, Chunk::Batch { start, end, messages });
    }

    /// Announces a broadcast frame; its number goes to [`shared`](Self::shared).
    pub fn add_shared(&mut self, frame: Bytes) -> usize {
        self.shared.push(frame);
        self.shared.len() - 1
    }

    pub fn shared(&mut self, session: &mut Session, slot: u32, frame: usize, messages: u32) {
        self.push(session, slot, Chunk::Shared { frame, messages });
    }

    /// A control frame that `encode` writes.
    pub fn control(&mut self, session: &mut Session, slot: u32, encode: impl FnOnce(&mut Vec<u8>)) {
        self.make(session, slot, 0, encode);
    }

    /// The frame of one message, which `encode` writes.
    pub fn message(&mut self, session: &mut Session, slot: u32, encode: impl FnOnce(&mut Vec<u8>)) {
        self.make(session, slot, 1, encode);
    }

    fn make(&mut self, session: &mut Session, slot: u32, messages: u32, encode: impl FnOnce(&mut Vec<u8>)) {
        let start = self.made.len();
        encode(&mut self.made);
        let end = self.made.len();
        self.push(session, slot, Chunk::Made { start, end, messages });
    }

    /// Bytes of a broadcast frame.
    pub fn shared_len(&self, frame: usize) -> usize {
        self.shared.get(frame).map_or(0, Bytes::len)
    }

    /// Gives back what connections that have gone needed.
    pub fn shrink(&mut self, connections: usize) {
        if self.used == 0 && self.entries.len() > 4 * connections.max(64) {
            self.entries.truncate(connections);
            self.entries.shrink_to_fit();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.used == 0
    }
}

/// Where the chunks of the current batch point to.
struct Source<'a> {
    data: &'a [u8],
    shared: &'a [Bytes],
    made: &'a [u8],
}

impl Source<'_> {
    fn bytes(&self, chunk: Chunk) -> &[u8] {
        match chunk {
            Chunk::Batch { start, end, .. } => &self.data[start..end],
            Chunk::Shared { frame, .. } => &self.shared[frame],
            Chunk::Made { start, end, .. } => &self.made[start..end],
        }
    }

    /// The chunk from `skip` on, to be kept after the batch is gone.
    fn keep(&self, chunk: Chunk, skip: usize) -> Bytes {
        match chunk {
            // A frame that nobody else needs must not be held for a small rest of it.
            Chunk::Shared { frame, .. } if skip <= self.shared[frame].len() / 2 || !self.shared[frame].is_unique() => {
                self.shared[frame].slice(skip..)
            }
            _ => Bytes::copy_from_slice(&self.bytes(chunk)[skip..]),
        }
    }
}

fn messages(chunk: Chunk) -> u32 {
    match chunk {
        Chunk::Batch { messages, .. } | Chunk::Made { messages, .. } | Chunk::Shared { messages, .. } => messages,
    }
}

impl State {
    /// Writes what every dirty connection got from `data` and forgets it.
    pub fn flush(&mut self, data: &[u8]) {
        let begun = Held::begin(self.dirty.used);
        // A policy that closes a connection makes it dirty again with its close frame: repeat until nothing is.
        while !self.dirty.is_empty() {
            let mut dirty = std::mem::take(&mut self.dirty);
            let mut sent = Sent::default();
            let source = Source {
                data,
                shared: &dirty.shared,
                made: &dirty.made,
            };
            for entry in &mut dirty.entries[..dirty.used] {
                let Some(session) = self.sessions.at_mut(entry.slot) else {
                    entry.clear();
                    continue;
                };
                session.dirty = CLEAN;
                if deliver(session, &entry.chunks, &source, self.sweep, &mut sent).is_err() {
                    self.broken.push(entry.slot);
                } else {
                    sent.settle(session, entry.slot, &mut self.settled, self.limits.outbox_bytes);
                }
                entry.clear();
            }
            dirty.used = 0;
            dirty.chunks = 0;
            dirty.shared.clear();
            dirty.made.clear();
            dirty.made.shrink_to(MAX_MADE);
            if self.dirty.is_empty() {
                self.dirty = dirty;
            }
            add(&self.metrics.messages_out, sent.messages);
            add(&self.metrics.bytes_out, sent.bytes);
            self.settle();
        }
        // Broadcasts that reached nobody made nothing dirty.
        self.dirty.shared.clear();
        self.held.end(begun);
    }

    /// The socket takes bytes again: writes what waits. True when nothing waits any more.
    pub fn flush_outbox(&mut self, slot: u32) -> bool {
        let sweep = self.sweep;
        let Some(session) = self.sessions.at_mut(slot) else {
            return true;
        };
        let mut sent = Sent::default();
        let before = session.backlog();
        let done = drain(session, sweep, &mut sent).unwrap_or_else(|_| {
            self.broken.push(slot);
            true
        });
        let after = session.backlog();
        session.outlet.set_backlog(after);
        self.count_outbox(before, after);
        add(&self.metrics.messages_out, sent.messages);
        add(&self.metrics.bytes_out, sent.bytes);
        if done {
            self.settled.push((slot, Settled::Empty));
        }
        self.settle();
        if done && self.late.is_waiting(slot) {
            self.catch_up(slot);
            return self.sessions.at(slot).is_none_or(|s| s.outbox.is_none());
        }
        done
    }

    /// Acts on what the writes brought to light.
    fn settle(&mut self) {
        while let Some(slot) = self.broken.pop() {
            self.lose(slot, "connection lost");
        }
        let mut grown = false;
        while let Some((slot, what)) = self.settled.pop() {
            grown |= !matches!(what, Settled::Empty);
            match what {
                Settled::Empty => self.end_writing(slot),
                Settled::Backlog { added } => {
                    self.count_outbox(0, added);
                    if let Some(session) = self.sessions.at(slot) {
                        // The task must wait for the socket to become writable.
                        session.wake();
                    }
                }
                Settled::Overflow { added } => {
                    self.count_outbox(0, added);
                    self.metrics.limit(Limit::Outbox);
                    self.overflow(slot, self.limits.outbox_bytes);
                }
            }
        }
        if grown && let Some(limit) = self.limits.rates.outbox_total {
            self.relieve(limit);
        }
    }

    /// Nothing waits for this connection: a closing one ends its sending side.
    fn end_writing(&mut self, slot: u32) {
        if let Some(session) = self.sessions.at_mut(slot)
            && let Phase::Draining { finished, .. } = &mut session.phase
            && !*finished
        {
            *finished = true;
            session.stream.end_sending();
        }
    }
}

/// What a flush must follow up when the borrows have ended.
#[derive(Clone, Copy, Debug)]
pub enum Settled {
    Empty,
    Backlog { added: usize },
    Overflow { added: usize },
}

#[derive(Default)]
struct Sent {
    messages: u64,
    bytes: u64,
    /// Bytes the last delivery left in the outbox.
    added: usize,
}

impl Sent {
    fn settle(&mut self, session: &mut Session, slot: u32, settled: &mut Vec<(u32, Settled)>, limit: usize) {
        let added = std::mem::take(&mut self.added);
        if added == 0 {
            if session.outbox.is_none() && !session.is_open() {
                settled.push((slot, Settled::Empty));
            }
            return;
        }
        let backlog = session.backlog();
        session.outlet.set_backlog(backlog);
        // A message that alone is over the limit is taken when nothing else waits.
        let over = backlog > limit && session.outbox.as_ref().is_some_and(|o| o.entries() > 1);
        settled.push((
            slot,
            if over {
                Settled::Overflow { added }
            } else {
                Settled::Backlog { added }
            },
        ));
    }
}

/// Offers the chunks to the socket, in order behind what waits already; what it does not take goes to the outbox.
fn deliver(
    session: &mut Session,
    chunks: &[Chunk],
    source: &Source<'_>,
    sweep: u32,
    sent: &mut Sent,
) -> io::Result<()> {
    let mut next = 0;
    let mut skip = 0;
    if session.outbox.is_none() {
        while next < chunks.len() {
            // An empty chunk only makes its session dirty; writing it would never advance.
            if source.bytes(chunks[next]).is_empty() {
                next += 1;
                continue;
            }
            let written = if chunks.len() - next == 1 {
                session.stream.try_write(&source.bytes(chunks[next])[skip..])
            } else {
                let mut slices = [IoSlice::new(&[]); MAX_SLICES];
                let mut n = 0;
                for (slice, chunk) in slices.iter_mut().zip(&chunks[next..]) {
                    *slice = IoSlice::new(&source.bytes(*chunk)[if n == 0 { skip } else { 0 }..]);
                    n += 1;
                }
                session.stream.try_write_vectored(&slices[..n])
            };
            let mut n = match written {
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            sent.bytes += n as u64;
            while n > 0 {
                let len = source.bytes(chunks[next]).len() - skip;
                if n < len {
                    skip += n;
                    break;
                }
                n -= len;
                skip = 0;
                sent.messages += u64::from(messages(chunks[next]));
                next += 1;
            }
        }
    }
    let held = session.stream.held();
    if next == chunks.len() && held == 0 {
        return Ok(());
    }
    let before = session.backlog();
    let outbox = session.outbox.get_or_insert_with(|| {
        let mut outbox = Outbox::new(sweep);
        outbox.set_held(held, sweep);
        Box::new(outbox)
    });
    for &chunk in &chunks[next..] {
        // An outbox with an empty entry would never become empty: a write of nothing advances nothing.
        if source.bytes(chunk).is_empty() {
            continue;
        }
        let skip = std::mem::take(&mut skip);
        if skip > 0 {
            let rest = source.keep(chunk, skip);
            sent.messages += outbox.push_begun(source.bytes(chunk), rest, messages(chunk));
        } else {
            outbox.push(source.keep(chunk, 0), messages(chunk));
        }
    }
    sent.added = outbox.bytes() - before;
    Ok(())
}

/// Writes the outbox until the socket takes no more. True: it is empty and gone.
fn drain(session: &mut Session, sweep: u32, sent: &mut Sent) -> io::Result<bool> {
    let Some(outbox) = &mut session.outbox else {
        return Ok(true);
    };
    while !Outbox::is_empty(outbox) {
        let (slices, n) = outbox.slices();
        match session.stream.try_write_vectored(&slices[..n]) {
            Ok(n) => {
                sent.bytes += n as u64;
                outbox.progress = sweep;
                sent.messages += outbox.advance(n);
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                outbox.set_held(session.stream.held(), sweep);
                return Ok(false);
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    match session.stream.try_flush() {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::WouldBlock => {
            outbox.set_held(session.stream.held(), sweep);
            return Ok(false);
        }
        Err(e) => return Err(e),
    }
    session.outbox = None;
    Ok(true)
}
