//! One user base behind both dialects. Source: design section 2.

mod lifetime;
mod sessions;

use halloo_testkit::TestApp;
use halloo_testkit::rtm::sorted;
use serde_json::{Value, json};

use crate::world::{Caller, Gate};

/// The first uid of users whose names are not numbers.
const NAMED: i64 = 1 << 62;

async fn uid_of(gate: &Gate, name: &str) -> i64 {
    let user = gate.core().users.find(gate.id(), name).await;
    user.expect("a user").uid().0
}

/// The user as REST shows him.
async fn shown(rest: &TestApp, name: &str) -> Value {
    let shown = rest.call("GET", &format!("/users/{name}"), None).await.ok();
    shown["entities"][0].clone()
}

/// A list of names that REST shows, sorted.
async fn names(rest: &TestApp, path: &str) -> Vec<String> {
    let shown = rest.call("GET", path, None).await.ok();
    let names = shown["data"].as_array().expect("a list").iter();
    let mut names: Vec<String> = names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

async fn list(caller: &mut Caller, method: &str, uid: i64) -> Vec<i64> {
    sorted(&caller.field(method, json!({"uid": uid}), "uids").await)
}

#[tokio::test]
async fn a_user_whose_name_is_a_number_is_the_user_of_that_number() {
    let gate = Gate::start().await;
    let (rest, mut caller) = (gate.rest().await, gate.caller().await);
    let numbers = ["1001", "9", "4611686018427387904"];
    for name in numbers {
        rest.register(name).await;
        let number: i64 = name.parse().unwrap();
        assert_eq!(uid_of(&gate, name).await, number);
        caller
            .done("setuserinfo", json!({"uid": number, "oinfo": name}))
            .await;
    }
    assert_eq!(gate.users().await, 3, "nobody was made anew");
    // Whose name only looks like one, or is too large, has a number of his own.
    let mut taken = Vec::new();
    for name in [
        "maya",
        "007",
        "0",
        "-3",
        "1.5",
        "4611686018427387905",
        "9223372036854775808",
    ] {
        rest.register(name).await;
        let uid = uid_of(&gate, name).await;
        assert!(uid > NAMED && uid < NAMED + 100, "{name}: {uid}");
        caller
            .done("setuserinfo", json!({"uid": uid, "oinfo": name}))
            .await;
        taken.push((uid, name));
    }
    assert_eq!(gate.users().await, 10);
    for (uid, name) in taken {
        let open = caller
            .field("getuserinfo", json!({"uid": uid}), "oinfo")
            .await;
        assert_eq!(open, name);
    }
    // "007" is not 7, and 7 comes into being beside him.
    caller
        .done("setuserinfo", json!({"uid": 7, "oinfo": "seven"}))
        .await;
    assert_eq!(gate.users().await, 11);
    // The row of a user whose name is a number is not a second number of his.
    let nine = gate.core().users.find(gate.id(), "9").await.unwrap().id.0;
    let second = json!({"uid": NAMED + nine, "oinfo": "x"});
    assert_eq!(caller.call("setuserinfo", second).await, Err(200_001));
    let none = caller
        .call("getuserinfo", json!({"uid": NAMED + nine}))
        .await;
    assert_eq!(none, Ok(json!({"oinfo": "", "pinfo": ""})));
}

#[tokio::test]
async fn a_user_whom_rtm_made_is_there_over_rest_without_a_password() {
    let gate = Gate::start().await;
    let (rest, mut caller) = (gate.rest().await, gate.caller().await);
    caller.call("gettoken", json!({"uid": 5})).await.unwrap();
    let user = shown(&rest, "5").await;
    assert_eq!(
        (&user["username"], &user["activated"]),
        (&json!("5"), &json!(true))
    );
    assert_eq!(user["type"], "user");
    let log_in = |password: &str| {
        let body = json!({"grant_type": "password", "username": "5", "password": password});
        let rest = rest.clone();
        async move {
            rest.call_as(None, "POST", "/token", Some(body))
                .await
                .status
        }
    };
    for password in ["pw-5", "5", ""] {
        assert_ne!(log_in(password).await, 200, "{password:?}");
    }
    let password = json!({"newpassword": "pw-5"});
    rest.call("PUT", "/users/5/password", Some(password))
        .await
        .ok();
    assert_eq!(log_in("pw-5").await, 200);
    let taken = json!({"username": "5", "password": "x"});
    assert_eq!(rest.call("POST", "/users", Some(taken)).await.status, 400);
}

#[tokio::test]
async fn a_black_listed_user_is_deactivated_until_the_end() {
    let gate = Gate::start().await;
    let (rest, mut caller) = (gate.rest().await, gate.caller().await);
    rest.register("5").await;
    caller
        .done("addprojectblack", json!({"uid": 5, "btime": 60}))
        .await;
    gate.advance_ms(59_999);
    assert_eq!(shown(&rest, "5").await["activated"], false);
    gate.advance_ms(1);
    assert_eq!(shown(&rest, "5").await["activated"], true);
    rest.log_in("5").await;
    // REST ends what RTM began, and the reverse.
    caller
        .done("addprojectblack", json!({"uid": 5, "btime": 60}))
        .await;
    rest.call("POST", "/users/5/activate", None).await.ok();
    assert!(!caller.holds("isprojectblack", json!({"uid": 5})).await);
    caller
        .done("addprojectblack", json!({"uid": 5, "btime": 60}))
        .await;
    rest.call("POST", "/users/5/deactivate", None).await.ok();
    gate.advance_ms(60_000);
    assert!(
        caller.holds("isprojectblack", json!({"uid": 5})).await,
        "for ever now"
    );
    assert_eq!(shown(&rest, "5").await["activated"], false);
    caller.done("removeprojectblack", json!({"uid": 5})).await;
    assert_eq!(shown(&rest, "5").await["activated"], true);
    rest.log_in("5").await;
}

#[tokio::test]
async fn a_black_listed_user_loses_his_tokens() {
    let gate = Gate::start().await;
    let (rest, mut caller) = (gate.rest().await, gate.caller().await);
    rest.register("5").await;
    let token = rest.log_in("5").await;
    let opens = async || {
        let reply = rest.call_as(Some(&token), "GET", "/users/5/contacts/users", None);
        reply.await.status == 200
    };
    assert!(opens().await);
    caller
        .done("addprojectblack", json!({"uid": 5, "btime": 10}))
        .await;
    assert!(!opens().await);
    gate.advance_ms(10_000);
    assert!(!opens().await, "what was revoked stays so");
    let token = rest.log_in("5").await;
    let again = rest
        .call_as(Some(&token), "GET", "/users/5/contacts/users", None)
        .await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn friends_and_contacts_are_one_list() {
    let gate = Gate::start().await;
    let (rest, mut caller) = (gate.rest().await, gate.caller().await);
    for name in ["maya", "5", "6"] {
        rest.register(name).await;
    }
    let maya = uid_of(&gate, "maya").await;
    // REST makes both directions.
    rest.call("POST", "/users/maya/contacts/users/5", None)
        .await
        .ok();
    assert_eq!(list(&mut caller, "getfriends", maya).await, [5]);
    assert_eq!(list(&mut caller, "getfriends", 5).await, [maya]);
    // RTM makes one.
    caller
        .done("addfriends", json!({"uid": 5, "friends": [6, 7]}))
        .await;
    assert_eq!(
        names(&rest, "/users/5/contacts/users").await,
        ["6", "7", "maya"]
    );
    assert!(names(&rest, "/users/6/contacts/users").await.is_empty());
    assert!(names(&rest, "/users/7/contacts/users").await.is_empty());
    // RTM ends one, REST both.
    caller
        .done("delfriends", json!({"uid": 5, "friends": [maya]}))
        .await;
    assert_eq!(names(&rest, "/users/5/contacts/users").await, ["6", "7"]);
    assert_eq!(names(&rest, "/users/maya/contacts/users").await, ["5"]);
    caller
        .done("addfriends", json!({"uid": 6, "friends": [5]}))
        .await;
    rest.call("DELETE", "/users/5/contacts/users/6", None)
        .await
        .ok();
    assert_eq!(list(&mut caller, "getfriends", 5).await, [7]);
    assert_eq!(list(&mut caller, "getfriends", 6).await, [0; 0]);
}

#[tokio::test]
async fn black_lists_and_blocks_are_one_list() {
    let gate = Gate::start().await;
    let (rest, mut caller) = (gate.rest().await, gate.caller().await);
    for name in ["maya", "5"] {
        rest.register(name).await;
    }
    let maya = uid_of(&gate, "maya").await;
    let block = json!({"usernames": ["5"]});
    rest.call("POST", "/users/maya/blocks/users", Some(block))
        .await
        .ok();
    assert_eq!(list(&mut caller, "getblacks", maya).await, [5]);
    assert!(
        caller
            .holds("isblack", json!({"uid": 5, "buid": maya}))
            .await
    );
    assert!(
        !caller
            .holds("isblack", json!({"uid": maya, "buid": 5}))
            .await
    );
    caller
        .done("addblacks", json!({"uid": 5, "blacks": [maya, 6]}))
        .await;
    assert_eq!(names(&rest, "/users/5/blocks/users").await, ["6", "maya"]);
    rest.call("DELETE", "/users/5/blocks/users/6", None)
        .await
        .ok();
    assert_eq!(list(&mut caller, "getblacks", 5).await, [maya]);
    caller
        .done("delblacks", json!({"uid": maya, "blacks": [5]}))
        .await;
    assert!(names(&rest, "/users/maya/blocks/users").await.is_empty());
}
