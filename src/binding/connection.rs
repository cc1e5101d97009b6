//! The class `Ferry\Connection`.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ext_php_rs::exception::{PhpException, PhpResult};
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendClassObject, ZendHashTable, ZendObject, Zval};

use crate::engine::clock::unix_time;
use crate::engine::close;
use crate::engine::config::SlowConsumer;
use crate::engine::frame::{MAX_CONTROL_PAYLOAD, MessageKind, encode_ping};
use crate::engine::history::Offset;
use crate::engine::id::ConnId;
use crate::engine::mailbox::{Command, Mailbox};
use crate::engine::outlet::Outlet;
use crate::engine::request::HandshakeRequest;

use super::args::{Bytes, Options};
use super::convert::{self, ArrayValue, This};
use super::core::Core;
use super::handshake::{self, Handshake};
use super::identity::{self, Identity, IdentityObject, IdentityOrNull};
use super::send_result::{SendResult, Sent};
use super::zend::Outcome;
use super::{exception, zend};

/// Longest frame header of a server (RFC 6455 section 5.2): no mask.
const MAX_HEADER: usize = 10;
/// How long a send waits for the I/O thread to take what was sent before. It takes microseconds unless the machine is
/// starved.
const TAKE_TIMEOUT: Duration = Duration::from_millis(200);

/// One client. The same object for the connection's whole life; after the close it stays valid and inert.
#[php_class]
#[php(name = "Ferry\\Connection")]
pub struct Connection {
    pub core: Rc<Core>,
    id: ConnId,
    outlet: Arc<Outlet>,
    mailbox: Arc<Mailbox>,
    /// Running total of bytes handed to the I/O thread.
    handed: Cell<u64>,
    request: Arc<HandshakeRequest>,
    /// Made when there is something to keep.
    kept: OnceCell<Box<Kept>>,
    /// The identity was taken from the handshake or set.
    identified: Cell<bool>,
    /// Unix time, seconds.
    opened_at: u32,
}

// The object takes 152 bytes with it, and Zend's allocator has none between 160 and 192.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Connection>() <= 64);

/// What the application keeps with a connection.
#[derive(Default)]
struct Kept {
    /// `null` until asked for when it comes from the token of the handshake.
    identity: RefCell<Zval>,
    attributes: RefCell<Zval>,
}

#[php_impl]
impl Connection {
    #[php(vis = "private")]
    pub fn __construct() -> PhpResult<Self> {
        Err(exception::logic("Ferry\\Connection objects are made by the server"))
    }

    #[php(getter, name = "id")]
    pub fn get_id(&self) -> String {
        // The instance is part of the id: ids of another run match nothing.
        self.core.instance().format(self.id)
    }

    #[php(getter, name = "remoteAddress")]
    pub fn get_remote_address(&self) -> String {
        handshake::remote_address(&self.request)
    }

    #[php(getter, name = "connectedAt")]
    pub fn get_connected_at(&self) -> i64 {
        self.opened_at.into()
    }

    #[php(defaults(binary = false))]
    pub fn send(&self, data: Bytes<'_>, binary: bool) -> PhpResult<Sent> {
        self.core.guard()?;
        let kind = message_kind(data, binary)?;
        Ok(Sent(self.transmit(kind, data.0)))
    }

    #[php(name = "sendJson")]
    pub fn send_json(&self, data: &Zval) -> PhpResult<Sent> {
        self.core.guard()?;
        let encoded = convert::json_encode(data)?;
        let bytes = encoded.zend_str().map_or(&[][..], |s| s.as_bytes());
        Ok(Sent(self.transmit(MessageKind::Text, bytes)))
    }

    #[php(defaults(data = ()))]
    pub fn ping(&self, data: Bytes<'_>) -> PhpResult<()> {
        self.core.guard()?;
        if data.0.len() > MAX_CONTROL_PAYLOAD {
            return Err(exception::invalid_argument(format!(
                "Argument $data must have at most {MAX_CONTROL_PAYLOAD} bytes (RFC 6455 section 5.5), {} given",
                data.0.len()
            )));
        }
        // No policy drops control frames, so a client that reads nothing gets no more of them.
        let waiting = self.outlet.backlog() + self.in_flight();
        if self.is_live() && waiting <= self.core.config.outbox_bytes {
            let size = self.mailbox.batch().control(self.id, |out| encode_ping(out, data.0));
            self.hand_over(size);
        }
        Ok(())
    }

