//! Logging in with a token that the app signed by itself. Source: RTM client gate section 2.2.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use halloo_core::tokens::LoginKey;
use halloo_testkit::rtm::{Project, RtmClient};
use serde_json::{Value, json};

use crate::world::{Ask as _, World, kickout};

const DAY: i64 = 86_400;

/// What the project's secret makes of a text.
pub(crate) fn by_secret(project: &Project, text: &str) -> String {
    let secret = STANDARD.decode(&project.secret).expect("base64");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

/// A login of `uid` that was signed at `ts`.
async fn signed(world: &World, uid: i64, ts: i64) -> Value {
    let project = world.project().await;
    let token = by_secret(&project, &format!("{}:{uid}:{ts}", project.pid));
    login(uid, ts, &token)
}

fn login(uid: i64, ts: i64, token: &str) -> Value {
    json!({"uid": uid, "ts": ts, "token": token, "authv": 2})
}

/// What a fresh connection is answered.
async fn answer(world: &World, login: &Value) -> Result<bool, u32> {
    let mut client = world.stranger().await;
    let answer = client.log_in_with(login).await;
    assert_eq!(client.is_logged_in().await, answer == Ok(true), "{login}");
    answer
}

/// Something of the app that signs texts.
type Signer = Box<dyn Fn(&str) -> String>;

/// A key pair: its public half and what signs with the other.
fn pairs() -> Vec<(&'static str, LoginKey, Signer)> {
    let ecdsa = |algorithm: &'static EcdsaSigningAlgorithm| {
        let pair = EcdsaKeyPair::generate(algorithm).expect("a pair");
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("DER");
        let key = LoginKey::from_der(der.as_ref()).expect("a key");
        let random = SystemRandom::new();
        let sign: Signer = Box::new(move |text| {
            let signature = pair.sign(&random, text.as_bytes());
            STANDARD.encode(signature.expect("a signature"))
        });
        (key, sign)
    };
    let (p256, by_p256) = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let (k256, by_k256) = ecdsa(&ECDSA_P256K1_SHA256_ASN1_SIGNING);
    let pair = Ed25519KeyPair::generate().expect("a pair");
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("DER");
    let edwards = LoginKey::from_der(der.as_ref()).expect("a key");
    let by_edwards: Signer = Box::new(move |text| STANDARD.encode(pair.sign(text.as_bytes())));
    vec![
        ("P-256", p256, by_p256),
        ("secp256k1", k256, by_k256),
        ("Ed25519", edwards, by_edwards),
    ]
}

#[tokio::test]
async fn what_the_secret_signed_logs_in_and_makes_a_user_who_is_new() {
    let world = World::start().await;
    assert_eq!(world.users().await, 0);
    let good = signed(&world, 7, world.seconds()).await;
    let mut client = world.stranger().await;
    assert_eq!(client.log_in_with(&good).await, Ok(true));
    assert_eq!(world.users().await, 1);
    assert!(world.is_online(7).await);
    client.done("setuserinfo", json!({"oinfo": "new"})).await;
    let info = world.rest().await.call("GET", "/users/7", None).await.ok();
    assert_eq!(info["entities"][0]["username"], "7");
    // SDKs show it again at every reconnect.
    for _ in 0..2 {
        assert_eq!(answer(&world, &good).await, Ok(true));
    }
    assert_eq!(world.users().await, 1);
}

#[tokio::test]
async fn what_was_signed_for_something_else_opens_nothing_and_makes_nobody() {
    let world = World::start().await;
    let (project, ts) = (world.project().await, world.seconds());
    let other = Project::of(&*world.other().await);
    let pid = project.pid;
    let good = by_secret(&project, &format!("{pid}:7:{ts}"));
    let mut raw = STANDARD.decode(&good).expect("base64");
    raw[31] ^= 1;
    for (what, token) in [
        (
            "another user",
            by_secret(&project, &format!("{pid}:8:{ts}")),
        ),
        (
            "another time",
            by_secret(&project, &format!("{pid}:7:{}", ts + 1)),
        ),
        (
            "another project",
            by_secret(&project, &format!("{}:7:{ts}", other.pid)),
        ),
        (
            "by another secret",
            by_secret(&other, &format!("{pid}:7:{ts}")),
        ),
        (
            "milliseconds",
            by_secret(&project, &format!("{pid}:7:{ts}000")),
        ),
        ("no text", by_secret(&project, "")),
        ("damaged", STANDARD.encode(&raw)),
        ("cut", STANDARD.encode(&raw[..31])),
        ("no base64", "*** not base64 ***".to_owned()),
        ("empty", String::new()),
        ("a token of the back end", world.token(6).await),
    ] {
        let answer = answer(&world, &login(7, ts, &token)).await;
        assert_eq!(answer, Ok(false), "{what}");
    }
    // A signature says nothing where one of the back end is meant.
    for generation in [json!(null), json!(1)] {
        let opaque = json!({"uid": 7, "token": good, "ts": ts, "authv": generation});
        assert_eq!(answer(&world, &opaque).await, Ok(false));
    }
    assert_eq!(world.users().await, 1, "6, for whom a token was fetched");
    assert_eq!(answer(&world, &login(7, ts, &good)).await, Ok(true));
}

