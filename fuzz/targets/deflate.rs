//! permessage-deflate: offers are answered within what was offered, messages survive the way there and back, and what a
//! client sends inflates as it does with miniz_oxide, or is refused.
//!
//! The input: settings (2 bytes), length of the offer (1), the offer, then messages, each after its length (2 bytes).

#![no_main]

use ferry::engine::deflate::{Codec, Context, MIN_WINDOW_BITS, Settings, negotiate};
use ferry::engine::frame::ProtocolError;
use flate2::{Decompress, FlushDecompress};
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 100_000;
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

fuzz_target!(|input: &[u8]| {
    let Some(([flags, windows, offer_len], rest)) = input.split_first_chunk() else {
        return;
    };
    let settings = Settings {
        threshold: 0,
        level: i32::from(flags & 7) + 1,
        server_takeover: flags & 8 != 0,
        client_takeover: flags & 16 != 0,
        server_bits: 9 + windows % 7,
        client_bits: 9 + windows / 7 % 7,
    };
    let (offer, mut rest) = rest.split_at(rest.len().min(usize::from(*offer_len)));
    let terms = agreed(&settings, offer).unwrap_or_else(|| {
        let plain = agreed(&settings, b"permessage-deflate; client_max_window_bits");
        plain.expect("a plain offer is always acceptable")
    });

    let (mut codec, mut server, mut client) = (Codec::new(settings.level), Context::new(terms), Context::new(terms));
    // As a server that only receives, for what the input itself claims to be deflated.
    let mut victim = Context::new(terms);
    while let Some((len, after)) = rest.split_first_chunk() {
        let (message, after) = after.split_at(after.len().min(usize::from(u16::from_be_bytes(*len)) % 2048));
        rest = after;
        // The client's context must follow the server's: here both directions agree on the same terms.
        if terms.server_takeover == terms.client_takeover
            && terms.server_bits <= terms.client_bits.max(MIN_WINDOW_BITS)
            && let Some(deflated) = codec.compress(&mut server, message).map(<[u8]>::to_vec)
        {
            assert!(deflated.len() < message.len());
            let inflated = codec
                .inflate(&mut client, &deflated, message.len())
                .expect("our own message");
            assert_eq!(inflated.as_ref(), message);
        }
        inflate(&mut codec, &mut victim, message);
    }
});

/// The terms, checked against settings and offer.
fn agreed(settings: &Settings, offer: &[u8]) -> Option<ferry::engine::deflate::Terms> {
    let mut headers = HeaderMap::new();
    headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_bytes(offer).ok()?);
    let agreement = negotiate(settings, &headers).ok()??;
    let (terms, answer) = (agreement.terms, agreement.answer);
    assert!((9..=settings.server_bits).contains(&terms.server_bits));
    assert!((8..=15).contains(&terms.client_bits));
    assert!(terms.client_bits <= settings.client_bits || !terms.client_takeover);
    assert!(!terms.server_takeover || settings.server_takeover);
    assert!(!terms.client_takeover || settings.client_takeover);
    let mut parts = answer.split("; ");
    assert_eq!(parts.next(), Some("permessage-deflate"));
    let mut stated = HeaderMap::<()>::default();
    for part in parts {
        let (name, value) = part
            .split_once('=')
            .map_or((part, None), |(name, value)| (name, Some(value)));
        let bits = value.map(|value| value.parse::<u8>().expect("a number"));
        match name {
            "server_no_context_takeover" => assert!(!terms.server_takeover && bits.is_none()),
            "client_no_context_takeover" => assert!(!terms.client_takeover && bits.is_none()),
            "server_max_window_bits" => assert_eq!(bits, Some(terms.server_bits)),
            "client_max_window_bits" => assert_eq!(bits, Some(terms.client_bits)),
            other => panic!("{other}"),
        }
        let again = stated.insert(header::HeaderName::from_bytes(name.as_bytes()).expect("a name"), ());
        assert!(again.is_none(), "{answer}");
    }
    assert_eq!(
        stated.contains_key("server_no_context_takeover"),
        !terms.server_takeover
    );
    assert_eq!(
        stated.contains_key("client_no_context_takeover"),
        !terms.client_takeover
    );
    // An offer must have been there for what only an offer allows.
    let offer = String::from_utf8_lossy(offer).into_owned();
    for name in ["server_max_window_bits", "client_max_window_bits"] {
        assert!(!stated.contains_key(name) || offer.contains(name), "{offer}: {answer}");
    }
    Some(terms)
}

/// Inflates what may be anything, and compares with another implementation where that can judge: on a first message.
fn inflate(codec: &mut Codec, context: &mut Context, message: &[u8]) {
    let first = context.held_bytes() == 0;
    let ours = match codec.inflate(context, message, LIMIT) {
        Ok(text) => Ok(text.as_ref().to_vec()),
        Err(error) => Err(error),
    };
    if let Ok(text) = &ours {
        assert!(text.len() <= LIMIT);
    }
    if !first || message.is_empty() {
        return;
    }
    let whole = [message, &TAIL].concat();
    let (mut theirs, mut out) = (Decompress::new(false), vec![0; LIMIT + 1]);
    let status = theirs.decompress(&whole, &mut out, FlushDecompress::Sync);
    let made = usize::try_from(theirs.total_out()).expect("a length");
    let ended = matches!(status, Ok(flate2::Status::StreamEnd));
    match ours {
        Ok(text) => {
            assert!(status.is_ok(), "{status:?} there, {} bytes here", text.len());
            if ended {
                assert!(text.starts_with(&out[..made]));
            } else {
                assert_eq!(text, &out[..made]);
            }
        }
        Err(ProtocolError::TOO_BIG) => assert!(made > LIMIT || ended, "{made} bytes there"),
        // It may be cut, go wrong after its end, or refer further back than was agreed.
        Err(error) => assert_eq!(error, ProtocolError::INVALID_DEFLATE),
    }
}
