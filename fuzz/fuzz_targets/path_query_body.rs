//! A few calls of documented routes, one after the other. The bytes choose the routes and fill in
//! their parameters, queries and bodies, so that most calls get past routing and authentication.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use halloo_fuzz::{Answer, Visit, World};
use http::Request;
use http::header::AUTHORIZATION;
use http_body_util::Full;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

/// Calls of one input at most.
const CALLS: usize = 12;
/// Names, numbers and texts that mean something to the domain.
const WORDS: &[&str] = &[
    "maya",
    "omar",
    "MAYA",
    "nobody",
    "batch",
    "pw",
    "",
    " ",
    ".",
    "..",
    "0",
    "1",
    "-1",
    "3",
    "51",
    "101",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "1e3",
    "true",
    "false",
    "password",
    "client_credentials",
    "inherit",
    "web_1",
    "a/b",
    "%",
    "名",
];
/// The users of the world, and one who is not there.
const NAMES: &[&str] = &["maya", "omar", "nobody"];
/// Fields that the examples of the OpenAPI document do not show.
const FIELDS: &[&str] = &[
    "entities",
    "usernames",
    "notification_ignore_7",
    "notification_ignore_x",
    "nickname",
    "autoCreateUser",
    "grant_type",
    "username",
    "password",
    "ttl",
    "client_id",
    "client_secret",
    "timestamp",
    "newpassword",
];

fuzz_target!(|data: &[u8]| {
    let visit = World::visit();
    let mut source = Source {
        visit: &visit,
        bytes: data,
        seen: Vec::new(),
    };
    for _ in 0..CALLS {
        if source.bytes.is_empty() {
            return;
        }
        if let Some(request) = source.request() {
            let answer = visit.ask(request);
            source.remember(&answer);
        }
    }
});

/// One operation of the OpenAPI document.
struct Operation {
    method: String,
    path: String,
    query: Vec<String>,
    example: Value,
}

/// Every operation of the document.
static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let document = serde_json::to_value(halloo_gate_rest::openapi()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, verbs): (&String, &Value)| {
        let verbs = verbs.as_object().cloned().unwrap_or_default();
        let of_verb = |(verb, operation): (String, Value)| Operation {
            method: verb.to_uppercase(),
            path: path.clone(),
            query: (operation["parameters"].as_array().into_iter().flatten())
                .filter(|parameter| parameter["in"] == "query")
                .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned))
                .collect(),
            example: operation["requestBody"]["content"]["application/json"]["example"].clone(),
        };
        verbs.into_iter().map(of_verb).collect::<Vec<_>>()
    };
    let operations: Vec<Operation> = paths.iter().flat_map(of_path).collect();
    assert!(
        operations.len() > 20,
        "the document lists its operations under their verbs"
    );
    operations
});

