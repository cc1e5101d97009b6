//! Events for rooms and users, from wherever they come: the control endpoint, Redis, the PHP thread.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::config::Config;
use super::frame::{MessageKind, message_frame};
use super::history::{History, Noted, Rooms};
use super::hub::State;
use super::id::{ConnId, InstanceId};
use super::mailbox::{Audience, Command, Mailbox, Question};
use super::metrics::{Metrics, add};
use super::redis::{Link, NotTaken};
use super::tally::{Count, Tally};

/// One event.
#[derive(Clone, Debug)]
pub struct Message {
    pub target: Target,
    pub event: String,
    /// JSON.
    pub data: Box<str>,
    /// Ids of connections that do not get it; those of other servers except nobody.
    pub except: Vec<String>,
}

impl Message {
    /// `data` is JSON.
    pub fn new(target: Target, event: String, data: String, except: Vec<String>) -> Self {
        Self {
            target,
            event,
            data: data.into(),
            except,
        }
    }

    /// About what its frames take: each room has one of its own.
    pub fn frame_bytes(&self) -> usize {
        let one = self.event.len() + self.data.len();
        match &self.target {
            Target::Rooms(rooms) => rooms.iter().map(|room| one + room.len()).sum(),
            Target::User(_) => one,
        }
    }
}

#[derive(Clone, Debug)]
pub enum Target {
    /// Each once.
    Rooms(Vec<String>),
    User(String),
}

/// Hands events to every I/O thread. Any thread may use it; it never waits for another.
#[derive(Debug)]
pub struct Publisher {
    pub instance: InstanceId,
    pub metrics: Arc<Metrics>,
    pub mailboxes: Vec<Arc<Mailbox>>,
    pub history: Option<Arc<History>>,
    /// Where other servers are met: what is published goes there, and comes back to all of them.
    pub link: Option<Arc<Link>>,
}

/// The numbers that Redis gave a message, by room.
pub type Numbers = HashMap<String, u64>;

impl Publisher {
    pub fn new(config: &Config, instance: InstanceId, metrics: Arc<Metrics>, mailboxes: Vec<Arc<Mailbox>>) -> Self {
        let epoch = InstanceId::random().as_epoch();
        let history = config
            .history
            .clone()
            .map(|options| Arc::new(History::new(options, epoch)));
        let link = config.redis.clone().map(|options| {
            if let Some(history) = &history {
                history.lock().joined = Some(HashSet::new());
            }
            Arc::new(Link::new(options, Arc::clone(&metrics), mailboxes.clone(), instance))
        });
        Self {
            instance,
            metrics,
            mailboxes,
            history,
            link,
        }
    }

    /// Whether the I/O threads keep up. One that is asked while they do not should refuse.
    pub fn has_room(&self) -> bool {
        !self.mailboxes.iter().any(|m| m.is_full())
    }

    /// The answer is, per message, how many connections got it; a connection counts once per room. With Redis, it counts those
    /// of this server, and none where Redis is away and the messages wait for it.
    pub fn publish(&self, messages: &[Message]) -> Result<oneshot::Receiver<Vec<usize>>, NotTaken> {
        match &self.link {
            Some(link) => link.offer(messages),
            None => Ok(self.deliver(messages, &[])),
        }
    }

    /// Hands messages to the connections of this server. `numbers` are those that Redis gave them, one map per message.
    pub fn deliver(&self, messages: &[Message], numbers: &[Numbers]) -> oneshot::Receiver<Vec<usize>> {
        add(&self.metrics.publishes, messages.len() as u64);
        let (tally, reached) = Tally::new(messages.len());
        for (at, message) in messages.iter().enumerate() {
            let except: Vec<ConnId> = message.except.iter().filter_map(|id| self.instance.parse(id)).collect();
            let count = Count::new(&tally, at);
            match &message.target {
                Target::Rooms(rooms) => {
                    for room in rooms {
                        let number = numbers.get(at).and_then(|of| of.get(room)).copied();
                        let encode =
                            |offset: Option<&str>| event_frame(&message.event, &message.data, Some(room), offset);
                        self.send_to_room(room, encode, number, &except, Some(&count));
                    }
                }
                Target::User(user) => {
                    let frame = event_frame(&message.event, &message.data, None, None);
                    let audience = Audience::User(user.as_str().into());
                    self.send(&audience, &frame, &except, None, Some(&count));
                }
            }
        }
        self.mailboxes.iter().for_each(|m| m.hand_over());
        reached
    }

    /// One event for one room of this server, kept if the room keeps a history. `encode` makes its frame. The caller hands
    /// over.
    pub fn send_to_room(
        &self,
        room: &str,
        encode: impl FnOnce(Option<&str>) -> Bytes,
        number: Option<u64>,
        except: &[ConnId],
        count: Option<&Count>,
    ) {
        let keeps = |history: &&History| history.keeps(room) && (self.link.is_none() || number.is_some());
        let Some(history) = self.history.as_deref().filter(keeps) else {
            let frame = encode(None);
            return self.send(&Audience::Room(room.into()), &frame, except, None, count);
        };
        // Held until every mailbox has it: the numbers rise in each.
        let mut rooms = history.lock();
        if let Some(number) = number {
            self.send_numbered(&mut rooms, room, number, encode, except, count);
        } else {
            let (number, frame) = history.append(&mut rooms, room, Instant::now(), |offset| encode(Some(offset)));
            self.send(&Audience::Room(room.into()), &frame, except, Some(number), count);
        }
    }

