//! From the commands of PHP to the frames that each connection gets: plain or compressed, for one or for many.

use bytes::Bytes;

use super::deflate::{Codec, Context};
use super::delivery::Dirty;
use super::frame::{compressed_frame, encode_compressed, split_frame};
use super::hub::State;
use super::id::ConnId;
use super::mailbox::Audience;
use super::metrics::add;
use super::session::Session;
use super::table::Table;

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
                dirty.shared(session, slot, frame);
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
