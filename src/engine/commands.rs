//! What the PHP thread and publishers ask of an I/O thread, done in order.

use super::held;
use super::hub::State;
use super::id::ConnId;
use super::mailbox::Command;
use super::outgoing::Run;

impl State {
    /// Takes what PHP has sent and writes it. Returns whether there was something.
    pub fn run_commands(&mut self) -> bool {
        let mut batch = std::mem::take(&mut self.spare);
        let filled = self.mailbox.take(&mut batch);
        if filled {
            let mut start = 0;
            let published = held::is_published(&batch.commands);
            // Taken out so that the buffer stays borrowed for the flush.
            let mut commands = std::mem::take(&mut batch.commands);
            let mut run = Run::new(self.limits.outbox_bytes);
            for command in commands.drain(..) {
                let Err(command) = run.take(command) else { continue };
                // In the order of the commands.
                self.release(&mut run, &batch.data);
                if let Err(command) = run.take(command) {
                    self.run(command, &batch.data, &mut start);
                }
                if self.dirty.is_full() {
                    self.flush(&batch.data);
                }
            }
            self.release(&mut run, &batch.data);
            if !published || !self.holds() {
                self.flush(&batch.data);
            }
            batch.commands = commands;
        }
        batch.clear();
        self.spare = batch;
        filled
    }

    /// What the client has sent meanwhile was not read: its silence was ours.
    fn hold(&mut self, slot: u32, held: bool) {
        if let Some(session) = self.sessions.at_mut(slot) {
            session.held = held;
            session.heard = self.sweep;
            session.pinged = false;
            session.wake();
        }
    }

    #[allow(clippy::too_many_lines, reason = "there are as many commands")]
    fn run(&mut self, command: Command, data: &[u8], start: &mut usize) {
        match command {
            Command::Data { id, end, messages } => {
                let begin = std::mem::replace(start, end);
                if let Some(slot) = self.find(id) {
                    self.send(slot, data, begin, end, messages);
                }
            }
            Command::Frame { id, frame } => self.send_frame(id, frame),
            Command::Broadcast {
                audience,
                frame,
                except,
                number,
                count,
            } => {
                let reached = self.broadcast(&audience, frame, &except, number);
                if let Some(count) = count {
                    count.add(reached);
                }
            }
            Command::CloseUser {
                user,
                code,
                reason,
                count,
            } => {
                let slots = self.users.slots(&user).to_vec();
                count.add(slots.len());
                for slot in slots {
                    self.close(slot, code, &reason);
                }
            }
            Command::Identify { id, user } => {
                if let Some(slot) = self.find(id) {
                    self.identify(slot, &user);
                }
            }
            Command::Ask(question) => question.answer(self),
            Command::Close { id, code, reason } => {
                if let Some(slot) = self.find(id) {
                    self.close(slot, code, &reason);
                }
            }
            Command::Finish { id } => {
                if let Some(slot) = self.find(id) {
                    self.finish(slot);
                }
            }
            Command::ResumeRoom { id, room, since } => {
                if let Some(slot) = self.find(id) {
                    self.resume_room(slot, &room, since, data);
                }
            }
            Command::Join { id, room, entered } => {
                if let Some(slot) = self.find(id)
                    && let Some(session) = self.sessions.at_mut(slot)
                    && session.is_open()
                    && let Some(membership) = self.rooms.join(&room, slot, &session.memberships)
                {
                    session.memberships.push(membership);
                    if let Some(entered) = entered {
                        self.enter(slot, &room, entered, data);
                    }
                }
            }
            Command::Leave { id, room } => {
                if let Some(slot) = self.find(id)
                    && let Some(session) = self.sessions.at_mut(slot)
                    && let Some(at) = self.rooms.find(&room, &session.memberships)
                {
                    let membership = session.memberships.swap_remove(at);
                    self.vacate(slot, membership);
                }
            }
            Command::Loaded { room } => self.loaded(&room, data),
            Command::Gap { rooms, at } => self.tell_gap(rooms.as_deref(), at),
            Command::Expire { id, at } => self.expire(id, at),
            Command::Reply { serial, reply } => self.pending.reply(serial, reply),
            Command::Adopt(stream) => self.pending.adopt(stream),
            Command::Hold { id, held } => {
                if let Some(slot) = self.find(id) {
                    self.hold(slot, held);
                }
            }
            Command::Resume => self.resume(),
            Command::StopAccepting => {
                self.accepting = false;
                self.pending.stop_accepting();
            }
            Command::Drain { code, reason } => {
                for slot in self.sessions.slots().collect::<Vec<_>>() {
                    self.close(slot, code, &reason);
                }
                self.draining = Some((code, reason));
                self.pending.drain();
            }
            Command::Shutdown => {
                self.shut_down = true;
                self.pending.shut_down();
            }
        }
    }

    fn expire(&mut self, id: ConnId, at: Option<i64>) {
        if let Some(slot) = self.find(id)
            && let Some(session) = self.sessions.at_mut(slot)
        {
            session.expires_at = at;
        }
    }
}
