//! RFC 9110, section 15.4, and what is kept from other servers.

use super::origin::{Answer, answer, run, saying};
use super::*;

/// `/STATUS?LOCATION` redirects; anything else is answered.
async fn redirecting(seen: Seen) -> Answer {
    let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
    match path[1..].parse() {
        Ok(status) => answer(status, &[("Location", query)], "gone"),
        Err(_) => answer(200, &[], "here"),
    }
}

#[test]
fn the_method_changes_as_browsers_change_it() {
    run(async {
        let origin = Origin::start(redirecting).await;
        let client = client();
        for (method, status, expected) in [
            ("POST", 301, "GET"),
            ("POST", 302, "GET"),
            ("POST", 303, "GET"),
            ("POST", 307, "POST"),
            ("POST", 308, "POST"),
            ("PUT", 301, "PUT"),
            ("PUT", 302, "PUT"),
            ("PUT", 303, "GET"),
            ("GET", 301, "GET"),
            ("HEAD", 303, "HEAD"),
        ] {
            let fields = [
                ("Content-Type", "text/plain"),
                ("X-A", "1"),
                ("Authorization", "Bearer t"),
            ];
            let body = if matches!(method, "GET" | "HEAD") { "" } else { "body" };
            let url = origin.url(&format!("/{status}?/end"));
            let (response, _) = client
                .fetch(request(&client, method, &url, &fields, body))
                .await
                .unwrap();
            assert_eq!(response.url.to_string(), origin.url("/end"));
            let seen = origin.last();
            assert_eq!(seen.method, expected, "{method} {status}");
            let kept = expected == method;
            assert_eq!(seen.body, if kept { body } else { "" }, "{method} {status}");
            if method == "POST" || method == "PUT" {
                assert_eq!(seen.header("content-type"), if kept { "text/plain" } else { "" });
            }
            assert_eq!(seen.header("x-a"), "1");
            assert_eq!(seen.header("authorization"), "Bearer t", "it is the same server");
        }
        assert_eq!(client.counters().redirected, 10);
    });
}

#[test]
fn credentials_stay_with_their_server() {
    run(async {
        let other = Origin::start(redirecting).await;
        let origin = Origin::start(redirecting).await;
        let client = client();
        let fields = [
            ("Authorization", "Bearer t"),
            ("Cookie", "a=1"),
            ("Proxy-Authorization", "Basic x"),
            ("Host", "api.example"),
            ("X-A", "1"),
        ];
        // There, and back again.
        let back = origin.url("/end");
        let url = origin.url(&format!("/307?{}", other.url(&format!("/307?{back}"))));
        client.fetch(request(&client, "GET", &url, &fields, "")).await.unwrap();
        for seen in [other.last(), origin.last()] {
            for name in ["authorization", "cookie", "proxy-authorization"] {
                assert_eq!(seen.header(name), "", "{name} of {}", seen.target);
            }
            assert_eq!(seen.header("x-a"), "1");
        }
        assert_eq!(other.last().header("host"), other.address.to_string());
        assert_eq!(origin.seen.lock().unwrap()[0].header("authorization"), "Bearer t");
        assert_eq!(origin.seen.lock().unwrap()[0].header("host"), "api.example");
    });
}

#[test]
fn https_to_http_takes_no_credentials_along() {
    run(async {
        let plain = Origin::start(redirecting).await;
        let secure = Origin::tls(redirecting).await;
        let client = client();
        let url = secure.url(&format!("/308?{}", plain.url("/end")));
        let fields = [("Authorization", "Bearer t"), ("Cookie", "a=1")];
        client.fetch(request(&client, "GET", &url, &fields, "")).await.unwrap();
        assert_eq!(secure.last().header("authorization"), "Bearer t");
        assert_eq!(
            (plain.last().header("authorization"), plain.last().header("cookie")),
            Default::default()
        );
    });
}

#[test]
fn a_user_in_a_location_is_not_used() {
    run(async {
        let origin = Origin::start(redirecting).await;
        let client = client();
        let to = origin.url("/end").replace("//", "//eve:secret@");
        let (response, _) = get(&client, &origin.url(&format!("/302?{to}"))).await.unwrap();
        assert_eq!(response.url.to_string(), origin.url("/end"));
        assert_eq!(origin.last().header("authorization"), "");
    });
}

#[test]
fn redirects_are_bounded() {
    run(async {
        let origin = Origin::start(async |_: Seen| answer(302, &[("Location", "/again")], "")).await;
        let client = client();
        let error = get(&client, &origin.url("/")).await.unwrap_err();
        let server = origin.address.to_string();
        assert_eq!(error, HttpError::TooManyRedirects { server, limit: 5 });
        assert_eq!(origin.seen.lock().unwrap().len(), 6);
        // Asked for, the redirect itself is the answer.
        let mut options = options();
        options.request.max_redirects = 0;
        let client = Client::new(options).unwrap();
        let (response, _) = get(&client, &origin.url("/")).await.unwrap();
        assert_eq!(
            (response.status, response.headers["location"].as_bytes()),
            (302, &b"/again"[..])
        );
    });
}

#[test]
fn a_location_that_cannot_be_followed() {
    run(async {
        let client = client();
        for text in [
            "HTTP/1.1 302 x\r\nLocation: ftp://a.example/\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 302 x\r\nLocation: http://[/\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 302 x\r\nLocation: http://größe.example/\r\nContent-Length: 0\r\n\r\n",
        ] {
            let error = get(&client, &saying(text).await).await.unwrap_err();
            assert!(matches!(error, HttpError::Redirect { .. }), "{error:?}");
        }
        let (response, _) = get(&client, &saying("HTTP/1.1 301 x\r\nContent-Length: 0\r\n\r\n").await)
            .await
            .unwrap();
        assert_eq!(response.status, 301);
        let (response, _) = get(
            &client,
            &saying("HTTP/1.1 304 x\r\nLocation: /\r\nContent-Length: 0\r\n\r\n").await,
        )
        .await
        .unwrap();
        assert_eq!(response.status, 304);
    });
}

#[test]
fn a_location_of_bytes_is_encoded() {
    run(async {
        let origin = Origin::start(async |seen: Seen| match seen.target.as_str() {
            "/" => http::Response::builder()
                .status(302)
                .header(
                    "Location",
                    http::HeaderValue::from_bytes("/größe [1]".as_bytes()).unwrap(),
                )
                .body(http_body_util::Full::default())
                .unwrap(),
            _ => answer(200, &[], ""),
        })
        .await;
        get(&client(), &origin.url("/")).await.unwrap();
        assert_eq!(origin.last().target, "/gr%C3%B6%C3%9Fe%20%5B1%5D");
    });
}