    #[php(defaults(code = 1000, reason = ()))]
    pub fn close(&self, code: i64, reason: Bytes<'_>) -> PhpResult<()> {
        self.core.guard()?;
        let (code, reason) = close_arguments(code, reason)?;
        self.core.close(self.id, code, reason);
        Ok(())
    }

    #[php(name = "isOpen")]
    pub fn is_open(&self) -> PhpResult<bool> {
        self.core.guard()?;
        Ok(self.is_live())
    }

    #[php(name = "bufferedBytes")]
    pub fn buffered_bytes(&self) -> PhpResult<i64> {
        self.core.guard()?;
        if !self.is_live() {
            return Ok(0);
        }
        Ok(i64::try_from(self.outlet.backlog() + self.in_flight()).unwrap_or(i64::MAX))
    }

    pub fn join(self_: &mut ZendClassObject<Connection>, rooms: &[Bytes<'_>]) -> PhpResult<This<Connection>> {
        self_.join_rooms(rooms).map(|()| This::of(self_))
    }

    pub fn leave(self_: &mut ZendClassObject<Connection>, rooms: &[Bytes<'_>]) -> PhpResult<This<Connection>> {
        self_.leave_rooms(rooms).map(|()| This::of(self_))
    }

    pub fn resume(self_: &mut ZendClassObject<Connection>, offsets: Options<'_>) -> PhpResult<This<Connection>> {
        self_.resume_rooms(offsets).map(|()| This::of(self_))
    }

    pub fn rooms(&self) -> PhpResult<Vec<String>> {
        self.core.guard()?;
        let roster = self.core.roster.borrow();
        let entry = roster.get(self.id);
        Ok(entry.map_or_else(Vec::new, |e| e.rooms().iter().map(ToString::to_string).collect()))
    }

    pub fn handshake(&self) -> Handshake {
        Handshake::new(Arc::clone(&self.request))
    }

    pub fn identity(&self) -> PhpResult<IdentityOrNull> {
        self.identity_value().map(IdentityOrNull)
    }

    pub fn claims(&self) -> PhpResult<ArrayValue> {
        Ok(ArrayValue(
            identity::claims(&self.identity_value()?).unwrap_or_else(Zval::new_array),
        ))
    }

    pub fn authenticate(&self, jwt: &str) -> PhpResult<IdentityObject> {
        self.core.guard()?;
        let Some(verifier) = &self.core.config.verifier else {
            return Err(exception::logic("authenticate() needs the server's \"jwt\" option"));
        };
        let verified = verifier
            .verify(jwt)
            .map_err(|e| exception::authentication(e.error_description().into()))?;
        let at = verified.valid_until;
        let user = verified.user_identifier.clone();
        let value = Identity::from_token(&verified, Some(jwt.to_owned()))?.into_value()?;
        self.ask_about(&value)?;
        self.identified.set(true);
        let old = self.kept().identity.replace(value.shallow_clone());
        drop(old);
        self.core.command(self.id, Command::Expire { id: self.id, at });
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            let user: Box<str> = user.into();
            if let Some(entry) = self.core.roster.borrow_mut().get_mut(self.id) {
                entry.user = Some(user.clone());
            }
            self.core.command(self.id, Command::Identify { id: self.id, user });
        }
        Ok(IdentityObject(value))
    }

    pub fn get(&self, key: &str, default: Option<&Zval>) -> Zval {
        let attributes = self.kept.get().map(|kept| kept.attributes.borrow());
        let found = attributes.and_then(|a| a.array()?.get(key).map(Zval::shallow_clone));
        found.unwrap_or_else(|| default.map_or_else(Zval::null, Zval::shallow_clone))
    }

    pub fn set(self_: &mut ZendClassObject<Connection>, key: &str, value: &Zval) -> PhpResult<This<Connection>> {
        self_.set_attribute(key, value).map(|()| This::of(self_))
    }
}

impl Connection {
    pub fn new(
        core: &Rc<Core>,
        id: ConnId,
        outlet: &Arc<Outlet>,
        mailbox: Arc<Mailbox>,
        request: Arc<HandshakeRequest>,
        identity: Zval,
    ) -> Self {
        let kept = OnceCell::new();
        let identified = Cell::new(!identity.is_null());
        if identified.get() {
            let _ = kept.set(Box::new(Kept {
                identity: RefCell::new(identity),
                ..Kept::default()
            }));
        }
        Self {
            core: Rc::clone(core),
            id,
            outlet: Arc::clone(outlet),
            mailbox,
            handed: Cell::new(0),
            request,
            kept,
            identified,
            opened_at: u32::try_from(unix_time()).unwrap_or(u32::MAX),
        }
    }

