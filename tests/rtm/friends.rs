//! Friends and black lists. Source: RTM server gate section 4.5.

use halloo_core::users::Uid;
use halloo_testkit::rtm::sorted;
use serde_json::{Value, json};

use crate::state::all_hold;
use crate::world::{Caller, Gate};

async fn list(caller: &mut Caller, method: &str, uid: i64) -> Vec<i64> {
    sorted(&caller.field(method, json!({"uid": uid}), "uids").await)
}

#[tokio::test]
async fn friendship_is_directed() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    assert_eq!(list(&mut caller, "getfriends", 1).await, [0; 0]);
    caller
        .done("addfriends", json!({"uid": 1, "friends": [3, 2, 3]}))
        .await;
    caller
        .done("addfriends", json!({"uid": 1, "friends": [2]}))
        .await;
    assert_eq!(list(&mut caller, "getfriends", 1).await, [2, 3]);
    assert_eq!(list(&mut caller, "getfriends", 2).await, [0; 0]);
    let edges = [
        (1, 2),
        (2, 1),
        (1, 3),
        (3, 1),
        (2, 3),
        (1, 77),
        (77, 1),
        (1, 1),
    ];
    let asks = |edges: [(i64, i64); 8]| {
        edges.map(|(uid, fuid)| ("isfriend", json!({"uid": uid, "fuid": fuid})))
    };
    let hold = all_hold(&mut caller, asks(edges)).await;
    assert_eq!(hold, [true, false, true, false, false, false, false, false]);
    caller
        .done("addfriends", json!({"uid": 2, "friends": [1]}))
        .await;
    caller
        .done("delfriends", json!({"uid": 1, "friends": [2, 77, 2]}))
        .await;
    caller
        .done("delfriends", json!({"uid": 1, "friends": [2]}))
        .await;
    caller
        .done("delfriends", json!({"uid": 77, "friends": [2]}))
        .await;
    let hold = all_hold(&mut caller, asks(edges)).await;
    assert_eq!(hold, [false, true, true, false, false, false, false, false]);
    // Of those asked for, each once.
    let among = json!({"uid": 1, "fuids": [3, 2, 77, 3, 1]});
    let friends = caller.call("isfriends", among).await;
    assert_eq!(friends, Ok(json!({"fuids": [3]})));
    let nobody = caller
        .call("isfriends", json!({"uid": 77, "fuids": [3]}))
        .await;
    assert_eq!(nobody, Ok(json!({"fuids": []})));
    assert_eq!(gate.users().await, 3);
}

#[tokio::test]
async fn nobody_is_his_own_friend() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for friends in [json!([1]), json!([2, 1])] {
        let params = json!({"uid": 1, "friends": friends});
        assert_eq!(caller.call("addfriends", params).await, Err(200_034));
    }
    assert_eq!(gate.users().await, 0);
    caller
        .done("delfriends", json!({"uid": 1, "friends": [1]}))
        .await;
    assert!(!caller.holds("isfriend", json!({"uid": 1, "fuid": 1})).await);
}

#[tokio::test]
async fn a_user_has_300_friends_and_not_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let friends =
        |ids: std::ops::RangeInclusive<i64>| json!({"uid": 1, "friends": ids.collect::<Vec<_>>()});
    assert_eq!(
        caller.call("addfriends", friends(2..=102)).await,
        Err(200_032)
    );
    assert_eq!(list(&mut caller, "getfriends", 1).await, [0; 0]);
    for first in [101, 201] {
        caller.done("addfriends", friends(first..=first + 99)).await;
    }
    caller.done("addfriends", friends(301..=399)).await;
    // All or none.
    assert_eq!(
        caller.call("addfriends", friends(399..=401)).await,
        Err(200_048)
    );
    assert_eq!(list(&mut caller, "getfriends", 1).await.len(), 299);
    assert_eq!(gate.users().await, 300);
    caller.done("addfriends", friends(400..=400)).await;
    assert_eq!(
        caller.call("addfriends", friends(401..=401)).await,
        Err(200_048)
    );
    let all: Vec<i64> = (101..=400).collect();
    assert_eq!(list(&mut caller, "getfriends", 1).await, all);
    // Who is one already may be added again, others have friends of their own, and room can be made.
    caller.done("addfriends", friends(301..=400)).await;
    caller
        .done("addfriends", json!({"uid": 101, "friends": [1]}))
        .await;
    caller.done("delfriends", friends(101..=101)).await;
    caller.done("addfriends", friends(401..=401)).await;
    assert_eq!(
        caller.call("addfriends", friends(402..=402)).await,
        Err(200_048)
    );
    let asked = json!({"uid": 1, "fuids": (101..=201).collect::<Vec<_>>()});
    assert_eq!(caller.call("isfriends", asked).await, Err(200_032));
}

