//! Who calls which app: the extractors that every handler begins with.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use halloo_core::apps::{App, RateClass};
use halloo_core::tokens::Caller;
use halloo_core::users::User;
use halloo_core::{Error, TokenFault};

use crate::Gate;
use crate::error::Failure;
use crate::observe::RequestState;
use crate::rates;

/// A query parameter that is no integer.
#[derive(Debug)]
pub(crate) struct NotInteger;

/// One request inside an app that exists. Its token, if any, was not looked at yet.
pub(crate) struct Call {
    pub(crate) gate: Gate,
    pub(crate) app: Arc<App>,
    state: Arc<RequestState>,
    method: Method,
    path: String,
    /// Scheme and authority for `uri` fields.
    base: String,
    segments: Vec<(String, String)>,
    query: Vec<(String, String)>,
    authorization: Option<String>,
    rate: RateClass,
}

impl Call {
    /// The verb in lower case, as `action` shows it.
    pub(crate) fn verb(&self) -> &'static str {
        match self.method {
            Method::POST => "post",
            Method::PUT => "put",
            Method::DELETE => "delete",
            _ => "get",
        }
    }

    /// Milliseconds since the request arrived.
    pub(crate) fn duration_ms(&self) -> i32 {
        self.state.duration_ms()
    }

    /// The public address of `path` below the app.
    pub(crate) fn app_uri(&self, path: &str) -> String {
        format!(
            "{}/{}/{}{path}",
            self.base, self.app.key.org, self.app.key.name
        )
    }

    /// The public address that was requested, without query.
    pub(crate) fn request_uri(&self) -> String {
        format!("{}{}", self.base, self.path)
    }

    /// A segment of the path by its name in the route, as the caller spelt it.
    pub(crate) fn segment(&self, name: &str) -> &str {
        let found = self.segments.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// A query parameter, unless absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A query parameter that counts something: negative numbers become 0, numbers beyond the range
    /// its end.
    pub(crate) fn query_count(&self, name: &str) -> Result<Option<u32>, NotInteger> {
        let Some(text) = self.query(name) else {
            return Ok(None);
        };
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotInteger);
        }
        let negative = digits.len() < text.len();
        let count = if negative {
            0
        } else {
            text.parse().unwrap_or(u32::MAX)
        };
        Ok(Some(count))
    }

    /// The query parameters for `params`; `None` when there were none.
    pub(crate) fn params(&self) -> Option<BTreeMap<&str, Vec<&str>>> {
        let mut params = BTreeMap::<&str, Vec<&str>>::new();
        for (key, value) in &self.query {
            params.entry(key).or_default().push(value);
        }
        (!params.is_empty()).then_some(params)
    }

    /// The user in the path.
    /// # Errors
    /// [`Error::UnknownUser`].
    pub(crate) async fn user(&self) -> Result<Arc<User>, Error> {
        self.gate
            .core
            .users
            .find(self.app.id, self.segment("username"))
            .await
    }

    /// Whom the token speaks for.
    /// # Errors
    /// [`Error::Token`].
    pub(crate) async fn caller(&self) -> Result<Caller, Error> {
        let sent = self.authorization.as_deref().map_or("", str::trim);
        if sent.is_empty() {
            return Err(Error::Token(TokenFault::Absent));
        }
        let (scheme, token) = sent.split_once(char::is_whitespace).unwrap_or((sent, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Error::Token(TokenFault::Malformed));
        }
        self.gate.core.tokens.verify(&self.app, token.trim()).await
    }

    /// Takes the call from the app's budget. After authentication, so that a stranger can not spend
    /// it, and before the body is read.
    /// # Errors
    /// [`Error::RateLimited`].
    pub(crate) fn admit(&self) -> Result<(), Error> {
        self.gate.core.apps.admit(&self.app, self.rate)
    }
}

impl FromRequestParts<Gate> for Call {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, gate: &Gate) -> Result<Self, Failure> {
        let state = parts.extensions.get::<Arc<RequestState>>().map(Arc::clone);
        let state = state.ok_or_else(|| Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR))?;
        let route = parts.extensions.get::<MatchedPath>().cloned();
        if let Some(route) = &route {
            state.matched(gate.metrics.route(route.as_str()));
        }
        let segments: Vec<(String, String)> = RawPathParams::from_request_parts(parts, gate)
            .await
            .map_err(|_| Failure::unknown_resource())?
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let named = |name: &str| {
            segments
                .iter()
                .find(|(key, _)| key == name)
                .map_or("", |(_, value)| value.as_str())
        };
        let (org, name) = (named("org"), named("app"));
        let app = gate
            .core
            .apps
            .find(org, name)
            .await
            .map_err(|error| match error {
                Error::UnknownApp { .. } => Failure::unknown_app(org, name, parts.uri.path()),
                other => other.into(),
            })?;
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self {
            app,
            state,
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            base: base(gate, &parts.headers),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            authorization: authorization(&parts.headers),
            rate: rates::rate_class(
                &parts.method,
                route.as_ref().map_or("", MatchedPath::as_str),
            ),
            segments,
            gate: gate.clone(),
        })
    }
}

/// A call that needs no token, or decides later. Its handler admits it.
pub(crate) struct Anyone(pub(crate) Call);

/// A call with an app token.
pub(crate) struct Admin(pub(crate) Call);

/// A call with an app token, or with the token of the user in the path.
pub(crate) struct Owner(pub(crate) Call);

/// A call with any token of the app.
pub(crate) struct Member(pub(crate) Call);

macro_rules! deref_to_call {
    ($($extractor:ty),*) => {$(
        impl Deref for $extractor {
            type Target = Call;

            fn deref(&self) -> &Call {
                &self.0
            }
        }
    )*};
}
deref_to_call!(Anyone, Admin, Owner, Member);

impl FromRequestParts<Gate> for Anyone {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, gate: &Gate) -> Result<Self, Failure> {
        Call::from_request_parts(parts, gate).await.map(Self)
    }
}

impl FromRequestParts<Gate> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, gate: &Gate) -> Result<Self, Failure> {
        let call = Call::from_request_parts(parts, gate).await?;
        let Caller::App = call.caller().await? else {
            return Err(Error::Token(TokenFault::WrongKind).into());
        };
        call.admit()?;
        Ok(Self(call))
    }
}

impl FromRequestParts<Gate> for Owner {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, gate: &Gate) -> Result<Self, Failure> {
        let call = Call::from_request_parts(parts, gate).await?;
        if let Caller::User(user) = call.caller().await? {
            let named = call.segment("username");
            let own = named.eq_ignore_ascii_case(user.name.as_str())
                || call.user().await.is_ok_and(|found| found.id == user.id);
            if !own {
                return Err(Error::Token(TokenFault::WrongKind).into());
            }
        }
        call.admit()?;
        Ok(Self(call))
    }
}

impl FromRequestParts<Gate> for Member {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, gate: &Gate) -> Result<Self, Failure> {
        let call = Call::from_request_parts(parts, gate).await?;
        call.caller().await?;
        call.admit()?;
        Ok(Self(call))
    }
}

fn authorization(headers: &HeaderMap) -> Option<String> {
    // Bytes that are no text can not be a token; they are not the same as sending none.
    headers
        .get(AUTHORIZATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Where the caller reached us. Only ever shown back to him.
fn base(gate: &Gate, headers: &HeaderMap) -> String {
    if let Some(url) = &gate.settings.public_url {
        return url.clone();
    }
    let plausible = |host: &&str| {
        host.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
    };
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .filter(plausible);
    format!(
        "http://{}",
        host.filter(|host| !host.is_empty()).unwrap_or("localhost")
    )
}