    fn kept(&self) -> &Kept {
        self.kept.get_or_init(Box::default)
    }

    /// Lets `onAuthenticate` refuse an identity. Called without a borrow: the callback may do anything to this connection.
    fn ask_about(&self, identity: &Zval) -> PhpResult<()> {
        let callback = self.core.callbacks.borrow().authenticate.clone();
        let entry = self.core.roster.borrow().get(self.id).map(|e| e.value.shallow_clone());
        let (Some(callback), Some(connection)) = (callback, entry) else {
            return Ok(());
        };
        let answer = callback.call(&mut [connection, identity.shallow_clone()]);
        match zend::outcome() {
            Outcome::Returned if answer.is_false() => Err(exception::authentication("The token was refused".into())),
            Outcome::Returned => Ok(()),
            Outcome::Threw(thrown) => Err(PhpException::from_message(String::new()).with_object(thrown)),
            // What unwinds stays pending and is not replaced.
            Outcome::Unwinding => Err(exception::runtime("The script ends".into())),
        }
    }

    fn is_live(&self) -> bool {
        !self.outlet.is_closed() && self.core.roster.borrow().get(self.id).is_some_and(|e| !e.is_closing())
    }

    fn join_rooms(&self, rooms: &[Bytes<'_>]) -> PhpResult<()> {
        self.core.guard()?;
        for name in room_names(rooms)? {
            if self.is_live() {
                let joined = self.core.roster.borrow_mut().join(self.id, &name);
                if let (Some(room), Some(server)) = (joined, self.core.running()) {
                    server.publisher().join(self.id, room);
                    self.core.hand_over(&server);
                }
            }
        }
        Ok(())
    }

    fn leave_rooms(&self, rooms: &[Bytes<'_>]) -> PhpResult<()> {
        self.core.guard()?;
        for name in room_names(rooms)? {
            let left = self.core.roster.borrow_mut().leave(self.id, &name);
            if let Some(room) = left {
                self.core.command(self.id, Command::Leave { id: self.id, room });
            }
        }
        Ok(())
    }

    /// What is no offset is that of another run: the client is told that there is a gap.
    fn resume_rooms(&self, offsets: Options<'_>) -> PhpResult<()> {
        self.core.guard()?;
        let table = offsets.0.and_then(Zval::array);
        for (room, offset) in table.into_iter().flatten() {
            let (room, offset) = (room.to_string(), offset.string().unwrap_or_default());
            let since = offset.parse().unwrap_or(Offset::new(0, &room, u64::MAX));
            let room = room.into();
            self.core.command(
                self.id,
                Command::ResumeRoom {
                    id: self.id,
                    room,
                    since,
                },
            );
        }
        Ok(())
    }

    fn set_attribute(&self, key: &str, value: &Zval) -> PhpResult<()> {
        // The table is taken out: the old value's destructor may ask for attributes.
        let mut attributes = self.kept().attributes.replace(Zval::new());
        if !attributes.is_array() {
            attributes = Zval::new_array();
        }
        let mut old = None;
        if let Some(table) = attributes.array_mut() {
            old = table.get(key).map(Zval::shallow_clone);
            table.insert(key, value.shallow_clone())?;
        }
        *self.kept().attributes.borrow_mut() = attributes;
        drop(old);
        Ok(())
    }

    pub fn conn_id(&self) -> ConnId {
        self.id
    }

    fn identity_value(&self) -> PhpResult<Zval> {
        if !self.identified.replace(true)
            && let Some(identity) = handshake::token_identity(&self.request)?
        {
            *self.kept().identity.borrow_mut() = identity.into_value()?;
        }
        Ok(self
            .kept
            .get()
            .map_or_else(Zval::null, |kept| kept.identity.borrow().shallow_clone()))
    }

    fn in_flight(&self) -> usize {
        usize::try_from(self.handed.get().saturating_sub(self.outlet.taken())).unwrap_or(usize::MAX)
    }

    /// So many bytes were appended to the batch of the I/O thread.
    fn hand_over(&self, n: usize) {
        self.handed.set(self.handed.get() + n as u64);
        self.mailbox.mark();
        if !self.core.polling.get() {
            self.mailbox.hand_over();
        }
    }

    fn transmit(&self, kind: MessageKind, data: &[u8]) -> SendResult {
        if !self.is_live() {
            return SendResult::Closed;
        }
        let limit = self.core.config.outbox_bytes;
        let size = data.len() + MAX_HEADER;
        if self.in_flight() + size > limit {
            self.wait_until_taken();
        }
        let waiting = self.outlet.backlog() + self.in_flight();
        // A message over the limit is taken when nothing else waits.
        if waiting > 0 && waiting + size > limit {
            match self.core.config.slow_consumer {
                SlowConsumer::Disconnect => {
                    self.core.close(self.id, close::TRY_AGAIN_LATER, "too slow");
                    return SendResult::Closed;
                }
                // The I/O thread makes room; what it has not even taken yet is bounded here.
                SlowConsumer::DropOldest if self.in_flight() + size <= limit => {}
                SlowConsumer::DropOldest | SlowConsumer::DropNewest => {
                    self.core.count_dropped();
                    return SendResult::Dropped;
                }
            }
        }
        // Encoded straight into the batch of the I/O thread.
        self.hand_over(self.mailbox.message(self.id, kind, data));
        if self.outlet.backlog() > 0 {
            SendResult::Queued
        } else {
            SendResult::Sent
        }
    }

    /// What was sent in one go may exceed the outbox limit before the socket was even tried: that is not the client's
    /// fault.
    fn wait_until_taken(&self) {
        let deadline = Instant::now() + TAKE_TIMEOUT;
        while self.in_flight() > 0 && !self.outlet.is_closed() && Instant::now() < deadline {
            self.mailbox.hand_over();
            std::thread::yield_now();
        }
    }
}

/// A text message must be UTF-8 (RFC 6455 section 5.6).
pub fn message_kind(data: Bytes<'_>, binary: bool) -> PhpResult<MessageKind> {
    if binary {
        return Ok(MessageKind::Binary);
    }
    if simdutf8::basic::from_utf8(data.0).is_err() {
        return Err(exception::invalid_argument(
            "Argument $data must be UTF-8 for a text message; send it with $binary = true".into(),
        ));
    }
    Ok(MessageKind::Text)
}

pub fn close_arguments(code: i64, reason: Bytes<'_>) -> PhpResult<(u16, &str)> {
    let Some(number) = u16::try_from(code).ok().filter(|code| close::is_sendable(*code)) else {
        return Err(exception::invalid_argument(format!(
            "Argument $code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 section 7.4), {code} given"
        )));
    };
    let reason = std::str::from_utf8(reason.0)
        .map_err(|_| exception::invalid_argument("Argument $reason must be UTF-8".into()))?;
    if reason.len() > MAX_CONTROL_PAYLOAD - 2 {
        return Err(exception::invalid_argument(format!(
            "Argument $reason must have at most {} bytes, {} given",
            MAX_CONTROL_PAYLOAD - 2,
            reason.len()
        )));
    }
    Ok((number, reason))
}

fn room_names(rooms: &[Bytes<'_>]) -> PhpResult<Vec<String>> {
    rooms.iter().map(|room| room_name(*room)).collect()
}

/// A room's name: 1 to 255 bytes of UTF-8.
pub fn room_name(name: Bytes<'_>) -> PhpResult<String> {
    match std::str::from_utf8(name.0) {
        Ok(text) if (1..=255).contains(&text.len()) => Ok(text.to_owned()),
        Ok(text) => Err(exception::invalid_argument(format!(
            "A room name must have 1 to 255 bytes, {} given",
            text.len()
        ))),
        Err(_) => Err(exception::invalid_argument("A room name must be UTF-8".into())),
    }
}

/// The collector must see the identity and the attributes.
pub unsafe extern "C" fn get_gc(
    object: *mut ZendObject,
    table: *mut *mut Zval,
    n: *mut std::ffi::c_int,
) -> *mut ZendHashTable {
    // SAFETY: called by the collector for an object of this class.
    unsafe {
        let connection = ZendClassObject::<Connection>::from_zend_obj(&*object);
        zend::collect(object, table, n, |buffer| {
            let Some(kept) = connection.and_then(|c| c.kept.get()) else {
                return;
            };
            if let Ok(identity) = kept.identity.try_borrow() {
                buffer.add(&identity);
            }
            if let Ok(attributes) = kept.attributes.try_borrow() {
                buffer.add(&attributes);
            }
        })
    }
}
