//! Loading of verification keys.

use std::fs::File;
use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::rust_crypto;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};

use super::error::KeyError;
use crate::engine::auth::secret::Secret;

const FILE_PREFIX: &[u8] = b"file://";
const MAX_FILE_BYTES: u64 = 65_536;
/// RFC 7518 sections 3.3 and 3.5, and the limit of the `rsa` crate.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// A key that passed every check, with what it may be used for.
pub(super) struct Key {
    kind: Kind,
    decoding: DecodingKey,
    /// The only algorithm it may be used for, where its issuer says so.
    only: Option<Algorithm>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Secret,
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Key {
    /// Reads a secret or a PEM public key. What it is follows from its content, never from a token; it must serve at least
    /// one of the algorithms.
    pub(super) fn load(given: &Secret, algorithms: &[Algorithm]) -> Result<Self, KeyError> {
        let from_file;
        let bytes = match given.expose().strip_prefix(FILE_PREFIX) {
            Some(path) => {
                from_file = read_file(path)?;
                from_file.expose()
            }
            None => given.expose(),
        };
        if bytes.is_empty() {
            return Err(KeyError::Empty);
        }
        match pem_label(bytes) {
            Some(label) => Self::from_pem(bytes, label, algorithms),
            None => Self::from_secret(bytes, algorithms),
        }
    }

    /// A public key of a set that an issuer publishes; `None` for one that is not to be used. Secrets are not: what is
    /// published is none.
    pub(super) fn from_jwk(jwk: &Jwk, algorithms: &[Algorithm]) -> Option<Self> {
        let decoding = match jwk.algorithm {
            AlgorithmParameters::OctetKey(_) => return None,
            _ => DecodingKey::from_jwk(jwk).ok()?,
        };
        let kind = Kind::of_jwk(jwk, &decoding)?;
        // RFC 7517 section 4.4: the algorithm that the key is meant for.
        let only = match jwk.common.key_algorithm {
            None => None,
            Some(given) => Some(given.to_string().parse::<Algorithm>().ok()?),
        };
        let serves = |one: &Algorithm| kind.serves(*one) && only.is_none_or(|only| only == *one);
        algorithms.iter().any(serves).then_some(Self { kind, decoding, only })
    }

    pub(super) fn serves(&self, algorithm: Algorithm) -> bool {
        self.kind.serves(algorithm) && self.only.is_none_or(|only| only == algorithm)
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    fn from_secret(bytes: &[u8], algorithms: &[Algorithm]) -> Result<Self, KeyError> {
        let mut served = algorithms
            .iter()
            .copied()
            .filter(|one| Kind::Secret.serves(*one))
            .peekable();
        if served.peek().is_none() {
            return Err(algorithms.first().map_or(KeyError::Empty, |one| KeyError::NotPem(*one)));
        }
        for algorithm in served {
            let needed = match algorithm {
                Algorithm::HS384 => 48,
                Algorithm::HS512 => 64,
                _ => 32,
            };
            if bytes.len() < needed {
                return Err(KeyError::ShortSecret {
                    algorithm,
                    needed,
                    given: bytes.len(),
                });
            }
        }
        Ok(Self {
            kind: Kind::Secret,
            decoding: DecodingKey::from_secret(bytes),
            only: None,
        })
    }

    fn from_pem(bytes: &[u8], label: &str, algorithms: &[Algorithm]) -> Result<Self, KeyError> {
        if label.ends_with("PRIVATE KEY") {
            return Err(KeyError::PrivateKey(label.into()));
        }
        if !["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"].contains(&label) {
            return Err(KeyError::PemKind(label.into()));
        }
        let broken = || KeyError::BrokenPem(label.into());
        let decoding = DecodingKey::from_rsa_pem(bytes)
            .or_else(|_| DecodingKey::from_ec_pem(bytes))
            .or_else(|_| DecodingKey::from_ed_pem(bytes))
            .map_err(|_| broken())?;
        let kind = Kind::of_public_key(&decoding, label).map_err(|error| error.unwrap_or_else(broken))?;

        if algorithms.iter().any(|one| kind.serves(*one)) {
            Ok(Self {
                kind,
                decoding,
                only: None,
            })
        } else if let Some(hmac) = algorithms.iter().find(|one| one.family() == AlgorithmFamily::Hmac) {
            Err(KeyError::PemForHmac(*hmac))
        } else {
            Err(KeyError::Unused { serves: kind.served() })
        }
    }
}

impl Kind {
    /// Checks what the library checks only at the first token, or not at all: it takes any 32 bytes on for Ed25519, panics
    /// on fewer, and does not look at the size of an RSA key.
    fn of_public_key(key: &DecodingKey, label: &str) -> Result<Self, Option<KeyError>> {
        let usable = |algorithm| (rust_crypto::DEFAULT_PROVIDER.verifier_factory)(&algorithm, key).map_err(|_| None);
        match Jwk::from_decoding_key(key, None).map_err(|_| None)?.algorithm {
            AlgorithmParameters::RSA(_) => {
                let der = key.try_get_as_bytes().map_err(|_| None)?;
                let components = rust_crypto::DEFAULT_PROVIDER
                    .key_utils
                    .rsa_pub_components_from_public_key;
                let (modulus, _) = components(der).map_err(|_| None)?;
                let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
                if RSA_BITS.contains(&bits) {
                    Ok(Self::Rsa)
                } else {
                    Err(Some(KeyError::RsaSize(bits)))
                }
            }
            AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => {
                usable(Algorithm::ES256).map(|_| Self::P256)
            }
            AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P384 => {
                usable(Algorithm::ES384).map(|_| Self::P384)
            }
            AlgorithmParameters::OctetKeyPair(_) if label == "CERTIFICATE" => Err(Some(KeyError::EdCertificate)),
            AlgorithmParameters::OctetKeyPair(_) => usable(Algorithm::EdDSA).map(|_| Self::Ed25519),
            _ => Err(None),
        }
    }

    /// As `of_public_key`, for a key that is given by its numbers.
    fn of_jwk(jwk: &Jwk, key: &DecodingKey) -> Option<Self> {
        let usable = |algorithm| (rust_crypto::DEFAULT_PROVIDER.verifier_factory)(&algorithm, key).is_ok();
        match &jwk.algorithm {
            AlgorithmParameters::RSA(numbers) => {
                let modulus = URL_SAFE_NO_PAD.decode(&numbers.n).ok()?;
                let first = modulus.iter().position(|byte| *byte != 0)?;
                let bits = (modulus.len() - first) * 8 - modulus[first].leading_zeros() as usize;
                (RSA_BITS.contains(&bits) && usable(Algorithm::RS256)).then_some(Self::Rsa)
            }
            AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => {
                usable(Algorithm::ES256).then_some(Self::P256)
            }
            AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P384 => {
                usable(Algorithm::ES384).then_some(Self::P384)
            }
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                let long_enough = key.try_get_as_bytes().is_ok_and(|bytes| bytes.len() == 32);
                (long_enough && usable(Algorithm::EdDSA)).then_some(Self::Ed25519)
            }
            _ => None,
        }
    }

    fn serves(self, algorithm: Algorithm) -> bool {
        match self {
            Self::Secret => algorithm.family() == AlgorithmFamily::Hmac,
            Self::Rsa => algorithm.family() == AlgorithmFamily::Rsa,
            Self::P256 => algorithm == Algorithm::ES256,
            Self::P384 => algorithm == Algorithm::ES384,
            Self::Ed25519 => algorithm == Algorithm::EdDSA,
        }
    }

    fn served(self) -> &'static str {
        match self {
            Self::Secret => "HS256, HS384 and HS512",
            Self::Rsa => "RS256 to RS512 and PS256 to PS512",
            Self::P256 => "ES256",
            Self::P384 => "ES384",
            Self::Ed25519 => "EdDSA",
        }
    }
}

