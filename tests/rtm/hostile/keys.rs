//! Key exchanges that must not succeed. Source: FPNN section 7.1.

use halloo_fpnn::{Curve, Map, Mode, PrivateKey, PublicKey, Strength};
use halloo_testkit::rtm::Wire;
use serde_json::json;

use super::{PING, Parts, Scene, one_way, quest};
use crate::encryption::{SERVER_K1, gate_with_keys};

fn key(curve: Curve) -> PrivateKey {
    PrivateKey::from_bytes(curve, &[0x21; 32]).expect("a key")
}

/// A scene whose server has a known key.
async fn scene() -> Scene {
    let gate = gate_with_keys().await;
    let bystander = gate.caller().await;
    Scene {
        gate,
        bystander,
        asked: 0,
    }
}

#[tokio::test]
async fn a_key_that_is_no_point_of_the_curve_ends_the_connection() {
    let mut scene = scene().await;
    let good = key(Curve::Secp256k1).public_key().raw().to_vec();
    let mut off = good.clone();
    off[63] ^= 1;
    let mut swapped = good.clone();
    swapped.rotate_left(32);
    let tagged = [&[4], good.as_slice()].concat();
    let other_curve = key(Curve::Secp256r1).public_key().raw().to_vec();
    for (what, point) in [
        ("off the curve", off),
        ("coordinates swapped", swapped),
        ("zeros", vec![0; 64]),
        ("beyond the field", vec![0xff; 64]),
        ("of another curve", other_curve),
        ("no bytes", vec![]),
        ("one byte less", good[..63].to_vec()),
        ("with its tag", tagged),
        ("one coordinate", good[..32].to_vec()),
        ("of a smaller curve", vec![1; 56]),
    ] {
        for payload in [
            Map::new().bytes("publicKey", &point).finish(),
            Map::new()
                .bytes("publicKey", &point)
                .boolean("streamMode", true)
                .finish(),
            // As C++ sends it.
            Map::new()
                .raw("publicKey", &as_text(&point))
                .integer("bits", 256)
                .finish(),
        ] {
            let mut wire = scene.wire().await;
            wire.write(&quest(b"*key", &payload).bytes()).await;
            assert!(wire.ends().await, "{what}");
        }
        scene.others_are_served().await;
    }
}

/// Bytes in a MessagePack text.
fn as_text(bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("less than 256 bytes");
    [&[0xd9, length], bytes].concat()
}

