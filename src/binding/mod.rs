//! The extension: the only code that names `ext_php_rs`, and the only code that runs on the PHP thread alone.

mod alarm;
mod args;
mod callback;
mod client;
mod client_tls;
mod connection;
mod convert;
mod core;
mod dispatch;
mod ending;
mod events;
mod exception;
mod fiber;
mod handshake;
mod http;
mod http_response;
mod identity;
mod live;
mod memory;
mod object;
mod reload;
mod room;
mod send_result;
mod server;
mod serving;
mod shortcut;
mod signals;
mod stats;
mod stop;
mod thrown;
mod timer;
mod zend;

use std::sync::Once;

use ext_php_rs::class::RegisteredClass;
use ext_php_rs::prelude::*;
use ext_php_rs::zend::ModuleEntry;
use ext_php_rs::{info_table_end, info_table_row, info_table_start};

use self::client::WsClient;
use self::connection::Connection;
use self::fiber::future::Future;
use self::handshake::Handshake;
use self::http::HttpClient;
use self::http_response::HttpResponse;
use self::identity::Identity;
use self::room::Room;
use self::send_result::SendResult;
use self::server::WsServer;
use self::stats::Stats;
use self::timer::Timer;

/// `E_CORE` and friends do not apply: 0 is SUCCESS, -1 FAILURE.
extern "C" fn startup(_type: i32, _module: i32) -> i32 {
    if exception::register().is_err() {
        return -1;
    }
    live::watch_forks();
    zend::set_get_gc(WsServer::get_metadata().handlers(), server::get_gc);
    zend::set_get_gc(Connection::get_metadata().handlers(), connection::get_gc);
    zend::set_get_gc(Identity::get_metadata().handlers(), identity::get_gc);
    zend::set_get_gc(Future::get_metadata().handlers(), fiber::future::get_gc);
    0
}

/// ext-php-rs registers the classes after [`startup`]: what changes their entries waits until the first request.
extern "C" fn request_startup(_type: i32, _module: i32) -> i32 {
    static ONCE: Once = Once::new();
    fiber::begin();
    ONCE.call_once(|| {
        object::make_readonly::<Connection>();
        object::make_readonly::<Handshake>();
        object::make_readonly::<Identity>();
        object::make_readonly::<Stats>();
        object::allow_dynamic_properties::<Connection>();
        object::make_sensitive::<Connection>("authenticate", 0);
        object::make_sensitive::<Identity>("__construct", 3);
        object::make_sensitive::<HttpClient>("__construct", 0);
        object::make_sensitive::<HttpClient>("request", 2);
        object::make_sensitive::<HttpClient>("requestasync", 2);
        object::make_final("Ferry\\SendResult");
        shortcut::install();
        object::redact::<Handshake>();
        object::redact::<Identity>();
        server::construct_once();
        identity::construct_once();
        http::construct_once();
    });
    0
}

extern "C" fn request_shutdown(_type: i32, _module: i32) -> i32 {
    live::end_of_request();
    fiber::forget();
    send_result::forget_cases();
    0
}

/// The process ends: nothing may be left that runs code of the extension.
extern "C" fn shutdown(_type: i32, _module: i32) -> i32 {
    crate::engine::background::end();
    0
}

extern "C" fn info(_module: *mut ModuleEntry) {
    info_table_start!();
    info_table_row!("Ferry WebSocket server", "enabled");
    info_table_row!("Version", env!("CARGO_PKG_VERSION"));
    info_table_end!();
}

#[php_module]
#[php(startup = startup)]
pub fn get_module(module: ModuleBuilder) -> ModuleBuilder {
    fiber::functions::register(module)
        .name("ferry")
        .request_startup_function(request_startup)
        .request_shutdown_function(request_shutdown)
        .shutdown_function(shutdown)
        .info_function(info)
        .enumeration::<SendResult>()
        .class::<Identity>()
        .class::<Handshake>()
        .class::<Connection>()
        .class::<Room>()
        .class::<Timer>()
        .class::<Stats>()
        .class::<Future>()
        .class::<WsServer>()
        .class::<WsClient>()
        .class::<HttpResponse>()
        .class::<HttpClient>()
}
