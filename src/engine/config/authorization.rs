//! The options `token` and `jwt`.

use std::sync::Arc;
use std::time::Duration;

use super::Config;
use super::error::OptionError;
use super::roots::{roots_of, system_roots};
use super::section::{NAME, Section, text};
use super::value::Value;
use crate::engine::auth::jwt::jwks::{JwksOptions, Source};
use crate::engine::auth::jwt::{ALGORITHMS, JwtOptions, Keys, VerifierError};
use crate::engine::auth::token::is_token;
use crate::engine::auth::{Secret, TokenSources, Verifier};

const KNOWN_TOKEN: &[&str] = &["header", "subprotocol", "cookie", "query"];
const KNOWN_JWT: &[&str] = &[
    "algorithms",
    "key",
    "keys",
    "jwks_url",
    "jwks_refresh",
    "jwks_ca",
    "issuer",
    "audience",
    "leeway",
    "required_claims",
    "user_claim",
    "roles_claim",
    "required",
    "expired_close_code",
];
const KEY: &str = "a non-empty string, a secret or a PEM public key";

pub(super) fn read(options: &Section, config: &mut Config) -> Result<(), OptionError> {
    if let Some(value) = options.get("token") {
        config.token = token(value)?;
    }
    if config.token.cookie.is_some() && config.allowed_origins.is_empty() {
        let problem = "needs \"allowed_origins\": browsers send cookies with connections that any page opens";
        return Err(OptionError::conflict("token.cookie", problem));
    }
    match options.get("jwt") {
        None | Some(Value::Null) => Ok(()),
        Some(value) => jwt(value, config),
    }
}

fn token(value: &Value) -> Result<TokenSources, OptionError> {
    let section = Section::open("token", "token.", value, KNOWN_TOKEN)?;
    let mut sources = TokenSources::default();
    section.switch("header", &mut sources.header)?;
    section.switch("subprotocol", &mut sources.subprotocol)?;
    name_or_null(
        &section,
        "cookie",
        "null or a cookie name (RFC 6265 section 4.1.1)",
        is_token,
        &mut sources.cookie,
    )?;
    name_or_null(
        &section,
        "query",
        "null or a parameter name",
        |_| true,
        &mut sources.query,
    )?;
    Ok(sources)
}

fn name_or_null(
    section: &Section,
    name: &str,
    allowed: &str,
    check: impl Fn(&str) -> bool,
    target: &mut Option<String>,
) -> Result<(), OptionError> {
    match section.get(name) {
        None => {}
        Some(Value::Null) => *target = None,
        Some(value) => match text(value) {
            Some(text) if check(text) => *target = Some(text.to_owned()),
            _ => return Err(section.invalid(name, allowed, value)),
        },
    }
    Ok(())
}

fn jwt(value: &Value, config: &mut Config) -> Result<(), OptionError> {
    let section = Section::open("jwt", "jwt.", value, KNOWN_JWT)?;
    section.switch("required", &mut config.jwt_required)?;
    section.int("expired_close_code", 3000..=4999, &mut config.expired_close_code)?;
    if config.jwt_required && config.token.is_empty() {
        let problem = "needs a source in \"token\", all of which are off: every connection would be refused";
        return Err(OptionError::conflict("jwt.required", problem));
    }

    let names = ALGORITHMS.map(|(name, _)| name).join(", ");
    let algorithms = section.list("algorithms", &format!("one of {names}"), |text| {
        ALGORITHMS
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, algorithm)| *algorithm)
    })?;
    if algorithms.is_empty() {
        let allowed = format!("a list of {names}");
        return Err(OptionError::Missing {
            option: section.path("algorithms"),
            allowed,
        });
    }
    let mut options = JwtOptions::new(algorithms, keys(&section)?);
    options.issuers = names_given(&section, "issuer")?;
    options.audiences = names_given(&section, "audience")?;
    let mut leeway = 0;
    section.int("leeway", 0..=86_400, &mut leeway)?;
    options.leeway = Duration::from_secs(leeway);
    if section.get("required_claims").is_some() {
        options.required_claims = section.list("required_claims", NAME, |text| Some(text.into()))?;
    }
    section.text("user_claim", &mut options.user_claim)?;
    section.text("roles_claim", &mut options.roles_claim)?;

    let verifier = Verifier::new(options).map_err(|error| verifier_error(&section, error))?;
    config.verifier = Some(Arc::new(verifier));
    Ok(())
}

