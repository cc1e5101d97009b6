//! Who may connect: tokens, origins, addresses.
//!
//! Nothing here does I/O after start-up, and nothing keeps state: every check is a function of the configuration and of
//! one request, so all I/O threads share one copy.

pub mod address;
mod forwarded;
pub mod jwt;
pub mod origin;
pub mod query;
pub mod secret;
pub mod token;

pub use address::AddressPolicy;
pub use jwt::{TokenError, VerifiedToken, Verifier};
pub use origin::OriginList;
pub use secret::{REDACTED, Secret};
pub use token::{Token, TokenSource, TokenSources};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::config::{Config, OptionError, Value};

    /// The I/O threads and the PHP thread share these.
    #[test]
    fn public_types_cross_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<AddressPolicy>();
        check::<Config>();
        check::<OptionError>();
        check::<OriginList>();
        check::<Secret>();
        check::<Token>();
        check::<TokenError>();
        check::<TokenSources>();
        check::<Value>();
        check::<VerifiedToken>();
        check::<Verifier>();
    }
}
