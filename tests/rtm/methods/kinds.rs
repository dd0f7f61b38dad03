//! Types of parameters and fields: values that have them and values that do not. Source: FPNN 9.3.

use halloo_testkit::rtm::packed;
use serde_json::{Value, json};

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A user: positive.
    Uid,
    /// A group: positive.
    Group,
    /// A room: positive.
    Room,
    /// A group, or every one where it is not positive.
    AnyGroup,
    /// A room, or every one where it is not positive.
    AnyRoom,
    /// A user or a group: positive.
    Peer,
    /// Seconds; not positive: for ever.
    Seconds,
    /// 0 for a user, 1 for a group.
    ZeroOrOne,
    /// 1 to 100 users.
    Ids100,
    /// 1 to 200 users.
    Ids200,
    /// 1 to 1000 users.
    Ids1000,
    /// 1 to 1000 rooms.
    Rooms,
    /// Types of message of 8 bits.
    Types,
    /// A text of up to 65,535 bytes.
    Info,
    /// A text of 1 to 128 bytes.
    Key,
    /// A text of up to 65,535 bytes.
    Value,
    /// A text of 1 to 4096 bytes.
    Token,
    /// `apns` or `fcm`.
    AppType,
    /// Any text.
    Resource,
    /// Any integer.
    I64,
    /// 1 to 127.
    MessageType,
    /// 1 to 4.
    Log,
    /// 2 or 3.
    GroupOrRoom,
    /// 0 to 4.
    Sort,
    /// Text or bytes, up to 20,480 of them.
    Body,
    /// A text of up to 2048 bytes.
    Attributes,
    /// 1 to 2000 users.
    Ids2000,
    /// Up to 10,000 users, groups or rooms, or none.
    Listened,
    /// Any texts.
    Texts,
    /// Types of message that are asked for.
    Filter,
    Bool,
    // Of methods that are not served:
    I32,
    I8,
    Float,
    Text,
    TextMap,
    Opaque,
    Ids,
}

/// What is told apart on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Integer,
    Text,
    Ids,
    Types,
    Body,
    Other,
}

/// What a field of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Int,
    Float,
    Bool,
    Text,
    Ids,
    List,
    Map,
    TextMap,
    IntMap,
    TypesMap,
}

