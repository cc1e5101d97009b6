use http::{HeaderMap, HeaderValue, header};

use super::*;

const BOTH: Settings = Settings {
    threshold: 256,
    level: 1,
    server_takeover: true,
    client_takeover: true,
    server_bits: 15,
    client_bits: 15,
};

fn ask(settings: Settings, lines: &[&str]) -> Result<Option<Agreement>, Malformed> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_str(line).unwrap());
    }
    negotiate(&settings, &headers)
}

#[track_caller]
fn answer(settings: Settings, offer: &str) -> String {
    ask(settings, &[offer]).unwrap().expect("agreement").answer
}

#[track_caller]
fn declined(offer: &str) {
    assert_eq!(ask(BOTH, &[offer]), Ok(None), "{offer}");
}

#[test]
fn no_context_is_kept_unless_configured() {
    assert_eq!(
        answer(Settings::default(), "permessage-deflate"),
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    );
    assert_eq!(answer(BOTH, "permessage-deflate"), "permessage-deflate");
    let terms = ask(BOTH, &["permessage-deflate"]).unwrap().unwrap().terms;
    let expected = Terms {
        server_takeover: true,
        client_takeover: true,
        server_bits: 15,
        client_bits: 15,
    };
    assert_eq!(terms, expected);
}

#[test]
fn each_parameter_is_answered_as_the_rfc_says() {
    for (offer, expected) in [
        ("server_no_context_takeover", "; server_no_context_takeover"),
        ("client_no_context_takeover", "; client_no_context_takeover"),
        ("server_max_window_bits=10", "; server_max_window_bits=10"),
        ("server_max_window_bits=15", "; server_max_window_bits=15"),
        // A client that may be asked for less need not be.
        ("client_max_window_bits", ""),
        ("client_max_window_bits=15", ""),
        ("client_max_window_bits=12", "; client_max_window_bits=12"),
        ("client_max_window_bits=8", "; client_max_window_bits=8"),
        ("client_max_window_bits=\"1\\2\"", "; client_max_window_bits=12"),
        (
            "client_max_window_bits = 11 ; server_max_window_bits=9; client_no_context_takeover",
            "; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=11",
        ),
    ] {
        let offer = format!("permessage-deflate; {offer}");
        assert_eq!(answer(BOTH, &offer), format!("permessage-deflate{expected}"), "{offer}");
    }
}

#[test]
fn configured_windows_bound_what_is_agreed() {
    let small = Settings {
        server_bits: 10,
        client_bits: 11,
        ..BOTH
    };
    for (offer, expected) in [
        (
            "; server_max_window_bits=15",
            "; client_no_context_takeover; server_max_window_bits=10",
        ),
        (
            "; server_max_window_bits=9",
            "; client_no_context_takeover; server_max_window_bits=9",
        ),
        ("; client_max_window_bits", "; client_max_window_bits=11"),
        ("; client_max_window_bits=14", "; client_max_window_bits=11"),
        ("; client_max_window_bits=9", "; client_max_window_bits=9"),
        // It does not know the parameter, so it may use 15 bits, for which no memory is to be kept.
        ("", "; client_no_context_takeover"),
    ] {
        let offer = format!("permessage-deflate{offer}");
        assert_eq!(
            answer(small, &offer),
            format!("permessage-deflate{expected}"),
            "{offer}"
        );
    }
    assert_eq!(
        ask(small, &["permessage-deflate"]).unwrap().unwrap().terms.server_bits,
        10
    );
}

#[test]
fn offers_that_cannot_be_kept_are_declined() {
    for parameters in [
        "unknown",
        "server_no_context_takeover=1",
        "client_no_context_takeover=\"\\t\"",
        "server_no_context_takeover; server_no_context_takeover",
        "client_max_window_bits; client_max_window_bits=10",
        "server_max_window_bits=10; server_max_window_bits=10",
        "server_max_window_bits",
        "server_max_window_bits=8",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=010",
        "server_max_window_bits=+10",
        "server_max_window_bits=1e1",
        "server_max_window_bits=266",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=08",
        "client_max_window_bits=x",
        // Names of parameters have one spelling.
        "Server_No_Context_Takeover",
    ] {
        declined(&format!("permessage-deflate; {parameters}"));
    }
    declined("x-webkit-deflate-frame");
    assert_eq!(ask(BOTH, &[]), Ok(None));
}

#[test]
fn the_first_acceptable_offer_is_taken() {
    let expected = "permessage-deflate; server_max_window_bits=12";
    for lines in [
        &["permessage-deflate; server_max_window_bits=8, x, permessage-deflate; server_max_window_bits=12"][..],
        &[
            "permessage-deflate; what=\"a\"",
            "permessage-deflate; server_max_window_bits=12, permessage-deflate",
        ],
        &[", ,permessage-deflate;server_max_window_bits=12,"],
    ] {
        assert_eq!(ask(BOTH, lines).unwrap().unwrap().answer, expected);
    }
}

#[test]
fn malformed_headers_fail_the_handshake() {
    for line in [
        ";",
        "permessage-deflate;",
        "permessage-deflate; =1",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; server_max_window_bits=\"10",
        "permessage-deflate; server_max_window_bits=10\"",
        "permessage-deflate; server_max_window_bits=\"1\"0\"",
        "permessage-deflate; a b",
        // A quoted comma or semicolon separates nothing, and makes a value that is no token.
        "permessage-deflate; x=\"a,permessage-deflate\"",
        "permessage-deflate; x=\"a;b\"",
        "permessage deflate",
        "permessage-deflate; server_max_window_bits=1 0",
        "permessage-deflate; x=\"\\\"",
    ] {
        assert_eq!(ask(BOTH, &[line]), Err(Malformed), "{line}");
    }
}