/// The bytes of an input, used up from the front; zeros when they end.
struct Source<'a> {
    visit: &'a Visit,
    bytes: &'a [u8],
    /// Cursors, uuids and tokens of the answers so far.
    seen: Vec<String>,
}

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                *first
            }
            None => 0,
        }
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    fn one_of<'b>(&mut self, choices: &[&'b str]) -> &'b str {
        choices[self.below(choices.len())]
    }

    fn request(&mut self) -> Option<Request<Full<Bytes>>> {
        let operation = &OPERATIONS[self.below(OPERATIONS.len())];
        let target = self.target(operation);
        let mut request = Request::builder()
            .method(operation.method.as_str())
            .uri(target);
        let token = match self.below(8) {
            0..=4 => Some(self.visit.app_token.to_owned()),
            5 => Some(self.visit.user_token.clone()),
            6 => Some(self.text()),
            _ => None,
        };
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request.body(Full::new(self.body(&operation.example))).ok()
    }

    fn target(&mut self, operation: &Operation) -> String {
        let mut target = String::new();
        for segment in operation.path.split('/').skip(1) {
            target.push('/');
            target.push_str(&match segment {
                "{org}" => "o".to_owned(),
                "{app}" => "a".to_owned(),
                _ if !segment.starts_with('{') => segment.to_owned(),
                _ if self.below(4) > 0 => self.one_of(NAMES).to_owned(),
                _ => escape(&self.text()),
            });
        }
        let mut separator = '?';
        for name in &operation.query {
            if self.below(3) > 0 {
                let value = escape(&self.text());
                target.push_str(&format!("{separator}{name}={value}"));
                separator = '&';
            }
        }
        target
    }

    fn body(&mut self, example: &Value) -> Bytes {
        let value = match self.below(8) {
            0 => return Bytes::new(),
            1 => {
                let (raw, rest) = self.bytes.split_at(self.bytes.len().min(64));
                self.bytes = rest;
                return Bytes::copy_from_slice(raw);
            }
            2 => self.value(0),
            3 => Value::Array(vec![self.altered(example), self.altered(example)]),
            _ => self.altered(example),
        };
        Bytes::from(value.to_string())
    }

    /// The example with some values replaced, some fields gone, and some added.
    fn altered(&mut self, example: &Value) -> Value {
        let mut object = Map::new();
        for (name, value) in example.as_object().into_iter().flatten() {
            match self.below(4) {
                0 => {}
                1 => drop(object.insert(name.clone(), self.value(1))),
                2 => drop(object.insert(name.clone(), self.meant(name))),
                _ => drop(object.insert(name.clone(), value.clone())),
            }
        }
        for _ in 0..self.below(3) {
            let name = self.one_of(FIELDS);
            let value = if self.below(2) == 0 {
                self.meant(name)
            } else {
                self.value(1)
            };
            object.insert(name.to_owned(), value);
        }
        Value::Object(object)
    }

    /// What is meant to stand in a field, or a text.
    fn meant(&mut self, field: &str) -> Value {
        let app = self.visit.app;
        match field {
            "grant_type" => self
                .one_of(&["client_credentials", "password", "inherit"])
                .into(),
            "client_id" => (&*app.client_id).into(),
            "client_secret" => app.client_secret.reveal().into(),
            "password" => "pw".into(),
            "username" => self.one_of(NAMES).into(),
            "usernames" => (0..self.below(5)).map(|_| self.one_of(NAMES)).collect(),
            _ => self.text().into(),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth > 3 { 5 } else { 8 }) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 1),
            2 => Value::from(i64::from(self.byte()) - 2),
            3 => [f64::MAX, 0.5, 1e19, -1.0][self.below(4)].into(),
            4 => Value::String(self.text()),
            5 | 6 => (0..self.below(5)).map(|_| self.value(depth + 1)).collect(),
            _ => {
                let mut object = Map::new();
                for _ in 0..self.below(4) {
                    let name = self.one_of(FIELDS).to_owned();
                    object.insert(name, self.value(depth + 1));
                }
                Value::Object(object)
            }
        }
    }

    fn text(&mut self) -> String {
        match self.below(8) {
            0 => {
                let (raw, rest) = self.bytes.split_at(self.bytes.len().min(6));
                self.bytes = rest;
                String::from_utf8_lossy(raw).into_owned()
            }
            1 => "é".repeat(self.byte().into()),
            2 => "x".repeat(self.byte().into()),
            3 if !self.seen.is_empty() => {
                let index = self.below(self.seen.len());
                self.seen[index].clone()
            }
            _ => self.one_of(WORDS).to_owned(),
        }
    }

    /// Keeps what later calls may use.
    fn remember(&mut self, answer: &Answer) {
        let entity = &answer.body["entities"][0];
        for value in [
            &answer.body["cursor"],
            &answer.body["access_token"],
            &entity["uuid"],
        ] {
            self.seen.extend(value.as_str().map(str::to_owned));
        }
    }
}

/// Writes every byte that is no letter or digit as `%XX`.
fn escape(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
