//! Why a verifier cannot be built, and why a token is refused.

use jsonwebtoken::Algorithm;
use jsonwebtoken::errors::{Error, ErrorKind};

/// A verifier that cannot be built. The configuration is wrong; no message holds key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifierError {
    #[error("no algorithm is given")]
    NoAlgorithm,
    #[error("no key is given")]
    NoKey,
    #[error("the key {} {source}", kid.as_deref().unwrap_or_default())]
    Key { kid: Option<String>, source: KeyError },
    /// The algorithm at this place of the list has no key.
    #[error("no key serves {algorithm:?}")]
    UnservedAlgorithm { index: usize, algorithm: Algorithm },
}

/// A key that cannot be used. The messages are predicates, for a sentence that begins with the key's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("must not be empty")]
    Empty,
    #[error("names the file \"{path}\", which cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    /// RFC 7518 section 3.2: a shorter secret can be guessed offline from any one token.
    #[error("must have at least {needed} bytes for {algorithm:?}, {given} bytes given")]
    ShortSecret {
        algorithm: Algorithm,
        needed: usize,
        given: usize,
    },
    #[error("is a PEM key, which does not serve {0:?}: HMAC algorithms need a secret")]
    PemForHmac(Algorithm),
    #[error("must be a PEM public key for {0:?}, a string without a PEM block given")]
    NotPem(Algorithm),
    #[error("must be a public key, PEM block \"{0}\" given")]
    PrivateKey(String),
    #[error("must be a PEM block \"PUBLIC KEY\", \"RSA PUBLIC KEY\" or \"CERTIFICATE\", \"{0}\" given")]
    PemKind(String),
    #[error("is a PEM block \"{0}\" that cannot be read as an RSA, P-256, P-384 or Ed25519 public key")]
    BrokenPem(String),
    /// In such a certificate the issuer's signature and the subject's key look alike.
    #[error("is an Ed25519 certificate: give its public key instead (openssl x509 -pubkey -noout)")]
    EdCertificate,
    #[error("must be an RSA key of 2048 to 4096 bits, {0} bits given")]
    RsaSize(usize),
    #[error("is a key for {serves}, none of which is in the list of algorithms")]
    Unused { serves: &'static str },
}

/// A refused token. Neither message nor description holds anything of the token, the keys or the configuration, except
/// that `MissingClaim` and `Claim` name a claim to the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is longer than 8192 bytes")]
    TooLong,
    #[error("the token is malformed")]
    Malformed,
    #[error("the token's header names an unknown algorithm or has a field of the wrong type")]
    Header,
    #[error("the token's header has a critical extension")]
    CriticalHeader,
    #[error("the token's algorithm is not accepted, or not for its key")]
    Algorithm,
    #[error("the token names no known key")]
    UnknownKey,
    #[error("the token's signature does not match")]
    Signature,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token's issuer is not accepted")]
    Issuer,
    #[error("the token is meant for another audience")]
    Audience,
    #[error("the token has an audience, and option \"jwt.audience\" is not set")]
    AudienceNotConfigured,
    #[error("the token lacks the claim \"{0}\"")]
    MissingClaim(String),
    #[error("the token's claim \"{0}\" has the wrong type")]
    Claim(String),
}

impl TokenError {
    /// The `error_description` of RFC 6750 section 3: what the client may know.
    pub fn error_description(&self) -> &'static str {
        match self {
            Self::TooLong => "The token is too long",
            Self::Malformed | Self::Header | Self::CriticalHeader => "The token is malformed or not supported",
            Self::Algorithm | Self::UnknownKey | Self::Signature => "The token cannot be verified",
            Self::Expired => "The token has expired",
            Self::NotYetValid => "The token is not valid yet",
            Self::Issuer => "The token's issuer is not accepted",
            Self::Audience | Self::AudienceNotConfigured => "The token is meant for another audience",
            Self::MissingClaim(_) => "The token lacks a required claim",
            Self::Claim(_) => "The token has an invalid claim",
        }
    }

    /// The value of `WWW-Authenticate` for the 401 response. Without a token at all it is `Bearer` alone.
    pub fn challenge(&self) -> String {
        format!(
            "Bearer error=\"invalid_token\", error_description=\"{}\"",
            self.error_description()
        )
    }

    pub(super) fn from_header(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Json(json) if json.is_data() => Self::Header,
            _ => Self::Malformed,
        }
    }
}
