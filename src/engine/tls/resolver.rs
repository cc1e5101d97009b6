//! Which certificate a client gets: by the name it asks for (SNI) and the signatures it can check.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::files::{CertificateFiles, TlsError};

#[derive(Debug)]
pub(super) struct Certificates(Vec<Arc<CertifiedKey>>);

impl Certificates {
    pub fn read(files: &[CertificateFiles], provider: &CryptoProvider) -> Result<Self, TlsError> {
        let keys = files.iter().map(|file| file.read(provider).map(Arc::new));
        Ok(Self(keys.collect::<Result<_, _>>()?))
    }
}

impl ResolvesServerCert for Certificates {
    /// The first that is for the name and the client's algorithms; without one the first that the client can check.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let [only] = self.0.as_slice() {
            return Some(Arc::clone(only));
        }
        let usable = || {
            let can_check = |key: &&Arc<CertifiedKey>| key.key.choose_scheme(hello.signature_schemes()).is_some();
            self.0.iter().filter(can_check)
        };
        let name = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let named = name.and_then(|name| usable().find(|key| is_for(key, &name)));
        named.or_else(|| usable().next()).cloned()
    }
}

fn is_for(key: &CertifiedKey, name: &ServerName<'_>) -> bool {
    key.end_entity_cert().is_ok_and(|der| {
        webpki::EndEntityCert::try_from(der).is_ok_and(|c| c.verify_is_valid_for_subject_name(name).is_ok())
    })
}
