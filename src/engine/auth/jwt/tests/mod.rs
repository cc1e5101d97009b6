// Before the modules that use it.
macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/keys/",
            $name,
            ".pem"
        ))
    };
}

mod claims;
mod jwks;
mod keys;

use jsonwebtoken::{DecodingKey, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_700_000_000;
const SECRET: &str = "a secret of the test suite that has more than sixty-four bytes in it";

fn one(key: &str) -> Keys {
    Keys::One(Secret::new(key))
}

fn by_id(keys: &[(&str, &str)]) -> Keys {
    Keys::ById(
        keys.iter()
            .map(|(kid, key)| ((*kid).to_owned(), Secret::new(*key)))
            .collect(),
    )
}

fn verifier(algorithms: &[Algorithm], keys: Keys) -> Verifier {
    Verifier::new(JwtOptions::new(algorithms.to_vec(), keys)).unwrap()
}

fn refused(algorithms: &[Algorithm], key: &str) -> KeyError {
    match Verifier::new(JwtOptions::new(algorithms.to_vec(), one(key))) {
        Err(VerifierError::Key { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

/// A verifier over `SECRET` with changed options.
fn hs256(change: impl FnOnce(&mut JwtOptions)) -> Verifier {
    let mut options = JwtOptions::new(vec![Algorithm::HS256], one(SECRET));
    change(&mut options);
    Verifier::new(options).unwrap()
}

fn sign(header: &Header, claims: &Value) -> String {
    let key = match header.alg.family() {
        jsonwebtoken::AlgorithmFamily::Hmac => EncodingKey::from_secret(SECRET.as_bytes()),
        jsonwebtoken::AlgorithmFamily::Rsa => EncodingKey::from_rsa_pem(pem!("rsa.private").as_bytes()).unwrap(),
        jsonwebtoken::AlgorithmFamily::Ec if header.alg == Algorithm::ES256 => {
            EncodingKey::from_ec_pem(pem!("ec256.private").as_bytes()).unwrap()
        }
        jsonwebtoken::AlgorithmFamily::Ec => EncodingKey::from_ec_pem(pem!("ec384.private").as_bytes()).unwrap(),
        jsonwebtoken::AlgorithmFamily::Ed => EncodingKey::from_ed_pem(pem!("ed25519.private").as_bytes()).unwrap(),
    };
    encode(header, claims, &key).unwrap()
}

fn token(claims: &Value) -> String {
    sign(&Header::new(Algorithm::HS256), claims)
}

fn with_kid(algorithm: Algorithm, kid: &str) -> String {
    let mut header = Header::new(algorithm);
    header.kid = Some(kid.into());
    sign(&header, &valid())
}

fn valid() -> Value {
    json!({"sub": "alice", "exp": NOW + 60})
}

fn base64url(text: &str) -> Vec<u8> {
    DecodingKey::from_ed_components(text)
        .unwrap()
        .try_get_as_bytes()
        .unwrap()
        .to_vec()
}

/// Signs any header text, which the library would not write.
fn sign_raw(header: &str, claims: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let encode = |text: &str| -> String {
        text.as_bytes()
            .chunks(3)
            .flat_map(|chunk| {
                let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
                (0..=chunk.len()).map(move |at| char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]))
            })
            .collect()
    };
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

#[test]
fn the_vectors_of_the_rfcs_verify() {
    let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let secret = base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    for (algorithm, keys, header, signature) in [
        (
            Algorithm::HS256,
            Keys::One(Secret::new(secret)),
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        (
            Algorithm::RS256,
            one(pem!("rfc7515-a2.public")),
            "eyJhbGciOiJSUzI1NiJ9",
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU\
             Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d\
             O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig\
             cN_IoypGlUPQGe77Rw",
        ),
        (
            Algorithm::ES256,
            one(pem!("rfc7515-a3.public")),
            "eyJhbGciOiJFUzI1NiJ9",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
    ] {
        let verifier = verifier(&[algorithm], keys);
        let token = format!("{header}.{payload}.{signature}");
        let outcome = verifier.verify_at(&token, 1_300_819_379).unwrap();
        assert_eq!(outcome.claims["iss"], "joe");
        assert_eq!(outcome.expires_at, Some(1_300_819_380));
        assert_eq!(
            verifier.verify_at(&token, 1_300_819_380),
            Err(TokenError::Expired),
            "{algorithm:?}"
        );
    }

    // RFC 8037 appendix A.4 signs a sentence instead of claims: the signature holds, what follows does not.
    let ed25519 = verifier(&[Algorithm::EdDSA], one(pem!("rfc8037-a4.public")));
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhij\
                 cNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(ed25519.verify_at(token, NOW), Err(TokenError::Malformed));
    assert_eq!(
        ed25519.verify_at(&token.replace("RXhh", "RXhi"), NOW),
        Err(TokenError::Signature)
    );
}

#[test]
fn every_algorithm_verifies_its_own_tokens_only() {
    let keys = [
        SECRET,
        pem!("rsa.public"),
        pem!("ec256.public"),
        pem!("ec384.public"),
        pem!("ed25519.public"),
    ];
    let tokens = ALGORITHMS.map(|(_, algorithm)| (algorithm, sign(&Header::new(algorithm), &valid())));
    for key in keys {
        let served: Vec<_> = ALGORITHMS
            .iter()
            .map(|(_, algorithm)| *algorithm)
            .filter(|algorithm| Verifier::new(JwtOptions::new(vec![*algorithm], one(key))).is_ok())
            .collect();
        let verifier = verifier(&served, one(key));
        for (algorithm, token) in &tokens {
            let expected = if served.contains(algorithm) {
                Ok(())
            } else {
                Err(TokenError::Algorithm)
            };
            assert_eq!(verifier.verify_at(token, NOW).map(|_| ()), expected, "{algorithm:?}");
        }
    }
}

#[test]
fn a_public_key_is_no_hmac_secret() {
    let key = EncodingKey::from_secret(pem!("rsa.public").as_bytes());
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("rsa".into());
    let forged = encode(&header, &valid(), &key).unwrap();
    let keys = by_id(&[("rsa", pem!("rsa.public")), ("hmac", SECRET)]);
    let verifier = verifier(&[Algorithm::RS256, Algorithm::HS256], keys);
    assert_eq!(verifier.verify_at(&forged, NOW), Err(TokenError::Algorithm));
    verifier.verify_at(&with_kid(Algorithm::HS256, "hmac"), NOW).unwrap();
    verifier.verify_at(&with_kid(Algorithm::RS256, "rsa"), NOW).unwrap();
    assert_eq!(
        verifier.verify_at(&with_kid(Algorithm::RS256, "hmac"), NOW),
        Err(TokenError::Algorithm)
    );
}

#[test]
fn unsigned_tokens_are_refused() {
    let verifier = hs256(|_| {});
    for alg in ["none", "None", "NONE", "", "HS1", "ES512"] {
        let signed = sign_raw(&format!(r#"{{"alg":"{alg}"}}"#), &valid().to_string());
        assert_eq!(verifier.verify_at(&signed, NOW), Err(TokenError::Header), "{alg}");
        let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
        assert_eq!(verifier.verify_at(&unsigned, NOW), Err(TokenError::Header), "{alg}");
    }
    let stripped = format!("{}.", token(&valid()).rsplit_once('.').unwrap().0);
    assert_eq!(verifier.verify_at(&stripped, NOW), Err(TokenError::Signature));
}

#[test]
fn headers_are_read_strictly() {
    let verifier = hs256(|_| {});
    let header = |text| {
        verifier
            .verify_at(&sign_raw(text, &valid().to_string()), NOW)
            .map(|_| ())
    };
    assert_eq!(header(r#"{"alg":"HS256","typ":"at+jwt","x":[1]}"#), Ok(()));
    assert_eq!(
        header(r#"{"alg":"HS256","crit":["exp"],"exp":1}"#),
        Err(TokenError::CriticalHeader)
    );
    assert_eq!(header(r#"{"alg":"HS256","crit":[]}"#), Err(TokenError::CriticalHeader));
    assert_eq!(header(r#"{"alg":"HS256","kid":1}"#), Err(TokenError::Header));
    assert_eq!(header(r#"{"kid":"a"}"#), Err(TokenError::Header));
    assert_eq!(header("{"), Err(TokenError::Malformed));
    assert_eq!(header(r#"{"alg":"HS384"}"#), Err(TokenError::Algorithm));
}

#[test]
fn kid_selects_the_key() {
    let several = verifier(
        &[Algorithm::HS256],
        by_id(&[("new", SECRET), ("old", &SECRET.to_uppercase())]),
    );
    several.verify_at(&with_kid(Algorithm::HS256, "new"), NOW).unwrap();
    assert_eq!(
        several.verify_at(&with_kid(Algorithm::HS256, "old"), NOW),
        Err(TokenError::Signature)
    );
    assert_eq!(
        several.verify_at(&with_kid(Algorithm::HS256, "other"), NOW),
        Err(TokenError::UnknownKey)
    );
    assert_eq!(several.verify_at(&token(&valid()), NOW), Err(TokenError::UnknownKey));

    let single = verifier(&[Algorithm::HS256], by_id(&[("new", SECRET)]));
    single.verify_at(&token(&valid()), NOW).unwrap();
    assert_eq!(
        single.verify_at(&with_kid(Algorithm::HS256, "other"), NOW),
        Err(TokenError::UnknownKey)
    );

    hs256(|_| {})
        .verify_at(&with_kid(Algorithm::HS256, "any"), NOW)
        .unwrap();
}

#[test]
fn long_tokens_are_refused_unread() {
    assert_eq!(
        hs256(|_| {}).verify_at(&"a".repeat(MAX_TOKEN_BYTES + 1), NOW),
        Err(TokenError::TooLong)
    );
    assert_eq!(
        hs256(|_| {}).verify_at(&"a".repeat(MAX_TOKEN_BYTES), NOW),
        Err(TokenError::Malformed)
    );
}

#[test]
fn damaged_tokens_are_refused() {
    let verifier = hs256(|_| {});
    let good = token(&valid());
    for at in 0..good.len() {
        assert!(verifier.verify_at(&good[..at], NOW).is_err(), "cut at {at}");
        for bit in 0..7 {
            let mut bytes = good.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(damaged) = String::from_utf8(bytes) else {
                continue;
            };
            assert!(verifier.verify_at(&damaged, NOW).is_err(), "bit {bit} of byte {at}");
        }
    }
    for rubbish in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        &format!("{good}."),
        &format!("{good}="),
        &format!(" {good}"),
    ] {
        assert!(verifier.verify_at(rubbish, NOW).is_err(), "{rubbish}");
    }
}

#[test]
fn neither_keys_nor_claims_are_printed() {
    let verifier = hs256(|_| {});
    let printed = format!(
        "{verifier:?} {:?}",
        JwtOptions::new(vec![Algorithm::HS256], one(SECRET))
    );
    assert!(!printed.contains("secret of"), "{printed}");
    let outcome = verifier
        .verify_at(&token(&json!({"exp": NOW + 1, "email": "a@example.org"})), NOW)
        .unwrap();
    assert!(!format!("{outcome:?}").contains("example.org"));
}

#[test]
fn challenges_leak_nothing() {
    let challenge = TokenError::MissingClaim("internal".into()).challenge();
    assert_eq!(
        challenge,
        "Bearer error=\"invalid_token\", error_description=\"The token lacks a required claim\""
    );
}
