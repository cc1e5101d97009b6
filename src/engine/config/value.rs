//! Option values as they come from PHP, without PHP.

use std::fmt;

/// A PHP value, copied. An empty PHP array is an empty `List`, wherever a `Map` is expected too.
#[derive(Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    /// Integer keys stand here as their decimal text.
    Map(Vec<(String, Value)>),
    /// Anything else, by the name of its type.
    Other(&'static str),
}

const SHOWN_BYTES: usize = 64;

impl Value {
    /// The value as an error message shows it: short, on one line. Not for secrets.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) if value.is_nan() => "NAN".into(),
            Self::Float(value) if value.is_infinite() => if *value > 0.0 { "INF" } else { "-INF" }.into(),
            Self::Float(value) => format!("{value:?}"),
            Self::Bytes(bytes) => {
                let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES)]);
                let dots = if bytes.len() > SHOWN_BYTES { "..." } else { "" };
                format!("\"{}{dots}\"", shown.escape_debug())
            }
            Self::List(items) if items.is_empty() => "an empty array".into(),
            Self::List(_) => "a list".into(),
            Self::Map(_) => "an array".into(),
            Self::Other(name) => (*name).into(),
        }
    }

    /// Type and length only.
    pub(super) fn describe_secret(&self) -> String {
        match self {
            Self::Bytes(bytes) => format!("a string of {} bytes", bytes.len()),
            Self::Bool(_) => "a bool".into(),
            Self::Int(_) => "an int".into(),
            Self::Float(_) => "a float".into(),
            other => other.describe(),
        }
    }
}

/// Shows no bytes: among the options are keys.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(entries) => f
                .debug_map()
                .entries(entries.iter().map(|(name, value)| (name, value)))
                .finish(),
            other => f.write_str(&other.describe_secret()),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

/// Integer literals without a suffix.
impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Bytes(value.into())
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>, const N: usize> From<[(&str, T); N]> for Value {
    fn from(entries: [(&str, T); N]) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_described_on_one_short_line() {
        assert_eq!(Value::from(1.0).describe(), "1.0");
        assert_eq!(Value::from(f64::NEG_INFINITY).describe(), "-INF");
        assert_eq!(Value::from("a\n\"b\"").describe(), r#""a\n\"b\"""#);
        assert_eq!(Value::Bytes(vec![0xff]).describe(), "\"\u{fffd}\"");
        assert_eq!(
            Value::from("x".repeat(100).as_str()).describe().len(),
            64 + "\"...\"".len()
        );
        assert_eq!(Value::Other("Closure").describe(), "Closure");
    }

    #[test]
    fn debug_shows_no_bytes() {
        let options = Value::from([("jwt", Value::from([("key", "hunter2")]))]);
        assert_eq!(format!("{options:?}"), r#"{"jwt": {"key": a string of 7 bytes}}"#);
    }
}
