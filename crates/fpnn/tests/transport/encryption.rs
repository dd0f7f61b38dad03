use std::sync::Arc;
use std::time::Duration;

use halloo_fpnn::transport::{Agree, ClientOptions, Encryption, Options, connect};
use halloo_fpnn::{Curve, Fields, Map, Mode, PrivateKey, PublicKey, Quest, Strength};
use tokio_util::task::TaskTracker;

use crate::support::*;

fn key(curve: Curve, byte: u8) -> PrivateKey {
    PrivateKey::from_random(curve, &[byte; 32]).unwrap()
}

fn with_key(curve: Curve) -> Options {
    Options {
        key: Some(Arc::new(key(curve, 3))),
        ..options()
    }
}

fn server_key(curve: Curve) -> PublicKey {
    key(curve, 3).public_key()
}

fn encrypting(server: PublicKey, mode: Mode, strength: Strength) -> ClientOptions {
    ClientOptions {
        encryption: Some(Encryption {
            server,
            mode,
            strength,
            entropy: Arc::new(|bytes| bytes.fill(5)),
        }),
        ..client_options()
    }
}

const WAYS: [(Mode, Strength); 4] = [
    (Mode::Package, Strength::Aes128),
    (Mode::Package, Strength::Aes256),
    (Mode::Stream, Strength::Aes128),
    (Mode::Stream, Strength::Aes256),
];

#[tokio::test]
async fn client_and_server_agree_on_every_curve_in_every_mode() {
    for curve in Curve::ALL {
        let server = start(with_key(curve)).await;
        for (mode, strength) in WAYS {
            let tasks = TaskTracker::new();
            let options = encrypting(server_key(curve), mode, strength);
            let connection = connect(server.address, &options, Agree.into(), &tasks);
            let connection = soon(connection).await.unwrap();
            let limit = Duration::from_secs(20);
            for number in 0..50 {
                let text = "x".repeat(number * 7);
                let payload = Map::new().text("text", &text).finish();
                let answer = connection
                    .quest(method("echo"), payload, limit)
                    .await
                    .unwrap();
                assert_eq!(
                    Fields::parse(&answer).unwrap().text("text"),
                    Ok(text.as_str())
                );
            }
            let asked = connection
                .quest(method("encrypted"), empty(), limit)
                .await
                .unwrap();
            assert_eq!(
                Fields::parse(&asked).unwrap().boolean("encrypted"),
                Ok(true)
            );

            let pushed = soon(server.script.connections.next()).await;
            assert_eq!(
                pushed.quest(method("ping"), empty(), limit).await,
                Ok(empty())
            );
            connection.close();
        }
    }
}

#[tokio::test]
async fn quests_may_follow_the_key_exchange_in_the_same_segment() {
    let server = start(with_key(Curve::Secp256k1)).await;
    for (mode, strength) in WAYS {
        let mut peer = server.peer().await;
        let (exchange, mut sealer, opener) = key(Curve::Secp256k1, 9)
            .offer(&server_key(Curve::Secp256k1), mode, strength, 1)
            .unwrap();
        let mut bytes = Vec::new();
        exchange.encode(&mut bytes);
        for sequence in 2..40 {
            let from = bytes.len();
            bytes.extend(gated(sequence, "echo", ""));
            sealer.seal(&mut bytes, from);
        }
        peer.decoder.encrypt(opener);
        peer.send(&bytes).await;
        for sequence in 1..40 {
            let (found, answer) = soon(peer.answer()).await;
            assert_eq!((found, code(&answer)), (sequence, 0));
        }
    }
}

#[tokio::test]
async fn a_key_exchange_is_the_first_package_or_the_end() {
    let server = start(with_key(Curve::Secp256k1)).await;
    let mut peer = server.peer().await;
    peer.send(&quest(1, "*ping", Map::new())).await;
    soon(peer.answer()).await.1.unwrap();
    peer.send(&exchange(&[])).await;
    soon(peer.expect_end()).await;
    assert_eq!(
        soon(server.script.ended.next()).await,
        "refused key exchange"
    );
}

#[tokio::test]
async fn a_key_exchange_that_makes_no_sense_closes_the_connection() {
    let server = start(with_key(Curve::Secp256k1)).await;
    let raw = key(Curve::Secp256k1, 9).public_key().raw().to_vec();
    let parameters = |public: &[u8], bits| {
        let bits = Map::new().integer("bits", bits);
        quest(1, "*key", bits.bytes("publicKey", public))
    };
    let mut off_the_curve = raw.clone();
    *off_the_curve.last_mut().unwrap() ^= 1;
    let mut one_way = Vec::new();
    let payload = Map::new().bytes("publicKey", &raw).finish();
    Quest::one_way(method("*key"), payload).encode(&mut one_way);
    let quests = [
        quest(1, "*key", Map::new()),
        parameters(&raw[1..], 128),
        parameters(&raw, 192),
        parameters(&off_the_curve, 128),
        one_way,
    ];
    for bytes in quests {
        let mut peer = server.peer().await;
        peer.send(&bytes).await;
        soon(peer.expect_end()).await;
        assert_eq!(
            soon(server.script.ended.next()).await,
            "refused key exchange"
        );
    }
}

#[tokio::test]
async fn without_a_key_a_key_exchange_closes_the_connection() {
    let server = start(options()).await;
    let options = encrypting(
        server_key(Curve::Secp256r1),
        Mode::Package,
        Strength::Aes128,
    );
    let tasks = TaskTracker::new();
    let refused = soon(connect(server.address, &options, Agree.into(), &tasks)).await;
    let refused = refused.err().unwrap();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionAborted);
}

#[tokio::test]
async fn a_connection_that_was_never_encrypted_says_so() {
    let server = start(with_key(Curve::Secp256k1)).await;
    let mut peer = server.peer().await;
    peer.send(&quest(1, "encrypted", Map::new())).await;
    let answer = soon(peer.answer()).await.1.unwrap();
    assert_eq!(
        Fields::parse(&answer).unwrap().boolean("encrypted"),
        Ok(false)
    );
}

fn exchange(public: &[u8]) -> Vec<u8> {
    quest(1, "*key", Map::new().bytes("publicKey", public))
}
