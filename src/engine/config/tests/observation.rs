use super::*;

#[test]
fn metrics_are_off_unless_asked_for() {
    assert!(Config::default().metrics.is_none());
    assert!(parse("metrics", false).unwrap().metrics.is_none());
    for on in [Value::from(true), empty()] {
        let metrics = parse("metrics", on).unwrap().metrics.unwrap();
        assert_eq!((metrics.path.as_str(), metrics.listen), ("/metrics", None));
        assert!(metrics.token.is_none());
    }
    let metrics = Value::from([
        ("path", "/m"),
        ("listen", "[::1]:9100"),
        ("token", "sixteen visible!".replace(' ', "-").as_str()),
    ]);
    let metrics = parse("metrics", metrics).unwrap().metrics.unwrap();
    assert_eq!(metrics.path, "/m");
    assert_eq!(metrics.listen, Some("[::1]:9100".parse().unwrap()));
    assert_eq!(metrics.token.unwrap().expose(), b"sixteen-visible!");
}

#[test]
fn metrics_are_a_bool_or_an_array_of_known_options() {
    for wrong in [Value::from(1), "/metrics".into(), Value::Null] {
        let expected = format!(
            "Option \"metrics\" must be a bool or an array, {} given.",
            wrong.describe()
        );
        assert_eq!(message("metrics", wrong), expected);
    }
    assert_eq!(
        message("metrics", [("port", 1)]),
        r#"Option "metrics.port" is unknown; known are path, listen, token."#
    );
    let path = "a path that starts with \"/\", without query, spaces and control characters";
    for wrong in [Value::from("m"), "/a b".into(), 5.into(), Value::Null] {
        let expected = format!("Option \"metrics.path\" must be {path}, {} given.", wrong.describe());
        assert_eq!(message("metrics", [("path", wrong)]), expected);
    }
    let address = "null or an IP address with a port, such as \"127.0.0.1:9100\"";
    for wrong in [
        Value::from("localhost:9100"),
        "127.0.0.1".into(),
        ":9100".into(),
        9100.into(),
        true.into(),
    ] {
        let expected = format!(
            "Option \"metrics.listen\" must be {address}, {} given.",
            wrong.describe()
        );
        assert_eq!(message("metrics", [("listen", wrong)]), expected);
    }
}

#[test]
fn a_metrics_token_is_not_guessed_and_not_printed() {
    for wrong in ["short", "with a space and long", "with\na line break"] {
        let message = message("metrics", [("token", wrong)]);
        assert_eq!(
            message,
            format!(
                "Option \"metrics.token\" must be null or at least 16 visible ASCII characters, a string of {} bytes given.",
                wrong.len()
            )
        );
    }
    let config = parse("metrics", [("token", "0123456789abcdef")]).unwrap();
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
}
