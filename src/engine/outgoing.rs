//! From the commands of PHP to the frames that each connection gets: plain or compressed, for one or for many.

use bytes::Bytes;

use super::deflate::{Codec, Context};
use super::delivery::Dirty;
use super::frame::{compressed_frame, encode_compressed, split_frame};
use super::hub::State;
use super::id::ConnId;
use super::mailbox::{Audience, Command};
use super::metrics::add;
use super::session::Session;
use super::table::Table;
use super::tally::Count;

impl State {
    /// Queues the frames `data[start..end]` for one connection.
    pub fn send(&mut self, slot: u32, data: &[u8], start: usize, end: usize, messages: u32) {
        let Some(session) = self.sessions.at_mut(slot) else {
            return;
        };
        session.outlet.add_taken(end - start);
        if !session.takes_frames() {
            return;
        }
        let Some(mut context) = session.deflate.take() else {
            return self.dirty.data(session, slot, start, end, messages);
        };
        let saved = send_compressed(
            &mut self.dirty,
            &mut self.codec,
            self.limits.compress_from,
            session,
            slot,
            &mut context,
            &data[..end],
            start,
        );
        session.deflate = Some(context);
        add(&self.metrics.bytes_saved, saved);
    }

    /// Queues the frame of one message for one connection.
    pub fn send_frame(&mut self, id: ConnId, frame: Bytes) {
        let Some(slot) = self.find(id) else { return };
        let Some(session) = self.sessions.at_mut(slot) else {
            return;
        };
        session.outlet.add_taken(frame.len());
        if !session.takes_frames() {
            return;
        }
        if let Some(context) = &mut session.deflate
            && let Some(split) = split_frame(&frame)
            && let Some(kind) = split.kind
            && split.total - split.header >= self.limits.compress_from
            && let Some(deflated) = self.codec.compress(context, &frame[split.header..split.total])
        {
            let saved = split.total - split.header - deflated.len();
            add(&self.metrics.bytes_saved, saved as u64);
            return self
                .dirty
                .message(session, slot, |out| encode_compressed(out, kind, deflated));
        }
        let number = self.dirty.add_shared(frame);
        self.dirty.shared(session, slot, number, 1);
    }

    /// Queues one encoded frame for all connections, a room's or a user's. Returns how many get it.
    pub fn broadcast(&mut self, audience: &Audience, frame: Bytes, except: &[ConnId], number: Option<u64>) -> usize {
        let mut except: Vec<u32> = except.iter().filter_map(|&id| self.find(id)).collect();
        let mut reached = 0;
        if let (Some(number), Audience::Room(room)) = (number, audience) {
            // They get it with what they missed.
            for slot in self.late.skipped(room, number) {
                if !except.contains(&slot) {
                    except.push(slot);
                    reached += 1;
                }
            }
        }
        let mut variants = Variants::new(frame, self.limits.compress_from, &mut self.dirty);
        let (dirty, codec) = (&mut self.dirty, &mut self.codec);
        let mut to = |sessions: &mut Table<Session>, slot: u32| {
            if let Some(session) = sessions.at_mut(slot)
                && session.is_open()
                && !except.contains(&slot)
            {
                let frame = match &mut session.deflate {
                    None => variants.plain,
                    Some(context) => variants.for_context(context, codec, dirty),
                };
                dirty.shared(session, slot, frame, 1);
                reached += 1;
            }
        };
        match audience {
            Audience::All => (0..self.sessions.capacity()).for_each(|slot| to(&mut self.sessions, slot)),
            Audience::Room(name) => {
                self.rooms
                    .members(name)
                    .iter()
                    .for_each(|&slot| to(&mut self.sessions, slot));
            }
            Audience::User(name) => {
                self.users
                    .slots(name)
                    .iter()
                    .for_each(|&slot| to(&mut self.sessions, slot));
            }
        }
        add(&self.metrics.bytes_saved, variants.saved);
        reached
    }
}

/// Broadcasts to one room, or to all, that follow each other. Connections without compression get them in one piece: of a hundred events
/// to 1,000 members that is a thousand pieces to queue and write instead of 100,000.
#[derive(Debug, Default)]
pub struct Run {
    audience: Option<Audience>,
    frames: Vec<Bytes>,
    counts: Vec<Option<Count>>,
    /// Of those that the room keeps.
    numbers: Vec<Option<u64>>,
    bytes: usize,
    limit: usize,
}

/// More is not collected: a slow consumer loses a run as a whole.
const MAX_RUN_BYTES: usize = 64 * 1024;

impl Run {
    pub fn new(outbox_bytes: usize) -> Self {
        Self {
            limit: MAX_RUN_BYTES.min(outbox_bytes / 4),
            ..Self::default()
        }
    }