/// A value as it stands on the wire, and what to call it.
pub(crate) type Encoded = (&'static str, Vec<u8>);

impl Kind {
    pub(crate) fn family(self) -> Family {
        match self {
            Self::Uid
            | Self::Group
            | Self::Room
            | Self::AnyGroup
            | Self::AnyRoom
            | Self::Peer
            | Self::Seconds
            | Self::ZeroOrOne
            | Self::MessageType
            | Self::Log
            | Self::GroupOrRoom
            | Self::Sort
            | Self::I64
            | Self::I32
            | Self::I8 => Family::Integer,
            Self::Ids100
            | Self::Ids200
            | Self::Ids1000
            | Self::Ids2000
            | Self::Rooms
            | Self::Listened
            | Self::Filter
            | Self::Ids => Family::Ids,
            Self::Body => Family::Body,
            Self::Types => Family::Types,
            Self::Info
            | Self::Key
            | Self::Value
            | Self::Token
            | Self::AppType
            | Self::Resource
            | Self::Attributes
            | Self::Text => Family::Text,
            Self::Bool | Self::Float | Self::Texts | Self::TextMap | Self::Opaque => Family::Other,
        }
    }

    /// How many ids a list may have.
    pub(crate) fn most(self) -> Option<i64> {
        match self {
            Self::Ids100 => Some(100),
            Self::Ids200 => Some(200),
            Self::Ids1000 | Self::Rooms => Some(1000),
            Self::Ids2000 => Some(2000),
            Self::Listened => Some(10_000),
            _ => None,
        }
    }

    /// A good value.
    pub(crate) fn sample(self) -> Value {
        match self.family() {
            Family::Integer => json!(1),
            Family::Text | Family::Body => json!("text"),
            Family::Ids | Family::Types => json!([1]),
            Family::Other if self == Self::Bool => json!(true),
            Family::Other if self == Self::Float => json!(0.5),
            Family::Other if self == Self::Texts => json!(["text"]),
            Family::Other if self == Self::TextMap => json!({"key": "text"}),
            Family::Other => json!("opaque"),
        }
    }

    /// Values of other types.
    pub(crate) fn wrong(self) -> Vec<Encoded> {
        let mut wrong: Vec<Encoded> = vec![
            ("true", vec![0xc3]),
            ("an extension", vec![0xd4, 1, 2]),
            ("a float with a fraction", double(1.5)),
            ("not a number", double(f64::NAN)),
        ];
        let scalar: [Encoded; 4] = [
            ("an empty list", vec![0x90]),
            ("a list", packed(&json!([11]))),
            ("an empty map", vec![0x80]),
            ("lists in each other", [vec![0x91; 20], vec![0x90]].concat()),
        ];
        match self.family() {
            Family::Integer => {
                wrong.extend(scalar);
                wrong.extend(wrong_integers());
            }
            Family::Text => {
                wrong.extend(scalar);
                wrong.extend([
                    ("an integer", vec![11]),
                    ("text that is not UTF-8", b"\xa2\xc3\x28".to_vec()),
                    ("bytes that are not UTF-8", b"\xc4\x01\xff".to_vec()),
                    ("half of a surrogate pair", b"\xa3\xed\xa0\x80".to_vec()),
                ]);
            }
            Family::Ids => wrong.extend(wrong_ids()),
            Family::Types => {
                wrong.extend(wrong_ids());
                wrong.extend([
                    ("a type of nine bits", packed(&json!([30, 128]))),
                    ("a negative type of nine bits", packed(&json!([-129]))),
                ]);
            }
            Family::Body => {
                wrong.extend(scalar);
                wrong.push(("an integer", vec![11]));
            }
            Family::Other if self == Self::Bool => {
                wrong.remove(0);
                wrong.extend(scalar);
                wrong.extend([("0", vec![0]), ("text", packed(&json!("true")))]);
            }
            Family::Other => {}
        }
        wrong
    }

    /// Other ways to say `value`.
    pub(crate) fn right(self, value: &Value) -> Vec<Encoded> {
        match self.family() {
            Family::Integer => integers(value.as_i64().expect("an integer")),
            Family::Text => texts(value.as_str().expect("a text")),
            // Text in bytes is no text.
            Family::Body => texts(value.as_str().expect("a text"))
                .into_iter()
                .filter(|(form, _)| form.starts_with("str"))
                .collect(),
            Family::Ids | Family::Types => {
                let ids = value.as_array().expect("a list").iter();
                lists(&ids.filter_map(Value::as_i64).collect::<Vec<_>>())
            }
            Family::Other => Vec::new(),
        }
    }
}

fn double(value: f64) -> Vec<u8> {
    [&[0xcb], value.to_be_bytes().as_slice()].concat()
}

fn wrong_integers() -> Vec<Encoded> {
    vec![
        ("a number as text", b"\xa211".to_vec()),
        ("a number as bytes", b"\xc4\x0211".to_vec()),
        ("empty text", vec![0xa0]),
        ("infinity", double(f64::INFINITY)),
        ("2^63", [[0xcf, 0x80].as_slice(), &[0; 7]].concat()),
        ("2^64 - 1", [[0xcf].as_slice(), &[0xff; 8]].concat()),
        ("2^63 as a float", double(9_223_372_036_854_775_808.0)),
        ("less than -2^63", double(-9_223_372_036_854_777_856.0)),
        ("a small fraction", b"\xca\x3d\xcc\xcc\xcd".to_vec()),
    ]
}

fn wrong_ids() -> Vec<Encoded> {
    vec![
        ("an integer", vec![11]),
        ("a number as text", b"\xa211".to_vec()),
        ("bytes", b"\xc4\x01\x0b".to_vec()),
        ("a list with true", vec![0x92, 11, 0xc3]),
        ("a list with nil", vec![0x92, 0xc0, 11]),
        ("a list with text", packed(&json!([11, "x"]))),
        ("a list with a number as text", packed(&json!(["11"]))),
        ("a list with a fraction", packed(&json!([11.5]))),
        ("a list of lists", packed(&json!([[11]]))),
        ("a list of maps", packed(&json!([{}]))),
        (
            "a list with 2^63",
            [[0x92, 11, 0xcf, 0x80].as_slice(), &[0; 7]].concat(),
        ),
        ("a map with text for keys", packed(&json!({"x": {}}))),
        (
            "a map with a key of two numbers",
            packed(&json!({"1 2": {}})),
        ),
        ("a map with a signed key", packed(&json!({"+5": {}}))),
        (
            "a map with a fraction for a key",
            [vec![0x81], double(1.5), vec![0x80]].concat(),
        ),
        ("a map with true for a key", vec![0x81, 0xc3, 0x80]),
        ("a map with text for values", packed(&json!({"11": "x"}))),
        (
            "a map with one value that is none",
            packed(&json!({"1": 11, "2": {}})),
        ),
    ]
}

/// Every width that holds the integer, and floats.
fn integers(value: i64) -> Vec<Encoded> {
    let bytes = value.to_be_bytes();
    let mut all: Vec<Encoded> = vec![("i64", [&[0xd3], bytes.as_slice()].concat())];
    let narrow = |marker: u8, width: usize| [&[marker], &bytes[8 - width..]].concat();
    if value >= 0 {
        all.push(("u64", narrow(0xcf, 8)));
        for (name, marker, width) in [("u8", 0xcc, 1), ("u16", 0xcd, 2), ("u32", 0xce, 4)] {
            if value < 1 << (8 * width) {
                all.push((name, narrow(marker, width)));
            }
        }
    }
    for (name, marker, width) in [("i8", 0xd0, 1), ("i16", 0xd1, 2), ("i32", 0xd2, 4)] {
        let half = 1 << (8 * width - 1);
        if (-half..half).contains(&value) {
            all.push((name, narrow(marker, width)));
        }
    }
    let small = i32::try_from(value).expect("samples are small");
    all.push(("f64", double(small.into())));
    let single = i16::try_from(value)
        .map(f32::from)
        .expect("samples are small");
    all.push(("f32", [&[0xca], single.to_be_bytes().as_slice()].concat()));
    all
}

/// Both families, every length of their heads.
fn texts(text: &str) -> Vec<Encoded> {
    let length = u8::try_from(text.len()).expect("samples are short");
    let with = |head: &[u8]| [head, &[length], text.as_bytes()].concat();
    vec![
        ("str8", with(&[0xd9])),
        ("str16", with(&[0xda, 0])),
        ("str32", with(&[0xdb, 0, 0, 0])),
        ("bin8", with(&[0xc4])),
        ("bin16", with(&[0xc5, 0])),
        ("bin32", with(&[0xc6, 0, 0, 0])),
    ]
}

/// Arrays and what stands for them, ids twice included.
fn lists(ids: &[i64]) -> Vec<Encoded> {
    let length = u8::try_from(ids.len()).expect("samples are short");
    let each = |one: &dyn Fn(i64) -> Vec<u8>| ids.iter().flat_map(|id| one(*id)).collect();
    let list = |head: &[u8], items: Vec<u8>| [head, &[length], &items].concat();
    let map = |items: Vec<u8>| [[0x80 + length].as_slice(), &items].concat();
    let number = |id: i64| packed(&json!(id));
    let text = |id: i64| packed(&json!(id.to_string()));
    let twice: Vec<i64> = ids.iter().chain(ids).copied().collect();
    vec![
        ("array16", list(&[0xdc, 0], each(&number))),
        ("array32", list(&[0xdd, 0, 0, 0], each(&number))),
        ("every id twice", packed(&json!(twice))),
        (
            "ids as floats",
            packed(
                &ids.iter()
                    .map(|id| json!(f64::from(i32::try_from(*id).unwrap())))
                    .collect(),
            ),
        ),
        (
            "ids as keys, as Go sends them",
            map(each(&|id| [number(id), vec![0x80]].concat())),
        ),
        (
            "ids as keys in text",
            map(each(&|id| [text(id), vec![0x80]].concat())),
        ),
        (
            "ids as values, as PHP sends them",
            map(each(&|id| [text(900 + id), number(id)].concat())),
        ),
        (
            "ids as values in text",
            map(each(&|id| [number(900 + id), text(id)].concat())),
        ),
        ("ids as values in bytes", {
            map(each(&|id| {
                let digits = id.to_string();
                let length = u8::try_from(digits.len()).unwrap();
                [&[0xa1, b'k', 0xc4, length], digits.as_bytes()].concat()
            }))
        }),
    ]
}

impl FieldKind {
    /// Whether `value` is of this type.
    pub(crate) fn fits(self, value: &Value) -> bool {
        let each =
            |fits: fn(&Value) -> bool| value.as_object().is_some_and(|map| map.values().all(fits));
        match self {
            Self::Int => value.is_i64(),
            Self::Float => value.is_f64(),
            Self::Bool => value.is_boolean(),
            Self::Text => value.is_string(),
            Self::Ids => value
                .as_array()
                .is_some_and(|ids| ids.iter().all(Value::is_i64)),
            Self::List => value.is_array(),
            Self::Map => value.is_object(),
            Self::TextMap => each(Value::is_string),
            Self::IntMap => each(Value::is_i64),
            Self::TypesMap => each(|types| Self::Ids.fits(types)),
        }
    }
}
