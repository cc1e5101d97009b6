//! A request as it comes over the channel: that of the control endpoint, with the numbers that Redis gave its events and
//! the list that is answered to.

use std::borrow::Cow;
use std::collections::HashMap;

use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::number_of;
use crate::engine::control::{Action, Reason, Refused, Route};
use crate::engine::publish::{Message, Numbers, Target};

/// What a room of a message adds at most to what its body has of it: its name again and an id.
const IDS_FACTOR: usize = 16;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow, default)]
    reply: Cow<'a, str>,
    #[serde(borrow, default)]
    source: Cow<'a, str>,
    #[serde(default)]
    turn: u64,
    #[serde(borrow, default)]
    ids: Vec<HashMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

/// What is known of a request, whether it can be done or not.
#[derive(Debug, Default)]
pub struct Request {
    /// The list to answer to.
    pub reply: Option<String>,
    pub source: String,
    pub turn: u64,
    /// By message and room.
    pub numbers: Vec<Numbers>,
}

/// Reads a payload as a whole: what is wrong with any of its messages refuses all.
pub fn read(payload: &[u8], prefix: &str, max_body: usize, max_messages: usize) -> (Request, Result<Action, Refused>) {
    let too_large = |limit: usize| Refused::new(Reason::TooLarge, format!("The body must have at most {limit} bytes."));
    if payload.len() > max_body.saturating_mul(IDS_FACTOR) {
        return (Request::default(), Err(too_large(max_body)));
    }
    let envelope: Envelope<'_> = match serde_json::from_slice(payload) {
        Ok(envelope) => envelope,
        Err(error) => {
            let refused = Refused::new(Reason::Malformed, format!("The request cannot be used: {error}."));
            return (Request::default(), Err(refused));
        }
    };
    // Nobody is answered at a key that is not for answers.
    let answers = format!("{prefix}:reply:");
    let request = Request {
        reply: (envelope.reply.starts_with(&answers) && envelope.reply.len() <= answers.len() + 64)
            .then(|| envelope.reply.into_owned()),
        source: envelope.source.into_owned(),
        turn: envelope.turn,
        numbers: envelope
            .ids
            .into_iter()
            .map(|of| {
                of.into_iter()
                    .filter_map(|(room, id)| Some((room.into_owned(), number_of(&id)?)))
                    .collect()
            })
            .collect(),
    };
    let body = envelope.body.map_or("", RawValue::get);
    let action = if body.len() > max_body {
        Err(too_large(max_body))
    } else {
        act(&envelope.method, &envelope.path, body, max_messages)
    };
    (request, action)
}

fn act(method: &str, target: &str, body: &str, max_messages: usize) -> Result<Action, Refused> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| Refused::new(Reason::Method, "There is no such method."))?;
    match Route::find(&method, path)? {
        Route::Status => Err(Refused::new(Reason::NotFound, "Ask the control endpoint.")),
        // A missing body is JSON here.
        route => route.read(query, if body == "null" { b"" } else { body.as_bytes() }, max_messages),
    }
}

