//! Where Redis is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::tls::TlsFiles;
use crate::engine::auth::Secret;
use crate::engine::auth::query::form_decode;

const PORT: u16 = 6379;
const DATABASES: i64 = 1 << 20;
const MAX_PREFIX: usize = 64;
/// `sun_path` with its NUL.
const MAX_PATH: usize = 107;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Tcp { host: String, port: u16, tls: bool },
    Unix(PathBuf),
}

/// `redis://[user:password@]host[:port][/db][?prefix=name]`, `rediss://` for TLS, where `ca_file`, and `cert_file` with
/// `key_file`, are further parameters, or `redis://[user:password@]/path.sock[?db=0&prefix=name]`. Neither `Display` nor
/// `Debug` shows the password.
#[derive(Clone, Debug)]
pub struct Dsn {
    pub address: Address,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub database: i64,
    /// Stands before the names of all keys and channels.
    pub prefix: Option<String>,
    pub tls: TlsFiles,
}

/// No DSN of a Redis server.
#[derive(Debug, PartialEq, Eq)]
pub struct NoDsn;

impl FromStr for Dsn {
    type Err = NoDsn;

    fn from_str(text: &str) -> Result<Self, NoDsn> {
        let (scheme, rest) = text.split_once("://").ok_or(NoDsn)?;
        let tls = match scheme {
            "redis" => false,
            "rediss" => true,
            _ => return Err(NoDsn),
        };
        if text.contains('#') {
            return Err(NoDsn);
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority),
        };
        let (user, password) = read_login(login);
        let (mut database, mut prefix) = (None, None);
        let (mut ca, mut certificate, mut key) = (None, None, None);
        for (name, value) in query.split('&').filter(|pair| !pair.is_empty()).map(split_pair) {
            match name {
                "db" if database.is_none() => database = Some(read_database(&value)?),
                "prefix" if prefix.is_none() && is_prefix(&value) => prefix = Some(value),
                "ca_file" if tls => read_file(&mut ca, value)?,
                "cert_file" if tls => read_file(&mut certificate, value)?,
                "key_file" if tls => read_file(&mut key, value)?,
                _ => return Err(NoDsn),
            }
        }
        let pair = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(NoDsn),
        };
        let address = if place.is_empty() {
            if tls || path.len() < 2 || path.len() > MAX_PATH {
                return Err(NoDsn);
            }
            Address::Unix(path.into())
        } else {
            if let Some(number) = path.strip_prefix('/').filter(|number| !number.is_empty()) {
                if database.is_some() {
                    return Err(NoDsn);
                }
                database = Some(read_database(number)?);
            }
            let (host, port) = read_place(place)?;
            Address::Tcp { host, port, tls }
        };
        Ok(Self {
            address,
            user,
            password,
            database: database.unwrap_or(0),
            prefix,
            tls: TlsFiles { ca, pair },
        })
    }
}

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { host, port, tls } => {
                let scheme = if *tls { "rediss" } else { "redis" };
                let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
                write!(f, "{scheme}://{open}{host}{close}:{port}")
            }
            Address::Unix(path) => write!(f, "redis://{}", path.display()),
        }
    }
}

/// Names of keys are made of it: nothing that a pattern or a Lua script could take for something else.
pub fn is_prefix(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b":._-{}".contains(&b);
    (1..=MAX_PREFIX).contains(&text.len()) && text.bytes().all(plain)
}

/// A password alone is the default user's.
fn read_login(login: Option<&str>) -> (Option<String>, Option<Secret>) {
    let Some(login) = login else { return (None, None) };
    let decode = |text: &str| form_decode(&text.replace('+', "%2B"));
    match login.split_once(':') {
        Some((user, password)) => {
            let user = Some(decode(user)).filter(|user| !user.is_empty());
            (user, Some(Secret::new(decode(password))))
        }
        None => (None, Some(Secret::new(decode(login)))),
    }
}

