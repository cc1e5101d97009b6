mod authorization;
mod control;
mod history;
mod http;
mod listen;
mod observation;
mod rates;
mod redis;
mod tls;
mod values;

use super::*;

const SECRET: &str = "a secret of more than thirty-two bytes";
const RSA: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/keys/rsa.public.pem"
));

fn parse<T: Into<Value>>(name: &str, value: T) -> Result<Config, OptionError> {
    Config::parse(&Value::from([(name, value)]))
}

fn message<T: Into<Value>>(name: &str, value: T) -> String {
    parse(name, value).unwrap_err().to_string()
}

fn parse_all<const N: usize>(entries: [(&str, Value); N]) -> Result<Config, OptionError> {
    Config::parse(&Value::from(entries))
}

fn message_all<const N: usize>(entries: [(&str, Value); N]) -> String {
    parse_all(entries).unwrap_err().to_string()
}

/// Options of `jwt` with a good key, and these over them.
fn jwt<const N: usize>(changes: [(&str, Value); N]) -> Value {
    let mut entries = vec![
        ("algorithms".to_owned(), vec!["HS256"].into()),
        ("key".to_owned(), SECRET.into()),
    ];
    for (name, value) in changes {
        entries.retain(|(existing, _)| existing != name);
        entries.push((name.to_owned(), value));
    }
    Value::Map(entries)
}

fn jwt_message<const N: usize>(changes: [(&str, Value); N]) -> String {
    message("jwt", jwt(changes))
}

fn empty() -> Value {
    Value::List(Vec::new())
}

#[test]
fn no_options_are_the_defaults() {
    let parsed = Config::parse(&empty()).unwrap();
    assert_eq!(format!("{parsed:?}"), format!("{:?}", Config::default()));
    assert!(parsed.serves("/") && parsed.serves("/anything"));
    assert_eq!(
        Config::parse(&Value::Null).unwrap_err().to_string(),
        "Option \"options\" must be an array, null given."
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "there are as many options")]
fn every_option_is_read() {
    let config = parse_all([
        ("host", "::1".into()),
        ("port", 0.into()),
        ("reuse_port", true.into()),
        ("backlog", 16.into()),
        ("path", vec!["/ws", "/chat"].into()),
        ("health_path", Value::Null),
        ("subprotocols", vec!["chat.v2", "chat.v1"].into()),
        ("io_threads", 4.into()),
        ("max_connections", 10.into()),
        ("max_connections_per_ip", 2.into()),
        ("handshake_timeout", 1.into()),
        ("handshake_callback_timeout", 0.5.into()),
        ("max_header_bytes", 1024.into()),
        ("max_message_bytes", 2048.into()),
        ("max_fragments", 1.into()),
        ("fibers", true.into()),
        ("max_fibers", 7.into()),
        ("inbox_bytes", 4096.into()),
        ("outbox_bytes", 8192.into()),
        ("slow_consumer", "drop-oldest".into()),
        (
            "compression",
            Value::from([
                ("threshold", Value::from(0)),
                ("level", 9.into()),
                ("client_context_takeover", true.into()),
                ("server_max_window_bits", 9.into()),
                ("client_max_window_bits", 12.into()),
            ]),
        ),
        ("ping_interval", 0.into()),
        ("idle_timeout", 0.25.into()),
        ("close_timeout", 86_400.into()),
        ("write_timeout", 0.0.into()),
        ("tcp_nodelay", false.into()),
        ("slow_ms", 0.into()),
        ("allowed_origins", vec!["https://*.example.org"].into()),
        ("allowed_ips", vec!["10.0.0.0/8"].into()),
        ("denied_ips", vec!["10.0.0.1"].into()),
        ("trusted_proxies", vec!["::1"].into()),
        (
            "jwt",
            jwt([
                ("issuer", "https://issuer".into()),
                ("audience", vec!["ws", "chat"].into()),
                ("leeway", 10.into()),
                ("required_claims", vec!["exp", "tenant"].into()),
                ("user_claim", "uid".into()),
                ("roles_claim", "scope".into()),
                ("required", false.into()),
                ("expired_close_code", 4000.into()),
            ]),
        ),
        (
            "token",
            Value::from([
                ("header", Value::from(false)),
                ("cookie", "t".into()),
                ("query", Value::Null),
            ]),
        ),
    ])
    .unwrap();
    assert_eq!(config.listen, [Bind::tcp("::1", 0).into()]);
    assert!(config.reuse_port && !config.tcp_nodelay && !config.jwt_required);
    assert_eq!((config.backlog, config.io_threads, config.max_connections), (16, 4, 10));
    assert_eq!(
        (config.max_connections_per_ip, config.health_path.as_deref()),
        (Some(2), None)
    );
    assert!(config.serves("/chat") && !config.serves("/chat/") && !config.serves("/"));
    assert_eq!(config.subprotocols, ["chat.v2", "chat.v1"]);
    assert_eq!(
        (config.max_header_bytes, config.max_message_bytes, config.max_fragments),
        (1024, 2048, 1)
    );
    assert_eq!((config.inbox_bytes, config.outbox_bytes), (4096, 8192));
    assert_eq!(config.slow_consumer, SlowConsumer::DropOldest);
    assert_eq!(config.fibers, Some(7));
    let compression = deflate::Settings {
        threshold: 0,
        level: 9,
        server_takeover: false,
        client_takeover: true,
        server_bits: 9,
        client_bits: 12,
    };
    assert_eq!(config.compression, Some(compression));
    assert_eq!(config.handshake_timeout, Duration::from_secs(1));
    assert_eq!(config.handshake_callback_timeout, Duration::from_millis(500));
    assert_eq!(config.close_timeout, Duration::from_secs(86_400));
    assert_eq!(
        (config.ping_interval, config.write_timeout, config.slow_callback),
        (None, None, None)
    );
    assert_eq!(config.idle_timeout, Some(Duration::from_millis(250)));
    assert!(config.allowed_origins.allows(Some("https://a.example.org")));
    assert!(config.addresses.permits([10, 0, 0, 2].into()) && !config.addresses.permits([10, 0, 0, 1].into()));
    assert_eq!(config.expired_close_code, 4000);
    assert!(config.verifier.is_some());
    let sources = TokenSources {
        header: false,
        subprotocol: true,
        cookie: Some("t".into()),
        query: None,
    };
    assert_eq!(config.token, sources);
}

