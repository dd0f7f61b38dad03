//! Puts stable words in place of what differs from run to run, after checking its form.

use std::collections::BTreeMap;

use halloo_testkit::{TestApp, TestServer};
use serde_json::Value;

/// What differs from run to run, and the words for it. Whatever was seen once keeps its word, also
/// inside other texts such as `path` and `uri`.
pub(super) struct Redactor {
    begin: i64,
    words: BTreeMap<String, String>,
}

impl Redactor {
    pub(super) fn new(server: &TestServer, app: &TestApp) -> Self {
        let words = [
            (server.address.to_string(), "[host]"),
            (app.app.application.to_string(), "[application]"),
            (app.app.client_id.to_string(), "[client_id]"),
            (app.app.client_secret.reveal().to_owned(), "[client_secret]"),
            (app.token.clone(), "[token]"),
        ];
        Self {
            begin: server.core.now().0,
            words: words.map(|(text, word)| (text, word.to_owned())).into(),
        }
    }

    /// Remembers the users of an answer.
    pub(super) fn learn(&mut self, answer: &Value) {
        for user in answer["entities"].as_array().into_iter().flatten() {
            self.learn_user(user);
        }
        self.learn_user(&answer["user"]);
        for (key, value) in answer["data"].as_object().into_iter().flatten() {
            self.learn_message(key);
            self.learn_message(value.as_str().unwrap_or_default());
        }
    }

    /// Remembers an id of a message, which is all digits and longer than other numbers.
    fn learn_message(&mut self, id: &str) {
        if (18..=19).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit()) {
            let known = self
                .words
                .values()
                .filter(|word| word.starts_with("[message "));
            let word = format!("[message {}]", known.count() + 1);
            self.words.entry(id.to_owned()).or_insert(word);
        }
    }

    /// The answer with words in place of what differs.
    pub(super) fn answer(&mut self, answer: &Value) -> Value {
        self.learn(answer);
        for (key, word) in [("cursor", "[cursor]"), ("access_token", "[token]")] {
            let Some(opaque) = answer[key].as_str() else {
                continue;
            };
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            assert!(
                (1..=512).contains(&opaque.len()) && opaque.bytes().all(plain),
                "{opaque}"
            );
            self.words.insert(opaque.to_owned(), word.to_owned());
        }
        self.redacted("", answer)
    }

    /// `text` with words in place of what is known.
    pub(super) fn text(&self, text: &str) -> String {
        let replace = |text: String, (known, word): (&String, &String)| text.replace(known, word);
        self.words.iter().fold(text.to_owned(), replace)
    }

    fn learn_user(&mut self, user: &Value) {
        if let (Some(uuid), Some(name)) = (user["uuid"].as_str(), user["username"].as_str()) {
            let form: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(form, [8, 4, 4, 4, 12], "{uuid}");
            let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-');
            assert!(uuid.bytes().all(hex), "{uuid}");
            self.words
                .insert(uuid.to_owned(), format!("[uuid of {name}]"));
        }
    }

    fn redacted(&self, key: &str, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let each = map
                    .iter()
                    .map(|(key, value)| (self.text(key), self.redacted(key, value)));
                Value::Object(each.collect())
            }
            Value::Array(list) => list.iter().map(|value| self.redacted(key, value)).collect(),
            Value::String(text) => self.text(text).into(),
            Value::Number(number) => match key {
                "timestamp" | "created" | "modified" | "last_seen" => {
                    let passed = number.as_i64().unwrap() - self.begin;
                    format!("[begin + {passed} ms]").into()
                }
                "duration" => {
                    let millis = i32::try_from(number.as_i64().unwrap()).unwrap();
                    assert!(millis >= 0);
                    "[duration]".into()
                }
                _ => value.clone(),
            },
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }
}