    /// Takes a broadcast that may go out with those before it, or gives it back.
    pub fn take(&mut self, command: Command) -> Result<(), Command> {
        match command {
            Command::Broadcast {
                audience: audience @ (Audience::Room(_) | Audience::All),
                frame,
                except,
                number,
                count,
            } if except.is_empty()
                && (self.frames.is_empty() || self.bytes + frame.len() <= self.limit)
                && self.audience.as_ref().is_none_or(|current| *current == audience) =>
            {
                self.bytes += frame.len();
                self.audience = Some(audience);
                self.frames.push(frame);
                self.counts.push(count);
                self.numbers.push(number);
                Ok(())
            }
            other => Err(other),
        }
    }
}

impl State {
    /// Queues what was collected. `data` is the batch's, for what must be written before.
    pub fn release(&mut self, run: &mut Run, data: &[u8]) {
        let Some(audience) = run.audience.take() else { return };
        let Run {
            frames,
            counts,
            numbers,
            ..
        } = std::mem::replace(run, Run::new(self.limits.outbox_bytes));
        let compresses = |slot| self.sessions.at(slot).is_some_and(|session| session.deflate.is_some());
        // Those that catch up, and those that compress, need each by itself.
        let alone = frames.len() == 1
            || match &audience {
                Audience::Room(room) => {
                    self.late.is_skipping(room) || self.rooms.members(room).iter().copied().any(compresses)
                }
                _ => (0..self.sessions.capacity()).any(compresses),
            };
        if alone {
            for ((frame, count), number) in frames.into_iter().zip(counts).zip(numbers) {
                let reached = self.broadcast(&audience, frame, &[], number);
                if let Some(count) = count {
                    count.add(reached);
                }
                if self.dirty.is_full() {
                    self.flush(data);
                }
            }
            return;
        }
        let messages = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        let together = self.dirty.add_shared(frames.concat().into());
        let mut reached = 0;
        let all = self.sessions.capacity();
        let to = |slot| {
            if let Some(session) = self.sessions.at_mut(slot)
                && session.is_open()
            {
                self.dirty.shared(session, slot, together, messages);
                reached += 1;
            }
        };
        match &audience {
            Audience::Room(room) => self.rooms.members(room).iter().copied().for_each(to),
            _ => (0..all).for_each(to),
        }
        counts.into_iter().flatten().for_each(|count| count.add(reached));
    }
}

/// Queues the frames `data[at..]`, messages compressed where that makes them smaller. Returns the bytes saved.
#[allow(clippy::too_many_arguments, reason = "the borrowed parts of the state")]
fn send_compressed(
    dirty: &mut Dirty,
    codec: &mut Codec,
    threshold: usize,
    session: &mut Session,
    slot: u32,
    context: &mut Context,
    data: &[u8],
    mut at: usize,
) -> u64 {
    let mut saved = 0;
    while let Some(split) = split_frame(&data[at..]) {
        let (payload, next) = (&data[at + split.header..at + split.total], at + split.total);
        let deflated = match split.kind {
            Some(kind) if payload.len() >= threshold => {
                codec.compress(context, payload).map(|deflated| (kind, deflated))
            }
            _ => None,
        };
        if let Some((kind, deflated)) = deflated {
            saved += (payload.len() - deflated.len()) as u64;
            dirty.message(session, slot, |out| encode_compressed(out, kind, deflated));
        } else {
            dirty.data(session, slot, at, next, u32::from(split.kind.is_some()));
        }
        at = next;
    }
    saved
}

/// A broadcast frame as different connections get it, each made once, when the first one needs it.
struct Variants {
    frame: Bytes,
    /// Number of the frame as it is, among the shared ones.
    plain: usize,
    /// The same for the compressed ones, by window size.
    deflated: [Option<usize>; 16],
    /// It is too short to be compressed.
    short: bool,
    /// Bytes kept off the wire so far.
    saved: u64,
}

impl Variants {
    fn new(frame: Bytes, threshold: usize, dirty: &mut Dirty) -> Self {
        let payload = split_frame(&frame).map_or(0, |split| split.total - split.header);
        Self {
            plain: dirty.add_shared(frame.clone()),
            frame,
            deflated: [None; 16],
            short: payload < threshold,
            saved: 0,
        }
    }

    /// The number of the frame for a connection that agreed to compression.
    fn for_context(&mut self, context: &mut Context, codec: &mut Codec, dirty: &mut Dirty) -> usize {
        if self.short {
            return self.plain;
        }
        let bits = context.server_bits();
        let number = if let Some(number) = self.deflated[usize::from(bits)] {
            number
        } else {
            let number = self
                .compress(bits, codec)
                .map_or(self.plain, |frame| dirty.add_shared(frame));
            self.deflated[usize::from(bits)] = Some(number);
            number
        };
        if number != self.plain {
            context.forget_sent();
            self.saved += (self.frame.len() - dirty.shared_len(number)) as u64;
        }
        number
    }

    fn compress(&self, bits: u8, codec: &mut Codec) -> Option<Bytes> {
        let split = split_frame(&self.frame)?;
        let deflated = codec.compress_for_many(bits, &self.frame[split.header..])?;
        Some(compressed_frame(split.kind?, deflated))
    }
}
