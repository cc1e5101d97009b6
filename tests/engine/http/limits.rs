//! How much runs, waits and is held at once.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::{spawn_local, yield_now};

use super::origin::{answer, head, raw, run, say};
use super::*;

#[test]
fn requests_to_one_server_wait_for_a_place() {
    run(async {
        let (running, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let counted = (Rc::clone(&running), Rc::clone(&most));
        let origin = Origin::start(async move |_: Seen| {
            let (running, most) = (Rc::clone(&counted.0), Rc::clone(&counted.1));
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            tokio::time::sleep(Duration::from_millis(20)).await;
            running.set(running.get() - 1);
            answer(200, &[], "x")
        })
        .await;
        let client = Rc::new(
            Client::new(ClientOptions {
                max_connections_per_host: 2,
                ..options()
            })
            .unwrap(),
        );
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (client, url) = (Rc::clone(&client), origin.url("/"));
                spawn_local(async move { get(&client, &url).await.unwrap().0.status })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 200);
        }
        assert_eq!(most.get(), 2);
    });
}

#[test]
fn too_many_pending_requests_are_refused() {
    run(async {
        let gate = Arc::new(Semaphore::new(0));
        let opens = Arc::clone(&gate);
        let origin = Origin::start(async move |_: Seen| {
            drop(opens.acquire().await);
            answer(200, &[], "x")
        })
        .await;
        let client = Rc::new(
            Client::new(ClientOptions {
                max_pending: 1,
                ..options()
            })
            .unwrap(),
        );
        let first = spawn_local({
            let (client, url) = (Rc::clone(&client), origin.url("/"));
            async move { get(&client, &url).await.map(|(response, _)| response.status) }
        });
        while client.counters().pending == 0 {
            yield_now().await;
        }
        let error = get(&client, &origin.url("/")).await.unwrap_err();
        assert_eq!(error, HttpError::Busy { limit: 1 });
        gate.add_permits(1);
        assert_eq!(first.await.unwrap(), Ok(200));
        assert_eq!((client.counters().pending, client.counters().refused), (0, 1));
        get(&client, &origin.url("/")).await.unwrap();
    });
}

#[test]
fn a_dropped_request_or_body_gives_its_place_back() {
    run(async {
        let (address, _) = raw(async |_, mut stream: TcpStream| {
            let asked = head(&mut stream).await;
            if asked.starts_with("GET /body") {
                say(&mut stream, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
            }
            std::future::pending::<()>().await;
        })
        .await;
        let client = Rc::new(
            Client::new(ClientOptions {
                max_connections_per_host: 1,
                ..options()
            })
            .unwrap(),
        );
        let task = spawn_local({
            let client = Rc::clone(&client);
            async move { get(&client, &format!("http://{address}/")).await.map(drop) }
        });
        while client.counters().connections == 0 {
            yield_now().await;
        }
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(client.counters().pending, 0);
        let body = || async {
            let asked = request(&client, "GET", &format!("http://{address}/body"), &[], "");
            client.send(asked).await.unwrap()
        };
        let mut response = body().await;
        assert_eq!(response.body.next(100).await.unwrap().unwrap(), "half");
        assert_eq!(client.counters().pending, 1);
        drop(response);
        assert_eq!(client.counters().pending, 0);
        drop(body().await);
    });
}

#[test]
fn a_reader_that_pauses_stops_the_server() {
    const SIZE: usize = 256 << 20;
    run(async {
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let (address, _) = raw(async move |_, mut stream: TcpStream| {
            head(&mut stream).await;
            say(
                &mut stream,
                &format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n"),
            )
            .await;
            let piece = vec![7; 64 << 10];
            while count.load(Ordering::SeqCst) < SIZE && stream.write_all(&piece).await.is_ok() {
                count.fetch_add(piece.len(), Ordering::SeqCst);
            }
        })
        .await;
        let client = client();
        let asked = request(&client, "GET", &format!("http://{address}/"), &[], "");
        let mut response = client.send(asked).await.unwrap();
        response.body.next(10).await.unwrap().unwrap();
        // Until nothing moves any more: what the kernel and hyper buffer is in between.
        let mut before = usize::MAX;
        while sent.load(Ordering::SeqCst) != before {
            before = sent.load(Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(
            before < SIZE / 4,
            "{before} bytes were sent to a client that does not read"
        );
        let mut got = 10;
        while got < SIZE / 2 {
            let piece = response.body.next(1 << 20).await.unwrap().unwrap();
            assert!(piece.len() <= 1 << 20 && piece.iter().all(|byte| *byte == 7));
            got += piece.len();
        }
        assert!(sent.load(Ordering::SeqCst) >= got);
    });
}
