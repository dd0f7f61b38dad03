//! Files, which both dialects describe and each in its own way. Easemob: one object with everything. RTM: `msg`
//! says where and how large, `attrs` what for. Sources: Easemob REST 4.1, RTM server gate sections 7.3 and 7.4.

use halloo_core::messages::Kind;
use serde_json::{Map, Value, json};

use crate::BodyType;

type Object = Map<String, Value>;

/// A file of Easemob as RTM's `msg` and `attrs`. `custom` is always there: some SDKs show `attrs` only then.
pub(crate) fn to_rtm(kind: Kind, body: &Object, ext: &str) -> (String, String) {
    let text = |name| {
        body.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let mut file = Object::new();
    file.insert("url".to_owned(), text("url").unwrap_or_default().into());
    let bytes = body.get("file_length").and_then(Value::as_u64);
    file.insert("size".to_owned(), bytes.unwrap_or(0).into());
    if let Some(thumb) = text("thumb") {
        file.insert("surl".to_owned(), thumb.into());
    }

    let filename = text("filename").unwrap_or_default();
    let mut about = Object::new();
    about.insert("ext".to_owned(), extension(filename).into());
    about.insert("filename".to_owned(), filename.into());
    let seconds = body.get("length").and_then(Value::as_f64);
    if kind == BodyType::Audio.kind() {
        about.insert("type".to_owned(), "audiomsg".into());
        about.insert("lang".to_owned(), "".into());
        about.insert(
            "duration".to_owned(),
            milliseconds(seconds.unwrap_or(0.0)).into(),
        );
    } else if let Some(seconds) = seconds {
        about.insert("duration".to_owned(), milliseconds(seconds).into());
    }
    let custom = serde_json::from_str(ext).unwrap_or_else(|_| Value::from(ext));
    let attributes = json!({"rtm": about, "custom": custom});
    (Value::Object(file).to_string(), attributes.to_string())
}

/// A file of RTM as the body and ext of Easemob; `None` when it is none.
pub(crate) fn to_easemob(kind: Kind, body: &[u8], attributes: &str) -> Option<(Object, Object)> {
    let Ok(Value::Object(mut file)) = serde_json::from_slice(body) else {
        return None;
    };
    let url = file.remove("url").filter(Value::is_string)?;
    let of = BodyType::ALL.into_iter().find(|of| of.kind() == kind);
    let of = of.unwrap_or(BodyType::File);
    let mut shown = Object::new();
    shown.insert("type".to_owned(), of.name().into());
    shown.insert("url".to_owned(), url);
    if let Some(bytes) = file.remove("size").filter(Value::is_u64) {
        shown.insert("file_length".to_owned(), bytes);
    }
    if let Some(thumb) = file.remove("surl").filter(Value::is_string) {
        shown.insert("thumb".to_owned(), thumb);
    }

    let parsed = serde_json::from_str(attributes);
    let Ok(Value::Object(mut attributes_object)) = parsed else {
        return Some((shown, crate::easemob::ext(attributes)));
    };
    let (about, custom) = (
        attributes_object.remove("rtm"),
        attributes_object.remove("custom"),
    );
    if about.is_none() && custom.is_none() {
        return Some((shown, attributes_object));
    }
    if let Some(Value::Object(about)) = about {
        let text = |name| about.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, extension) = (text("filename"), text("ext"));
        let dotted = format!(".{extension}");
        // Some SDKs cut the name in two, others do not.
        let filename = match (name, extension) {
            ("", "") => None,
            (name, "") => Some(name.to_owned()),
            (name, _) if name.ends_with(&dotted) => Some(name.to_owned()),
            (name, _) => Some(format!("{name}{dotted}")),
        };
        if let Some(filename) = filename {
            shown.insert("filename".to_owned(), filename.into());
        }
        if let Some(millis) = about.get("duration").and_then(Value::as_u64) {
            shown.insert("length".to_owned(), seconds(millis).into());
        }
    }
    let ext = match custom {
        Some(Value::Object(custom)) => custom,
        None | Some(Value::Null) => Object::new(),
        Some(Value::String(text)) if text.is_empty() => Object::new(),
        Some(other) => Object::from_iter([("custom".to_owned(), other)]),
    };
    Some((shown, ext))
}

/// What follows the last dot, if something stands before it.
fn extension(filename: &str) -> &str {
    match filename.rsplit_once('.') {
        Some((name, extension)) if !name.is_empty() => extension,
        _ => "",
    }
}

/// Easemob counts the length of a recording in seconds.
fn milliseconds(seconds: f64) -> u64 {
    let millis = (seconds * 1000.0).round();
    if (1.0..MOST_MILLIS).contains(&millis) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was just seen to be in range"
        )]
        return millis as u64;
    }
    0
}

/// 2^53, below which numbers are exact everywhere.
const MOST_MILLIS: f64 = 9_007_199_254_740_992.0;

/// As seconds, and a recording that is shorter than one has one.
fn seconds(millis: u64) -> u64 {
    if millis == 0 {
        return 0;
    }
    (millis.saturating_add(500) / 1000).max(1)
}
