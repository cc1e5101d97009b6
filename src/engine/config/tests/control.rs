use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn control<const N: usize>(more: [(&str, Value); N]) -> Value {
    let mut entries = vec![
        ("listen".to_owned(), Value::from("unix:///run/c.sock")),
        ("secret".to_owned(), SECRET.into()),
    ];
    for (name, value) in more {
        entries.retain(|(known, _)| known != name);
        entries.push((name.to_owned(), value));
    }
    Value::Map(entries)
}

#[test]
fn control_is_off_unless_asked_for() {
    assert!(parse("control", Value::Null).unwrap().control.is_none());
    let read = parse("control", control([("mode", 0o660.into()), ("max_rate", 0.into())]));
    let read = read.unwrap().control.unwrap();
    assert_eq!(read.max_rate, None);
    assert!(matches!(read.bind, Bind::Unix { mode: Some(0o660), .. }));
    let tcp = parse("control", control([("listen", "[::1]:0".into())])).unwrap();
    assert_eq!(tcp.control.unwrap().bind, Bind::tcp("::1", 0));
}

#[test]
fn control_options_are_checked_and_the_secret_is_not_shown() {
    let refused = |name, value| message("control", control([(name, value)]));
    assert_eq!(
        message("control", "x"),
        r#"Option "control" must be an array, a string of 1 bytes given."#
    );
    assert_eq!(
        message("control", Value::from([("secret", SECRET)])),
        "Option \"control.listen\" is required: an address such as \"unix:///run/ferry-control.sock\" or \
         \"127.0.0.1:8081\"."
    );
    assert!(
        message("control", Value::from([("listen", "[::1]:0")])).starts_with(r#"Option "control.secret" is required"#)
    );
    assert_eq!(
        refused("secret", "hunter2".into()),
        "Option \"control.secret\" must be a string of at least 32 bytes that the publishers know, a string of 7 bytes \
         given."
    );
    assert!(refused("listen", "http://x".into()).starts_with(r#"Option "control.listen" must be an address"#));
    assert_eq!(
        message("control", control([("listen", "[::1]:0".into()), ("mode", 0.into())])),
        r#"Option "control.mode" is for Unix sockets."#
    );
    assert!(refused("secrets", 1.into()).ends_with(r#"did you mean "secret"?"#));
    for (name, low, high) in [
        ("mode", 0, 0o777),
        ("replay_window", 1, 300),
        ("max_body_bytes", 1024, 1 << 26),
        ("max_messages", 1, 100_000),
        ("max_rate", 0, 100_000_000),
        ("max_connections", 1, 65_536),
    ] {
        for wrong in [low - 1, high + 1] {
            let expected = format!("Option \"control.{name}\" must be an integer from {low} to {high}, {wrong} given.");
            assert_eq!(refused(name, wrong.into()), expected);
        }
    }
    let config = parse("control", control([])).unwrap();
    assert!(!format!("{config:?}").contains(SECRET));
}
