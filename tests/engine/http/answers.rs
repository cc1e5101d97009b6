//! What goes there and back.

use super::origin::{answer, run};
use super::*;

#[test]
fn a_request_and_its_answer() {
    run(async {
        let origin = Origin::start(async |_: Seen| {
            answer(
                422,
                &[("X-One", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
                "no",
            )
        })
        .await;
        let client = client();
        let fields = [("X-A", "1"), ("X-A", "2"), ("Content-Type", "text/plain")];
        let post = request(&client, "POST", &origin.url("/x?y=1"), &fields, "hello");
        let (response, body) = client.fetch(post).await.unwrap();
        assert_eq!((response.status, response.version, &body[..]), (422, "1.1", &b"no"[..]));
        assert_eq!(response.url.to_string(), origin.url("/x?y=1"));
        assert_eq!(response.headers["x-one"], "1");
        assert_eq!(response.headers.get_all("set-cookie").iter().count(), 2);
        let seen = origin.last();
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/x?y=1"));
        assert_eq!(seen.header("x-a"), "1, 2");
        assert_eq!(seen.header("host"), origin.address.to_string());
        assert_eq!(seen.header("content-length"), "5");
        assert_eq!(seen.header("accept-encoding"), "identity");
        assert_eq!(seen.body, "hello");
    });
}

#[test]
fn connections_are_used_again() {
    run(async {
        let origin = Origin::start(async |_: Seen| answer(200, &[], "x")).await;
        let client = client();
        for _ in 0..5 {
            get(&client, &origin.url("/")).await.unwrap();
            // The connection goes back to the pool in a task.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(origin.connections(), 1);
        let counters = client.counters();
        assert_eq!((counters.requests, counters.connections, counters.pending), (5, 1, 0));
        assert_eq!((counters.failed, counters.retried), (0, 0));
    });
}

#[test]
fn answers_without_a_body() {
    run(async {
        let origin = Origin::start(async |seen: Seen| match seen.method.as_str() {
            "HEAD" => answer(200, &[("Content-Length", "1000")], ""),
            _ => answer(204, &[], ""),
        })
        .await;
        let client = client();
        let head = request(&client, "HEAD", &origin.url("/"), &[], "");
        let (response, body) = client.fetch(head).await.unwrap();
        assert_eq!(
            (response.headers["content-length"].as_bytes(), body.len()),
            (&b"1000"[..], 0)
        );
        let (response, body) = get(&client, &origin.url("/")).await.unwrap();
        assert_eq!((response.status, body.len()), (204, 0));
    });
}

#[test]
fn a_body_may_be_read_piece_by_piece() {
    run(async {
        let text: &'static str = Box::leak("0123456789".repeat(20_000).into_boxed_str());
        let origin = Origin::start(async move |_: Seen| answer(200, &[], text)).await;
        let client = client();
        let mut response = client
            .send(request(&client, "GET", &origin.url("/"), &[], ""))
            .await
            .unwrap();
        let mut whole = Vec::new();
        while let Some(piece) = response.body.next(1000).await.unwrap() {
            assert!((1..=1000).contains(&piece.len()));
            whole.extend_from_slice(&piece);
        }
        assert!(whole == text.as_bytes());
        assert_eq!(response.body.next(1000).await.unwrap(), None);
        // What is left after some pieces.
        let mut response = client
            .send(request(&client, "GET", &origin.url("/"), &[], ""))
            .await
            .unwrap();
        let first = response.body.next(7).await.unwrap().unwrap();
        let rest = response.body.collect(1 << 20).await.unwrap();
        assert_eq!(first.len() + rest.len(), text.len());
    });
}
