//! Options about how much may come how fast.

use super::error::OptionError;
use super::section::{Section, text};

const MAX_RATE: i64 = 16_777_216;
const MAX_BYTES: i64 = 1 << 36;

/// Units per second; `None`: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    pub handshakes: Option<u64>,
    pub handshakes_per_ip: Option<u64>,
    pub messages: Option<u64>,
    pub bytes: Option<u64>,
    pub control_frames: Option<u64>,
    /// What happens above `messages` and `bytes`.
    pub policy: RatePolicy,
    /// Bytes in the outboxes of all connections.
    pub outbox_total: Option<usize>,
}

/// What happens to a connection whose messages come too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatePolicy {
    /// It is closed with 1008.
    Close,
    /// What is too much does not reach PHP.
    Drop,
    /// Its socket is not read for a while: TCP slows the client down.
    Pause,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            handshakes: None,
            handshakes_per_ip: None,
            messages: None,
            bytes: None,
            control_frames: Some(1000),
            policy: RatePolicy::Close,
            outbox_total: Some(1 << 30),
        }
    }
}

pub(super) fn read(section: &Section, rates: &mut Rates) -> Result<(), OptionError> {
    let limit = |name, most, target: &mut Option<u64>| {
        let mut value = target.unwrap_or(0);
        section.int(name, 0..=most, &mut value)?;
        *target = (value > 0).then_some(value);
        Ok::<(), OptionError>(())
    };
    limit("max_handshakes_per_second", MAX_RATE, &mut rates.handshakes)?;
    limit(
        "max_handshakes_per_second_per_ip",
        MAX_RATE,
        &mut rates.handshakes_per_ip,
    )?;
    limit("max_messages_per_second", MAX_RATE, &mut rates.messages)?;
    limit("max_bytes_per_second", MAX_BYTES, &mut rates.bytes)?;
    limit("max_control_frames_per_second", MAX_RATE, &mut rates.control_frames)?;
    let mut total = rates.outbox_total.unwrap_or(0);
    section.int("outbox_total_bytes", 0..=MAX_BYTES, &mut total)?;
    rates.outbox_total = (total > 0).then_some(total);
    if let Some(value) = section.get("rate_policy") {
        rates.policy = match text(value) {
            Some("close") => RatePolicy::Close,
            Some("drop") => RatePolicy::Drop,
            Some("pause") => RatePolicy::Pause,
            _ => return Err(section.invalid("rate_policy", r#""close", "drop" or "pause""#, value)),
        };
    }
    Ok(())
}