fn read_place(place: &str) -> Result<(String, u16), NoDsn> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or(NoDsn)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| NoDsn)?;
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(NoDsn),
            }
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let named = |b: u8| b.is_ascii_alphanumeric() || b"-._:".contains(&b);
    if host.is_empty() || host.len() > 253 || !host.bytes().all(named) {
        return Err(NoDsn);
    }
    let port = match port {
        None => PORT,
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse().ok().filter(|port| *port > 0).ok_or(NoDsn)?
        }
        Some(_) => return Err(NoDsn),
    };
    Ok((host.to_owned(), port))
}

fn read_database(text: &str) -> Result<i64, NoDsn> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| digits && *number < DATABASES)
        .ok_or(NoDsn)
}

fn read_file(file: &mut Option<PathBuf>, value: String) -> Result<(), NoDsn> {
    if value.is_empty() || file.is_some() {
        return Err(NoDsn);
    }
    *file = Some(value.into());
    Ok(())
}

fn split_pair(pair: &str) -> (&str, String) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (name, form_decode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dsn_says() {
        let tcp = |host: &str, port, tls| Address::Tcp {
            host: host.into(),
            port,
            tls,
        };
        for (text, address, database) in [
            ("redis://localhost", tcp("localhost", 6379, false), 0),
            ("redis://10.0.0.1:7000/3", tcp("10.0.0.1", 7000, false), 3),
            ("rediss://[::1]:7000/", tcp("::1", 7000, true), 0),
            ("redis://h?db=4", tcp("h", 6379, false), 4),
            (
                "redis:///run/redis.sock?db=2",
                Address::Unix("/run/redis.sock".into()),
                2,
            ),
        ] {
            let dsn: Dsn = text.parse().unwrap();
            assert_eq!((dsn.address, dsn.database), (address, database), "{text}");
        }
        let dsn: Dsn = "redis://al%20ice:p%40ss+@h?prefix=shop:1".parse().unwrap();
        assert_eq!(dsn.user.as_deref(), Some("al ice"));
        assert_eq!(dsn.password.as_ref().unwrap().expose(), b"p@ss+");
        assert_eq!(dsn.prefix.as_deref(), Some("shop:1"));
        assert!(!format!("{dsn} {dsn:?}").contains("p@ss"));
        let dsn: Dsn = "redis://secret@/run/r.sock".parse().unwrap();
        assert_eq!(dsn.password.unwrap().expose(), b"secret");
        assert_eq!(dsn.tls, TlsFiles::default());
        let dsn: Dsn = "rediss://h?ca_file=/a%20b.pem&cert_file=c&key_file=k".parse().unwrap();
        let (ca, pair) = (Some("/a b.pem".into()), Some(("c".into(), "k".into())));
        assert_eq!(dsn.tls, TlsFiles { ca, pair });
    }

    #[test]
    fn what_is_no_dsn() {
        for text in [
            "",
            "localhost",
            "http://h",
            "redis:h",
            "redis://",
            "redis:///",
            "rediss:///run/r.sock",
            "redis://h:0",
            "redis://h:x",
            "redis://h:+1",
            "redis://h:99999",
            "redis://h/x",
            "redis://h/-1",
            "redis://h/1?db=2",
            "redis://h?db=",
            "redis://h?cluster=1",
            "redis://h?prefix=",
            "redis://h?prefix=a%20b",
            "redis://h?prefix=a&prefix=b",
            "redis://h#x",
            "redis://h?ca_file=/ca.pem",
            "rediss://h?ca_file=",
            "rediss://h?ca_file=a&ca_file=b",
            "rediss://h?cert_file=c",
            "rediss://h?key_file=k",
            "rediss://h?verify=0",
            "redis://[::1",
            "redis://[x]",
            "redis://a b",
        ] {
            assert!(text.parse::<Dsn>().is_err(), "{text}");
        }
    }
}
