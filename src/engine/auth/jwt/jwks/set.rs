//! Reading of a JSON Web Key Set.

use std::sync::Arc;

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use serde_json::Value;

use super::Keys;
use crate::engine::auth::jwt::key::Key;

/// Issuers publish two or three.
const MAX_KEYS: usize = 64;
/// Of keys without `kid`, of which there can be one.
const UNNAMED: &str = "";

/// The keys of a set that serve one of the algorithms. Others are left out, as RFC 7517 section 5 wants it: unknown types,
/// keys for encryption, secrets, keys that are too weak. `None` when nothing is left.
pub fn parse(body: &[u8], algorithms: &[Algorithm]) -> Option<Keys> {
    let set: Value = serde_json::from_slice(body).ok()?;
    let keys: Keys = set
        .get("keys")?
        .as_array()?
        .iter()
        .take(MAX_KEYS)
        .filter_map(|value| {
            let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
            if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
                return None;
            }
            let key = Key::from_jwk(&jwk, algorithms)?;
            Some((jwk.common.key_id.unwrap_or_else(|| UNNAMED.to_owned()), Arc::new(key)))
        })
        .collect();
    (!keys.is_empty()).then_some(keys)
}
