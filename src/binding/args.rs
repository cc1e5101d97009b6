//! Parameter types that the macros have no match for, so that reflection shows what the stubs say.

use ext_php_rs::convert::{FromZval, StubLiteral};
use ext_php_rs::exception::PhpResult;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::{ZendClassObject, Zval};

use crate::engine::id::ConnId;

use super::connection::Connection;
use super::core::Core;
use super::exception;

/// A `string` as bytes: payloads need not be UTF-8.
#[derive(Clone, Copy)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> FromZval<'a> for Bytes<'a> {
    const TYPE: DataType = DataType::String;

    fn from_zval(value: &'a Zval) -> Option<Self> {
        value.zend_str().map(|s| Self(s.as_bytes()))
    }
}

impl From<()> for Bytes<'_> {
    fn from((): ()) -> Self {
        Self(b"")
    }
}

impl StubLiteral for Bytes<'_> {
    fn stub_literal(&self) -> String {
        format!("'{}'", String::from_utf8_lossy(self.0))
    }
}

/// A `float` that also takes an integer.
#[derive(Clone, Copy)]
pub struct Seconds(pub f64);

impl FromZval<'_> for Seconds {
    const TYPE: DataType = DataType::Double;

    #[allow(clippy::cast_precision_loss, reason = "PHP converts the same way")]
    fn from_zval(value: &Zval) -> Option<Self> {
        value.double().or_else(|| value.long().map(|n| n as f64)).map(Self)
    }
}

impl From<f64> for Seconds {
    fn from(seconds: f64) -> Self {
        Self(seconds)
    }
}

impl StubLiteral for Seconds {
    fn stub_literal(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Seconds {
    /// The duration, if it is one.
    pub fn duration(self, argument: &str) -> PhpResult<std::time::Duration> {
        // A year is for ever here, and keeps every sum of times in range.
        if self.0.is_finite() && (0.0..=31_536_000.0).contains(&self.0) {
            return Ok(std::time::Duration::from_secs_f64(self.0));
        }
        // As PHP writes them.
        let value = self.0.to_string().replace("NaN", "NAN").replace("inf", "INF");
        Err(exception::invalid_argument(format!(
            "Argument ${argument} must be a number of seconds from 0 to 31536000, {value} given"
        )))
    }
}

/// An `array` argument with `[]` as default.
#[derive(Clone, Copy)]
pub struct Options<'a>(pub Option<&'a Zval>);

impl<'a> FromZval<'a> for Options<'a> {
    const TYPE: DataType = DataType::Array;

    fn from_zval(value: &'a Zval) -> Option<Self> {
        value.is_array().then_some(Self(Some(value)))
    }
}

impl From<()> for Options<'_> {
    fn from((): ()) -> Self {
        Self(None)
    }
}

impl StubLiteral for Options<'_> {
    fn stub_literal(&self) -> String {
        "[]".into()
    }
}

/// `iterable<Connection|string> $except = []`.
#[derive(Clone, Copy)]
pub struct Except<'a>(Option<&'a Zval>);

impl<'a> FromZval<'a> for Except<'a> {
    const TYPE: DataType = DataType::Iterable;

    fn from_zval(value: &'a Zval) -> Option<Self> {
        value.is_iterable().then_some(Self(Some(value)))
    }
}

impl From<()> for Except<'_> {
    fn from((): ()) -> Self {
        Self(None)
    }
}

impl StubLiteral for Except<'_> {
    fn stub_literal(&self) -> String {
        "[]".into()
    }
}

/// An `iterable` argument, kept as it came.
#[derive(Clone, Copy)]
pub struct Iterable<'a>(pub &'a Zval);

impl<'a> FromZval<'a> for Iterable<'a> {
    const TYPE: DataType = DataType::Iterable;

    fn from_zval(value: &'a Zval) -> Option<Self> {
        value.is_iterable().then_some(Self(value))
    }
}

impl Except<'_> {
    /// The connections meant, ids of gone ones included: they match nothing.
    pub fn ids(self, core: &Core) -> PhpResult<Vec<ConnId>> {
        let Some(value) = self.0 else { return Ok(Vec::new()) };
        let mut copy = value.shallow_clone();
        let mut ids = Vec::new();
        if let Some(array) = copy.array() {
            for (_, item) in array {
                ids.extend(id(core, item.dereference())?);
            }
        } else if let Some(iterator) = copy.traversable() {
            if let Some(items) = iterator.iter() {
                for (_, item) in items {
                    ids.extend(id(core, item.dereference())?);
                }
            }
            super::zend::propagate()?;
        }
        Ok(ids)
    }
}

fn id(core: &Core, item: &Zval) -> PhpResult<Option<ConnId>> {
    if let Some(connection) = <&ZendClassObject<Connection>>::from_zval(item) {
        return Ok(core.owns(connection).then_some(connection.conn_id()));
    }
    match item.str() {
        Some(text) => Ok(core.parse_id(text)),
        None => Err(exception::invalid_argument(format!(
            "Argument $except must hold Ferry\\Connection objects or their ids, {} given",
            super::convert::type_name(item)
        ))),
    }
}

/// A callable argument, kept as it came: looked up by the method that takes it.
#[derive(Clone, Copy)]
pub struct Callable<'a>(pub &'a Zval);

impl<'a> FromZval<'a> for Callable<'a> {
    const TYPE: DataType = DataType::Callable;

    fn from_zval(value: &'a Zval) -> Option<Self> {
        value.is_callable().then_some(Self(value))
    }
}
