//! The opening handshake (RFC 6455 section 4.2), from the parsed request to the answer.
//!
//! The order is fixed, cheapest and least telling first: address, health, path, upgrade, version, origin, token, and last
//! PHP's own callback.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body_util::Full;
use tungstenite::handshake::derive_accept_key;

use super::auth::jwt::VerifiedToken;
use super::auth::query::first_value;
use super::auth::token::{Token, bearer_offered, offered_subprotocols};
use super::config::Config;
use super::deflate::{self, Agreement, Terms};
use super::history::{MAX_OFFSETS, Offset};
use super::inbox::Event;
use super::limits::ConnectionPermit;
use super::metrics::Refusal;
use super::observe::Observer;
use super::problem::Problem;
use super::request::{Credentials, HandshakeId, HandshakeReply, HandshakeRequest, RequestHead};
use super::task::Local;

/// What the checks need beside the request.
pub struct Gate {
    pub config: Arc<Config>,
    /// PHP has a handshake callback.
    pub ask_php: Arc<AtomicBool>,
    pub local: Rc<Local>,
    pub observer: Rc<Observer>,
}

/// A connection that may be upgraded.
pub struct Accepted {
    /// The request, or its id where PHP has it.
    pub request: Result<Arc<HandshakeRequest>, HandshakeId>,
    pub expires_at: Option<i64>,
    /// permessage-deflate, as the answer says.
    pub deflate: Option<Terms>,
    /// Where the client stands in histories: the query parameter `since`.
    pub since: Vec<Offset>,
    /// Whose connection it is, by the token or by PHP's identity.
    pub user: Option<Box<str>>,
    /// Tells PHP when the connection is never opened.
    pub asked: Option<Asked>,
}

/// PHP knows of a handshake: dropped before [`opened`](Self::opened), it tells PHP to forget it.
pub struct Asked {
    local: Rc<Local>,
    id: HandshakeId,
    open: bool,
}

impl Asked {
    pub fn opened(mut self) {
        self.open = true;
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.open
            && let Ok(mut state) = self.local.state.try_borrow_mut()
        {
            state.pending.forget(self.id.serial);
            state.emit(Event::HandshakeGone(self.id));
        }
    }
}

type Answer = Response<Full<Bytes>>;

impl Gate {
    /// Answers one request. `Ok` with an [`Accepted`] is a 101.
    pub async fn answer<B>(
        &self,
        request: &Request<B>,
        peer: Option<IpAddr>,
        permit: &mut ConnectionPermit,
    ) -> (Answer, Option<Accepted>) {
        match self.decide(request, peer, permit).await {
            Ok(Verdict::Plain(answer)) => (answer, None),
            Ok(Verdict::Upgrade(answer, accepted)) => (answer, Some(accepted)),
            Err(problem) => {
                self.local.state.borrow().metrics.refuse(problem.refusal);
                (problem.response(), None)
            }
        }
    }

