//! https, and HTTP/2.

use std::rc::Rc;
use std::time::Duration;

use ferry::engine::http::Version;
use rustls::RootCertStore;

use super::origin::{Answer, answer, run};
use super::*;

async fn fine(_: Seen) -> Answer {
    answer(200, &[], "fine")
}

fn speaking(version: Version) -> Client {
    Client::new(ClientOptions { version, ..options() }).unwrap()
}

#[test]
fn alpn_chooses_the_version() {
    run(async {
        let origin = Origin::tls(fine).await;
        for (version, expected, seen) in [
            (Version::Any, "2", http::Version::HTTP_2),
            (Version::Http1, "1.1", http::Version::HTTP_11),
            (Version::Http2, "2", http::Version::HTTP_2),
        ] {
            let (response, body) = get(&speaking(version), &origin.url("/")).await.unwrap();
            assert_eq!((response.version, &body[..]), (expected, &b"fine"[..]));
            assert_eq!(origin.last().version, seen);
        }
        let by_name = origin.url("/").replace("127.0.0.1", "localhost");
        assert_eq!(get(&client(), &by_name).await.unwrap().1, "fine");
    });
}

#[test]
fn certificates_are_checked() {
    run(async {
        let origin = Origin::tls(fine).await;
        let stranger = Client::new(ClientOptions {
            roots: RootCertStore::empty(),
            ..options()
        })
        .unwrap();
        let error = get(&stranger, &origin.url("/")).await.unwrap_err();
        assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");
        assert!(error.to_string().contains("UnknownIssuer"), "{error}");
        let elsewhere = origin.url("/").replace("127.0.0.1", "127.0.0.2");
        let error = get(&client(), &elsewhere).await.unwrap_err();
        assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");
        assert!(origin.seen.lock().unwrap().is_empty());
    });
}

#[test]
fn http2_shares_one_connection() {
    run(async {
        for origin in [
            Origin::tls(async |seen: Seen| {
                tokio::time::sleep(Duration::from_millis(20)).await;
                answer(200, &[], &format!("{}{}", seen.target, seen.body.len()))
            })
            .await,
            Origin::http2(async |seen: Seen| answer(200, &[], &format!("{}{}", seen.target, seen.body.len()))).await,
        ] {
            let client = Rc::new(speaking(Version::Http2));
            get(&client, &origin.url("/first")).await.unwrap();
            let tasks: Vec<_> = (0..50)
                .map(|number| {
                    let (client, url) = (Rc::clone(&client), origin.url(&format!("/{number}-")));
                    tokio::task::spawn_local(async move {
                        let body = "x".repeat(number * 1000);
                        client
                            .fetch(request(&client, "POST", &url, &[], &body))
                            .await
                            .unwrap()
                            .1
                    })
                })
                .collect();
            for (number, task) in tasks.into_iter().enumerate() {
                let got = task.await.unwrap();
                assert!(
                    got.ends_with(format!("/{number}-{}", number * 1000).as_bytes()),
                    "{got:?}"
                );
            }
            assert_eq!((origin.connections(), client.counters().connections), (1, 1));
        }
    });
}
