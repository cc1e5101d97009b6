//! The class `Ferry\WsServer`.
#![allow(non_snake_case, reason = "arguments have the names that PHP shows")]

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ext_php_rs::exception::PhpResult;
use ext_php_rs::ffi::zend_execute_data;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendClassObject, ZendHashTable, ZendObject, Zval};

use crate::engine::config::{Config, Value};

use super::args::{Bytes, Callable, Except, Options, Seconds};
use super::callback::Callback;
use super::connection::{close_arguments, message_kind, room_name};
use super::convert::{self, ArrayValue, This};
use super::core::{Callbacks, Core};
use super::dispatch::{self, Ended};
use super::ending;
use super::fiber;
use super::live;
use super::room::{self, Room};
use super::serving;
use super::signals::Signals;
use super::stats::Stats;
use super::stop;
use super::timer::Timer;
use super::{exception, object, zend};

/// SAPIs whose process is the server's own.
const SAPIS: [&str; 3] = ["cli", "embed", "phpdbg"];
/// What `on()` takes.
const EVENTS: [&str; 6] = ["handshake", "open", "message", "close", "error", "authenticate"];

/// A WebSocket server (RFC 6455) that runs inside this PHP process.
#[php_class]
#[php(name = "Ferry\\WsServer")]
#[php(flags = ClassFlags::Final)]
pub struct WsServer {
    pub core: Rc<Core>,
}

#[php_impl]
impl WsServer {
    #[php(defaults(options = ()))]
    pub fn __construct(options: Options<'_>) -> PhpResult<Self> {
        let sapi = zend::sapi_name();
        if !SAPIS.contains(&sapi.as_str()) {
            return Err(exception::logic(format!(
                "A WebSocket server cannot run under the SAPI \"{sapi}\": start it from the command line (php bin/console ws:serve)"
            )));
        }
        let value = options.0.map_or(Value::List(Vec::new()), convert::option_value);
        let config = Config::parse(&value).map_err(|e| exception::invalid_argument(e.to_string()))?;
        Ok(Self {
            core: Core::new(config),
        })
    }

    #[php(name = "onHandshake")]
    pub fn on_handshake(self_: &mut ZendClassObject<WsServer>, callback: Callable<'_>) -> PhpResult<This<WsServer>> {
        let (this, core) = shared(self_);
        set_callback(&core, "handshake", callback).map(|()| this)
    }

    #[php(name = "onOpen")]
    pub fn on_open(self_: &mut ZendClassObject<WsServer>, callback: Callable<'_>) -> PhpResult<This<WsServer>> {
        let (this, core) = shared(self_);
        set_callback(&core, "open", callback).map(|()| this)
    }

    #[php(name = "onMessage")]
    pub fn on_message(self_: &mut ZendClassObject<WsServer>, callback: Callable<'_>) -> PhpResult<This<WsServer>> {
        let (this, core) = shared(self_);
        set_callback(&core, "message", callback).map(|()| this)
    }

    #[php(name = "onClose")]
    pub fn on_close(self_: &mut ZendClassObject<WsServer>, callback: Callable<'_>) -> PhpResult<This<WsServer>> {
        let (this, core) = shared(self_);
        set_callback(&core, "close", callback).map(|()| this)
    }

    #[php(name = "onError")]
    pub fn on_error(self_: &mut ZendClassObject<WsServer>, callback: Callable<'_>) -> PhpResult<This<WsServer>> {
        let (this, core) = shared(self_);
        set_callback(&core, "error", callback).map(|()| this)
    }

    #[php(name = "onAuthenticate")]
    pub fn on_authenticate(self_: &mut ZendClassObject<WsServer>, callback: Callable<'_>) -> PhpResult<This<WsServer>> {
        let (this, core) = shared(self_);
        set_callback(&core, "authenticate", callback).map(|()| this)
    }

    pub fn on(self_: &mut ZendClassObject<WsServer>, event: &str, callback: Callable<'_>) -> PhpResult<This<WsServer>> {
        let (this, core) = shared(self_);
        if !EVENTS.contains(&event) {
            return Err(exception::invalid_argument(format!(
                "Argument $event must be handshake, open, message, close, error or authenticate, \"{event}\" given"
            )));
        }
        set_callback(&core, event, callback).map(|()| this)
    }

    #[php(name = "fiberContext")]
    pub fn fiber_context(
        self_: &mut ZendClassObject<WsServer>,
        leave: Callable<'_>,
        enter: Callable<'_>,
    ) -> PhpResult<This<WsServer>> {
        let (this, core) = shared(self_);
        set_callback(&core, "leave", leave)?;
        fiber::watch();
        set_callback(&core, "enter", enter).map(|()| this)
    }

    pub fn listen(&self) -> PhpResult<String> {
        self.core.listen().map(|server| server.address().to_owned())
    }

