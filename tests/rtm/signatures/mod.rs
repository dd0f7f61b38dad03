//! What proves a quest, and the order in which it is looked at. Source: RTM server gate sections 1.1 to 1.3.

mod legacy;
mod order;
mod rates;
mod replays;
mod window;

use std::sync::Arc;

use halloo_core::apps::App;
use halloo_fpnn::Map;
use halloo_testkit::rtm::{Parameters as _, Project, packed};
use serde_json::{Value, json};

use crate::world::{Caller, Gate};

const MISSING: u32 = 10_009;
const WRONG_TYPE: u32 = 10_010;
const UNPROVEN: u32 = 200_002;

/// `{"ok": false}`: what [`ask`] is answered where its proof is good.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it is compared with what is answered"
)]
fn proven() -> Result<Value, u32> {
    Ok(json!({"ok": false}))
}

/// The parameters of [`ask`].
fn question() -> Map {
    json!({"uid": 7}).into_map()
}

/// The method of [`ask`].
const METHOD: &str = "isprojectblack";

/// Asks with exactly these fields.
async fn send(caller: &mut Caller, method: &str, fields: Map) -> Result<Value, u32> {
    let sequence = caller.wire.ask(method, fields.finish());
    caller.answer(sequence).await
}

/// Asks whether 7 is black-listed, with this proof.
async fn ask(caller: &mut Caller, sign: &str, salt: i64, ts: Option<i64>) -> Result<Value, u32> {
    let fields = question()
        .integer("pid", caller.project.pid.into())
        .text("sign", sign)
        .integer("salt", salt);
    let fields = match ts {
        Some(ts) => fields.integer("ts", ts),
        None => fields,
    };
    send(caller, METHOD, fields).await
}

/// Asks with a good signature of this time.
async fn ask_at(caller: &mut Caller, salt: i64, ts: Option<i64>) -> Result<Value, u32> {
    let sign = caller.project.sign(METHOD, salt, ts);
    ask(caller, &sign, salt, ts).await
}

/// The app as it is now.
async fn reread(gate: &Gate) -> Arc<App> {
    let key = &gate.app.key;
    let app = gate.core().apps.find(&key.org, &key.name).await;
    app.expect("the app")
}

#[tokio::test]
async fn a_signature_is_taken_in_either_case() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let ts = Some(caller.seconds());
    let upper = caller.project.sign(METHOD, 5, ts);
    let mixed: String = upper
        .char_indices()
        .map(|(at, c)| {
            if at % 2 == 0 {
                c.to_ascii_lowercase()
            } else {
                c
            }
        })
        .collect();
    assert!(mixed != upper && mixed != upper.to_lowercase(), "{mixed}");
    for sign in [&upper, &upper.to_lowercase(), &mixed] {
        assert_eq!(ask(&mut caller, sign, 5, ts).await, proven(), "{sign}");
    }
}

#[tokio::test]
async fn the_signatures_of_the_specification_are_the_ones_that_are_taken() {
    let project = Project {
        pid: 90_000_001,
        secret: "00000000-1111-2222-3333-444444444444".into(),
    };
    let current = project.sign("gettoken", 7_529_877_615_132_852_353, Some(1_700_000_000));
    assert_eq!(current, "C67600CF3CBCC51F80ACF0A81484FE73");
    let legacy = project.sign("gettoken", 123_456_789, None);
    assert_eq!(legacy, "B571031882325CABFF5691EFEBAA4D06");
}

#[tokio::test]
async fn any_other_signature_is_refused_and_the_connection_stays() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let ts = Some(caller.seconds());
    let right = caller.project.sign(METHOD, 5, ts);
    let zeros = "0".repeat(32);
    let (begin, end) = (right.get(..31).unwrap(), right.get(1..).unwrap());
    let last = if right.ends_with('0') { "1" } else { "0" };
    let nearly = format!("{begin}{last}");
    let wrong = [
        "",
        "0",
        &zeros,
        &nearly,
        begin,
        &format!("{right}0"),
        &format!("{right}{right}"),
        &format!(" {end}"),
        &format!("+{end}"),
        &right.replace(|c: char| c.is_ascii_digit(), "g"),
        "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
        &"A".repeat(100_000),
    ];
    for sign in wrong {
        let answer = ask(&mut caller, sign, 5, ts).await;
        assert_eq!(answer, Err(UNPROVEN), "{}", sign.get(..40).unwrap_or(sign));
    }
    assert_eq!(ask(&mut caller, &right, 5, ts).await, proven());
}

