//! Paths and queries in odd spellings.

use serde_json::{Value, json};

use super::Place;
use crate::endpoints::ENDPOINTS;
use halloo_testkit::{device, open_session};

#[tokio::test]
async fn blanks_around_segments_and_slashes_at_the_end_are_junk() {
    let place = Place::make().await;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.method == "GET") {
        let plain = place.app.call("GET", endpoint.sample_path, None).await.ok();
        for spelling in [
            format!("{}/", endpoint.sample_path),
            format!("{}///", endpoint.sample_path),
            format!("{}%20", endpoint.sample_path),
            format!("{}%20%09/%20/", endpoint.sample_path),
            endpoint.sample_path.replace("/users", "/%20users%20"),
            endpoint.sample_path.replace("maya.lin", "%20maya.lin%0A"),
            endpoint.sample_path.replace("/users", "/%75sers"),
        ] {
            let reply = place.app.call("GET", &spelling, None).await.ok();
            for key in ["data", "entities", "count", "path", "uri"] {
                assert_eq!(reply.get(key), plain.get(key), "{key} of {spelling}");
            }
        }
    }
    let page = place
        .app
        .call("GET", "/users/%20/?limit=1", None)
        .await
        .ok();
    assert_eq!(page["count"], 1);
    place
        .app
        .call("POST", "/users/omar/deactivate/", None)
        .await
        .ok();
    let user = json!({"username": "rosa", "password": "pw"});
    place.app.call("POST", "/users/", Some(user)).await.ok();
    place.app.call("DELETE", "/users/rosa%20/", None).await.ok();
}

#[tokio::test]
async fn a_name_is_found_in_any_letter_case_and_shown_as_the_endpoint_says() {
    let place = Place::make().await;
    let host = place.server.address;
    for (path, data) in [
        ("/users/Maya.LIN/status", json!({"Maya.LIN": "offline"})),
        ("/users/MAYA.LIN/offline_msg_count", json!({"MAYA.LIN": 0})),
        (
            "/users/Maya.Lin/offline_msg_status/9",
            json!({"9": "delivered"}),
        ),
        ("/users/Maya.Lin/disconnect", json!({"result": true})),
        ("/users/Maya.Lin/contacts/users", json!([])),
        ("/users/Maya.Lin/blocks/users", json!([])),
    ] {
        let reply = place.app.call("GET", path, None).await.ok();
        assert_eq!(reply["data"], data);
        assert_eq!(reply["uri"], format!("http://{host}/acme-im/chat{path}"));
    }
    let shown = place.app.call("GET", "/users/MAYA.lin", None).await.ok();
    assert_eq!(shown["entities"][0]["username"], "maya.lin");
    assert_eq!(
        shown["uri"],
        format!("http://{host}/acme-im/chat/users/MAYA.lin")
    );
    let resources = place
        .app
        .call("GET", "/users/MAYA.lin/resources", None)
        .await
        .ok();
    assert_eq!(resources["path"], "/users/MAYA.lin/resources");
    let body = json!({"usernames": ["OMAR", "Nobody", "omar", "OMAR"]});
    let batch = place
        .app
        .call("POST", "/users/batch/status", Some(body))
        .await
        .ok();
    let expected = json!([
        {"OMAR": "offline"}, {"Nobody": "offline"}, {"omar": "offline"}, {"OMAR": "offline"}
    ]);
    assert_eq!(batch["data"], expected);
    let body = json!({"usernames": ["OMAR", "omar"]});
    let blocked = place
        .app
        .call("POST", "/users/MAYA.LIN/blocks/users", Some(body))
        .await
        .ok();
    assert_eq!(blocked["data"], json!(["omar"]));
    place
        .app
        .call("POST", "/users/MAYA.LIN/contacts/users/OMAR", None)
        .await
        .ok();
    let friends = place
        .app
        .call("GET", "/users/omar/contacts/users", None)
        .await
        .ok();
    assert_eq!(friends["data"], json!(["maya.lin"]));
    let deleted = place.app.call("DELETE", "/users/OMAR", None).await.ok();
    assert_eq!(deleted["entities"][0]["username"], "omar");
    assert_eq!(place.app.call("GET", "/users/omar", None).await.status, 404);
}

