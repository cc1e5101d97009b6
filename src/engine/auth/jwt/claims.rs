//! The claims of a token whose signature holds (RFC 7519 section 4.1).

use std::fmt;

use serde_json::{Map, Value};

use super::error::TokenError;

/// What a token says, after every check has passed.
#[derive(Clone, PartialEq)]
pub struct VerifiedToken {
    /// From `user_claim`; `None` when the token lacks it.
    pub user_identifier: Option<String>,
    /// From `roles_claim`; empty when the token lacks it.
    pub roles: Vec<String>,
    pub claims: Map<String, Value>,
    /// `exp` in seconds since 1970, rounded up.
    pub expires_at: Option<i64>,
    /// `expires_at` plus the leeway: when a live connection must end, or a token accepted in its leeway would close its
    /// connection at once.
    pub valid_until: Option<i64>,
}

/// Claims may hold personal data, so their values stay out of logs.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedToken")
            .field("user_identifier", &self.user_identifier)
            .field("roles", &self.roles)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Rules {
    pub issuers: Vec<String>,
    pub audiences: Vec<String>,
    /// Seconds.
    pub leeway: i64,
    pub required_claims: Vec<String>,
    pub user_claim: String,
    pub roles_claim: String,
}

impl Rules {
    pub(super) fn check(&self, claims: Map<String, Value>, now: i64) -> Result<VerifiedToken, TokenError> {
        let expires_at = numeric_date(&claims, "exp")?;
        let valid_until = expires_at.map(|exp| exp.saturating_add(self.leeway));
        // "On or after" (section 4.1.4): at `exp` itself the token has expired.
        if valid_until.is_some_and(|end| now >= end) {
            return Err(TokenError::Expired);
        }
        if numeric_date(&claims, "nbf")?.is_some_and(|start| now < start.saturating_sub(self.leeway)) {
            return Err(TokenError::NotYetValid);
        }
        self.check_issuer(&claims)?;
        self.check_audience(&claims)?;
        if let Some(missing) = self
            .required_claims
            .iter()
            .find(|name| present(&claims, name).is_none())
        {
            return Err(TokenError::MissingClaim(missing.clone()));
        }
        Ok(VerifiedToken {
            user_identifier: self.user(&claims)?,
            roles: self.roles(&claims)?,
            expires_at,
            valid_until,
            claims,
        })
    }

    fn check_issuer(&self, claims: &Map<String, Value>) -> Result<(), TokenError> {
        let accepted = |issuer: &Value| self.issuers.iter().any(|one| issuer == one.as_str());
        if self.issuers.is_empty() || claims.get("iss").is_some_and(accepted) {
            Ok(())
        } else {
            Err(TokenError::Issuer)
        }
    }

    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), TokenError> {
        let audience = present(claims, "aud");
        if self.audiences.is_empty() {
            // Section 4.1.3: who is not named must refuse, or a token for another service opens this one.
            return if audience.is_none() {
                Ok(())
            } else {
                Err(TokenError::AudienceNotConfigured)
            };
        }
        let ours = |name: &Value| self.audiences.iter().any(|one| name == one.as_str());
        let named = match audience {
            Some(Value::Array(names)) => names.iter().any(ours),
            Some(name) => ours(name),
            None => false,
        };
        if named { Ok(()) } else { Err(TokenError::Audience) }
    }

    /// A claim of another type is an error, not an anonymous user: the issuer meant somebody.
    fn user(&self, claims: &Map<String, Value>) -> Result<Option<String>, TokenError> {
        match present(claims, &self.user_claim) {
            None => Ok(None),
            Some(Value::String(user)) if !user.is_empty() => Ok(Some(user.clone())),
            Some(Value::Number(user)) if !user.is_f64() => Ok(Some(user.to_string())),
            Some(_) => Err(TokenError::Claim(self.user_claim.clone())),
        }
    }

    fn roles(&self, claims: &Map<String, Value>) -> Result<Vec<String>, TokenError> {
        let invalid = || TokenError::Claim(self.roles_claim.clone());
        match present(claims, &self.roles_claim) {
            None => Ok(Vec::new()),
            Some(Value::String(roles)) => Ok(roles.split_ascii_whitespace().map(str::to_owned).collect()),
            Some(Value::Array(roles)) => roles
                .iter()
                .map(|role| role.as_str().map(str::to_owned).ok_or_else(invalid))
                .collect(),
            Some(_) => Err(invalid()),
        }
    }
}

fn present<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).filter(|value| !value.is_null())
}

/// A `NumericDate` (section 2), which may have a fraction. Rounded up, it compares with whole seconds as the exact value
/// would. Values beyond 64 bits saturate.
fn numeric_date(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, TokenError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = match value {
        Value::Number(number) if number.is_u64() => number
            .as_u64()
            .map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX)),
        Value::Number(number) if number.is_i64() => number.as_i64(),
        // The cast saturates, and JSON has no NaN.
        #[allow(clippy::cast_possible_truncation)]
        Value::Number(number) => number.as_f64().map(|seconds| seconds.ceil() as i64),
        _ => None,
    };
    seconds.map(Some).ok_or_else(|| TokenError::Claim(name.to_owned()))
}