    async fn decide<B>(
        &self,
        request: &Request<B>,
        peer: Option<IpAddr>,
        permit: &mut ConnectionPermit,
    ) -> Result<Verdict, Problem> {
        let (headers, config) = (request.headers(), &*self.config);
        let client = peer.map(|peer| config.addresses.client_address(peer, headers));
        if let Some(client) = client {
            if !config.addresses.permits(client) {
                return Err(forbidden(Refusal::Address, "This address is not allowed."));
            }
            permit.set_address(client).map_err(|refusal| {
                Problem::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    refusal,
                    "Too many connections from this address.",
                )
            })?;
        }
        let head = RequestHead::new(request.method(), request.uri(), headers);
        if head.size() > config.max_header_bytes {
            return Err(Problem::new(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                Refusal::HeaderTooLarge,
                "The request head is too large.",
            ));
        }
        let path = request.uri().path();
        let accepting = self.local.state.borrow().accepting;
        if let Some(answer) = self.observer.answer(request, accepting) {
            return answer.map(Verdict::Plain);
        }
        permit.begin_handshake(client).map_err(too_fast)?;
        if !config.serves(path) {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                Refusal::Path,
                "There is no WebSocket at this path.",
            ));
        }
        if !accepting {
            let problem = "The server is stopping.";
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Refusal::Stopping,
                problem,
            ));
        }
        let key = websocket_key(request)?;
        let agreement = self.compression(headers)?;
        if !config.allowed_origins.allows_request(headers) {
            return Err(forbidden(Refusal::Origin, "This origin is not allowed."));
        }
        let (token, verified) = self.verify(headers, request.uri().query())?;
        let offered = offered_subprotocols(headers);
        let subprotocol: Option<Box<str>> = config
            .subprotocols
            .iter()
            .find(|s| offered.contains(s))
            .map(|s| s.as_str().into());
        let mut answer = switching_protocols(key, subprotocol.as_deref(), headers);
        if let Some(Ok(extension)) = agreement.as_ref().map(|a| HeaderValue::from_str(&a.answer)) {
            answer.headers_mut().insert(header::SEC_WEBSOCKET_EXTENSIONS, extension);
        }
        let expires_at = verified.as_ref().and_then(|v| v.valid_until);
        let user: Option<Box<str>> = verified
            .as_ref()
            .and_then(|v| v.user_identifier.as_deref())
            .filter(|user| !user.is_empty())
            .map(Into::into);
        let credentials = Credentials {
            subprotocol,
            offered: offered.into_iter().map(String::into_boxed_str).collect(),
            token,
            verified,
        };
        let request = HandshakeRequest::new(head, client, credentials);
        let since = match &config.history {
            Some(_) => query_offsets(request.head.query()),
            None => Vec::new(),
        };
        self.wait_for_room().await;
        let mut accepted = if self.ask_php.load(Ordering::Relaxed) {
            self.ask(request, expires_at, user).await?
        } else {
            Accepted {
                request: Ok(Arc::new(request)),
                expires_at,
                deflate: None,
                since: Vec::new(),
                user,
                asked: None,
            }
        };
        accepted.since = since;
        accepted.deflate = agreement.map(|agreement| agreement.terms);
        Ok(Verdict::Upgrade(answer, accepted))
    }

    fn compression(&self, headers: &HeaderMap) -> Result<Option<Agreement>, Problem> {
        let Some(settings) = &self.config.compression else {
            return Ok(None);
        };
        deflate::negotiate(settings, headers).map_err(|deflate::Malformed| {
            let detail = "The header Sec-WebSocket-Extensions is malformed.";
            Problem::new(StatusCode::BAD_REQUEST, Refusal::MalformedRequest, detail)
        })
    }

    /// Waits until PHP keeps up: clients that come and go while it is busy would fill the memory with their events. The
    /// time for the whole handshake bounds it.
    async fn wait_for_room(&self) {
        loop {
            let room = {
                let mut state = self.local.state.borrow_mut();
                if state.inbox.has_room(&state.burst) {
                    return;
                }
                state.send_burst();
                if !state.inbox.announce_stall() {
                    return;
                }
                Rc::clone(&state.room)
            };
            // Nothing runs between the announcement and this, so no ring is missed.
            room.notified().await;
        }
    }

    fn verify(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<(Option<Token>, Option<VerifiedToken>), Problem> {
        let token = self.config.token.extract(headers, query);
        let Some(verifier) = &self.config.verifier else {
            return Ok((token, None));
        };
        match &token {
            Some(found) => match verifier.verify(found.as_str()) {
                Ok(claims) => Ok((token, Some(claims))),
                Err(error) => Err(unauthorized(error.error_description(), &error.challenge())),
            },
            // RFC 6750 section 3.1: without a token the challenge carries no error code.
            None if self.config.jwt_required => Err(unauthorized("A token is required.", "Bearer")),
            None => Ok((None, None)),
        }
    }

    async fn ask(
        &self,
        mut request: HandshakeRequest,
        expires_at: Option<i64>,
        user: Option<Box<str>>,
    ) -> Result<Accepted, Problem> {
        let (asked, reply) = {
            let mut state = self.local.state.borrow_mut();
            let (serial, reply) = state.pending.ask();
            let id = HandshakeId {
                io_thread: state.io_thread,
                serial,
            };
            request.id = id;
            state.emit(Event::Handshake(Arc::new(request)));
            (
                Asked {
                    local: Rc::clone(&self.local),
                    id,
                    open: false,
                },
                reply,
            )
        };
        let reply = tokio::time::timeout(self.config.handshake_callback_timeout, reply).await;
        match reply {
            Ok(Ok(HandshakeReply::Accept {
                expires_at: at,
                user: named,
            })) => Ok(Accepted {
                request: Err(asked.id),
                expires_at: at.or(expires_at),
                deflate: None,
                since: Vec::new(),
                user: named.or(user),
                asked: Some(asked),
            }),
            Ok(Ok(HandshakeReply::Refuse { status })) => Err(Problem::new(
                StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN),
                Refusal::Callback,
                "The application refused this connection.",
            )),
            Ok(Err(_)) | Err(_) => Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Refusal::CallbackTimeout,
                "The application did not answer in time.",
            )
            .with(header::RETRY_AFTER, HeaderValue::from_static("1"))),
        }
    }
}

