//! The control endpoint.
pub mod rate;
pub mod refusal;
pub mod request;
pub mod signature;
pub use refusal::Reason;
