//! Key sets from a server of the test's own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use rustls::RootCertStore;

use super::*;
use crate::engine::auth::jwt::jwks::{JwksOptions, Refresher, Source, SourceError};

const DEADLINE: Duration = Duration::from_secs(20);

/// Answers each connection with what was given last, and counts them.
struct Issuer {
    url: String,
    answers: mpsc::Sender<Vec<u8>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    fn new(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/keys?v=1", listener.local_addr().unwrap());
        let (answers, incoming) = mpsc::channel::<Vec<u8>>();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let mut answer = answer.into();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                    request.push(byte[0]);
                }
                assert!(request.starts_with(b"GET /keys?v=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
                while let Ok(next) = incoming.try_recv() {
                    answer = next;
                }
                // A client that has read enough may be gone.
                let _ = stream.write_all(&answer);
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { url, answers, asked }
    }

    fn verifier(&self, algorithms: &[Algorithm], refresh: Duration) -> Verifier {
        let source = Source::new(&self.url, RootCertStore::empty).unwrap();
        let options = JwtOptions::new(algorithms.to_vec(), Keys::Remote(JwksOptions { source, refresh }));
        Verifier::new(options).unwrap()
    }

    /// What becomes of one answer.
    fn fetched(answer: impl Into<Vec<u8>>) -> (u64, u64) {
        let issuer = Self::new(answer);
        let verifier = issuer.verifier(&[Algorithm::RS256], Duration::from_secs(3600));
        let keys = Arc::clone(verifier.remote_keys().unwrap());
        let refresher = Refresher::start(Arc::clone(&keys)).unwrap();
        keys.wait_for_first(DEADLINE);
        drop(refresher);
        (keys.refreshes(), keys.failures())
    }
}

fn wait_until(what: &str, mut reached: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !reached() {
        assert!(Instant::now() < deadline, "not reached: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into()
}

fn numbers(pem: &str) -> serde_json::Map<String, Value> {
    let key = DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let Jwk {
        algorithm: AlgorithmParameters::RSA(rsa),
        ..
    } = Jwk::from_decoding_key(&key, None).unwrap()
    else {
        panic!("not RSA")
    };
    let value = json!({"kty": "RSA", "n": rsa.n, "e": rsa.e});
    value.as_object().unwrap().clone()
}

fn rsa(kid: &str, more: &Value) -> Value {
    let mut key = numbers(pem!("rsa.public"));
    key.insert("kid".into(), kid.into());
    key.extend(more.as_object().unwrap().clone());
    key.into()
}

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn token(kid: Option<&str>) -> String {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = kid.map(str::to_owned);
    sign(&header, &json!({"sub": "alice", "exp": NOW + 60}))
}

#[test]
fn a_refresher_that_is_followed_by_another_ends() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let (source, refresh) = (Source::new(&url, RootCertStore::empty).unwrap(), Duration::from_secs(1));
    let options = JwtOptions::new(vec![Algorithm::RS256], Keys::Remote(JwksOptions { source, refresh }));
    let verifier = Verifier::new(options).unwrap();
    let keys = Arc::clone(verifier.remote_keys().unwrap());
    let first = Refresher::start(Arc::clone(&keys)).unwrap();
    let fetch = listener.accept().unwrap();
    // It does not wait for the fetch.
    drop(first);
    let second = Refresher::start(Arc::clone(&keys)).unwrap();
    let further = listener.accept().unwrap();
    let holders = Arc::strong_count(&keys);
    drop(fetch);
    wait_until("the first one's end", || Arc::strong_count(&keys) < holders);
    drop((further, listener));
    drop(second);
}

#[test]
fn published_keys_verify_tokens() {
    let issuer = Issuer::new(ok(&set(&[
        rsa("one", &json!({})),
        rsa("two", &json!({"use": "sig", "alg": "RS256"})),
    ])));
    let verifier = issuer.verifier(&[Algorithm::RS256], Duration::from_secs(3600));
    assert_eq!(
        verifier.verify_at(&token(Some("one")), NOW),
        Err(TokenError::UnknownKey)
    );
    let keys = Arc::clone(verifier.remote_keys().unwrap());
    let _refresher = Refresher::start(Arc::clone(&keys)).unwrap();
    keys.wait_for_first(DEADLINE);

    assert!(verifier.verify_at(&token(Some("one")), NOW).is_ok());
    assert!(verifier.verify_at(&token(Some("two")), NOW).is_ok());
    assert_eq!(
        verifier.verify_at(&token(Some("three")), NOW),
        Err(TokenError::UnknownKey)
    );
    assert_eq!(verifier.verify_at(&token(None), NOW), Err(TokenError::UnknownKey));
    assert!(keys.refreshes() >= 1);
    assert_eq!(keys.failures(), 0);
}

#[test]
fn unknown_key_brings_the_next_fetch_forward() {
    let issuer = Issuer::new(ok(&set(&[rsa("old", &json!({}))])));
    let verifier = issuer.verifier(&[Algorithm::RS256], Duration::from_secs(3600));
    let keys = Arc::clone(verifier.remote_keys().unwrap());
    let _refresher = Refresher::start(Arc::clone(&keys)).unwrap();
    keys.wait_for_first(DEADLINE);
    issuer.answers.send(ok(&set(&[rsa("new", &json!({}))]))).unwrap();

    wait_until("the new key", || verifier.verify_at(&token(Some("new")), NOW).is_ok());
    assert_eq!(
        verifier.verify_at(&token(Some("old")), NOW),
        Err(TokenError::UnknownKey)
    );
}

#[test]
fn last_good_set_stays_and_failures_are_counted() {
    let issuer = Issuer::new(ok(&set(&[rsa("one", &json!({}))])));
    let verifier = issuer.verifier(&[Algorithm::RS256], Duration::from_millis(20));
    let keys = Arc::clone(verifier.remote_keys().unwrap());
    let _refresher = Refresher::start(Arc::clone(&keys)).unwrap();
    keys.wait_for_first(DEADLINE);
    issuer.answers.send(b"HTTP/1.1 500 Oops\r\n\r\n".to_vec()).unwrap();
    wait_until("two failures", || keys.failures() >= 2);
    assert!(verifier.verify_at(&token(Some("one")), NOW).is_ok());

    let before = keys.refreshes();
    issuer.answers.send(ok(&set(&[rsa("one", &json!({}))]))).unwrap();
    wait_until("it works again", || keys.refreshes() > before);
    assert!(issuer.asked.load(Ordering::SeqCst) >= 4);
}

#[test]
fn answers_are_read_as_http_has_them() {
    let body = set(&[rsa("one", &json!({}))]);
    let chunks = format!(
        "5\r\n{}\r\n{:x};x=y\r\n{}\r\n0\r\n\r\n",
        &body[..5],
        body.len() - 5,
        &body[5..]
    );
    assert_eq!(
        Issuer::fetched(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n{chunks}")),
        (1, 0)
    );
    assert_eq!(Issuer::fetched(format!("HTTP/1.0 200 OK\r\n\r\n{body}")), (1, 0));
}

#[test]
fn bad_answers_are_failures() {
    let body = set(&[rsa("one", &json!({}))]);
    let long = format!("{body}{}", " ".repeat(300 * 1024));
    for answer in [
        String::new(),
        "not HTTP at all\r\n\r\n".into(),
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n".into(),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len() + 1),
        format!("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{long}", long.len()),
        format!("HTTP/1.1 200 OK\r\n\r\n{long}"),
        format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n{body}", "x".repeat(20_000)),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff0\r\n{body}"),
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]".into(),
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}".into(),
        String::from_utf8(ok(&"[".repeat(100_000))).unwrap(),
    ] {
        assert_eq!(
            Issuer::fetched(answer.clone()),
            (0, 1),
            "{}",
            &answer[..answer.len().min(80)]
        );
    }
}

