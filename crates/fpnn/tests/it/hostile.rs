//! Bytes that nobody should send.

use halloo_fpnn::{Decoder, Fields, Frame, Map, Method, Quest, WireError};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::vectors::{recorded, recorded_frame};
use crate::{drain, frame, frames, hex};

/// A decoder of frames of up to 1000 bytes, asked once.
fn ask(bytes: &[u8]) -> Result<Option<Frame>, WireError> {
    let mut decoder = Decoder::new(1000);
    decoder.feed(bytes);
    decoder.next()
}

/// A header with these four bytes behind the magic, and this length.
fn header(rest: [u8; 4], payload_bytes: u32) -> Vec<u8> {
    [b"FPNN", rest.as_slice(), &payload_bytes.to_le_bytes()].concat()
}

#[test]
fn the_first_byte_of_another_protocol_is_enough() {
    let others: [&[u8]; 6] = [b"G", b"\x16\x03\x01", b"FX", b"FPX", b"FPNX", b"fpnn"];
    for other in others {
        assert_eq!(ask(other), Err(WireError::Magic));
    }
    for begun in [
        &b""[..],
        b"F",
        b"FP",
        b"FPN",
        b"FPNN",
        b"FPNN\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert_eq!(ask(begun), Ok(None));
    }
}

#[test]
fn a_second_frame_has_to_begin_like_the_first() {
    let mut bytes = recorded_frame("V01");
    bytes.push(b'f');
    let (frames, end) = frames(&bytes);
    assert_eq!((frames.len(), end), (1, Err(WireError::Magic)));
}

#[test]
fn a_message_type_above_two_is_refused() {
    for kind in 3..=255 {
        let expected = Err(WireError::MessageType(kind));
        assert_eq!(ask(&header([1, 0x80, kind, 1], 1)), expected);
    }
}

#[test]
fn a_flag_byte_that_names_not_exactly_one_encoding_is_refused() {
    for flag in [0x00, 0x3f, 0xc0, 0xff] {
        let expected = Err(WireError::Encoding(flag));
        assert_eq!(ask(&header([1, flag, 1, 1], 1)), expected);
    }
}

#[test]
fn a_quest_without_a_method_is_refused() {
    assert_eq!(ask(&header([1, 0x80, 0, 0], 1)), Err(WireError::NoMethod));
    assert_eq!(ask(&header([1, 0x80, 1, 0], 1)), Err(WireError::NoMethod));
    // An answer has none; its zero is success.
    assert_eq!(ask(&header([1, 0x80, 2, 0], 1)), Ok(None));
}

#[test]
fn a_payload_of_no_bytes_is_refused() {
    for (kind, status) in [(0, 1), (1, 1), (2, 0), (2, 1)] {
        for flag in [0x80, 0x40] {
            let expected = Err(WireError::EmptyPayload);
            assert_eq!(ask(&header([1, flag, kind, status], 0)), expected);
        }
    }
    assert!(matches!(Fields::parse(&[]), Err(WireError::EmptyPayload)));
}

#[test]
fn a_frame_above_the_maximum_is_refused_by_its_header() {
    // What stands between header and payload, by message type, with a method of 255 bytes.
    for (kind, status, between) in [(0, 255, 255), (1, 255, 259), (2, 0, 4), (2, 255, 4)] {
        let most = 1000 - 12 - between;
        assert_eq!(ask(&header([1, 0x80, kind, status], most)), Ok(None));
        for payload_bytes in [most + 1, 1 << 31, u32::MAX - 1, u32::MAX] {
            let expected = Err(WireError::TooLarge {
                declared: 12 + u64::from(between) + u64::from(payload_bytes),
                max: 1000,
            });
            assert_eq!(
                ask(&header([1, 0x80, kind, status], payload_bytes)),
                expected
            );
        }
    }
}

#[test]
fn a_declared_length_takes_no_memory_before_its_bytes_arrive() {
    const FRAME: usize = 8 * 1024 * 1024;
    let mut decoder = Decoder::new(FRAME);
    let payload_bytes = u32::try_from(FRAME).unwrap() - 17;
    decoder.feed(&header([1, 0x80, 1, 1], payload_bytes));
    assert_eq!(decoder.next(), Ok(None));
    assert!(decoder.buffer().capacity() < 16 * 1024);

    let mut arrived = 12;
    while arrived < FRAME {
        let buffer = decoder.buffer();
        assert!(buffer.capacity() <= 2 * arrived + 16 * 1024);
        let room = buffer.capacity() - buffer.len();
        assert!(room >= 1024);
        let piece = room.min(FRAME - arrived);
        buffer.extend_from_slice(&vec![0x80; piece]);
        arrived += piece;
        assert_eq!(decoder.next().unwrap().is_some(), arrived == FRAME);
    }
    // That was dropped, and with it the memory.
    assert_eq!(decoder.next(), Ok(None));
    assert!(decoder.buffer().capacity() < 16 * 1024);
}

