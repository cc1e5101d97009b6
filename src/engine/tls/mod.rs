//! TLS with rustls: certificates from files, records between a socket and a session.

mod files;
mod handshake;
mod records;
mod resolver;
mod socket;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{ProducesTickets, ServerConfig};
use rustls::version::{TLS12, TLS13};

pub use files::{CertificateFiles, FileProblem, TlsError};
pub use handshake::{Refused, shake_hands};
pub use socket::TlsSocket;

use resolver::Certificates;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MinVersion {
    #[default]
    Tls12,
    Tls13,
}

/// The certificates of a server, which can be read again while it runs.
pub struct Tls {
    files: Vec<CertificateFiles>,
    min_version: MinVersion,
    /// Outlives a reload: tickets stay good.
    ticketer: Arc<dyn ProducesTickets>,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files. The first certificate is for clients that ask for no name or an unknown one.
    pub fn load(files: Vec<CertificateFiles>, min_version: MinVersion) -> Result<Self, TlsError> {
        let ticketer = ring::Ticketer::new().map_err(|_| TlsError {
            option: "tls".into(),
            problem: FileProblem::NoRandomness,
        })?;
        let config = read(&files, min_version, &ticketer)?;
        Ok(Self {
            files,
            min_version,
            ticketer,
            current: RwLock::new(config),
        })
    }

    /// Reads the files again, for the connections to come. With an error everything stays as it is.
    pub fn reload(&self) -> Result<(), TlsError> {
        let config = read(&self.files, self.min_version, &self.ticketer)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Shows the paths alone.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.files)
            .field("min_version", &self.min_version)
            .finish_non_exhaustive()
    }
}

fn read(
    files: &[CertificateFiles],
    min_version: MinVersion,
    ticketer: &Arc<dyn ProducesTickets>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let certificates = Certificates::read(files, &provider)?;
    let mut config = builder(provider, min_version)
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificates));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ticketer = Arc::clone(ticketer);
    Ok(Arc::new(config))
}

#[allow(clippy::expect_used)]
fn builder(
    provider: Arc<CryptoProvider>,
    min_version: MinVersion,
) -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let versions: &[&rustls::SupportedProtocolVersion] = match min_version {
        MinVersion::Tls12 => &[&TLS13, &TLS12],
        MinVersion::Tls13 => &[&TLS13],
    };
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("ring has suites for both versions")
}
