use halloo_core::messages::{Content, Form, Kind};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{BodyType, Rtm, easemob, rtm, written};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// As RTM writes it.
fn from_rtm(kind: i64, body: &[u8], attributes: &str) -> Content {
    Content {
        kind: Kind::new(kind).unwrap(),
        form: match std::str::from_utf8(body) {
            Ok(_) => Form::Text,
            Err(_) => Form::Binary,
        },
        body: body.to_vec().into(),
        attributes: attributes.into(),
    }
}

/// Body and ext as Easemob is shown them.
fn shown(content: &Content) -> (Value, Value) {
    let shown = easemob(content);
    (Value::Object(shown.body), Value::Object(shown.ext))
}

fn told(shown: &Rtm<'_>) -> (u8, String, String) {
    let body = String::from_utf8(shown.body.to_vec()).unwrap();
    (shown.kind.number(), body, shown.attributes.to_string())
}

fn kept(shown: &Rtm<'_>) -> Content {
    from_rtm(shown.kind.number().into(), &shown.body, &shown.attributes)
}

#[test]
fn types_have_the_kinds_that_rtm_counts_them_by() {
    let kinds = BodyType::ALL.map(|of| (of.name(), of.kind().number()));
    let expected = [
        ("txt", 30),
        ("img", 40),
        ("audio", 41),
        ("video", 42),
        ("file", 50),
        ("loc", 2),
        ("cmd", 32),
        ("custom", 51),
    ];
    assert_eq!(kinds, expected);
    for of in BodyType::ALL {
        assert_eq!(BodyType::of(of.name()), Some(of));
    }
    for name in ["", "TXT", "text", "combine"] {
        assert_eq!(BodyType::of(name), None);
    }
}