#[test]
fn the_memory_of_large_frames_is_given_back_though_a_part_of_one_is_left() {
    let mut large = Vec::new();
    let payload = Map::new().bytes("file", &vec![7; 1024 * 1024]).finish();
    Quest::two_way(1, Method::new("up"), payload).encode(&mut large);
    let mut decoder = Decoder::new(2 * 1024 * 1024);
    for _ in 0..3 {
        decoder.buffer().extend_from_slice(&large);
        decoder.buffer().extend_from_slice(b"FPNN");
        assert!(decoder.next().unwrap().is_some());
        assert_eq!(decoder.next(), Ok(None));
        assert!(decoder.buffer().capacity() < 16 * 1024);
        decoder.feed(&large[4..]);
        assert!(decoder.next().unwrap().is_some());
        assert_eq!(decoder.next(), Ok(None));
    }
}

#[test]
fn a_decoder_that_waits_for_nothing_holds_nothing() {
    let mut bytes = Vec::new();
    let payload = Map::new().bytes("file", &vec![7; 40 * 1024]).finish();
    Quest::two_way(1, Method::new("up"), payload).encode(&mut bytes);
    let mut decoder = Decoder::new(1_000_000);
    decoder.feed(&bytes);
    assert!(decoder.next().unwrap().is_some());
    assert_eq!(decoder.next(), Ok(None));
    assert!(decoder.buffer().capacity() < 8 * 1024);
}

#[test]
fn what_waits_for_the_rest_of_its_frame_stays_where_it_is() {
    let mut decoder = Decoder::new(1_000_000);
    decoder.feed(&recorded_frame("V01"));
    decoder.feed(&header([1, 0x80, 1, 1], 900_000));
    assert!(decoder.next().unwrap().is_some());
    assert_eq!(decoder.buffered(), 12);
    decoder.buffer().reserve(100_000);
    let place = decoder.buffer().as_ptr();
    for arrived in 1..=100 {
        decoder.buffer().extend_from_slice(&[0x80; 900]);
        assert_eq!(decoder.next(), Ok(None));
        assert_eq!(decoder.buffered(), 12 + 900 * arrived);
    }
    // To copy it each time would cost the square of its length.
    assert_eq!(decoder.buffer().as_ptr(), place);
}

#[test]
fn a_recorded_payload_cut_short_anywhere_is_refused() {
    for vector in [
        "V05", "V06", "V08", "V10", "V12", "V13", "V15", "V22", "V25", "V34",
    ] {
        let bytes = recorded_frame(vector);
        let payload_bytes = u32::from_le_bytes(bytes[8..12].try_into().unwrap());
        let payload = &bytes[bytes.len() - payload_bytes as usize..];
        assert!(Fields::parse(payload).is_ok());
        for end in 1..payload.len() {
            let cut = Fields::parse(&payload[..end]);
            assert_eq!(
                cut.map(|_| ()),
                Err(WireError::MessagePack),
                "{vector} {end}"
            );
        }
        let longer = [payload, &[0xc0]].concat();
        assert!(matches!(
            Fields::parse(&longer),
            Err(WireError::MessagePack)
        ));
    }
}

#[test]
fn a_payload_that_is_not_a_map_with_text_keys_is_refused() {
    let cases: [(&str, WireError); 14] = [
        ("90", WireError::NotAMap),
        ("9101", WireError::NotAMap),
        ("01", WireError::NotAMap),
        ("c0", WireError::NotAMap),
        ("a161", WireError::NotAMap),
        ("810101", WireError::KeyNotText),
        ("81c001", WireError::KeyNotText),
        ("818001", WireError::KeyNotText),
        ("c1", WireError::MessagePack),
        ("81a161c1", WireError::MessagePack),
        ("8080", WireError::MessagePack),
        ("df7fffffffa16101", WireError::MessagePack),
        ("dfffffffffa16101", WireError::MessagePack),
        ("82a16101", WireError::MessagePack),
    ];
    for (payload, expected) in cases {
        let parsed = Fields::parse(&hex(payload)).map(|_| ());
        assert_eq!(parsed, Err(expected), "{payload}");
    }
}

