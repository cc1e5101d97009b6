//! How a session ends: by us, by its peer, or with its socket.

use super::close;
use super::frame::encode_close;
use super::hub::State;
use super::inbox::Event;
use super::rooms;
use super::session::Phase;

impl State {
    /// Starts the closing handshake from our side.
    pub fn close(&mut self, slot: u32, code: u16, reason: &str) {
        let until = self.sweep.saturating_add(self.limits.close);
        let Some(session) = self.sessions.at_mut(slot) else {
            return;
        };
        if !session.is_open() {
            return;
        }
        session.phase = Phase::Closing {
            code,
            reason: reason.into(),
            until,
        };
        session.outlet.close();
        if session.paused || session.held {
            // The answer to our Close must be read.
            session.wake();
        }
        self.dirty.control(session, slot, |out| encode_close(out, code, reason));
        self.leave_all(slot);
    }

    /// The peer's Close arrived.
    pub fn peer_closed(&mut self, slot: u32, code: Option<u16>, reason: &str) {
        // The answer carries the code that came (RFC 6455 section 5.5.1).
        self.end(slot, code, "", code.unwrap_or(close::NO_STATUS), reason);
    }

    /// The connection is failed (RFC 6455 section 7.1.7): a Close goes out, nothing that comes in counts any more.
    pub fn fail(&mut self, slot: u32, code: u16, reason: &'static str) {
        self.end(slot, Some(code), reason, code, reason);
    }

    /// The peer is done: answers with a Close and reports `reported` to PHP.
    fn end(&mut self, slot: u32, code: Option<u16>, reason: &'static str, reported: u16, why: &str) {
        let until = self.sweep.saturating_add(self.limits.close);
        let Some(session) = self.sessions.at_mut(slot) else {
            return;
        };
        match &session.phase {
            Phase::Open => {
                let done = session.outlet.handled() == session.delivered;
                session.phase = Phase::Leaving { code, reason, until };
                self.report_close(slot, reported, why.into());
                if done {
                    // What the last callback sent may not have been taken yet.
                    self.run_commands();
                    self.finish(slot);
                }
            }
            Phase::Closing { code, reason, .. } => {
                let (code, reason) = (*code, reason.clone());
                session.phase = Phase::Draining { until, finished: false };
                // Nothing may be dirty here, and then no flush would end the sending side.
                self.dirty.control(session, slot, |_| {});
                self.report_close(slot, code, reason);
            }
            Phase::Leaving { .. } | Phase::Draining { .. } => {}
        }
    }

    /// PHP is done with a connection whose peer has closed it: our Close follows the last answer.
    pub fn finish(&mut self, slot: u32) {
        let until = self.sweep.saturating_add(self.limits.close);
        let Some(session) = self.sessions.at_mut(slot) else {
            return;
        };
        let Phase::Leaving { code, reason, .. } = session.phase else {
            return;
        };
        session.phase = Phase::Draining { until, finished: false };
        session.outlet.close();
        self.dirty.control(session, slot, |out| {
            encode_close(out, code.unwrap_or(close::NO_STATUS), reason);
        });
    }

    /// The socket is gone or given up. PHP hears of it unless it has.
    pub fn lose(&mut self, slot: u32, why: &str) {
        let Some(session) = self.sessions.at_mut(slot) else {
            return;
        };
        session.outlet.close();
        match std::mem::replace(
            &mut session.phase,
            Phase::Draining {
                until: 0,
                finished: true,
            },
        ) {
            Phase::Open => self.report_close(slot, close::ABNORMAL, why.into()),
            Phase::Closing { code, reason, .. } => self.report_close(slot, code, reason),
            Phase::Leaving { .. } | Phase::Draining { .. } => {}
        }
        if let Some(session) = self.sessions.remove(slot) {
            self.count_outbox(session.backlog(), 0);
            session.outlet.set_backlog(0);
            session.stream.abandon();
            // Its task finds the slot gone and ends.
            session.wake();
        }
    }

    fn report_close(&mut self, slot: u32, code: u16, reason: Box<str>) {
        self.leave_all(slot);
        self.metrics.count_close(code);
        let id = self.id(slot);
        self.emit(Event::Close { id, code, reason });
    }

    fn leave_all(&mut self, slot: u32) {
        let Some(session) = self.sessions.at_mut(slot) else {
            return;
        };
        if let Some(user) = session.user.take() {
            self.users.remove(&user, slot);
        }
        for membership in std::mem::take(&mut session.memberships) {
            self.vacate(slot, membership);
        }
    }

    pub fn vacate(&mut self, slot: u32, membership: rooms::Membership) {
        if self.history.is_some()
            && let Some(name) = self.rooms.name(&membership)
        {
            self.late.leave(name, slot);
        }
        if let Some(other) = self.rooms.leave(membership)
            && let Some(session) = self.sessions.at_mut(other)
        {
            rooms::moved(&mut session.memberships, membership);
        }
    }
}
