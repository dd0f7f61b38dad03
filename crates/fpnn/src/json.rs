//! Payloads in JSON: turned into MessagePack on reception, and back when written. Source: FPNN
//! sections 2.1 and 3.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};

use crate::map::{close_list, close_map, write_boolean, write_integer, write_text};
use crate::value::{Head, MAX_NESTING, Value};
use crate::{Fields, Refusal, WireError};

/// Turns a JSON object into a MessagePack map that [`Fields::parse`] takes. It is written as it is
/// read, so that it takes little more memory than the JSON does.
/// # Errors
/// [`WireError::Json`] when it is anything else than one object, not UTF-8, or nested deeper than
/// [`MAX_NESTING`].
pub(crate) fn to_message_pack(json: &[u8]) -> Result<Vec<u8>, WireError> {
    if json.is_empty() {
        return Err(WireError::EmptyPayload);
    }
    let mut out = Vec::with_capacity(json.len());
    let mut reader = serde_json::Deserializer::from_slice(json);
    let seed = Transcode {
        out: &mut out,
        depth: MAX_NESTING,
    };
    seed.deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|_| WireError::Json)?;
    // A map, fixmap to map32.
    match out.first() {
        Some(0x80..=0x8f | 0xde | 0xdf) => Ok(out),
        _ => Err(WireError::NotAMap),
    }
}

/// Appends a MessagePack map as a JSON object: bytes become text (what is not UTF-8 is replaced),
/// keys that are integers decimal text. On an error nothing is appended.
/// # Errors
/// [`WireError`] when the payload is not a MessagePack map, or a key in it can not be text.
pub(crate) fn from_message_pack(payload: &[u8], out: &mut Vec<u8>) -> Result<(), WireError> {
    Fields::parse(payload)?;
    let start = out.len();
    serde_json::to_writer(&mut *out, &Json(Value::checked(payload))).map_err(|_| {
        out.truncate(start);
        WireError::KeyNotText
    })
}

/// Appends the payload of an error answer.
pub(crate) fn refusal(refusal: &Refusal, out: &mut Vec<u8>) {
    let payload = serde_json::json!({ "code": refusal.code, "ex": refusal.text });
    out.extend_from_slice(payload.to_string().as_bytes());
}

/// Appends the value that is read to `out`, at most `depth` containers deep.
struct Transcode<'o> {
    out: &'o mut Vec<u8>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Transcode<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Transcode<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "JSON nested {MAX_NESTING} deep at most")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.out.push(rmp::Marker::Null.to_u8());
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        write_boolean(self.out, value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        write_integer(self.out, value);
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        rmp::encode::write_uint(self.out, value).map_err(E::custom)?;
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        rmp::encode::write_f64(self.out, value).map_err(E::custom)
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        write_text(self.out, value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let (out, depth) = self.enter()?;
        let start = out.len();
        out.push(0);
        let mut count = 0;
        while items.next_element_seed(Transcode { out, depth })?.is_some() {
            count += 1;
        }
        close_list(out, start, count);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let (out, depth) = self.enter()?;
        let start = out.len();
        out.push(0);
        let mut count = 0;
        while entries.next_key_seed(Transcode { out, depth })?.is_some() {
            entries.next_value_seed(Transcode { out, depth })?;
            count += 1;
        }
        close_map(out, start, count);
        Ok(())
    }
}

impl<'o> Transcode<'o> {
    /// What the values of a container are read with.
    fn enter<E: serde::de::Error>(self) -> Result<(&'o mut Vec<u8>, usize), E> {
        let depth = self.depth.checked_sub(1);
        let depth = depth.ok_or_else(|| E::custom("nested too deep"))?;
        Ok((self.out, depth))
    }
}

/// A value of a checked payload, to be written as JSON.
struct Json<'a>(Value<'a>);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.0.head() {
            Some(Head::Boolean(value)) => out.serialize_bool(value),
            Some(Head::Integer(value)) => out.serialize_i64(value),
            Some(Head::Huge(value)) => out.serialize_u64(value),
            Some(Head::Float(value)) => out.serialize_f64(value),
            Some(Head::Text(text) | Head::Bytes(text)) => {
                out.serialize_str(&String::from_utf8_lossy(text))
            }
            Some(Head::List(_)) => out.collect_seq(self.0.list().into_iter().flatten().map(Json)),
            Some(Head::Map(_)) => {
                let mut map = out.serialize_map(None)?;
                for (key, value) in self.0.entries().into_iter().flatten() {
                    let key = key.text_or_integer();
                    let key = key.ok_or_else(|| S::Error::custom("a key is not text"))?;
                    map.serialize_entry(&key, &Json(value))?;
                }
                map.end()
            }
            Some(Head::Nil | Head::Extension) | None => out.serialize_unit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{List, Map};