#[test]
fn a_declared_count_or_length_beyond_the_payload_is_refused() {
    // A field whose value has this head, and `count` times the integer 1 behind it.
    let parse = |head: &str, count: usize| {
        let payload = [hex("81a161"), hex(head), vec![1; count]].concat();
        Fields::parse(&payload).map(|_| ())
    };
    let enough = [
        ("9f", 15),
        ("dc0029", 41),
        ("dd00000029", 41),
        ("8f", 30),
        ("de0015", 42),
        ("df00000015", 42),
        ("b5", 21),
        ("d915", 21),
        ("da0015", 21),
        ("db00000015", 21),
        ("c415", 21),
        ("c50015", 21),
        ("c600000015", 21),
        ("d4", 2),
        ("d5", 3),
        ("d6", 5),
        ("d7", 9),
        ("d8", 17),
        ("c715", 22),
        ("c80015", 22),
        ("c900000015", 22),
    ];
    for (head, count) in enough {
        assert_eq!(parse(head, count), Ok(()), "{head}");
        for other in [0, 1, count - 1, count + 1] {
            assert_eq!(
                parse(head, other),
                Err(WireError::MessagePack),
                "{head} {other}"
            );
        }
    }
    for head in [
        "ddffffffff",
        "dd80000000",
        "dfffffffff",
        "df80000000",
        "dbffffffff",
        "c6ffffffff",
        "c9ffffffff",
    ] {
        assert_eq!(parse(head, 40), Err(WireError::MessagePack), "{head}");
    }
}

#[test]
fn a_payload_is_nested_32_deep_at_most() {
    let lists = |depth: usize| hex(&("81a161".to_owned() + &"91".repeat(depth - 2) + "90"));
    let maps = |depth: usize| hex(&("81a161".repeat(depth - 1) + "80"));
    let beside =
        |depth: usize| hex(&("82a162c0a161".to_owned() + &"9201".repeat(depth - 1) + "01"));
    for nested in [lists, maps, beside] as [fn(usize) -> Vec<u8>; 3] {
        assert!(Fields::parse(&nested(32)).is_ok());
        for depth in [33, 34, 100_000] {
            let parsed = Fields::parse(&nested(depth)).map(|_| ());
            assert_eq!(parsed, Err(WireError::TooDeep));
        }
    }
    // Beside each other there can be any number.
    let wide = hex(&("81a161dc0400".to_owned() + &"9190".repeat(0x400)));
    assert!(Fields::parse(&wide).is_ok());
}

#[test]
fn json_that_is_not_one_object_is_refused() {
    let ask = |json: &[u8]| {
        let mut bytes = header([1, 0x40, 0, 1], u32::try_from(json.len()).unwrap());
        bytes.push(b'm');
        bytes.extend_from_slice(json);
        let mut decoder = Decoder::new(1_000_000);
        decoder.feed(&bytes);
        decoder.next().map(|frame| frame.is_some())
    };
    let nested = |depth: usize| {
        let inner = "[".repeat(depth - 1) + &"]".repeat(depth - 1);
        format!("{{\"a\":{inner}}}").into_bytes()
    };
    assert_eq!(ask(b"{}"), Ok(true));
    assert_eq!(ask(b" {\"a\": [1, {\"b\": null}]}\n"), Ok(true));
    assert_eq!(ask(&nested(32)), Ok(true));
    for depth in [33, 129, 100_000] {
        assert_eq!(ask(&nested(depth)), Err(WireError::Json));
    }
    for json in [
        &b"{"[..],
        b" ",
        b"{}{}",
        b"{} x",
        b"{'a':1}",
        b"{\"a\":}",
        b"{\"a\":1,}",
        b"{1:2}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":1e999}",
        b"\x80",
    ] {
        assert_eq!(ask(json), Err(WireError::Json), "{}", json.escape_ascii());
    }
    for json in [&b"[]"[..], b"1", b"null", b"\"{}\"", b"[{}]"] {
        assert_eq!(ask(json), Err(WireError::NotAMap));
    }
}

