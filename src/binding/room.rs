//! The class `Ferry\Room`.

use std::rc::Rc;

use ext_php_rs::exception::PhpResult;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendHashTable, Zval};
use ext_php_rs::zend::{ClassEntry, ce};

use crate::engine::frame::{MessageKind, message_frame};
use crate::engine::id::ConnId;

use super::args::{Bytes, Except};
use super::connection::message_kind;
use super::convert::{self, ArrayValue};
use super::core::Core;
use super::exception;

/// A named set of connections; it exists while it has members.
#[php_class]
#[php(name = "Ferry\\Room")]
#[php(flags = ClassFlags::Final)]
#[php(implements(ce = countable, stub = "\\Countable"))]
pub struct Room {
    core: Rc<Core>,
    name: Box<str>,
}

fn countable() -> &'static ClassEntry {
    ce::countable()
}

#[php_impl]
impl Room {
    #[php(vis = "private")]
    pub fn __construct() -> PhpResult<Self> {
        Err(exception::logic("Ferry\\Room objects come from WsServer::room()"))
    }

    pub fn name(&self) -> String {
        self.name.to_string()
    }

    pub fn count(&self) -> PhpResult<i64> {
        self.core.guard()?;
        let count = self.core.roster.borrow().member_count(&self.name);
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    pub fn connections(&self) -> PhpResult<ArrayValue> {
        self.core.guard()?;
        let members: Vec<ConnId> = self.core.roster.borrow().members(&self.name).collect();
        connection_list(&self.core, &members)
    }

    #[php(defaults(binary = false, except = ()))]
    pub fn send(&self, data: Bytes<'_>, binary: bool, except: Except<'_>) -> PhpResult<i64> {
        self.core.guard()?;
        let kind = message_kind(data, binary)?;
        broadcast(&self.core, Some(&self.name), kind, data.0, except)
    }

    #[php(name = "sendJson")]
    #[php(defaults(except = ()))]
    pub fn send_json(&self, data: &Zval, except: Except<'_>) -> PhpResult<i64> {
        self.core.guard()?;
        let encoded = convert::json_encode(data)?;
        let bytes = encoded.zend_str().map_or(&[][..], |s| s.as_bytes());
        broadcast(&self.core, Some(&self.name), MessageKind::Text, bytes, except)
    }

    #[php(defaults(except = ()))]
    pub fn publish(&self, event: Bytes<'_>, data: Option<&Zval>, except: Except<'_>) -> PhpResult<i64> {
        self.core.guard()?;
        let except = except.ids(&self.core)?;
        let (event, data) = event_arguments(event, data)?;
        let reached = self
            .core
            .publish(&self.name, event, data, &except)
            .map_err(exception::not_taken)?;
        Ok(i64::try_from(reached).unwrap_or(i64::MAX))
    }
}

impl Room {
    pub fn new(core: &Rc<Core>, name: String) -> Self {
        Self {
            core: Rc::clone(core),
            name: name.into(),
        }
    }
}

/// An event's name, 1 to 255 bytes of UTF-8, and its data as JSON.
pub fn event_arguments(event: Bytes<'_>, data: Option<&Zval>) -> PhpResult<(String, String)> {
    let event = match std::str::from_utf8(event.0) {
        Ok(text) if (1..=255).contains(&text.len()) => text.to_owned(),
        Ok(text) => {
            return Err(exception::invalid_argument(format!(
                "Argument $event must have 1 to 255 bytes, {} given",
                text.len()
            )));
        }
        Err(_) => return Err(exception::invalid_argument("Argument $event must be UTF-8".into())),
    };
    let null = Zval::null();
    let encoded = convert::json_encode(data.unwrap_or(&null))?;
    let data = encoded.zend_str().and_then(|s| s.as_str().ok()).unwrap_or("null");
    Ok((event, data.to_owned()))
}

/// Encodes once, for all or for a room.
pub fn broadcast(
    core: &Core,
    room: Option<&str>,
    kind: MessageKind,
    data: &[u8],
    except: Except<'_>,
) -> PhpResult<i64> {
    let except = except.ids(core)?;
    let reached = core.broadcast(room, &message_frame(kind, data), &except);
    Ok(i64::try_from(reached).unwrap_or(i64::MAX))
}

pub fn connection_list(core: &Core, ids: &[ConnId]) -> PhpResult<ArrayValue> {
    let mut table = ZendHashTable::new();
    for id in ids {
        let value = core.roster.borrow().get(*id).map(|e| e.value.shallow_clone());
        if let Some(value) = value {
            table.push(value)?;
        }
    }
    Ok(ArrayValue(convert::array(table)))
}
