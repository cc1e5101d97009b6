use super::*;

#[test]
fn times_are_checked_with_leeway() {
    let strict = hs256(|_| {});
    let lenient = hs256(|options| options.leeway = Duration::from_secs(30));
    let verify = |verifier: &Verifier, claims: Value| verifier.verify_at(&token(&claims), NOW).map(|_| ());
    for (offset, strictly, leniently) in [
        (1, Ok(()), Ok(())),
        (0, Err(TokenError::Expired), Ok(())),
        (-29, Err(TokenError::Expired), Ok(())),
        (-30, Err(TokenError::Expired), Err(TokenError::Expired)),
    ] {
        assert_eq!(verify(&strict, json!({"exp": NOW + offset})), strictly, "exp {offset}");
        assert_eq!(
            verify(&lenient, json!({"exp": NOW + offset})),
            leniently,
            "exp {offset}"
        );
    }
    for (offset, strictly, leniently) in [
        (0, Ok(()), Ok(())),
        (1, Err(TokenError::NotYetValid), Ok(())),
        (30, Err(TokenError::NotYetValid), Ok(())),
        (31, Err(TokenError::NotYetValid), Err(TokenError::NotYetValid)),
    ] {
        assert_eq!(
            verify(&strict, json!({"exp": NOW + 60, "nbf": NOW + offset})),
            strictly,
            "nbf {offset}"
        );
        assert_eq!(
            verify(&lenient, json!({"exp": NOW + 60, "nbf": NOW + offset})),
            leniently,
            "nbf {offset}"
        );
    }
    let outcome = lenient.verify_at(&token(&json!({"exp": NOW - 10})), NOW).unwrap();
    assert_eq!(
        (outcome.expires_at, outcome.valid_until),
        (Some(NOW - 10), Some(NOW + 20))
    );
}

