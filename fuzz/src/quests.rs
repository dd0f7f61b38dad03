//! Quests with parameters of every type.

use halloo_fpnn::{Encoding, List, Map, Method, Quest};
use libfuzzer_sys::arbitrary::{Result, Unstructured};

/// Every parameter of every method, older spellings included.
const PARAMETERS: &[&str] = &[
    "uid",
    "uids",
    "gid",
    "rid",
    "rids",
    "btime",
    "ce",
    "oinfo",
    "pinfo",
    "friends",
    "fuid",
    "fuids",
    "blacks",
    "buid",
    "buids",
    "key",
    "val",
    "apptype",
    "appType",
    "devicetoken",
    "deviceToken",
    "adddevice",
    "type",
    "xid",
    "mtypes",
    "mtype",
    "version",
    "pid",
    "sign",
    "salt",
    "ts",
    "gids",
    "token",
    "authv",
    "attrs",
    "var",
    "device",
    "online",
    "msg",
    "what",
    "addrType",
    "proto",
    "iptype",
    "unknown",
];
/// Texts that mean something.
const WORDS: &[&str] = &[
    "",
    "rtmGated",
    "WebSocket_2.7.6",
    "domain",
    "127.0.0.1:1",
    "apns",
    "fcm",
    "k",
    "v",
    "1",
    "-1",
    "web_1",
    "名",
];
/// Numbers that mean something.
const NUMBERS: &[i64] = &[
    -1,
    0,
    1,
    2,
    3,
    30,
    127,
    128,
    1 << 31,
    (1 << 62) - 1,
    1 << 62,
    (1 << 62) + 1,
    i64::MAX,
    i64::MIN,
];

/// Some parameters; the commonest ones are usually there and usually right.
pub fn parameters(choices: &mut Unstructured<'_>) -> Result<Map> {
    let mut parameters = Map::new();
    for key in ["uid", "gid", "rid", "xid"] {
        if choices.ratio(3, 4)? {
            parameters = parameters.integer(key, choices.int_in_range(1..=4)?);
        }
    }
    for _ in 0..choices.int_in_range(0..=5)? {
        let key = *choices.choose(PARAMETERS)?;
        parameters = value(choices, parameters, key)?;
    }
    Ok(parameters)
}

/// A quest, in any of the forms that it can have on the wire.
pub fn framed(
    choices: &mut Unstructured<'_>,
    sequence: u32,
    method: &str,
    parameters: Map,
) -> Result<Quest> {
    let name = Method::try_from(method.as_bytes()).expect("a method of the gate");
    let mut quest = Quest::two_way(sequence, name, parameters.finish());
    quest.version = choices.arbitrary()?;
    if choices.ratio(1, 8)? {
        quest.encoding = Encoding::Json;
    }
    if choices.ratio(1, 16)? {
        quest.sequence = None;
    }
    Ok(quest)
}

/// Adds `key` with a value of any type.
fn value(choices: &mut Unstructured<'_>, map: Map, key: &str) -> Result<Map> {
    Ok(match choices.int_in_range(0..=9)? {
        0 => map.integer(key, *choices.choose(NUMBERS)?),
        1 => map.integer(key, choices.arbitrary()?),
        2 => map.text(key, choices.choose(WORDS)?),
        3 => map.text(key, &"x".repeat(choices.int_in_range(0..=70_000)?)),
        4 => map.bytes(key, choices.arbitrary()?),
        5 => map.boolean(key, choices.arbitrary()?),
        6 => map.raw(key, &[0xc0]),
        7 => {
            let many = *choices.choose(&[0, 1, 3, 101, 201, 1001])?;
            let from: i64 = *choices.choose(NUMBERS)?;
            map.integers(key, (0..many).map(|n| from.saturating_add(n)))
        }
        8 => map.list(key, List::new().text("1").boolean(true).integer(2)),
        _ => map.map(key, Map::new().integer("1", 2).text("2", "3")),
    })
}
