//! Which offer is taken, and on which terms (RFC 7692 sections 5 and 7.1).

use http::HeaderMap;

use super::offer::{Offer, offers};
use super::{MAX_WINDOW_BITS, MIN_WINDOW_BITS, Settings, Terms};

const NAME: &str = "permessage-deflate";
const SERVER_NO_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";

/// A `Sec-WebSocket-Extensions` header breaks its grammar, which fails the handshake (RFC 6455 section 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    pub terms: Terms,
    /// The value of the answer's `Sec-WebSocket-Extensions`.
    pub answer: String,
}

/// Takes the first acceptable offer of the request; `None`: there is none, and messages stay uncompressed.
pub fn negotiate(settings: &Settings, headers: &HeaderMap) -> Result<Option<Agreement>, Malformed> {
    let offers = offers(headers)?;
    Ok(offers
        .iter()
        .filter(|offer| offer.name.eq_ignore_ascii_case(NAME))
        .find_map(|offer| Some(agree(settings, &Wish::read(offer)?))))
}

/// The parameters of one offer.
#[derive(Debug, Default)]
struct Wish {
    server_no_takeover: bool,
    client_no_takeover: bool,
    server_bits: Option<u8>,
    /// The most there can be where it came without a value; `None`: it did not come.
    client_bits: Option<u8>,
}

impl Wish {
    /// `None`: the offer must be declined (RFC 7692 section 7.1): a parameter that is unknown or comes twice, a value that
    /// is none of its parameter's, or a window that we cannot keep to.
    fn read(offer: &Offer) -> Option<Self> {
        let mut wish = Self::default();
        for (name, value) in &offer.parameters {
            let again = match (name.as_str(), value.as_deref()) {
                (SERVER_NO_TAKEOVER, None) => std::mem::replace(&mut wish.server_no_takeover, true),
                (CLIENT_NO_TAKEOVER, None) => std::mem::replace(&mut wish.client_no_takeover, true),
                (SERVER_BITS, Some(value)) => {
                    // Our deflate has no window of 256 bytes, so 8 cannot be promised.
                    let bits = window_bits(value).filter(|bits| *bits >= MIN_WINDOW_BITS)?;
                    wish.server_bits.replace(bits).is_some()
                }
                (CLIENT_BITS, None) => wish.client_bits.replace(MAX_WINDOW_BITS).is_some(),
                (CLIENT_BITS, Some(value)) => wish.client_bits.replace(window_bits(value)?).is_some(),
                _ => return None,
            };
            if again {
                return None;
            }
        }
        Some(wish)
    }
}

/// 8 to 15, in decimal without leading zeros.
fn window_bits(value: &str) -> Option<u8> {
    let plain = !value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|bits| plain && (8..=15).contains(bits))
}

fn agree(settings: &Settings, wish: &Wish) -> Agreement {
    let server_takeover = settings.server_takeover && !wish.server_no_takeover;
    let server_bits = wish
        .server_bits
        .map_or(settings.server_bits, |bits| bits.min(settings.server_bits));
    // Only a client that names its window can be asked for a smaller one.
    let client_bits = wish.client_bits.map(|bits| bits.min(settings.client_bits));
    // One that cannot keeps no context, so that what is configured stays the bound on memory.
    let unbounded = client_bits.is_none() && settings.client_bits < MAX_WINDOW_BITS;
    let client_takeover = settings.client_takeover && !wish.client_no_takeover && !unbounded;

    let mut answer = NAME.to_owned();
    let mut say = |text: &str| {
        answer.push_str("; ");
        answer.push_str(text);
    };
    if !server_takeover {
        say(SERVER_NO_TAKEOVER);
    }
    if !client_takeover {
        say(CLIENT_NO_TAKEOVER);
    }
    if wish.server_bits.is_some() {
        say(&format!("{SERVER_BITS}={server_bits}"));
    }
    if let Some(bits) = client_bits.filter(|bits| *bits < MAX_WINDOW_BITS) {
        say(&format!("{CLIENT_BITS}={bits}"));
    }
    Agreement {
        terms: Terms {
            server_takeover,
            client_takeover,
            server_bits,
            client_bits: client_bits.unwrap_or(MAX_WINDOW_BITS),
        },
        answer,
    }
}
