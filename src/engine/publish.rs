//! Events for rooms and users, from wherever they come: the control endpoint, Redis, the PHP thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::frame::{MessageKind, message_frame};
use super::history::History;
use super::hub::State;
use super::id::{ConnId, InstanceId};
use super::mailbox::{Audience, Command, Mailbox, Question};
use super::metrics::{Metrics, add};
use super::tally::{Count, Tally};

/// One event.
#[derive(Clone, Debug)]
pub struct Message {
    pub target: Target,
    pub event: String,
    /// JSON.
    pub data: Box<str>,
    /// Id of a connection that does not get it; one that is none of this server's excepts nobody.
    pub except: Option<String>,
}

impl Message {
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
}

impl Publisher {
    /// Whether the I/O threads keep up. One that is asked while they do not should refuse.
    pub fn has_room(&self) -> bool {
        !self.mailboxes.iter().any(|m| m.is_full())
    }

    /// The answer is, per message, how many connections got it; a connection counts once per room.
    pub fn publish(&self, messages: &[Message]) -> oneshot::Receiver<Vec<usize>> {
        let (tally, reached) = Tally::new(messages.len());
        for (number, message) in messages.iter().enumerate() {
            let except = message.except.as_deref().and_then(|id| self.instance.parse(id));
            let count = Count::new(&tally, number);
            match &message.target {
                Target::Rooms(rooms) => {
                    for room in rooms {
                        self.send_to_room(room, &message.event, &message.data, except.as_slice(), Some(&count));
                    }
                }
                Target::User(user) => {
                    let frame = event_frame(&message.event, &message.data, None, None);
                    let audience = Audience::User(user.as_str().into());
                    self.send(&audience, &frame, except.as_slice(), None, Some(&count));
                }
            }
        }
        self.mailboxes.iter().for_each(|m| m.hand_over());
        add(&self.metrics.publishes, messages.len() as u64);
        reached
    }

    /// One event for one room, kept if the room keeps a history. The caller hands over.
    pub fn send_to_room(&self, room: &str, event: &str, data: &str, except: &[ConnId], count: Option<&Count>) {
        let audience = Audience::Room(room.into());
        match self.history.as_deref().filter(|history| history.keeps(room)) {
            None => {
                let frame = event_frame(event, data, Some(room), None);
                self.send(&audience, &frame, except, None, count);
            }
            Some(history) => {
                // Held until every mailbox has it: the numbers rise in each.
                let mut rooms = history.lock();
                let encode = |offset: &str| event_frame(event, data, Some(room), Some(offset));
                let (number, frame) = history.append(&mut rooms, room, Instant::now(), encode);
                self.send(&audience, &frame, except, Some(number), count);
            }
        }
    }

    /// The connection joins a room. The caller hands over.
    pub fn join(&self, id: ConnId, room: Arc<str>) {
        let Some(mailbox) = self.mailboxes.get(id.io_thread()) else {
            return;
        };
        let history = self.history.as_deref().filter(|history| history.keeps(&room));
        // Held, so that events up to `entered` stand before the join and the others behind it.
        let rooms = history.map(History::lock);
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

    /// Closes every connection of the user. The answer is how many.
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
