//! What the operator asks: health, metrics, the API's description.
//!
//! Health says only "yes" or "no" and answers everybody. The rest answers a peer on this very
//! machine that asked for it by a name of loopback and came without a proxy, or whoever shows the
//! operator's token. Where `http.public_url` is set there is a proxy.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, FORWARDED, HOST,
    HeaderValue, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use halloo_core::Core;
use metrics_exporter_prometheus::PrometheusHandle;
use subtle::ConstantTimeEq as _;

use crate::guarded::Refusal;

const JSON: &str = "application/json;charset=UTF-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const DOCS_PAGE: &str = include_str!("docs.html");

/// Answers the operator's questions.
pub(crate) struct Operations {
    core: Core,
    metrics: Option<PrometheusHandle>,
    token: String,
    /// Whether the settings say that others reach us through a proxy.
    has_proxy: bool,
    refusal: Refusal,
    document: String,
    draining: AtomicBool,
}

impl Operations {
    /// `token` is the operator's; `metrics` is absent where nothing is collected.
    pub(crate) fn new(
        core: Core,
        metrics: Option<PrometheusHandle>,
        token: String,
        has_proxy: bool,
        refusal: Refusal,
    ) -> Self {
        let document = halloo_gate_rest::openapi();
        let document = document
            .to_json()
            .expect("the document is made of plain strings");
        Self {
            core,
            metrics,
            token,
            has_proxy,
            refusal,
            document,
            draining: AtomicBool::new(false),
        }
    }

    /// From now on the server says that it is not ready.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// The answer, if `request` is one of ours.
    pub(crate) async fn answer<B>(
        &self,
        request: &Request<B>,
        peer: SocketAddr,
    ) -> Option<Response<Body>> {
        let path = request.uri().path();
        let read = matches!(*request.method(), Method::GET | Method::HEAD);
        let response = match path {
            "/healthz" | "/readyz" | "/metrics" | "/openapi.json" | "/docs" if !read => {
                let mut refusal = self.refuse(StatusCode::METHOD_NOT_ALLOWED);
                let allow = HeaderValue::from_static("GET, HEAD");
                refusal
                    .headers_mut()
                    .insert(axum::http::header::ALLOW, allow);
                refusal
            }
            "/healthz" => answer(JSON, r#"{"status":"ok"}"#),
            "/readyz" => self.ready().await,
            "/metrics" | "/openapi.json" | "/docs" if !self.may_see(request.headers(), peer) => {
                let mut refusal = self.refuse(StatusCode::UNAUTHORIZED);
                let bearer = HeaderValue::from_static("Bearer");
                refusal.headers_mut().insert(WWW_AUTHENTICATE, bearer);
                refusal
            }
            "/metrics" => match &self.metrics {
                Some(metrics) => answer(TEXT, metrics.render()),
                None => answer(TEXT, ""),
            },
            "/openapi.json" => answer(JSON, self.document.clone()),
            "/docs" => {
                let mut page = answer(HTML, DOCS_PAGE);
                let policy = "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; \
                              style-src 'unsafe-inline'";
                let policy = HeaderValue::from_static(policy);
                page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
                page
            }
            _ => return None,
        };
        Some(response)
    }

    async fn ready(&self) -> Response<Body> {
        if self.draining.load(Ordering::Relaxed) || self.core.store().ready().await.is_err() {
            return self.refuse(StatusCode::SERVICE_UNAVAILABLE);
        }
        answer(JSON, r#"{"status":"ready"}"#)
    }

    fn may_see(&self, headers: &HeaderMap, peer: SocketAddr) -> bool {
        let proxied = [FORWARDED.as_str(), "x-forwarded-for", "x-real-ip", "via"];
        let direct = peer.ip().is_loopback()
            && !self.has_proxy
            && names_loopback(headers)
            && !proxied.iter().any(|header| headers.contains_key(*header));
        let sent = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let shown = sent
            .and_then(|sent| sent.strip_prefix("Bearer "))
            .is_some_and(|sent| sent.as_bytes().ct_eq(self.token.as_bytes()).into());
        direct || shown
    }

    fn refuse(&self, status: StatusCode) -> Response<Body> {
        let mut response = answer(JSON, (self.refusal)(status));
        *response.status_mut() = status;
        response
    }
}

/// Whether the client asked for this machine by a name of loopback. A page of a stranger whose own name
/// was made to point here asked for that name.
fn names_loopback(headers: &HeaderMap) -> bool {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn answer(kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