/// The label of the first PEM block, wherever it begins: text before a block is allowed (RFC 7468 section 2).
fn pem_label(bytes: &[u8]) -> Option<&str> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let start = bytes.windows(BEGIN.len()).position(|window| window == BEGIN)? + BEGIN.len();
    let end = bytes[start..]
        .windows(5)
        .position(|window| window == b"-----")
        .unwrap_or(0);
    let label = str::from_utf8(&bytes[start..start + end]).unwrap_or_default();
    // Labels go into messages; what has not their form may be a part of a secret.
    let valid = (1..=32).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    Some(if valid { label } else { "malformed" })
}

/// The file's content; the line break at the end of a text file is not part of a secret.
fn read_file(path: &[u8]) -> Result<Secret, KeyError> {
    let path = String::from_utf8_lossy(path).into_owned();
    let read = || -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        // A limit, as the path may name a device.
        File::open(&path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut content)?;
        if content.len() as u64 > MAX_FILE_BYTES {
            return Err(io::Error::other("it has more than 65536 bytes"));
        }
        Ok(content)
    };
    let mut content = read().map_err(|error| KeyError::Unreadable {
        path: path.clone(),
        reason: error.to_string(),
    })?;
    if let Ok(text) = str::from_utf8(&content) {
        let text = text.strip_suffix('\n').unwrap_or(text);
        content.truncate(text.strip_suffix('\r').unwrap_or(text).len());
    }
    Ok(Secret::new(content))
}
