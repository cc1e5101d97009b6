//! Values across the boundary, both ways. PHP thread only.

use ext_php_rs::boxed::ZBox;
use ext_php_rs::exception::PhpResult;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::{ArrayKey, ZendHashTable, ZendStr, Zval};
use serde_json::Value as Json;

use crate::engine::config::Value;

use super::{exception, zend};

/// Arrays deeper than this are no options; a recursive array would never end.
const MAX_DEPTH: usize = 8;

/// An options array as the engine reads it.
pub fn option_value(value: &Zval) -> Value {
    option_at(value, 0)
}

fn option_at(value: &Zval, depth: usize) -> Value {
    let value = value.dereference();
    if let Some(array) = value.array() {
        if depth >= MAX_DEPTH {
            return Value::Other("array nested too deeply");
        }
        if array.has_sequential_keys() || array.is_empty() {
            return Value::List(array.values().map(|v| option_at(v, depth + 1)).collect());
        }
        let entries = array.iter().map(|(key, v)| (key_text(&key), option_at(v, depth + 1)));
        return Value::Map(entries.collect());
    }
    match value.get_type() {
        DataType::Null | DataType::Undef => Value::Null,
        DataType::True => Value::Bool(true),
        DataType::False => Value::Bool(false),
        DataType::Long => Value::Int(value.long().unwrap_or_default()),
        DataType::Double => Value::Float(value.double().unwrap_or_default()),
        DataType::String => Value::Bytes(value.zend_str().map(|s| s.as_bytes().to_vec()).unwrap_or_default()),
        DataType::Object(_) => Value::Other("object"),
        _ => Value::Other("resource"),
    }
}

fn key_text(key: &ArrayKey<'_>) -> String {
    match key {
        ArrayKey::Long(n) => n.to_string(),
        other => other.to_string(),
    }
}

/// The type as PHP's own messages name it.
pub fn type_name(value: &Zval) -> String {
    match value.dereference().get_type() {
        DataType::Null | DataType::Undef => "null".into(),
        DataType::True | DataType::False | DataType::Bool => "bool".into(),
        DataType::Long => "int".into(),
        DataType::Double => "float".into(),
        DataType::String => "string".into(),
        DataType::Array => "array".into(),
        DataType::Object(_) => value
            .object()
            .and_then(|o| o.get_class_name().ok())
            .unwrap_or_else(|| "object".into()),
        _ => "resource".into(),
    }
}

/// A string of bytes.
pub fn string(bytes: impl AsRef<[u8]>) -> Zval {
    let mut value = Zval::new();
    value.set_zend_string(ZendStr::new(bytes, false));
    value
}

pub fn array(table: ZBox<ZendHashTable>) -> Zval {
    let mut value = Zval::new();
    value.set_hashtable(table);
    value
}

/// Claims of a token as PHP's `json_decode(…, true)` gives them.
pub fn json(value: &Json) -> PhpResult<Zval> {
    let mut result = Zval::null();
    match value {
        Json::Null => {}
        Json::Bool(b) => result.set_bool(*b),
        Json::Number(n) => match n.as_i64() {
            Some(int) => result.set_long(int),
            None => result.set_double(n.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(s) => result.set_string(s, false)?,
        Json::Array(items) => {
            let mut table = ZendHashTable::new();
            for item in items {
                table.push(json(item)?)?;
            }
            result.set_hashtable(table);
        }
        Json::Object(map) => result = json_object(map)?,
    }
    Ok(result)
}

pub fn json_object(map: &serde_json::Map<String, Json>) -> PhpResult<Zval> {
    let mut table = ZendHashTable::new();
    for (key, item) in map {
        table.insert(key.as_str(), json(item)?)?;
    }
    Ok(array(table))
}

/// What `json_encode($data, JSON_THROW_ON_ERROR)` gives.
pub fn json_encode(data: &Zval) -> PhpResult<Zval> {
    /// Slashes need no escape outside of HTML, and unescaped Unicode is shorter on the wire.
    const FLAGS: i64 = 4_194_304 /* JSON_THROW_ON_ERROR */ | 64 /* UNESCAPED_SLASHES */ | 256 /* UNESCAPED_UNICODE */
        | 1024 /* PRESERVE_ZERO_FRACTION */;
    let encode = zend::find_function("json_encode")
        .ok_or_else(|| exception::logic("sendJson() needs json_encode(), which is disabled"))?;
    let mut flags = Zval::new();
    flags.set_long(FLAGS);
    let encoded = zend::call_function(encode, &mut [data.shallow_clone(), flags]);
    zend::propagate()?;
    Ok(encoded)
}

/// Parses a query as PHP parses `$_GET`.
pub fn parse_query(query: &str) -> PhpResult<Zval> {
    let Some(parse) = zend::find_function("parse_str") else {
        return Ok(Zval::new_array());
    };
    let mut reference = zend::reference();
    let mut args = [string(query), reference.shallow_clone()];
    zend::call_function(parse, &mut args);
    zend::propagate()?;
    let parsed = reference.dereference_mut().shallow_clone();
    Ok(if parsed.is_array() { parsed } else { Zval::new_array() })
}

/// An array on its way to PHP, so that reflection shows `array`.
pub struct ArrayValue(pub Zval);

impl ext_php_rs::convert::IntoZval for ArrayValue {
    const TYPE: DataType = DataType::Array;
    const NULLABLE: bool = false;

    fn set_zval(self, value: &mut Zval, _: bool) -> ext_php_rs::error::Result<()> {
        *value = self.0;
        Ok(())
    }
}

/// A string of bytes on its way to PHP, so that reflection shows `string`.
pub struct StringValue(pub Zval);

impl ext_php_rs::convert::IntoZval for StringValue {
    const TYPE: DataType = DataType::String;
    const NULLABLE: bool = false;

    fn set_zval(self, value: &mut Zval, _: bool) -> ext_php_rs::error::Result<()> {
        *value = self.0;
        Ok(())
    }
}

/// `$this` on its way back to PHP, for methods that may also throw.
pub struct This<T>(Zval, std::marker::PhantomData<T>);

impl<T: ext_php_rs::class::RegisteredClass> This<T> {
    pub fn of(object: &mut ext_php_rs::types::ZendClassObject<T>) -> Self {
        let mut value = Zval::new();
        value.set_object(object.get_mut_zend_obj());
        Self(value, std::marker::PhantomData)
    }
}

impl<T: ext_php_rs::class::RegisteredClass> ext_php_rs::convert::IntoZval for This<T> {
    const TYPE: DataType = DataType::object(T::CLASS_NAME);
    const NULLABLE: bool = false;

    fn set_zval(self, value: &mut Zval, _: bool) -> ext_php_rs::error::Result<()> {
        *value = self.0;
        Ok(())
    }
}