    /// An event that Redis has numbered, unless this server has had it. The caller hands over.
    pub fn send_numbered(
        &self,
        rooms: &mut Rooms,
        room: &str,
        number: u64,
        encode: impl FnOnce(Option<&str>) -> Bytes,
        except: &[ConnId],
        count: Option<&Count>,
    ) {
        let Some(history) = self.history.as_deref() else { return };
        let frame = encode(Some(&history.offset(room, number).to_string()));
        let event = Noted {
            number,
            at: Instant::now(),
            frame: frame.clone(),
        };
        if history.keep_numbered(rooms, room, event) {
            self.send(&Audience::Room(room.into()), &frame, except, Some(number), count);
        }
    }

    /// The connection joins a room. The caller hands over.
    pub fn join(&self, id: ConnId, room: Arc<str>) {
        let Some(mailbox) = self.mailboxes.get(id.io_thread()) else {
            return;
        };
        let history = self.history.as_deref().filter(|history| history.keeps(&room));
        // Held, so that events up to `entered` stand before the join and the others behind it.
        let mut rooms = history.map(History::lock);
        if let Some(joined) = rooms.as_mut().and_then(|rooms| rooms.joined.as_mut()) {
            joined.insert(Arc::clone(&room));
        }
        let entered = rooms.as_ref().map(|rooms| rooms.head());
        mailbox.append_now(Command::Join { id, room, entered });
    }

    fn send(
        &self,
        audience: &Audience,
        frame: &Bytes,
        except: &[ConnId],
        number_kept: Option<u64>,
        count: Option<&Count>,
    ) {
        for (number, mailbox) in self.mailboxes.iter().enumerate() {
            mailbox.append_now(Command::Broadcast {
                audience: audience.clone(),
                frame: frame.clone(),
                except: except.iter().copied().filter(|id| id.io_thread() == number).collect(),
                number: number_kept,
                count: count.cloned(),
            });
        }
    }

    /// Has the other servers close the user's connections, if there are others.
    pub fn disconnect_elsewhere(&self, user: &str, code: u16, reason: &str) -> Result<(), NotTaken> {
        self.link
            .as_ref()
            .map_or(Ok(()), |link| link.disconnect(user, code, reason))
    }

    /// Closes every connection of the user on this server. The answer is how many.
    pub async fn disconnect(&self, user: &str, code: u16, reason: &str) -> usize {
        let (tally, closed) = Tally::new(1);
        for mailbox in &self.mailboxes {
            mailbox.post_now(Command::CloseUser {
                user: user.into(),
                code,
                reason: reason.into(),
                count: Count::new(&tally, 0),
            });
        }
        drop(tally);
        closed.await.map_or(0, |counts| counts.iter().sum())
    }

    /// Asks each I/O thread. One that has died answers nothing.
    pub async fn ask<T: Send + 'static>(&self, question: impl Fn(&State) -> T + Clone + Send + 'static) -> Vec<T> {
        let mut answers = Vec::new();
        for mailbox in &self.mailboxes {
            let (sender, receiver) = oneshot::channel();
            let question = question.clone();
            mailbox.post_now(Command::Ask(Question::new(move |state| {
                // The client that asked may be gone.
                let _ = sender.send(question(state));
            })));
            answers.push(receiver);
        }
        let mut all = Vec::new();
        for answer in answers {
            all.extend(answer.await.ok());
        }
        all
    }

    pub fn count_delivered(&self, reached: &[usize]) {
        let sum: usize = reached.iter().sum();
        self.metrics.published.fetch_add(sum as u64, Ordering::Relaxed);
    }
}

/// The text message that clients get: `{"type":event,"data":data,"room":room,"offset":offset}`.
pub fn event_frame(event: &str, data: &str, room: Option<&str>, offset: Option<&str>) -> Bytes {
    let mut text = String::with_capacity(event.len() + data.len() + room.map_or(0, str::len) + 40);
    text.push_str(r#"{"type":"#);
    push_json(&mut text, event);
    text.push_str(r#","data":"#);
    text.push_str(data);
    if let Some(room) = room {
        text.push_str(r#","room":"#);
        push_json(&mut text, room);
    }
    if let Some(offset) = offset {
        text.push_str(r#","offset":"#);
        push_json(&mut text, offset);
    }
    text.push('}');
    message_frame(MessageKind::Text, text.as_bytes())
}

/// Appends a string as JSON has it.
fn push_json(out: &mut String, text: &str) {
    let plain = text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\');
    if plain {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_json_whatever_its_names_are() {
        for (event, room) in [("e", "r"), ("\"\\\n\u{1}é", "r\u{2028}\"")] {
            let frame = event_frame(event, "[1, 2]", Some(room), None);
            let value: serde_json::Value = serde_json::from_slice(&frame[2..]).unwrap();
            assert_eq!(value, serde_json::json!({"type": event, "data": [1, 2], "room": room}));
        }
        assert_eq!(
            &event_frame("e", "null", None, None)[2..],
            br#"{"type":"e","data":null}"#
        );
    }
}
