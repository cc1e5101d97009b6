//! One array of options, read by name and type.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::error::OptionError;
use super::suggest::closest;
use super::value::Value;

/// Times are at most a day: more is a mistake in the unit, and deadlines stay far from overflow.
const MAX_SECONDS: u64 = 86_400;
const MIN_SECONDS: f64 = 0.001;

pub(super) const NAME: &str = "a non-empty UTF-8 string";

/// An array of options whose names are all known. Each reader leaves its target, which holds the default, alone when the
/// option is absent.
pub(super) struct Section<'a> {
    /// What stands before the names in a path, with the dot; empty at the top.
    prefix: String,
    entries: &'a [(String, Value)],
}

impl<'a> Section<'a> {
    /// `name` is the array's own, for the case that it is none; `prefix` stands before the names in it, with the dot.
    pub(super) fn open(
        name: &str,
        prefix: impl Into<String>,
        value: &'a Value,
        known: &[&str],
    ) -> Result<Self, OptionError> {
        let prefix = prefix.into();
        let entries = match value {
            Value::Map(entries) => entries.as_slice(),
            Value::List(items) if items.is_empty() => &[],
            Value::List(_) => return Err(unknown(format!("{prefix}0"), "0", known)),
            // A secret given in the place of `jwt` must not be printed.
            other => {
                let given = other.describe_secret();
                return Err(OptionError::Invalid {
                    option: name.into(),
                    allowed: "an array".into(),
                    given,
                });
            }
        };
        match entries.iter().find(|(entry, _)| !known.contains(&entry.as_str())) {
            Some((entry, _)) => Err(unknown(format!("{prefix}{entry}"), entry, known)),
            None => Ok(Self { prefix, entries }),
        }
    }

    pub(super) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.entries
            .iter()
            .find(|(entry, _)| entry == name)
            .map(|(_, value)| value)
    }

    pub(super) fn invalid(&self, name: &str, allowed: impl Into<String>, value: &Value) -> OptionError {
        invalid(self.path(name), allowed, value)
    }

    pub(super) fn switch(&self, name: &str, target: &mut bool) -> Result<(), OptionError> {
        match self.get(name) {
            None => {}
            Some(Value::Bool(value)) => *target = *value,
            Some(other) => return Err(self.invalid(name, "a bool", other)),
        }
        Ok(())
    }

    pub(super) fn int<T: TryFrom<i64>>(
        &self,
        name: &str,
        range: RangeInclusive<i64>,
        target: &mut T,
    ) -> Result<(), OptionError> {
        let Some(value) = self.get(name) else { return Ok(()) };
        let number = match value {
            Value::Int(number) if range.contains(number) => T::try_from(*number).ok(),
            _ => None,
        };
        let allowed = || format!("an integer from {} to {}", range.start(), range.end());
        *target = number.ok_or_else(|| self.invalid(name, allowed(), value))?;
        Ok(())
    }

    /// A time above zero.
    pub(super) fn seconds(&self, name: &str, target: &mut Duration) -> Result<(), OptionError> {
        let Some(value) = self.get(name) else { return Ok(()) };
        let allowed = || format!("a number of seconds from {MIN_SECONDS} to {MAX_SECONDS}");
        *target = duration(value).ok_or_else(|| self.invalid(name, allowed(), value))?;
        Ok(())
    }

    /// A time that 0 switches off.
    pub(super) fn seconds_or_off(&self, name: &str, target: &mut Option<Duration>) -> Result<(), OptionError> {
        let Some(value) = self.get(name) else { return Ok(()) };
        let off = match value {
            Value::Int(seconds) => *seconds == 0,
            Value::Float(seconds) => *seconds == 0.0,
            _ => false,
        };
        let allowed = || format!("0 (off) or a number of seconds from {MIN_SECONDS} to {MAX_SECONDS}");
        *target = match duration(value) {
            None if off => None,
            None => return Err(self.invalid(name, allowed(), value)),
            time => time,
        };
        Ok(())
    }

    /// A non-empty UTF-8 string without NUL.
    pub(super) fn text(&self, name: &str, target: &mut String) -> Result<(), OptionError> {
        let Some(value) = self.get(name) else { return Ok(()) };
        *target = text(value)
            .map(str::to_owned)
            .ok_or_else(|| self.invalid(name, NAME, value))?;
        Ok(())
    }

    /// A list of strings, each turned into a `T` or refused as not being `allowed`.
    pub(super) fn list<T>(
        &self,
        name: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, OptionError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::List(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    text(item)
                        .and_then(&read)
                        .ok_or_else(|| self.invalid(&format!("{name}[{index}]"), allowed, item))
                })
                .collect(),
            Some(other) => Err(self.invalid(name, format!("a list, each item {allowed}"), other)),
        }
    }

    /// Like `list`, but one string may stand for a list of one.
    pub(super) fn one_or_list<T>(
        &self,
        name: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, OptionError> {
        match self.get(name) {
            Some(value @ Value::Bytes(_)) => {
                let item = text(value)
                    .and_then(read)
                    .ok_or_else(|| self.invalid(name, allowed, value))?;
                Ok(vec![item])
            }
            Some(value) if !matches!(value, Value::List(_)) => {
                Err(self.invalid(name, format!("{allowed}, or a list of them"), value))
            }
            _ => self.list(name, allowed, read),
        }
    }
}

pub(super) fn invalid(option: impl Into<String>, allowed: impl Into<String>, value: &Value) -> OptionError {
    OptionError::Invalid {
        option: option.into(),
        allowed: allowed.into(),
        given: value.describe(),
    }
}

/// The string, if it is one, UTF-8, not empty and without NUL.
pub(super) fn text(value: &Value) -> Option<&str> {
    let Value::Bytes(bytes) = value else { return None };
    str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty() && !text.contains('\0'))
}

fn unknown(option: String, name: &str, known: &[&str]) -> OptionError {
    let hint = match closest(name, known) {
        Some(candidate) => format!("did you mean \"{candidate}\"?"),
        None => format!("known are {}.", known.join(", ")),
    };
    OptionError::Unknown { option, hint }
}

/// `None` for what is no time, and for zero.
fn duration(value: &Value) -> Option<Duration> {
    match value {
        Value::Int(seconds) => {
            let seconds = u64::try_from(*seconds).ok()?;
            (1..=MAX_SECONDS)
                .contains(&seconds)
                .then(|| Duration::from_secs(seconds))
        }
        Value::Float(seconds) if *seconds >= MIN_SECONDS => {
            let time = Duration::try_from_secs_f64(*seconds).ok()?;
            (time <= Duration::from_secs(MAX_SECONDS)).then_some(time)
        }
        _ => None,
    }
}
