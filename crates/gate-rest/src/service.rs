//! What happens around every request: the path as clients send it, preflight, panics, the error
//! envelope, what is left of the body, metrics.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CONNECTION, CONTENT_TYPE, EXPECT, HeaderValue, RETRY_AFTER,
};
use axum::http::{Method, Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use bytes::{Buf, Bytes};
use futures_util::FutureExt as _;
use halloo_core::Core;
use http_body::Frame;
use http_body_util::BodyExt as _;
use tower::Service as _;

use crate::error::{Failure, render};
use crate::observe::{RequestState, RouteMetricsTable};
use crate::reply::JSON;
use crate::{Gate, Parts, Settings, paths, routes};

const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");
/// Source: Easemob REST 1.3.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Accept, X-Requested-With, restrict-access, share-secret, \
     thumbnail, thumbnail-height, thumbnail-width",
);
/// How long each further piece of an unread body is waited for, so that the connection stays usable,
/// or at least so that the client gets to read the refusal.
const DRAIN_PATIENCE: Duration = Duration::from_millis(500);
/// How long all of it may take: a body in single bytes does not hold the answer back for ever.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The Easemob REST gate, ready to serve requests.
#[derive(Clone)]
pub struct RestGate {
    router: Router,
    gate: Gate,
}

impl RestGate {
    /// The gate onto `core`.
    pub fn new(core: Core, settings: Settings) -> Self {
        let metrics = RouteMetricsTable::new(routes::document().paths.paths.into_keys());
        let gate = Gate(Arc::new(Parts {
            core,
            settings,
            metrics,
        }));
        Self {
            router: routes::router(gate.clone()),
            gate,
        }
    }

    /// Answers one request. Never fails and never panics: whatever goes wrong is an answer.
    pub async fn serve<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let state = Arc::new(RequestState::begin());
        let head = request.method() == Method::HEAD;
        let (request, rest) = split(request);
        let mut response = self.route(request, &state).await;
        if response.status().as_u16() >= 400 {
            response = self.refuse(response, &state, head);
        }
        response
            .headers_mut()
            .insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN);
        self.gate.metrics.record(&state, response.status());
        if let Some(rest) = rest
            && !rest.drain(self.gate.settings.max_body_bytes).await
        {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// The JSON body of a refusal that arose outside this gate, for instance in the HTTP parser.
    pub fn refusal(&self, status: StatusCode) -> Vec<u8> {
        self.envelope(&Failure::of_status(status), 0)
    }

    fn envelope(&self, failure: &Failure, duration_ms: i32) -> Vec<u8> {
        let now = self.gate.core.now().0;
        render(failure, now, duration_ms, self.gate.settings.older_errors)
    }

    async fn route(&self, mut request: Request<Body>, state: &Arc<RequestState>) -> Response<Body> {
        match *request.method() {
            Method::OPTIONS => return preflight(),
            // The router answers HEAD like GET, and here a GET can have effects. No route takes PATCH,
            // so whatever is there says which verbs it does take.
            Method::HEAD => *request.method_mut() = Method::PATCH,
            _ => {}
        }
        match paths::normalise(request.uri()) {
            Ok(None) => {}
            Ok(Some(uri)) => *request.uri_mut() = uri,
            Err(paths::UnreadablePath) => return Failure::unknown_resource().into_response(),
        }
        request.extensions_mut().insert(Arc::clone(state));
        let mut router = self.router.clone();
        match AssertUnwindSafe(router.call(request)).catch_unwind().await {
            Ok(Ok(response)) => response,
            Err(panic) => {
                tracing::error!("A request handler panicked: {}", panic_text(&*panic));
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// Puts the envelope around whatever refused the request.
    fn refuse(
        &self,
        mut response: Response<Body>,
        state: &RequestState,
        head: bool,
    ) -> Response<Body> {
        let status = response.status();
        let failure = response.extensions_mut().remove::<Failure>();
        let failure = failure.unwrap_or_else(|| Failure::of_status(status));
        let body = self.envelope(&failure, state.duration_ms());
        let allow = response.headers_mut().remove(ALLOW);
        let mut refusal = Response::new(if head {
            Body::empty()
        } else {
            Body::from(body)
        });
        *refusal.status_mut() = failure.status;
        let headers = refusal.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        if failure.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, allowed(allow.as_ref()));
        }
        if matches!(failure.status.as_u16(), 429 | 503) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if failure.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        refusal
    }
}

fn preflight() -> Response<Body> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS"),
    );
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

/// The router's `Allow` without HEAD, which it adds to every GET and we refuse.
fn allowed(by_router: Option<&HeaderValue>) -> HeaderValue {
    let verbs = by_router
        .and_then(|allow| allow.to_str().ok())
        .unwrap_or("GET");
    let verbs: Vec<&str> = verbs
        .split(',')
        .map(str::trim)
        .filter(|verb| *verb != "HEAD")
        .collect();
    HeaderValue::from_str(&verbs.join(", ")).unwrap_or(HeaderValue::from_static("GET"))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}

/// A body that a handler may leave unread: the service then takes the rest off the connection.
struct Shared<B>(Arc<Mutex<B>>);

/// The request with a body that may be left unread, and the service's hold on that body.
fn split<B>(request: Request<B>) -> (Request<Body>, Option<Shared<B>>)
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    if http_body::Body::is_end_stream(request.body()) {
        return (request.map(|_| Body::empty()), None);
    }
    // Whoever asks before sending does not send what was refused.
    let asks = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body));
    let rest = (!asks).then(|| Shared(Arc::clone(&body)));
    (Request::from_parts(parts, Body::new(Shared(body))), rest)
}

impl<B: http_body::Body<Data = Bytes> + Unpin> http_body::Body for Shared<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .size_hint()
    }
}

impl<B: http_body::Body<Data = Bytes> + Unpin> Shared<B> {
    /// Reads what is left, up to `max_bytes`. `false` when the connection is of no more use.
    async fn drain(mut self, max_bytes: usize) -> bool {
        let mut left = max_bytes;
        let drain = async {
            while !http_body::Body::is_end_stream(&self) {
                match tokio::time::timeout(DRAIN_PATIENCE, self.frame()).await {
                    Ok(None) => return true,
                    Ok(Some(Ok(frame))) => {
                        let read = frame.data_ref().map_or(0, Buf::remaining);
                        let Some(rest) = left.checked_sub(read) else {
                            return false;
                        };
                        left = rest;
                    }
                    Ok(Some(Err(_))) | Err(_) => return false,
                }
            }
            true
        };
        tokio::time::timeout(DRAIN_TIMEOUT, drain)
            .await
            .unwrap_or(false)
    }
}
