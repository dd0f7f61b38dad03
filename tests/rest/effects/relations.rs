//! Friends and blocks.

use serde_json::{Value, json};

use super::Place;

async fn lists(place: &Place, name: &str) -> (Value, Value) {
    (
        place.data(name, "contacts/users").await,
        place.data(name, "blocks/users").await,
    )
}

#[tokio::test]
async fn friendship_is_mutual_and_made_and_ended_by_either() {
    let place = Place::with(&["maya", "omar", "ines"]).await;
    for _ in 0..2 {
        for (owner, friend) in [("maya", "omar"), ("ines", "maya")] {
            let path = format!("/users/{owner}/contacts/users/{friend}");
            let done = place.app.call("POST", &path, None).await.ok();
            assert_eq!(done["entities"], json!([place.user(friend).await]));
            let uuid = place.user(owner).await["uuid"].as_str().unwrap().to_owned();
            assert_eq!(done["path"], format!("/users/{uuid}/contacts"));
        }
        assert_eq!(
            lists(&place, "maya").await.0,
            json!(["ines", "omar"]),
            "newest first"
        );
        assert_eq!(lists(&place, "omar").await.0, json!(["maya"]));
        assert_eq!(lists(&place, "ines").await.0, json!(["maya"]));
    }
    for _ in 0..2 {
        let path = "/users/omar/contacts/users/maya";
        let done = place.app.call("DELETE", path, None).await.ok();
        assert_eq!(done["entities"], json!([place.user("maya").await]));
        assert_eq!(lists(&place, "maya").await.0, json!(["ines"]));
        assert_eq!(lists(&place, "omar").await.0, json!([]));
    }
    place
        .app
        .call("POST", "/users/omar/contacts/users/maya", None)
        .await
        .ok();
    assert_eq!(
        lists(&place, "maya").await.0,
        json!(["omar", "ines"]),
        "the newest again"
    );
}

#[tokio::test]
async fn a_user_manages_his_own_friends_and_blocks_with_his_own_token() {
    let place = Place::with(&["maya", "omar"]).await;
    let token = place.log_in("maya", "pw-maya").await.unwrap();
    let block = json!({"usernames": ["omar"]});
    for (method, path, body) in [
        ("POST", "/users/Maya/contacts/users/omar", None),
        ("GET", "/users/maya/contacts/users", None),
        ("POST", "/users/maya/blocks/users", Some(block)),
        ("GET", "/users/maya/blocks/users", None),
        ("DELETE", "/users/maya/blocks/users/omar", None),
        ("DELETE", "/users/maya/contacts/users/omar", None),
        ("PUT", "/users/MAYA", Some(json!({"nickname": "M"}))),
        ("GET", "/users/omar", None),
    ] {
        place
            .app
            .call_as(Some(&token), method, path, body.clone())
            .await
            .ok();
        let his = path
            .replace("maya", "omar")
            .replace("Maya", "omar")
            .replace("MAYA", "omar");
        if his != path {
            let refused = place.app.call_as(Some(&token), method, &his, body).await;
            assert_eq!(refused.refusal().0, 401, "{method} {his}");
        }
    }
    assert_eq!(place.user("omar").await.get("nickname"), None);
}

#[tokio::test]
async fn a_block_leaves_the_friendship_and_the_other_side_alone() {
    let place = Place::with(&["maya", "omar", "ines"]).await;
    place
        .app
        .call("POST", "/users/maya/contacts/users/omar", None)
        .await
        .ok();
    for _ in 0..2 {
        let body = json!({"usernames": ["omar", "INES", "omar"]});
        let done = place
            .app
            .call("POST", "/users/maya/blocks/users", Some(body))
            .await
            .ok();
        assert_eq!(
            done["data"],
            json!(["omar", "ines"]),
            "in the order of the request"
        );
        let expected = (json!(["omar"]), json!(["ines", "omar"]));
        assert_eq!(lists(&place, "maya").await, expected);
        assert_eq!(lists(&place, "omar").await, (json!(["maya"]), json!([])));
    }
    for _ in 0..2 {
        let done = place
            .app
            .call("DELETE", "/users/maya/blocks/users/omar", None)
            .await
            .ok();
        assert_eq!(done["entities"], json!([place.user("omar").await]));
        assert_eq!(
            lists(&place, "maya").await,
            (json!(["omar"]), json!(["ines"]))
        );
    }
    // Ending the friendship leaves the block.
    let body = json!({"usernames": ["omar"]});
    place
        .app
        .call("POST", "/users/maya/blocks/users", Some(body))
        .await
        .ok();
    place
        .app
        .call("DELETE", "/users/maya/contacts/users/omar", None)
        .await
        .ok();
    assert_eq!(
        lists(&place, "maya").await,
        (json!([]), json!(["omar", "ines"]))
    );
}

#[tokio::test]
async fn what_a_call_changed_is_seen_by_the_next_on_any_connection() {
    let place = Place::with(&["maya", "omar"]).await;
    for round in 0..10 {
        let body = json!({"nickname": round});
        place.app.call("PUT", "/users/maya", Some(body)).await.ok();
        assert_eq!(place.user("maya").await["nickname"], round.to_string());
        let verb = if round % 2 == 0 { "POST" } else { "DELETE" };
        place
            .app
            .call(verb, "/users/maya/contacts/users/omar", None)
            .await
            .ok();
        let friends = if round % 2 == 0 {
            json!(["maya"])
        } else {
            json!([])
        };
        assert_eq!(lists(&place, "omar").await.0, friends);
        let verb = if round % 2 == 0 {
            "deactivate"
        } else {
            "activate"
        };
        place
            .app
            .call("POST", &format!("/users/omar/{verb}"), None)
            .await
            .ok();
        assert_eq!(place.user("omar").await["activated"], round % 2 != 0);
    }
}
