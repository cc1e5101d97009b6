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
        ("dsn", Value::from("redis://h?ca_file=/ca.pem")),
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

#[test]
fn files_of_tls_are_read_at_once() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/");
    let dsn = |query: String| redis([("dsn", Value::from(&*format!("rediss://:hunter2@h?{query}")))]);
    let good = format!("ca_file={folder}ca.pem&cert_file={folder}local.pem&key_file={folder}local.key");
    assert!(parse("redis", dsn(good)).is_ok());
    for (query, reason) in [
        (
            "ca_file=F/none.pem",
            "ca_file=F/none.pem, which cannot be used: No such file",
        ),
        ("ca_file=F/local.key", "it holds no certificate in PEM form"),
        (
            "cert_file=F/none.pem&key_file=F/local.key",
            "cert_file=F/none.pem, which cannot be used: No such file",
        ),
        (
            "cert_file=F/local.pem&key_file=F/ca.pem",
            "it holds no private key in PEM form without a passphrase",
        ),
        (
            "cert_file=F/local.pem&key_file=F/encrypted.key",
            "it holds no private key in PEM form without a passphrase",
        ),
        (
            "cert_file=F/local.pem&key_file=F/renewed.key",
            "key_file=F/renewed.key, which cannot be used: ",
        ),
    ] {
        let real = |text: &str| text.replace("F/", folder);
        let said = message("redis", dsn(real(query)));
        assert!(said.starts_with("Option \"redis.dsn\" has "), "{said}");
        assert!(said.contains(&real(reason)) && !said.contains("hunter2"), "{said}");
    }
}
