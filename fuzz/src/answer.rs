//! What every answer must be. Source: Easemob REST 1.3 to 1.6.

use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CONTENT_TYPE};
use http::response::Parts;
use http::{Method, StatusCode};
use serde_json::Value;

/// A checked answer.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body; `null` when there was none.
    pub body: Value,
}

impl Answer {
    pub(crate) fn check(method: &Method, head: &Parts, body: &[u8]) -> Self {
        let status = head.status;
        let text = String::from_utf8_lossy(body);
        assert!(
            head.headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN),
            "{head:?}"
        );
        if method == Method::OPTIONS {
            assert_eq!((status, body), (StatusCode::NO_CONTENT, &b""[..]), "{text}");
            return Self {
                status,
                body: Value::Null,
            };
        }
        assert!(
            status == StatusCode::OK || status.as_u16() >= 400,
            "{status} {text}"
        );
        // A handler that panicked, and a store that failed: nothing here is ever full or gone.
        assert!(status != StatusCode::INTERNAL_SERVER_ERROR, "{text}");
        assert!(status != StatusCode::SERVICE_UNAVAILABLE, "{text}");
        if status == StatusCode::METHOD_NOT_ALLOWED {
            assert!(head.headers.contains_key(ALLOW), "{head:?}");
        }
        if method == Method::HEAD {
            assert_eq!(text, "");
            return Self {
                status,
                body: Value::Null,
            };
        }
        let kind = head.headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
        assert_eq!(
            kind,
            Some(&b"application/json;charset=UTF-8"[..]),
            "{status} {text}"
        );
        let body: Value = serde_json::from_slice(body).expect("a body of JSON");
        let object = body.as_object().expect("an object");
        if status == StatusCode::OK {
            assert!(
                !object.is_empty() && !object.contains_key("error"),
                "{text}"
            );
        } else {
            let keys: Vec<&str> = object.keys().map(String::as_str).collect();
            // Sorted, as this map of serde_json is.
            let five = [
                "duration",
                "error",
                "error_description",
                "exception",
                "timestamp",
            ];
            assert_eq!(keys, five, "{text}");
            for key in ["error", "error_description", "exception"] {
                assert!(
                    body[key].as_str().is_some_and(|text| !text.is_empty()),
                    "{text}"
                );
            }
            assert!(
                body["timestamp"].is_i64() && body["duration"].is_i64(),
                "{text}"
            );
        }
        Self { status, body }
    }
}
