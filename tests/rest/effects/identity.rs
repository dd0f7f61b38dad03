//! Who is who: one name, one user, in one app.

use std::collections::{BTreeMap, BTreeSet};

use halloo_core::apps::Registration;
use halloo_testkit::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_clients_who_register_one_name_exactly_one_succeeds() {
    let place = Place::with(&[]).await;
    let mut clients = JoinSet::new();
    for number in 0..50 {
        let app = place.app.clone();
        clients.spawn(async move {
            let name = if number % 2 == 0 {
                "maya.lin"
            } else {
                "Maya.LIN"
            };
            let user = json!({"username": name, "password": format!("pw-{number}")});
            let body = if number % 3 == 0 { json!([user]) } else { user };
            (number, app.call("POST", "/users", Some(body)).await)
        });
    }
    let (mut winners, mut duplicates) = (Vec::new(), 0);
    while let Some(done) = clients.join_next().await {
        let (number, reply) = done.unwrap();
        if reply.status == 200 {
            winners.push((number, reply.ok()["entities"][0].clone()));
            continue;
        }
        let (status, error, _) = reply.refusal();
        assert_eq!((status, &*error), (400, "duplicate_unique_property_exists"));
        duplicates += 1;
    }
    assert_eq!((winners.len(), duplicates), (1, 49));
    let (number, user) = &winners[0];
    assert_eq!(place.user("maya.lin").await, *user);
    assert!(
        place
            .log_in("maya.lin", &format!("pw-{number}"))
            .await
            .is_ok()
    );
    assert_eq!(place.get("/users").await["count"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arrays_that_overlap_register_every_name_once() {
    let place = Place::with(&[]).await;
    let mut clients = JoinSet::new();
    for client in 0..12 {
        let app = place.app.clone();
        clients.spawn(async move {
            // Each client names 30 of 60 users.
            let name = |i: usize| format!("u{}", (client * 5 + i) % 60);
            let user = |i: usize| json!({"username": name(i), "password": "pw"});
            app.call("POST", "/users", Some((0..30).map(user).collect()))
                .await
                .ok()
        });
    }
    let mut registered: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(done) = clients.join_next().await {
        let done = done.unwrap();
        let (users, taken) = (
            done["entities"].as_array().unwrap(),
            done["data"].as_array().unwrap(),
        );
        assert_eq!(users.len() + taken.len(), 30, "everybody is accounted for");
        for user in users {
            let name = user["username"].as_str().unwrap().to_owned();
            *registered.entry(name).or_default() += 1;
        }
    }
    assert_eq!(registered.len(), 60);
    assert!(
        registered.values().all(|times| *times == 1),
        "{registered:?}"
    );
    assert_eq!(place.get("/users?limit=100").await["count"], 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_token_calls_that_make_a_user_agree_on_him() {
    let place = Place::with(&[]).await;
    for round in 0..5 {
        let mut clients = JoinSet::new();
        for _ in 0..20 {
            let app = place.app.clone();
            clients.spawn(async move {
                let body = json!({
                    "grant_type": "inherit", "username": format!("Made-{round}"),
                    "autoCreateUser": true,
                });
                app.call("POST", "/token", Some(body)).await.ok()
            });
        }
        let mut uuids = BTreeSet::new();
        while let Some(done) = clients.join_next().await {
            let granted = done.unwrap();
            uuids.insert(granted["user"]["uuid"].as_str().unwrap().to_owned());
            let token = granted["access_token"].as_str().unwrap();
            assert!(place.opens(token, &format!("made-{round}")).await);
        }
        assert_eq!(uuids.len(), 1);
    }
    assert_eq!(place.get("/users").await["count"], 5);
}

#[tokio::test]
async fn letter_case_makes_no_other_name() {
    let place = Place::with(&["Maya.LIN"]).await;
    assert_eq!(place.user("MAYA.lin").await["username"], "maya.lin");
    for name in ["maya.lin", "MAYA.LIN", "Maya.Lin"] {
        let user = json!({"username": name, "password": "pw"});
        let refused = place.app.call("POST", "/users", Some(user)).await.refusal();
        assert_eq!(refused.1, "duplicate_unique_property_exists", "{name}");
    }
}

#[tokio::test]
async fn an_array_registers_in_its_order_and_tells_who_was_taken() {
    let place = Place::with(&["taken", "gone"]).await;
    let before = place.user("taken").await;
    let body = json!([
        {"username": "zoe", "password": "pw"},
        {"username": "Taken", "password": "other", "nickname": "T"},
        {"username": "adam", "password": "pw", "nickname": "A"},
        {"username": "ZOE", "password": "pw", "nickname": "first"},
        {"username": "zoe", "password": "pw", "nickname": "last"},
        {"username": "mia", "password": "pw", "nickname": ""},
    ]);
    let done = place
        .app
        .call("POST", "/users", Some(body.clone()))
        .await
        .ok();
    let names = |users: &Value| -> Vec<String> {
        let users = users.as_array().unwrap().iter();
        users
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&done["entities"]), ["zoe", "adam", "mia"]);
    assert_eq!(done["entities"][0]["nickname"], "last");
    assert_eq!(done["entities"][1]["nickname"], "A");
    assert_eq!(done["entities"][2].get("nickname"), None);
    let reason =
        json!([{"username": "taken", "registerUserFailReason": "the taken already exists"}]);
    assert_eq!(done["data"], reason);
    assert_eq!(
        place.user("taken").await,
        before,
        "nothing about him changed"
    );
    assert!(place.log_in("taken", "pw-taken").await.is_ok());
    let list = place.get("/users").await;
    assert_eq!(
        names(&list["entities"]),
        ["taken", "gone", "zoe", "adam", "mia"]
    );

    let again = place.app.call("POST", "/users", Some(body)).await.ok();
    assert_eq!(again["entities"], json!([]));
    assert_eq!(names(&again["data"]), ["zoe", "taken", "adam", "mia"]);
}

#[tokio::test]
async fn a_refused_array_registers_nobody() {
    let place = Place::with(&[]).await;
    for wrong in [
        json!({"username": "to m", "password": "pw"}),
        json!({"username": "tom"}),
        json!({"username": "tom", "password": "pw", "nickname": "n".repeat(101)}),
        json!({"username": "adam", "password": "other"}),
        json!("tom"),
    ] {
        let body = json!([{"username": "adam", "password": "pw"}, wrong]);
        assert_eq!(
            place
                .app
                .call("POST", "/users", Some(body))
                .await
                .refusal()
                .0,
            400
        );
    }
    assert_eq!(place.get("/users").await["count"], 0);
}

#[tokio::test]
async fn apps_with_users_of_equal_names_never_meet() {
    let place = Place::with(&["maya", "omar"]).await;
    let here = &place.app;
    let there = place
        .server
        .app("acme-im", "twin", Registration::Authorised)
        .await;
    // The same app name in another organisation is another app, too.
    let far = place
        .server
        .app("other-org", "chat", Registration::Authorised)
        .await;
    for app in [&there, &far] {
        app.register("maya").await;
        app.register("omar").await;
    }
    let uuids: BTreeSet<String> = {
        let mut uuids = BTreeSet::new();
        for app in [here, &there, &far] {
            let shown = app.call("GET", "/users/maya", None).await.ok();
            uuids.insert(shown["entities"][0]["uuid"].as_str().unwrap().to_owned());
        }
        uuids
    };
    assert_eq!(uuids.len(), 3);
    let foreign = there.call("GET", "/users/omar", None).await.ok();
    let foreign = foreign["entities"][0]["uuid"].as_str().unwrap().to_owned();
    for (method, path) in [
        ("GET", format!("/users/{foreign}")),
        ("DELETE", format!("/users/{foreign}")),
        ("POST", format!("/users/maya/contacts/users/{foreign}")),
        ("DELETE", format!("/users/maya/blocks/users/{foreign}")),
    ] {
        assert_eq!(
            here.call(method, &path, None).await.status,
            404,
            "{method} {path}"
        );
    }
    let body = json!({"usernames": [foreign]});
    let refused = here
        .call("POST", "/users/maya/blocks/users", Some(body))
        .await;
    assert_eq!(refused.refusal().1, "illegal_argument");

    let token = there.log_in("maya").await;
    let path = "/users/maya/contacts/users";
    assert_eq!(
        here.call_as(Some(&token), "GET", path, None)
            .await
            .refusal()
            .0,
        401
    );
    assert_eq!(
        there.call_as(Some(&token), "GET", path, None).await.status,
        200
    );
    assert_eq!(
        here.call_as(Some(&far.token), "GET", "/users", None)
            .await
            .refusal()
            .0,
        401
    );

    let block = json!({"usernames": ["omar"]});
    for (method, path, body) in [
        ("POST", "/users/maya/contacts/users/omar", None),
        ("POST", "/users/maya/blocks/users", Some(block)),
        ("PUT", "/users/maya", Some(json!({"nickname": "M"}))),
        (
            "PUT",
            "/users/maya/password",
            Some(json!({"newpassword": "n3w"})),
        ),
        ("POST", "/users/maya/deactivate", None),
        ("DELETE", "/users/omar", None),
        ("DELETE", "/users?limit=100", None),
    ] {
        here.call(method, path, body).await.ok();
        for app in [&there, &far] {
            assert_eq!(
                app.call("GET", "/users", None).await.ok()["count"],
                2,
                "{path}"
            );
            let maya = app.call("GET", "/users/maya", None).await.ok()["entities"][0].clone();
            assert_eq!(maya["activated"], true, "{path}");
            assert_eq!(maya.get("nickname"), None, "{path}");
            for list in ["contacts", "blocks"] {
                let seen = app
                    .call("GET", &format!("/users/maya/{list}/users"), None)
                    .await
                    .ok();
                assert_eq!(seen["data"], json!([]), "{list} after {path}");
            }
            app.log_in("maya").await;
        }
    }
    assert!(
        uuids.contains(
            there.call("GET", "/users/maya", None).await.ok()["entities"][0]["uuid"]
                .as_str()
                .unwrap()
        )
    );
}

#[tokio::test]
async fn open_registration_is_switched_on_and_off_at_once() {
    let place = Place::with(&[]).await;
    let mut client = Client::new(place.server.address);
    for (number, mode) in [
        Registration::Authorised,
        Registration::Open,
        Registration::Authorised,
        Registration::Open,
    ]
    .into_iter()
    .enumerate()
    {
        let key = &place.app.app.key;
        place
            .server
            .core
            .apps
            .set_registration(key, mode)
            .await
            .unwrap();
        let user = json!({"username": format!("u{number}"), "password": "pw"});
        let reply = client
            .call("POST", "/acme-im/chat/users", None, Some(&user))
            .await;
        let expected = if mode == Registration::Open { 200 } else { 401 };
        assert_eq!(reply.status, expected, "{mode:?}");
        // Many at once need the app's token in either mode.
        let many = json!([{"username": format!("m{number}"), "password": "pw"}]);
        let refused = client
            .call("POST", "/acme-im/chat/users", None, Some(&many))
            .await;
        assert_eq!(refused.refusal().0, 401, "{mode:?}");
        place.app.call("POST", "/users", Some(many)).await.ok();
    }
}

#[tokio::test]
async fn every_change_of_an_account_shows_in_its_time_of_modification() {
    let place = Place::with(&["maya", "omar"]).await;
    let created = place.user("maya").await["created"].clone();
    let block = json!({"usernames": ["omar"]});
    for (method, path, body, changes) in [
        ("PUT", "/users/maya", Some(json!({"nickname": "M"})), true),
        (
            "PUT",
            "/users/maya",
            Some(json!({"notification_display_style": 1})),
            true,
        ),
        (
            "PUT",
            "/users/maya",
            Some(json!({"notification_no_disturbing_end": 1})),
            true,
        ),
        (
            "PUT",
            "/users/maya",
            Some(json!({"notification_ignore_7": true})),
            true,
        ),
        ("PUT", "/users/maya", Some(json!({})), false),
        (
            "PUT",
            "/users/maya/password",
            Some(json!({"newpassword": "n3w"})),
            true,
        ),
        ("POST", "/users/maya/deactivate", None, true),
        ("POST", "/users/maya/activate", None, true),
        ("POST", "/users/maya/contacts/users/omar", None, false),
        ("POST", "/users/maya/blocks/users", Some(block), false),
        ("GET", "/users/maya/disconnect", None, false),
    ] {
        let before = place.user("maya").await["modified"].clone();
        place.server.clock.advance_ms(1000);
        place.app.call(method, path, body).await.ok();
        let after = place.user("maya").await;
        let now = json!(place.server.core.now().0);
        assert_eq!(
            after["modified"],
            if changes { now } else { before },
            "{method} {path}"
        );
        assert_eq!(after["created"], created);
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_disturbs_no_order() {
    let place = Place::with(&["maya"]).await;
    let begin = place.server.core.now().0;
    place.server.clock.advance_ms(-60_000);
    place.app.register("omar").await;
    place
        .app
        .call("PUT", "/users/maya", Some(json!({"nickname": "M"})))
        .await
        .ok();
    let many = json!([{"username": "a", "password": "pw"}, {"username": "b", "password": "pw"}]);
    place.app.call("POST", "/users", Some(many)).await.ok();
    let list = place.get("/users").await;
    let names: Vec<&str> = list["entities"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|u| u["username"].as_str())
        .collect();
    assert_eq!(names, ["maya", "omar", "a", "b"]);
    for user in list["entities"].as_array().unwrap() {
        assert!(user["created"].as_i64().unwrap() >= begin, "{user}");
        assert!(
            user["modified"].as_i64() >= user["created"].as_i64(),
            "{user}"
        );
    }
}
