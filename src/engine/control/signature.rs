//! Who may use the control endpoint: requests signed with the shared secret, each accepted once.
//!
//! Signed is `METHOD\nTARGET\nTIMESTAMP\nNONCE\nHEX(SHA-256(body))` by HMAC-SHA-256, in hexadecimal. Three headers carry it:
//! `Ferry-Timestamp` (Unix seconds), `Ferry-Nonce` (16 random bytes in hexadecimal) and `Ferry-Signature`.

use std::collections::{BTreeMap, HashSet};

use hmac::{Hmac, Mac};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::refusal::{Reason, Refused};
use crate::engine::auth::Secret;

pub const TIMESTAMP: &str = "ferry-timestamp";
pub const NONCE: &str = "ferry-nonce";
pub const SIGNATURE: &str = "ferry-signature";

/// Nonces remembered; more requests within the window are refused rather than forgotten.
const MAX_NONCES: usize = 4 << 20;

/// What a request says about itself, parsed and inside the time window, its signature not checked yet.
#[derive(Debug)]
pub struct Claimed {
    timestamp: u64,
    nonce: u128,
    nonce_text: String,
    signature: [u8; 32],
}

/// Checked before the body is read: a request that cannot be right costs no more than its head.
pub fn claimed(headers: &HeaderMap, now: u64, window: u64) -> Result<Claimed, Refused> {
    let unsigned = |detail: &str| Refused::new(Reason::Unsigned, detail);
    let one = |name: &str| {
        let mut all = headers.get_all(name).iter();
        match (all.next().map(|v| v.to_str()), all.next()) {
            (Some(Ok(value)), None) => Ok(value),
            _ => Err(unsigned(
                "Ferry-Timestamp, Ferry-Nonce and Ferry-Signature must each be given once.",
            )),
        }
    };
    let timestamp = one(TIMESTAMP)?;
    let plain = timestamp.len() <= 12 && timestamp.bytes().all(|b| b.is_ascii_digit());
    let timestamp: u64 = timestamp
        .parse()
        .ok()
        .filter(|_| plain)
        .ok_or_else(|| unsigned("Ferry-Timestamp must be Unix time in seconds."))?;
    let nonce_text = one(NONCE)?;
    let nonce = hex::<16>(nonce_text).ok_or_else(|| unsigned("Ferry-Nonce must be 16 bytes in hexadecimal."))?;
    let signature =
        hex::<32>(one(SIGNATURE)?).ok_or_else(|| unsigned("Ferry-Signature must be 32 bytes in hexadecimal."))?;
    if now.abs_diff(timestamp) > window {
        return Err(expired(window));
    }
    Ok(Claimed {
        timestamp,
        nonce: u128::from_be_bytes(nonce),
        nonce_text: nonce_text.to_owned(),
        signature,
    })
}

fn expired(window: u64) -> Refused {
    let detail = format!("Ferry-Timestamp is more than {window} seconds off the server's clock.");
    Refused::new(Reason::Expired, detail)
}

/// Compares in constant time.
pub fn verify(secret: &Secret, method: &str, target: &str, claimed: &Claimed, body: &[u8]) -> Result<(), Refused> {
    let wrong = || Refused::new(Reason::Signature, "The signature does not match the request.");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose()).map_err(|_| wrong())?;
    let timestamp = claimed.timestamp.to_string();
    for part in [method, target, &timestamp, &claimed.nonce_text] {
        mac.update(part.as_bytes());
        mac.update(b"\n");
    }
    let mut digest = [0; 64];
    write_hex(&Sha256::digest(body), &mut digest);
    mac.update(&digest);
    mac.verify_slice(&claimed.signature).map_err(|_| wrong())
}

/// Nonces by the second that their requests were signed in. A second that has left the window is forgotten as a whole, as
/// its requests are refused by their time.
#[derive(Debug, Default)]
pub struct Nonces {
    by_second: BTreeMap<u64, HashSet<u128>>,
    len: usize,
}