    pub fn addresses(&self) -> PhpResult<ArrayValue> {
        self.core.guard()?;
        let mut table = ZendHashTable::new();
        if let Some(server) = self.core.running() {
            for address in server.addresses() {
                table.push(address.as_str())?;
            }
        }
        Ok(ArrayValue(convert::array(table)))
    }

    #[php(name = "controlAddress")]
    pub fn control_address(&self) -> PhpResult<Option<String>> {
        self.core.guard()?;
        let server = self.core.running();
        Ok(server.and_then(|s| s.control_address().map(Into::into)))
    }

    pub fn reload(&self) -> PhpResult<()> {
        self.core.guard()?;
        self.core.reload()
    }

    #[php(name = "isRunning")]
    pub fn is_running(&self) -> bool {
        self.core.is_ours() && self.core.running().is_some()
    }

    #[php(defaults(timeout = 0.1, maxEvents = 256))]
    pub fn poll(&self, timeout: Seconds, maxEvents: i64) -> PhpResult<i64> {
        self.core.guard()?;
        let timeout = timeout.duration("timeout")?;
        let Some(max) = usize::try_from(maxEvents).ok().filter(|n| (1..=65_536).contains(n)) else {
            return Err(exception::invalid_argument(format!(
                "Argument $maxEvents must be an integer from 1 to 65536, {maxEvents} given"
            )));
        };
        let core = Rc::clone(&self.core);
        match dispatch::guarded(&core, || dispatch::poll(&core, Some(timeout), max))? {
            Ended::Handled(n) => Ok(i64::try_from(n).unwrap_or(i64::MAX)),
            Ended::Stopped | Ended::Pending => Ok(0),
        }
    }

    pub fn run(&self) -> PhpResult<()> {
        let core = Rc::clone(&self.core);
        let server = core.listen()?;
        let _handlers = Signals::install(server.inbox.bell.raw_fd(), core.config.tls.is_some());
        drop(server);
        dispatch::guarded(&core, || dispatch::run(&core)).map(|_| ())
    }

    #[php(defaults(code = 1001, reason = (), grace = 5.0))]
    pub fn stop(&self, code: i64, reason: Bytes<'_>, grace: Seconds) -> PhpResult<()> {
        self.core.guard()?;
        let (code, reason) = close_arguments(code, reason)?;
        let grace = grace.duration("grace")?;
        let core = Rc::clone(&self.core);
        if core.running().is_none() {
            return Ok(());
        }
        stop::ask(&core, code, reason, grace);
        if core.polling.get() || fiber::pool::is_inside(&core) {
            // Somebody else's loop may have resumed the callback, and must poll now.
            if let Some(server) = core.running() {
                server.inbox.bell.wake();
            }
            return Ok(());
        }
        loop {
            match dispatch::guarded(&core, || dispatch::poll(&core, Some(Duration::from_millis(50)), 256))? {
                Ended::Handled(_) => {}
                Ended::Stopped | Ended::Pending => return Ok(()),
            }
        }
    }

    pub fn stream(&self) -> PhpResult<Zval> {
        self.core.guard()?;
        let Some(server) = self.core.running() else {
            return Err(exception::logic("The server does not listen: call listen() first"));
        };
        let stream = zend::stream(server.inbox.bell.raw_fd())?;
        self.core.streamed.set(true);
        live::STREAMED.set(true);
        // From now on the eventfd is rung whenever poll() is not running.
        server.inbox.bell.arm();
        if !server.inbox.is_empty() {
            server.inbox.bell.ring();
        }
        Ok(stream)
    }

    pub fn room(&self, name: Bytes<'_>) -> PhpResult<Room> {
        self.core.guard()?;
        Ok(Room::new(&self.core, room_name(name)?))
    }

    pub fn connection(&self, id: &str) -> PhpResult<ConnectionOrNull> {
        self.core.guard()?;
        let found = self.core.parse_id(id);
        let roster = self.core.roster.borrow();
        let entry = found.and_then(|id| roster.get(id));
        Ok(ConnectionOrNull(entry.map(|e| e.value.shallow_clone())))
    }

    pub fn connections(&self) -> PhpResult<ArrayValue> {
        self.core.guard()?;
        let open = self.core.roster.borrow().open_ids();
        room::connection_list(&self.core, &open)
    }

