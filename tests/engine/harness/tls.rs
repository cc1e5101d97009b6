//! Certificates of `tests/fixtures/tls` and clients that check them.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use ferry::engine::tls::{CertificateFiles, MinVersion, Tls};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};

use super::Client;

pub fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures/tls", name]
        .iter()
        .collect()
}

/// The certificates of these names.
pub fn tls(names: &[&str]) -> Tls {
    let files = |name: &&str| CertificateFiles {
        certificate: fixture(&format!("{name}.pem")),
        key: fixture(&format!("{name}.key")),
        option: "tls.".into(),
    };
    Tls::load(names.iter().map(files).collect(), MinVersion::Tls12).unwrap()
}

/// Trusts the test's root.
pub fn client_config(provider: CryptoProvider, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(fixture("ca.pem")).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

pub fn session_of(config: Arc<ClientConfig>, name: &str) -> ClientConnection {
    ClientConnection::new(config, ServerName::try_from(name.to_owned()).unwrap()).unwrap()
}

/// A session of these versions that offers these protocols.
pub fn session_with(versions: &[&'static SupportedProtocolVersion], name: &str, alpn: &[&str]) -> ClientConnection {
    let mut config = Arc::unwrap_or_clone(client_config(default_provider(), versions));
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    session_of(Arc::new(config), name)
}

pub fn session(name: &str) -> ClientConnection {
    session_of(client_config(default_provider(), rustls::DEFAULT_VERSIONS), name)
}

pub fn connect_tls(address: SocketAddr) -> Client {
    let stream = TcpStream::connect(address).unwrap();
    Client::over_tls(stream, session("localhost"))
}
