//! What the control endpoint is asked, checked as a whole before anything of it is done.

use std::borrow::Cow;

use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::refusal::{Reason, Refused};
use crate::engine::auth::query::{first_value, form_decode};
use crate::engine::close;
use crate::engine::publish::{Message, Target};

/// As for `Connection::join()`.
const MAX_NAME: usize = 255;
/// Rooms of one message.
const MAX_ROOMS: usize = 1_000;
/// Connections that one message leaves out.
const MAX_EXCEPT: usize = 100_000;
/// Connections listed unless asked otherwise, and at most.
const LIST: usize = 10_000;
const MAX_LIST: usize = 100_000;
/// RFC 6455 section 5.5: what a Close has room for.
const MAX_REASON: usize = 123;

#[derive(Debug)]
pub enum Action {
    /// Of one message or of a list; the answer has the shape of the question.
    Publish {
        messages: Vec<Message>,
    },
    Disconnect {
        user: String,
        code: u16,
        reason: String,
    },
    Connections {
        room: Option<String>,
        limit: usize,
    },
    Status,
}

/// Where a request goes, known before its body is read.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    Publish,
    PublishToUser(String),
    DisconnectUser(String),
    Connections,
    Status,
}

impl Route {
    pub fn find(method: &Method, path: &str) -> Result<Self, Refused> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let (route, allowed) = match parts[..] {
            ["publish"] => (Self::Publish, Method::POST),
            ["connections"] => (Self::Connections, Method::GET),
            ["status"] => (Self::Status, Method::GET),
            ["users", user, "publish"] if !user.is_empty() => (Self::PublishToUser(user_name(user)), Method::POST),
            ["users", user, "disconnect"] if !user.is_empty() => (Self::DisconnectUser(user_name(user)), Method::POST),
            _ => return Err(Refused::new(Reason::NotFound, "There is nothing at this path.")),
        };
        if method == allowed {
            Ok(route)
        } else {
            Err(Refused::new(Reason::Method, format!("Use {allowed}.")))
        }
    }

    /// Reads the body. The route's own request is malformed (422) or right.
    pub fn read(self, query: &str, body: &[u8], max_messages: usize) -> Result<Action, Refused> {
        match self {
            Self::Publish if body.trim_ascii_start().first() == Some(&b'[') => {
                let list: Vec<Given<'_>> = parse(body)?;
                if list.is_empty() || list.len() > max_messages {
                    return Err(malformed(format!(
                        "A batch must have 1 to {max_messages} messages, {} given.",
                        list.len()
                    )));
                }
                let message = |(at, given): (usize, Given<'_>)| given.message(None, &format!("[{at}]."));
                let messages = list.into_iter().enumerate().map(message).collect::<Result<_, _>>()?;
                Ok(Action::Publish { messages })
            }
            Self::Publish => Ok(Action::Publish {
                messages: vec![parse::<Given<'_>>(body)?.message(None, "")?],
            }),
            Self::PublishToUser(user) => Ok(Action::Publish {
                messages: vec![parse::<Given<'_>>(body)?.message(Some(user), "")?],
            }),
            Self::DisconnectUser(user) => disconnect(user, body),
            Self::Connections => {
                let limit = match first_value(query, "limit") {
                    None => LIST,
                    Some(text) => text
                        .parse()
                        .ok()
                        .filter(|n| (1..=MAX_LIST).contains(n))
                        .ok_or_else(|| malformed(format!("limit must be an integer from 1 to {MAX_LIST}.")))?,
                };
                Ok(Action::Connections {
                    room: first_value(query, "room"),
                    limit,
                })
            }
            Self::Status => Ok(Action::Status),
        }
    }
}

/// A message as the body has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given<'a> {
    rooms: Option<OneOrMany>,
    user: Option<String>,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    except: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a string or a list of strings")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl Given<'_> {
    /// `user` is the one the path names; `at` stands before field names in errors.
    fn message(self, user: Option<String>, at: &str) -> Result<Message, Refused> {
        let name = |field: &str, text: &str| {
            if (1..=MAX_NAME).contains(&text.len()) {
                Ok(())
            } else {
                let len = text.len();
                Err(malformed(format!(
                    "{at}{field} must have 1 to {MAX_NAME} bytes, {len} given."
                )))
            }
        };
        name("event", &self.event)?;
        let target = match (self.rooms, user, self.user) {
            (Some(rooms), None, None) => {
                let mut rooms = rooms.into_vec();
                if rooms.is_empty() || rooms.len() > MAX_ROOMS {
                    let given = rooms.len();
                    return Err(malformed(format!(
                        "{at}rooms must name 1 to {MAX_ROOMS} rooms, {given} given."
                    )));
                }
                rooms.iter().try_for_each(|room| name("rooms", room))?;
                // A room named twice is meant once.
                let mut seen = std::collections::HashSet::new();
                rooms.retain(|room| seen.insert(room.clone()));
                Target::Rooms(rooms)
            }
            (None, Some(user), None) | (None, None, Some(user)) => {
                name("user", &user)?;
                Target::User(user)
            }
            (None, None, None) => return Err(malformed(format!("{at}rooms or {at}user is required."))),
            _ => return Err(malformed(format!("{at}rooms and {at}user exclude each other."))),
        };
        let except = self.except.map(OneOrMany::into_vec).unwrap_or_default();
        if except.len() > MAX_EXCEPT {
            let given = except.len();
            return Err(malformed(format!(
                "{at}except must name at most {MAX_EXCEPT} connections, {given} given."
            )));
        }
        Ok(Message {
            target,
            event: self.event.into_owned(),
            data: self.data.map_or_else(|| "null".into(), |data| data.get().into()),
            except,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Goodbye {
    code: Option<u16>,
    reason: Option<String>,
}

fn disconnect(user: String, body: &[u8]) -> Result<Action, Refused> {
    let given: Goodbye = if body.is_empty() {
        Goodbye {
            code: None,
            reason: None,
        }
    } else {
        parse(body)?
    };
    let (code, reason) = (given.code.unwrap_or(4401), given.reason.unwrap_or_default());
    if !close::is_sendable(code) {
        return Err(malformed(format!(
            "code must be a close code that may be sent, {code} given."
        )));
    }
    if reason.len() > MAX_REASON {
        let len = reason.len();
        return Err(malformed(format!(
            "reason must have at most {MAX_REASON} bytes, {len} given."
        )));
    }
    Ok(Action::Disconnect { user, code, reason })
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    // serde's message names fields and positions. A value in it is what the client sent, back to the client alone.
    serde_json::from_slice(body).map_err(|e| malformed(format!("The body cannot be used: {e}.")))
}

fn malformed(detail: impl Into<String>) -> Refused {
    Refused::new(Reason::Malformed, detail)
}

/// A path segment; here `+` is itself.
fn user_name(segment: &str) -> String {
    form_decode(&segment.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(body: &str) -> Result<Vec<Message>, Refused> {
        match Route::Publish.read("", body.as_bytes(), 2)? {
            Action::Publish { messages } => Ok(messages),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_message_and_a_batch() {
        let one = publish(r#"{"rooms":"a","event":"e\n","data":{"x": [1.50]},"except":"id"}"#).unwrap();
        assert_eq!(one.len(), 1);
        assert_eq!((&*one[0].event, &*one[0].data), ("e\n", r#"{"x": [1.50]}"#));
        assert_eq!(one[0].except, ["id"]);
        let two = publish(r#"{"rooms":"a","event":"e","except":["i","j"]}"#).unwrap();
        assert_eq!(two[0].except, ["i", "j"]);
        let two = publish(r#" [{"rooms":["a","b","a"],"event":"e"},{"user":"u","event":"e","data":null}]"#).unwrap();
        assert!(matches!(&two[0].target, Target::Rooms(r) if r == &["a", "b"]));
        assert!(matches!(&two[1].target, Target::User(u) if u == "u"));
        assert_eq!(&*two[0].data, "null");
    }

    #[test]
    fn what_is_malformed_is_refused_by_name() {
        for (body, named) in [
            ("", "EOF"),
            ("{}", "event"),
            ("[]", "1 to 2 messages"),
            (r#"{"event":"e"}"#, "rooms or user"),
            (r#"{"rooms":[],"event":"e"}"#, "1 to 1000 rooms"),
            (r#"{"rooms":"","event":"e"}"#, "rooms must have 1 to 255 bytes"),
            (r#"{"rooms":5,"event":"e"}"#, "a string or a list of strings"),
            (r#"{"rooms":"a","event":""}"#, "event must have"),
            (r#"{"rooms":"a","user":"u","event":"e"}"#, "exclude"),
            (r#"{"rooms":"a","event":"e","date":1}"#, "unknown field"),
            (r#"{"rooms":"a","event":"e","data":{"x":}}"#, "expected value"),
            (r#"{"rooms":"a","event":"e"} x"#, "trailing"),
            (r#"[{"rooms":"a","event":"e"},{"rooms":"a","event":""}]"#, "[1].event"),
            (r"[{},{},{}]", "event"),
        ] {
            let refused = publish(body).unwrap_err();
            assert_eq!(refused.reason, Reason::Malformed);
            assert!(refused.detail.contains(named), "{body}: {}", refused.detail);
        }
        assert!(publish("{\"rooms\":\"a\",\"event\":\"e\",\"data\":\"\u{7f}\"}").is_ok());
        let invalid = [&br#"{"rooms":"a","event":"e","data":""#[..], b"\xff\"}"].concat();
        assert!(Route::Publish.read("", &invalid, 2).is_err(), "not UTF-8");
        let deep = format!(r#"{{"rooms":"a","event":"e","data":{}}}"#, "[".repeat(200_000));
        assert!(publish(&deep).is_err());
    }

    #[test]
    fn a_path_names_its_user_encoded() {
        let found = |method: Method, path: &str| Route::find(&method, path).map_err(|r| r.reason);
        assert_eq!(
            found(Method::POST, "/users/a%2Fb+c%20d/publish"),
            Ok(Route::PublishToUser("a/b+c d".into()))
        );
        assert_eq!(found(Method::GET, "/status"), Ok(Route::Status));
        assert_eq!(found(Method::POST, "/status"), Err(Reason::Method));
        for path in [
            "/",
            "",
            "/users//publish",
            "/users/a",
            "/publish/",
            "/users/a/b/publish",
        ] {
            assert_eq!(found(Method::POST, path), Err(Reason::NotFound), "{path}");
        }
    }

    #[test]
    fn a_goodbye_has_a_code_that_may_be_sent() {
        let read = |body: &str| Route::DisconnectUser("u".into()).read("", body.as_bytes(), 1);
        assert!(matches!(read(""), Ok(Action::Disconnect { code: 4401, .. })));
        assert!(matches!(
            read(r#"{"code":4000,"reason":"x"}"#),
            Ok(Action::Disconnect { code: 4000, .. })
        ));
        for body in [
            r#"{"code":1006}"#,
            r#"{"code":99999}"#,
            &format!(r#"{{"reason":"{}"}}"#, "x".repeat(124)),
        ] {
            assert_eq!(read(body).unwrap_err().reason, Reason::Malformed);
        }
    }
}
