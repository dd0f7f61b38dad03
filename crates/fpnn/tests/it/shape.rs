//! Payloads as `vectors.json` writes them: a map is a list of its entries, so that order and keys that
//! are integers are kept; bytes, and text that is not UTF-8, are objects with hexadecimal digits.

use halloo_fpnn::{Fields, Kind, List, Map, Value};
use serde_json::{Value as Json, json};

use crate::{digits, hex};

/// What a payload holds.
pub(crate) fn of_payload(payload: &[u8]) -> Json {
    let fields = Fields::parse(payload).unwrap();
    let entries = fields.iter();
    entries
        .map(|(key, value)| json!([std::str::from_utf8(key).unwrap(), of_value(value)]))
        .collect()
}

fn of_value(value: Value<'_>) -> Json {
    match value.kind() {
        Kind::Boolean => json!(value.boolean().unwrap()),
        Kind::Integer => json!(value.integer().unwrap()),
        Kind::Text => match value.text() {
            Some(text) => json!(text),
            None => json!({ "text": digits(value.bytes().unwrap()) }),
        },
        Kind::Bytes => json!({ "bytes": digits(value.bytes().unwrap()) }),
        Kind::List => value.list().unwrap().map(of_value).collect(),
        Kind::Map => {
            let entries = value.entries().unwrap();
            let entries = entries.map(|(key, value)| json!([of_value(key), of_value(value)]));
            json!({ "entries": entries.collect::<Json>() })
        }
        kind => panic!("{kind:?} is in no recorded package"),
    }
}

/// The map of these entries; `None` when it holds what Halloo never writes: keys that are integers,
/// and text that is not UTF-8.
pub(crate) fn to_map(entries: &Json) -> Option<Map> {
    let entries = entries.as_array().unwrap().iter();
    entries
        .map(|entry| (&entry[0], &entry[1]))
        .try_fold(Map::new(), |map, (key, value)| {
            let key = key.as_str()?;
            Some(match value {
                Json::Bool(value) => map.boolean(key, *value),
                Json::Number(value) => map.integer(key, value.as_i64().unwrap()),
                Json::String(value) => map.text(key, value),
                Json::Array(values) => map.list(key, to_list(values)?),
                Json::Object(value) => match (value.get("entries"), value.get("bytes")) {
                    (Some(entries), _) => map.map(key, to_map(entries)?),
                    (_, Some(digits)) => map.bytes(key, &hex(digits.as_str().unwrap())),
                    _ => return None,
                },
                Json::Null => panic!("nil is never written"),
            })
        })
}

fn to_list(values: &[Json]) -> Option<List> {
    values.iter().try_fold(List::new(), |list, value| {
        Some(match value {
            Json::Bool(value) => list.boolean(*value),
            Json::Number(value) => list.integer(value.as_i64().unwrap()),
            Json::String(value) => list.text(value),
            Json::Array(values) => list.list(to_list(values)?),
            Json::Object(value) => match (value.get("entries"), value.get("bytes")) {
                (Some(entries), _) => list.map(to_map(entries)?),
                (_, Some(digits)) => list.bytes(&hex(digits.as_str().unwrap())),
                _ => return None,
            },
            Json::Null => panic!("nil is never written"),
        })
    })
}
