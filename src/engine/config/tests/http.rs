use super::*;
use crate::engine::http::{ClientOptions, RequestOptions, Version};
use std::time::Duration;

fn options<const N: usize>(entries: [(&str, Value); N]) -> Result<ClientOptions, String> {
    ClientOptions::parse(&Value::from(entries)).map_err(|error| error.to_string())
}

fn refused(name: &str, value: impl Into<Value>) -> String {
    options([(name, value.into())]).unwrap_err()
}

#[test]
fn clients_have_defaults_and_options() {
    let client = options([]).unwrap();
    assert_eq!(client.request, RequestOptions::default());
    assert_eq!((client.version, client.base), (Version::Any, None));
    assert!(client.headers["user-agent"].to_str().unwrap().starts_with("Ferry/"));
    let client = options([
        ("base_uri", "https://api.example/v1/".into()),
        (
            "headers",
            Value::from([
                ("X-A", Value::from(vec!["1", "2"])),
                ("X-B", 3.into()),
                ("User-Agent", "me".into()),
            ]),
        ),
        ("timeout", 0.into()),
        ("idle_timeout", 2.into()),
        ("connect_timeout", 0.5.into()),
        ("keep_alive", 0.into()),
        ("max_redirects", 0.into()),
        ("max_body_bytes", 10.into()),
        ("max_connections_per_host", 2.into()),
        ("max_pending", 3.into()),
        ("http_version", "1.1".into()),
        ("proxy", "http://proxy.example:3128".into()),
        ("no_proxy", "a.example,10.0.0.0/8".into()),
    ])
    .unwrap();
    assert_eq!(client.base.unwrap().to_string(), "https://api.example/v1/");
    assert_eq!(client.headers.get_all("x-a").iter().count(), 2);
    assert_eq!(
        (
            client.headers["x-b"].as_bytes(),
            client.headers["user-agent"].as_bytes()
        ),
        (&b"3"[..], &b"me"[..])
    );
    assert_eq!(
        (client.request.timeout, client.request.idle_timeout),
        (None, Some(Duration::from_secs(2)))
    );
    assert_eq!(
        (client.connect_timeout, client.keep_alive),
        (Duration::from_millis(500), None)
    );
    assert_eq!((client.request.max_redirects, client.request.max_body_bytes), (0, 10));
    assert_eq!((client.max_connections_per_host, client.max_pending), (2, 3));
    assert_eq!(client.version, Version::Http1);
}

#[test]
fn client_options_are_checked() {
    assert_eq!(
        refused("timout", 1),
        "Option \"timout\" is unknown; did you mean \"timeout\"?"
    );
    for (name, value) in [
        ("timeout", Value::from(-1)),
        ("timeout", "5".into()),
        ("idle_timeout", f64::NAN.into()),
        ("connect_timeout", 0.into()),
        ("max_redirects", 101.into()),
        ("max_body_bytes", (-1).into()),
        ("max_connections_per_host", 0.into()),
        ("max_pending", 0.into()),
        ("keep_alive", true.into()),
        ("http_version", 2.into()),
        ("http_version", "3".into()),
        ("base_uri", 5.into()),
        ("base_uri", "/v1".into()),
        ("base_uri", "ftp://a.example/".into()),
        ("ca_file", "/nonexistent".into()),
        ("ca_file", false.into()),
        ("proxy", true.into()),
        ("proxy", "socks5://a.example".into()),
        ("proxy", "".into()),
        ("user_agent", "a\r\nb".into()),
        ("headers", "X-A: 1".into()),
        ("headers", vec!["X-A: 1"].into()),
        ("headers", Value::from([("X-A", Value::Null)])),
    ] {
        let message = refused(name, value.clone());
        assert!(message.starts_with(&format!("Option \"{name}\" must be ")), "{message}");
    }
    assert_eq!(refused("no_proxy", "a.example"), "Option \"no_proxy\" needs \"proxy\".");
    assert!(
        refused("headers", Value::from([("X A", "1")])).starts_with("Option \"headers\" has \"X A\", which is no name")
    );
    for secret in [
        refused("base_uri", "http://u:hunter2@a.example/"),
        refused("proxy", "socks5://u:hunter2@a.example"),
        refused("headers", Value::from([("X-A", "hunter2\n")])),
        refused("headers", "hunter2"),
    ] {
        assert!(!secret.contains("hunter2"), "{secret}");
    }
}

#[test]
fn request_options_begin_with_the_clients() {
    let defaults = RequestOptions {
        max_redirects: 1,
        ..RequestOptions::default()
    };
    let parse = |value: Value| RequestOptions::parse(&value, &defaults).map_err(|error| error.to_string());
    let request = parse(Value::from([("stream", Value::Bool(true)), ("timeout", 5.into())])).unwrap();
    assert_eq!(
        (request.stream, request.timeout, request.max_redirects),
        (true, Some(Duration::from_secs(5)), 1)
    );
    assert_eq!(parse(empty()).unwrap(), defaults);
    assert!(
        parse(Value::from([("proxy", "x")]))
            .unwrap_err()
            .starts_with("Option \"proxy\" is unknown")
    );
    assert!(
        parse(Value::from([("stream", 1)]))
            .unwrap_err()
            .starts_with("Option \"stream\" must be a bool")
    );
}