    fn json(payload: &[u8]) -> Result<String, WireError> {
        let mut out = b"before".to_vec();
        let written = from_message_pack(payload, &mut out);
        let text = String::from_utf8(out).unwrap();
        let appended = text.strip_prefix("before").unwrap();
        assert!(written.is_ok() || appended.is_empty());
        written.map(|()| appended.to_owned())
    }

    #[test]
    fn json_becomes_the_payload_that_a_map_writes() {
        let text = r#" {"t": "a\u00e9\n", "i": -1, "b": [true, false, {}], "m": {"k": {"l": []}},
            "big": 9223372036854775807, "": 18446744073709551615, "n": null, "f": 0.5, "e": 1e3} "#;
        let list = List::new().boolean(true).boolean(false).map(Map::new());
        let inner = Map::new().map("k", Map::new().list("l", List::new()));
        let expected = Map::new()
            .text("t", "a\u{e9}\n")
            .integer("i", -1)
            .list("b", list)
            .map("m", inner)
            .integer("big", i64::MAX)
            .raw("", &[0xcf, 255, 255, 255, 255, 255, 255, 255, 255])
            .raw("n", &[0xc0])
            .raw("f", b"\xcb\x3f\xe0\0\0\0\0\0\0")
            .raw("e", b"\xcb\x40\x8f\x40\0\0\0\0\0")
            .finish();
        let written = to_message_pack(text.as_bytes()).unwrap();
        assert_eq!(written, expected);
        let fields = Fields::parse(&written).unwrap();
        assert_eq!(fields.integer("e"), Ok(1000));
    }

    #[test]
    fn containers_of_json_are_counted_while_they_are_read() {
        for count in [15, 16, 70_000] {
            let items = vec!["7"; count].join(",");
            let entries = vec!["\"k\":7"; count].join(",");
            let text = format!("{{\"l\":[{items}],\"m\":{{{entries}}}}}");
            let map = (0..count).fold(Map::new(), |map, _| map.integer("k", 7));
            let list = vec![7; count];
            let expected = Map::new().integers("l", list).map("m", map).finish();
            assert_eq!(to_message_pack(text.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn a_payload_becomes_json_with_text_for_bytes_and_integer_keys() {
        let payload = Map::new()
            .text("t", "\"\u{e9}\n")
            .bytes("b", b"a\xff")
            .raw("s", b"\xa1\xff")
            .raw("m", b"\x83\x01\xc0\xff\xc3\xc4\x01k\x90")
            .raw("big", &[0xcf, 255, 255, 255, 255, 255, 255, 255, 255])
            .raw("f", b"\xca\x3f\0\0\0")
            .raw("i", b"\xcb\x7f\xf0\0\0\0\0\0\0")
            .raw("x", b"\xd4\x01\x02")
            .integers("l", [-1, i64::MAX])
            .finish();
        let expected = "{\"t\":\"\\\"\u{e9}\\n\",\"b\":\"a\u{fffd}\",\"s\":\"\u{fffd}\",\
            \"m\":{\"1\":null,\"-1\":true,\"k\":[]},\"big\":18446744073709551615,\"f\":0.5,\
            \"i\":null,\"x\":null,\"l\":[-1,9223372036854775807]}";
        assert_eq!(json(&payload).as_deref(), Ok(expected));
    }

    #[test]
    fn what_is_no_payload_does_not_become_json() {
        assert_eq!(json(b"\x90"), Err(WireError::NotAMap));
        assert_eq!(json(b""), Err(WireError::EmptyPayload));
        assert_eq!(json(b"\x81\xa1k"), Err(WireError::MessagePack));
        // Some of it is written before the key is found.
        assert_eq!(
            json(b"\x82\xa1a\x01\xa1k\x81\xc3\x01"),
            Err(WireError::KeyNotText)
        );
    }
}
