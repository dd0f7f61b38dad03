use halloo_core::messages::{Content, Form};
use serde_json::{Map, Value};

use crate::BodyType;

/// A message that was written in Easemob's words, as it is stored: of a text the text, of everything else the
/// whole body.
pub fn written(
    kind: BodyType,
    body: Map<String, Value>,
    ext: Option<Map<String, Value>>,
) -> Content {
    let attributes = ext.map_or_else(String::new, |ext| Value::Object(ext).to_string());
    let (form, body) = match (kind, body) {
        (BodyType::Text, mut body) => {
            let text = match body.remove("msg") {
                Some(Value::String(text)) => text,
                _ => String::new(),
            };
            (Form::Text, text)
        }
        (_, mut body) => {
            body.insert("type".to_owned(), kind.name().into());
            (Form::Easemob, Value::Object(body).to_string())
        }
    };
    Content {
        kind: kind.kind(),
        form,
        body: body.into(),
        attributes: attributes.into(),
    }
}
