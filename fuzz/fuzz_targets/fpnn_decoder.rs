//! Bytes of an FPNN connection: frames that are right, payloads and headers that nobody vouches for,
//! and bytes at random, from some frame on encrypted, and cut anywhere on their way.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use halloo_fpnn::{
    Answer, Curve, Decoder, Encoding, Exchange, Fields, Frame, List, Map, Method, Mode, Opener,
    PrivateKey, Quest, Refusal, ReplyTo, Sealer, Strength, Value, WireError,
};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

/// Small, so that frames are found to be above it.
const MAX_FRAME_BYTES: usize = 2000;
/// Parts of one input at most.
const PARTS: usize = 8;

fuzz_target!(|data: &[u8]| {
    // Too few bytes are no input.
    let _ = run(&mut Unstructured::new(data));
});

fn run(choices: &mut Unstructured<'_>) -> Result<()> {
    let encryption = encryption(choices)?;
    let mut expected = Vec::new();
    let mut right = true; // so far, what was sent are frames
    let mut wire = Vec::new();
    let plain_parts = choices.int_in_range(0..=2)?;
    let mut plain_frames = 0;
    let keys = || {
        encryption
            .map(|(mode, strength)| keys(mode, strength))
            .unzip()
    };
    let (mut sealer, opener) = keys();
    for part in 0..choices.int_in_range(1..=PARTS)? {
        let from = wire.len();
        if choices.ratio(3, 4)? {
            let frame = frame(choices)?;
            let frame = written(
                &frame,
                choices.arbitrary()?,
                choices.arbitrary()?,
                &mut wire,
            );
            right &= wire.len() - from <= MAX_FRAME_BYTES;
            expected.push(frame);
        } else {
            damaged(choices, &mut wire)?;
            right = false;
        }
        if part < plain_parts {
            plain_frames += 1;
        } else if let Some(sealer) = &mut sealer {
            sealer.seal(&mut wire, from);
        }
    }

    let whole = receive([wire.as_slice()].into_iter(), opener, plain_frames);
    let step = choices.int_in_range(1..=64)?;
    let pieces = receive(wire.chunks(step), keys().1, plain_frames);
    assert_eq!(whole, pieces, "it depends on where the bytes are cut");
    let (frames, end) = whole;
    if right {
        assert_eq!((&frames, end), (&expected, Ok(())));
    }
    frames.iter().for_each(read);
    Ok(())
}

/// All frames of a connection that brings `pieces`, and its end.
fn receive<'p>(
    pieces: impl Iterator<Item = &'p [u8]>,
    mut opener: Option<Opener>,
    plain_frames: usize,
) -> (Vec<Frame>, Result<(), WireError>) {
    let mut decoder = Decoder::new(MAX_FRAME_BYTES);
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.buffer().extend_from_slice(piece);
        loop {
            if opener.is_some() && frames.len() == plain_frames {
                decoder.encrypt(opener.take().expect("it was just there"));
            }
            match decoder.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Err(error)),
            }
        }
        // Waiting bytes are part of one frame, which is no longer than allowed.
        let most = 2 * (MAX_FRAME_BYTES + piece.len()) + 128 * 1024;
        assert!(decoder.buffer().capacity() <= most);
    }
    (frames, Ok(()))
}

/// Reads all that a frame holds, and writes it again.
fn read(frame: &Frame) {
    for json in [false, true] {
        let mut bytes = Vec::new();
        let expected = written(frame, 1, json, &mut bytes);
        let mut decoder = Decoder::new(usize::MAX);
        decoder.feed(&bytes);
        let again = decoder.next().expect("what is written is a frame");
        let again = again.expect("it is a whole one");
        // In JSON there are no bytes, and nothing where the payload is none.
        assert!(json || again == expected);
    }
    let payload = match frame {
        Frame::Quest(quest) => &quest.payload,
        Frame::Answer {
            answer: Ok(payload),
            ..
        } => payload,
        Frame::Answer { .. } => return,
    };
    let Ok(fields) = Fields::parse(payload) else {
        return;
    };
    let mut bytes = 0;
    for (key, value) in fields.iter() {
        bytes += key.len() + value.encoded().len();
        walk(value, 31);
        if let Ok(key) = std::str::from_utf8(key) {
            let last = fields
                .iter()
                .filter(|(name, _)| *name == key.as_bytes())
                .last();
            let last = last.map(|(_, value)| value).filter(|value| !value.is_nil());
            assert_eq!(fields.get(key), last);
        }
    }
    assert!(bytes < payload.len());
    let _ = (
        fields.integers("ids"),
        fields.texts("ids"),
        Exchange::read(&fields).is_ok(),
    );
}

fn walk(value: Value<'_>, depth: usize) {
    let _ = (value.integer(), value.id(), value.float(), value.text());
    let _ = (
        value.text_or_integer(),
        value.bytes(),
        value.boolean(),
        value.kind(),
    );
    let children: Vec<Value<'_>> = match (value.list(), value.entries()) {
        (Some(items), None) => items.collect(),
        (None, Some(entries)) => entries.flat_map(|(key, value)| [key, value]).collect(),
        _ => return,
    };
    let depth = depth.checked_sub(1).expect("nested too deep");
    let bytes: usize = children.iter().map(|child| child.encoded().len()).sum();
    assert!(bytes < value.encoded().len());
    children.into_iter().for_each(|child| walk(child, depth));
}

