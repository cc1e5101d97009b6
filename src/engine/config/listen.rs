//! Where the server listens: `listen`, or `host`, `port` and `unix` for one address.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use super::Config;
use super::error::OptionError;
use super::section::{Section, invalid, text};
use super::value::Value;

/// `sun_path` has 108 bytes on Linux and 104 on macOS, with the NUL.
const MAX_UNIX_PATH: usize = 103;
const MAX_LISTENERS: usize = 64;
const KNOWN: &[&str] = &["address", "mode", "tls", "proxy_protocol"];
const HOST: &str = "an IP address or a host name, without scheme and port";
const ADDRESS: &str = "an address such as \"127.0.0.1:8080\", \"[::1]:8080\" or \"unix:/run/ferry.sock\"";

/// One address that clients connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    pub bind: Bind,
    /// With the certificates of `Config::tls`.
    pub tls: bool,
    /// A proxy announces each client.
    pub proxy_protocol: bool,
}

impl From<Bind> for Listen {
    fn from(bind: Bind) -> Self {
        Self {
            bind,
            tls: false,
            proxy_protocol: false,
        }
    }
}

impl Listen {
    /// Whether its clients have an IP address.
    fn has_addresses(&self) -> bool {
        self.proxy_protocol || matches!(self.bind, Bind::Tcp { .. })
    }

    /// Whether the request is the first thing on a connection.
    pub fn is_direct(&self) -> bool {
        !self.tls && !self.proxy_protocol
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// The host is an address (IPv6 without brackets) or a name; port 0 lets the system choose.
    Tcp { host: String, port: u16 },
    Unix {
        path: PathBuf,
        /// Permission bits of the socket file; `None` leaves them to the umask.
        mode: Option<u32>,
    },
}

impl Bind {
    pub fn tcp(host: &str, port: u16) -> Self {
        Self::Tcp {
            host: host.into(),
            port,
        }
    }

    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::Unix {
            path: path.into(),
            mode: None,
        }
    }

    /// `host:port`, `[IPv6]:port`, `unix:/path` or `unix:///path`; `None` for anything else.
    pub fn parse(address: &str) -> Option<Self> {
        if let Some(path) = address.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return unix_path(path).map(Self::unix);
        }
        let (host, port) = address.rsplit_once(':')?;
        // Without brackets it cannot be told where an IPv6 address ends.
        if host.contains(':') && !host.starts_with('[') {
            return None;
        }
        // `parse` alone would take "+80".
        let port = port.bytes().all(|b| b.is_ascii_digit()).then_some(port)?;
        Some(Self::Tcp {
            host: bind_host(host)?,
            port: port.parse().ok()?,
        })
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix { path, .. } => write!(f, "unix:{}", path.display()),
        }
    }
}

pub(super) fn read(section: &Section, config: &mut Config) -> Result<(), OptionError> {
    section.int("backlog", 1..=65_535, &mut config.backlog)?;
    section.switch("reuse_port", &mut config.reuse_port)?;
    let mut announced = false;
    section.switch("proxy_protocol", &mut announced)?;
    let mut single = single(section)?;
    (single.tls, single.proxy_protocol) = (config.tls.is_some(), announced);
    config.listen = match section.get("listen").unwrap_or(&Value::Null) {
        Value::Null => vec![single],
        value => {
            if let Some(name) = given(section, &["host", "port", "unix"]) {
                return Err(OptionError::conflict(
                    "listen",
                    format!("cannot be combined with \"{name}\""),
                ));
            }
            let several = several(value, announced)?;
            let tls = several.iter().position(|listen| listen.tls);
            match (&config.tls, tls) {
                (None, Some(index)) => {
                    let problem = "needs \"tls\" with the certificate and its key";
                    return Err(OptionError::conflict(format!("listen[{index}].tls"), problem));
                }
                (Some(_), None) => {
                    let problem = "is used by no address: give one of \"listen\" as an array with \"tls\" => true";
                    return Err(OptionError::conflict("tls", problem));
                }
                _ => {}
            }
            several
        }
    };
    let untrusting = |l: &Listen| l.proxy_protocol && matches!(l.bind, Bind::Tcp { .. });
    if config.listen.iter().any(untrusting) && !config.addresses.trusts_any() {
        let problem = "needs \"trusted_proxies\": anybody could announce any address";
        return Err(OptionError::conflict("proxy_protocol", problem));
    }
    let has_tcp = config.listen.iter().any(|l| matches!(l.bind, Bind::Tcp { .. }));
    let option = if section.get("unix").is_some() {
        "unix"
    } else {
        "listen"
    };
    if config.reuse_port && !has_tcp {
        return Err(OptionError::conflict(option, "cannot be combined with \"reuse_port\""));
    }
    let counts_addresses = config.max_connections_per_ip.is_some() || config.rates.handshakes_per_ip.is_some();
    let by_address = !config.addresses.is_empty() || counts_addresses;
    if by_address && !config.listen.iter().any(Listen::has_addresses) {
        let problem = "cannot be combined with \"allowed_ips\", \"denied_ips\", \"trusted_proxies\", \
                       \"max_connections_per_ip\" and \"max_handshakes_per_second_per_ip\": its clients have no address";
        return Err(OptionError::conflict(option, problem));
    }
    Ok(())
}

