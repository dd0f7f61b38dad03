//! What a message of each type says. Source: Easemob REST 4.1, the table of body fields.

use halloo_content::BodyType;
use serde_json::{Map, Value};

use crate::body::{self, Fields};
use crate::error::Failure;

/// Pairs in the `customExts` of a custom message.
const MAX_EXTS: usize = 16;
/// Bytes of a `customEvent`.
const MAX_EVENT: usize = 32;

/// What a field has to be. All are kept as the type that the table names; numbers become texts and texts
/// numbers where the other is meant.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Number,
    /// A number or a text, kept as it is.
    Coordinate,
    /// `{width, height}`
    Size,
    Event,
    Exts,
}

/// A field and whether there has to be one.
type Rule = (&'static str, Shape, bool);

/// The fields of a type. Others are kept as they are.
fn rules(kind: BodyType) -> &'static [Rule] {
    use Shape::{Coordinate, Event, Exts, Number, Size, Text};
    match kind {
        BodyType::Text => &[("msg", Text, true)],
        BodyType::Image => &[
            ("url", Text, true),
            ("filename", Text, false),
            ("secret", Text, false),
            ("thumb", Text, false),
            ("size", Size, false),
            ("file_length", Number, false),
        ],
        BodyType::Audio => &[
            ("url", Text, true),
            ("filename", Text, false),
            ("secret", Text, false),
            ("length", Number, false),
            ("file_length", Number, false),
        ],
        BodyType::Video => &[
            ("url", Text, true),
            ("filename", Text, false),
            ("secret", Text, false),
            ("thumb", Text, false),
            ("thumb_secret", Text, false),
            ("length", Number, false),
            ("file_length", Number, false),
            ("size", Size, false),
        ],
        BodyType::File => &[
            ("url", Text, true),
            ("filename", Text, false),
            ("secret", Text, false),
            ("file_length", Number, false),
        ],
        BodyType::Location => &[
            ("lat", Coordinate, true),
            ("lng", Coordinate, true),
            ("addr", Text, true),
        ],
        BodyType::Command => &[("action", Text, true)],
        BodyType::Custom => &[("customEvent", Event, false), ("customExts", Exts, false)],
    }
}

/// The body of a message of this type, every field of the type that it should be.
pub(super) fn read(kind: BodyType, sent: &Fields) -> Result<Map<String, Value>, Failure> {
    let mut read: Map<String, Value> = sent
        .iter()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    // As the documents' own table spells it.
    if kind == BodyType::Audio
        && !read.contains_key("length")
        && let Some(length) = read.remove("Length")
    {
        read.insert("length".to_owned(), length);
    }
    for (name, shape, is_required) in rules(kind) {
        let empty = || Failure::message_send(format!("param {name} can't be empty"));
        let Some(value) = read.get_mut(*name) else {
            if *is_required {
                return Err(empty());
            }
            continue;
        };
        if *is_required && value.as_str().is_some_and(str::is_empty) {
            return Err(empty());
        }
        *value = shape.read(name, value)?;
    }
    Ok(read)
}

impl Shape {
    fn read(self, name: &str, value: &Value) -> Result<Value, Failure> {
        let (read, what) = match self {
            Self::Text => (body::text(value).map(Value::from), "a string"),
            Self::Number => (number(value), "a number"),
            Self::Coordinate => {
                let is_one = value.is_string() || value.is_number();
                (is_one.then(|| value.clone()), "a number or a string")
            }
            Self::Size => (size(value), "an object of width and height"),
            Self::Event => (event(value), "1 to 32 of A-Z a-z 0-9 - _ / ."),
            Self::Exts => (exts(value), "an object of at most 16 strings"),
        };
        read.ok_or_else(|| Failure::illegal(format!("{name} must be {what}")))
    }
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => text.trim().parse::<i64>().ok().map(Value::from),
        _ => None,
    }
}

fn size(value: &Value) -> Option<Value> {
    let mut size = value.as_object()?.clone();
    for name in ["width", "height"] {
        if let Some(length) = size.get_mut(name) {
            *length = number(length)?;
        }
    }
    Some(Value::Object(size))
}

fn event(value: &Value) -> Option<Value> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_/.".contains(&b);
    let event = body::text(value)?;
    let is_one = (1..=MAX_EVENT).contains(&event.len()) && event.bytes().all(legal);
    is_one.then(|| event.into())
}

/// As one map; older clients send a list of maps with a pair each.
fn exts(value: &Value) -> Option<Value> {
    let mut exts = Map::new();
    match value {
        Value::Object(pairs) => exts.clone_from(pairs),
        Value::Array(list) => {
            for pair in list {
                let pair = pair.as_object().filter(|pair| pair.len() == 1)?;
                exts.extend(pair.clone());
            }
        }
        _ => return None,
    }
    if exts.len() > MAX_EXTS {
        return None;
    }
    for text in exts.values_mut() {
        *text = body::text(text)?.into();
    }
    Some(Value::Object(exts))
}
