use super::*;

#[test]
fn every_form_of_a_public_key_is_read() {
    let rsa = sign(&Header::new(Algorithm::PS256), &valid());
    for key in [pem!("rsa.public"), pem!("rsa.pkcs1"), pem!("rsa.certificate")] {
        verifier(&[Algorithm::PS256], one(key)).verify_at(&rsa, NOW).unwrap();
    }
    let ec = sign(&Header::new(Algorithm::ES256), &valid());
    verifier(&[Algorithm::ES256], one(pem!("ec256.certificate")))
        .verify_at(&ec, NOW)
        .unwrap();
    let other = verifier(&[Algorithm::PS256], one(pem!("rsa-other.public")));
    assert_eq!(other.verify_at(&rsa, NOW), Err(TokenError::Signature));
}

#[test]
fn unsuitable_keys_are_refused_at_the_start() {
    use Algorithm::{ES256, ES384, EdDSA, HS256, HS512, RS256};

    let public = "PUBLIC KEY".to_owned();
    for (algorithms, key, expected) in [
        (&[HS256][..], "", KeyError::Empty),
        (
            &[HS256],
            "short",
            KeyError::ShortSecret {
                algorithm: HS256,
                needed: 32,
                given: 5,
            },
        ),
        (
            &[HS256, HS512],
            &SECRET[..63],
            KeyError::ShortSecret {
                algorithm: HS512,
                needed: 64,
                given: 63,
            },
        ),
        (&[HS256], pem!("rsa.public"), KeyError::PemForHmac(HS256)),
        (
            &[HS256],
            pem!("rsa.private"),
            KeyError::PrivateKey("PRIVATE KEY".into()),
        ),
        (&[RS256], SECRET, KeyError::NotPem(RS256)),
        (&[RS256], pem!("rsa1024.public"), KeyError::RsaSize(1024)),
        (
            &[ES256],
            pem!("rsa.public"),
            KeyError::Unused {
                serves: "RS256 to RS512 and PS256 to PS512",
            },
        ),
        (&[ES384], pem!("ec256.public"), KeyError::Unused { serves: "ES256" }),
        (&[ES256], pem!("secp256k1.public"), KeyError::BrokenPem(public.clone())),
        (&[EdDSA], pem!("ed448.public"), KeyError::BrokenPem(public.clone())),
        (&[EdDSA], pem!("ed25519.certificate"), KeyError::EdCertificate),
        (
            &[RS256],
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            KeyError::BrokenPem(public),
        ),
        (
            &[RS256],
            "-----BEGIN X509 CRL-----",
            KeyError::PemKind("X509 CRL".into()),
        ),
        (&[RS256], "-----BEGIN hunter2", KeyError::PemKind("malformed".into())),
    ] {
        assert_eq!(refused(algorithms, key), expected);
    }
}

#[test]
fn short_ed25519_keys_are_refused_without_a_panic() {
    let pem = "-----BEGIN PUBLIC KEY-----\nMA0wBQYDK2VwAwQAAQID\n-----END PUBLIC KEY-----\n";
    assert_eq!(
        refused(&[Algorithm::EdDSA], pem),
        KeyError::BrokenPem("PUBLIC KEY".into())
    );
}

#[test]
fn damaged_keys_never_panic() {
    let algorithms = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];
    for pem in [
        pem!("rsa.pkcs1"),
        pem!("ec256.public"),
        pem!("ed25519.public"),
        pem!("ec256.certificate"),
    ] {
        for at in 0..pem.len() {
            let mut flipped = pem.as_bytes().to_vec();
            flipped[at] ^= 1 << (at % 7);
            for damaged in [&pem.as_bytes()[..at], &flipped] {
                let _ = Verifier::new(JwtOptions::new(algorithms.to_vec(), Keys::One(Secret::new(damaged))));
            }
        }
    }
}

#[test]
fn each_algorithm_needs_a_key_that_serves_it() {
    let unserved = |algorithms: &[Algorithm], keys| {
        Verifier::new(JwtOptions::new(algorithms.to_vec(), keys))
            .map(|_| ())
            .unwrap_err()
    };
    let both = [Algorithm::RS256, Algorithm::HS256];
    let error = VerifierError::UnservedAlgorithm {
        index: 1,
        algorithm: Algorithm::HS256,
    };
    assert_eq!(unserved(&both, one(pem!("rsa.public"))), error);
    assert_eq!(unserved(&[], one(SECRET)), VerifierError::NoAlgorithm);
    assert_eq!(unserved(&both, by_id(&[])), VerifierError::NoKey);
    verifier(&both, by_id(&[("a", pem!("rsa.public")), ("b", SECRET)]));
}

#[test]
fn keys_are_read_from_files() {
    let directory = std::env::temp_dir().join(format!("ferry-keys-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = directory.join(name);
        std::fs::write(&path, content).unwrap();
        format!("file://{}", path.display())
    };
    let load = |key: &str| Verifier::new(JwtOptions::new(vec![Algorithm::HS256], one(key)));

    for ending in ["", "\n", "\r\n"] {
        let key = file("secret", format!("{SECRET}{ending}").as_bytes());
        load(&key).unwrap().verify_at(&token(&valid()), NOW).unwrap();
    }
    let binary = [&[0xff; 31][..], b"\n"].concat();
    assert!(load(&file("binary", &binary)).is_ok());

    let rsa = file("rsa.pem", pem!("rsa.public").as_bytes());
    verifier(&[Algorithm::RS256], one(&rsa))
        .verify_at(&sign(&Header::new(Algorithm::RS256), &valid()), NOW)
        .unwrap();
    assert_eq!(
        refused(&[Algorithm::HS256], &rsa),
        KeyError::PemForHmac(Algorithm::HS256)
    );
    assert_eq!(refused(&[Algorithm::HS256], &file("empty", b"\n")), KeyError::Empty);

    for unreadable in [
        directory.join("absent").display().to_string(),
        "/dev/zero".into(),
        String::new(),
    ] {
        match refused(&[Algorithm::HS256], &format!("file://{unreadable}")) {
            KeyError::Unreadable { path, .. } => assert_eq!(path, unreadable),
            other => panic!("{other:?}"),
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
}
