//! Certificates and keys in PEM files, and what may be wrong with them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// A chain or a key is far smaller; anything larger is another file.
const MAX_FILE: u64 = 1 << 20;

/// Where one certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// What stands before `cert` and `key` in the option's name: `tls.` or `tls.certificates[0].`.
    pub option: String,
}

/// `Display` is what follows `Option "tls.cert" `, with the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    #[error(
        "names the file \"{path}\", which cannot be read: {reason}; check the path and the rights of the server's user"
    )]
    Unreadable { path: PathBuf, reason: String },
    #[error("names the file \"{path}\", which has more than {MAX_FILE} bytes; a PEM file is due")]
    TooLarge { path: PathBuf },
    #[error(
        "names the file \"{path}\", which holds no certificate in PEM form (\"-----BEGIN CERTIFICATE-----\"); \
         write the server's certificate there, then the intermediate ones"
    )]
    NoCertificate { path: PathBuf },
    #[error("names the file \"{path}\", whose certificate cannot be read: {reason}; let its issuer make it again")]
    BadCertificate { path: PathBuf, reason: String },
    #[error(
        "names the file \"{path}\", which holds no private key in PEM form (PKCS #8, PKCS #1 or SEC 1); \
         write the certificate's key there"
    )]
    NoKey { path: PathBuf },
    #[error(
        "names the file \"{path}\", whose key is encrypted; write it without a passphrase: openssl pkey -in KEY -out NEW"
    )]
    EncryptedKey { path: PathBuf },
    #[error(
        "names the file \"{path}\", whose key cannot be used: {reason}; use RSA with at least 2048 bits, P-256, P-384 or Ed25519"
    )]
    BadKey { path: PathBuf, reason: String },
    #[error(
        "names the file \"{key}\", whose key is not the one of the certificate in \"{certificate}\"; give both files of one pair"
    )]
    OtherKey { key: PathBuf, certificate: PathBuf },
    #[error("cannot be used: the system gives no random numbers")]
    NoRandomness,
}

/// A file of the option `tls` that cannot be used. `Display` is a whole sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Option \"{option}\" {problem}.")]
pub struct TlsError {
    pub option: String,
    pub problem: FileProblem,
}

impl CertificateFiles {
    /// Reads both and checks that they belong together.
    pub(super) fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let in_certificate = |problem| self.error("cert", problem);
        let in_key = |problem| self.error("key", problem);
        let chain = chain(&self.certificate).map_err(in_certificate)?;
        // rustls would look at it only in a handshake.
        webpki::EndEntityCert::try_from(&chain[0])
            .map_err(|e| in_certificate(FileProblem::bad_certificate(&self.certificate, &e)))?;
        let key = key(&self.key).map_err(in_key)?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => in_key(FileProblem::OtherKey {
                key: self.key.clone(),
                certificate: self.certificate.clone(),
            }),
            rustls::Error::InvalidCertificate(e) => in_certificate(FileProblem::bad_certificate(&self.certificate, &e)),
            error => in_key(FileProblem::BadKey {
                path: self.key.clone(),
                reason: error.to_string(),
            }),
        })
    }

    fn error(&self, name: &str, problem: FileProblem) -> TlsError {
        TlsError {
            option: format!("{}{name}", self.option),
            problem,
        }
    }
}

impl FileProblem {
    fn bad_certificate(path: &Path, reason: &impl std::fmt::Debug) -> Self {
        Self::BadCertificate {
            path: path.into(),
            reason: format!("{reason:?}"),
        }
    }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileProblem> {
    let bytes = read_file(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = chain.map_err(|e| FileProblem::bad_certificate(path, &e))?;
    if chain.is_empty() {
        return Err(FileProblem::NoCertificate { path: path.into() });
    }
    Ok(chain)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, FileProblem> {
    const ENCRYPTED: [&[u8]; 2] = [b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];
    let bytes = read_file(path)?;
    let holds = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
    if ENCRYPTED.into_iter().any(holds) {
        return Err(FileProblem::EncryptedKey { path: path.into() });
    }
    // Its own words could quote the file.
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| FileProblem::NoKey { path: path.into() })
}

fn read_file(path: &Path) -> Result<Vec<u8>, FileProblem> {
    let unreadable = |e: io::Error| FileProblem::Unreadable {
        path: path.into(),
        reason: e.to_string(),
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(FileProblem::TooLarge { path: path.into() });
    }
    Ok(bytes)
}