/// An empty list would silently switch the check off, so it is refused: leaving the option out does that.
fn names_given(section: &Section, name: &str) -> Result<Vec<String>, OptionError> {
    let names = section.one_or_list(name, NAME, |text| Some(text.to_owned()))?;
    match section.get(name) {
        Some(value) if names.is_empty() => Err(section.invalid(name, format!("{NAME}, or a list of them"), value)),
        _ => Ok(names),
    }
}

fn keys(section: &Section) -> Result<Keys, OptionError> {
    if let Some(value) = section.get("jwks_url") {
        return jwks(section, value);
    }
    if let Some(name) = ["jwks_refresh", "jwks_ca"]
        .into_iter()
        .find(|name| section.get(name).is_some())
    {
        return Err(OptionError::conflict(section.path(name), "needs \"jwt.jwks_url\""));
    }
    match (section.get("key"), section.get("keys")) {
        (Some(_), Some(_)) => Err(OptionError::conflict(
            section.path("key"),
            "cannot be combined with \"jwt.keys\"",
        )),
        (None, None) => Err(OptionError::Missing {
            option: section.path("key"),
            allowed: format!(
                "{KEY}; or \"jwt.keys\", an array of kid => key; or \"jwt.jwks_url\", where the issuer publishes them"
            ),
        }),
        (Some(value), None) => Ok(Keys::One(secret(section.path("key"), value)?)),
        (None, Some(Value::Map(entries))) => {
            let entry = |(kid, value): &(String, Value)| Ok((kid.clone(), secret(key_path(section, kid), value)?));
            Ok(Keys::ById(
                entries.iter().map(entry).collect::<Result<_, OptionError>>()?,
            ))
        }
        // A list has kids 0, 1, 2, which no issuer uses: its writer expects keys to be tried in turn.
        (None, Some(value)) => Err(OptionError::Invalid {
            option: section.path("keys"),
            allowed: "a non-empty array of kid => key".into(),
            given: value.describe_secret(),
        }),
    }
}

fn jwks(section: &Section, value: &Value) -> Result<Keys, OptionError> {
    if let Some(name) = ["key", "keys"].into_iter().find(|name| section.get(name).is_some()) {
        return Err(OptionError::conflict(
            section.path("jwks_url"),
            format!("cannot be combined with \"jwt.{name}\""),
        ));
    }
    let url = text(value).ok_or_else(|| section.invalid("jwks_url", "a URL", value))?;
    let roots = match section.get("jwks_ca") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let file = text(value).unwrap_or_default();
            let roots = roots_of(file);
            Some(roots.ok_or_else(|| section.invalid("jwks_ca", "the path of a PEM file with certificates", value))?)
        }
    };
    let source = Source::new(url, || roots.unwrap_or_else(system_roots))
        .map_err(|error| OptionError::conflict(section.path("jwks_url"), error.to_string()))?;
    let mut seconds = 300;
    section.int("jwks_refresh", 10..=86_400, &mut seconds)?;
    Ok(Keys::Remote(JwksOptions {
        source,
        refresh: Duration::from_secs(seconds),
    }))
}

fn secret(option: String, value: &Value) -> Result<Secret, OptionError> {
    match value {
        Value::Bytes(bytes) if !bytes.is_empty() => Ok(Secret::new(bytes.clone())),
        other => Err(OptionError::Invalid {
            option,
            allowed: KEY.into(),
            given: other.describe_secret(),
        }),
    }
}

fn key_path(section: &Section, kid: &str) -> String {
    section.path(&format!("keys[{kid}]"))
}

fn verifier_error(section: &Section, error: VerifierError) -> OptionError {
    match error {
        VerifierError::Key { kid, source } => {
            let option = kid.map_or_else(|| section.path("key"), |kid| key_path(section, &kid));
            OptionError::Key { option, source }
        }
        VerifierError::UnservedAlgorithm { index, algorithm } => {
            let problem = format!("is {algorithm:?}, which no given key serves: a key serves one family of algorithms");
            OptionError::conflict(section.path(&format!("algorithms[{index}]")), problem)
        }
        error @ VerifierError::NoAlgorithm => OptionError::conflict(section.path("algorithms"), error.to_string()),
        error @ VerifierError::NoKey => OptionError::conflict(section.path("keys"), error.to_string()),
    }
}
