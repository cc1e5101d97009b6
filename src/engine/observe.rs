//! Plain HTTP that says how the server is: health and metrics. Answered by the I/O threads, whatever PHP does.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::spawn_local;

use super::config::{Config, MetricsConfig};
use super::history::History;
use super::inbox::Inbox;
use super::mailbox::Mailbox;
use super::metrics::{self, Gauges, Metrics, Refusal};
use super::pending::Stage;
use super::problem::Problem;

/// Connections that ask for metrics at a time, on an address of their own.
const MAX_WATCHERS: usize = 32;
/// Time such a connection has for everything.
const WATCHER_TIMEOUT: Duration = Duration::from_secs(10);

type Answer = Response<Full<Bytes>>;

/// Sees what all threads of a server count.
#[derive(Debug)]
pub struct Observer {
    pub config: Arc<Config>,
    pub metrics: Arc<Metrics>,
    pub inbox: Arc<Inbox>,
    pub mailboxes: Vec<Arc<Mailbox>>,
    pub history: Option<Arc<History>>,
    pub started: Instant,
}

impl Observer {
    /// Answers a request that is for health or metrics on the server's own listeners; `None`: it is not.
    pub fn answer<B>(&self, request: &Request<B>, accepting: bool) -> Option<Result<Answer, Problem>> {
        if request.headers().contains_key(header::UPGRADE) {
            return None;
        }
        let metrics = self.config.metrics.as_ref().filter(|m| m.listen.is_none());
        self.route(request, accepting, metrics)
    }

    fn route<B>(
        &self,
        request: &Request<B>,
        accepting: bool,
        metrics: Option<&MetricsConfig>,
    ) -> Option<Result<Answer, Problem>> {
        let path = request.uri().path();
        let metrics = metrics.filter(|metrics| metrics.path == path);
        if metrics.is_none() && self.config.health_path.as_deref() != Some(path) {
            return None;
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, Refusal::NotWebSocket, "Use GET.");
            return Some(Err(problem.with(header::ALLOW, HeaderValue::from_static("GET, HEAD"))));
        }
        Some(match metrics {
            Some(metrics) if !authorized(metrics, request.headers()) => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                Refusal::Token,
                "The metrics need their token.",
            )
            .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Some(_) => Ok(answer(StatusCode::OK, metrics::CONTENT_TYPE, self.page())),
            None => Ok(self.health(accepting)),
        })
    }

    fn php_away(&self) -> Duration {
        self.metrics.php_away(self.inbox.waiting_since())
    }

    fn health(&self, accepting: bool) -> Answer {
        let away = self.php_away();
        let (status, text) = if !accepting {
            (StatusCode::SERVICE_UNAVAILABLE, "stopping")
        } else if self.config.health_timeout.is_some_and(|limit| away >= limit) {
            (StatusCode::SERVICE_UNAVAILABLE, "php does not come back")
        } else {
            (StatusCode::OK, "ok")
        };
        let body = serde_json::json!({
            "status": text,
            // A callback that hangs shows here while it hangs.
            "callback_seconds": self.metrics.callback_time().unwrap_or_default().as_secs_f64(),
            "php_away_seconds": away.as_secs_f64(),
        });
        answer(status, "application/json", body.to_string())
    }

    fn page(&self) -> String {
        let gauges = Gauges {
            inbox_events: self.inbox.pending_events(),
            inbox_bytes: self.inbox.pending_bytes(),
            mailbox_bytes: self.mailboxes.iter().map(|m| m.pending_bytes()).sum(),
            php_away_seconds: self.php_away().as_secs_f64(),
            uptime_seconds: self.started.elapsed().as_secs_f64(),
            history: self.history.as_ref().map(|history| history.size()).unwrap_or_default(),
        };
        metrics::render(&self.metrics, &gauges)
    }

    /// Serves health and metrics, and nothing else, on an address of their own until the server ends.
    pub async fn serve(self: Rc<Self>, listener: TcpListener, mut stage: watch::Receiver<Stage>) {
        let watchers = Rc::new(Cell::new(0));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stage.wait_for(|stage| *stage == Stage::ShutDown) => return,
            };
            match accepted {
                // One above the number is dropped without a word.
                Ok(_) if watchers.get() >= MAX_WATCHERS => {}
                Ok((stream, _)) => {
                    watchers.set(watchers.get() + 1);
                    let (observer, watchers, stage) = (Rc::clone(&self), Rc::clone(&watchers), stage.clone());
                    spawn_local(async move {
                        let accepting = *stage.borrow() < Stage::NotAccepting;
                        observer.watch(stream, accepting).await;
                        watchers.set(watchers.get() - 1);
                    });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn watch(&self, stream: TcpStream, accepting: bool) {
        let service = service_fn(|request| {
            let answered = self.route(&request, accepting, self.config.metrics.as_ref());
            let answer = match answered {
                Some(Ok(answer)) => answer,
                Some(Err(problem)) => problem.response(),
                None => Problem::new(StatusCode::NOT_FOUND, Refusal::Path, "Nothing is here.").response(),
            };
            std::future::ready(Ok::<_, Infallible>(answer))
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(WATCHER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        // Whoever asks too slowly, or nothing, is left.
        let _ = tokio::time::timeout(WATCHER_TIMEOUT, connection).await;
    }
}

fn authorized(metrics: &MetricsConfig, headers: &HeaderMap) -> bool {
    let Some(token) = &metrics.token else { return true };
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
        .unwrap_or_default();
    let expected = token.expose();
    // Every byte is compared, so that the time tells nothing about the first wrong one.
    given.len() == expected.len() && given.iter().zip(expected).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
