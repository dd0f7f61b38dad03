//! What is written is read again, however it was cut on its way.

use bytes::Bytes;
use halloo_fpnn::{
    Answer, Decoder, Encoding, Exchange, Frame, MAX_FRAME_BYTES, Method, Mode, Opener, PrivateKey,
    Quest, Refusal, ReplyTo, Sealer, Strength, WireError,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::vectors::recorded;
use crate::{digits, drain, frame, hex, shape};

/// A value in the shape of `vectors.json`. JSON has no bytes.
fn value(with_bytes: bool) -> impl Strategy<Value = Json> {
    let bytes = vec(any::<u8>(), 0..300).prop_map(move |bytes| {
        let digits = digits(&bytes);
        if with_bytes {
            json!({ "bytes": digits })
        } else {
            json!(digits)
        }
    });
    let leaf = prop_oneof![
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        (0..63_u32).prop_map(|bits| json!(-(1_i64 << bits))),
        "\\PC{0,40}".prop_map(|value| json!(value)),
        bytes,
    ];
    leaf.prop_recursive(4, 64, 20, |value| {
        let entries = vec(("\\PC{0,20}", value.clone()), 0..20).prop_map(|entries| json!(entries));
        prop_oneof![
            vec(value, 0..20).prop_map(|items| json!(items)),
            entries.prop_map(|entries| json!({ "entries": entries })),
        ]
    })
}

fn payload(with_bytes: bool) -> impl Strategy<Value = Json> {
    vec(("\\PC{0,20}", value(with_bytes)), 0..20).prop_map(|entries| json!(entries))
}

fn finish(payload: &Json) -> Bytes {
    shape::to_map(payload).unwrap().finish()
}

fn quest() -> impl Strategy<Value = Quest> {
    let method = vec(any::<u8>(), 1..=255);
    (
        any::<u8>(),
        any::<bool>(),
        any::<Option<u32>>(),
        method,
        payload(false),
    )
        .prop_map(|(version, json, sequence, method, payload)| Quest {
            version,
            encoding: if json {
                Encoding::Json
            } else {
                Encoding::MessagePack
            },
            sequence,
            method: Method::try_from(method.as_slice()).unwrap(),
            payload: finish(&payload),
        })
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        payload(false).prop_map(|payload| Ok(finish(&payload))),
        (any::<u32>(), "\\PC{0,40}").prop_map(|(code, text)| Err(Refusal::new(code, text))),
    ]
}

/// A frame and its bytes.
fn written() -> impl Strategy<Value = (Frame, Vec<u8>)> {
    let quest = quest().prop_map(|quest| {
        let mut bytes = Vec::new();
        quest.encode(&mut bytes);
        (Frame::Quest(quest), bytes)
    });
    let answer = (any::<u8>(), any::<bool>(), any::<u32>(), answer()).prop_map(
        |(version, json, sequence, answer)| {
            let reply_to = ReplyTo {
                version,
                encoding: if json {
                    Encoding::Json
                } else {
                    Encoding::MessagePack
                },
                sequence,
            };
            let mut bytes = Vec::new();
            reply_to.encode(&answer, &mut bytes);
            (Frame::Answer { sequence, answer }, bytes)
        },
    );
    prop_oneof![quest, answer]
}

/// No encryption, or one of its four kinds.
fn encryption() -> impl Strategy<Value = Option<(Mode, Strength)>> {
    let mode = prop_oneof![Just(Mode::Package), Just(Mode::Stream)];
    let strength = prop_oneof![Just(Strength::Aes128), Just(Strength::Aes256)];
    proptest::option::of((mode, strength))
}

fn keys(mode: Mode, strength: Strength) -> (Sealer, Opener) {
    let agreement = recorded("agreements").remove(0);
    let part = |side: &str, part: &str| hex(agreement[side][part].as_str().unwrap());
    let curve = agreement["curve"].as_str().unwrap().parse().unwrap();
    let server = PrivateKey::from_bytes(curve, &part("server", "private")).unwrap();
    let exchange = Exchange {
        public_key: &part("client", "raw"),
        mode,
        strength,
    };
    server.accept(&exchange).unwrap()
}

/// The frames out of `pieces`, the first `plain_frames` of which are not encrypted.
fn received(
    pieces: &[&[u8]],
    by_buffer: bool,
    mut opener: Option<Opener>,
    plain_frames: usize,
) -> Result<Vec<Frame>, WireError> {
    let mut decoder = Decoder::new(MAX_FRAME_BYTES);
    let mut frames = Vec::new();
    let mut arrived = 0;
    for piece in pieces {
        if by_buffer {
            decoder.buffer().extend_from_slice(piece);
        } else {
            decoder.feed(piece);
        }
        arrived += piece.len();
        if opener.is_some() {
            while frames.len() < plain_frames {
                let Some(frame) = decoder.next()? else { break };
                frames.push(frame);
            }
            if frames.len() == plain_frames {
                decoder.encrypt(opener.take().unwrap());
            }
        }
        if opener.is_none() {
            drain(&mut decoder, &mut frames)?;
        }
        // What was declared is not what is allocated.
        assert!(decoder.buffer().capacity() <= 2 * arrived + 16 * 1024);
    }
    Ok(frames)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_payload_is_read_as_it_was_written(payload in payload(true)) {
        prop_assert_eq!(shape::of_payload(&finish(&payload)), payload);
    }

    #[test]
    fn a_frame_is_read_as_it_was_written((written, bytes) in written()) {
        prop_assert_eq!(frame(&bytes), written);
    }

    #[test]
    fn any_cut_of_a_stream_gives_the_same_frames(
        written in vec(written(), 1..6),
        encryption in encryption(),
        plain_frames in 0..3_usize,
        by_buffer in any::<bool>(),
        mut cuts in vec(any::<prop::sample::Index>(), 0..40),
        bytewise in any::<bool>(),
    ) {
        let plain_frames = plain_frames.min(written.len());
        let keys = encryption.map(|(mode, strength)| keys(mode, strength));
        let (mut sealer, opener) = keys.unzip();
        let mut wire = Vec::new();
        for (at, (_, bytes)) in written.iter().enumerate() {
            let from = wire.len();
            wire.extend_from_slice(bytes);
            if let Some(sealer) = sealer.as_mut().filter(|_| at >= plain_frames) {
                sealer.seal(&mut wire, from);
            }
        }
        let mut ends: Vec<usize> = if bytewise {
            (0..=wire.len()).collect()
        } else {
            cuts.drain(..).map(|cut| cut.index(wire.len())).chain([0, wire.len()]).collect()
        };
        ends.sort_unstable();
        let pieces: Vec<&[u8]> = ends.windows(2).map(|two| &wire[two[0]..two[1]]).collect();

        let expected: Vec<Frame> = written.into_iter().map(|(frame, _)| frame).collect();
        let received = received(&pieces, by_buffer, opener, plain_frames);
        prop_assert_eq!(received, Ok(expected));
    }

    #[test]
    fn sealing_hides_what_is_sealed((_, bytes) in written(), encryption in encryption()) {
        let Some((mode, strength)) = encryption else { return Ok(()) };
        let (mut sealer, _) = keys(mode, strength);
        let mut sealed = bytes.clone();
        sealer.seal(&mut sealed, 0);
        prop_assert!(!sealed.windows(12).any(|window| window == &bytes[..12]));
    }
}