#[tokio::test]
async fn a_signature_holds_for_its_own_project_salt_method_and_time() {
    let gate = Gate::start().await;
    let other = gate.other("other").await;
    let mut caller = gate.caller().await;
    let now = caller.seconds();
    let sign = caller.project.sign(METHOD, 5, Some(now));
    assert_eq!(ask(&mut caller, &sign, 6, Some(now)).await, Err(UNPROVEN));
    assert_eq!(
        ask(&mut caller, &sign, 5, Some(now + 1)).await,
        Err(UNPROVEN)
    );
    assert_eq!(ask(&mut caller, &sign, 5, None).await, Err(UNPROVEN));
    let fields = |pid: i32| {
        let fields = question().integer("pid", pid.into());
        fields
            .text("sign", &sign)
            .integer("salt", 5)
            .integer("ts", now)
    };
    let pid = caller.project.pid;
    assert_eq!(
        send(&mut caller, "isprojectban", fields(pid)).await,
        Err(UNPROVEN)
    );
    assert_eq!(
        send(&mut caller, METHOD, fields(other.pid)).await,
        Err(UNPROVEN)
    );
    assert_eq!(send(&mut caller, METHOD, fields(pid)).await, proven());
}

#[tokio::test]
async fn one_connection_serves_every_project_with_its_own_secret() {
    let gate = Gate::start().await;
    let other = gate.other("other").await;
    let mut caller = gate.caller().await;
    let (ours, theirs) = (caller.project.clone(), Project::of(&other));
    assert_ne!(ours.pid, theirs.pid);
    assert_ne!(ours.secret, theirs.secret);
    caller
        .done("setuserinfo", json!({"uid": 1, "oinfo": "ours"}))
        .await;
    caller.project = theirs.clone();
    caller
        .done("setuserinfo", json!({"uid": 1, "oinfo": "theirs"}))
        .await;
    for (project, text) in [(&ours, "ours"), (&theirs, "theirs")] {
        caller.project = project.clone();
        let open = caller
            .field("getuserinfo", json!({"uid": 1}), "oinfo")
            .await;
        assert_eq!(open, text);
    }
    for (pid, secret) in [(ours.pid, &theirs.secret), (theirs.pid, &ours.secret)] {
        let secret = secret.clone();
        caller.project = Project { pid, secret };
        assert_eq!(caller.call(METHOD, json!({"uid": 7})).await, Err(UNPROVEN));
    }
}

#[tokio::test]
async fn a_new_secret_holds_from_the_next_quest_on() {
    let gate = Gate::start().await;
    let other = gate.other("other").await;
    let (mut caller, mut bystander) = (gate.caller().await, gate.caller_of(&other).await);
    let old = caller.project.clone();
    assert_eq!(caller.call(METHOD, json!({"uid": 7})).await, proven());
    // Where REST's secret changes, this one stays.
    let rotated = gate.core().apps.rotate_client_secret(&gate.app.key).await;
    rotated.expect("a new secret");
    assert_eq!(caller.call(METHOD, json!({"uid": 7})).await, proven());
    let rotated = gate.core().apps.rotate_rtm_secret(&gate.app.key).await;
    let new = Project::of(&rotated.expect("a new secret"));
    assert_eq!(new.pid, old.pid);
    for _ in 0..2 {
        caller.project = old.clone();
        assert_eq!(caller.call(METHOD, json!({"uid": 7})).await, Err(UNPROVEN));
        caller.project = new.clone();
        assert_eq!(caller.call(METHOD, json!({"uid": 7})).await, proven());
    }
    assert_eq!(bystander.call(METHOD, json!({"uid": 7})).await, proven());
    // And after a restart.
    drop((caller, bystander));
    let gate = gate.restart().await;
    let mut caller = gate.caller().await;
    assert_eq!(caller.call(METHOD, json!({"uid": 7})).await, Err(UNPROVEN));
    caller.project = new;
    assert_eq!(caller.call(METHOD, json!({"uid": 7})).await, proven());
    assert_eq!(
        reread(&gate).await.rtm_secret.reveal(),
        caller.project.secret
    );
}

