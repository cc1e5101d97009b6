//! The option `history`.

use std::time::Duration;

use super::Config;
use super::error::OptionError;
use super::section::Section;
use super::value::Value;
use crate::engine::history::{HistoryOptions, Rule};

const KNOWN: &[&str] = &["rooms", "room_bytes", "total_bytes"];
const KNOWN_RULE: &[&str] = &["messages", "seconds"];
const ROOMS: &str = "a non-empty array of pattern => array with \"messages\" and \"seconds\"";
const MAX_BYTES: i64 = 1 << 36;

pub(super) fn read(options: &Section, config: &mut Config) -> Result<(), OptionError> {
    let value = match options.get("history") {
        None | Some(Value::Null) => return Ok(()),
        Some(value) => value,
    };
    let section = Section::open("history", "history.", value, KNOWN)?;
    let rooms = match section.get("rooms") {
        Some(Value::Map(rooms)) => rooms,
        Some(other) => return Err(section.invalid("rooms", ROOMS, other)),
        None => {
            return Err(OptionError::Missing {
                option: section.path("rooms"),
                allowed: ROOMS.into(),
            });
        }
    };
    let mut history = HistoryOptions {
        rules: rooms
            .iter()
            .map(|(pattern, rule)| read_rule(pattern, rule))
            .collect::<Result<_, _>>()?,
        room_bytes: 1 << 20,
        total_bytes: 64 << 20,
    };
    section.int("room_bytes", 1024..=MAX_BYTES, &mut history.room_bytes)?;
    section.int("total_bytes", 1024..=MAX_BYTES, &mut history.total_bytes)?;
    config.history = Some(history);
    Ok(())
}

fn read_rule(pattern: &str, value: &Value) -> Result<Rule, OptionError> {
    let name = format!("history.rooms[{pattern}]");
    let section = Section::open(&name, format!("{name}."), value, KNOWN_RULE)?;
    if section.get("messages").is_none() && section.get("seconds").is_none() {
        return Err(OptionError::Missing {
            option: name,
            allowed: "\"messages\", \"seconds\" or both".into(),
        });
    }
    let mut rule = Rule {
        pattern: pattern.into(),
        // Without a number the bytes bound it.
        messages: usize::MAX,
        age: None,
    };
    section.int("messages", 1..=1_000_000, &mut rule.messages)?;
    let mut age = Duration::ZERO;
    section.seconds("seconds", &mut age)?;
    rule.age = (!age.is_zero()).then_some(age);
    Ok(rule)
}
