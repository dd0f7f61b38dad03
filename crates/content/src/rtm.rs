use std::borrow::Cow;

use halloo_core::messages::{Content, Form, Kind};
use serde_json::{Map, Value};

use crate::files;

/// A message in RTM's words. Sources: RTM server gate sections 5.1 and 7.4, RTM client gate section 3.9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtm<'a> {
    /// `mtype`; always the kind of the content, since that is what logs are searched by.
    pub kind: Kind,
    /// `msg`
    pub body: Cow<'a, [u8]>,
    /// Whether `msg` is text.
    pub is_text: bool,
    /// `attrs`
    pub attributes: Cow<'a, str>,
}

/// What RTM is shown of a message. What was written in RTM's words, or is a plain text, is not looked into.
pub fn rtm(content: &Content) -> Rtm<'_> {
    let as_stored = Rtm {
        kind: content.kind,
        body: Cow::Borrowed(&content.body),
        is_text: content.form != Form::Binary,
        attributes: Cow::Borrowed(&content.attributes),
    };
    if content.form != Form::Easemob {
        return as_stored;
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(&content.body) else {
        return as_stored;
    };
    if content.kind.is_file() {
        let (file, attributes) = files::to_rtm(content.kind, &body, &content.attributes);
        return Rtm {
            body: Cow::Owned(file.into_bytes()),
            attributes: Cow::Owned(attributes),
            ..as_stored
        };
    }
    match lone_action(&body) {
        Some(action) if content.kind == Kind::COMMAND => Rtm {
            body: Cow::Owned(action.as_bytes().to_vec()),
            ..as_stored
        },
        _ => as_stored,
    }
}

/// The action of a command that says nothing else.
fn lone_action(body: &Map<String, Value>) -> Option<&str> {
    let rest = |name: &String| name != "type" && name != "action";
    if body.keys().any(rest) {
        return None;
    }
    body.get("action")?.as_str()
}