#[tokio::test]
async fn what_proves_a_quest_has_types_like_any_parameter() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let (pid, ts) = (caller.project.pid, caller.seconds());
    let sign = caller.project.sign(METHOD, 5, Some(ts));
    let proof = [
        ("pid", json!(pid)),
        ("sign", json!(sign)),
        ("salt", json!(5)),
        ("ts", json!(ts)),
    ];
    let with = |name: &str, value: Option<&[u8]>| {
        proof
            .iter()
            .fold(question(), |map, (field, usual)| match value {
                Some(value) if *field == name => map.raw(field, value),
                None if *field == name => map,
                _ => map.raw(field, &packed(usual)),
            })
    };
    let eleven = packed(&json!("11"));
    let wide = [[0xcf, 0x80].as_slice(), &[0; 7]].concat();
    let half = [[0xcb].as_slice(), &1.5_f64.to_be_bytes()].concat();
    let past_i32 = packed(&json!(1_i64 << 31));
    let other: [&[u8]; 7] = [
        &eleven,
        &[0xc3],
        &[0x90],
        &[0x80],
        &half,
        &wide,
        &[0xd4, 1, 2],
    ];
    for name in ["pid", "salt", "ts"] {
        for value in other {
            let answer = send(&mut caller, METHOD, with(name, Some(value))).await;
            assert_eq!(answer, Err(WRONG_TYPE), "{name} is {value:x?}");
        }
    }
    let answer = send(&mut caller, METHOD, with("pid", Some(&past_i32))).await;
    assert_eq!(answer, Err(WRONG_TYPE));
    for value in [
        &[7],
        &[0xc3],
        &[0x90],
        &[0x80],
        half.as_slice(),
        b"\xa1\xff",
        b"\xc4\x01\xff",
    ] {
        let answer = send(&mut caller, METHOD, with("sign", Some(value))).await;
        assert_eq!(answer, Err(WRONG_TYPE), "sign is {value:x?}");
    }
    for name in ["pid", "sign", "salt"] {
        for value in [None, Some([0xc0].as_slice())] {
            let answer = send(&mut caller, METHOD, with(name, value)).await;
            assert_eq!(answer, Err(MISSING), "{name}");
        }
    }
    // Any width, and bytes for text.
    let wide = |value: i64| [[0xd3].as_slice(), &value.to_be_bytes()].concat();
    let double = |value: i32| [[0xcb].as_slice(), &f64::from(value).to_be_bytes()].concat();
    let seconds = i32::try_from(ts).unwrap();
    let bytes = [[0xc4, 32].as_slice(), sign.as_bytes()].concat();
    for (name, value) in [
        ("pid", wide(pid.into())),
        ("pid", double(pid)),
        ("salt", wide(5)),
        ("salt", double(5)),
        ("ts", wide(ts)),
        ("ts", double(seconds)),
        ("sign", bytes),
    ] {
        let answer = send(&mut caller, METHOD, with(name, Some(&value))).await;
        assert_eq!(answer, proven(), "{name} is {value:x?}");
    }
}

#[tokio::test]
async fn every_salt_of_64_bits_signs() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let ts = Some(caller.seconds());
    for salt in [
        0,
        1,
        -1,
        1 << 62,
        i64::MAX,
        i64::MIN,
        7_529_877_615_132_852_353,
    ] {
        assert_eq!(ask_at(&mut caller, salt, ts).await, proven(), "{salt}");
    }
}

#[tokio::test]
async fn a_project_that_is_not_there_is_refused_like_a_wrong_signature() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let real = caller.project.clone();
    let texts = async |caller: &mut Caller| {
        let payload = caller.payload(METHOD, json!({"uid": 7}));
        let sequence = caller.wire.ask(METHOD, payload);
        let refusal = caller.wire.answer(sequence).await.unwrap_err();
        (refusal.code, refusal.text)
    };
    caller.project.secret.push('x');
    let expected = texts(&mut caller).await;
    assert_eq!(expected.0, UNPROVEN);
    for pid in [0, -1, 1, real.pid + 1000, i32::MAX, i32::MIN] {
        caller.project = Project {
            pid,
            ..real.clone()
        };
        assert_eq!(texts(&mut caller).await, expected, "{pid}");
    }
    caller.project = real;
    assert_eq!(caller.call(METHOD, json!({"uid": 7})).await, proven());
}
