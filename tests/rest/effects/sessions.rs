//! Who is online, on what, and how a session ends.

use halloo_core::Error;
use halloo_core::apps::Registration;
use halloo_core::sessions::CloseReason;
use serde_json::json;

use super::{Place, device, end};
use halloo_testkit::open_session;

#[tokio::test]
async fn a_user_is_online_while_he_has_a_session() {
    let place = Place::with(&["maya", "omar"]).await;
    assert_eq!(
        place.data("maya", "status").await,
        json!({"maya": "offline"})
    );
    let phone = place.connect(&place.app, "maya", "android_1").await;
    let laptop = place.connect(&place.app, "maya", "web_2").await;
    for _ in 0..2 {
        assert_eq!(
            place.data("MAYA", "status").await,
            json!({"MAYA": "online"})
        );
        assert_eq!(
            place.data("omar", "status").await,
            json!({"omar": "offline"})
        );
        let body = json!({"usernames": ["omar", "Maya", "nobody", "no body", "maya"]});
        let batch = place
            .app
            .call("POST", "/users/batch/status", Some(body))
            .await
            .ok();
        let expected = json!([
            {"omar": "offline"}, {"Maya": "online"}, {"nobody": "offline"}, {"no body": "offline"},
            {"maya": "online"}
        ]);
        assert_eq!(batch["data"], expected);
        // Her phone going away changes nothing while the laptop is there.
        place
            .server
            .core
            .sessions
            .end(&phone, CloseReason::LoggedOut);
    }
    place
        .server
        .core
        .sessions
        .end(&laptop, CloseReason::LoggedOut);
    assert_eq!(
        place.data("maya", "status").await,
        json!({"maya": "offline"})
    );
}

#[tokio::test]
async fn the_devices_of_a_user_are_listed_oldest_first() {
    let place = Place::with(&["maya", "omar"]).await;
    let listed = |ids: &[&str]| {
        let device = |id: &&str| {
            json!({
                "res": id, "device_uuid": format!("uuid of {id}"),
                "device_name": format!("name of {id}"),
            })
        };
        ids.iter().map(device).collect::<serde_json::Value>()
    };
    assert_eq!(place.data("maya", "resources").await, json!([]));
    let phone = place.connect(&place.app, "maya", "android_1").await;
    place.connect(&place.app, "omar", "ios_9").await;
    place.connect(&place.app, "maya", "web_2").await;
    assert_eq!(
        place.data("maya", "resources").await,
        listed(&["android_1", "web_2"])
    );
    place
        .server
        .core
        .sessions
        .end(&phone, CloseReason::LoggedOut);
    assert_eq!(place.data("maya", "resources").await, listed(&["web_2"]));
    assert_eq!(place.data("omar", "resources").await, listed(&["ios_9"]));
}

#[tokio::test]
async fn a_kicked_user_is_offline_at_once_and_may_come_back() {
    let place = Place::with(&["maya", "omar"]).await;
    let token = place.log_in("maya", "pw-maya").await.unwrap();
    for verb in ["GET", "POST"] {
        let phone = place.connect(&place.app, "maya", "android_1").await;
        let laptop = place.connect(&place.app, "maya", "web_2").await;
        let other = place.connect(&place.app, "omar", "web_2").await;
        let done = place.app.call(verb, "/users/Maya/disconnect", None).await;
        assert_eq!(done.headers["cache-control"], "no-store");
        let done = done.ok();
        assert_eq!(done["data"], json!({"result": true}));
        assert_eq!(done["action"], verb.to_lowercase());
        assert_eq!(
            place.data("maya", "status").await,
            json!({"maya": "offline"})
        );
        assert_eq!(place.data("maya", "resources").await, json!([]));
        assert_eq!(end(&phone), CloseReason::Kicked);
        assert_eq!(end(&laptop), CloseReason::Kicked);
        assert_eq!(other.closed(), None);
        let again = place
            .app
            .call(verb, "/users/maya/disconnect", None)
            .await
            .ok();
        assert_eq!(
            again["data"],
            json!({"result": true}),
            "also without a session"
        );
        assert!(place.opens(&token, "maya").await, "his token stays valid");
    }
}

