//! Which certificate a client gets, and reading them again.

use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use ferry::engine::config::{Bind, Config, Listen};
use ferry::engine::tls::{CertificateFiles, MinVersion, Tls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::harness::{Client, Host, config, connect_tls, fixture, session, session_with, tls};

fn serving(tls: Arc<Tls>) -> Host {
    let listen = Listen {
        tls: true,
        ..Bind::tcp("127.0.0.1", 0).into()
    };
    Host::start(Config {
        listen: vec![listen],
        tls: Some(tls),
        ..config()
    })
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(fixture(&format!("{name}.pem"))).unwrap()
}

/// Opens a connection for that name and returns the certificate it got.
fn shown(host: &mut Host, name: &str) -> CertificateDer<'static> {
    let stream = TcpStream::connect(host.address()).unwrap();
    let mut client = Client::over_tls(stream, session(name));
    client.upgrade();
    let id = host.opened();
    let shown = client.session().peer_certificates().unwrap()[0].clone().into_owned();
    drop(client);
    host.closed(id, 1006);
    shown
}

#[test]
fn the_name_asked_for_chooses_the_certificate() {
    let mut host = serving(Arc::new(tls(&["local", "other"])));
    for (name, expected) in [
        ("localhost", "local"),
        // An address is never asked for by name: the first is for those.
        ("127.0.0.1", "local"),
        ("other.example", "other"),
        ("a.wild.example", "other"),
    ] {
        assert_eq!(shown(&mut host, name), certificate(expected), "{name}");
    }
    // An unknown name gets the first, which the client then refuses.
    let stream = TcpStream::connect(host.address()).unwrap();
    let mut stranger = Client::over_tls(stream, session("unknown.example"));
    let error = stranger.try_write("x").unwrap_err().to_string();
    assert!(error.contains("certificate not valid for name"), "{error}");
    host.finish_quiet();
}

#[test]
fn the_lowest_version_can_be_raised() {
    let files = CertificateFiles {
        certificate: fixture("local.pem"),
        key: fixture("local.key"),
        option: "tls.".into(),
    };
    let mut host = serving(Arc::new(Tls::load(vec![files], MinVersion::Tls13).unwrap()));
    let stream = TcpStream::connect(host.address()).unwrap();
    let old = session_with(&[&rustls::version::TLS12], "localhost", &[]);
    let error = Client::over_tls(stream, old).try_write("x").unwrap_err().to_string();
    assert!(error.contains("ProtocolVersion"), "{error}");
    assert_eq!(shown(&mut host, "localhost"), certificate("local"));
    host.finish_quiet();
}

/// A folder with `s.pem` and `s.key`, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Self(std::env::temp_dir().join(format!("ferry-{}-{name}", std::process::id())));
        std::fs::create_dir_all(&folder.0).unwrap();
        folder.put("local");
        folder
    }

    fn put(&self, name: &str) {
        for kind in ["pem", "key"] {
            std::fs::copy(fixture(&format!("{name}.{kind}")), self.0.join(format!("s.{kind}"))).unwrap();
        }
    }

    fn files(&self) -> CertificateFiles {
        CertificateFiles {
            certificate: self.0.join("s.pem"),
            key: self.0.join("s.key"),
            option: "tls.".into(),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_reload_changes_the_certificate_and_drops_nobody() {
    let folder = Folder::new("reload");
    let tls = Arc::new(Tls::load(vec![folder.files()], MinVersion::Tls12).unwrap());
    let mut host = serving(Arc::clone(&tls));
    let mut early = connect_tls(host.address());
    early.upgrade();
    let id = host.opened();
    folder.put("renewed");
    assert_eq!(shown(&mut host, "localhost"), certificate("local"), "not read yet");
    tls.reload().unwrap();
    assert_eq!(shown(&mut host, "localhost"), certificate("renewed"));

    // A key that does not belong to it changes nothing.
    std::fs::copy(fixture("other.key"), folder.0.join("s.key")).unwrap();
    let error = tls.reload().unwrap_err().to_string();
    assert!(error.starts_with("Option \"tls.key\" names the file \""), "{error}");
    assert!(error.contains("is not the one of the certificate in"), "{error}");
    std::fs::remove_file(folder.0.join("s.pem")).unwrap();
    let error = tls.reload().unwrap_err().to_string();
    assert!(error.starts_with("Option \"tls.cert\" names the file \""), "{error}");
    assert!(error.contains("cannot be read: No such file"), "{error}");
    assert_eq!(shown(&mut host, "localhost"), certificate("renewed"));

    early.text("still here");
    assert_eq!(host.message(), (id, b"still here".to_vec()));
    host.text(id, "so am I");
    early.expect_text("so am I");
    host.finish();
}