#[tokio::test]
async fn a_uuid_stands_for_its_user_wherever_a_name_does() {
    let place = Place::make().await;
    let uuid = place.user("maya.lin").await["uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = place.user("omar").await["uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    let token = place.app.log_in("maya.lin").await;
    for spelling in [uuid.clone(), uuid.to_uppercase()] {
        let mut asked: Vec<_> = ENDPOINTS
            .iter()
            .filter(|endpoint| endpoint.path.contains('{'))
            .collect();
        asked.retain(|endpoint| endpoint.id != "user.delete");
        for endpoint in asked {
            let path = endpoint.sample_path.replace("maya.lin", &spelling);
            let path = path.replace("/users/omar", &format!("/users/{other}"));
            let reply = place
                .app
                .call(endpoint.method, &path, endpoint.sample())
                .await;
            assert_eq!(reply.status, 200, "{} {path}", endpoint.method);
        }
    }
    let status = place
        .app
        .call("GET", &format!("/users/{uuid}/status"), None)
        .await
        .ok();
    assert_eq!(status["data"], json!({uuid.as_str(): "offline"}));
    // His own, also under that name. His token died with the password above.
    assert_eq!(
        place
            .app
            .call_as(Some(&token), "GET", "/users/omar", None)
            .await
            .status,
        401
    );
    let grant = json!({"grant_type": "password", "username": "maya.lin", "password": "n3w"});
    let granted = place
        .app
        .call_as(None, "POST", "/token", Some(grant))
        .await
        .ok();
    let token = granted["access_token"].as_str();
    let path = format!("/users/{uuid}/contacts/users");
    place.app.call_as(token, "GET", &path, None).await.ok();
    let path = format!("/users/{other}/contacts/users");
    assert_eq!(
        place.app.call_as(token, "GET", &path, None).await.status,
        401
    );
    let deleted = place
        .app
        .call("DELETE", &format!("/users/{uuid}"), None)
        .await
        .ok();
    assert_eq!(deleted["entities"][0]["username"], "maya.lin");
}

#[tokio::test]
async fn a_name_goes_before_the_uuid_that_it_looks_like() {
    let place = Place::make().await;
    let uuid = place.user("maya.lin").await["uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    place.app.register(&uuid).await;
    assert_eq!(place.user(&uuid).await["username"], uuid);
    let impostor = place.app.log_in(&uuid).await;
    let list = format!("/users/{uuid}/contacts/users");
    place
        .app
        .call_as(Some(&impostor), "GET", &list, None)
        .await
        .ok();
    let hers = "/users/maya.lin/contacts/users";
    assert_eq!(
        place
            .app
            .call_as(Some(&impostor), "GET", hers, None)
            .await
            .status,
        401
    );
    // What was hers by that spelling is his now.
    let maya = place.app.log_in("maya.lin").await;
    assert_eq!(
        place
            .app
            .call_as(Some(&maya), "GET", &list, None)
            .await
            .status,
        401
    );
    place
        .app
        .call("DELETE", &format!("/users/{uuid}"), None)
        .await
        .ok();
    assert_eq!(place.user(&uuid).await["username"], "maya.lin");
}

#[tokio::test]
async fn odd_but_legal_names_are_registered_and_found() {
    let place = Place::make().await;
    for name in [
        "-",
        "_",
        "...",
        "a.",
        ".a",
        "-a",
        "_a",
        "a-",
        "0",
        "007",
        "13800138000",
        "users",
        "batch",
        "token",
        "a..b",
        "5b1f0c3e-7a42-4f0e-9d6b-2c1e88d4a901",
    ] {
        assert_eq!(place.app.register(name).await["username"], name);
        assert_eq!(place.user(name).await["username"], name);
        place
            .app
            .call("GET", &format!("/users/{name}/status"), None)
            .await
            .ok();
    }
}

#[tokio::test]
async fn a_segment_that_is_no_text_names_nothing() {
    let place = Place::make().await;
    let not_found = (
        404,
        "service_resource_not_found".to_owned(),
        "Service resource not found".to_owned(),
    );
    for junk in ["%FF", "a%00b", "%C3%28", "%ED%A0%80", "%00", "ma%FFya"] {
        for path in [
            format!("/users/{junk}"),
            format!("/users/{junk}/status"),
            format!("/users/{junk}/resources"),
            format!("/users/maya.lin/contacts/users/{junk}"),
            format!("/users/maya.lin/offline_msg_status/{junk}"),
            format!("/{junk}"),
        ] {
            let method = if path.contains("contacts") {
                "POST"
            } else {
                "GET"
            };
            let reply = place.app.call(method, &path, None).await;
            assert_eq!(reply.refusal(), not_found, "{path}");
        }
        let outside = format!("/acme-im/{junk}/users");
        let reply = place
            .server
            .client()
            .call("GET", &outside, None, None)
            .await;
        assert_eq!(reply.refusal(), not_found, "{outside}");
    }
    for data in [
        "a%2Fb",
        "maya.lin%2F",
        "%2e%2e",
        "maya%252elin",
        "a,b",
        "a%2Cb",
        "%25",
        "%zz",
        "a+b",
    ] {
        let reply = place.app.call("GET", &format!("/users/{data}"), None).await;
        assert_eq!(reply.refusal(), not_found, "{data}");
    }
}

#[tokio::test]
async fn a_slash_inside_a_segment_is_data() {
    let place = Place::make().await;
    let core = &place.server.core;
    let maya = core.users.find(place.app.app.id, "maya.lin").await.unwrap();
    open_session(core, &place.app.app, &maya, device("web_a/b c", "", ""))
        .await
        .unwrap();
    let path = "/users/maya.lin/disconnect/web_a%2Fb%20c";
    let done = place.app.call("DELETE", path, None).await.ok();
    assert_eq!(done["data"], json!({"result": true}));
    let done = place
        .app
        .call("GET", "/users/maya.lin/offline_msg_status/1%2F2", None)
        .await
        .ok();
    assert_eq!(done["data"], json!({"1/2": "delivered"}));
}

#[tokio::test]
async fn path_words_and_app_keys_keep_their_letter_case() {
    let place = Place::make().await;
    for (path, error) in [
        ("/ACME-IM/chat/users", "organization_application_not_found"),
        ("/acme-im/Chat/users", "organization_application_not_found"),
        ("/acme-im/chat/Users", "web_application"),
        ("/acme-im/chat/users/maya.lin/Status", "web_application"),
    ] {
        let bearer = format!("Bearer {}", place.app.token);
        let headers = [("authorization", bearer.as_str())];
        let reply = place
            .server
            .client()
            .send("GET", path, &headers, "")
            .await
            .unwrap();
        assert_eq!(reply.refusal().1, error, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_route_is_404_in_the_envelope() {
    let place = Place::make().await;
    for path in [
        "/",
        "//",
        "/acme-im",
        "/acme-im/chat",
        "/acme-im/nope",
        "/acme-im/chat/nothing",
        "/acme-im/chat/users/maya.lin/nothing",
        "/acme-im/chat/users/maya.lin/contacts",
        "/prefix/acme-im/chat/users/maya.lin",
        "/acme-im//chat/users",
        "/%20",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let reply = place.server.client().call(method, path, None, None).await;
            let (status, error, _) = reply.refusal();
            assert_eq!(
                (status, &*error),
                (404, "web_application"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn query_parameters_are_echoed_and_unknown_ones_ignored() {
    let place = Place::make().await;
    let params = async |path: &str| -> Option<Value> {
        place
            .app
            .call("GET", path, None)
            .await
            .ok()
            .get("params")
            .cloned()
    };
    for path in [
        "/users",
        "/users?",
        "/users/omar",
        "/users/omar/contacts/users",
    ] {
        assert_eq!(params(path).await, None, "{path}");
    }
    for (query, echoed) in [
        ("limit=1", json!({"limit": ["1"]})),
        (
            "limit=500&cursor=",
            json!({"limit": ["500"], "cursor": [""]}),
        ),
        ("limit=0", json!({"limit": ["0"]})),
        ("_v=1&activated=1", json!({"_v": ["1"], "activated": ["1"]})),
        ("limit=1&limit=2", json!({"limit": ["1", "2"]})),
        ("isPretty", json!({"isPretty": [""]})),
        ("a+b=c%20d%26", json!({"a b": ["c d&"]})),
        ("x=%FF", json!({"x": ["\u{FFFD}"]})),
    ] {
        assert_eq!(
            params(&format!("/users?{query}")).await,
            Some(echoed),
            "{query}"
        );
    }
    for path in [
        "/users/omar?useMsgId=true",
        "/users/omar/status?_v=2",
        "/users/omar/contacts/users?limit=many",
        "/users/omar/resources?cursor=x",
    ] {
        assert!(params(path).await.is_some(), "{path}");
    }
    let shown = place.app.call("GET", "/users/omar?_v=1", None).await.ok();
    let uri = shown["uri"].as_str().unwrap();
    assert!(uri.ends_with("/acme-im/chat/users/omar"), "{uri}");
    let one = place
        .app
        .call("GET", "/users?limit=1&limit=2", None)
        .await
        .ok();
    assert_eq!(one["count"], 1);
}
