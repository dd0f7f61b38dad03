//! The encryption that a client may ask for. Source: FPNN section 7; test vectors: section 12.3.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;

use halloo::config::{Config, Maybe};
use halloo_fpnn::{Curve, Map, Mode, PrivateKey, Strength};
use halloo_testkit::rtm::Wire;
use serde_json::json;

use crate::state::{lay_out, seen};
use crate::world::{Caller, Gate};

/// The private key of the server in the test vectors.
pub(crate) const SERVER_K1: [u8; 32] = counting(0x01);
/// Its key on the second listener.
const SERVER_R1: [u8; 32] = counting(0x41);
/// The private key of the client in the test vectors.
const CLIENT: [u8; 32] = counting(0x21);

const fn counting(from: u8) -> [u8; 32] {
    let mut bytes = [from; 32];
    let mut at = 1;
    while at < 32 {
        bytes[at] = bytes[at - 1] + 1;
        at += 1;
    }
    bytes
}

/// A server with known keys, on both curves.
pub(crate) async fn gate_with_keys() -> Gate {
    Gate::start_with(put_keys).await
}

/// Puts both keys where the server looks for them.
fn put_keys(config: &mut Config) {
    // Otherwise it takes the folder for somebody else's.
    let private = Permissions::from_mode(0o700);
    std::fs::set_permissions(&config.data.dir, private).expect("our own folder");
    for (curve, key) in [(Curve::Secp256k1, SERVER_K1), (Curve::Secp256r1, SERVER_R1)] {
        let path = config.data.dir.join(format!("rtm-{curve}.key"));
        std::fs::write(path, key).expect("a file can be written");
    }
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    config.listen.rtm_server_secp256r1 = Maybe(Some(any));
}

/// Where the key of a curve is agreed on, and that key.
fn listener(gate: &Gate, curve: Curve) -> (SocketAddr, PrivateKey) {
    let rtm = &gate.server.rtm;
    let (address, key) = match curve {
        Curve::Secp256r1 => (rtm.server_secp256r1.expect("it listens"), SERVER_R1),
        _ => (rtm.server, SERVER_K1),
    };
    (address, PrivateKey::from_bytes(curve, &key).expect("a key"))
}

/// A caller who has asked for encryption and not yet waited for the answer, which has number 1.
async fn encrypted(gate: &Gate, curve: Curve, mode: Mode, strength: Strength) -> Caller {
    let (address, server) = listener(gate, curve);
    let own = PrivateKey::from_bytes(curve, &CLIENT).expect("a key");
    let offer = own.offer(&server.public_key(), mode, strength, 1);
    let (quest, sealer, opener) = offer.expect("the same curve");
    let mut wire = Wire::open(address).await;
    wire.lay_out_quest(&quest);
    wire.encrypt(sealer, opener);
    wire.sequence = 1;
    gate.caller_over(wire, &gate.app)
}

