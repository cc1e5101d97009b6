//! TLS 1.3 records with the client's real keys and contents that no library sends.

use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use super::{Client, client_config, session_of};

pub struct Forger {
    key: LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
}

impl Forger {
    /// A client in the middle of a session, with the keys that it would use next. It must not write any more itself.
    pub fn take_over(client: Client) -> (Self, std::net::TcpStream) {
        let (session, socket) = client.into_tls();
        let secrets = session.dangerous_extract_secrets().unwrap();
        let (sequence, ConnectionTrafficSecrets::Aes256Gcm { key, iv }) = secrets.tx else {
            panic!("another cipher");
        };
        let forger = Self {
            key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).unwrap()),
            iv: iv.as_ref().try_into().unwrap(),
            sequence,
        };
        (forger, socket)
    }

    /// A session that gives its keys away.
    pub fn session() -> rustls::ClientConnection {
        let suite = rustls::crypto::ring::cipher_suite::TLS13_AES_256_GCM_SHA384;
        let mut provider = rustls::crypto::ring::default_provider();
        provider.cipher_suites.retain(|s: &SupportedCipherSuite| *s == suite);
        let mut config = Arc::unwrap_or_clone(client_config(provider, &[&rustls::version::TLS13]));
        config.enable_secret_extraction = true;
        session_of(Arc::new(config), "localhost")
    }

    /// One record of this content type: RFC 8446 section 5.2.
    pub fn record(&mut self, content_type: u8, content: &[u8]) -> Vec<u8> {
        let mut sealed = [content, &[content_type]].concat();
        let length = u16::try_from(sealed.len() + 16).unwrap().to_be_bytes();
        let head = [0x17, 3, 3, length[0], length[1]];
        let mut nonce = self.iv;
        for (byte, count) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= count;
        }
        self.sequence += 1;
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(nonce, Aad::from(head), &mut sealed)
            .unwrap();
        [&head, sealed.as_slice()].concat()
    }
}
