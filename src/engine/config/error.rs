//! What is wrong with an option.

use crate::engine::auth::jwt::KeyError;
use crate::engine::tls::TlsError;

/// An option that cannot be used. `Display` is a whole sentence: the option, the value it had, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    #[error("Option \"{option}\" must be {allowed}, {given} given.")]
    Invalid {
        option: String,
        allowed: String,
        given: String,
    },
    #[error("Option \"{option}\" is unknown; {hint}")]
    Unknown { option: String, hint: String },
    #[error("Option \"{option}\" is required: {allowed}.")]
    Missing { option: String, allowed: String },
    /// Each setting may be right by itself, but not together with another one.
    #[error("Option \"{option}\" {problem}.")]
    Conflict { option: String, problem: String },
    #[error("Option \"{option}\" {source}.")]
    Key { option: String, source: KeyError },
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl OptionError {
    /// The option with its path, such as `jwt.algorithms[0]`.
    pub fn option(&self) -> &str {
        match self {
            Self::Invalid { option, .. }
            | Self::Unknown { option, .. }
            | Self::Missing { option, .. }
            | Self::Conflict { option, .. }
            | Self::Key { option, .. }
            | Self::Tls(TlsError { option, .. }) => option,
        }
    }

    pub(super) fn conflict(option: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Conflict {
            option: option.into(),
            problem: problem.into(),
        }
    }
}