#[tokio::test]
async fn a_signed_login_needs_its_time() {
    let world = World::start().await;
    let good = signed(&world, 7, world.seconds()).await;
    for (ts, code) in [
        (json!(null), 10_009),
        (json!("x"), 10_010),
        (json!(1.5), 10_010),
    ] {
        let mut bad = good.clone();
        bad["ts"] = ts.clone();
        assert_eq!(answer(&world, &bad).await, Err(code), "{ts}");
    }
    let mut bad = good.clone();
    bad.as_object_mut().expect("an object").remove("ts");
    assert_eq!(answer(&world, &bad).await, Err(10_009));
    assert_eq!(world.users().await, 0);
}

#[tokio::test]
async fn keys_on_every_curve_sign_for_users_beside_the_secret() {
    let world = World::start().await;
    let (pid, ts) = (world.app.pid, world.seconds());
    let text = |uid: i64| format!("{pid}:{uid}:{ts}");
    let pairs = pairs();
    for (uid, (curve, key, sign)) in (100..).zip(&pairs) {
        let before = login(uid, ts, &sign(&text(uid)));
        assert_eq!(answer(&world, &before).await, Ok(false), "{curve}: unknown");
        let set = world
            .core()
            .apps
            .set_login_key(world.key(), Some(key.clone()));
        set.await.expect("a key");
        assert_eq!(answer(&world, &before).await, Ok(true), "{curve}");
        let others = login(uid, ts, &sign(&text(uid + 1)));
        assert_eq!(answer(&world, &others).await, Ok(false), "{curve}");
        for (other, _, sign) in pairs.iter().filter(|(other, ..)| other != curve) {
            let forged = login(uid, ts, &sign(&text(uid)));
            assert_eq!(answer(&world, &forged).await, Ok(false), "{other}");
        }
        let secret = signed(&world, uid, ts).await;
        assert_eq!(answer(&world, &secret).await, Ok(true), "{curve}");
    }
    let (_, _, sign) = pairs.last().expect("a pair");
    let last = login(102, ts, &sign(&text(102)));
    assert_eq!(answer(&world, &last).await, Ok(true));
    let forgot = world.core().apps.set_login_key(world.key(), None).await;
    forgot.expect("no key");
    assert_eq!(answer(&world, &last).await, Ok(false));
    assert_eq!(world.users().await, 3);
}

#[tokio::test]
async fn a_signature_is_good_for_a_day() {
    let world = World::start().await;
    let good = signed(&world, 7, world.seconds()).await;
    world.advance_ms(DAY * 1000 + 999);
    assert_eq!(answer(&world, &good).await, Ok(true));
    world.advance_ms(1);
    assert_eq!(answer(&world, &good).await, Ok(false));
    for ts in [0, -1, i64::MIN] {
        let old = signed(&world, 8, ts).await;
        assert_eq!(answer(&world, &old).await, Ok(false), "{ts}");
    }
    assert_eq!(world.users().await, 1);
}

#[tokio::test]
async fn a_clock_may_be_ahead_by_ten_minutes() {
    let world = World::start().await;
    let now = world.seconds();
    let ahead = signed(&world, 7, now + 600).await;
    assert_eq!(answer(&world, &ahead).await, Ok(true));
    for ts in [now + 601, now * 1000, i64::MAX] {
        let ahead = signed(&world, 8, ts).await;
        assert_eq!(answer(&world, &ahead).await, Err(200_008), "{ts}");
        let mut forged = ahead.clone();
        forged["token"] = json!("");
        assert_eq!(answer(&world, &forged).await, Ok(false), "tells nothing");
    }
    assert_eq!(world.users().await, 1);
    // Its time comes, and its end is counted from then.
    let ahead = signed(&world, 9, now + 601).await;
    world.advance_ms(1000);
    assert_eq!(answer(&world, &ahead).await, Ok(true));
}

#[tokio::test]
async fn a_new_secret_signs_and_the_old_one_no_more() {
    let world = World::start().await;
    let old = signed(&world, 7, world.seconds()).await;
    assert_eq!(answer(&world, &old).await, Ok(true));
    let rotated = world.core().apps.rotate_rtm_secret(world.key()).await;
    rotated.expect("a new secret");
    assert_eq!(answer(&world, &old).await, Ok(false));
    let new = signed(&world, 7, world.seconds()).await;
    assert_eq!(answer(&world, &new).await, Ok(true));
}

