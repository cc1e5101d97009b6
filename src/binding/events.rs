//! What happens with each kind of event.

use std::rc::Rc;
use std::sync::Arc;

use ext_php_rs::convert::IntoZval;
use ext_php_rs::types::{ZendClassObject, ZendStr, Zval};

use crate::engine::id::ConnId;
use crate::engine::inbox::{Burst, Event, Opened};
use crate::engine::mailbox::Command;
use crate::engine::request::{HandshakeId, HandshakeReply, HandshakeRequest};
use crate::engine::roster::Entry;
use crate::engine::server::Server;

use super::connection::Connection;
use super::convert;
use super::core::{Asked, Core};
use super::dispatch::{Unwinding, call, invoke, report};
use super::handshake::Handshake;
use super::serving::Key;
use super::zend::{self, Outcome};

/// An event whose PHP values are made.
pub enum Ready {
    Message(ConnId, Zval, Zval, bool),
    Handshake(Arc<HandshakeRequest>),
    HandshakeGone(HandshakeId),
    Open(Box<Opened>),
    Close(ConnId, u16, Box<str>),
    /// A message of a connection that PHP has closed.
    Skipped,
}

impl Ready {
    /// Whose event it is.
    pub fn key(&self) -> Option<Key> {
        match self {
            Self::Message(id, ..) | Self::Close(id, ..) => Some(Key::Connection(*id)),
            Self::Open(opened) => Some(Key::Connection(opened.id)),
            Self::Handshake(request) => Some(Key::Handshake(request.id)),
            Self::HandshakeGone(id) => Some(Key::Handshake(*id)),
            Self::Skipped => None,
        }
    }

    /// Bytes of what the client has sent.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Message(_, _, data, _) => data.zend_str().map_or(0, ext_php_rs::types::ZendStr::len),
            Self::Close(_, _, reason) => reason.len(),
            Self::Open(_) | Self::Handshake(_) | Self::HandshakeGone(_) | Self::Skipped => 0,
        }
    }
}

/// Calls the callback that the event is for.
pub fn deliver(core: &Rc<Core>, server: &Rc<Server>, event: Ready) -> Result<(), Unwinding> {
    match event {
        Ready::Message(id, connection, data, binary) => {
            if core.config.fibers.is_some() && core.roster.borrow().get(id).is_none_or(Entry::is_closing) {
                // PHP has closed it while the message waited for its turn.
                return Ok(());
            }
            let mut flag = Zval::new();
            flag.set_bool(binary);
            on_message(core, id, &mut [connection, data, flag])
        }
        Ready::Handshake(request) => on_handshake(core, server, request),
        Ready::HandshakeGone(id) => {
            let gone = core.asked.borrow_mut().remove(&id);
            drop(gone);
            Ok(())
        }
        Ready::Open(opened) => on_open(core, server, *opened),
        Ready::Close(id, code, reason) => on_close(core, id, code, &reason),
        Ready::Skipped => Ok(()),
    }
}

/// The burst whose events are handled. Taken out: making the payload's string may not come back.
#[inline]
fn take_burst(core: &Core, server: &Server) -> Option<Burst> {
    let current = core.burst.borrow_mut().take();
    if current.is_none() {
        core.next_event.set(0);
        return server.inbox.try_take();
    }
    current
}

/// Puts it back, one event further, or gives it back when that was the last.
#[inline]
fn put_burst(core: &Core, server: &Server, burst: Burst) {
    let (next, events) = (core.next_event.get() + 1, burst.events.len());
    core.next_event.set(next);
    if next < events {
        *core.burst.borrow_mut() = Some(burst);
    } else if server.inbox.give_back(burst, events) {
        server.mailboxes().for_each(|m| m.post(Command::Resume));
    }
}

/// Whose event is next; `None` when there is none.
pub fn next_key(core: &Core, server: &Server) -> Option<Key> {
    let burst = take_burst(core, server)?;
    let key = match &burst.events[core.next_event.get()] {
        Event::Message { id, .. } | Event::LargeMessage { id, .. } | Event::Close { id, .. } => Key::Connection(*id),
        Event::Open(opened) => Key::Connection(opened.id),
        Event::Handshake(request) => Key::Handshake(request.id),
        Event::HandshakeGone(id) => Key::Handshake(*id),
    };
    *core.burst.borrow_mut() = Some(burst);
    Some(key)
}

/// Handles the next event of the inbox; `None` when there is none. The same as [`next`] and [`deliver`], but the arguments of
/// `onMessage` are made where the engine reads them.
pub fn handle_next(core: &Rc<Core>, server: &Rc<Server>) -> Option<Result<(), Unwinding>> {
    let mut burst = take_burst(core, server)?;
    let at = core.next_event.get();
    let Event::Message { id, start, len, binary } = burst.events[at] else {
        let event = take_event(core, &mut burst, at);
        put_burst(core, server, burst);
        return Some(deliver(core, server, event));
    };
    let mut args = [Zval::new(), Zval::new(), Zval::new()];
    let live = match core.roster.borrow().get(id) {
        Some(entry) if !entry.is_closing() => zend::copy_object(&entry.value, &mut args[0]),
        _ => false,
    };
    if !live {
        put_burst(core, server, burst);
        return Some(Ok(()));
    }
    args[1].set_zend_string(ZendStr::new(burst.payload(start, len), false));
    args[2].set_bool(binary);
    put_burst(core, server, burst);
    Some(on_message(core, id, &mut args))
}

