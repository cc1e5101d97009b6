//! Who may connect: tokens, origins, addresses.
//!
//! Nothing here does I/O after start-up, and nothing keeps state: every check is a function of the configuration and of
//! one request, so all I/O threads share one copy.

pub mod address;
mod forwarded;
pub mod jwt;
pub mod origin;
mod query;
pub mod secret;
pub mod token;

pub use address::AddressPolicy;
pub use jwt::{TokenError, VerifiedToken, Verifier};
pub use origin::OriginList;
pub use secret::{REDACTED, Secret};
pub use token::{Token, TokenSource, TokenSources};
