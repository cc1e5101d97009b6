//! Where a server listens: several addresses, Unix sockets and their files, HTTP beside the clients.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ferry::engine::config::{Bind, Config};
use ferry::engine::endpoint::{self, EndpointLimits};
use ferry::engine::listener::{Bound, SocketOptions};
use ferry::engine::server::{Server, StartError};
use http_body_util::{BodyExt, Full};

use crate::harness::{Client, Host, config, masked_frame, upgrade_request};

/// A path for a socket that is removed with its directory.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("ferry-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("s.sock")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start_unix(path: &Path) -> Result<Server, StartError> {
    let mut config = config();
    config.listen = vec![Bind::unix(path).into()];
    Server::start(config)
}

#[test]
fn a_unix_socket_serves_and_is_removed_at_the_end() {
    let place = Place::new("serves");
    let path = place.socket();
    let mut host = Host::of(start_unix(&path).unwrap());
    assert_eq!(host.server.address(), format!("unix:{}", path.display()));
    let mut client = Client::connect_unix(&path);
    client.write([upgrade_request("/", "").into_bytes(), masked_frame(0x81, b"hello")].concat());
    assert_eq!(client.response(true).status, 101);
    let id = host.opened();
    assert_eq!(host.request(id).client, None);
    assert_eq!(host.message(), (id, b"hello".to_vec()));
    host.text(id, "hi");
    client.expect_text("hi");
    client.close(1000, "");
    host.closed(id, 1000);
    client.expect_close(1000, "");
    client.expect_end();
    host.finish_quiet();
    assert!(!path.exists());
}

#[test]
fn a_stale_socket_file_is_replaced_and_a_live_one_is_not() {
    let place = Place::new("stale");
    let path = place.socket();
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let server = start_unix(&path).unwrap();
    let refused = start_unix(&path).unwrap_err().to_string();
    assert!(refused.contains("s.sock"), "{refused}");
    assert!(path.exists());
    drop(server);

    std::fs::write(&path, "not a socket").unwrap();
    assert!(start_unix(&path).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"not a socket");
}

#[test]
fn a_file_that_another_server_has_made_is_not_removed() {
    let place = Place::new("replaced");
    let path = place.socket();
    let server = start_unix(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let other = UnixListener::bind(&path).unwrap();
    drop(server);
    assert!(path.exists());
    Client::connect_unix(&path);
    drop(other);
}

#[test]
fn a_live_server_with_a_full_backlog_is_not_waited_for() {
    let place = Place::new("full");
    let path = place.socket();
    let address = socket2::SockAddr::unix(&path).unwrap();
    let socket = || socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    let live = socket();
    live.bind(&address).unwrap();
    live.listen(0).unwrap();
    let mut waiting = Vec::new();
    loop {
        let client = socket();
        client.set_nonblocking(true).unwrap();
        if client.connect(&address).is_err() {
            break;
        }
        waiting.push(client);
    }
    // A blocking look at it would wait for ever.
    assert!(start_unix(&path).is_err());
    assert!(path.exists());
}

#[test]
fn the_backlog_counts_for_unix_sockets() {
    let place = Place::new("backlog");
    let path = place.socket();
    let options = SocketOptions {
        backlog: 1,
        reuse_port: false,
    };
    let _bound = Bound::new(&Bind::unix(&path), options).unwrap();
    let address = socket2::SockAddr::unix(&path).unwrap();
    let mut waiting = Vec::new();
    loop {
        let client = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        client.set_nonblocking(true).unwrap();
        if client.connect(&address).is_err() {
            break;
        }
        waiting.push(client);
        assert!(waiting.len() < 100, "the backlog has no bound");
    }
    // The kernel takes one more than asked for.
    assert_eq!(waiting.len(), 2);
}

#[test]
fn a_unix_socket_has_the_mode_asked_for() {
    let place = Place::new("mode");
    let path = place.socket();
    for mode in [0o600, 0o666] {
        let bind = Bind::Unix {
            path: path.clone(),
            mode: Some(mode),
        };
        let options = SocketOptions {
            backlog: 1,
            reuse_port: false,
        };
        let bound = Bound::new(&bind, options).unwrap();
        let given = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(given, mode, "{given:o}");
        drop(bound);
        assert!(!path.exists());
    }
}

#[test]
fn several_listeners_serve_side_by_side() {
    let place = Place::new("several");
    let path = place.socket();
    let config = Config {
        listen: vec![
            Bind::tcp("127.0.0.1", 0).into(),
            Bind::unix(&path).into(),
            Bind::tcp("127.0.0.1", 0).into(),
        ],
        io_threads: 2,
        ..config()
    };
    let mut host = Host::start(config);
    let addresses = host.server.addresses().to_vec();
    assert_eq!(addresses[0], host.server.address());
    assert_eq!(addresses[1], format!("unix:{}", path.display()));
    assert_ne!(addresses[0], addresses[2]);
    let tcp = |address: &str| Client::connect(address.strip_prefix("ws://").unwrap().parse().unwrap());
    let mut threads = [0, 0];
    for _ in 0..2 {
        let clients = [tcp(&addresses[0]), Client::connect_unix(&path), tcp(&addresses[2])];
        for mut client in clients {
            client.upgrade();
            let id = host.opened();
            threads[id.io_thread()] += 1;
            client.write(masked_frame(0x81, b"hello"));
            assert_eq!(host.message(), (id, b"hello".to_vec()));
            client.reset();
            host.closed(id, 1006);
        }
    }
    assert_eq!(threads, [3, 3], "dealt out in turn, whichever the listener");
    host.finish_quiet();
    assert!(!path.exists());
}

#[test]
fn no_listener_stays_when_one_fails() {
    let place = Place::new("one-fails");
    let path = place.socket();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let config = Config {
        listen: vec![Bind::unix(&path).into(), Bind::tcp("127.0.0.1", port).into()],
        ..config()
    };
    let refused = Server::start(config).unwrap_err().to_string();
    assert!(refused.contains(&format!("127.0.0.1:{port}")), "{refused}");
    assert!(!path.exists());
}

#[test]
fn an_endpoint_answers_on_its_own_address() {
    let options = SocketOptions {
        backlog: 8,
        reuse_port: false,
    };
    let bound = Bound::new(&Bind::tcp("127.0.0.1", 0), options).unwrap();
    let address = bound.address().parse().unwrap();
    let client = std::thread::spawn(move || {
        let limits = EndpointLimits {
            connections: 1,
            ..EndpointLimits::default()
        };
        for body in ["one", "two", &"x".repeat(limits.connections * 1000)] {
            let mut client = Client::connect(address);
            let length = body.len();
            let response = client.request(format!(
                "POST /say HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            ));
            assert_eq!(
                (response.status, response.body),
                (200, format!("POST /say 127.0.0.1 {body}"))
            );
        }
        let garbage = Client::connect(address).request("hello\r\n\r\n");
        assert_eq!(garbage.status, 400);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default())
        .unwrap();
    runtime.block_on(async move {
        let limits = EndpointLimits {
            connections: 1,
            ..EndpointLimits::default()
        };
        let listener = bound.into_listener().unwrap();
        let serving = endpoint::serve(listener, limits, |request, peer| async move {
            let line = format!("{} {} {} ", request.method(), request.uri().path(), peer.unwrap());
            let body = request.into_body().collect().await.unwrap().to_bytes();
            http::Response::new(Full::new(Bytes::from([line.as_bytes(), &body].concat())))
        });
        let asked = tokio::task::spawn_blocking(move || client.join().unwrap());
        tokio::select! {
            () = serving => unreachable!(),
            done = asked => done.unwrap(),
        }
    });
}
