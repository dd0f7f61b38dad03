//! Parameters and answers as JSON values, which read better in a test.

use halloo_fpnn::{Fields, Kind, List, Map, Value as Raw};
use serde_json::{Map as Object, Value, json};

/// What a quest can be given as.
pub trait Parameters {
    /// As a map that more may be added to.
    fn into_map(self) -> Map;
}

impl Parameters for Map {
    fn into_map(self) -> Map {
        self
    }
}

impl Parameters for Value {
    fn into_map(self) -> Map {
        (&self).into_map()
    }
}

impl Parameters for &Value {
    fn into_map(self) -> Map {
        let object = self.as_object().expect("an object");
        object
            .iter()
            .fold(Map::new(), |map, (key, value)| map.raw(key, &packed(value)))
    }
}

/// One value as MessagePack.
pub fn packed(value: &Value) -> Vec<u8> {
    let list = match value {
        Value::Null => List::new().raw(&[0xc0]),
        Value::Bool(yes) => List::new().boolean(*yes),
        Value::Number(number) => {
            if let Some(integer) = number.as_i64() {
                List::new().integer(integer)
            } else {
                let float = number.as_f64().expect("a number").to_be_bytes();
                List::new().raw(&[&[0xcb], float.as_slice()].concat())
            }
        }
        Value::String(text) => List::new().text(text),
        Value::Array(items) => {
            let items = items.iter().map(packed);
            List::new().list(items.fold(List::new(), |list, item| list.raw(&item)))
        }
        Value::Object(_) => List::new().map(value.into_map()),
    };
    // A map of one key without a letter, and a list of one element, stand before it.
    Map::new().list("", list).finish().split_off(3).to_vec()
}

/// What an answer says, after checking that it keeps the rules of FPNN section 9.2. Text that is not UTF-8 is
/// `{"str": HEX}`, bytes are `{"bin": HEX}`.
pub fn read(payload: &[u8]) -> Value {
    let whole = Map::new().raw("", payload).finish();
    let fields = Fields::parse(&whole).expect("an answer is MessagePack");
    let value = value(fields.get("").expect("an answer is a map"));
    assert!(value.is_object(), "an answer is a map");
    value
}

fn value(raw: Raw<'_>) -> Value {
    match raw.kind() {
        Kind::Boolean => json!(raw.boolean()),
        Kind::Integer => {
            let integer = raw.integer().expect("an integer below 2^63");
            let shortest = packed(&json!(integer));
            assert_eq!(raw.encoded(), shortest, "the shortest form of {integer}");
            json!(integer)
        }
        Kind::Text => match raw.text() {
            Some(text) => json!(text),
            None => json!({"str": hex(raw)}),
        },
        Kind::Bytes => json!({"bin": hex(raw)}),
        Kind::List => raw.list().into_iter().flatten().map(value).collect(),
        Kind::Map => {
            let mut object = Object::new();
            for (key, entry) in raw.entries().into_iter().flatten() {
                assert_eq!(key.kind(), Kind::Text, "keys are text");
                let key = key.text().expect("keys are UTF-8").to_owned();
                let twice = object.insert(key, value(entry));
                assert!(twice.is_none(), "each key stands once");
            }
            Value::Object(object)
        }
        other => panic!("{other:?} has no place in an answer"),
    }
}

fn hex(raw: Raw<'_>) -> String {
    let bytes = raw.bytes().expect("bytes").iter();
    bytes.fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The sorted numbers of a list, whose order nobody promised.
pub fn sorted(list: &Value) -> Vec<i64> {
    let list = list.as_array().expect("a list");
    let mut numbers: Vec<i64> = list.iter().map(|n| n.as_i64().expect("a number")).collect();
    numbers.sort_unstable();
    numbers
}