#[test]
fn a_text_of_easemob_is_a_text() {
    let body = object(json!({"msg": "hi"}));
    let content = written(BodyType::Text, body.clone(), None);
    assert_eq!(content, from_rtm(30, b"hi", ""));
    let ext = object(json!({"a": 1}));
    assert_eq!(
        written(BodyType::Text, body, Some(ext)),
        from_rtm(30, b"hi", r#"{"a":1}"#)
    );
}

#[test]
fn rtm_is_shown_what_easemob_wrote() {
    let cases = [
        (
            BodyType::Command,
            json!({"action": "go"}),
            (32, "go".to_owned()),
        ),
        (
            BodyType::Command,
            json!({"action": "go", "param": []}),
            (32, r#"{"action":"go","param":[],"type":"cmd"}"#.to_owned()),
        ),
        (
            BodyType::Location,
            json!({"addr": "x", "lat": "1", "lng": 2.5}),
            (
                2,
                r#"{"addr":"x","lat":"1","lng":2.5,"type":"loc"}"#.to_owned(),
            ),
        ),
        (
            BodyType::Custom,
            json!({"customEvent": "e"}),
            (51, r#"{"customEvent":"e","type":"custom"}"#.to_owned()),
        ),
        (
            BodyType::File,
            json!({"url": "u", "file_length": 3, "filename": ".profile"}),
            (50, r#"{"size":3,"url":"u"}"#.to_owned()),
        ),
    ];
    for (of, body, (kind, msg)) in cases {
        let content = written(of, object(body), None);
        let (told_kind, told_msg, attributes) = told(&rtm(&content));
        assert_eq!((told_kind, told_msg), (kind, msg));
        let expected = if of == BodyType::File {
            // What begins with a dot is a name.
            r#"{"custom":"","rtm":{"ext":"","filename":".profile"}}"#
        } else {
            ""
        };
        assert_eq!(attributes, expected);
    }
}

#[test]
fn easemob_is_shown_files_that_rtm_sent() {
    let body = br#"{"url":"u","size":7,"surl":"s"}"#;
    let go = r#"{"rtm":{"sign":"x","ext":"bin","filename":"a"},"custom":{"k":[1]}}"#;
    let java = r#"{"rtm":{"ext":"bin","filename":"a.bin"},"custom":"text"}"#;
    let python = r#"{"rtm":{"ext":""}}"#;
    let voice =
        r#"{"rtm":{"ext":"amr","filename":"","type":"audiomsg","duration":1700},"custom":""}"#;
    let plain = json!({"url": "u", "file_length": 7, "thumb": "s"});
    let named = |name: &str| {
        let mut file = plain.clone();
        file["filename"] = json!(name);
        file
    };
    let mut voice_shown = named(".amr");
    voice_shown["length"] = json!(2);
    for (kind, of, attributes, expected, ext) in [
        (40, "img", go, named("a.bin"), json!({"k": [1]})),
        (41, "audio", java, named("a.bin"), json!({"custom": "text"})),
        (42, "video", python, plain.clone(), json!({})),
        (41, "audio", voice, voice_shown, json!({})),
        (43, "file", "", plain.clone(), json!({})),
        (45, "file", r#"{"x":1}"#, plain.clone(), json!({"x": 1})),
        (50, "file", "note", plain.clone(), json!({"attrs": "note"})),
    ] {
        let mut expected = expected;
        expected["type"] = json!(of);
        assert_eq!(
            shown(&from_rtm(kind, body, attributes)),
            (expected, ext),
            "{attributes}"
        );
    }
}

#[test]
fn what_easemob_has_no_word_for_is_a_custom_message_that_says_everything() {
    let custom = |mtype: &str, field: &str, said: &str| {
        json!({
            "type": "custom", "customEvent": "rtm", "customExts": {"mtype": mtype, field: said},
        })
    };
    for (kind, body, expected) in [
        (51, b"hi".as_slice(), custom("51", "msg", "hi")),
        (127, b"", custom("127", "msg", "")),
        (1, b"7", custom("1", "msg", "7")),
        (2, b"{}", custom("2", "msg", "{}")),
        (31, b"\xff\x00", custom("31", "base64", "/wA=")),
        (30, b"\xff", custom("30", "base64", "/w==")),
        (32, b"\xff", custom("32", "base64", "/w==")),
        (40, b"no file", custom("40", "msg", "no file")),
        (40, b"{\"size\":1}", custom("40", "msg", "{\"size\":1}")),
        (50, b"\xff\x00\x01", custom("50", "base64", "/wAB")),
    ] {
        for (attributes, ext) in [
            ("", json!({})),
            (r#"{"a":{"b":1}}"#, json!({"a": {"b": 1}})),
            ("[1]", json!({"attrs": "[1]"})),
            ("some", json!({"attrs": "some"})),
        ] {
            assert_eq!(
                shown(&from_rtm(kind, body, attributes)),
                (expected.clone(), ext)
            );
        }
    }
    let chat = from_rtm(30, b"hi", "x");
    assert_eq!(
        shown(&chat),
        (json!({"type": "txt", "msg": "hi"}), json!({"attrs": "x"}))
    );
    let command = from_rtm(32, b"go", "");
    assert_eq!(
        shown(&command),
        (json!({"type": "cmd", "action": "go"}), json!({}))
    );
}

#[test]
fn what_was_stored_as_no_object_is_shown_all_the_same() {
    let odd = Content {
        kind: Kind::new(40).unwrap(),
        form: Form::Easemob,
        body: "[]".into(),
        attributes: "".into(),
    };
    assert_eq!(told(&rtm(&odd)), (40, "[]".to_owned(), String::new()));
    assert_eq!(
        shown(&odd).0["customExts"],
        json!({"mtype": "40", "msg": "[]"})
    );
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|number: f64| Value::from(number)),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-zé.]{0,5}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn json_object() -> impl Strategy<Value = Map<String, Value>> {
    proptest::collection::btree_map("[a-zé.]{0,8}", json_value(), 0..5)
        .prop_map(|map| map.into_iter().collect())
}

fn body_type() -> impl Strategy<Value = BodyType> {
    proptest::sample::select(BodyType::ALL.to_vec())
}

/// A body of any type, with the fields that matter across the dialects or without them.
fn body() -> impl Strategy<Value = Map<String, Value>> {
    const FIELDS: &[&str] = &[
        "url",
        "filename",
        "thumb",
        "length",
        "file_length",
        "action",
        "type",
        "msg",
    ];
    let known =
        proptest::collection::btree_map(proptest::sample::select(FIELDS), json_value(), 0..8);
    (json_object(), known).prop_map(|(mut body, known)| {
        body.extend(
            known
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        body
    })
}

/// Whatever RTM may have stored, files among it.
fn anything_of_rtm() -> impl Strategy<Value = Content> {
    let text = prop_oneof![
        ".{0,20}".prop_map(String::into_bytes),
        json_value().prop_map(|value| value.to_string().into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..20),
        ("[a-z:/]{0,9}", any::<u32>(), "[a-z]{0,4}").prop_map(|(url, size, surl)| {
            json!({"url": url, "size": size, "surl": surl})
                .to_string()
                .into_bytes()
        }),
    ];
    let attributes = prop_oneof![
        ".{0,20}",
        json_value().prop_map(|value| value.to_string()),
        (json_value(), json_value())
            .prop_map(|(about, custom)| json!({"rtm": about, "custom": custom}).to_string()),
    ];
    (1..=127_i64, text, attributes)
        .prop_map(|(kind, body, attributes)| from_rtm(kind, &body, &attributes))
}

proptest! {
    #[test]
    fn what_rtm_wrote_returns_to_rtm_as_it_was(content in anything_of_rtm()) {
        let shown = rtm(&content);
        prop_assert_eq!(shown.kind, content.kind);
        prop_assert_eq!(&*shown.body, &*content.body);
        prop_assert_eq!(&*shown.attributes, &*content.attributes);
        prop_assert_eq!(shown.is_text, content.form == Form::Text);
    }

    #[test]
    fn what_easemob_wrote_returns_to_easemob_as_it_was(
        of in body_type(), sent in body(), ext in proptest::option::of(json_object())
    ) {
        let content = written(of, sent.clone(), ext.clone());
        prop_assert_eq!(content.kind, of.kind());
        let shown = easemob(&content);
        let mut expected = sent;
        if of == BodyType::Text {
            let text = expected.get("msg").and_then(Value::as_str).unwrap_or_default();
            expected = object(json!({"msg": text}));
        }
        expected.insert("type".to_owned(), of.name().into());
        prop_assert_eq!(shown.body, expected);
        prop_assert_eq!(shown.ext, ext.unwrap_or_default());
    }

    #[test]
    fn everything_has_a_form_in_either_dialect(
        content in anything_of_rtm(), of in body_type(), sent in body(), ext in json_object()
    ) {
        for content in [content, written(of, sent, Some(ext))] {
            let shown = easemob(&content);
            let named = shown.body.get("type").and_then(Value::as_str).and_then(BodyType::of);
            prop_assert!(named.is_some(), "{:?}", shown);
            let told = rtm(&content);
            prop_assert_eq!(told.kind, content.kind);
            prop_assert!(!told.is_text || std::str::from_utf8(&told.body).is_ok());
        }
    }

    #[test]
    fn a_file_of_easemob_that_went_through_rtm_is_the_same_file(
        of in proptest::sample::select(vec![
            BodyType::Image, BodyType::Audio, BodyType::Video, BodyType::File,
        ]),
        (url, filename, thumb) in ("[a-z:/]{1,9}", "[a-z.]{1,9}", "[a-z]{1,4}"),
        (length, bytes, ext) in (1..1_000_000_u64, any::<u32>(), json_object()),
    ) {
        let sent = object(json!({
            "url": url, "filename": filename, "thumb": thumb, "length": length,
            "file_length": bytes,
        }));
        let content = written(of, sent.clone(), Some(ext.clone()));
        let returned = easemob(&kept(&rtm(&content)));
        let mut expected = sent;
        expected.insert("type".to_owned(), of.name().into());
        prop_assert_eq!(returned.body, expected);
        prop_assert_eq!(returned.ext, ext);
    }

    #[test]
    fn a_file_of_rtm_that_went_through_easemob_is_the_same_file(
        kind in proptest::sample::select(vec![40_i64, 41, 42, 50]),
        (url, size, surl) in ("[a-z:/]{1,9}", any::<u32>(), "[a-z]{1,4}"),
        (name, seconds, custom) in ("[a-z]{1,4}", 1..100_000_u64, json_object()),
    ) {
        let body = json!({"url": url, "size": size, "surl": surl});
        let mut about = json!({
            "ext": "bin", "filename": format!("{name}.bin"), "duration": seconds * 1000,
        });
        if kind == 41 {
            about["type"] = json!("audiomsg");
            about["lang"] = json!("");
        }
        let attributes = json!({"rtm": about, "custom": custom});
        let sent = from_rtm(kind, body.to_string().as_bytes(), &attributes.to_string());
        let shown = easemob(&sent);
        let of = shown.body.get("type").and_then(Value::as_str).and_then(BodyType::of);
        let again = written(of.unwrap(), shown.body, Some(shown.ext));
        let (told_kind, told_body, told_attributes) = told(&rtm(&again));
        prop_assert_eq!(i64::from(told_kind), kind);
        prop_assert_eq!(serde_json::from_str::<Value>(&told_body).unwrap(), body);
        prop_assert_eq!(serde_json::from_str::<Value>(&told_attributes).unwrap(), attributes);
    }
}
