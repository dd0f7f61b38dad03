//! The encryption that a client may ask for. Source: RTM client gate sections 1.7 and 9.7.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;

use halloo::config::{Config, Maybe};
use halloo_fpnn::{Curve, Map, Mode, PrivateKey, Strength};
use halloo_testkit::rtm::{RtmClient, Wire};
use serde_json::json;

use crate::connections::thin_path;
use crate::vectors::hex;
use crate::world::World;

/// The private keys of the test vectors.
const SERVER: [u8; 32] = [0x11; 32];
const CLIENT: [u8; 32] = [0x22; 32];

/// A server with that key on two curves.
async fn world() -> World {
    World::start_with(|config: &mut Config| {
        // Otherwise it takes the folder for somebody else's.
        let private = Permissions::from_mode(0o700);
        std::fs::set_permissions(&config.data.dir, private).expect("our own folder");
        for curve in [Curve::Secp256k1, Curve::Secp256r1] {
            let path = config.data.dir.join(format!("rtm-{curve}.key"));
            std::fs::write(path, SERVER).expect("a file can be written");
        }
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        config.listen.rtm_client_secp256r1 = Maybe(Some(any));
    })
    .await
}

fn key(curve: Curve, bytes: [u8; 32]) -> PrivateKey {
    PrivateKey::from_bytes(curve, &bytes).expect("a key")
}

#[tokio::test]
async fn whoever_encrypts_is_answered_like_everybody_else() {
    let world = world().await;
    let mut plain = world.stranger().await;
    let mut expected = thin_path(&world, &mut plain).await;
    let (project, rtm) = (world.project().await, world.server.rtm);
    let second = rtm.client_secp256r1.expect("it listens");
    for (curve, address) in [
        (Curve::Secp256k1, rtm.client),
        (Curve::Secp256k1, rtm.dispatch.expect("it listens")),
        (Curve::Secp256r1, second),
    ] {
        for mode in [Mode::Package, Mode::Stream] {
            for strength in [Strength::Aes128, Strength::Aes256] {
                let server = key(curve, SERVER).public_key();
                let offer = key(curve, CLIENT).offer(&server, mode, strength, 1);
                let (quest, sealer, opener) = offer.expect("the same curve");
                let mut client = RtmClient::open(address, &project).await;
                client.wire.lay_out_quest(&quest);
                client.wire.encrypt(sealer, opener);
                client.wire.sequence = 1;
                assert_eq!(client.answer(1).await, Some(Ok(json!({}))));
                let mut seen = thin_path(&world, &mut client).await;
                // Where the gate is does not hang on who asks.
                assert_eq!(seen.pop(), expected.last().cloned());
                let last = expected.pop().expect("an answer");
                assert_eq!(seen, expected, "{curve:?} {mode:?} {strength:?}");
                expected.push(last);
            }
        }
    }
    let mut plain = RtmClient::open(second, &project).await;
    assert_eq!(thin_path(&world, &mut plain).await, expected);
}

#[tokio::test]
async fn the_bytes_of_the_test_vectors_are_the_bytes_on_the_wire() {
    let world = world().await;
    let second = world.server.rtm.client_secp256r1.expect("it listens");
    let quest = "46504e4e0180010460000000010000002a6b657983a97075626c69634b6579c440\
        d65a93977caa3d1b081852ff57a79e465f1660577304baead505dd3a48589cf350185e895372df6221ea3a13\
        7557e473fddb6755f05bd507c3c533fce9c91285aa73747265616d4d6f6465c2a462697473cc80";
    let mut wire = Wire::open(second).await;
    wire.lay_out_bytes(&hex(&quest.replace(' ', "")));
    let agreed = wire.bytes(21).await;
    assert_eq!(agreed, hex("110000001786c54ad36949968bcda009f12f1a56d8"));
    let (server, own) = (key(Curve::Secp256r1, SERVER), key(Curve::Secp256r1, CLIENT));
    let offer = own.offer(&server.public_key(), Mode::Package, Strength::Aes128, 1);
    let (_, sealer, opener) = offer.expect("the same curve");
    wire.encrypt(sealer, opener);
    wire.sequence = 1;
    let token = world.token(7).await;
    let login = Map::new()
        .integer("pid", world.app.pid.into())
        .integer("uid", 7)
        .text("token", &token);
    assert_eq!(wire.ask("auth", login.finish()), 2);
    let answer = "150000001786c54ad36949968fcda009f22f1a569e4d569f52";
    assert_eq!(wire.bytes(25).await, hex(answer));
}

#[tokio::test]
async fn a_key_is_agreed_on_first_or_not_at_all() {
    let world = world().await;
    let server = key(Curve::Secp256k1, SERVER).public_key();
    let own = key(Curve::Secp256k1, CLIENT);
    let offer = own.offer(&server, Mode::Package, Strength::Aes128, 9);
    let (quest, ..) = offer.expect("the same curve");
    let mut client = world.client(7).await;
    client.wire.lay_out_quest(&quest);
    assert_eq!(client.last_words().await, []);
    world.until_offline(7).await;
    let project = world.project().await;
    let mut websocket = RtmClient::open_websocket(world.server.rtm.client, &project).await;
    assert!(
        websocket
            .call("which", json!({"what": "rtmGated"}))
            .await
            .is_ok()
    );
    websocket.wire.lay_out_quest(&quest);
    assert_eq!(websocket.last_words().await, []);
}
