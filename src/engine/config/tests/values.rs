use super::*;

#[test]
fn integers_have_a_range() {
    assert_eq!(
        message("port", 70_000),
        r#"Option "port" must be an integer from 0 to 65535, 70000 given."#
    );
    assert_eq!(
        message("port", "8080"),
        r#"Option "port" must be an integer from 0 to 65535, "8080" given."#
    );
    for (name, low, high) in [
        ("port", 0, 65_535),
        ("backlog", 1, 65_535),
        ("io_threads", 1, 64),
        ("max_connections", 1, 16_777_216),
        ("max_connections_per_ip", 0, 16_777_216),
        ("max_header_bytes", 1024, 1_048_576),
        ("max_message_bytes", 1, 2_147_483_647),
        ("max_fragments", 1, 1_048_576),
        ("inbox_bytes", 1024_i64, 68_719_476_736),
        ("outbox_bytes", 1024, 68_719_476_736),
        ("slow_ms", 0, 3_600_000),
        ("max_handshakes_per_second", 0, 16_777_216),
        ("max_handshakes_per_second_per_ip", 0, 16_777_216),
        ("max_messages_per_second", 0, 16_777_216),
        ("max_bytes_per_second", 0, 68_719_476_736),
        ("max_control_frames_per_second", 0, 16_777_216),
        ("outbox_total_bytes", 0, 68_719_476_736),
        ("drain_batch", 1, 16_777_216),
        ("max_fibers", 1, 10_000),
    ] {
        let wrong: [Value; 9] = [
            (low - 1).into(),
            (high + 1).into(),
            i64::MIN.into(),
            i64::MAX.into(),
            true.into(),
            Value::Null,
            80.0.into(),
            empty(),
            Value::Other("stdClass"),
        ];
        for value in wrong {
            let expected = format!(
                "Option \"{name}\" must be an integer from {low} to {high}, {} given.",
                value.describe()
            );
            assert_eq!(message(name, value), expected);
        }
        for limit in [low, high] {
            let result = parse_all([(name, limit.into())]);
            assert!(!matches!(result, Err(OptionError::Invalid { .. })), "{name} {limit}");
        }
    }
}

#[test]
fn times_have_a_range() {
    let always = "a number of seconds from 0.001 to 86400";
    for (name, off) in [
        ("handshake_timeout", false),
        ("handshake_callback_timeout", false),
        ("close_timeout", false),
        ("ping_interval", true),
        ("idle_timeout", true),
        ("write_timeout", true),
        ("health_timeout", true),
        ("drain_interval", true),
    ] {
        let allowed = if off {
            format!("0 (off) or {always}")
        } else {
            always.to_owned()
        };
        let mut wrong: Vec<Value> = vec![
            (-1).into(),
            i64::MAX.into(),
            86_401.into(),
            f64::NAN.into(),
            f64::INFINITY.into(),
            f64::NEG_INFINITY.into(),
            (-0.5).into(),
            0.0009.into(),
            86_400.5.into(),
            f64::MAX.into(),
            "5".into(),
            false.into(),
            Value::Null,
            empty(),
        ];
        if !off {
            wrong.extend([0.into(), 0.0.into(), (-0.0).into()]);
        }
        for value in wrong {
            let expected = format!("Option \"{name}\" must be {allowed}, {} given.", value.describe());
            assert_eq!(message(name, value), expected);
        }
    }
    assert_eq!(parse("write_timeout", -0.0).unwrap().write_timeout, None);
    assert_eq!(
        parse("close_timeout", 0.001).unwrap().close_timeout,
        Duration::from_millis(1)
    );
}

#[test]
fn switches_are_bools() {
    for name in ["reuse_port", "tcp_nodelay"] {
        for value in [Value::from(1), "true".into(), Value::Null, empty()] {
            let expected = format!("Option \"{name}\" must be a bool, {} given.", value.describe());
            assert_eq!(message(name, value), expected);
        }
    }
    assert_eq!(
        message("token", [("header", 1)]),
        r#"Option "token.header" must be a bool, 1 given."#
    );
    assert_eq!(
        message("token", [("subprotocol", "no")]),
        r#"Option "token.subprotocol" must be a bool, "no" given."#
    );
    assert_eq!(
        jwt_message([("required", 0.into())]),
        r#"Option "jwt.required" must be a bool, 0 given."#
    );
}

#[test]
fn hosts_are_addresses_or_names() {
    for (given, expected) in [
        ("0.0.0.0", "0.0.0.0"),
        ("[::]", "::"),
        ("fe80::1", "fe80::1"),
        ("my-host.local", "my-host.local"),
    ] {
        assert_eq!(parse("host", given).unwrap().listen, [Bind::tcp(expected, 8080).into()]);
    }
    for wrong in [
        "ws://localhost",
        "localhost:80",
        "[::1]:80",
        "a b",
        "größe",
        &"a".repeat(254),
    ] {
        let given = Value::from(wrong).describe();
        let allowed = "an IP address or a host name, without scheme and port";
        assert_eq!(
            message("host", wrong),
            format!("Option \"host\" must be {allowed}, {given} given.")
        );
    }
    assert_eq!(
        message("host", ""),
        r#"Option "host" must be a non-empty UTF-8 string, "" given."#
    );
    assert_eq!(
        message("host", Value::Bytes(b"a\0".into())),
        r#"Option "host" must be a non-empty UTF-8 string, "a\0" given."#
    );
    assert_eq!(
        message("host", 1),
        r#"Option "host" must be a non-empty UTF-8 string, 1 given."#
    );
}

