//! Success envelopes. Source: Easemob REST 1.4.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use halloo_core::Millis;
use halloo_core::sessions::LastSeen;
use halloo_core::users::User;
use serde::Serialize;

use crate::call::Call;
use crate::wire::UserEntity;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

/// The keys around an answer; absent ones are not written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope<'a, D = ()> {
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<BTreeMap<&'a str, Vec<&'a str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entities: Option<Vec<UserEntity<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<D>,
    timestamp: i64,
    duration: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// Ours: when and why the user's last connection ended.
    #[serde(skip_serializing_if = "Option::is_none", rename = "last_seen")]
    last_seen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "last_disconnect")]
    last_disconnect: Option<&'static str>,
}

impl<'a> Envelope<'a> {
    /// `action timestamp duration` only.
    pub(crate) fn brief(call: &'a Call, action: &'a str) -> Self {
        Self {
            action,
            application: None,
            params: None,
            path: None,
            uri: None,
            entities: None,
            data: None,
            timestamp: call.gate.core.now().0,
            duration: call.duration_ms(),
            organization: None,
            application_name: None,
            cursor: None,
            count: None,
            last_seen: None,
            last_disconnect: None,
        }
    }

    /// The write envelope, `path` below the app and `uri` the same.
    pub(crate) fn write(call: &'a Call, path: impl Into<Cow<'a, str>>) -> Self {
        let path = path.into();
        let uri = call.app_uri(&path);
        Self {
            path: Some(path),
            uri: Some(uri),
            ..Self::app(call)
        }
    }

    /// The envelope of calls about messages: the write envelope without `entities`. Source: Easemob REST
    /// section 4.
    pub(crate) fn message(call: &'a Call, path: &'a str) -> Self {
        Self {
            entities: None,
            ..Self::write(call, path)
        }
    }

    /// The write envelope of calls whose `uri` is the app's own and whose `path` is absent.
    pub(crate) fn app(call: &'a Call) -> Self {
        Self {
            application: Some(call.app.application.to_string().into()),
            params: call.params(),
            uri: Some(call.app_uri("")),
            entities: Some(Vec::new()),
            organization: Some(&call.app.key.org),
            application_name: Some(&call.app.key.name),
            ..Self::brief(call, call.verb())
        }
    }

    /// The read envelope, `uri` as requested.
    pub(crate) fn read(call: &'a Call) -> Self {
        Self {
            params: call.params(),
            uri: Some(call.request_uri()),
            entities: Some(Vec::new()),
            count: Some(0),
            ..Self::brief(call, call.verb())
        }
    }

    /// Puts `data` in.
    pub(crate) fn data<D: Serialize>(self, data: D) -> Envelope<'a, D> {
        Envelope {
            action: self.action,
            application: self.application,
            params: self.params,
            path: self.path,
            uri: self.uri,
            entities: self.entities,
            data: Some(data),
            timestamp: self.timestamp,
            duration: self.duration,
            organization: self.organization,
            application_name: self.application_name,
            cursor: self.cursor,
            count: self.count,
            last_seen: self.last_seen,
            last_disconnect: self.last_disconnect,
        }
    }
}

impl<'a, D: Serialize> Envelope<'a, D> {
    /// Shows these users.
    pub(crate) fn users(mut self, users: impl IntoIterator<Item = &'a User>) -> Self {
        let now = Millis(self.timestamp);
        self.entities = Some(
            users
                .into_iter()
                .map(|user| UserEntity { user, now })
                .collect(),
        );
        self
    }

    pub(crate) fn path(mut self, path: impl Into<Cow<'a, str>>) -> Self {
        self.path = Some(path.into());
        self
    }

    pub(crate) fn uri(mut self, uri: String) -> Self {
        self.uri = Some(uri);
        self
    }

    pub(crate) fn cursor(mut self, cursor: Option<String>) -> Self {
        self.cursor = cursor;
        self
    }

    pub(crate) fn last_seen(mut self, last_seen: Option<LastSeen>) -> Self {
        self.last_seen = last_seen.map(|last| last.at.0);
        self.last_disconnect = last_seen.map(|last| last.reason.label());
        self
    }

    pub(crate) fn count(mut self, count: usize) -> Self {
        self.count = Some(count);
        self
    }
}

impl<D: Serialize> IntoResponse for Envelope<'_, D> {
    fn into_response(self) -> Response {
        json(&self)
    }
}

/// A 200 with `body` as JSON.
pub(crate) fn json(body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let mut response = Response::new(Body::from(bytes));
            response.headers_mut().insert(CONTENT_TYPE, JSON);
            response
        }
        Err(error) => {
            tracing::error!(error = %error, "An answer could not be written: {error}");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
