use super::*;

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn pair(cert: &str, key: &str) -> Value {
    Value::from([("cert", fixture(cert).as_str()), ("key", fixture(key).as_str())])
}

fn local() -> Value {
    pair("local.pem", "local.key")
}

fn tls_message<const N: usize>(entries: [(&str, Value); N]) -> String {
    message("tls", Value::from(entries))
}

#[test]
fn certificates_are_read() {
    assert!(Config::parse(&empty()).unwrap().tls.is_none());
    assert!(parse("tls", Value::Null).unwrap().tls.is_none());
    let simple = parse("tls", local()).unwrap();
    assert!(simple.tls.is_some() && simple.listen[0].tls);
    let several = [
        (
            "certificates",
            Value::List(vec![local(), pair("other.pem", "other.key")]),
        ),
        ("min_version", "1.3".into()),
    ];
    assert!(parse("tls", Value::from(several)).is_ok());
    let listen = Value::List(vec![
        Value::from([("address", Value::from("localhost:1")), ("tls", true.into())]),
        "localhost:2".into(),
    ]);
    let mixed = parse_all([("tls", local()), ("listen", listen)]).unwrap();
    assert_eq!(mixed.listen.iter().map(|l| l.tls).collect::<Vec<_>>(), [true, false]);
    let shown = format!("{mixed:?}");
    assert!(shown.contains("local.key") && !shown.contains("PRIVATE"), "{shown}");
}

#[test]
fn certificates_that_cannot_be_used_are_named_with_the_remedy() {
    let problem = |cert: &str, key: &str| message("tls", pair(cert, key));
    for (cert, key, option, words) in [
        ("none.pem", "local.key", "tls.cert", "cannot be read: No such file"),
        ("local.pem", "none.key", "tls.key", "check the path and the rights"),
        ("local.key", "local.key", "tls.cert", "holds no certificate in PEM form"),
        ("README.md", "local.key", "tls.cert", "holds no certificate in PEM form"),
        ("local.pem", "local.pem", "tls.key", "holds no private key in PEM form"),
        (
            "local.pem",
            "encrypted.key",
            "tls.key",
            "is encrypted; write it without a passphrase: openssl pkey",
        ),
        ("local.pem", "other.key", "tls.key", "give both files of one pair"),
        (
            "local.pem",
            "renewed.key",
            "tls.key",
            "is not the one of the certificate in",
        ),
    ] {
        let text = problem(cert, key);
        assert!(
            text.starts_with(&format!("Option \"{option}\" names the file \"")),
            "{text}"
        );
        assert!(text.contains(words) && text.ends_with('.'), "{text}");
        assert!(!text.contains("PRIVATE"), "{text}");
    }
    let listed = tls_message([(
        "certificates",
        Value::List(vec![local(), pair("local.pem", "none.key")]),
    )]);
    assert!(
        listed.starts_with("Option \"tls.certificates[1].key\" names the file"),
        "{listed}"
    );
}

#[test]
fn a_wrong_tls_option_is_refused() {
    assert_eq!(message("tls", true), r#"Option "tls" must be an array, a bool given."#);
    assert_eq!(
        message("tls", empty()),
        r#"Option "tls.cert" is required: the path of a PEM file."#
    );
    assert_eq!(
        tls_message([("cert", fixture("local.pem").as_str().into())]),
        r#"Option "tls.key" is required: the path of a PEM file."#
    );
    assert_eq!(
        tls_message([("crt", "x".into())]),
        r#"Option "tls.crt" is unknown; did you mean "cert"?"#
    );
    let inline = "-----BEGIN PRIVATE KEY-----";
    assert_eq!(
        tls_message([("cert", "x".into()), ("key", inline.into())]),
        r#"Option "tls.key" must be the path of a PEM file, a string of 27 bytes given."#
    );
    let versioned = |version: Value| {
        let mut entries = vec![("min_version".to_owned(), version)];
        let Value::Map(pair) = local() else { unreachable!() };
        entries.extend(pair);
        message("tls", Value::Map(entries))
    };
    for wrong in ["1.1".into(), Value::from(1.2), "tls1.3".into()] {
        let given = wrong.describe();
        assert_eq!(
            versioned(wrong),
            format!("Option \"tls.min_version\" must be \"1.2\" or \"1.3\", {given} given.")
        );
    }
    assert!(tls_message([("certificates", "x".into())]).contains("a list of at most 256 arrays"));
    assert!(
        tls_message([("certificates", vec!["x"].into())])
            .starts_with("Option \"tls.certificates[0]\" must be an array")
    );
    let secure = Value::from(vec![Value::from([
        ("address", Value::from("a:1")),
        ("tls", true.into()),
    ])]);
    assert_eq!(
        message("listen", secure),
        r#"Option "listen[0].tls" needs "tls" with the certificate and its key."#
    );
    assert!(
        message_all([("tls", local()), ("listen", vec!["a:1"].into())]).starts_with("Option \"tls\" is used by no")
    );
}

#[test]
fn the_proxy_protocol_needs_somebody_to_trust() {
    let needs = r#"Option "proxy_protocol" needs "trusted_proxies": anybody could announce any address."#;
    let on = || ("proxy_protocol", Value::from(true));
    assert_eq!(message_all([on()]), needs);
    assert_eq!(message_all([on(), ("listen", vec!["a:1"].into())]), needs);
    assert_eq!(
        message("proxy_protocol", 1),
        r#"Option "proxy_protocol" must be a bool, 1 given."#
    );
    let trusted = ("trusted_proxies", Value::from(vec!["10.0.0.0/8"]));
    assert!(parse_all([on(), trusted]).unwrap().listen[0].proxy_protocol);
    // Announced clients have addresses, also over a Unix socket.
    let unix = parse_all([on(), ("unix", "/s".into()), ("allowed_ips", vec!["::1"].into())]);
    assert!(unix.unwrap().listen[0].proxy_protocol);
    let off = Value::from([("address", Value::from("a:1")), ("proxy_protocol", false.into())]);
    let mixed = parse_all([on(), ("listen", Value::List(vec!["unix:/s".into(), off]))]).unwrap();
    assert_eq!(
        mixed.listen.iter().map(|l| l.proxy_protocol).collect::<Vec<_>>(),
        [true, false]
    );
}