/// A message as publishers send it.
pub fn to_json(message: &Message) -> String {
    let event = serde_json::Value::from(message.event.as_str());
    let (target, name) = match &message.target {
        Target::Rooms(rooms) => ("rooms", serde_json::Value::from(rooms.as_slice())),
        Target::User(user) => ("user", user.as_str().into()),
    };
    let except = if message.except.is_empty() {
        String::new()
    } else {
        format!(r#","except":{}"#, serde_json::Value::from(message.except.as_slice()))
    };
    format!(
        r#"{{"{target}":{name},"event":{event},"data":{}{except}}}"#,
        message.data
    )
}

/// A request that closes a user's connections.
pub fn disconnect(source: &str, user: &str, code: u16, reason: &str) -> String {
    use std::fmt::Write;
    let mut path = String::from("/users/");
    for byte in user.bytes() {
        let _ = write!(path, "%{byte:02X}");
    }
    path.push_str("/disconnect");
    serde_json::json!({
        "method": "POST", "path": path, "source": source, "body": {"code": code, "reason": reason},
    })
    .to_string()
}

/// A message as a stream has it.
pub fn from_stream(text: &[u8]) -> Option<Message> {
    match Route::Publish.read("", text, 1) {
        Ok(Action::Publish { mut messages }) => messages.pop(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(payload: &str) -> (Request, Result<Action, Reason>) {
        let (request, action) = read(payload.as_bytes(), "ferry", 1024, 2);
        (request, action.map_err(|refused| refused.reason))
    }

    #[test]
    fn a_request_with_its_numbers() {
        let (request, action) = read_one(
            r#"{"method":"POST","path":"\/publish","reply":"ferry:reply:ab","source":"s","turn":7,
                "ids":[{"a":"5-1"},{}],"body":[{"rooms":["a","b"],"event":"e","data":1.50},{"user":"u","event":"f"}]}"#,
        );
        assert_eq!((request.reply.as_deref(), request.turn), (Some("ferry:reply:ab"), 7));
        assert_eq!(request.numbers[0]["a"], 5 << 20 | 1);
        let Ok(Action::Publish { messages }) = action else {
            panic!("{action:?}")
        };
        assert_eq!((messages.len(), &*messages[0].data), (2, "1.50"));
        let (_, action) = read_one(r#"{"method":"GET","path":"/connections?room=r&limit=5"}"#);
        assert!(matches!(action, Ok(Action::Connections { room: Some(room), limit: 5 }) if room == "r"));
        let (_, action) = read_one(r#"{"method":"POST","path":"/users/a%2Fb/disconnect","body":null}"#);
        assert!(matches!(action, Ok(Action::Disconnect { user, code: 4401, .. }) if user == "a/b"));
    }

    #[test]
    fn what_is_malformed_is_refused_as_a_whole() {
        let large = format!(
            r#"{{"method":"POST","path":"/publish","body":{{"rooms":"a","event":"e","data":"{}"}}}}"#,
            "x".repeat(1024)
        );
        let larger = "x".repeat(20_000);
        for (payload, reason) in [
            ("", Reason::Malformed),
            ("hello", Reason::Malformed),
            ("[]", Reason::Malformed),
            (r#"{"method":"POST"}"#, Reason::Malformed),
            (r#"{"method":"POST","path":"/publish"}"#, Reason::Malformed),
            (r#"{"method":"G T","path":"/publish"}"#, Reason::Method),
            (r#"{"method":"GET","path":"/publish"}"#, Reason::Method),
            (r#"{"method":"GET","path":"/status"}"#, Reason::NotFound),
            (r#"{"method":"GET","path":"/x"}"#, Reason::NotFound),
            (
                r#"{"method":"POST","path":"/publish","body":[{"rooms":"a","event":"e"},{"rooms":"a","event":""}]}"#,
                Reason::Malformed,
            ),
            (&large, Reason::TooLarge),
            (&larger, Reason::TooLarge),
        ] {
            assert_eq!(read_one(payload).1.unwrap_err(), reason, "{payload}");
        }
        for reply in [
            "ferry:room:a",
            "ferry:reply",
            &format!("ferry:reply:{}", "x".repeat(65)),
        ] {
            let (request, _) = read_one(&format!(r#"{{"method":"GET","path":"/x","reply":"{reply}"}}"#));
            assert_eq!(request.reply, None, "{reply}");
        }
    }

    #[test]
    fn a_goodbye_survives() {
        let (request, action) = read_one(&disconnect("s", "a/b+c d%é", 4000, "\"bye\""));
        assert_eq!((&*request.source, request.reply), ("s", None));
        assert!(matches!(
            action,
            Ok(Action::Disconnect { user, code: 4000, reason }) if user == "a/b+c d%é" && reason == "\"bye\""
        ));
    }

    #[test]
    fn a_message_survives() {
        let given = Message {
            target: Target::Rooms(vec!["a\"".into(), "b".into()]),
            event: "é\n".into(),
            data: r#"{"x": 1.50}"#.into(),
            except: vec!["id".into()],
        };
        let read = from_stream(to_json(&given).as_bytes()).unwrap();
        assert_eq!(
            (&read.event, &read.data, &read.except),
            (&given.event, &given.data, &given.except)
        );
        assert!(matches!(read.target, Target::Rooms(rooms) if rooms == ["a\"", "b"]));
        let user = Message {
            target: Target::User("u".into()),
            except: Vec::new(),
            ..given
        };
        assert!(matches!(from_stream(to_json(&user).as_bytes()).unwrap().target, Target::User(u) if u == "u"));
        assert!(from_stream(b"nonsense").is_none());
    }
}
