//! The HTTP listener: accepts, bounds, drains.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONNECTION, HeaderName, HeaderValue};
use axum::http::{Request, Response, StatusCode};
use halloo_fpnn::transport::Places;
use halloo_gate_rest::RestGate;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::config::Http;
use crate::guarded::{Exchange, Guarded, Refusal, Timeouts};
use crate::operations::Operations;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Bytes of a URL. Source: Easemob REST 1.2.
const MAX_URL_BYTES: usize = 8 * 1024;
/// Longest request id that is taken over from the caller.
const MAX_REQUEST_ID: usize = 64;

/// Everything that answers HTTP.
pub(crate) struct HttpServer {
    pub(crate) rest: RestGate,
    pub(crate) operations: Operations,
    refusal: Refusal,
    pub(crate) settings: Http,
    requests: AtomicU64,
}

impl HttpServer {
    pub(crate) fn new(
        rest: RestGate,
        operations: Operations,
        refusal: Refusal,
        settings: Http,
    ) -> Self {
        Self {
            rest,
            operations,
            refusal,
            settings,
            requests: AtomicU64::new(0),
        }
    }

    /// Accepts until `stop`; then every connection finishes its request and closes.
    pub(crate) async fn run(
        self: Arc<Self>,
        listener: TcpListener,
        places: Places,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) {
        loop {
            let accept = async {
                let accepted = listener.accept().await;
                (accepted, places.take().await)
            };
            let (accepted, place) = tokio::select! {
                () = stop.cancelled() => return,
                accepted = accept => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let (server, stop) = (Arc::clone(&self), stop.clone());
                    tasks.spawn(async move {
                        server.connection(stream, peer, stop).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: wait for connections to end.
                    warn!("A connection could not be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        stop: CancellationToken,
    ) {
        let _ = stream.set_nodelay(true);
        let timeouts = Timeouts {
            head: self.settings.head_timeout.0,
            idle: self.settings.idle_timeout.0,
            write: self.settings.write_timeout.0,
        };
        let exchange = Arc::new(Exchange::new());
        let stream = Guarded::new(
            stream,
            timeouts,
            Arc::clone(&exchange),
            Arc::clone(&self.refusal),
        );
        let max_head = self.settings.max_head.0;
        let service = service_fn(move |request| {
            let (server, exchange) = (Arc::clone(&self), Arc::clone(&exchange));
            async move {
                let ambiguous = exchange.begin();
                let response = server.answer(request, peer, ambiguous).await;
                exchange.end();
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .max_header_size(max_head)
            .max_buf_size(max_head * 2)
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.as_mut().await
            }
        };
        if let Err(error) = ended {
            debug!(client.address = %peer, "Connection of {peer} ended: {error}");
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        ambiguous: bool,
    ) -> Response<Body> {
        let id = self.request_id(&request);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let mut response = if ambiguous {
            self.refuse(StatusCode::BAD_REQUEST)
        } else if url_bytes(&request) > MAX_URL_BYTES {
            self.refuse(StatusCode::URI_TOO_LONG)
        } else if let Some(response) = self.operations.answer(&request, peer).await {
            response
        } else {
            self.rest.serve(request).await
        };
        let (status, shown) = (response.status(), id.to_str().unwrap_or_default());
        if status.is_server_error() {
            warn!(
                http.request_id = shown,
                "{method} {} answered {status}",
                uri.path()
            );
        } else {
            debug!(
                http.request_id = shown,
                "{method} {} answered {status}",
                uri.path()
            );
        }
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }

    /// Refuses in the envelope and closes the connection.
    fn refuse(&self, status: StatusCode) -> Response<Body> {
        let mut response = Response::new(Body::from((self.refusal)(status)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json;charset=UTF-8");
        headers.insert(axum::http::header::CONTENT_TYPE, json);
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    }

    /// The caller's request id if it is a plain word, else a number of ours.
    fn request_id(&self, request: &Request<Incoming>) -> HeaderValue {
        let plain = |value: &&HeaderValue| {
            let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            (1..=MAX_REQUEST_ID).contains(&value.len()) && value.as_bytes().iter().all(word)
        };
        let sent = request.headers().get(REQUEST_ID).filter(plain).cloned();
        sent.unwrap_or_else(|| HeaderValue::from(self.requests.fetch_add(1, Ordering::Relaxed)))
    }
}

fn url_bytes<B>(request: &Request<B>) -> usize {
    request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len())
}

/// Refusals in the envelope of the gate, for those who stand before it.
pub(crate) fn refusal_of(rest: &RestGate) -> Refusal {
    let rest = rest.clone();
    Arc::new(move |status| rest.refusal(status))
}
