//! JSON Web Tokens (RFC 7519) signed by JWS (RFC 7515), verified with keys that are known beforehand.
//!
//! A key has one family, fixed when it is loaded, and serves only algorithms of that family which the configuration lists:
//! whatever a token's header says, a public key is never an HMAC secret and a secret never a public key. Keys that a token
//! brings along (`jwk`, `jku`, `x5c`) are not looked at.

mod claims;
mod error;
pub mod jwks;
mod key;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use jsonwebtoken::Algorithm;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::decode_header;
use jsonwebtoken::{AlgorithmFamily, crypto};

use claims::Rules;
pub use claims::VerifiedToken;
pub use error::{KeyError, TokenError, VerifierError};
use jwks::{JwksOptions, RemoteKeys};
use key::Key;

use super::secret::Secret;

/// Longer tokens are refused unread; common ones have 300 to 2000 bytes.
pub const MAX_TOKEN_BYTES: usize = 8192;

/// Every algorithm there is, by the name that RFC 7518 and RFC 8037 give it.
pub const ALGORITHMS: [(&str, Algorithm); 12] = [
    ("HS256", Algorithm::HS256),
    ("HS384", Algorithm::HS384),
    ("HS512", Algorithm::HS512),
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// What a `Verifier` is made of. `JwtOptions::new` has the defaults.
#[derive(Clone, Debug)]
pub struct JwtOptions {
    /// Accepted algorithms; each needs a key that serves it, and each key an algorithm.
    pub algorithms: Vec<Algorithm>,
    pub keys: Keys,
    /// Accepted values of `iss`; empty: not checked.
    pub issuers: Vec<String>,
    /// Names of this server in `aud`; empty: a token that has an audience is refused (RFC 7519 section 4.1.3).
    pub audiences: Vec<String>,
    /// Tolerance for clocks that differ, for `exp` and `nbf`.
    pub leeway: Duration,
    /// Claims that must be there and not null, standard ones or any other.
    pub required_claims: Vec<String>,
    /// Claim with the user's identifier, a string or an integer.
    pub user_claim: String,
    /// Claim with the roles, a list of strings or one string with spaces between.
    pub roles_claim: String,
}

impl JwtOptions {
    pub fn new(algorithms: Vec<Algorithm>, keys: Keys) -> Self {
        Self {
            algorithms,
            keys,
            issuers: Vec::new(),
            audiences: Vec::new(),
            leeway: Duration::ZERO,
            required_claims: vec!["exp".into()],
            user_claim: "sub".into(),
            roles_claim: "roles".into(),
        }
    }
}

/// Keys, each an HMAC secret, a PEM public key or certificate, or `file://` and the path of a file that holds one.
#[derive(Clone, Debug)]
pub enum Keys {
    /// One key for every token, whatever `kid` it names.
    One(Secret),
    /// Keys by `kid`.
    ById(Vec<(String, Secret)>),
    /// Public keys by `kid`, which the issuer publishes.
    Remote(JwksOptions),
}

/// Checks tokens. Immutable; one instance serves all threads.
pub struct Verifier {
    algorithms: Vec<Algorithm>,
    keys: KeySet,
    rules: Rules,
}

enum KeySet {
    One(Arc<Key>),
    ById(HashMap<String, Arc<Key>>),
    Remote(Arc<RemoteKeys>),
}

impl Verifier {
    /// Loads and checks the keys; the only function here that reads files.
    pub fn new(options: JwtOptions) -> Result<Self, VerifierError> {
        let algorithms = options.algorithms;
        if algorithms.is_empty() {
            return Err(VerifierError::NoAlgorithm);
        }
        let load = |kid: Option<&str>, secret: &Secret| {
            Key::load(secret, &algorithms)
                .map(Arc::new)
                .map_err(|source| VerifierError::Key {
                    kid: kid.map(str::to_owned),
                    source,
                })
        };
        let keys = match &options.keys {
            Keys::One(secret) => KeySet::One(load(None, secret)?),
            Keys::ById(secrets) if secrets.is_empty() => return Err(VerifierError::NoKey),
            Keys::ById(secrets) => KeySet::ById(
                secrets
                    .iter()
                    .map(|(kid, secret)| Ok((kid.clone(), load(Some(kid), secret)?)))
                    .collect::<Result<_, VerifierError>>()?,
            ),
            Keys::Remote(options) => KeySet::Remote(Arc::new(RemoteKeys::new(options.clone(), algorithms.clone()))),
        };
        let unserved = algorithms.iter().position(|algorithm| !keys.may_serve(*algorithm));
        if let Some(index) = unserved {
            return Err(VerifierError::UnservedAlgorithm {
                index,
                algorithm: algorithms[index],
            });
        }
        let rules = Rules {
            issuers: options.issuers,
            audiences: options.audiences,
            leeway: i64::try_from(options.leeway.as_secs()).unwrap_or(i64::MAX),
            required_claims: options.required_claims,
            user_claim: options.user_claim,
            roles_claim: options.roles_claim,
        };
        Ok(Self {
            algorithms,
            keys,
            rules,
        })
    }

    /// The keys that have to be kept fresh while a server runs.
    pub fn remote_keys(&self) -> Option<&Arc<RemoteKeys>> {
        match &self.keys {
            KeySet::Remote(keys) => Some(keys),
            KeySet::One(_) | KeySet::ById(_) => None,
        }
    }

    /// Checks signature and claims against the system clock.
    ///
    /// A `kid` selects its key, an unknown one is refused. A token without `kid` is refused when there are several keys:
    /// trying them in turn would let it be accepted by a key that its issuer never meant.
    pub fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        // A clock before 1970 must not make every token fresh.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(u64::MAX, |elapsed| elapsed.as_secs());
        self.verify_at(token, i64::try_from(now).unwrap_or(i64::MAX))
    }

    /// Like `verify`, at this time, in seconds since 1970.
    pub fn verify_at(&self, token: &str, now: i64) -> Result<VerifiedToken, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let header = decode_header(token).map_err(|error| TokenError::from_header(&error))?;
        // RFC 7515 section 4.1.11: no extension is understood here, so any critical one refuses the token.
        if header.crit.is_some() {
            return Err(TokenError::CriticalHeader);
        }
        if !self.algorithms.contains(&header.alg) {
            return Err(TokenError::Algorithm);
        }
        let key = self.keys.select(header.kid.as_deref())?;
        if !key.serves(header.alg) {
            return Err(TokenError::Algorithm);
        }
        match crypto::verify(signature, message.as_bytes(), key.decoding(), header.alg) {
            Ok(true) => {}
            Ok(false) | Err(_) => return Err(TokenError::Signature),
        }
        // The signature was checked above, over these very bytes.
        let claims = insecure_decode_claims(token).map_err(|_| TokenError::Malformed)?;
        self.rules.check(claims, now)
    }
}

impl KeySet {
    /// Secrets are not published, and what else an issuer will publish is not known.
    fn may_serve(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::One(key) => key.serves(algorithm),
            Self::ById(keys) => keys.values().any(|key| key.serves(algorithm)),
            Self::Remote(_) => algorithm.family() != AlgorithmFamily::Hmac,
        }
    }

    fn select(&self, kid: Option<&str>) -> Result<Arc<Key>, TokenError> {
        match (self, kid) {
            (Self::One(key), _) => Some(Arc::clone(key)),
            (Self::ById(keys), Some(kid)) => keys.get(kid).cloned(),
            (Self::ById(keys), None) if keys.len() == 1 => keys.values().next().cloned(),
            (Self::ById(_), None) => None,
            (Self::Remote(keys), kid) => keys.select(kid),
        }
        .ok_or(TokenError::UnknownKey)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("algorithms", &self.algorithms)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
