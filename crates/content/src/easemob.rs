use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use halloo_core::messages::{Content, Form, Kind};
use serde_json::{Map, Value, json};

use crate::{BodyType, files};

/// A message in Easemob's words. Source: Easemob REST 4.1 and 4.2.
#[derive(Clone, Debug, PartialEq)]
pub struct Easemob {
    /// The one element of `bodies`, `type` included.
    pub body: Map<String, Value>,
    /// `ext`
    pub ext: Map<String, Value>,
}

/// `customEvent` of what RTM knows and Easemob does not.
const FOREIGN: &str = "rtm";

/// What Easemob is shown of a message.
pub fn easemob(content: &Content) -> Easemob {
    let text = std::str::from_utf8(&content.body);
    let is_text = content.form != Form::Binary;
    match (content.form, content.kind, text) {
        (Form::Easemob, _, Ok(text)) => {
            if let Ok(Value::Object(body)) = serde_json::from_str(text) {
                let ext = ext(&content.attributes);
                return Easemob { body, ext };
            }
        }
        (_, kind, Ok(text)) if is_text && (kind == Kind::CHAT || kind == Kind::COMMAND) => {
            let (of, field) = if kind == Kind::CHAT {
                (BodyType::Text, "msg")
            } else {
                (BodyType::Command, "action")
            };
            let mut body = Map::new();
            body.insert("type".to_owned(), of.name().into());
            body.insert(field.to_owned(), text.into());
            let ext = ext(&content.attributes);
            return Easemob { body, ext };
        }
        (_, kind, Ok(_)) if is_text && kind.is_file() => {
            let file = files::to_easemob(kind, &content.body, &content.attributes);
            if let Some((body, ext)) = file {
                return Easemob { body, ext };
            }
        }
        _ => {}
    }
    foreign(content, text.ok().filter(|_| is_text))
}

/// What Easemob has no word for: as a custom message that says everything.
fn foreign(content: &Content, text: Option<&str>) -> Easemob {
    let (field, said) = match text {
        Some(text) => ("msg", text.to_owned()),
        None => ("base64", STANDARD.encode(&content.body)),
    };
    let kind = content.kind.number().to_string();
    let body = json!({
        "type": BodyType::Custom.name(),
        "customEvent": FOREIGN,
        "customExts": {"mtype": kind, field: said},
    });
    let body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    let ext = ext(&content.attributes);
    Easemob { body, ext }
}

/// RTM's `attrs` as an object, which `ext` has to be.
pub(crate) fn ext(attributes: &str) -> Map<String, Value> {
    if attributes.is_empty() {
        return Map::new();
    }
    match serde_json::from_str(attributes) {
        Ok(Value::Object(object)) => object,
        _ => Map::from_iter([("attrs".to_owned(), attributes.into())]),
    }
}
