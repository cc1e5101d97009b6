//! The option `tls`. Its files are read here first, and again by `Tls::reload`.

use std::path::PathBuf;
use std::sync::Arc;

use super::Config;
use super::error::OptionError;
use super::section::{Section, text};
use super::value::Value;
use crate::engine::tls::{CertificateFiles, MinVersion, Tls};

const KNOWN: &[&str] = &["cert", "key", "certificates", "min_version"];
const KNOWN_CERTIFICATE: &[&str] = &["cert", "key"];
const MAX_CERTIFICATES: usize = 256;
const FILE: &str = "the path of a PEM file";

pub(super) fn read(options: &Section, config: &mut Config) -> Result<(), OptionError> {
    let value = options.get("tls").unwrap_or(&Value::Null);
    if *value == Value::Null {
        return Ok(());
    }
    let section = Section::open("tls", "tls.", value, KNOWN)?;
    let mut files = Vec::new();
    let further = further(&section)?;
    // With a list the two may be left out.
    if further.is_empty() || section.get("cert").is_some() || section.get("key").is_some() {
        files.push(pair(&section, "tls.")?);
    }
    files.extend(further);
    let min_version = match section.get("min_version") {
        None => MinVersion::default(),
        Some(value) => match text(value) {
            Some("1.2") => MinVersion::Tls12,
            Some("1.3") => MinVersion::Tls13,
            _ => return Err(section.invalid("min_version", r#""1.2" or "1.3""#, value)),
        },
    };
    config.tls = Some(Arc::new(Tls::load(files, min_version)?));
    Ok(())
}

fn further(section: &Section) -> Result<Vec<CertificateFiles>, OptionError> {
    let items = match section.get("certificates") {
        None => return Ok(Vec::new()),
        Some(Value::List(items)) if items.len() <= MAX_CERTIFICATES => items,
        Some(other) => {
            let allowed = format!("a list of at most {MAX_CERTIFICATES} arrays with \"cert\" and \"key\"");
            return Err(section.invalid("certificates", allowed, other));
        }
    };
    let read = |(index, item)| {
        let name = format!("tls.certificates[{index}]");
        let prefix = format!("{name}.");
        pair(
            &Section::open(&name, prefix.as_str(), item, KNOWN_CERTIFICATE)?,
            &prefix,
        )
    };
    items.iter().enumerate().map(read).collect()
}

fn pair(section: &Section, option: &str) -> Result<CertificateFiles, OptionError> {
    Ok(CertificateFiles {
        certificate: file(section, "cert")?,
        key: file(section, "key")?,
        option: option.into(),
    })
}

fn file(section: &Section, name: &str) -> Result<PathBuf, OptionError> {
    match section.get(name) {
        None => Err(OptionError::Missing {
            option: section.path(name),
            allowed: FILE.into(),
        }),
        // A key given in the place of its path must not be printed.
        Some(value) => match text(value).filter(|path| !path.contains("-----BEGIN")) {
            Some(path) => Ok(path.into()),
            None => Err(OptionError::Invalid {
                option: section.path(name),
                allowed: FILE.into(),
                given: value.describe_secret(),
            }),
        },
    }
}
