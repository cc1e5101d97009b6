use super::*;

#[test]
fn token_sources_have_names() {
    assert_eq!(
        message("token", true),
        r#"Option "token" must be an array, a bool given."#
    );
    let cookie = "null or a cookie name (RFC 6265 section 4.1.1)";
    for wrong in [Value::from(true), "".into(), "a=b".into(), "a b".into()] {
        let expected = format!("Option \"token.cookie\" must be {cookie}, {} given.", wrong.describe());
        assert_eq!(message("token", [("cookie", wrong)]), expected);
    }
    assert_eq!(
        message("token", [("query", "")]),
        r#"Option "token.query" must be null or a parameter name, "" given."#
    );
}

#[test]
fn algorithms_are_named() {
    let names = "HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
    for wrong in ["none", "hs256", "ES512", ""] {
        let expected = format!("Option \"jwt.algorithms[0]\" must be one of {names}, \"{wrong}\" given.");
        assert_eq!(jwt_message([("algorithms", vec![wrong].into())]), expected);
    }
    let missing = format!("Option \"jwt.algorithms\" is required: a list of {names}.");
    assert_eq!(message("jwt", empty()), missing);
    assert_eq!(jwt_message([("algorithms", empty())]), missing);
    let not_a_list = format!("Option \"jwt.algorithms\" must be a list, each item one of {names}, \"HS256\" given.");
    assert_eq!(jwt_message([("algorithms", "HS256".into())]), not_a_list);
    assert_eq!(
        jwt_message([("algorithms", vec!["HS256", "RS256"].into())]),
        r#"Option "jwt.algorithms[1]" is RS256, which no given key serves: a key serves one family of algorithms."#
    );
}

#[test]
fn one_of_key_and_keys_is_needed() {
    let keys = Value::from([("a", SECRET)]);
    assert!(
        parse(
            "jwt",
            Value::from([("algorithms", vec!["HS256"].into()), ("keys", keys.clone())])
        )
        .is_ok()
    );
    assert_eq!(
        jwt_message([("keys", keys)]),
        r#"Option "jwt.key" cannot be combined with "jwt.keys"."#
    );
    assert!(message("jwt", [("algorithms", vec!["HS256"])]).starts_with(r#"Option "jwt.key" is required: "#));
}

#[test]
fn keys_are_never_printed() {
    let key = |value: Value| jwt_message([("key", value)]);
    let allowed = "a non-empty string, a secret or a PEM public key";
    for (value, given) in [
        (Value::from(123_456), "an int"),
        (1.5.into(), "a float"),
        (true.into(), "a bool"),
        (Value::Null, "null"),
        ("".into(), "a string of 0 bytes"),
        (vec!["hunter2"].into(), "a list"),
    ] {
        assert_eq!(
            key(value),
            format!("Option \"jwt.key\" must be {allowed}, {given} given.")
        );
    }
    assert_eq!(
        key("hunter2".into()),
        r#"Option "jwt.key" must have at least 32 bytes for HS256, 7 bytes given."#
    );
    assert_eq!(
        key(RSA.into()),
        r#"Option "jwt.key" is a PEM key, which does not serve HS256: HMAC algorithms need a secret."#
    );
    let absent = key("file:///absent/key".into());
    assert!(
        absent.starts_with(r#"Option "jwt.key" names the file "/absent/key", which cannot be read: "#),
        "{absent}"
    );

    let keys = |value: Value| {
        let options = [("algorithms", Value::from(vec!["HS256"])), ("keys", value)];
        message("jwt", options)
    };
    let allowed = "a non-empty array of kid => key";
    for (value, given) in [
        (Value::from("hunter2"), "a string of 7 bytes"),
        (vec!["hunter2"].into(), "a list"),
        (empty(), "an empty array"),
    ] {
        assert_eq!(
            keys(value),
            format!("Option \"jwt.keys\" must be {allowed}, {given} given.")
        );
    }
    assert_eq!(
        keys(Value::from([("2024", SECRET), ("2025", "hunter2")])),
        r#"Option "jwt.keys[2025]" must have at least 32 bytes for HS256, 7 bytes given."#
    );
    let config = parse("jwt", jwt([])).unwrap();
    assert!(!format!("{config:?}").contains(SECRET));
}

#[test]
fn other_jwt_options_are_checked() {
    assert_eq!(
        message("jwt", "hunter2"),
        r#"Option "jwt" must be an array, a string of 7 bytes given."#
    );
    assert!(parse("jwt", Value::Null).unwrap().verifier.is_none());
    for name in ["issuer", "audience"] {
        let names = format!("Option \"jwt.{name}\" must be a non-empty UTF-8 string, or a list of them, ");
        assert_eq!(jwt_message([(name, Value::Null)]), format!("{names}null given."));
        assert_eq!(jwt_message([(name, empty())]), format!("{names}an empty array given."));
        let item = format!("Option \"jwt.{name}[1]\" must be a non-empty UTF-8 string, \"\" given.");
        assert_eq!(jwt_message([(name, vec!["a", ""].into())]), item);
    }
    for name in ["user_claim", "roles_claim"] {
        let expected = format!("Option \"jwt.{name}\" must be a non-empty UTF-8 string, \"\" given.");
        assert_eq!(jwt_message([(name, "".into())]), expected);
    }
    assert_eq!(
        jwt_message([("required_claims", "exp".into())]),
        r#"Option "jwt.required_claims" must be a list, each item a non-empty UTF-8 string, "exp" given."#
    );
    assert!(parse("jwt", jwt([("required_claims", empty())])).is_ok());
    for (name, low, high) in [("leeway", 0, 86_400), ("expired_close_code", 3000, 4999)] {
        for wrong in [low - 1, high + 1] {
            let expected = format!("Option \"jwt.{name}\" must be an integer from {low} to {high}, {wrong} given.");
            assert_eq!(jwt_message([(name, wrong.into())]), expected);
        }
    }
}
