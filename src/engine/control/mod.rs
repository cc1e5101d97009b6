//! The control endpoint: other processes publish to clients, close users' connections and ask how the server is.
//!
//! The first I/O thread serves it, so it answers and delivers while PHP is busy. A request is checked as a whole before
//! anything of it is done.

mod refusal;
mod request;
mod signature;
mod status;

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;
use tokio::time::timeout;

use super::clock::unix_time;
use super::config::ControlOptions;
use super::endpoint::{self, EndpointLimits};
use super::listener::Listener;
use super::publish::{Message, Publisher};
use super::rate::{self, Bucket};
use super::redis::NotTaken;
use refusal::json;
pub use refusal::{Reason, Refused};
pub use request::{Action, Route};
use signature::Nonces;
use status::Rates;
pub use status::{Facts, connections, redis as redis_status};

/// Of one request's frames. A body of 1 MiB for 1,000 rooms would be a gigabyte.
pub const MAX_PUBLISH_BYTES: usize = 64 << 20;
/// For what was published to come back from Redis.
const ECHO_WAIT: Duration = Duration::from_secs(1);

pub struct Control {
    options: ControlOptions,
    publisher: Arc<Publisher>,
    facts: Facts,
    nonces: RefCell<Nonces>,
    rate: RefCell<Bucket>,
    rates: RefCell<Rates>,
}

impl Control {
    pub fn new(options: ControlOptions, publisher: Arc<Publisher>, facts: Facts) -> Rc<Self> {
        let now = Instant::now();
        Rc::new(Self {
            rate: RefCell::default(),
            rates: RefCell::new(Rates::new(now)),
            nonces: RefCell::default(),
            options,
            publisher,
            facts,
        })
    }

    /// Until dropped.
    pub async fn serve(self: Rc<Self>, listener: Listener) {
        let limits = EndpointLimits {
            connections: self.options.max_connections,
            idle: self.options.idle_timeout,
            ..EndpointLimits::default()
        };
        let control = Rc::clone(&self);
        let served = endpoint::serve(listener, limits, move |request, _| {
            let control = Rc::clone(&control);
            async move { control.answer(request).await }
        });
        tokio::join!(served, self.sample());
    }

    /// Reads the counters once a second, for the rates in the status.
    async fn sample(&self) {
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let now = ticks.tick().await.into_std();
            self.rates.borrow_mut().sample(&self.publisher.metrics, now);
        }
    }

    async fn answer<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        match self.act(request).await {
            Ok(answer) => json(StatusCode::OK, answer.to_string()),
            Err(refused) => {
                self.publisher.metrics.refuse_control(refused.reason);
                refused.response()
            }
        }
    }

    async fn act<B>(&self, request: Request<B>) -> Result<serde_json::Value, Refused>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let window = self.options.replay_window;
        let claimed = signature::claimed(&head.headers, unix_time(), window)?;
        let limit = self.options.max_body_bytes;
        let too_large = || Refused::new(Reason::TooLarge, format!("The body must have at most {limit} bytes."));
        let announced = head.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
        if announced.is_some_and(|n| n.parse().is_ok_and(|n: u64| n > limit as u64)) {
            return Err(too_large());
        }
        let reading = within(&self.options, Limited::new(body, limit).collect()).await?;
        let body = reading.map_err(|e| match e.downcast_ref::<LengthLimitError>() {
            Some(_) => too_large(),
            None => Refused::new(Reason::Malformed, "The body ended early."),
        })?;
        let body = body.to_bytes();
        let target = head.uri.path_and_query().map_or("/", |t| t.as_str());
        signature::verify(&self.options.secret, head.method.as_str(), target, &claimed, &body)?;
        // Only who knows the secret learns which paths there are.
        let route = Route::find(&head.method, head.uri.path())?;
        self.nonces.borrow_mut().accept(&claimed, unix_time(), window)?;
        let query = head.uri.query().unwrap_or_default();
        self.run(route.read(query, &body, self.options.max_messages)?).await
    }

    /// All of a request's messages, or none.
    fn admits(&self, messages: usize) -> bool {
        self.options.max_rate.is_none_or(|per_second| {
            let mut bucket = self.rate.borrow_mut();
            bucket.take(rate::now(), messages as u64, per_second.into())
        })
    }

    async fn run(&self, action: Action) -> Result<serde_json::Value, Refused> {
        match action {
            Action::Publish { messages } => {
                let bytes: usize = messages.iter().map(Message::frame_bytes).sum();
                if bytes > MAX_PUBLISH_BYTES {
                    let detail =
                        format!("Counted once per room, messages must have at most {MAX_PUBLISH_BYTES} bytes.");
                    return Err(Refused::new(Reason::TooLarge, detail));
                }
                if !self.admits(messages.len()) {
                    let detail = "More messages per second than max_rate; none of this request was delivered.";
                    return Err(Refused::new(Reason::Rate, detail));
                }
                if !self.publisher.has_room() {
                    return Err(Refused::new(
                        Reason::Busy,
                        "The server has too much to send; nothing of this request was delivered.",
                    ));
                }
                let publishing = self.publisher.publish(&messages);
                let publishing = publishing.map_err(refused)?;
                // Redis may be away for long, or go away now: the messages wait for it, the publisher does not.
                let reached = timeout(ECHO_WAIT, publishing).await.ok().and_then(Result::ok);
                let reached = reached.unwrap_or_else(|| vec![0; messages.len()]);
                if self.publisher.link.is_none() {
                    self.publisher.count_delivered(&reached);
                }
                let sum: usize = reached.iter().sum();
                Ok(serde_json::json!({ "delivered": sum, "messages": reached }))
            }
            Action::Disconnect { user, code, reason } => {
                let told = self.publisher.disconnect_elsewhere(&user, code, &reason);
                told.map_err(refused)?;
                let closed = self.publisher.disconnect(&user, code, &reason).await;
                Ok(serde_json::json!({ "disconnected": closed }))
            }
            Action::Connections { room, limit } => Ok(status::connections(&self.publisher, room, limit).await),
            Action::Status => {
                let rates = self.rates.borrow().per_second(&self.publisher.metrics, Instant::now());
                Ok(status::status(&self.publisher, &self.facts, rates).await)
            }
        }
    }
}

fn refused(why: NotTaken) -> Refused {
    let reason = match why {
        NotTaken::TooLarge(..) => Reason::TooLarge,
        NotTaken::QueueFull(_) | NotTaken::Slow(_) => Reason::Busy,
    };
    Refused::new(reason, format!("{why}."))
}

async fn within<T>(options: &ControlOptions, body: impl Future<Output = T>) -> Result<T, Refused> {
    timeout(options.idle_timeout, body)
        .await
        .map_err(|_| Refused::new(Reason::Timeout, "The body did not arrive in time."))
}
