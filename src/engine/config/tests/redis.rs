use super::*;
use crate::engine::redis::dsn::Address;

fn redis<const N: usize>(more: [(&str, Value); N]) -> Value {
    let mut entries = vec![("dsn".to_owned(), Value::from("redis://localhost?prefix=shop"))];
    for (name, value) in more {
        entries.retain(|(known, _)| known != name);
        entries.push((name.to_owned(), value));
    }
    Value::Map(entries)
}

#[test]
fn redis_is_off_unless_asked_for() {
    assert!(parse("redis", Value::Null).unwrap().redis.is_none());
    let read = parse("redis", redis([("queue_bytes", 0.into())]))
        .unwrap()
        .redis
        .unwrap();
    assert_eq!((read.queue_bytes, &*read.prefix), (0, "shop"));
    let read = parse(
        "redis",
        redis([("dsn", "redis:///run/r.sock".into()), ("prefix", "a{b}".into())]),
    );
    let read = read.unwrap().redis.unwrap();
    assert_eq!(read.dsn.address, Address::Unix("/run/r.sock".into()));
    assert_eq!(read.prefix, "a{b}");
}

#[test]
fn redis_options_are_checked_and_no_password_is_shown() {
    let refused = |name, value| message("redis", redis([(name, value)]));
    assert_eq!(
        message("redis", "redis://secret@h"),
        r#"Option "redis" must be an array, a string of 16 bytes given."#
    );
    let missing = message("redis", Value::from([("prefix", "x")]));
    assert!(
        missing.starts_with("Option \"redis.dsn\" is required: a DSN such as"),
        "{missing}"
    );
    let bad = refused("dsn", "redis://:hunter2@h:port".into());
    assert!(bad.starts_with("Option \"redis.dsn\" must be a DSN such as"), "{bad}");
    assert!(
        bad.ends_with("a string of 23 bytes given.") && !bad.contains("hunter2"),
        "{bad}"
    );
    for (name, value) in [
        ("prefix", Value::from("a b")),
        ("prefix", "".into()),
        ("prefix", 5.into()),
        ("max_body_bytes", 1.into()),
        ("max_messages", 0.into()),
        ("queue_bytes", "1".into()),
        ("timeout", 0.into()),
        ("expire", 0.into()),
        ("passwort", "x".into()),
    ] {
        let said = refused(name, value);
        assert!(said.starts_with(&format!("Option \"redis.{name}\" ")), "{said}");
    }
}