#[tokio::test]
async fn a_key_exchange_of_another_form_ends_the_connection() {
    let mut scene = scene().await;
    let point = key(Curve::Secp256k1).public_key().raw().to_vec();
    let with = || Map::new().bytes("publicKey", &point);
    for (what, map) in [
        ("no key", Map::new()),
        ("nil for a key", Map::new().raw("publicKey", &[0xc0])),
        ("a number for a key", Map::new().integer("publicKey", 7)),
        ("a list for a key", Map::new().integers("publicKey", [1, 2])),
        ("192 bits", with().integer("bits", 192)),
        ("0 bits", with().integer("bits", 0)),
        ("bits as text", with().text("bits", "128")),
        ("mode as a number", with().integer("streamMode", 1)),
        ("mode as text", with().text("streamMode", "true")),
    ] {
        let payload = map.finish();
        let mut wire = scene.wire().await;
        wire.write(&quest(b"*key", &payload).bytes()).await;
        assert!(wire.ends().await, "{what}");
    }
    let good = with().finish();
    for (what, frame) in [
        ("of one way", one_way(b"*key", &good)),
        ("that is cut short", quest(b"*key", &good[..20])),
        ("that is a list", quest(b"*key", b"\x90")),
    ] {
        let mut wire = scene.wire().await;
        wire.write(&frame.bytes()).await;
        assert!(wire.ends().await, "{what}");
    }
    // JSON has no bytes.
    let text = json!({"publicKey": "x".repeat(64), "bits": 128}).to_string();
    let frame = Parts {
        flag: 0x40,
        ..quest(b"*key", text.as_bytes())
    };
    let mut wire = scene.wire().await;
    wire.write(&frame.bytes()).await;
    assert!(wire.ends().await, "in JSON");
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_key_exchange_that_does_not_come_first_ends_the_connection() {
    let mut scene = scene().await;
    let point = key(Curve::Secp256k1).public_key().raw().to_vec();
    let payload = Map::new().bytes("publicKey", &point).finish();
    let exchange = quest(b"*key", &payload).bytes();
    // Behind a quest that is answered.
    let mut wire = scene.wire().await;
    wire.lay_out_bytes(&PING.bytes());
    wire.lay_out_bytes(&exchange);
    assert!(wire.answer(1).await.is_ok());
    assert!(wire.ends().await);
    // Behind one that was answered a while ago, or is of one way, or an answer.
    let mut wire = scene.wire().await;
    wire.lay_out_bytes(&PING.bytes());
    assert!(wire.answer(1).await.is_ok());
    wire.write(&exchange).await;
    assert!(wire.ends().await);
    for first in [one_way(b"*ping", &[0x80]), super::answer(0, &[0x80])] {
        let mut wire = scene.wire().await;
        wire.lay_out_bytes(&first.bytes());
        wire.write(&exchange).await;
        assert!(wire.ends().await);
    }
    scene.others_are_served().await;
}

/// A connection that has agreed on a key.
async fn agreed(scene: &Scene, mode: Mode) -> Wire {
    let server = PrivateKey::from_bytes(Curve::Secp256k1, &SERVER_K1).unwrap();
    let server: PublicKey = server.public_key();
    let offer = key(Curve::Secp256k1).offer(&server, mode, Strength::Aes128, 1);
    let (quest, sealer, opener) = offer.expect("the same curve");
    let mut wire = scene.wire().await;
    wire.lay_out_quest(&quest);
    wire.encrypt(sealer, opener);
    wire.sequence = 1;
    assert_eq!(wire.answer(1).await, Ok(Map::empty()));
    wire
}

#[tokio::test]
async fn what_does_not_decrypt_to_a_frame_ends_the_connection() {
    let mut scene = scene().await;
    for mode in [Mode::Package, Mode::Stream] {
        // A frame that was not encrypted, zeros, a package of many bytes, an empty package.
        let plain = PING.bytes();
        let framed = [22_u32.to_le_bytes().as_slice(), &plain].concat();
        let long = [u32::MAX.to_le_bytes().as_slice(), &plain].concat();
        for bytes in [plain.clone(), framed, long, vec![0; 64]] {
            let mut wire = agreed(&scene, mode).await;
            wire.write(&bytes).await;
            assert!(wire.ends().await, "{mode:?}: {:x?}", &bytes[..4]);
        }
        // A second exchange inside of the first.
        let mut wire = agreed(&scene, mode).await;
        let point = key(Curve::Secp256k1).public_key().raw().to_vec();
        wire.ask("*key", Map::new().bytes("publicKey", &point).finish());
        assert!(wire.ends().await, "{mode:?}");
        // A package with two frames in it.
        scene.others_are_served().await;
    }
}

#[tokio::test]
async fn garbage_right_behind_a_key_exchange_ends_the_connection_after_its_answer() {
    let mut scene = scene().await;
    let server = PrivateKey::from_bytes(Curve::Secp256k1, &SERVER_K1).unwrap();
    for mode in [Mode::Package, Mode::Stream] {
        let own = key(Curve::Secp256k1);
        let offer = own.offer(&server.public_key(), mode, Strength::Aes256, 9);
        let (quest, sealer, opener) = offer.expect("the same curve");
        let mut wire = scene.wire().await;
        wire.lay_out_quest(&quest);
        wire.lay_out_bytes(&[0x5a; 500]);
        wire.encrypt(sealer, opener);
        assert_eq!(wire.answer(9).await, Ok(Map::empty()));
        assert!(wire.ends().await, "{mode:?}");
        scene.others_are_served().await;
    }
}
