//! How long frames take: cutting, reading, sealing. `cargo bench -p halloo-fpnn`.
#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use halloo_fpnn::{
    Decoder, Exchange, Fields, Frame, MAX_FRAME_BYTES, Map, Method, Mode, Opener, PrivateKey,
    Quest, Sealer, Strength,
};

/// Frames that arrive with one read.
const BURST: usize = 25;
/// Frames of one sample.
const ROUNDS: usize = 1000;
/// Many short samples: on a machine with other work the lowest is what the code takes.
const SAMPLES: usize = 301;

fn main() {
    let quest = Quest::two_way(1, Method::new("sendmsg"), signed());
    let mut frame = Vec::new();
    quest.encode(&mut frame);
    println!(
        "a signed quest, {} bytes; nanoseconds each: lowest, median, highest",
        frame.len()
    );

    measure("write the payload", || {
        black_box(signed());
    });
    measure("check and index the payload", || {
        black_box(Fields::parse(black_box(&quest.payload)).is_ok());
    });
    measure("check the payload and take 6 fields", || {
        take(&quest.payload);
    });
    let mut out = Vec::with_capacity(1024);
    measure("write the frame", || {
        out.clear();
        black_box(&quest).encode(&mut out);
    });

    let plain = frame.repeat(BURST);
    cut("cut, plain", &plain, || None);
    let modes = [
        ("package, 128 bits", Mode::Package, Strength::Aes128),
        ("package, 256 bits", Mode::Package, Strength::Aes256),
        ("stream, 128 bits", Mode::Stream, Strength::Aes128),
        ("stream, 256 bits", Mode::Stream, Strength::Aes256),
    ];
    for (name, mode, strength) in modes {
        let (mut sealer, _) = keys(mode, strength);
        measure(&format!("write the frame, {name}"), || {
            out.clear();
            black_box(&quest).encode(&mut out);
            sealer.seal(&mut out, 0);
        });
        let (mut sealer, _) = keys(mode, strength);
        let mut sealed = Vec::new();
        for _ in 0..BURST {
            let from = sealed.len();
            sealed.extend_from_slice(&frame);
            sealer.seal(&mut sealed, from);
        }
        // A stream would go on; its bytes are no frames the second time, so each round has a decoder.
        cut(&format!("cut, {name}"), &sealed, || {
            Some(keys(mode, strength).1)
        });
    }
}

/// The payload of a quest with six fields.
fn signed() -> Bytes {
    Map::new()
        .integer("pid", 90_000_001)
        .text("sign", "C67600CF3CBCC51F80ACF0A81484FE73")
        .integer("salt", 7_529_877_615_132_852_353)
        .integer("ts", 1_700_000_000)
        .integer("uid", 123)
        .text("msg", "a message of some forty letters or so...")
        .finish()
}

fn take(payload: &[u8]) {
    let fields = Fields::parse(black_box(payload)).expect("a payload");
    let numbers = ["pid", "salt", "ts", "uid"].map(|key| fields.integer::<i64>(key));
    let texts = ["sign", "msg"].map(|key| fields.text(key));
    assert!(
        black_box(numbers).iter().all(Result::is_ok) && black_box(texts).iter().all(Result::is_ok)
    );
}

fn keys(mode: Mode, strength: Strength) -> (Sealer, Opener) {
    use std::sync::OnceLock;
    static PUBLIC: OnceLock<(PrivateKey, Vec<u8>)> = OnceLock::new();
    let (server, public_key) = PUBLIC.get_or_init(|| {
        let key =
            |byte| PrivateKey::from_random("secp256k1".parse().expect("a curve"), &[byte; 32]);
        let client = key(2).expect("a key").public_key().raw().to_vec();
        (key(1).expect("a key"), client)
    });
    let exchange = Exchange {
        public_key,
        mode,
        strength,
    };
    server.accept(&exchange).expect("a point")
}

/// Cuts `bytes`, which are one burst, again and again.
fn cut(name: &str, bytes: &[u8], opener: impl Fn() -> Option<Opener>) {
    let mut times = Vec::new();
    for _ in 0..SAMPLES {
        let mut nanoseconds = 0;
        for _ in 0..ROUNDS / BURST {
            let mut decoder = Decoder::new(MAX_FRAME_BYTES);
            if let Some(opener) = opener() {
                decoder.encrypt(opener);
            }
            let started = Instant::now();
            decoder.buffer().extend_from_slice(bytes);
            let mut frames = 0;
            while let Some(frame) = decoder.next().expect("frames") {
                if let Frame::Quest(quest) = &frame {
                    black_box(quest);
                }
                frames += 1;
            }
            nanoseconds += started.elapsed().as_nanos();
            assert_eq!(frames, BURST);
        }
        times.push(nanoseconds / ROUNDS as u128);
    }
    report(name, times);
}

fn measure(name: &str, mut run: impl FnMut()) {
    let mut times = Vec::new();
    for _ in 0..SAMPLES {
        let started = Instant::now();
        for _ in 0..ROUNDS {
            run();
        }
        times.push(started.elapsed().as_nanos() / ROUNDS as u128);
    }
    report(name, times);
}

fn report(name: &str, mut times: Vec<u128>) {
    times.sort_unstable();
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    println!(
        "{name:36} {:5} {:5} {:5}",
        at(0),
        at(SAMPLES / 2),
        at(SAMPLES - 1)
    );
}
