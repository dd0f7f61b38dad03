//! Recorded packages, byte for byte in both directions.

use halloo_fpnn::{
    Answer, Encoding, Exchange, Fields, Frame, Map, Method, Mode, Quest, Refusal, ReplyTo, Strength,
};
use serde_json::{Value as Json, json};

use crate::{frame, hex, shape};

/// One list of `vectors.json`.
pub(crate) fn recorded(list: &str) -> Vec<Json> {
    let vectors: Json = serde_json::from_str(include_str!("vectors.json")).unwrap();
    vectors[list].as_array().unwrap().clone()
}

/// The bytes of one recorded frame.
pub(crate) fn recorded_frame(vector: &str) -> Vec<u8> {
    let frames = recorded("frames");
    let found = frames.iter().find(|frame| frame["vector"] == vector);
    hex(found.unwrap()["frame"].as_str().unwrap())
}

#[test]
fn recorded_frames_mean_what_was_recorded_with_them() {
    let recorded = recorded("frames");
    assert_eq!(recorded.len(), 26);
    for expected in recorded {
        let mut found = expected.clone();
        match frame(&hex(expected["frame"].as_str().unwrap())) {
            Frame::Quest(quest) => {
                found["version"] = json!(quest.version);
                found["encoding"] = json!(match quest.encoding {
                    Encoding::MessagePack => "MessagePack",
                    Encoding::Json => "JSON",
                });
                match quest.sequence {
                    Some(sequence) => found["sequence"] = json!(sequence),
                    None => assert!(expected.get("sequence").is_none()),
                }
                found["method"] = json!(quest.method.as_str());
                found["payload"] = shape::of_payload(&quest.payload);
            }
            Frame::Answer { sequence, answer } => {
                found["sequence"] = json!(sequence);
                found["refused"] = json!(answer.is_err());
                found["payload"] = match answer {
                    Ok(payload) => shape::of_payload(&payload),
                    Err(refusal) => json!([["code", refusal.code], ["ex", refusal.text]]),
                };
            }
        }
        assert_eq!(found, expected);
        // A quest would not be an answer with the same parts.
        assert_eq!(
            found.get("method").is_none(),
            found.get("refused").is_some()
        );
    }
}

#[test]
fn recorded_frames_are_written_byte_for_byte() {
    let mut foreign = Vec::new();
    for recorded in recorded("frames") {
        let Some(map) = shape::to_map(&recorded["payload"]) else {
            foreign.push(recorded["vector"].clone());
            continue;
        };
        let version = u8::try_from(recorded["version"].as_u64().unwrap()).unwrap();
        let encoding = match recorded["encoding"].as_str() {
            Some("JSON") => Encoding::Json,
            _ => Encoding::MessagePack,
        };
        let sequence = recorded.get("sequence").and_then(Json::as_u64);
        let sequence = sequence.map(|sequence| u32::try_from(sequence).unwrap());
        let mut written = b"before".to_vec();
        if let Some(method) = recorded.get("method").and_then(Json::as_str) {
            let quest = Quest {
                version,
                encoding,
                sequence,
                method: Method::try_from(method.as_bytes()).unwrap(),
                payload: map.finish(),
            };
            quest.encode(&mut written);
        } else {
            let reply_to = ReplyTo {
                version,
                encoding,
                sequence: sequence.unwrap(),
            };
            reply_to.encode(&answer(&recorded, map), &mut written);
        }
        let mut expected = b"before".to_vec();
        expected.extend(hex(recorded["frame"].as_str().unwrap()));
        assert_eq!(written, expected, "{recorded}");
    }
    // Keys that are integers, and text that is not UTF-8: read, never written.
    assert_eq!(foreign, ["V15", "V34"]);
}

fn answer(recorded: &Json, map: Map) -> Answer {
    if recorded["refused"] == false {
        return Ok(map.finish());
    }
    let payload = &recorded["payload"];
    let code = u32::try_from(payload[0][1].as_u64().unwrap()).unwrap();
    Err(Refusal::new(code, payload[1][1].as_str().unwrap()))
}

#[test]
fn quests_of_our_own_have_version_1_and_message_pack() {
    let mut written = Vec::new();
    Quest::two_way(1, Method::new("*ping"), Map::empty()).encode(&mut written);
    assert_eq!(written, recorded_frame("V01"));

    let mut written = Vec::new();
    Quest::one_way(Method::new("demo"), Map::new().integer("a", 1).finish()).encode(&mut written);
    assert_eq!(written, recorded_frame("V04"));
}

#[test]
fn an_answer_echoes_version_encoding_and_sequence_of_its_quest() {
    let time = Map::new().integer("ts", 1_700_000_000_123).finish();
    for (quest, answer) in [("V01", "V03"), ("V19", "V20")] {
        let Frame::Quest(quest) = frame(&recorded_frame(quest)) else {
            panic!("{quest} is a quest");
        };
        let mut written = Vec::new();
        quest.encode_answer(&Ok(time.clone()), &mut written);
        assert_eq!(written, recorded_frame(answer));
    }
    // A version nobody has yet, and a sequence number that is negative to some.
    let mut bytes = recorded_frame("V01");
    bytes[4] = 0xfe;
    bytes[12..16].copy_from_slice(&0xffff_fffe_u32.to_le_bytes());
    let Frame::Quest(quest) = frame(&bytes) else {
        panic!("a quest");
    };
    let mut written = Vec::new();
    quest.encode_answer(&Ok(Map::empty()), &mut written);
    assert_eq!(written, hex("46504e4efe80020001000000feffffff80"));
}

#[test]
fn a_one_way_quest_is_not_answered() {
    let Frame::Quest(quest) = frame(&recorded_frame("V04")) else {
        panic!("a quest");
    };
    assert_eq!(quest.reply_to(), None);
    let mut written = Vec::new();
    quest.encode_answer(&Ok(Map::empty()), &mut written);
    quest.encode_answer(&Err(Refusal::new(20_004, "no")), &mut written);
    assert!(written.is_empty());
}

#[test]
fn a_recorded_key_exchange_is_read() {
    let expectations = [
        ("V25", Mode::Package, Strength::Aes128),
        ("V30", Mode::Stream, Strength::Aes256),
        ("V34", Mode::Package, Strength::Aes128),
    ];
    let agreement = recorded("agreements").remove(0);
    let public_key = hex(agreement["client"]["raw"].as_str().unwrap());
    for (vector, mode, strength) in expectations {
        let Frame::Quest(quest) = frame(&recorded_frame(vector)) else {
            panic!("{vector} is a quest");
        };
        let fields = Fields::parse(&quest.payload).unwrap();
        let expected = Exchange {
            public_key: &public_key,
            mode,
            strength,
        };
        assert_eq!(Exchange::read(&fields), Ok(expected));
    }
}

#[test]
fn the_ids_of_a_recorded_setlisten_are_the_keys_of_its_maps() {
    let Frame::Quest(quest) = frame(&recorded_frame("V15")) else {
        panic!("a quest");
    };
    let fields = Fields::parse(&quest.payload).unwrap();
    assert_eq!(fields.integers("gids"), Ok(vec![1]));
    assert_eq!(fields.integers("rids"), Ok(vec![2]));
    assert_eq!(fields.integers("uids"), Ok(vec![3]));
    assert_eq!(fields.texts("events"), Ok(vec!["login"]));
}
