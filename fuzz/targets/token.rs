//! Where a token is looked for: the query as another parser reads it, nothing shown that must not be, nothing verified.
//!
//! The input: lines, by their first byte a header or the query.

#![no_main]

use ferry::engine::auth::TokenSources;
use ferry::engine::auth::token::{TokenSource, bearer_offered, offered_subprotocols, redact_query};
use ferry::engine::config::{Config, Value};
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// Long and random: no input holds it, so no token of an input is signed with it.
static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let jwt = Value::from([
        ("algorithms", Value::from(vec!["HS256"])),
        ("key", "6b1f0c9e7d2a4853b6e0917fa3c5d8428c3f".into()),
    ]);
    Config::parse(&Value::from([("jwt", jwt)])).expect("options")
});

fuzz_target!(|input: &[u8]| {
    let (mut headers, mut query) = (HeaderMap::new(), None);
    for line in input.split(|byte| *byte == b'\n') {
        let Some((kind, value)) = line.split_first() else {
            continue;
        };
        let name = match kind % 4 {
            0 => header::AUTHORIZATION,
            1 => header::SEC_WEBSOCKET_PROTOCOL,
            2 => header::COOKIE,
            _ => {
                query = std::str::from_utf8(value).ok();
                continue;
            }
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    let sources = TokenSources {
        cookie: Some("session".into()),
        ..TokenSources::default()
    };
    let token = sources.extract(&headers, query);
    let offered = offered_subprotocols(&headers);
    assert!(offered.iter().all(|name| !name.is_empty() && name != "bearer"));
    if let Some(token) = &token {
        assert!(!token.as_str().is_empty());
        assert_eq!(format!("{token:?}"), "[redacted]");
        assert_eq!(
            bearer_offered(&headers) || token.source() != TokenSource::Subprotocol,
            true
        );
        let verifier = CONFIG.verifier.as_ref().expect("a verifier");
        assert!(
            verifier.verify(token.as_str()).is_err(),
            "nobody signed {:?}",
            token.as_str()
        );
    }

    let only_query = TokenSources {
        header: false,
        subprotocol: false,
        cookie: None,
        query: Some("token".into()),
    };
    let Some(query) = query else { return };
    let found = only_query
        .extract(&headers, Some(query))
        .map(|token| token.into_string());
    let theirs = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "token")
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty());
    assert_eq!(found, theirs, "{query}");
    let redacted = redact_query(query, "token");
    let shown = only_query
        .extract(&headers, Some(&redacted))
        .map(|token| token.into_string());
    assert!(shown.is_none_or(|shown| shown == "[redacted]"), "{redacted}");
});