/// Logs in twice with what was signed before, voids it, and checks what is left of it.
async fn voided(world: &World, void: impl AsyncFnOnce()) -> RtmClient {
    let ts = world.seconds();
    let before = [signed(world, 7, ts).await, signed(world, 7, ts - 50).await];
    let mut live = world.stranger().await;
    assert_eq!(live.log_in_with(&before[0]).await, Ok(true));
    world.advance_ms(5000);
    let last = signed(world, 7, world.seconds()).await;
    void().await;
    for login in before.iter().chain([&last]) {
        assert_eq!(answer(world, login).await, Ok(false), "{login}");
    }
    let others = signed(world, 8, ts).await;
    assert_eq!(answer(world, &others).await, Ok(true));
    world.advance_ms(1000);
    let later = signed(world, 7, world.seconds()).await;
    assert_eq!(answer(world, &later).await, Ok(true));
    assert_eq!(answer(world, &before[0]).await, Ok(false));
    live
}

#[tokio::test]
async fn removing_tokens_voids_what_was_signed_before_and_leaves_live_sessions() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let mut live = voided(&world, async || {
        back_end.done("removetoken", json!({"uid": 7})).await;
    })
    .await;
    assert!(live.is_logged_in().await);
}

#[tokio::test]
async fn a_new_password_voids_what_was_signed_before_and_ends_sessions() {
    let world = World::start().await;
    let rest = world.rest().await;
    rest.register("7").await;
    let mut live = voided(&world, async || {
        let body = json!({"newpassword": "another"});
        rest.call("PUT", "/users/7/password", Some(body)).await.ok();
    })
    .await;
    let told = live.last_words().await;
    assert_eq!(told, [kickout(Some("password_changed"))]);
}

#[tokio::test]
async fn a_ban_refuses_a_good_signature_until_it_ends_and_voids_nothing() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let good = signed(&world, 7, world.seconds()).await;
    let banned = json!({"uid": 7, "btime": 60});
    back_end.done("addprojectblack", banned).await;
    assert_eq!(answer(&world, &good).await, Err(200_024));
    let forged = login(7, world.seconds(), "AAAA");
    assert_eq!(answer(&world, &forged).await, Ok(false), "tells nothing");
    world.advance_ms(60_000);
    assert_eq!(answer(&world, &good).await, Ok(true));
}

#[tokio::test]
async fn nobody_comes_into_being_for_the_number_of_a_user_who_is_gone() {
    let world = World::start().await;
    let rest = world.rest().await;
    rest.register("maya").await;
    let maya = world.core().users.find(world.id(), "maya").await;
    let uid = maya.expect("a user").uid().0;
    let good = signed(&world, uid, world.seconds()).await;
    assert_eq!(answer(&world, &good).await, Ok(true));
    rest.call("DELETE", "/users/maya", None).await.ok();
    for uid in [uid, uid + 1, i64::MAX] {
        let gone = signed(&world, uid, world.seconds()).await;
        assert_eq!(answer(&world, &gone).await, Err(200_001), "{uid}");
    }
    assert_eq!(world.users().await, 0);
}

#[tokio::test]
async fn nobody_who_was_deleted_comes_back_by_reconnecting() {
    let world = World::start().await;
    let rest = world.rest().await;
    let old = signed(&world, 7, world.seconds()).await;
    let mut live = world.stranger().await;
    assert_eq!(live.log_in_with(&old).await, Ok(true));
    world.advance_ms(5000);
    rest.call("DELETE", "/users/7", None).await.ok();
    assert_eq!(live.last_words().await, [kickout(Some("user_deleted"))]);
    assert_eq!(answer(&world, &old).await, Ok(false));
    assert_eq!(world.users().await, 0);
    world.advance_ms(1000);
    let new = signed(&world, 7, world.seconds()).await;
    assert_eq!(answer(&world, &new).await, Ok(true));
    assert_eq!(answer(&world, &old).await, Ok(false));
}

#[tokio::test]
async fn a_user_beyond_the_quota_is_refused_and_not_logged_in() {
    let world = World::start_with(|config| config.limits.users_per_app = 1).await;
    let first = signed(&world, 7, world.seconds()).await;
    let second = signed(&world, 8, world.seconds()).await;
    assert_eq!(answer(&world, &first).await, Ok(true));
    assert_eq!(answer(&world, &second).await, Err(200_021));
    assert_eq!(answer(&world, &first).await, Ok(true));
}
