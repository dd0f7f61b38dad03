//! The operator's sub-commands on live sessions of the real program.

use halloo_testkit::Program;
use serde_json::json;

use crate::site::{APP, Site};
use crate::world::{Door, still_there, thrown_out, until};

#[tokio::test]
async fn the_operator_kicks_all_sessions_of_a_user_or_one() {
    let site = Site::new();
    let mut house = site.start().await;
    let maya = house.person(&site, "maya").await;
    let other = house.person(&site, "1002").await;
    let mut bystander = house.log_in(Door::Fpnn, &other).await;
    for door in Door::ALL {
        let mut first = house.log_in(door, &maya).await;
        let mut second = house.log_in(door, &maya).await;
        let mut third = house.log_in(Door::Fpnn, &maya).await;
        let resources = house.rest("GET", "/users/maya/resources", None).await;
        let resource = resources["data"][1]["res"].as_str().expect("a text");
        let one = ["user", "kick", APP, "maya", "--resource", resource];
        let done = site.json(&one).await;
        assert_eq!(done, json!({"username": "maya", "closed_sessions": 1}));
        thrown_out(&mut second, "kicked").await;
        assert_eq!(site.json(&one).await["closed_sessions"], 0);
        still_there(&mut first).await;
        still_there(&mut third).await;
        assert_eq!(site.shown(&maya).await["online"], true);

        let done = site.json(&["user", "kick", APP, "maya"]).await;
        assert_eq!(done, json!({"username": "maya", "closed_sessions": 2}));
        assert_eq!(house.online(&[maya.clone(), other.clone()]).await, [1002]);
        thrown_out(&mut first, "kicked").await;
        thrown_out(&mut third, "kicked").await;
        still_there(&mut bystander).await;
        let shown = site.shown(&maya).await;
        assert_eq!(shown["online"], false);
        assert_eq!(shown["last_disconnect"], "kicked");
        assert!(shown["last_seen"].is_i64());
    }
    house.log_in(Door::Fpnn, &maya).await;
    assert!(house.program.terminate().await);
}

#[tokio::test]
async fn the_operator_bans_a_user_for_ever_or_for_a_while() {
    let site = Site::new();
    let mut house = site.start().await;
    let maya = house.person(&site, "maya").await;
    let other = house.person(&site, "1002").await;
    let mut bystander = house.log_in(Door::WebSocket, &other).await;
    let knock = async |house: &crate::site::House| {
        let address = house.program.rtm_client;
        let mut client = halloo_testkit::rtm::RtmClient::open(address, &house.project).await;
        client.log_in(maya.uid, &maya.token).await
    };
    let mut client = house.log_in(Door::Fpnn, &maya).await;
    site.run(&["user", "ban", APP, "maya"]).await;
    assert_eq!(house.online(&[maya.clone(), other.clone()]).await, [1002]);
    thrown_out(&mut client, "banned").await;
    assert_eq!(knock(&house).await, Err(200_024));
    let shown = site.shown(&maya).await;
    assert_eq!(shown["banned"], "for ever");
    assert_eq!(shown["last_disconnect"], "banned");
    site.run(&["user", "unban", APP, "maya"]).await;

    let mut client = house.log_in(Door::WebSocket, &maya).await;
    site.run(&["user", "ban", APP, "maya", "--seconds", "2"])
        .await;
    thrown_out(&mut client, "banned").await;
    assert_eq!(knock(&house).await, Err(200_024));
    until(async || knock(&house).await == Ok(true)).await;
    still_there(&mut bystander).await;
    assert!(house.program.terminate().await);
}

#[tokio::test]
async fn the_operator_sees_when_and_why_a_user_left_also_without_a_server() {
    let site = Site::new();
    let mut house = site.start().await;
    let maya = house.person(&site, "maya").await;
    let shown = site.shown(&maya).await;
    assert_eq!(shown["last_seen"], json!(null));
    assert_eq!(shown["last_disconnect"], json!(null));
    let mut client = house.log_in(Door::Fpnn, &maya).await;
    assert_eq!(site.shown(&maya).await["online"], true);
    assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
    let shown = site.shown(&maya).await;
    assert_eq!(shown["online"], false);
    assert_eq!(shown["last_disconnect"], "logged_out");
    let over_rest = house.rest("GET", "/users/maya/resources", None).await;
    assert_eq!(over_rest["last_seen"], shown["last_seen"]);
    let created = shown["created"].as_i64().expect("a time");
    assert!(shown["last_seen"].as_i64().expect("a time") >= created);
    // A person reads it, too.
    let text = site.run(&["user", "show", APP, "maya"]).await;
    assert!(text.contains("logged_out"), "{text}");
    assert!(house.program.terminate().await);
    assert_eq!(site.shown(&maya).await, shown);
}

#[tokio::test]
async fn the_operator_gets_a_token_that_logs_in_as_the_user() {
    let site = Site::new();
    let mut house = site.start().await;
    let maya = house.person(&site, "maya").await;
    let seven = house.person(&site, "007").await;
    for (name, uid) in [("maya", maya.uid), ("654321", 654_321), ("007", seven.uid)] {
        let granted = site.json(&["user", "token", APP, name]).await;
        assert_eq!(granted["uid"], uid);
        let token = granted["token"].as_str().expect("a text");
        let address = house.program.rtm_client;
        let mut client = halloo_testkit::rtm::RtmClient::open(address, &house.project).await;
        assert_eq!(client.log_in(uid + 1, token).await, Ok(false));
        assert_eq!(client.log_in(uid, token).await, Ok(true));
        assert_eq!(
            site.json(&["user", "show", APP, name]).await["online"],
            true
        );
    }
    for nobody in ["nobody", "0", "-5", "08", "4611686018427387905"] {
        let arguments = ["user", "token", APP, "--", nobody];
        let refused = Program::run(Site::binary(), &site.data(), &arguments).await;
        assert!(!refused.status.success(), "{nobody}");
    }
    assert!(house.program.terminate().await);
}