#[tokio::test]
async fn every_mode_and_strength_works_on_both_curves() {
    let gate = gate_with_keys().await;
    let mut plain = gate.caller().await;
    lay_out(&gate, &mut plain).await;
    let expected = seen(&gate, &mut plain).await;
    for curve in [Curve::Secp256k1, Curve::Secp256r1] {
        for mode in [Mode::Package, Mode::Stream] {
            for strength in [Strength::Aes128, Strength::Aes256] {
                let what = format!("{curve:?} {mode:?} {strength:?}");
                let mut caller = encrypted(&gate, curve, mode, strength).await;
                assert_eq!(caller.wire.answer(1).await, Ok(Map::empty()), "{what}");
                assert_eq!(seen(&gate, &mut caller).await, expected, "{what}");
                // Long texts, both ways, and what comes in pieces.
                let text = "x".repeat(65_535);
                caller
                    .done("setuserinfo", json!({"uid": 99, "oinfo": text}))
                    .await;
                let open = caller
                    .field("getuserinfo", json!({"uid": 99}), "oinfo")
                    .await;
                assert_eq!(open, text, "{what}");
                let asked = caller.ask("getgroupcount", json!({"gid": 21}));
                for byte in caller.wire.take_unsent().chunks(1) {
                    assert!(caller.wire.write(byte).await);
                }
                assert_eq!(caller.answer(asked).await, Ok(json!({"cn": 2})), "{what}");
                caller.wire.shut().await;
                assert!(caller.wire.ends().await, "{what}");
                // `seen` counts users.
                let rest = gate.core().users.find(gate.id(), "99").await.unwrap();
                gate.core().users.delete(gate.id(), &rest).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn quests_may_follow_a_key_exchange_in_the_same_piece() {
    let gate = gate_with_keys().await;
    for curve in [Curve::Secp256k1, Curve::Secp256r1] {
        for mode in [Mode::Package, Mode::Stream] {
            for strength in [Strength::Aes128, Strength::Aes256] {
                let mut caller = encrypted(&gate, curve, mode, strength).await;
                let asked: Vec<u32> = (0..50)
                    .map(|_| caller.ask("getgroupcount", json!({"gid": 5})))
                    .collect();
                assert_eq!(caller.wire.answer(1).await, Ok(Map::empty()));
                for sequence in asked {
                    assert_eq!(caller.answer(sequence).await, Ok(json!({"cn": 0})));
                }
            }
        }
    }
}

#[tokio::test]
async fn both_listeners_serve_whoever_does_not_ask_for_encryption() {
    let gate = gate_with_keys().await;
    for curve in [Curve::Secp256k1, Curve::Secp256r1] {
        let wire = Wire::open(listener(&gate, curve).0).await;
        let mut caller = gate.caller_over(wire, &gate.app);
        caller
            .done("addfriends", json!({"uid": 1, "friends": [2]}))
            .await;
    }
}

#[tokio::test]
async fn the_same_public_key_may_come_again() {
    // Python keeps one for the life of a client.
    let gate = gate_with_keys().await;
    for _ in 0..3 {
        let mode = Mode::Package;
        let mut caller = encrypted(&gate, Curve::Secp256k1, mode, Strength::Aes128).await;
        assert_eq!(caller.wire.answer(1).await, Ok(Map::empty()));
        caller
            .done("addfriends", json!({"uid": 1, "friends": [2]}))
            .await;
    }
}

/// Bytes of hexadecimal text.
fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

#[tokio::test]
async fn the_bytes_of_the_test_vectors_are_the_bytes_on_the_wire() {
    let gate = gate_with_keys().await;
    let point = "207bba70bc66309baa582a6ac120fd52d68026c51f6326f8ccedcbd2c1b7eb82\
        8c18ff7dbee879a4335a05294dea1e99e251f4b3e3b020b507f87064993fb202";
    let head = "46504e4e0080010460000000010000002a6b657983a97075626c69634b6579";
    let tail = "aa73747265616d4d6f6465c2a462697473cc80";
    // V25, with the key as bytes, and V34, as text.
    for family in ["c440", "d940"] {
        let mut wire = Wire::open(gate.server.rtm.server).await;
        wire.lay_out_bytes(&hex(&format!("{head}{family}{point}{tail}")));
        // V27: the answer with its length before it.
        let answer = wire.bytes(21).await;
        assert_eq!(answer, hex("11000000ca81e172164137f85d37d742a568878fc7"));
        // V28: the first quest behind it, `*ping` with number 2.
        wire.lay_out_bytes(&hex("16000000ca81e172164134fd5d37d742a668878fffeb30f473c2"));
        let length = wire.bytes(4).await;
        assert_eq!(length, 29_u32.to_le_bytes());
    }
    // V30, V31 and V33: stream mode, 256 bits.
    let head = "46504e4e0180010461000000010000002a6b657983a97075626c69634b6579c440";
    let tail = "aa73747265616d4d6f6465c3a462697473cd0100";
    let mut wire = Wire::open(gate.server.rtm.server).await;
    wire.lay_out_bytes(&hex(&format!("{head}{point}{tail}")));
    wire.lay_out_bytes(&hex("3afff1d2c4a2b0028e274aa6f6f1def9a245f9a38014"));
    let answer = wire.bytes(17).await;
    assert_eq!(answer, hex("3afff1d2c4a2b3078e274aa6f5f1def912"));
    // V32 as far as it does not hang on the time and the version: the head of the answer.
    let next = wire.bytes(29).await;
    assert_eq!(next[..4], hex("6e7b7834"));
}

#[tokio::test]
async fn the_key_of_the_server_outlives_a_restart() {
    // It makes one by itself when there is none; the key that it has is what it printed.
    let gate = gate_with_keys().await;
    let gate = gate.restart().await;
    let mut caller = encrypted(&gate, Curve::Secp256k1, Mode::Stream, Strength::Aes256).await;
    assert_eq!(caller.wire.answer(1).await, Ok(Map::empty()));
    caller
        .done("addfriends", json!({"uid": 1, "friends": [2]}))
        .await;
}
