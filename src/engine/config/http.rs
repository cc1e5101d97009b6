//! The options of `HttpClient` and of its requests.

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};

use super::error::OptionError;
use super::roots::{roots_of, system_roots};
use super::section::{Section, text};
use super::value::Value;
use crate::engine::http::{ClientOptions, Proxy, RequestOptions, Url, Version, read_fields};

const KNOWN: &[&str] = &[
    "base_uri",
    "ca_file",
    "connect_timeout",
    "headers",
    "http_version",
    "idle_timeout",
    "keep_alive",
    "max_body_bytes",
    "max_connections_per_host",
    "max_pending",
    "max_redirects",
    "no_proxy",
    "proxy",
    "timeout",
    "user_agent",
];
const KNOWN_OF_REQUEST: &[&str] = &["idle_timeout", "max_body_bytes", "max_redirects", "stream", "timeout"];
const MAX_BODY_BYTES: i64 = 1 << 36;
const URL: &str = "null or a URL such as \"https://api.example/v1/\"";
const PROXY: &str =
    "null (what the environment says), false (none) or the URL of a proxy such as \"http://proxy.example:3128\"";
const FIELDS: &str = "an array of name => value, each value a string, an integer or a list of them";

impl ClientOptions {
    pub fn parse(options: &Value) -> Result<Self, OptionError> {
        let section = Section::open("options", "", options, KNOWN)?;
        let mut client = Self {
            base: base(&section)?,
            version: version(&section)?,
            proxy: proxy(&section)?,
            ..Self::default()
        };
        read_common(&section, &mut client.request)?;
        section.seconds("connect_timeout", &mut client.connect_timeout)?;
        section.int(
            "max_connections_per_host",
            1..=10_000,
            &mut client.max_connections_per_host,
        )?;
        section.int("max_pending", 1..=1_000_000, &mut client.max_pending)?;
        section.seconds_or_off("keep_alive", &mut client.keep_alive)?;
        client.headers = headers(&section)?;
        // After everything that costs nothing.
        client.roots = match section.get("ca_file") {
            None | Some(Value::Null) => system_roots(),
            Some(value) => {
                let roots = text(value).and_then(roots_of);
                roots.ok_or_else(|| section.invalid("ca_file", "the path of a PEM file with certificates", value))?
            }
        };
        Ok(client)
    }
}

impl RequestOptions {
    /// What is not said stays as it is in `defaults`.
    pub fn parse(options: &Value, defaults: &Self) -> Result<Self, OptionError> {
        let section = Section::open("options", "", options, KNOWN_OF_REQUEST)?;
        let mut request = defaults.clone();
        read_common(&section, &mut request)?;
        section.switch("stream", &mut request.stream)?;
        Ok(request)
    }
}

fn read_common(section: &Section, request: &mut RequestOptions) -> Result<(), OptionError> {
    section.seconds_or_off("timeout", &mut request.timeout)?;
    section.seconds_or_off("idle_timeout", &mut request.idle_timeout)?;
    section.int("max_redirects", 0..=100, &mut request.max_redirects)?;
    section.int("max_body_bytes", 0..=MAX_BODY_BYTES, &mut request.max_body_bytes)
}

/// Pairs of name and value, in the shapes that PHP code writes. `None`: another shape.
pub fn field_pairs(value: &Value) -> Option<Vec<(&[u8], Vec<u8>)>> {
    let entries = match value {
        Value::Map(entries) => entries,
        Value::List(items) if items.is_empty() => return Some(Vec::new()),
        _ => return None,
    };
    let mut pairs = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        let values = match value {
            Value::List(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            let value = match value {
                Value::Bytes(bytes) => bytes.clone(),
                Value::Int(number) => number.to_string().into_bytes(),
                _ => return None,
            };
            pairs.push((name.as_bytes(), value));
        }
    }
    Some(pairs)
}

fn headers(section: &Section) -> Result<HeaderMap, OptionError> {
    let mut headers = match section.get("headers") {
        None | Some(Value::Null) => HeaderMap::new(),
        Some(value) => {
            let pairs = field_pairs(value).ok_or_else(|| OptionError::Invalid {
                option: section.path("headers"),
                allowed: FIELDS.into(),
                given: value.describe_secret(),
            })?;
            let pairs = pairs.iter().map(|(name, value)| (*name, value.as_slice()));
            read_fields(pairs, "headers", 0).map_err(|e| OptionError::conflict(section.path("headers"), e.problem))?
        }
    };
    let agent = match section.get("user_agent") {
        None => Some(HeaderValue::from_static(concat!("Ferry/", env!("CARGO_PKG_VERSION")))),
        Some(Value::Null) => None,
        Some(value) => {
            let agent = text(value).and_then(|text| HeaderValue::from_str(text).ok());
            Some(agent.ok_or_else(|| section.invalid("user_agent", "null or a string without line breaks", value))?)
        }
    };
    if let Some(agent) = agent {
        headers.entry(USER_AGENT).or_insert(agent);
    }
    Ok(headers)
}

fn base(section: &Section) -> Result<Option<Url>, OptionError> {
    let value = match section.get("base_uri") {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    // With a user its password would be in this message.
    let refused = |why: String| OptionError::Invalid {
        option: section.path("base_uri"),
        allowed: format!("{URL} without a user{why}"),
        given: value.describe_secret(),
    };
    let (url, credentials) = text(value)
        .ok_or_else(|| refused(String::new()))
        .and_then(|text| Url::parse(text, None).map_err(|_| refused(String::new())))?;
    match credentials {
        None => Ok(Some(url)),
        Some(_) => Err(refused(" (give \"headers\" instead)".into())),
    }
}

fn version(section: &Section) -> Result<Version, OptionError> {
    match section.get("http_version") {
        None | Some(Value::Null) => Ok(Version::Any),
        Some(Value::Bytes(version)) if version == b"1.1" => Ok(Version::Http1),
        Some(Value::Bytes(version)) if version == b"2" => Ok(Version::Http2),
        Some(other) => Err(section.invalid("http_version", "null, \"1.1\" or \"2\"", other)),
    }
}

fn proxy(section: &Section) -> Result<Proxy, OptionError> {
    let mut except = String::new();
    let named = matches!(section.get("proxy"), Some(Value::Bytes(_)));
    match section.get("no_proxy") {
        None | Some(Value::Null) => {}
        Some(_) if named => section.text("no_proxy", &mut except)?,
        Some(_) => return Err(OptionError::conflict(section.path("no_proxy"), "needs \"proxy\"")),
    }
    match section.get("proxy") {
        None | Some(Value::Null) => Ok(Proxy::from_env()),
        Some(Value::Bool(false)) => Ok(Proxy::none()),
        Some(value) => {
            let proxy = text(value).and_then(|url| Proxy::all(url, &except));
            // It may have a password.
            proxy.ok_or_else(|| OptionError::Invalid {
                option: section.path("proxy"),
                allowed: PROXY.into(),
                given: value.describe_secret(),
            })
        }
    }
}