#[tokio::test]
async fn one_device_is_forced_off_and_the_others_stay() {
    let place = Place::with(&["maya"]).await;
    for verb in ["DELETE", "GET"] {
        let phone = place.connect(&place.app, "maya", "android_1").await;
        let twin = place.connect(&place.app, "maya", "android_1").await;
        let laptop = place.connect(&place.app, "maya", "web_2").await;
        let kick = async |resource: &str| {
            let path = format!("/users/Maya/disconnect/{resource}");
            let done = place.app.call(verb, &path, None).await;
            assert_eq!(done.headers["cache-control"], "no-store");
            let done = done.ok();
            assert_eq!(done["action"], verb.to_lowercase());
            done["data"]["result"].as_bool().unwrap()
        };
        assert!(!kick("android_2").await);
        assert!(!kick("ANDROID_1").await);
        assert_eq!(phone.closed(), None);
        assert!(kick("android_1").await);
        assert_eq!(end(&phone), CloseReason::Kicked);
        assert_eq!(end(&twin), CloseReason::Kicked);
        assert_eq!(laptop.closed(), None);
        assert!(!kick("android_1").await, "he is gone");
        assert_eq!(
            place.data("maya", "status").await,
            json!({"maya": "online"})
        );
        assert_eq!(place.data("maya", "resources").await[0]["res"], "web_2");
        assert!(kick("web_2").await);
        assert_eq!(
            place.data("maya", "status").await,
            json!({"maya": "offline"})
        );
    }
}

#[tokio::test]
async fn every_change_that_shuts_a_user_out_closes_his_sessions_and_says_why() {
    let place = Place::with(&["maya", "omar", "ines"]).await;
    let bystander = place.connect(&place.app, "ines", "web_3").await;
    let password = json!({"newpassword": "pw-maya"});
    for (method, path, body, reason) in [
        (
            "PUT",
            "/users/maya/password",
            Some(password),
            CloseReason::PasswordChanged,
        ),
        ("POST", "/users/maya/deactivate", None, CloseReason::Banned),
        ("POST", "/users/maya/activate", None, CloseReason::Kicked),
        ("DELETE", "/users/maya", None, CloseReason::UserDeleted),
        ("DELETE", "/users?limit=1", None, CloseReason::UserDeleted),
    ] {
        let name = if path == "/users?limit=1" {
            "omar"
        } else {
            "maya"
        };
        if path == "/users/maya/activate" {
            // Nothing to close: nobody gets in while the ban lasts.
            let user = place
                .server
                .core
                .users
                .find(place.app.app.id, "maya")
                .await
                .unwrap();
            let (core, app) = (&place.server.core, &place.app.app);
            let refused = open_session(core, app, &user, device("web_2")).await;
            assert!(matches!(refused, Err(Error::UserBanned)));
            place.app.call(method, path, None).await.ok();
            continue;
        }
        let phone = place.connect(&place.app, name, "android_1").await;
        let laptop = place.connect(&place.app, name, "web_2").await;
        if path == "/users?limit=1" {
            // Omar is the oldest now.
            place.app.register("maya").await;
        }
        place.app.call(method, path, body).await.ok();
        let body = json!({"usernames": [name]});
        let status = place
            .app
            .call("POST", "/users/batch/status", Some(body))
            .await
            .ok();
        assert_eq!(status["data"], json!([{name: "offline"}]), "{path}");
        assert_eq!(end(&phone), reason, "{path}");
        assert_eq!(end(&laptop), reason, "{path}");
    }
    assert_eq!(bystander.closed(), None);
}

#[tokio::test]
async fn changes_that_shut_nobody_out_close_nothing() {
    let place = Place::with(&["maya", "omar"]).await;
    let session = place.connect(&place.app, "maya", "web_1").await;
    let quiet = json!({"nickname": "M", "notification_no_disturbing": true});
    let block = json!({"usernames": ["maya"]});
    for (method, path, body) in [
        ("PUT", "/users/maya", Some(quiet)),
        ("POST", "/users/maya/activate", None),
        ("POST", "/users/maya/contacts/users/omar", None),
        ("DELETE", "/users/maya/contacts/users/omar", None),
        ("POST", "/users/omar/blocks/users", Some(block)),
        ("DELETE", "/users/omar", None),
    ] {
        place.app.call(method, path, body).await.ok();
        assert_eq!(session.closed(), None, "{method} {path}");
    }
    assert_eq!(
        place.data("maya", "status").await,
        json!({"maya": "online"})
    );
}

#[tokio::test]
async fn sessions_of_one_app_are_nothing_to_another() {
    let place = Place::with(&["maya"]).await;
    let twin = place
        .server
        .app("acme-im", "twin", Registration::Authorised)
        .await;
    twin.register("maya").await;
    let here = place.connect(&place.app, "maya", "web_1").await;
    assert_eq!(
        twin.call("GET", "/users/maya/status", None).await.ok()["data"]["maya"],
        "offline"
    );
    assert_eq!(
        twin.call("GET", "/users/maya/resources", None).await.ok()["data"],
        json!([])
    );
    for (method, path) in [
        ("GET", "/users/maya/disconnect"),
        ("DELETE", "/users/maya/disconnect/web_1"),
        ("POST", "/users/maya/deactivate"),
        ("DELETE", "/users/maya"),
    ] {
        twin.call(method, path, None).await.ok();
        assert_eq!(here.closed(), None, "{method} {path}");
    }
    assert_eq!(
        place.data("maya", "status").await,
        json!({"maya": "online"})
    );
}