/// Appends `frame` in this version and encoding; returns it with them.
fn written(frame: &Frame, version: u8, json: bool, out: &mut Vec<u8>) -> Frame {
    let encoding = if json {
        Encoding::Json
    } else {
        Encoding::MessagePack
    };
    let mut frame = frame.clone();
    match &mut frame {
        Frame::Quest(quest) => {
            quest.version = version;
            quest.encoding = encoding;
            quest.encode(out);
        }
        Frame::Answer { sequence, answer } => {
            let reply_to = ReplyTo {
                version,
                encoding,
                sequence: *sequence,
            };
            reply_to.encode(answer, out);
        }
    }
    frame
}

fn frame(choices: &mut Unstructured<'_>) -> Result<Frame> {
    if choices.arbitrary()? {
        let payload = map(choices, 4)?.finish();
        let method = choices.arbitrary::<&[u8]>()?;
        let method = Method::try_from(method).unwrap_or(Method::new("m"));
        Ok(Frame::Quest(match choices.arbitrary()? {
            Some(sequence) => Quest::two_way(sequence, method, payload),
            None => Quest::one_way(method, payload),
        }))
    } else {
        let sequence = choices.arbitrary()?;
        let answer: Answer = if choices.arbitrary()? {
            Ok(map(choices, 4)?.finish())
        } else {
            Err(Refusal::new(
                choices.arbitrary()?,
                choices.arbitrary::<&str>()?,
            ))
        };
        Ok(Frame::Answer { sequence, answer })
    }
}

fn map(choices: &mut Unstructured<'_>, depth: usize) -> Result<Map> {
    let mut map = Map::new();
    for _ in 0..choices.int_in_range(0..=20)? {
        let key = match choices.int_in_range(0..=3)? {
            0 => choices.arbitrary::<&str>()?,
            1 => "ids",
            2 => "publicKey",
            _ => "bits",
        };
        map = match choices.int_in_range(0..=6)? {
            0 | 1 => map.integer(key, choices.arbitrary()?),
            2 => map.text(key, choices.arbitrary::<&str>()?),
            3 => map.boolean(key, choices.arbitrary()?),
            4 if depth > 0 => map.map(key, self::map(choices, depth - 1)?),
            5 if depth > 0 => map.list(key, list(choices, depth - 1)?),
            _ => map.integers(key, choices.arbitrary::<[i64; 3]>()?),
        };
    }
    Ok(map)
}

fn list(choices: &mut Unstructured<'_>, depth: usize) -> Result<List> {
    let mut list = List::new();
    for _ in 0..choices.int_in_range(0..=20)? {
        list = match choices.int_in_range(0..=5)? {
            0 | 1 => list.integer(choices.arbitrary()?),
            2 => list.text(choices.arbitrary::<&str>()?),
            3 if depth > 0 => list.map(map(choices, depth - 1)?),
            4 if depth > 0 => list.list(self::list(choices, depth - 1)?),
            _ => list.boolean(choices.arbitrary()?),
        };
    }
    Ok(list)
}

/// Appends what may be no frame: one with any payload, one with some bytes changed, or any bytes.
fn damaged(choices: &mut Unstructured<'_>, out: &mut Vec<u8>) -> Result<()> {
    let payload = choices.arbitrary::<&[u8]>()?;
    match choices.int_in_range(0..=3)? {
        0 => out.extend_from_slice(payload),
        1 => {
            let mut bytes = Vec::new();
            written(&frame(choices)?, 0, choices.arbitrary()?, &mut bytes);
            for _ in 0..choices.int_in_range(1..=4)? {
                let at = choices.choose_index(bytes.len())?;
                bytes[at] = choices.arbitrary()?;
            }
            out.extend(bytes);
        }
        2 => {
            let payload = Bytes::copy_from_slice(payload);
            Quest::two_way(1, Method::new("m"), payload).encode(out);
        }
        _ => {
            // Of any kind, any encoding and any status.
            out.extend_from_slice(b"FPNN");
            out.extend(choices.arbitrary::<[u8; 4]>()?.map(|byte| byte & 0xc3));
            let length = u32::try_from(payload.len()).expect("inputs are short");
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(payload);
        }
    }
    Ok(())
}

fn encryption(choices: &mut Unstructured<'_>) -> Result<Option<(Mode, Strength)>> {
    Ok(match choices.int_in_range(0..=15)? {
        0 => Some((Mode::Package, Strength::Aes128)),
        1 => Some((Mode::Package, Strength::Aes256)),
        2 => Some((Mode::Stream, Strength::Aes128)),
        3 => Some((Mode::Stream, Strength::Aes256)),
        _ => None,
    })
}

fn keys(mode: Mode, strength: Strength) -> (Sealer, Opener) {
    static PAIR: LazyLock<(PrivateKey, Vec<u8>)> = LazyLock::new(|| {
        let key = |byte| PrivateKey::from_random(Curve::Secp256k1, &[byte; 32]).expect("a key");
        (key(1), key(2).public_key().raw().to_vec())
    });
    let exchange = Exchange {
        public_key: &PAIR.1,
        mode,
        strength,
    };
    PAIR.0.accept(&exchange).expect("a point of the curve")
}