    pub fn count(&self) -> PhpResult<i64> {
        self.core.guard()?;
        let count = self.core.roster.borrow().count_reached(None, &[]);
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    #[php(defaults(binary = false, except = ()))]
    pub fn broadcast(&self, data: Bytes<'_>, binary: bool, except: Except<'_>) -> PhpResult<i64> {
        self.core.guard()?;
        let kind = message_kind(data, binary)?;
        room::broadcast(&self.core, None, kind, data.0, except)
    }

    #[php(name = "publishToUser")]
    pub fn publish_to_user(&self, userIdentifier: &str, event: Bytes<'_>, data: Option<&Zval>) -> PhpResult<i64> {
        self.core.guard()?;
        let (event, data) = room::event_arguments(event, data)?;
        let reached = self
            .core
            .publish_to_user(userIdentifier, event, data)
            .map_err(exception::not_taken)?;
        Ok(i64::try_from(reached).unwrap_or(i64::MAX))
    }

    #[php(name = "disconnectUser")]
    #[php(defaults(code = 4401, reason = ()))]
    pub fn disconnect_user(&self, userIdentifier: &str, code: i64, reason: Bytes<'_>) -> PhpResult<i64> {
        self.core.guard()?;
        let (code, reason) = close_arguments(code, reason)?;
        self.core
            .disconnect_elsewhere(userIdentifier, code, reason)
            .map_err(exception::not_taken)?;
        let ids = self.core.roster.borrow().of_user(userIdentifier);
        for id in &ids {
            self.core.close(*id, code, reason);
        }
        Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
    }

    pub fn after(&self, seconds: Seconds, callback: Callable<'_>) -> PhpResult<Timer> {
        self.timer(seconds.duration("seconds")?, false, callback)
    }

    pub fn every(&self, seconds: Seconds, callback: Callable<'_>) -> PhpResult<Timer> {
        let interval = seconds.duration("seconds")?;
        if interval < Duration::from_millis(1) {
            let given = seconds.0;
            return Err(exception::invalid_argument(format!(
                "Argument $seconds must be at least 0.001 for a repeating timer, {given} given"
            )));
        }
        self.timer(interval, true, callback)
    }

    pub fn stats(&self) -> PhpResult<Stats> {
        self.core.guard()?;
        Ok(Stats::of(&self.core))
    }
}

impl WsServer {
    fn timer(&self, delay: Duration, every: bool, callback: Callable<'_>) -> PhpResult<Timer> {
        self.core.guard()?;
        let callback = Rc::new(Callback::new(callback.0)?);
        let id = self
            .core
            .timers
            .borrow_mut()
            .add(Instant::now(), delay, every, callback);
        Ok(Timer::new(&self.core, id))
    }
}

/// `$this` and the core, held apart from the object: looking a callable up may load classes, which runs PHP code.
fn shared(server: &mut ZendClassObject<WsServer>) -> (This<WsServer>, Rc<Core>) {
    let core = Rc::clone(&server.core);
    (This::of(server), core)
}

fn set_callback(core: &Core, event: &str, callback: Callable<'_>) -> PhpResult<()> {
    core.guard()?;
    let pick: fn(&mut Callbacks) -> &mut Option<Rc<Callback>> = match event {
        "handshake" => |c| &mut c.handshake,
        "open" => |c| &mut c.open,
        "message" => |c| &mut c.message,
        "close" => |c| &mut c.close,
        "error" => |c| &mut c.error,
        "authenticate" => |c| &mut c.authenticate,
        "leave" => |c| &mut c.leave,
        _ => |c| &mut c.enter,
    };
    let callback = Rc::new(Callback::new(callback.0)?);
    let old = pick(&mut core.callbacks.borrow_mut()).replace(callback);
    // Outside of the borrow: a destructor may come with it.
    drop(old);
    if event == "handshake"
        && let Some(server) = core.running()
    {
        server.ask_php.store(true, Ordering::Relaxed);
    }
    Ok(())
}

impl Drop for WsServer {
    fn drop(&mut self) {
        self.core.abort(ending::last_code(), "");
        // Unwinding shows in what is pending.
        let _ = serving::end(&self.core);
        self.core.clear();
    }
}

/// A `?Connection` on its way to PHP.
pub struct ConnectionOrNull(Option<Zval>);

impl ext_php_rs::convert::IntoZval for ConnectionOrNull {
    const TYPE: ext_php_rs::flags::DataType = ext_php_rs::flags::DataType::object("Ferry\\Connection");
    const NULLABLE: bool = true;

    fn set_zval(self, value: &mut Zval, _: bool) -> ext_php_rs::error::Result<()> {
        *value = self.0.unwrap_or_else(Zval::null);
        Ok(())
    }
}

/// The collector must see callbacks and connections: a closure that captures its server is a cycle.
pub unsafe extern "C" fn get_gc(
    object: *mut ZendObject,
    table: *mut *mut Zval,
    n: *mut std::ffi::c_int,
) -> *mut ZendHashTable {
    // SAFETY: called by the collector for an object of this class.
    unsafe {
        let server = ZendClassObject::<WsServer>::from_zend_obj(&*object);
        zend::collect(object, table, n, |buffer| {
            if let Some(server) = server {
                server.core.for_each_value(|value| buffer.add(value));
            }
        })
    }
}

static CONSTRUCTOR: std::sync::OnceLock<object::Handler> = std::sync::OnceLock::new();

unsafe extern "C" fn construct(frame: *mut zend_execute_data, result: *mut Zval) {
    // SAFETY: called by the engine as the constructor of this class.
    unsafe { object::construct::<WsServer>(&CONSTRUCTOR, frame, result) };
}

/// Before any object exists.
pub fn construct_once() {
    object::construct_once::<WsServer>(&CONSTRUCTOR, construct);
}