#[test]
fn error_answers_of_every_kind_are_refusals() {
    // Status, payload, and what is understood.
    let cases: [(u8, &str, u32, &str); 11] = [
        (1, "82a4636f6465cd4e24a26578a16e", 20_004, "n"),
        (255, "82a4636f6465cd4e24a26578a16e", 20_004, "n"),
        (
            1,
            "83a4636f6465cd4e24a26578a16ea6726169736572a172",
            20_004,
            "n",
        ), // a third key
        (1, "82a4636f6465cf0000000000004e24a26578a16e", 20_004, "n"), // u64
        (1, "82a4636f6465cd4e24a2657807", 20_004, "7"),               // a number as text
        (1, "82a4636f6465cd4e24a26578c0", 20_004, ""),
        (1, "82a4636f6465cd4e24a265789101", 20_004, ""),
        (1, "82a4636f6465cd4e24a26578c401ff", 20_004, "\u{fffd}"),
        (1, "81a4636f6465cd4e24", 20_004, ""),
        (1, "81a26578a16e", 10_001, "n"),
        (1, "82a4636f6465ffa26578a16e", 10_001, "n"), // out of range
    ];
    for (status, payload, code, text) in cases {
        let payload = hex(payload);
        let mut bytes = header([0, 0x80, 2, status], u32::try_from(payload.len()).unwrap());
        bytes.extend([9, 0, 0, 0]);
        bytes.extend(payload);
        let Frame::Answer { sequence, answer } = frame(&bytes) else {
            panic!("an answer");
        };
        let refusal = answer.unwrap_err();
        assert_eq!(
            (sequence, refusal.code, refusal.text.as_str()),
            (9, code, text)
        );
    }
    // One that can not be read at all is as wrong as any other frame.
    let mut bytes = header([0, 0x80, 2, 1], 1);
    bytes.extend([9, 0, 0, 0, 0x90]);
    assert_eq!(ask(&bytes), Err(WireError::NotAMap));
}

#[test]
fn every_fault_has_a_code_of_the_transport() {
    let faults = [
        WireError::Magic,
        WireError::MessageType(3),
        WireError::Encoding(0),
        WireError::NoMethod,
        WireError::TooLarge {
            declared: 2,
            max: 1,
        },
        WireError::Package,
        WireError::EmptyPayload,
        WireError::MessagePack,
        WireError::Json,
        WireError::NotAMap,
        WireError::KeyNotText,
        WireError::TooDeep,
        WireError::TooManyFields,
    ];
    let codes = faults.map(WireError::code);
    let expected = [
        10_003, 10_007, 10_008, 10_007, 10_003, 10_003, 10_003, 20_006, 10_004, 10_006, 10_005,
        20_006, 20_006,
    ];
    assert_eq!(codes, expected);
}

/// Recorded frames with some bytes changed: more of these get past the header than of any bytes.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let recorded: Vec<Vec<u8>> = recorded("frames")
        .iter()
        .map(|frame| hex(frame["frame"].as_str().unwrap()))
        .collect();
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (vec(prop::sample::select(recorded), 1..4), vec(change, 0..4)).prop_map(|(frames, changes)| {
        let mut bytes = frames.concat();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_give_frames_or_an_error(
        bytes in prop_oneof![vec(any::<u8>(), 0..200), damaged()],
        step in 1..64_usize,
    ) {
        let mut decoder = Decoder::new(4096);
        let mut received = Vec::new();
        for piece in bytes.chunks(step) {
            decoder.feed(piece);
            if drain(&mut decoder, &mut received).is_err() {
                break;
            }
            prop_assert!(decoder.buffer().capacity() <= 2 * bytes.len() + 16 * 1024);
        }
        // What came through can be written and read again.
        for frame in received {
            if let Frame::Quest(quest) = frame {
                let mut written = Vec::new();
                quest.encode(&mut written);
                prop_assert_eq!(crate::frame(&written), Frame::Quest(quest));
            }
        }
    }

    #[test]
    fn any_payload_is_read_or_refused(bytes in vec(any::<u8>(), 0..100)) {
        for first in [0x81, 0x82, 0x8f, 0xde, 0xdf] {
            let payload = [&[first], bytes.as_slice()].concat();
            if let Ok(fields) = Fields::parse(&payload) {
                let values: usize = fields.iter().map(|(key, value)| key.len() + value.encoded().len()).sum();
                prop_assert!(values < payload.len());
            }
        }
    }
}
