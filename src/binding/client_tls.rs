//! What `WsClient` reads and writes: a socket, with TLS or without.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use ext_php_rs::exception::PhpResult;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned};

use crate::engine::config::Value;

use super::exception;

pub enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Wire {
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref(),
        }
    }
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// The argument `$tls`, checked.
pub struct TlsClient {
    config: Arc<ClientConfig>,
    /// In place of the URL's host.
    name: Option<String>,
}

impl TlsClient {
    pub fn read(options: Value) -> PhpResult<Self> {
        let entries = match options {
            Value::Map(entries) => entries,
            Value::Null => Vec::new(),
            Value::List(items) if items.is_empty() => Vec::new(),
            _ => return Err(unknown("0")),
        };
        let (mut authority, mut verify, mut name) = (None, true, None);
        for (key, value) in entries {
            match (key.as_str(), value) {
                ("ca", Value::Bytes(path)) => authority = Some(String::from_utf8_lossy(&path).into_owned()),
                ("verify", Value::Bool(on)) => verify = on,
                ("name", Value::Bytes(bytes)) => name = Some(String::from_utf8_lossy(&bytes).into_owned()),
                ("ca" | "name", Value::Null) => {}
                ("ca", _) => return Err(invalid("ca", "null or the path of a PEM file")),
                ("verify", _) => return Err(invalid("verify", "a bool")),
                ("name", _) => return Err(invalid("name", "null or a host name")),
                (other, _) => return Err(unknown(other)),
            }
        }
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| exception::runtime(e.to_string()))?;
        let mut config = if verify {
            builder
                .with_root_certificates(roots(authority.as_deref())?)
                .with_no_client_auth()
        } else {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
                .with_no_client_auth()
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            name,
        })
    }

    pub fn wrap(self, stream: TcpStream, host: &str) -> PhpResult<Wire> {
        let name = self.name.unwrap_or_else(|| host.to_owned());
        let server = ServerName::try_from(name).map_err(|_| {
            exception::invalid_argument("The host of $url is no name that a certificate can have".into())
        })?;
        let session =
            ClientConnection::new(self.config, server).map_err(|e| exception::connection(e.to_string(), 0))?;
        Ok(Wire::Tls(Box::new(StreamOwned::new(session, stream))))
    }
}

fn invalid(key: &str, allowed: &str) -> ext_php_rs::exception::PhpException {
    exception::invalid_argument(format!("Argument $tls has \"{key}\", which must be {allowed}"))
}

fn unknown(key: &str) -> ext_php_rs::exception::PhpException {
    exception::invalid_argument(format!(
        "Argument $tls has \"{key}\", which is unknown; known are ca, verify, name"
    ))
}

/// Of the file, or the system's.
fn roots(file: Option<&str>) -> PhpResult<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let Some(path) = file else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = certificates.map_err(|e| {
        invalid(
            "ca",
            &format!("the path of a PEM file, and \"{path}\" cannot be read: {e}"),
        )
    })?;
    if roots.add_parsable_certificates(certificates).0 == 0 {
        return Err(invalid(
            "ca",
            &format!("the path of a PEM file, and \"{path}\" holds no certificate"),
        ));
    }
    Ok(roots)
}

/// For tests: the server may be anybody.
#[derive(Debug)]
struct AnyCertificate(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
