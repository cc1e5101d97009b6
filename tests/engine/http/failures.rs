//! Servers that are not there, fall silent, stop in the middle or say too much.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::origin::{head, raw, run, say, saying};
use super::*;

const MOMENT: Duration = Duration::from_millis(50);

fn with(change: impl FnOnce(&mut ClientOptions)) -> Client {
    let mut options = options();
    change(&mut options);
    Client::new(options).unwrap()
}

async fn forever() {
    std::future::pending::<()>().await;
}

#[test]
fn nobody_listens() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let client = client();
        let error = get(&client, &format!("http://{address}/secret")).await.unwrap_err();
        let HttpError::Connect { server, reason } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(*server, address.to_string());
        assert!(reason.contains("Connection refused"), "{reason}");
        assert!(!error.to_string().contains("secret"));
        assert_eq!((client.counters().failed, client.counters().pending), (1, 0));
    });
}

#[test]
fn a_handshake_that_never_ends_is_no_connection() {
    run(async {
        let (address, _) = raw(async |_, _stream: TcpStream| forever().await).await;
        let client = with(|options| options.connect_timeout = MOMENT);
        let error = get(&client, &format!("https://{address}/")).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Cannot connect to {address}: no connection within 0.05 s")
        );
    });
}

#[test]
fn the_time_for_everything_is_over() {
    run(async {
        let (silent, _) = raw(async |_, _stream: TcpStream| forever().await).await;
        let (stalling, _) = raw(async |_, mut stream: TcpStream| {
            head(&mut stream).await;
            say(&mut stream, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
            forever().await;
        })
        .await;
        let client = with(|options| options.request.timeout = Some(MOMENT));
        for address in [silent, stalling] {
            let error = get(&client, &format!("http://{address}/")).await.unwrap_err();
            assert_eq!(
                error,
                HttpError::Timeout {
                    server: address.to_string(),
                    after: MOMENT
                }
            );
        }
        let client = with(|options| options.request.idle_timeout = Some(MOMENT));
        let error = get(&client, &format!("http://{stalling}/")).await.unwrap_err();
        assert_eq!(
            error,
            HttpError::Idle {
                server: stalling.to_string(),
                after: MOMENT
            }
        );
        assert_eq!(client.counters().pending, 0);
    });
}

#[test]
fn a_body_that_is_too_large() {
    run(async {
        let client = with(|options| options.request.max_body_bytes = 10);
        // Nothing of it needs to be read.
        let announced = saying("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n").await;
        let chunked =
            saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n")
                .await;
        let endless = saying("HTTP/1.1 200 OK\r\n\r\n12345678901").await;
        for url in [announced, chunked, endless] {
            let error = get(&client, &url).await.unwrap_err();
            assert!(matches!(error, HttpError::TooLarge { limit: 10, .. }), "{error:?}");
        }
        let fits = saying("HTTP/1.1 200 OK\r\n\r\n1234567890").await;
        assert_eq!(get(&client, &fits).await.unwrap().1, "1234567890");
    });
}

#[test]
fn a_head_that_is_too_large() {
    run(async {
        let (address, _) = raw(async |_, mut stream: TcpStream| {
            head(&mut stream).await;
            say(&mut stream, "HTTP/1.1 200 OK\r\n").await;
            for _ in 0..10_000 {
                say(&mut stream, "X-A: 0123456789012345678901234567890123456789\r\n").await;
            }
        })
        .await;
        let error = get(&client(), &format!("http://{address}/")).await.unwrap_err();
        assert!(matches!(error, HttpError::Interrupted { .. }), "{error:?}");
    });
}

#[test]
fn an_answer_that_is_cut_short_is_none() {
    run(async {
        let client = client();
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            "HTTP/1.1 200 OK\r\nContent-Le",
            "SSH-2.0-OpenSSH\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "",
        ] {
            let error = get(&client, &saying(text).await).await.unwrap_err();
            assert!(matches!(error, HttpError::Interrupted { .. }), "{text:?}: {error:?}");
        }
        assert_eq!(client.counters().retried, 0);
    });
}

/// Answers the first request of the first connection; closes it when the second comes.
async fn closing() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let (address, connections) = raw(async |number, mut stream: TcpStream| {
        head(&mut stream).await;
        say(&mut stream, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1").await;
        head(&mut stream).await;
        if number > 0 {
            forever().await;
        }
    })
    .await;
    (format!("http://{address}/"), connections)
}

#[test]
fn a_connection_closed_between_requests_is_replaced() {
    run(async {
        for method in ["GET", "PUT", "DELETE"] {
            let (url, connections) = closing().await;
            let client = client();
            get(&client, &url).await.unwrap();
            let (_, body) = client.fetch(request(&client, method, &url, &[], "")).await.unwrap();
            assert_eq!(body, "1");
            assert_eq!(
                (connections.load(Ordering::SeqCst), client.counters().retried),
                (2, 1),
                "{method}"
            );
        }
    });
}

#[test]
fn what_may_have_been_done_is_not_done_again() {
    run(async {
        let (url, connections) = closing().await;
        let client = client();
        get(&client, &url).await.unwrap();
        let error = client
            .fetch(request(&client, "POST", &url, &[], "x"))
            .await
            .unwrap_err();
        assert!(matches!(error, HttpError::Interrupted { .. }), "{error:?}");
        assert_eq!((connections.load(Ordering::SeqCst), client.counters().retried), (1, 0));
    });
}

#[test]
fn a_new_connection_that_says_nothing_is_not_replaced() {
    run(async {
        let (address, connections) = raw(async |_, mut stream: TcpStream| drop(head(&mut stream).await)).await;
        let error = get(&client(), &format!("http://{address}/")).await.unwrap_err();
        assert!(matches!(error, HttpError::Interrupted { .. }), "{error:?}");
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    });
}