#[test]
fn unknown_names_are_refused_with_a_hint() {
    assert_eq!(message("prot", 1), r#"Option "prot" is unknown; did you mean "port"?"#);
    assert_eq!(
        message("maxMessageBytes", 1),
        r#"Option "maxMessageBytes" is unknown; did you mean "max_message_bytes"?"#
    );
    assert!(message("ssl", true).starts_with(r#"Option "ssl" is unknown; known are host, port, unix, "#));
    assert!(message("", true).starts_with(r#"Option "" is unknown; known are "#));
    let listed = Config::parse(&Value::from(vec!["port"])).unwrap_err();
    assert_eq!(listed.option(), "0");
    assert_eq!(
        message("token", [("qurey", true)]),
        r#"Option "token.qurey" is unknown; did you mean "query"?"#
    );
    assert_eq!(
        message("token", [("body", true)]),
        r#"Option "token.body" is unknown; known are header, subprotocol, cookie, query."#
    );
    assert_eq!(
        jwt_message([("algorithm", "HS256".into())]),
        r#"Option "jwt.algorithm" is unknown; did you mean "algorithms"?"#
    );
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    assert_eq!(
        message("max_message_bytes", 64 << 20),
        r#"Option "max_message_bytes" must not be above "inbox_bytes" (33554432), 67108864 given."#
    );
    assert_eq!(
        message("idle_timeout", 20),
        r#"Option "idle_timeout" must be above "ping_interval" (25) unless one of them is 0 (off), 20 given."#
    );
    assert_eq!(
        message_all([
            ("slow_consumer", "drop-newest".into()),
            ("compression", [("server_context_takeover", true)].into()),
        ]),
        "Option \"compression.server_context_takeover\" needs \"slow_consumer\" \"disconnect\": the messages after a dropped \
         one would refer to it."
    );
    assert!(parse_all([("idle_timeout", 20.into()), ("ping_interval", 0.into())]).is_ok());
    assert!(parse_all([("idle_timeout", 0.into()), ("ping_interval", 90.into())]).is_ok());
    assert_eq!(
        message("token", [("cookie", "session")]),
        r#"Option "token.cookie" needs "allowed_origins": browsers send cookies with connections that any page opens."#
    );
    let off = [
        ("header", Value::from(false)),
        ("subprotocol", false.into()),
        ("query", Value::Null),
    ];
    assert!(parse("token", Value::from(off.clone())).is_ok());
    assert_eq!(
        message_all([("token", off.clone().into()), ("jwt", jwt([]))]),
        r#"Option "jwt.required" needs a source in "token", all of which are off: every connection would be refused."#
    );
    assert!(parse_all([("token", off.into()), ("jwt", jwt([("required", false.into())]))]).is_ok());
}