#[test]
fn paths_start_with_a_slash() {
    for every in [Value::from(""), empty()] {
        assert!(parse("path", every).unwrap().paths.is_empty());
    }
    assert_eq!(parse("path", "/ws").unwrap().paths, ["/ws"]);
    let allowed = "a path that starts with \"/\", without query, spaces and control characters";
    for wrong in ["ws", "/a?b", "/a#b", "/a b", "/ä", "/a\n"] {
        let given = Value::from(wrong).describe();
        assert_eq!(
            message("path", wrong),
            format!("Option \"path\" must be {allowed}, {given} given.")
        );
        assert_eq!(
            message("path", vec!["/", wrong]),
            format!("Option \"path[1]\" must be {allowed}, {given} given.")
        );
        assert_eq!(
            message("health_path", wrong),
            format!("Option \"health_path\" must be null or {allowed}, {given} given.")
        );
    }
    assert_eq!(
        message("path", 1),
        format!("Option \"path\" must be {allowed}, or a list of them, 1 given.")
    );
    assert_eq!(
        message("path", vec![""]),
        format!("Option \"path[0]\" must be {allowed}, \"\" given.")
    );
    assert_eq!(
        message("health_path", false),
        format!("Option \"health_path\" must be null or {allowed}, false given.")
    );
}

#[test]
fn lists_name_the_wrong_item() {
    let subprotocol = "a subprotocol name (RFC 6455 section 4.1) other than \"bearer\"";
    let origin = "an origin such as \"https://example.org\" or \"https://*.example.org\"";
    let network = "an IP address or a CIDR network such as \"10.0.0.0/8\"";
    for (name, allowed, good, wrong) in [
        (
            "subprotocols",
            subprotocol,
            "chat",
            &["bearer", "Bearer", "a b", "a,b", "", "ä"][..],
        ),
        (
            "allowed_origins",
            origin,
            "https://a",
            &["*", "null", "example.org", "https://a/", ""],
        ),
        ("allowed_ips", network, "::1", &["localhost", "10.0.0.0/33", ""]),
        ("denied_ips", network, "::1", &["10.0.0"]),
        ("trusted_proxies", network, "::1", &["private"]),
    ] {
        for item in wrong {
            let given = Value::from(*item).describe();
            let expected = format!("Option \"{name}[1]\" must be {allowed}, {given} given.");
            assert_eq!(message(name, vec![good, item]), expected);
        }
        assert_eq!(
            message(name, vec![1]),
            format!("Option \"{name}[0]\" must be {allowed}, 1 given.")
        );
        let not_a_list = format!("Option \"{name}\" must be a list, each item {allowed}, ");
        assert_eq!(message(name, "x"), format!("{not_a_list}\"x\" given."));
        assert_eq!(message(name, Value::Null), format!("{not_a_list}null given."));
        assert_eq!(message(name, [("a", "b")]), format!("{not_a_list}an array given."));
    }
}

#[test]
fn compression_is_a_bool_or_an_array() {
    let read = |value: Value| parse("compression", value).unwrap().compression;
    assert_eq!(read(false.into()), None);
    for on in [true.into(), empty()] {
        assert_eq!(read(on), Some(deflate::Settings::default()));
    }
    for wrong in [Value::Null, 1.into(), "on".into(), Value::Other("stdClass")] {
        let expected = format!(
            "Option \"compression\" must be a bool or an array, {} given.",
            wrong.describe()
        );
        assert_eq!(message("compression", wrong), expected);
    }
    for (name, low, high) in [
        ("threshold", 0, 2_147_483_647),
        ("level", 1, 9),
        ("server_max_window_bits", 9, 15),
        ("client_max_window_bits", 9, 15),
    ] {
        for value in [(low - 1).into(), Value::from(high + 1_i64), true.into(), Value::Null] {
            let expected = format!(
                "Option \"compression.{name}\" must be an integer from {low} to {high}, {} given.",
                value.describe()
            );
            assert_eq!(message("compression", [(name, value)]), expected);
        }
        for limit in [low, high] {
            assert!(parse("compression", [(name, limit)]).is_ok(), "{name} {limit}");
        }
    }
    for name in ["server_context_takeover", "client_context_takeover"] {
        assert_eq!(
            message("compression", [(name, 1)]),
            format!("Option \"compression.{name}\" must be a bool, 1 given.")
        );
    }
    assert_eq!(
        message("compression", [("treshold", 1)]),
        "Option \"compression.treshold\" is unknown; did you mean \"threshold\"?"
    );
    assert!(message("compression", vec![1]).starts_with("Option \"compression.0\" is unknown; known are threshold, "));
}

#[test]
fn slow_consumer_is_one_of_three() {
    assert_eq!(
        parse("slow_consumer", "drop-newest").unwrap().slow_consumer,
        SlowConsumer::DropNewest
    );
    assert_eq!(
        parse("slow_consumer", "disconnect").unwrap().slow_consumer,
        SlowConsumer::Disconnect
    );
    assert_eq!(
        message("slow_consumer", "drop"),
        r#"Option "slow_consumer" must be "disconnect", "drop-oldest" or "drop-newest", "drop" given."#
    );
}
