//! Sessions that resume: what they missed goes out first, as fast as their sockets take it, then live events.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::late::{CatchUp, Load};
use super::{History, Offset};
use crate::engine::frame::{MessageKind, encode_message};
use crate::engine::hub::State;

/// One write's worth: more waits in the history instead of the outbox.
const SLICE: usize = 64 * 1024;
/// Offsets that one connection may name before it joins.
pub const MAX_OFFSETS: usize = 256;

impl State {
    /// A session has joined a room with a history, behind event `entered`. What it missed since the offset that it brought
    /// goes out now; without one it is told where it stands.
    pub fn enter(&mut self, slot: u32, room: &Arc<str>, entered: u64, data: &[u8]) {
        let Some(history) = self.history.clone() else { return };
        self.late.enter(room, slot, entered);
        let since = self.sessions.at_mut(slot).and_then(|session| {
            let at = session.since.iter().position(|offset| offset.is_of_room(room))?;
            Some(session.since.swap_remove(at))
        });
        match since {
            None => self.tell(
                slot,
                &json!({"type": "offset", "room": room, "offset": history.offset(room, entered).to_string()}),
            ),
            Some(since) => {
                self.start(slot, &history, room, since, entered, true);
                // In the order of the commands: what was sent before the join goes first.
                self.flush(data);
                self.catch_up(slot);
            }
        }
    }

    /// The client of a session names the offset it saw last. In a room that it has joined already, live events since then have
    /// gone out; what it missed before follows them.
    pub fn resume_room(&mut self, slot: u32, room: &Arc<str>, since: Offset, data: &[u8]) {
        let Some(history) = self.history.clone() else { return };
        if let Some(entered) = self.late.entered(room, slot) {
            self.start(slot, &history, room, since, entered, false);
            self.flush(data);
            self.catch_up(slot);
        } else if let Some(session) = self.sessions.at_mut(slot) {
            let offsets = &mut session.since;
            offsets.retain(|offset| !offset.is_of_room(room));
            if since.is_of_room(room) && offsets.len() < MAX_OFFSETS {
                offsets.push(since);
            }
        }
    }

    fn start(&mut self, slot: u32, history: &History, room: &Arc<str>, since: Offset, entered: u64, live: bool) {
        let position = history.position(room, since, self.link.is_some());
        // Of another run: nothing between is known.
        let mut cursor = position.unwrap_or(entered);
        if !live {
            cursor = cursor.min(entered);
        } else if cursor > entered {
            // It comes from a server that was ahead of this one, and has had those.
            self.late.skip(room, slot, cursor);
        }
        let one = CatchUp {
            room: Arc::clone(room),
            cursor,
            until: Some(entered.max(cursor)),
            live,
            missed: 0,
            recovered: position.is_some(),
            load: Load::NotAsked,
        };
        self.late.push(slot, one);
    }

    /// Goes on while the socket takes everything.
    pub fn catch_up(&mut self, slot: u32) {
        let Some(history) = self.history.clone() else { return };
        let limit = SLICE.min(self.limits.outbox_bytes / 2);
        loop {
            let Some(session) = self.sessions.at(slot).filter(|s| s.is_open()) else {
                return self.late.forget_queue(slot);
            };
            let blocked = session.outbox.is_some();
            if blocked {
                return self.late.hold_back(slot);
            }
            let Some(mut one) = self.late.next(slot) else {
                return self.late.forget_queue(slot);
            };
            if one.load == Load::Asked {
                self.late.put_back(slot, one);
                return self.late.hold_back(slot);
            }
            let slice = history.read(&one.room, one.cursor, one.until, limit, Instant::now());
            if slice.gap
                && one.load == Load::NotAsked
                && let Some(link) = &self.link
            {
                one.load = Load::Asked;
                let room = Arc::clone(&one.room);
                self.late.put_back(slot, one);
                self.late.hold_back(slot);
                return link.load(room);
            }
            if slice.gap {
                one.recovered = false;
                one.cursor = history.lock().head().min(one.until.unwrap_or(u64::MAX));
            }
            one.missed += slice.frames.len() as u64;
            if let Some(session) = self.sessions.at_mut(slot) {
                for frame in &slice.frames {
                    self.dirty.message(session, slot, |out| out.extend_from_slice(frame));
                }
            }
            if slice.done {
                let end = if slice.gap {
                    one.cursor
                } else {
                    slice.cursor.max(one.cursor)
                };
                if one.live && one.until.is_none() {
                    self.late.skip(&one.room, slot, end);
                }
                let offset = history.offset(&one.room, end).to_string();
                self.tell(
                    slot,
                    &json!({
                        "type": "resumed", "room": one.room, "recovered": one.recovered, "missed": one.missed,
                        "offset": offset,
                    }),
                );
            } else {
                one.cursor = slice.cursor;
                self.late.put_back(slot, one);
            }
            self.flush(&[]);
        }
    }

    /// What Redis has of a room has been fetched, or could not be.
    pub fn loaded(&mut self, room: &str, data: &[u8]) {
        let waited = self.late.loaded(room);
        if !waited.is_empty() {
            self.flush(data);
        }
        for slot in waited {
            self.catch_up(slot);
        }
    }

    /// Events of these rooms, or of all that keep a history, were missed and cannot be had any more: the members hear of it.
    pub fn tell_gap(&mut self, rooms: Option<&[Arc<str>]>, at: u64) {
        let Some(history) = self.history.clone() else { return };
        let rooms = rooms.map_or_else(|| self.late.names().cloned().collect(), <[_]>::to_vec);
        for room in &rooms {
            let offset = history.offset(room, at).to_string();
            for slot in self.late.restart(room, at) {
                self.tell(
                    slot,
                    &json!({"type": "resumed", "room": room, "recovered": false, "missed": 0, "offset": offset}),
                );
            }
        }
    }

    fn tell(&mut self, slot: u32, what: &serde_json::Value) {
        if let Some(session) = self.sessions.at_mut(slot) {
            let text = what.to_string();
            self.dirty.message(session, slot, |out| {
                encode_message(out, MessageKind::Text, text.as_bytes());
            });
        }
    }
}