fn given(section: &Section, names: &[&'static str]) -> Option<&'static str> {
    let is_given = |name: &&&str| !matches!(section.get(name), None | Some(Value::Null));
    names.iter().find(is_given).copied()
}

/// The listener of `host` and `port`, or of `unix`.
fn single(section: &Section) -> Result<Listen, OptionError> {
    let (mut host, mut port) = ("127.0.0.1".to_owned(), 8080);
    section.text("host", &mut host)?;
    section.int("port", 0..=65_535, &mut port)?;
    let value = section.get("unix").unwrap_or(&Value::Null);
    if *value == Value::Null {
        let host = bind_host(&host).ok_or_else(|| invalid("host", HOST, &Value::from(host.as_str())))?;
        return Ok(Bind::Tcp { host, port }.into());
    }
    let allowed = || format!("null or a path of at most {MAX_UNIX_PATH} bytes");
    let path = text(value)
        .and_then(unix_path)
        .ok_or_else(|| section.invalid("unix", allowed(), value))?;
    if let Some(name) = given(section, &["host", "port"]) {
        return Err(OptionError::conflict(
            "unix",
            format!("cannot be combined with \"{name}\""),
        ));
    }
    Ok(Bind::unix(path).into())
}

fn several(value: &Value, announced: bool) -> Result<Vec<Listen>, OptionError> {
    let allowed = || format!("a list of 1 to {MAX_LISTENERS} items, each {ADDRESS} or an array with it as \"address\"");
    let items = match value {
        Value::List(items) if (1..=MAX_LISTENERS).contains(&items.len()) => items,
        other => return Err(invalid("listen", allowed(), other)),
    };
    let mut listeners: Vec<Listen> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let name = format!("listen[{index}]");
        let listen = match item {
            Value::Map(_) => from_array(&name, item, announced)?,
            Value::Bytes(_) => Listen {
                proxy_protocol: announced,
                ..text(item)
                    .and_then(Bind::parse)
                    .ok_or_else(|| invalid(&name, ADDRESS, item))?
                    .into()
            },
            other => {
                return Err(invalid(
                    &name,
                    format!("{ADDRESS}, or an array with it as \"address\""),
                    other,
                ));
            }
        };
        if let Some(same) = listeners.iter().position(|other| same_place(&other.bind, &listen.bind)) {
            return Err(OptionError::conflict(
                name,
                format!("has the address of \"listen[{same}]\""),
            ));
        }
        listeners.push(listen);
    }
    Ok(listeners)
}

fn from_array(name: &str, item: &Value, announced: bool) -> Result<Listen, OptionError> {
    let section = Section::open(name, format!("{name}."), item, KNOWN)?;
    let Some(address) = section.get("address") else {
        return Err(OptionError::Missing {
            option: section.path("address"),
            allowed: ADDRESS.into(),
        });
    };
    let mut bind = text(address)
        .and_then(Bind::parse)
        .ok_or_else(|| section.invalid("address", ADDRESS, address))?;
    if let Some(value) = section.get("mode") {
        let mut bits: u32 = 0;
        section.int("mode", 0..=0o777, &mut bits)?;
        match &mut bind {
            Bind::Unix { mode, .. } => *mode = Some(bits),
            Bind::Tcp { .. } => return Err(section.invalid("mode", "left out: only Unix sockets have one", value)),
        }
    }
    let mut listen = Listen {
        proxy_protocol: announced,
        ..bind.into()
    };
    section.switch("tls", &mut listen.tls)?;
    section.switch("proxy_protocol", &mut listen.proxy_protocol)?;
    Ok(listen)
}

/// Port 0 is another port each time.
fn same_place(one: &Bind, other: &Bind) -> bool {
    match (one, other) {
        (Bind::Tcp { host, port }, Bind::Tcp { host: h, port: p }) => host == h && port == p && *port != 0,
        (Bind::Unix { path, .. }, Bind::Unix { path: p, .. }) => path == p,
        _ => false,
    }
}

fn unix_path(path: &str) -> Option<PathBuf> {
    (1..=MAX_UNIX_PATH).contains(&path.len()).then(|| PathBuf::from(path))
}

/// The host as a resolver takes it; brackets around an IPv6 address are dropped.
fn bind_host(host: &str) -> Option<String> {
    let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    if let Some(address) = bare {
        return address.parse::<Ipv6Addr>().ok().map(|address| address.to_string());
    }
    let name = (1..=253).contains(&host.len())
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    (name || host.parse::<IpAddr>().is_ok()).then(|| host.to_owned())
}
