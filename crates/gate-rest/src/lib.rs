//! The Easemob REST dialect: HTTP in, core calls, envelopes out. It holds no rules.
//!
//! A request passes [`RestGate::serve`] (path normalisation, preflight, panics, error envelopes,
//! metrics), the router in `routes.rs`, an extractor of `call.rs` that finds app and caller, and one
//! handler. To add an endpoint: a handler beside its noun with its `#[utoipa::path]` attribute, and a
//! line in `routes.rs`.

mod body;
mod call;
mod cursor;
mod error;
mod messages;
mod observe;
mod paths;
mod rates;
mod relations;
mod reply;
mod routes;
mod service;
mod token;
mod users;
mod wire;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use halloo_core::Core;

pub use service::RestGate;
pub use utoipa::openapi::OpenApi;

/// Settings of the gate.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Scheme and authority put before `uri` fields, without a trailing slash, for instance
    /// `https://im.example.net`. `None`: `http://` and the request's `Host`.
    pub public_url: Option<String>,
    /// Bytes of a request body. Source: Easemob REST 1.2: 1 MiB.
    pub max_body_bytes: usize,
    /// Bytes of a request body before its sender has shown a token. Design section 5: 64 KiB.
    pub max_open_body_bytes: usize,
    /// Time that a whole request body may take.
    pub body_timeout: Duration,
    /// Whether refusals look as servers before 2020 sent them: qualified names in `exception`, and
    /// 400 `management` for deactivating an unknown user. Source: Easemob REST 1.6 and 3.26, 18.
    pub older_errors: bool,
    /// Whether blocking an unknown user is 404 instead of 400. Source: Easemob REST 3.26, 30.
    pub unknown_block_target_is_404: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: None,
            max_body_bytes: 1024 * 1024,
            max_open_body_bytes: 64 * 1024,
            body_timeout: Duration::from_secs(30),
            older_errors: false,
            unknown_block_target_is_404: false,
        }
    }
}

/// What every handler sees. Cloned with each request, so it is one pointer.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) core: Core,
    pub(crate) settings: Settings,
    pub(crate) metrics: observe::RouteMetricsTable,
}

impl Deref for Gate {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The OpenAPI document of every route of this gate.
pub fn openapi() -> OpenApi {
    routes::document()
}
