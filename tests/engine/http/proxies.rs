//! Through a proxy.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use ferry::engine::http::Proxy;
use tokio::net::TcpStream;

use super::origin::{answer, head, raw, run, say};
use super::*;

/// Builds tunnels and writes down who asked for what.
async fn tunnels(status: &'static str) -> (SocketAddr, Rc<RefCell<Vec<String>>>) {
    let log = Rc::new(RefCell::new(Vec::new()));
    let asked = Rc::clone(&log);
    let (address, _) = raw(async move |_, mut stream: TcpStream| {
        let request = head(&mut stream).await;
        let to = request.split(' ').nth(1).unwrap().to_owned();
        asked.borrow_mut().push(request);
        say(&mut stream, &format!("HTTP/1.1 {status}\r\n\r\n")).await;
        if status.starts_with("200") {
            let mut server = TcpStream::connect(to).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
        }
    })
    .await;
    (address, log)
}

fn through(proxy: &str, no_proxy: &str) -> Client {
    Client::new(ClientOptions {
        proxy: Proxy::all(proxy, no_proxy).unwrap(),
        ..options()
    })
    .unwrap()
}

#[test]
fn http_is_asked_of_the_proxy() {
    run(async {
        let proxy = Origin::start(async |_: Seen| answer(200, &[], "of the proxy")).await;
        let client = through(
            &format!("http://me:secret@{}", proxy.address),
            "excepted.example,127.0.0.0/8",
        );
        let (response, body) = get(&client, "http://server.example/x?y").await.unwrap();
        assert_eq!(
            (response.url.to_string().as_str(), &body[..]),
            ("http://server.example/x?y", &b"of the proxy"[..])
        );
        let seen = proxy.last();
        assert_eq!(seen.target, "http://server.example/x?y");
        assert_eq!(
            (
                seen.header("host").as_str(),
                seen.header("proxy-authorization").as_str()
            ),
            ("server.example", "Basic bWU6c2VjcmV0")
        );
        // Excepted: straight to the server.
        get(&client, &proxy.url("/direct")).await.unwrap();
        let seen = proxy.last();
        assert_eq!(
            (seen.target.as_str(), seen.header("proxy-authorization").as_str()),
            ("/direct", "")
        );
        let error = get(&client, "http://excepted.example.invalid./")
            .await
            .map(|(r, _)| r.status);
        assert_eq!(error, Ok(200), "another name than the excepted one");
    });
}

#[test]
fn https_goes_through_a_tunnel() {
    run(async {
        let origin = Origin::tls(async |_: Seen| answer(200, &[], "of the server")).await;
        let (proxy, log) = tunnels("200 Fine").await;
        let client = through(&format!("http://me:secret@{proxy}"), "");
        let (response, body) = get(&client, &origin.url("/x")).await.unwrap();
        assert_eq!((response.version, &body[..]), ("2", &b"of the server"[..]));
        let seen = origin.last();
        assert_eq!(
            (seen.header("proxy-authorization").as_str(), seen.target.as_str()),
            ("", "/x")
        );
        let log = log.borrow();
        assert!(
            log[0].starts_with(&format!("CONNECT {} HTTP/1.1\r\n", origin.address)),
            "{}",
            log[0]
        );
        assert!(
            log[0].contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"),
            "{}",
            log[0]
        );
        assert_eq!(log.len(), 1);
    });
}

#[test]
fn a_proxy_that_refuses_is_no_connection() {
    run(async {
        for status in ["407 Who?", "503 No"] {
            let (proxy, _) = tunnels(status).await;
            let client = through(&format!("http://{proxy}"), "");
            let error = get(&client, "https://server.example/").await.unwrap_err();
            assert!(matches!(error, HttpError::Connect { .. }), "{error:?}");
            assert!(error.to_string().contains("through the proxy"), "{error}");
        }
    });
}

#[test]
fn what_is_no_proxy_is_refused() {
    for url in [
        "",
        "nonsense with spaces",
        "ftp://proxy.example",
        "socks5://proxy.example:1080",
    ] {
        assert!(Proxy::all(url, "").is_none(), "{url:?}");
    }
    assert!(Proxy::all("proxy.example:3128", "").is_some());
}
