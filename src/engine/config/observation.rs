//! Options about how the server is watched: health and metrics.

use std::net::SocketAddr;
use std::time::Duration;

use super::error::OptionError;
use super::section::{Section, text};
use super::value::Value;
use crate::engine::auth::secret::Secret;

/// Where counters are shown in Prometheus' text format.
#[derive(Clone, Debug)]
pub struct MetricsConfig {
    pub path: String,
    /// An address of its own, where nothing but metrics and health is served; `None`: the server's own listeners.
    pub listen: Option<SocketAddr>,
    /// Asked for as `Authorization: Bearer`.
    pub token: Option<Secret>,
}

pub(super) fn read(
    section: &Section,
    request_path: impl Fn(&str) -> Option<String>,
    allowed_path: &str,
    metrics: &mut Option<MetricsConfig>,
    health_timeout: &mut Option<Duration>,
) -> Result<(), OptionError> {
    section.seconds_or_off("health_timeout", health_timeout)?;
    let value = match section.get("metrics") {
        None | Some(Value::Bool(false)) => return Ok(()),
        Some(Value::Bool(true)) => &Value::List(Vec::new()),
        Some(value @ (Value::Map(_) | Value::List(_))) => value,
        Some(other) => return Err(section.invalid("metrics", "a bool or an array", other)),
    };
    let section = Section::open("metrics", "metrics.", value, &["path", "listen", "token"])?;
    let path = match section.get("path") {
        None => "/metrics".to_owned(),
        Some(value) => text(value)
            .and_then(request_path)
            .ok_or_else(|| section.invalid("path", allowed_path, value))?,
    };
    let listen = match section.get("listen") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let address = text(value).and_then(|text| text.parse().ok());
            let allowed = r#"null or an IP address with a port, such as "127.0.0.1:9100""#;
            Some(address.ok_or_else(|| section.invalid("listen", allowed, value))?)
        }
    };
    let token = match section.get("token") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let token = text(value).filter(|text| text.len() >= 16 && text.bytes().all(|b| b.is_ascii_graphic()));
            Some(Secret::new(token.map(str::to_owned).ok_or_else(|| {
                OptionError::Invalid {
                    option: section.path("token"),
                    allowed: "null or at least 16 visible ASCII characters".into(),
                    given: value.describe_secret(),
                }
            })?))
        }
    };
    *metrics = Some(MetricsConfig { path, listen, token });
    Ok(())
}
