//! What is measured about each request.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::http::StatusCode;
use metrics::{Counter, Histogram};

const REQUESTS: &str = "halloo_http_requests_total";
const REQUEST_SECONDS: &str = "halloo_http_request_duration_seconds";
/// Bearer tokens that opened nothing, by what was wrong with them.
pub(crate) const TOKENS_REFUSED: &str = "halloo_tokens_refused_total";

/// What is known about a request before and after the router.
pub(crate) struct RequestState {
    started: Instant,
    route: OnceLock<Arc<RouteMetrics>>,
}

impl RequestState {
    /// A request that arrives now.
    pub(crate) fn begin() -> Self {
        Self {
            started: Instant::now(),
            route: OnceLock::new(),
        }
    }

    /// Milliseconds since it arrived.
    pub(crate) fn duration_ms(&self) -> i32 {
        i32::try_from(self.started.elapsed().as_millis()).unwrap_or(i32::MAX)
    }

    /// Remembers which route it took.
    pub(crate) fn matched(&self, route: Option<Arc<RouteMetrics>>) {
        if let Some(route) = route {
            let _ = self.route.set(route);
        }
    }
}

/// Handles of one route's metrics, looked up once.
pub(crate) struct RouteMetrics {
    by_class: [Counter; 6],
    seconds: Histogram,
}

/// The metrics of every route, by its pattern.
pub(crate) struct RouteMetricsTable {
    routes: HashMap<String, Arc<RouteMetrics>>,
    unmatched: Arc<RouteMetrics>,
}

impl RouteMetricsTable {
    /// Handles for these route patterns.
    pub(crate) fn new(patterns: impl Iterator<Item = String>) -> Self {
        let of = |route: &str| {
            let count = |class: &'static str| {
                metrics::counter!(
                    REQUESTS, "route" => route.to_owned(), "status" => class
                )
            };
            Arc::new(RouteMetrics {
                by_class: ["other", "1xx", "2xx", "3xx", "4xx", "5xx"].map(count),
                seconds: metrics::histogram!(
                    REQUEST_SECONDS, "route" => route.to_owned()
                ),
            })
        };
        let routes = patterns.map(|route| (route.clone(), of(&route))).collect();
        Self {
            routes,
            unmatched: of("unmatched"),
        }
    }

    /// The handles of a route.
    pub(crate) fn route(&self, pattern: &str) -> Option<Arc<RouteMetrics>> {
        self.routes.get(pattern).map(Arc::clone)
    }

    /// Counts an answered request.
    pub(crate) fn record(&self, state: &RequestState, status: StatusCode) {
        let route = state.route.get().unwrap_or(&self.unmatched);
        let class = usize::from(status.as_u16() / 100);
        if let Some(counter) = route.by_class.get(class).or(route.by_class.first()) {
            counter.increment(1);
        }
        route.seconds.record(state.started.elapsed().as_secs_f64());
    }
}