#[test]
fn keys_that_must_not_verify_are_left_out() {
    let secret = json!({"kty": "oct", "kid": "x", "k": URL_SAFE_NO_PAD.encode([7; 64])});
    let mut weak = numbers(pem!("rsa1024.public"));
    weak.insert("kid".into(), "x".into());
    for key in [
        secret,
        weak.into(),
        rsa("x", &json!({"use": "enc"})),
        rsa("x", &json!({"alg": "RS512"})),
        rsa("x", &json!({"alg": "RSA-OAEP"})),
        rsa("x", &json!({"n": "AAAA"})),
        rsa("x", &json!({"n": "%%"})),
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "x", "x": "AAAA"}),
        json!({"kty": "EC", "crv": "P-256", "kid": "x", "x": "AAAA", "y": "AAAA"}),
        json!({"kty": "new", "kid": "x"}),
        json!("x"),
    ] {
        let algorithms = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];
        let body = set(&[key.clone(), rsa("good", &json!({}))]);
        let issuer = Issuer::new(ok(&body));
        let verifier = issuer.verifier(&algorithms, Duration::from_secs(3600));
        let keys = Arc::clone(verifier.remote_keys().unwrap());
        let _refresher = Refresher::start(Arc::clone(&keys)).unwrap();
        keys.wait_for_first(DEADLINE);
        assert!(verifier.verify_at(&token(Some("good")), NOW).is_ok(), "{key}");
        assert_eq!(
            verifier.verify_at(&token(Some("x")), NOW),
            Err(TokenError::UnknownKey),
            "{key}"
        );
    }
}

#[test]
fn only_safe_urls_are_fetched_from() {
    let refused = |url| Source::new(url, RootCertStore::empty).map(|_| ()).unwrap_err();
    for url in [
        "",
        "keys.json",
        "/keys",
        "ftp://127.0.0.1/",
        "https://",
        "https://user@issuer.example/",
        "http://127.0.0.1/#x",
    ] {
        assert_eq!(refused(url), SourceError::Url, "{url}");
    }
    assert_eq!(refused("http://issuer.example/keys"), SourceError::Insecure);
    assert_eq!(refused("http://192.0.2.1/keys"), SourceError::Insecure);
    assert_eq!(refused("https://issuer.example/keys"), SourceError::NoRoots);
    for url in ["http://127.0.0.1:1/", "http://[::1]:1/keys", "http://localhost"] {
        assert!(Source::new(url, RootCertStore::empty).is_ok(), "{url}");
    }
}

#[test]
fn secrets_are_not_published() {
    let issuer = Issuer::new("");
    let source = Source::new(&issuer.url, RootCertStore::empty).unwrap();
    let refresh = Duration::from_secs(10);
    let options = JwtOptions::new(vec![Algorithm::HS256], Keys::Remote(JwksOptions { source, refresh }));
    assert!(matches!(
        Verifier::new(options),
        Err(VerifierError::UnservedAlgorithm { index: 0, .. })
    ));
}