impl Nonces {
    /// Accepts a request whose signature is right, once.
    pub fn accept(&mut self, claimed: &Claimed, now: u64, window: u64) -> Result<(), Refused> {
        while let Some(oldest) = self.by_second.first_entry() {
            if oldest.key() + window >= now {
                break;
            }
            self.len -= oldest.remove().len();
        }
        // The head came in time and the body long after it: the nonce may be forgotten already.
        if claimed.timestamp + window < now {
            return Err(expired(window));
        }
        if self.len >= MAX_NONCES {
            return Err(Refused::new(
                Reason::Rate,
                "Too many requests within the replay window.",
            ));
        }
        if !self
            .by_second
            .entry(claimed.timestamp)
            .or_default()
            .insert(claimed.nonce)
        {
            return Err(Refused::new(
                Reason::Replayed,
                "A request with this nonce was accepted before.",
            ));
        }
        self.len += 1;
        Ok(())
    }
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn write_hex(bytes: &[u8], out: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(out.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(timestamp: &str, nonce: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [(TIMESTAMP, timestamp), (NONCE, nonce), (SIGNATURE, signature)] {
            headers.insert(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_signature_covers_method_target_time_nonce_and_body() {
        // From Python's hmac over "POST\n/publish\n1700000000\n00…0f\nSHA-256 of {}".
        let nonce = "0000000000000000000000000000000f";
        let signature = "f12f8f23d1d532dab89c53ca639d2d56da651c8aa1cc3046670b47b7b3ff8121";
        let claimed = claimed(&headers("1700000000", nonce, signature), 1_700_000_000, 30).unwrap();
        let secret = Secret::new(*b"0123456789abcdef0123456789abcdef");
        let check = |method, target, body: &[u8]| verify(&secret, method, target, &claimed, body);
        check("POST", "/publish", b"{}").unwrap();
        for (method, target, body) in [
            ("GET", "/publish", &b"{}"[..]),
            ("POST", "/publish?a", b"{}"),
            ("POST", "/publish", b"{ }"),
        ] {
            assert_eq!(check(method, target, body).unwrap_err().reason, Reason::Signature);
        }
        let other = Secret::new(*b"0123456789abcdef0123456789abcdeF");
        assert!(verify(&other, "POST", "/publish", &claimed, b"{}").is_err());
    }

    #[test]
    fn a_request_that_cannot_be_right_is_told_from_its_head() {
        let (nonce, signature) = ("0f".repeat(16), "00".repeat(32));
        let refused = |h: &HeaderMap| claimed(h, 1_000, 30).unwrap_err().reason;
        assert_eq!(refused(&HeaderMap::new()), Reason::Unsigned);
        for (t, n, s) in [
            ("+1000", &*nonce, &*signature),
            ("x", &nonce, &signature),
            ("1000", "0f", &signature),
            ("1000", &nonce, "zz"),
            ("1000", &"é".repeat(16), &signature),
        ] {
            let mut headers = headers("1000", &nonce, &signature);
            for (name, value) in [(TIMESTAMP, t), (NONCE, n), (SIGNATURE, s)] {
                headers.insert(name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            assert_eq!(refused(&headers), Reason::Unsigned, "{t} {n} {s}");
        }
        let mut twice = headers("1000", &nonce, &signature);
        twice.append(NONCE, nonce.parse().unwrap());
        assert_eq!(refused(&twice), Reason::Unsigned);
        for (timestamp, fresh) in [("970", true), ("1030", true), ("969", false), ("1031", false)] {
            let claimed = claimed(&headers(timestamp, &nonce, &signature), 1_000, 30);
            assert_eq!(claimed.is_ok(), fresh, "{timestamp}");
        }
    }

    #[test]
    fn a_nonce_counts_once_as_long_as_its_request_could_be_repeated() {
        let mut nonces = Nonces::default();
        let request = |timestamp, nonce| Claimed {
            timestamp,
            nonce,
            nonce_text: String::new(),
            signature: [0; 32],
        };
        nonces.accept(&request(1_030, 7), 1_000, 30).unwrap();
        nonces.accept(&request(1_000, 8), 1_000, 30).unwrap();
        // Signed ahead of the server's clock, it stays valid twice as long.
        let again = nonces.accept(&request(1_030, 7), 1_060, 30).unwrap_err();
        assert_eq!(again.reason, Reason::Replayed);
        assert_eq!(nonces.len, 1, "the other one is forgotten, its time is over");
        nonces.accept(&request(1_061, 7), 1_061, 30).unwrap();
        assert_eq!(nonces.len, 1);
        // Repeated in time, with a body that ends after the time.
        nonces.accept(&request(1_070, 9), 1_070, 30).unwrap();
        let late = nonces.accept(&request(1_070, 9), 1_101, 30).unwrap_err();
        assert_eq!(late.reason, Reason::Expired);
    }
}
