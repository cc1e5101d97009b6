//! Certificate authorities to trust.

use std::sync::OnceLock;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Of a PEM file, if it holds any and nothing else.
pub(super) fn roots_of(file: &str) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).ok()? {
        roots.add(certificate.ok()?).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}

/// Those that the system trusts now. Read once: it takes some milliseconds.
pub(super) fn system_roots() -> RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS
        .get_or_init(|| {
            #[cfg(feature = "php")]
            let certificates = rustls_native_certs::load_native_certs().certs;
            #[cfg(not(feature = "php"))]
            let certificates = Vec::new();
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates);
            roots
        })
        .clone()
}
