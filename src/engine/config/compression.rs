//! The option `compression`.

use super::error::OptionError;
use super::section::Section;
use super::value::Value;
use super::{Config, SlowConsumer};
use crate::engine::deflate::{MAX_WINDOW_BITS, MIN_WINDOW_BITS, Settings};

const KNOWN: &[&str] = &[
    "threshold",
    "level",
    "server_context_takeover",
    "client_context_takeover",
    "server_max_window_bits",
    "client_max_window_bits",
];

/// `slow_consumer` must have been read.
pub(super) fn read(options: &Section, config: &mut Config) -> Result<(), OptionError> {
    config.compression = match options.get("compression") {
        None | Some(Value::Bool(false)) => None,
        Some(Value::Bool(true)) => Some(Settings::default()),
        Some(value @ (Value::Map(_) | Value::List(_))) => Some(settings(value)?),
        Some(other) => return Err(options.invalid("compression", "a bool or an array", other)),
    };
    let takeover = config.compression.is_some_and(|settings| settings.server_takeover);
    if takeover && config.slow_consumer != SlowConsumer::Disconnect {
        let problem = "needs \"slow_consumer\" \"disconnect\": the messages after a dropped one would refer to it";
        return Err(OptionError::conflict("compression.server_context_takeover", problem));
    }
    Ok(())
}

fn settings(value: &Value) -> Result<Settings, OptionError> {
    let section = Section::open("compression", "compression.", value, KNOWN)?;
    let mut settings = Settings::default();
    section.int("threshold", 0..=0x7fff_ffff, &mut settings.threshold)?;
    section.int("level", 1..=9, &mut settings.level)?;
    section.switch("server_context_takeover", &mut settings.server_takeover)?;
    section.switch("client_context_takeover", &mut settings.client_takeover)?;
    let bits = i64::from(MIN_WINDOW_BITS)..=i64::from(MAX_WINDOW_BITS);
    section.int("server_max_window_bits", bits.clone(), &mut settings.server_bits)?;
    section.int("client_max_window_bits", bits, &mut settings.client_bits)?;
    Ok(settings)
}