#[tokio::test]
async fn friends_of_rest_beyond_the_limit_stay_and_may_be_added_again() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let core = gate.core();
    let owner = core.users.of_uid_or_new(gate.id(), Uid(1)).await.unwrap();
    for uid in 2..=311 {
        let friend = core.users.of_uid_or_new(gate.id(), Uid(uid)).await.unwrap();
        core.contacts.add(gate.id(), &owner, &friend).await.unwrap();
    }
    assert_eq!(list(&mut caller, "getfriends", 1).await.len(), 310);
    caller
        .done("addfriends", json!({"uid": 1, "friends": [2, 311]}))
        .await;
    let one_more = json!({"uid": 1, "friends": [2, 312]});
    assert_eq!(caller.call("addfriends", &one_more).await, Err(200_048));
    assert_eq!(list(&mut caller, "getfriends", 1).await.len(), 310);
    caller
        .done("addfriends", json!({"uid": 2, "friends": [312]}))
        .await;
}

#[tokio::test]
async fn is_black_asks_the_other_way_round() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    assert_eq!(list(&mut caller, "getblacks", 1).await, [0; 0]);
    caller
        .done("addblacks", json!({"uid": 1, "blacks": [3, 2, 3]}))
        .await;
    caller
        .done("addblacks", json!({"uid": 1, "blacks": [2]}))
        .await;
    assert_eq!(list(&mut caller, "getblacks", 1).await, [2, 3]);
    assert_eq!(list(&mut caller, "getblacks", 2).await, [0; 0]);
    // 1 blocks 2: asked is whether `buid` blocks `uid`.
    let pairs = [(2, 1), (1, 2), (3, 1), (3, 2), (2, 3), (77, 1), (1, 77)];
    let asks = |pairs: [(i64, i64); 7]| {
        pairs.map(|(uid, buid)| ("isblack", json!({"uid": uid, "buid": buid})))
    };
    let hold = all_hold(&mut caller, asks(pairs)).await;
    assert_eq!(hold, [true, false, true, false, false, false, false]);
    // Those of `buids` who block `uid`, each once.
    caller
        .done("addblacks", json!({"uid": 3, "blacks": [2]}))
        .await;
    for (uid, blocking) in [(2, vec![1, 3]), (3, vec![1]), (1, vec![]), (77, vec![])] {
        let params = json!({"uid": uid, "buids": [3, 1, 2, 77, 1]});
        let found = sorted(&caller.field("isblacks", params, "buids").await);
        assert_eq!(found, blocking, "{uid}");
    }
    caller
        .done("delblacks", json!({"uid": 1, "blacks": [2, 77, 2]}))
        .await;
    caller
        .done("delblacks", json!({"uid": 1, "blacks": [2]}))
        .await;
    caller
        .done("delblacks", json!({"uid": 77, "blacks": [2]}))
        .await;
    let hold = all_hold(&mut caller, asks(pairs)).await;
    assert_eq!(hold, [false, false, true, false, true, false, false]);
    assert_eq!(gate.users().await, 3);
}

#[tokio::test]
async fn friends_and_black_lists_do_not_touch_each_other() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    caller
        .done("addfriends", json!({"uid": 1, "friends": [2]}))
        .await;
    caller
        .done("addblacks", json!({"uid": 1, "blacks": [2]}))
        .await;
    caller
        .done("addblacks", json!({"uid": 2, "blacks": [1]}))
        .await;
    assert_eq!(list(&mut caller, "getfriends", 1).await, [2]);
    caller
        .done("delblacks", json!({"uid": 1, "blacks": [2]}))
        .await;
    assert_eq!(list(&mut caller, "getfriends", 1).await, [2]);
    caller
        .done("delfriends", json!({"uid": 1, "friends": [2]}))
        .await;
    assert_eq!(list(&mut caller, "getblacks", 2).await, [1]);
}

#[tokio::test]
async fn a_black_list_has_500_users_and_100_in_one_call() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let blacks = |ids: std::ops::RangeInclusive<i64>| -> Value {
        json!({"uid": 1, "blacks": ids.collect::<Vec<_>>()})
    };
    for method in ["addblacks", "delblacks"] {
        assert_eq!(
            caller.call(method, blacks(2..=102)).await,
            Err(200_032),
            "{method}"
        );
    }
    let asked = json!({"uid": 1, "buids": (2..=102).collect::<Vec<_>>()});
    assert_eq!(caller.call("isblacks", asked).await, Err(200_032));
    for hundred in 1..=4 {
        caller
            .done("addblacks", blacks(hundred * 100..=hundred * 100 + 99))
            .await;
    }
    caller.done("addblacks", blacks(500..=598)).await;
    assert_eq!(
        caller.call("addblacks", blacks(598..=600)).await,
        Err(200_032)
    );
    assert_eq!(list(&mut caller, "getblacks", 1).await.len(), 499);
    caller.done("addblacks", blacks(599..=599)).await;
    assert_eq!(
        caller.call("addblacks", blacks(600..=600)).await,
        Err(200_032)
    );
    caller.done("addblacks", blacks(500..=599)).await;
    caller.done("delblacks", blacks(100..=100)).await;
    caller.done("addblacks", blacks(600..=600)).await;
    assert_eq!(list(&mut caller, "getblacks", 1).await.len(), 500);
}