#[test]
fn dates_of_any_size_are_compared_without_overflow() {
    let verifier = hs256(|options| options.leeway = Duration::from_secs(u64::MAX));
    for exp in [
        "1700000000.5",
        "1e300",
        "9223372036854775807",
        "18446744073709551615",
        "99999999999999999999999",
    ] {
        let signed = sign_raw(r#"{"alg":"HS256"}"#, &format!(r#"{{"exp":{exp},"nbf":-1e300}}"#));
        let outcome = verifier.verify_at(&signed, NOW).unwrap();
        assert!(outcome.expires_at.unwrap() > NOW, "{exp}");
        assert_eq!(outcome.valid_until, Some(i64::MAX));
    }
    let strict = hs256(|_| {});
    for exp in ["-1", "-9223372036854775808", "-1e300", "0", "0.1", "1699999999.5"] {
        let signed = sign_raw(r#"{"alg":"HS256"}"#, &format!(r#"{{"exp":{exp}}}"#));
        assert_eq!(strict.verify_at(&signed, NOW), Err(TokenError::Expired), "{exp}");
    }
    let signed = sign_raw(r#"{"alg":"HS256"}"#, r#"{"exp":1700000000.5}"#);
    assert_eq!(strict.verify_at(&signed, NOW).unwrap().expires_at, Some(NOW + 1));
    assert_eq!(strict.verify_at(&signed, i64::MAX), Err(TokenError::Expired));
    assert!(strict.verify_at(&signed, i64::MIN).is_ok());
    let signed = sign_raw(r#"{"alg":"HS256"}"#, r#"{"exp":1e400}"#);
    assert_eq!(strict.verify_at(&signed, NOW), Err(TokenError::Malformed));
}

#[test]
fn dates_of_another_type_are_refused() {
    let verifier = hs256(|options| options.required_claims.clear());
    for claim in ["exp", "nbf"] {
        for value in [
            json!("1800000000"),
            json!(null),
            json!(true),
            json!([1]),
            json!({"a": 1}),
        ] {
            let expected = Err(TokenError::Claim(claim.into()));
            assert_eq!(verifier.verify_at(&token(&json!({claim: value})), NOW), expected);
        }
    }
    assert!(verifier.verify_at(&token(&json!({})), NOW).is_ok());
}

#[test]
fn the_system_clock_is_the_default() {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    assert!(hs256(|_| {}).verify(&token(&json!({"exp": now + 60}))).is_ok());
    assert_eq!(
        hs256(|_| {}).verify(&token(&json!({"exp": now - 60}))),
        Err(TokenError::Expired)
    );
}

#[test]
fn required_claims_may_have_any_name() {
    let verifier = hs256(|options| options.required_claims = vec!["exp".into(), "https://example.org/tenant".into()]);
    let verify = |claims| verifier.verify_at(&token(&claims), NOW).map(|_| ());
    let missing = |name: &str| Err(TokenError::MissingClaim(name.into()));
    assert_eq!(verify(json!({"exp": NOW + 1, "https://example.org/tenant": 7})), Ok(()));
    assert_eq!(
        verify(json!({"exp": NOW + 1, "https://example.org/tenant": null})),
        missing("https://example.org/tenant")
    );
    assert_eq!(verify(json!({"https://example.org/tenant": 7})), missing("exp"));
}

#[test]
fn issuers_are_compared_exactly() {
    let verifier = hs256(|options| options.issuers = vec!["https://a".into(), "https://b".into()]);
    let verify = |iss: Value| {
        verifier
            .verify_at(&token(&json!({"exp": NOW + 1, "iss": iss})), NOW)
            .map(|_| ())
    };
    assert_eq!(verify(json!("https://b")), Ok(()));
    for other in [
        json!("https://c"),
        json!("https://b/"),
        json!(null),
        json!(["https://a"]),
        json!(1),
    ] {
        assert_eq!(verify(other), Err(TokenError::Issuer));
    }
    assert_eq!(verifier.verify_at(&token(&valid()), NOW), Err(TokenError::Issuer));
}

#[test]
fn one_audience_of_the_token_must_be_ours() {
    let verifier = hs256(|options| options.audiences = vec!["chat".into(), "ws".into()]);
    let verify = |aud: Value| {
        verifier
            .verify_at(&token(&json!({"exp": NOW + 1, "aud": aud})), NOW)
            .map(|_| ())
    };
    for ours in [json!("chat"), json!(["api", "ws"])] {
        assert_eq!(verify(ours), Ok(()));
    }
    for other in [
        json!("api"),
        json!([]),
        json!([["ws"]]),
        json!(null),
        json!({"ws": 1}),
        json!("chat ws"),
    ] {
        assert_eq!(verify(other), Err(TokenError::Audience));
    }
    assert_eq!(verifier.verify_at(&token(&valid()), NOW), Err(TokenError::Audience));

    let unset = hs256(|_| {});
    let named = token(&json!({"exp": NOW + 1, "aud": "api"}));
    assert_eq!(unset.verify_at(&named, NOW), Err(TokenError::AudienceNotConfigured));
}

#[test]
fn user_and_roles_come_from_their_claims() {
    let verifier = hs256(|options| {
        options.user_claim = "uid".into();
        options.roles_claim = "scope".into();
    });
    let verify = |uid: Value, scope: Value| {
        let claims = json!({"exp": NOW + 1, "uid": uid, "scope": scope});
        verifier
            .verify_at(&token(&claims), NOW)
            .map(|outcome| (outcome.user_identifier, outcome.roles))
    };
    let roles = || vec!["read".to_owned(), "write".to_owned()];
    assert_eq!(
        verify(json!("alice"), json!(["read", "write"])),
        Ok((Some("alice".into()), roles()))
    );
    assert_eq!(
        verify(json!(42), json!(" read  write ")),
        Ok((Some("42".into()), roles()))
    );
    assert_eq!(verify(json!(-1), json!("")), Ok((Some("-1".into()), vec![])));
    assert_eq!(verify(json!(null), json!(null)), Ok((None, vec![])));
    for user in [json!(""), json!(1.5), json!(true), json!(["alice"]), json!({"id": 1})] {
        assert_eq!(verify(user, json!([])), Err(TokenError::Claim("uid".into())));
    }
    for scope in [
        json!(1),
        json!({"read": true}),
        json!(["read", 1]),
        json!([["read"]]),
        json!(false),
    ] {
        assert_eq!(verify(json!("alice"), scope), Err(TokenError::Claim("scope".into())));
    }
}

#[test]
fn claims_that_are_no_object_are_refused() {
    let nested = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    for claims in [
        "[]",
        "1",
        "null",
        "\"exp\"",
        "",
        "{",
        "{\"exp\":1800000000}x",
        &format!("{{\"exp\":{nested}}}"),
    ] {
        let signed = sign_raw(r#"{"alg":"HS256"}"#, claims);
        assert_eq!(
            hs256(|_| {}).verify_at(&signed, NOW),
            Err(TokenError::Malformed),
            "{claims}"
        );
    }
}
