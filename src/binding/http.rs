//! The class `Ferry\HttpClient`, and how the PHP thread waits for what the background thread fetches.

use std::sync::{Arc, OnceLock};

use ext_php_rs::convert::IntoZval;
use ext_php_rs::exception::PhpResult;
use ext_php_rs::ffi::zend_execute_data;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendHashTable, Zval};
use ext_php_rs::zend::ExecutorGlobals;

use crate::engine::background::{self, Owned};
use crate::engine::completion;
use crate::engine::config::{Value, field_pairs};
use crate::engine::http::{Client, ClientOptions, HttpError, Request, RequestOptions};

use super::args::{Bytes, Options};
use super::convert::{self, ArrayValue};
use super::fiber::future::Future as PhpFuture;
use super::fiber::{self, Waiting};
use super::http_response::HttpResponse;
use super::{exception, object, zend};

/// An HTTP client that suspends the fiber that asks, and blocks elsewhere.
#[php_class]
#[php(name = "Ferry\\HttpClient")]
#[php(flags = ClassFlags::Final)]
pub struct HttpClient {
    client: Owned<Arc<Client>>,
}

#[php_impl]
impl HttpClient {
    #[php(defaults(options = ()))]
    pub fn __construct(options: Options<'_>) -> PhpResult<Self> {
        let options = ClientOptions::parse(&value(options)).map_err(|e| exception::invalid_argument(e.to_string()))?;
        let client = Client::new(options).map_err(|e| exception::runtime(e.to_string()))?;
        Ok(Self {
            client: Owned::new(Arc::new(client)),
        })
    }

    #[php(defaults(headers = (), body = (), options = ()))]
    pub fn request(
        &self,
        method: Bytes<'_>,
        url: Bytes<'_>,
        headers: Options<'_>,
        body: Bytes<'_>,
        options: Options<'_>,
    ) -> PhpResult<HttpResponse> {
        let client = Arc::clone(self.client()?);
        let request = read_request(&client, method, url, headers, body, options)?;
        answer(client, request)
    }

    #[php(name = "requestAsync")]
    #[php(defaults(headers = (), body = (), options = ()))]
    pub fn request_async(
        &self,
        method: Bytes<'_>,
        url: Bytes<'_>,
        headers: Options<'_>,
        body: Bytes<'_>,
        options: Options<'_>,
    ) -> PhpResult<PhpFuture> {
        let client = Arc::clone(self.client()?);
        let request = read_request(&client, method, url, headers, body, options)?;
        let state = fiber::task::spawn(move |future| {
            let answered = answer(client, request).and_then(|response| Ok(response.into_zval(false)?));
            match answered {
                Ok(response) => future.complete(response),
                // It is taken from where it waits.
                Err(_) if ExecutorGlobals::has_exception() => future.complete(Zval::new()),
                Err(problem) => future.fail_with(problem),
            }
        });
        zend::propagate()?;
        Ok(PhpFuture { state })
    }

    pub fn stats(&self) -> PhpResult<ArrayValue> {
        let counters = self.client()?.counters();
        let mut table = ZendHashTable::new();
        for (name, count) in [
            ("requests", counters.requests),
            ("failed", counters.failed),
            ("refused", counters.refused),
            ("retried", counters.retried),
            ("redirected", counters.redirected),
            ("connections", counters.connections),
            ("pending", counters.pending as u64),
        ] {
            table.insert(name, i64::try_from(count).unwrap_or(i64::MAX))?;
        }
        Ok(ArrayValue(convert::array(table)))
    }
}

impl HttpClient {
    fn client(&self) -> PhpResult<&Arc<Client>> {
        self.client.get().ok_or_else(of_the_parent)
    }
}

/// Waits for the whole answer, or for its head.
fn answer(client: Arc<Client>, request: Request) -> PhpResult<HttpResponse> {
    let limit = request.options().max_body_bytes;
    if request.options().stream {
        let response = wait(async move { client.send(request).await })??;
        return Ok(HttpResponse::streamed(response, limit));
    }
    let (response, body) = wait(async move { client.fetch(request).await })??;
    Ok(HttpResponse::whole(response, body))
}

pub fn of_the_parent() -> PhpException {
    exception::logic("This belongs to the parent process: make a new Ferry\\HttpClient in the child")
}

/// Runs a future on the background thread until it is ready. Hold no borrow across it: other PHP code may run meanwhile.
/// Whoever stops waiting cancels the future.
pub fn wait<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> PhpResult<T> {
    let (completer, pending) = completion::pair();
    let task = background::spawn(async move { completer.complete(future.await) })
        .map_err(|e| exception::runtime(format!("Cannot start the thread for requests: {e}")))?;
    let result = fiber::wait(pending, None);
    drop(task);
    result.map_err(|waiting| match waiting {
        // The exception that is pending stays.
        Waiting::Interrupted => PhpException::from_message(String::new()),
        Waiting::Lost | Waiting::TimedOut | Waiting::Deadlock => exception::http(&HttpError::Cancelled),
    })
}

impl From<HttpError> for PhpException {
    fn from(error: HttpError) -> Self {
        exception::http(&error)
    }
}

fn value(options: Options<'_>) -> Value {
    options.0.map_or(Value::List(Vec::new()), convert::option_value)
}

fn read_request(
    client: &Client,
    method: Bytes<'_>,
    url: Bytes<'_>,
    headers: Options<'_>,
    body: Bytes<'_>,
    options: Options<'_>,
) -> PhpResult<Request> {
    let refused = |problem: String| exception::invalid_argument(problem);
    let defaults = client.options();
    let options = RequestOptions::parse(&value(options), &defaults.request).map_err(|e| refused(e.to_string()))?;
    let headers = value(headers);
    let fields = field_pairs(&headers).ok_or_else(|| {
        let problem =
            "Argument $headers must be an array of name => value, each value a string, an integer or a list of them";
        refused(problem.into())
    })?;
    let fields = fields.iter().map(|(name, value)| (*name, value.as_slice()));
    let body = bytes::Bytes::copy_from_slice(body.0);
    Request::new(defaults, method.0, url.0, fields, body, options).map_err(|e| refused(e.to_string()))
}

static CONSTRUCTOR: OnceLock<object::Handler> = OnceLock::new();

unsafe extern "C" fn construct(frame: *mut zend_execute_data, result: *mut Zval) {
    // SAFETY: called by the engine as the constructor of this class.
    unsafe { object::construct::<HttpClient>(&CONSTRUCTOR, frame, result) };
}

/// Before any object exists.
pub fn construct_once() {
    object::construct_once::<HttpClient>(&CONSTRUCTOR, construct);
}
