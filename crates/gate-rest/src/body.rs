//! Request bodies: JSON whatever their `Content-Type`, read leniently. Source: Easemob REST 1.2.

use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::Request;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value};

use crate::error::Failure;
use crate::{Gate, Settings};

/// Nesting of arrays and objects. Source: Easemob REST 1.2, rule 6.
const MAX_DEPTH: usize = 64;

/// Reads a whole body, of at most `max_bytes`, in the time that the settings give.
pub(crate) async fn read(
    body: Body,
    max_bytes: usize,
    settings: &Settings,
) -> Result<Bytes, Failure> {
    let declared = http_body::Body::size_hint(&body).lower();
    if usize::try_from(declared).map_or(true, |declared| declared > max_bytes) {
        return Err(Failure::body_too_large(max_bytes));
    }
    let whole = Limited::new(body, max_bytes).collect();
    match tokio::time::timeout(settings.body_timeout, whole).await {
        Err(_) => Err(Failure::body_timeout()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Failure::body_too_large(max_bytes)),
        Ok(Err(error)) => Err(Failure::json_parse(format!(
            "the body can not be read: {error}"
        ))),
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
    }
}

/// The JSON body of an authenticated call.
pub(crate) struct JsonBody(Bytes);

impl JsonBody {
    /// The body as an object. Parsed only now, so that an unknown user is told before a bad body.
    pub(crate) fn object(&self) -> Result<Fields, Failure> {
        Fields::of(parse(&self.0)?)
    }
}

impl FromRequest<Gate> for JsonBody {
    type Rejection = Failure;

    async fn from_request(request: Request<Body>, gate: &Gate) -> Result<Self, Failure> {
        let settings = &gate.settings;
        read(request.into_body(), settings.max_body_bytes, settings)
            .await
            .map(Self)
    }
}

/// The body of a call that nobody was asked to authenticate for.
pub(crate) struct OpenBody(pub(crate) Bytes);

impl FromRequest<Gate> for OpenBody {
    type Rejection = Failure;

    async fn from_request(request: Request<Body>, gate: &Gate) -> Result<Self, Failure> {
        let settings = &gate.settings;
        read(request.into_body(), settings.max_open_body_bytes, settings)
            .await
            .map(Self)
    }
}

/// Parses a body as JSON: an optional byte order mark, the last of equal keys wins.
/// # Errors
/// 400 `json_parse`, also for an empty body and for nesting over 64.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Failure> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if nesting(bytes) > MAX_DEPTH {
        return Err(Failure::json_parse(format!(
            "nesting is deeper than {MAX_DEPTH}"
        )));
    }
    serde_json::from_slice(bytes).map_err(|error| Failure::json_parse(error.to_string()))
}

/// The deepest nesting of brackets outside strings.
fn nesting(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A JSON object whose fields are read as what they are meant to be. `null` means absent.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// # Errors
    /// 400 `illegal_argument` when `value` is no object.
    pub(crate) fn of(value: Value) -> Result<Self, Failure> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(Failure::illegal("a JSON object is expected")),
        }
    }

    /// The field as it is, unless absent or `null`.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// The field as it is, also when it is `null`.
    pub(crate) fn raw(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The field as an object. `None` also for one without fields.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, Failure> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok((!map.is_empty()).then(|| Self(map.clone()))),
            Some(_) => Err(Failure::illegal(format!("{name} must be an object"))),
        }
    }

    /// Every field, `null` ones left out.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (&**name, value))
    }

    /// A string; a number counts as its decimal text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        text(value)
            .map(Some)
            .ok_or_else(|| Failure::illegal(format!("{name} must be a string")))
    }

    /// An integer; a decimal string counts as one.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let integer = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        integer
            .map(Some)
            .ok_or_else(|| Failure::illegal(format!("{name} must be an integer")))
    }

    /// A boolean; `"true"` and `"false"` in any letter case, 1, 0, `"1"` and `"0"` count as one.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Failure> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        boolean(value)
            .map(Some)
            .ok_or_else(|| Failure::illegal(format!("{name} must be a boolean")))
    }
}

/// A string, or the decimal text of an integer. Other numbers, and integers beyond 64 bits, were
/// rounded when they were parsed, and a rounded name or password is another one.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// A boolean in any of its spellings.
pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(boolean) => Some(*boolean),
        Value::Number(number) => match number.as_i64() {
            Some(1) => Some(true),
            Some(0) => Some(false),
            _ => None,
        },
        Value::String(text) if text == "1" || text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text == "0" || text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::of(parse(json.as_bytes()).ok().unwrap())
            .ok()
            .unwrap()
    }

    #[test]
    fn nesting_is_legal_to_64() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(64).as_bytes()).is_ok());
        assert!(parse(nested(65).as_bytes()).is_err());
        assert!(parse(format!("\"{}\"", "[".repeat(100)).as_bytes()).is_ok());
        assert!(parse(br#"{"a\"[[":1}"#).is_ok());
    }

    #[test]
    fn marks_duplicates_and_nulls_are_read_as_documented() {
        let read = fields("\u{FEFF}{\"a\":1,\"a\":\"2\",\"b\":null}");
        assert_eq!(read.text("a").ok().unwrap(), Some("2".into()));
        assert!(read.value("b").is_none());
        for malformed in ["", "{", "NaN", "{\"a\":Infinity}", "{} {}", "\"\u{1}\""] {
            assert!(parse(malformed.as_bytes()).is_err(), "{malformed}");
        }
        assert!(parse(b"\"\xFF\"").is_err());
    }

    #[test]
    fn scalars_are_read_leniently() {
        let read = fields(r#"{"i":"7","n":12,"t":"TRUE","o":0,"x":{},"f":1.5}"#);
        assert_eq!(read.integer("i").ok().unwrap(), Some(7));
        assert_eq!(read.text("n").ok().unwrap(), Some("12".into()));
        assert_eq!(read.boolean("t").ok().unwrap(), Some(true));
        assert_eq!(read.boolean("o").ok().unwrap(), Some(false));
        for name in ["x", "f", "t"] {
            assert!(read.integer(name).is_err(), "{name}");
        }
        assert!(read.text("x").is_err());
        assert!(read.boolean("n").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
