//! Events of publishers that wait a moment for the next ones, so that each connection gets several with one write.
//!
//! A write of 200 bytes to each of 1,000 members takes ten milliseconds, in which no publisher is answered; one of 10 KB
//! takes hardly longer. After such a flush the thread rests from flushing for as long as it took: it takes what publishers
//! send meanwhile, and answers them. Who publishes now and then never meets such a rest.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::hub::State;
use super::mailbox::Command;
use super::task::Local;

/// Flushes that take less are not worth a timer, whose ticks are milliseconds.
const WORTHWHILE: Duration = Duration::from_millis(1);
/// What an event is held back at most.
const LONGEST: Duration = Duration::from_millis(4);
/// Flushes to fewer connections are not timed.
const MANY: usize = 64;

#[derive(Debug, Default)]
pub struct Held {
    rest_until: Option<Instant>,
    /// When what waits must go out; `None`: nothing waits.
    due: Option<Instant>,
    bell: Rc<Notify>,
}

impl Held {
    /// A flush to so many connections begins.
    pub fn begin(connections: usize) -> Option<Instant> {
        (connections >= MANY).then(Instant::now)
    }

    /// The flush has ended: nothing waits any more.
    pub fn end(&mut self, begun: Option<Instant>) {
        self.due = None;
        if let Some(begun) = begun {
            let now = Instant::now();
            let took = now.duration_since(begun);
            self.rest_until = (took >= WORTHWHILE).then(|| now + took.min(LONGEST));
        }
    }
}

/// Whether all of it came from publishers outside: somebody else's message is not held back with them.
pub fn is_published(commands: &[Command]) -> bool {
    let published = |command: &Command| matches!(command, Command::Broadcast { count: Some(_), .. });
    !commands.is_empty() && commands.iter().all(published)
}

impl State {
    /// Whether what has been queued may wait. It has no bytes of the batch it came with: those of publishers have their own.
    pub fn holds(&mut self) -> bool {
        let Some(until) = self.held.rest_until else {
            return false;
        };
        if self.dirty.is_empty() || self.dirty.is_full() || Instant::now() >= until {
            return false;
        }
        self.held.due = Some(until);
        self.held.bell.notify_one();
        true
    }
}

/// Flushes what waits when its time has come.
pub async fn let_go(local: Rc<Local>) {
    let bell = Rc::clone(&local.state.borrow().held.bell);
    loop {
        bell.notified().await;
        let due = local.state.borrow().held.due;
        if let Some(due) = due {
            tokio::time::sleep_until(due.into()).await;
            let mut state = local.state.borrow_mut();
            // Another flush may have taken it, and the next one may rest since.
            if state.held.due.is_some_and(|due| due <= Instant::now()) {
                state.flush(&[]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::mailbox::Audience;
    use crate::engine::tally::{Count, Tally};

    fn broadcast(count: Option<Count>) -> Command {
        let (audience, frame, except) = (Audience::All, bytes::Bytes::new(), Box::default());
        Command::Broadcast {
            audience,
            frame,
            except,
            number: None,
            count,
        }
    }

    #[test]
    fn only_what_publishers_wait_for_is_held() {
        let (tally, _reached) = Tally::new(1);
        let counted = || broadcast(Some(Count::new(&tally, 0)));
        assert!(is_published(&[counted(), counted()]));
        assert!(!is_published(&[counted(), broadcast(None)]));
        assert!(!is_published(&[]));
    }

    #[test]
    fn a_long_flush_to_many_is_rested_from_for_as_long_and_no_longer_than_a_bound() {
        let mut held = Held::default();
        assert!(Held::begin(MANY - 1).is_none());
        assert!(Held::begin(MANY).is_some());
        let rest = |held: &mut Held, took: Duration| {
            let now = Instant::now();
            held.end(now.checked_sub(took));
            held.rest_until.map(|until| until - now)
        };
        assert_eq!(rest(&mut held, Duration::ZERO), None);
        assert!(rest(&mut held, Duration::from_millis(3)).is_some_and(|rest| rest >= Duration::from_millis(3)));
        assert!(rest(&mut held, Duration::from_secs(9)).is_some_and(|rest| rest < Duration::from_secs(5)));
        held.due = Some(Instant::now());
        held.end(None);
        assert_eq!(held.due, None, "a flush takes what waits");
    }
}
