//! TLS to Redis: whom to trust, and as whom to come.

use std::path::{Path, PathBuf};
use std::{fmt, fs};

use redis::{ClientTlsConfig, ErrorKind, RedisError, TlsCertificates};
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Files in PEM form, read again for each connection: certificates are renewed while a server runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Trusted in place of the system's authorities.
    pub ca: Option<PathBuf>,
    /// Certificate and key, for a Redis that asks its clients for one.
    pub pair: Option<(PathBuf, PathBuf)>,
}

/// `Display` is what follows `Option "redis.dsn" `.
#[derive(Debug)]
pub struct BadFile {
    parameter: &'static str,
    path: PathBuf,
    reason: String,
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            parameter,
            path,
            reason,
        } = self;
        write!(f, "has {parameter}={}, which cannot be used: {reason}", path.display())
    }
}

impl From<BadFile> for RedisError {
    fn from(bad: BadFile) -> Self {
        Self::from((ErrorKind::InvalidClientConfig, "The DSN", bad.to_string()))
    }
}

impl TlsFiles {
    /// Reads and checks them, so that what is wrong is said before Redis is asked.
    pub fn read(&self) -> Result<TlsCertificates, BadFile> {
        let root_cert = match &self.ca {
            None => None,
            Some(path) => Some(read_authorities(path).map_err(bad("ca_file", path))?),
        };
        let client_tls = match &self.pair {
            None => None,
            Some((certificate, key)) => {
                let client_cert = fs::read(certificate).map_err(|e| bad("cert_file", certificate)(e.to_string()))?;
                let chain = certificates(&client_cert).map_err(bad("cert_file", certificate))?;
                let client_key = fs::read(key).map_err(|e| bad("key_file", key)(e.to_string()))?;
                check_key(chain, &client_key).map_err(bad("key_file", key))?;
                Some(ClientTlsConfig {
                    client_cert,
                    client_key,
                })
            }
        };
        Ok(TlsCertificates { client_tls, root_cert })
    }
}

fn bad(parameter: &'static str, path: &Path) -> impl FnOnce(String) -> BadFile {
    let path = path.to_owned();
    move |reason| BadFile {
        parameter,
        path,
        reason,
    }
}

fn read_authorities(path: &Path) -> Result<Vec<u8>, String> {
    let pem = fs::read(path).map_err(|e| e.to_string())?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&pem)? {
        roots.add(certificate).map_err(|e| e.to_string())?;
    }
    Ok(pem)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|e| e.to_string())?;
    if read.is_empty() {
        return Err("it holds no certificate in PEM form".into());
    }
    Ok(read)
}

fn check_key(chain: Vec<CertificateDer<'static>>, pem: &[u8]) -> Result<(), String> {
    let key = PrivateKeyDer::from_pem_slice(pem)
        .map_err(|_| "it holds no private key in PEM form without a passphrase".to_owned())?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map(drop)
        .map_err(|e| e.to_string())
}