/// The next event of the inbox, for later.
pub fn next(core: &Core, server: &Server) -> Option<Ready> {
    let mut burst = take_burst(core, server)?;
    let ready = take_event(core, &mut burst, core.next_event.get());
    put_burst(core, server, burst);
    Some(ready)
}

fn take_event(core: &Core, burst: &mut Burst, at: usize) -> Ready {
    let placeholder = Event::HandshakeGone(HandshakeId {
        io_thread: 0,
        serial: 0,
    });
    match std::mem::replace(&mut burst.events[at], placeholder) {
        Event::Message { id, start, len, binary } => message(core, id, burst.payload(start, len), binary),
        Event::LargeMessage { id, binary, payload } => message(core, id, &payload, binary),
        Event::Handshake(request) => Ready::Handshake(request),
        Event::HandshakeGone(id) => Ready::HandshakeGone(id),
        Event::Open(opened) => Ready::Open(opened),
        Event::Close { id, code, reason } => Ready::Close(id, code, reason),
    }
}

fn message(core: &Core, id: ConnId, payload: &[u8], binary: bool) -> Ready {
    let connection = {
        let roster = core.roster.borrow();
        roster
            .get(id)
            .filter(|e| !e.is_closing())
            .map(|e| e.value.shallow_clone())
    };
    connection.map_or(Ready::Skipped, |connection| {
        Ready::Message(id, connection, convert::string(payload), binary)
    })
}

/// `args` are those of `onMessage`: connection, data, binary.
fn on_message(core: &Rc<Core>, id: ConnId, args: &mut [Zval; 3]) -> Result<(), Unwinding> {
    let callback = core.callbacks.borrow().message.clone();
    if let Some(callback) = callback {
        call(core, callback, args, Some(0))?;
    }
    if let Some(entry) = core.roster.borrow().get(id) {
        entry.outlet.add_handled();
    }
    Ok(())
}

fn on_open(core: &Rc<Core>, server: &Rc<Server>, opened: Opened) -> Result<(), Unwinding> {
    let (request, identity) = match opened.request {
        Ok(request) => (request, Zval::null()),
        Err(id) => match core.asked.borrow_mut().remove(&id) {
            Some(asked) => (asked.request, asked.identity),
            None => return Ok(()),
        },
    };
    let Some(mailbox) = server.shared_mailbox(opened.id) else {
        return Ok(());
    };
    let user = super::identity::user(&identity).or_else(|| super::handshake::token_user(&request));
    let connection = Connection::new(core, opened.id, &opened.outlet, mailbox, request, identity);
    let mut value = Zval::new();
    if ZendClassObject::new(connection).set_zval(&mut value, false).is_err() {
        return Ok(());
    }
    core.roster
        .borrow_mut()
        .insert(opened.id, opened.outlet, value.shallow_clone());
    if let Some(entry) = core.roster.borrow_mut().get_mut(opened.id) {
        entry.user = user;
    }
    let Some(callback) = core.callbacks.borrow().open.clone() else {
        return Ok(());
    };
    call(core, callback, &mut [value], Some(0))
}

fn on_close(core: &Rc<Core>, id: ConnId, code: u16, reason: &str) -> Result<(), Unwinding> {
    let Some(connection) = core.roster.borrow_mut().remove(id) else {
        return Ok(());
    };
    // All its messages are handled: our Close may follow the answers.
    core.command(id, Command::Finish { id });
    let callback = core.callbacks.borrow().close.clone();
    let Some(callback) = callback else {
        return Ok(());
    };
    let mut number = Zval::new();
    number.set_long(i64::from(code));
    call(
        core,
        callback,
        &mut [connection, number, convert::string(reason)],
        Some(0),
    )
}

fn on_handshake(core: &Rc<Core>, server: &Server, request: Arc<HandshakeRequest>) -> Result<(), Unwinding> {
    let id = request.id;
    let callback = core.callbacks.borrow().handshake.clone();
    let answer = match callback {
        None => Ok(Zval::null()),
        Some(callback) => {
            let mut handshake = Zval::new();
            if ZendClassObject::new(Handshake::new(Arc::clone(&request)))
                .set_zval(&mut handshake, false)
                .is_err()
            {
                return Ok(());
            }
            let mut answer = Zval::new();
            let outcome = invoke(core, &callback, &mut [handshake], &mut answer);
            match outcome {
                Outcome::Returned => Ok(answer),
                Outcome::Unwinding => return Err(Unwinding),
                Outcome::Threw(thrown) => {
                    report(core, Zval::null(), thrown)?;
                    Err(500)
                }
            }
        }
    };
    let verdict = answer.and_then(|answer| super::handshake::verdict(&answer));
    let reply = match verdict {
        Ok(identity) => {
            let expires_at = super::identity::expiry(&identity);
            let user = super::identity::user(&identity);
            core.asked.borrow_mut().insert(id, Asked { request, identity });
            HandshakeReply::Accept { expires_at, user }
        }
        Err(status) => HandshakeReply::Refuse { status },
    };
    if let Some(mailbox) = server.mailboxes().nth(usize::from(id.io_thread)) {
        mailbox.batch().push(Command::Reply {
            serial: id.serial,
            reply,
        });
        mailbox.mark();
    }
    Ok(())
}