/// The offsets of `since`, with commas between; what is none is left out.
fn query_offsets(query: Option<&str>) -> Vec<Offset> {
    let text = query.and_then(|query| first_value(query, "since")).unwrap_or_default();
    text.split(',')
        .filter_map(|one| one.parse().ok())
        .take(MAX_OFFSETS)
        .collect()
}

enum Verdict {
    /// Health or metrics.
    Plain(Answer),
    Upgrade(Answer, Accepted),
}

fn too_fast(refusal: Refusal) -> Problem {
    let (status, detail) = if refusal == Refusal::HandshakeRate {
        (StatusCode::SERVICE_UNAVAILABLE, "Too many handshakes.")
    } else {
        (StatusCode::TOO_MANY_REQUESTS, "Too many handshakes from this address.")
    };
    Problem::new(status, refusal, detail).with(header::RETRY_AFTER, HeaderValue::from_static("1"))
}

fn forbidden(refusal: Refusal, detail: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, refusal, detail)
}

fn unauthorized(detail: &'static str, challenge: &str) -> Problem {
    let challenge = HeaderValue::from_str(challenge).unwrap_or(HeaderValue::from_static("Bearer"));
    Problem::new(StatusCode::UNAUTHORIZED, Refusal::Token, detail).with(header::WWW_AUTHENTICATE, challenge)
}

/// Checks what RFC 6455 section 4.2.1 asks of the request and returns its key.
fn websocket_key<B>(request: &Request<B>) -> Result<&[u8], Problem> {
    let headers = request.headers();
    let upgrade_required = || {
        Problem::new(
            StatusCode::UPGRADE_REQUIRED,
            Refusal::NotWebSocket,
            "This is a WebSocket endpoint.",
        )
        .with(header::UPGRADE, HeaderValue::from_static("websocket"))
    };
    if request.method() != Method::GET || request.version() != Version::HTTP_11 {
        return Err(upgrade_required());
    }
    if !lists(headers, &header::UPGRADE, "websocket") || !lists(headers, &header::CONNECTION, "upgrade") {
        return Err(upgrade_required());
    }
    let version = headers.get(header::SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes);
    if version != Some(b"13") {
        return Err(Problem::new(
            StatusCode::UPGRADE_REQUIRED,
            Refusal::Version,
            "WebSocket version 13 is required.",
        )
        .with(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")));
    }
    let malformed = |detail| Problem::new(StatusCode::BAD_REQUEST, Refusal::MalformedRequest, detail);
    // RFC 9112 section 3.2. With two, a proxy may have believed the other one.
    if headers.get_all(header::HOST).iter().count() != 1 {
        return Err(malformed("The Host header must be given once."));
    }
    // A body would be read as frames after the upgrade: request smuggling.
    if headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0")
    {
        return Err(malformed("A WebSocket request has no body."));
    }
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    match (keys.next(), keys.next()) {
        // 16 bytes in base64 (RFC 6455 section 4.1).
        (Some(key), None) if is_key(key.as_bytes()) => Ok(key.as_bytes()),
        _ => Err(malformed("Sec-WebSocket-Key must be given once, 16 bytes in base64.")),
    }
}

fn is_key(key: &[u8]) -> bool {
    key.len() == 24
        && key.ends_with(b"==")
        && key[..22]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

/// Whether a comma separated field has the token, in any case.
fn lists(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|t| t.trim().eq_ignore_ascii_case(token))
}

fn switching_protocols(key: &[u8], subprotocol: Option<&str>, request: &HeaderMap) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key)) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    // A browser that offered subprotocols drops a connection whose answer names none. The token is never echoed.
    let agreed = subprotocol.or_else(|| bearer_offered(request).then_some("bearer"));
    if let Some(agreed) = agreed.and_then(|s| HeaderValue::from_str(s).ok()) {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, agreed);
    }
    answer
}
