//! Logging in with a token that the back end fetched. Source: RTM client gate sections 2.2, 2.3 and 2.8.

use halloo_testkit::rtm::Project;
use serde_json::json;

use crate::world::{Ask as _, World, grant, kickout};

/// How long such a token lives.
const LIFE_MS: i64 = 60 * 86_400_000;

#[tokio::test]
async fn a_token_of_the_back_end_logs_its_user_in() {
    let world = World::start().await;
    let token = world.token(7).await;
    for generation in [json!(null), json!(1), json!(0)] {
        let mut client = world.stranger().await;
        let params = json!({"uid": 7, "token": token, "authv": generation});
        assert!(!world.is_online(7).await);
        assert_eq!(client.log_in_with(params).await, Ok(true), "{generation}");
        assert!(client.is_logged_in().await);
        assert!(world.is_online(7).await, "online from the answer on");
        client.done("bye", json!({})).await;
    }
    assert!(!world.is_online(8).await);
}

#[tokio::test]
async fn a_token_opens_any_number_of_connections_and_outlives_a_restart() {
    let world = World::start().await;
    let token = world.token(7).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = world.stranger().await;
        assert_eq!(client.log_in(7, &token).await, Ok(true));
        clients.push(client);
    }
    drop(clients);
    let world = world.restart().await;
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
}

#[tokio::test]
async fn a_token_that_opens_nothing_is_answered_false_and_is_no_error() {
    let world = World::start().await;
    let rest = world.rest().await;
    rest.register("7").await;
    let other = world.other().await;
    let mut other = world.back_end_of(Project::of(&other)).await;
    let good = world.token(7).await;
    for (what, token) in [
        ("empty", String::new()),
        ("unknown", "0123456789ABCDEF0123456789ABCDEF".to_owned()),
        ("another user's", world.token(8).await),
        ("another project's", grant(&mut other, 7).await),
        ("a user's for REST", rest.log_in("7").await),
        ("an app's for REST", rest.token.clone()),
        ("in lower case", good.to_lowercase()),
        ("with a blank behind it", format!("{good} ")),
        ("cut", good.chars().take(31).collect()),
        ("long", "A".repeat(10_000)),
        ("no text of ours", "naïve\u{0}".to_owned()),
    ] {
        let mut client = world.stranger().await;
        assert_eq!(client.log_in(7, &token).await, Ok(false), "{what}");
        assert!(!client.is_logged_in().await, "{what}");
        assert!(!world.is_online(7).await, "{what}");
        // The connection is as good as before.
        assert_eq!(client.log_in(7, &good).await, Ok(true), "{what}");
        client.done("bye", json!({})).await;
    }
}

#[tokio::test]
async fn a_token_lives_to_the_millisecond_of_its_end_and_sessions_outlive_it() {
    let world = World::start().await;
    let token = world.token(7).await;
    world.advance_ms(LIFE_MS - 1);
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    world.advance_ms(1);
    let mut late = world.stranger().await;
    assert_eq!(late.log_in(7, &token).await, Ok(false));
    assert!(client.is_logged_in().await);
}

#[tokio::test]
async fn removing_tokens_voids_those_of_before_and_leaves_live_sessions() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let (first, second) = (world.token(7).await, world.token(7).await);
    let others = world.token(8).await;
    let mut live = world.stranger().await;
    assert_eq!(live.log_in(7, &first).await, Ok(true));
    back_end.done("removetoken", json!({"uid": 7})).await;
    let mut client = world.stranger().await;
    for token in [&first, &second] {
        assert_eq!(client.log_in(7, token).await, Ok(false));
    }
    assert!(live.is_logged_in().await);
    assert!(world.is_online(7).await);
    let later = world.token(7).await;
    assert_eq!(client.log_in(7, &later).await, Ok(true));
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(8, &others).await, Ok(true));
}

#[tokio::test]
async fn a_new_secret_of_the_project_voids_every_token_of_before() {
    let world = World::start().await;
    let token = world.token(7).await;
    let mut live = world.stranger().await;
    assert_eq!(live.log_in(7, &token).await, Ok(true));
    let rotated = world.core().apps.rotate_rtm_secret(world.key()).await;
    rotated.expect("a new secret");
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Ok(false));
    assert!(live.is_logged_in().await);
    let later = world.token(7).await;
    assert_eq!(client.log_in(7, &later).await, Ok(true));
}

#[tokio::test]
async fn a_new_password_voids_tokens_and_ends_sessions() {
    let world = World::start().await;
    let rest = world.rest().await;
    rest.register("7").await;
    let token = world.token(7).await;
    let mut live = world.stranger().await;
    assert_eq!(live.log_in(7, &token).await, Ok(true));
    let body = json!({"newpassword": "another"});
    rest.call("PUT", "/users/7/password", Some(body)).await.ok();
    let told = live.last_words().await;
    assert_eq!(told, [kickout(Some("password_changed"))]);
    assert!(!world.is_online(7).await);
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Ok(false));
    let later = world.token(7).await;
    assert_eq!(client.log_in(7, &later).await, Ok(true));
}

#[tokio::test]
async fn a_ban_refuses_a_good_token_until_it_ends_and_voids_nothing() {
    let world = World::start().await;
    let mut back_end = world.back_end().await;
    let token = world.token(7).await;
    let mut live = world.stranger().await;
    assert_eq!(live.log_in(7, &token).await, Ok(true));
    let banned = json!({"uid": 7, "btime": 60});
    back_end.done("addprojectblack", banned).await;
    assert_eq!(live.last_words().await, [kickout(Some("banned"))]);
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Err(200_024));
    assert_eq!(client.log_in(7, "wrong").await, Ok(false), "tells nothing");
    assert!(!client.is_logged_in().await);
    assert!(!world.is_online(7).await);
    world.advance_ms(59_999);
    assert_eq!(client.log_in(7, &token).await, Err(200_024));
    world.advance_ms(1);
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    // One without an end, which is lifted; over REST it is the same ban.
    let rest = world.rest().await;
    rest.call("POST", "/users/7/deactivate", None).await.ok();
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Err(200_024));
    back_end.done("removeprojectblack", json!({"uid": 7})).await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
}

#[tokio::test]
async fn the_token_of_a_user_who_is_gone_opens_nothing_for_whoever_takes_his_name() {
    let world = World::start().await;
    let rest = world.rest().await;
    rest.register("7").await;
    let token = world.token(7).await;
    let mut live = world.stranger().await;
    assert_eq!(live.log_in(7, &token).await, Ok(true));
    rest.call("DELETE", "/users/7", None).await.ok();
    assert_eq!(live.last_words().await, [kickout(Some("user_deleted"))]);
    let mut client = world.stranger().await;
    assert_eq!(client.log_in(7, &token).await, Ok(false));
    rest.register("7").await;
    assert_eq!(client.log_in(7, &token).await, Ok(false));
    let later = world.token(7).await;
    assert_eq!(client.log_in(7, &later).await, Ok(true));
}

#[tokio::test]
async fn a_user_without_a_number_for_a_name_logs_in_by_the_one_he_has() {
    let world = World::start().await;
    let rest = world.rest().await;
    rest.register("maya").await;
    let maya = world.core().users.find(world.id(), "maya").await;
    let uid = maya.expect("a user").uid().0;
    let mut client = world.client(uid).await;
    let status = rest.call("GET", "/users/maya/status", None).await.ok();
    assert_eq!(status["data"]["maya"], "online");
    client.done("addfriends", json!({"friends": [8]})).await;
    let friends = rest.call("GET", "/users/maya/contacts/users", None).await;
    assert_eq!(friends.ok()["data"], json!(["8"]));
}
