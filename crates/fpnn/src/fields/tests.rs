use std::borrow::Cow;

use super::*;
use crate::{Kind, List, Map};

/// A payload of the one field `k`, whose value is `value` in MessagePack.
fn with(value: &[u8]) -> Vec<u8> {
    [b"\x81\xa1k", value].concat()
}

/// What `read` makes of a field with this value.
fn read<T>(value: &[u8], read: impl FnOnce(&Fields<'_>) -> T) -> T {
    read(&Fields::parse(&with(value)).unwrap())
}

fn text(value: &[u8]) -> Result<String, FieldError> {
    read(value, |fields| fields.text("k").map(str::to_owned))
}

fn bytes(value: &[u8]) -> Result<Vec<u8>, FieldError> {
    read(value, |fields| fields.bytes("k").map(<[u8]>::to_vec))
}

const WRONG: FieldError = FieldError::WrongType("k");

#[test]
fn an_integer_of_any_width_is_taken() {
    let cases: [(&[u8], i64); 19] = [
        (b"\x07", 7),
        (b"\xff", -1),
        (b"\xcc\x07", 7),
        (b"\xcd\x00\x07", 7),
        (b"\xce\x00\x00\x00\x07", 7),
        (b"\xcf\x00\x00\x00\x00\x00\x00\x00\x07", 7),
        (b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", i64::MAX),
        (b"\xd0\x07", 7),
        (b"\xd0\xff", -1),
        (b"\xd1\xff\xfe", -2),
        (b"\xd2\xff\xff\xff\xfd", -3),
        (b"\xd3\xff\xff\xff\xff\xff\xff\xff\xfc", -4),
        (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", i64::MIN),
        (b"\xcc\xff", 255),
        (b"\xcd\xff\xff", 65_535),
        (b"\xce\xff\xff\xff\xff", 4_294_967_295),
        // Floats with an integral value, as JSON may bring them.
        (b"\xca\x40\xe0\x00\x00", 7),
        (b"\xcb\xc0\x1c\x00\x00\x00\x00\x00\x00", -7),
        (b"\xcb\xc3\xe0\x00\x00\x00\x00\x00\x00", i64::MIN),
    ];
    for (value, expected) in cases {
        assert_eq!(read(value, |fields| fields.integer("k")), Ok(expected));
    }
}

#[test]
fn what_is_no_integer_of_the_type_asked_for_is_refused() {
    let no_integers: [&[u8]; 11] = [
        b"\xcf\x80\x00\x00\x00\x00\x00\x00\x00", // 2^63
        b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00", // 0.5
        b"\xcb\x43\xe0\x00\x00\x00\x00\x00\x00", // 2^63
        b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", // infinity
        b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", // not a number
        b"\xc3",
        b"\xa17",
        b"\xc4\x017",
        b"\x91\x07",
        b"\xc7\x01\x05\x07", // an extension
    ];
    for value in no_integers {
        assert_eq!(read(value, |fields| fields.integer::<i64>("k")), Err(WRONG));
    }
    assert_eq!(read(b"\x7f", |fields| fields.integer::<i8>("k")), Ok(127));
    assert_eq!(
        read(b"\xcc\x80", |fields| fields.integer::<i8>("k")),
        Err(WRONG)
    );
    assert_eq!(
        read(b"\xff", |fields| fields.integer::<u32>("k")),
        Err(WRONG)
    );
    let largest = b"\xce\xff\xff\xff\xff";
    assert_eq!(read(largest, |fields| fields.integer("k")), Ok(u32::MAX));
    let above = b"\xcf\x00\x00\x00\x01\x00\x00\x00\x00";
    assert_eq!(read(above, |fields| fields.integer::<u32>("k")), Err(WRONG));
}

#[test]
fn text_and_bytes_are_taken_from_both_families() {
    // fixstr, str8, str16 (which is also raw16 of writers before there was a bin), str32; bin8 to bin32.
    let heads: [&[u8]; 7] = [
        b"\xa2",
        b"\xd9\x02",
        b"\xda\x00\x02",
        b"\xdb\x00\x00\x00\x02",
        b"\xc4\x02",
        b"\xc5\x00\x02",
        b"\xc6\x00\x00\x00\x02",
    ];
    for head in heads {
        let value = [head, "é".as_bytes()].concat();
        assert_eq!(text(&value), Ok("é".to_owned()));
        assert_eq!(bytes(&value), Ok("é".as_bytes().to_vec()));

        // Only who wants text minds what is none.
        let value = [head, b"\xff\x00"].concat();
        assert_eq!(text(&value), Err(WRONG));
        assert_eq!(bytes(&value), Ok(b"\xff\x00".to_vec()));
    }
    for other in [&b"\x07"[..], b"\xc2", b"\x90", b"\x80", b"\xd4\x01\x61"] {
        assert_eq!(text(other), Err(WRONG));
        assert_eq!(bytes(other), Err(WRONG));
    }
}

#[test]
fn a_long_text_of_a_former_writer_is_text() {
    let long = "x".repeat(200); // now it would be str8
    let value = [b"\xda\x00\xc8", long.as_bytes()].concat();
    assert_eq!(text(&value), Ok(long));
}

#[test]
fn an_integer_is_not_a_boolean() {
    assert_eq!(read(b"\xc3", |fields| fields.boolean("k")), Ok(true));
    assert_eq!(read(b"\xc2", |fields| fields.boolean("k")), Ok(false));
    for other in [&b"\x00"[..], b"\x01", b"\xa4true"] {
        assert_eq!(read(other, |fields| fields.boolean("k")), Err(WRONG));
    }
}

#[test]
fn nil_and_absence_are_the_same() {
    let missing = FieldError::Missing("k");
    for payload in [&b"\x80"[..], b"\x81\xa1k\xc0", b"\x81\xa1K\x01"] {
        let fields = Fields::parse(payload).unwrap();
        assert!(fields.get("k").is_none());
        assert_eq!(fields.integer::<i64>("k"), Err(missing));
        assert_eq!(fields.text("k"), Err(missing));
        assert_eq!(fields.bytes("k"), Err(missing));
        assert_eq!(fields.boolean("k"), Err(missing));
        assert_eq!(fields.integers("k"), Err(missing));
        assert_eq!(fields.texts("k"), Err(missing));
        assert_eq!(Fields::optional(fields.text("k")), Ok(None));
    }
}

#[test]
fn an_optional_field_of_the_wrong_type_is_an_error() {
    let text = |fields: &Fields<'_>| Fields::optional(fields.text("k")).map(|text| text.is_some());
    assert_eq!(read(b"\x01", text), Err(WRONG));
    assert_eq!(read(b"\xa1x", text), Ok(true));
}

#[test]
fn of_equal_keys_the_last_counts_wherever_they_stand() {
    for (first, second) in [(0, 1), (0, 11), (0, 12), (3, 20), (12, 13), (11, 29)] {
        let map = (0..30).fold(Map::new(), |map, at| {
            let key = if at == first || at == second {
                "k".to_owned()
            } else {
                format!("{at}")
            };
            map.integer(&key, at)
        });
        let payload = map.finish();
        let fields = Fields::parse(&payload).unwrap();
        assert_eq!(fields.integer("k"), Ok(second));
        // Every other is found, too.
        for at in (0..30).filter(|at| *at != first && *at != second) {
            let value = fields.get(&at.to_string()).and_then(Value::integer);
            assert_eq!(value, Some(at));
        }
        let order: Vec<i64> = fields
            .iter()
            .map(|(_, value)| value.integer().unwrap())
            .collect();
        assert_eq!(order, (0..30).collect::<Vec<_>>());
    }
    let fields = Fields::parse(b"\x82\xa1k\x01\xa1k\xc0").unwrap();
    assert!(fields.get("k").is_none());
}

#[test]
fn a_key_can_be_bytes() {
    let fields = Fields::parse(b"\x81\xc4\x01k\x07").unwrap();
    assert_eq!(fields.integer("k"), Ok(7));
}

#[test]
fn ids_are_taken_in_every_form_of_the_sdks() {
    let cases: [(&[u8], &[i64]); 12] = [
        (b"\x93\x01\xcc\xc8\xff", &[1, 200, -1]),
        (b"\xdc\x00\x01\xcb\x40\x1c\x00\x00\x00\x00\x00\x00", &[7]),
        (b"\x90", &[]),
        (b"\x80", &[]),
        (b"\x82\x05\x80\x06\x80", &[5, 6]), // keys, values are empty maps
        (b"\x82\x05\xc3\x06\xc3", &[5, 6]), // keys, values are booleans
        (b"\x81\x05\xc0", &[5]),            // keys, values are nil
        (b"\x82\xa15\x80\xa2-6\x80", &[5, -6]), // keys that are text
        (b"\x82\x00\x05\x02\x06", &[5, 6]), // values, keys are positions
        (b"\x82\x00\xa15\x02\xc4\x016", &[5, 6]), // values that are text
        (b"\x82\xa1a\x05\xa1b\x06", &[5, 6]), // values, keys are names
        (b"\xde\x00\x01\x00\xd9\x03-12", &[-12]),
    ];
    for (value, expected) in cases {
        assert_eq!(
            read(value, |fields| fields.integers("k")),
            Ok(expected.to_vec())
        );
    }
}

#[test]
fn what_is_no_list_of_ids_is_refused() {
    let cases: [&[u8]; 15] = [
        b"\x07",
        b"\xa17",
        b"\x91\xa17", // an array holds real integers
        b"\x92\x01\xc0",
        b"\x91\xc3",
        b"\x91\x90",
        b"\x81\xa1a\x80",        // a key that is no number
        b"\x82\x00\x05\x01\x80", // the first value decides
        b"\x81\xc3\x80",
        b"\x81\x00\xa1a",
        b"\x81\x00\xa0",
        b"\x81\x00\xa2+5",
        b"\x81\x00\xa2 5",
        b"\x81\x00\xa35.0",
        b"\x81\x00\xb49223372036854775808 ",
    ];
    for value in cases {
        assert_eq!(read(value, |fields| fields.integers("k")), Err(WRONG));
    }
}

#[test]
fn texts_are_taken_by_the_same_rule() {
    let cases: [(&[u8], &[&str]); 6] = [
        (b"\x92\xa1a\xc4\x01b", &["a", "b"]),
        (b"\x90", &[]),
        (b"\x80", &[]),
        (b"\x82\xa1a\x80\xa1b\x80", &["a", "b"]),
        (b"\x82\x00\xa1a\x02\xa1b", &["a", "b"]),
        (b"\x82\xa1x\xa1a\xa1y\xa1b", &["a", "b"]),
    ];
    for (value, expected) in cases {
        read(value, |fields| {
            assert_eq!(fields.texts("k"), Ok(expected.to_vec()));
        });
    }
    for value in [
        &b"\xa1a"[..],
        b"\x91\x01",
        b"\x91\xa1\xff",
        b"\x81\x05\x80",
        b"\x81\x00\x05",
    ] {
        assert!(read(value, |fields| fields.texts("k").is_err()));
    }
}

#[test]
fn values_can_be_walked_over() {
    let row = List::new().integer(1).text("a").bytes(b"b").boolean(true);
    let payload = Map::new()
        .list("k", List::new().list(row.clone()).list(row))
        .map("m", Map::new().integer("7", 8).raw("n", b"\xc0"))
        .raw("f", b"\xca\x3f\x00\x00\x00")
        .raw("x", b"\xd6\xff\x00\x00\x00\x00")
        .raw("h", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff")
        .finish();
    let fields = Fields::parse(&payload).unwrap();
    let rows = fields.get("k").and_then(Value::list).unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let kinds: Vec<Kind> = row.list().unwrap().map(Value::kind).collect();
        assert_eq!(
            kinds,
            [Kind::Integer, Kind::Text, Kind::Bytes, Kind::Boolean]
        );
        assert_eq!(row.kind(), Kind::List);
        assert!(row.entries().is_none());
    }
    let map = fields.get("m").unwrap();
    assert_eq!(map.kind(), Kind::Map);
    assert!(map.list().is_none());
    let entries = map.entries().unwrap();
    assert_eq!(entries.len(), 2);
    let keys: Vec<Option<&str>> = entries.clone().map(|(key, _)| key.text()).collect();
    assert_eq!(keys, [Some("7"), Some("n")]);
    let nil: Vec<bool> = entries.map(|(_, value)| value.is_nil()).collect();
    assert_eq!(nil, [false, true]);
    let kinds = ["f", "x", "h"].map(|key| fields.get(key).unwrap().kind());
    assert_eq!(kinds, [Kind::Float, Kind::Extension, Kind::Integer]);
    assert_eq!(fields.get("f").and_then(Value::float), Some(0.5));
}

#[test]
fn text_or_integer_is_what_can_be_shown() {
    let shown = |value: &[u8]| {
        read(value, |fields| {
            fields
                .get("k")
                .unwrap()
                .text_or_integer()
                .map(Cow::into_owned)
        })
    };
    assert_eq!(shown(b"\xa1a").as_deref(), Some("a"));
    assert_eq!(shown(b"\xa1\xff").as_deref(), Some("\u{fffd}"));
    assert_eq!(shown(b"\xe0").as_deref(), Some("-32"));
    assert_eq!(shown(b"\xc3"), None);
}

#[test]
fn a_field_that_can_not_be_taken_becomes_a_refusal_that_names_it() {
    let refusal = Refusal::from(FieldError::Missing("uid"));
    assert_eq!(refusal, Refusal::new(10_009, "parameter uid is missing"));
    let refusal = Refusal::from(FieldError::WrongType("uid"));
    let text = "parameter uid has the wrong type or is out of range";
    assert_eq!(refusal, Refusal::new(10_010, text));
}

#[test]
fn what_users_write_is_not_in_the_debug_form_of_fields() {
    let payload = Map::new().text("msg", "hush").finish();
    let shown = format!("{:?}", Fields::parse(&payload).unwrap().get("msg"));
    assert!(!shown.contains("hush") && shown.contains("Text"), "{shown}");
}

#[test]
fn a_payload_of_too_many_fields_is_refused_before_they_are_read() {
    let of = |count: u32| {
        let mut payload = vec![0xdf];
        payload.extend_from_slice(&count.to_be_bytes());
        payload.extend((0..count).flat_map(|_| [0xa0, 0x01]));
        Fields::parse(&payload).map(|_| ())
    };
    assert_eq!(of(256), Ok(()));
    assert_eq!(of(257), Err(WireError::TooManyFields));
}
