//! Friends and blocked users.

use super::{Sent, Stage};

#[tokio::test]
async fn friends_are_added_listed_and_removed_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1", "user2", "user3"]).await;
    let second = "/users/user1/contacts/users/user2";
    stage
        .show(("contact.add", "one"), ("POST", second), Sent::Json, "")
        .await;
    let third = "/users/user1/contacts/users/user3";
    stage.app.call("POST", third, None).await.ok();
    let list = ("GET", "/users/user1/contacts/users");
    stage
        .show(("contact.list", "two"), list, Sent::Json, "")
        .await;
    stage
        .show(
            ("contact.remove", "one"),
            ("DELETE", second),
            Sent::Json,
            "",
        )
        .await;
}

#[tokio::test]
async fn users_are_blocked_listed_and_unblocked_as_in_the_documents() {
    let mut stage = Stage::with_users(&["user1", "user2", "user3"]).await;
    let blocks = "/users/user1/blocks/users";
    let body = "{  \n   \"usernames\": [  \n     \"user2\"  \n   ]  \n }";
    stage
        .show(("block.add", "one"), ("POST", blocks), Sent::Json, body)
        .await;
    stage
        .show(("block.list", "one"), ("GET", blocks), Sent::Json, "")
        .await;
    let third = serde_json::json!({"usernames": ["user3"]});
    stage.app.call("POST", blocks, Some(third)).await.ok();
    let page = ("GET", "/users/user1/blocks/users?pageSize=1");
    stage
        .show(("block.list", "page"), page, Sent::Json, "")
        .await;
    let remove = ("DELETE", "/users/user1/blocks/users/user2");
    stage
        .show(("block.remove", "one"), remove, Sent::Json, "")
        .await;
}
