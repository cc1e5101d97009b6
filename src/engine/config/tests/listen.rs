use super::*;

fn item<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::from(vec![Value::from(entries)])
}

#[test]
fn a_unix_socket_excludes_tcp_settings() {
    let unix = || ("unix", Value::from("/run/ferry.sock"));
    assert_eq!(
        parse_all([unix()]).unwrap().listen,
        [Bind::unix("/run/ferry.sock").into()]
    );
    assert!(parse_all([("unix", Value::Null), ("port", 80.into())]).is_ok());
    assert_eq!(
        message_all([unix(), ("host", "127.0.0.1".into())]),
        r#"Option "unix" cannot be combined with "host"."#
    );
    assert_eq!(
        message_all([unix(), ("port", 8080.into())]),
        r#"Option "unix" cannot be combined with "port"."#
    );
    assert_eq!(
        message_all([unix(), ("reuse_port", true.into())]),
        r#"Option "unix" cannot be combined with "reuse_port"."#
    );
    for (name, value) in [
        ("allowed_ips", vec!["::1"].into()),
        ("denied_ips", vec!["::1"].into()),
        ("trusted_proxies", vec!["::1"].into()),
        ("max_connections_per_ip", Value::from(1)),
    ] {
        assert!(
            message_all([unix(), (name, value)]).ends_with("its clients have no address."),
            "{name}"
        );
    }
    let long = "/".repeat(104);
    for wrong in ["", &long] {
        let given = Value::from(wrong).describe();
        let expected = format!("Option \"unix\" must be null or a path of at most 103 bytes, {given} given.");
        assert_eq!(message("unix", wrong), expected);
    }
}

#[test]
fn addresses_are_read() {
    let read = |address: &str| Bind::parse(address).map(|bind| bind.to_string());
    for address in [
        "127.0.0.1:0",
        "[::1]:8080",
        "localhost:65535",
        "unix:/run/f.sock",
        "unix:f.sock",
    ] {
        assert_eq!(read(address).as_deref(), Some(address));
    }
    assert_eq!(read("unix:///run/f.sock").unwrap(), "unix:/run/f.sock");
    let long = format!("unix:/{}", "s".repeat(103));
    for wrong in [
        "",
        "8080",
        ":8080",
        "::1:8080",
        "[::1]",
        "[::1]:",
        "[127.0.0.1]:80",
        "localhost:",
        "localhost:+80",
        "localhost:65536",
        "http://localhost:80",
        "a b:80",
        "unix:",
        "unix://",
        &long,
    ] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

#[test]
fn a_server_may_listen_on_several_addresses() {
    let entries = [
        "0.0.0.0:80".into(),
        Value::from([("address", "unix:/run/f.sock".into()), ("mode", Value::from(0o660))]),
        Value::from([("address", "[::]:80")]),
        "localhost:0".into(),
        "localhost:0".into(),
    ];
    let config = parse("listen", Value::List(entries.into())).unwrap();
    let unix = Bind::Unix {
        path: "/run/f.sock".into(),
        mode: Some(0o660),
    };
    let expected = [
        Bind::tcp("0.0.0.0", 80),
        unix,
        Bind::tcp("::", 80),
        Bind::tcp("localhost", 0),
        Bind::tcp("localhost", 0),
    ];
    assert_eq!(config.listen, expected.map(Into::into));
    let beside_unix = [
        ("listen", vec!["[::1]:80", "unix:/s"].into()),
        ("reuse_port", true.into()),
        ("allowed_ips", vec!["::1"].into()),
    ];
    assert!(parse_all(beside_unix).is_ok());
}

#[test]
fn listeners_that_cannot_be_are_refused() {
    let list = "a list of 1 to 64 items, each an address such as \"127.0.0.1:8080\", \"[::1]:8080\" or \
                \"unix:/run/ferry.sock\" or an array with it as \"address\"";
    for (value, given) in [
        ("localhost:80".into(), "\"localhost:80\""),
        (empty(), "an empty array"),
        (vec!["a:1"; 65].into(), "a list"),
        (true.into(), "true"),
    ] {
        assert_eq!(
            message("listen", value),
            format!("Option \"listen\" must be {list}, {given} given.")
        );
    }
    assert!(message("listen", vec!["a:1", "b"]).starts_with("Option \"listen[1]\" must be an address such as "));
    assert!(message("listen", vec![80]).ends_with("or an array with it as \"address\", 80 given."));
    assert_eq!(
        message("listen", item([("adress", "a:1".into())])),
        r#"Option "listen[0].adress" is unknown; did you mean "address"?"#
    );
    assert!(
        message("listen", item([("mode", 0o600.into())])).starts_with("Option \"listen[0].address\" is required: an")
    );
    assert!(message("listen", item([("address", 80.into())])).starts_with("Option \"listen[0].address\" must be an"));
    let mode = |address: &str, mode: Value| message("listen", item([("address", address.into()), ("mode", mode)]));
    assert_eq!(
        mode("unix:/s", 0o1000.into()),
        r#"Option "listen[0].mode" must be an integer from 0 to 511, 512 given."#
    );
    assert!(mode("unix:/s", "0660".into()).ends_with("\"0660\" given."));
    assert!(mode("a:1", 0o600.into()).contains("left out: only Unix sockets have one"));
    assert_eq!(
        message("listen", vec!["a:1", "unix:/s", "unix:///s"]),
        r#"Option "listen[2]" has the address of "listen[1]"."#
    );
    for (name, value) in [("host", "::1".into()), ("port", Value::from(80)), ("unix", "/s".into())] {
        assert_eq!(
            message_all([("listen", vec!["a:1"].into()), (name, value)]),
            format!("Option \"listen\" cannot be combined with \"{name}\".")
        );
    }
    let unix = || ("listen", Value::from(vec!["unix:/s"]));
    assert_eq!(
        message_all([unix(), ("reuse_port", true.into())]),
        r#"Option "listen" cannot be combined with "reuse_port"."#
    );
    assert!(message_all([unix(), ("denied_ips", vec!["::1"].into())]).ends_with("its clients have no address."));
}
