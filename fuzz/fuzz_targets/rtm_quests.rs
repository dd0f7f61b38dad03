//! A few quests on one connection to the RTM server gate. The bytes choose methods and fill in parameters
//! of every type, most of them signed, so that they get past authentication.
#![no_main]

use std::sync::LazyLock;

use halloo_fpnn::{Encoding, Frame, List, Map, Method, Quest};
use halloo_fuzz::{RtmVisit, RtmWorld};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

/// Quests of one input at most.
const QUESTS: usize = 16;

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
    "unknown",
];
/// Texts that mean something.
const WORDS: &[&str] = &["", "apns", "fcm", "k", "v", "1", "-1", "web_1", "名"];
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

static METHODS: LazyLock<Vec<&str>> =
    LazyLock::new(|| halloo_gate_rtm::server::methods().collect());

fuzz_target!(|data: &[u8]| {
    // Too few bytes are no input.
    let _ = run(&mut Unstructured::new(data));
});

fn run(choices: &mut Unstructured<'_>) -> Result<()> {
    let visit = RtmWorld::visit();
    let (mut wire, mut asked) = (Vec::new(), Vec::new());
    for sequence in 1..=u32::try_from(choices.int_in_range(1..=QUESTS)?).unwrap_or(1) {
        let quest = quest(choices, &visit, sequence)?;
        asked.extend(quest.sequence);
        quest.encode(&mut wire);
    }
    // A quarter of the inputs ends in bytes that nobody vouches for.
    let damaged = choices.ratio(1, 4)?;
    if damaged {
        wire.extend_from_slice(choices.bytes(choices.len().min(64))?);
    }
    let mut answered = Vec::new();
    for frame in visit.exchange(&wire) {
        if let Frame::Answer { sequence, .. } = frame {
            answered.push(sequence);
        }
    }
    answered.sort_unstable();
    if damaged {
        answered.dedup();
        answered.retain(|sequence| asked.contains(sequence));
        assert!(answered.len() <= asked.len());
    } else {
        assert_eq!(answered, asked, "every two-way quest is answered once");
    }
    Ok(())
}

fn quest(choices: &mut Unstructured<'_>, visit: &RtmVisit, sequence: u32) -> Result<Quest> {
    let method = *choices.choose(&METHODS)?;
    let mut parameters = Map::new();
    // The commonest ones are usually there and usually right.
    for key in ["uid", "gid", "rid", "xid"] {
        if choices.ratio(3, 4)? {
            parameters = parameters.integer(key, choices.int_in_range(1..=4)?);
        }
    }
    for _ in 0..choices.int_in_range(0..=5)? {
        let key = *choices.choose(PARAMETERS)?;
        parameters = value(choices, parameters, key)?;
    }
    let parameters = if choices.ratio(15, 16)? {
        visit.signed(method, parameters)
    } else {
        parameters
    };
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
