//! Texts of users, who is online, the time, the log. Source: RTM client gate sections 3.1 and 3.7.

use serde_json::json;

use crate::world::{Ask as _, World};

#[tokio::test]
async fn own_texts_are_set_and_read_and_the_public_one_by_everybody() {
    let world = World::start().await;
    let (mut client, mut other) = (world.client(7).await, world.client(8).await);
    let texts = |open: &str, private: &str| Ok(json!({"oinfo": open, "pinfo": private}));
    assert_eq!(client.call("getuserinfo", json!({})).await, texts("", ""));
    for (change, open, private) in [
        (json!({"oinfo": "o"}), "o", ""),
        (json!({"oinfo": null, "pinfo": "p"}), "o", "p"),
        (json!({"oinfo": ""}), "", "p"),
        (
            json!({"oinfo": "ö\u{1f600}", "pinfo": "p2"}),
            "ö\u{1f600}",
            "p2",
        ),
    ] {
        client.done("setuserinfo", change).await;
        let own = client.call("getuserinfo", json!({})).await;
        assert_eq!(own, texts(open, private));
        let asked = json!({"uids": [7, 8, 99]});
        let seen = other.field("getuseropeninfo", asked, "info").await;
        assert_eq!(seen, json!({"7": open, "8": "", "99": ""}));
    }
    assert_eq!(other.call("getuserinfo", json!({})).await, texts("", ""));
    for nothing in [json!({}), json!({"oinfo": null, "pinfo": null})] {
        assert_eq!(client.call("setuserinfo", nothing).await, Err(200_033));
    }
    client
        .done("setuserinfo", json!({"pinfo": "x".repeat(65_535)}))
        .await;
    let long = json!({"oinfo": "lost", "pinfo": "x".repeat(65_536)});
    assert_eq!(client.call("setuserinfo", long).await, Err(200_030));
    let own = client.field("getuserinfo", json!({}), "oinfo").await;
    assert_eq!(own, "ö\u{1f600}");
    assert_eq!(world.users().await, 2, "asking about 99 made nobody");
}

#[tokio::test]
async fn those_asked_for_who_are_online_are_answered() {
    let world = World::start().await;
    let (mut client, mut other) = (world.client(7).await, world.client(8).await);
    let again = world.client(8).await;
    let asked = json!({"uids": [9, 8, 7, 8]});
    let online = client.ids("getonlineusers", asked.clone(), "uids").await;
    assert_eq!(online, [7, 8]);
    other.done("bye", json!({})).await;
    let online = client.ids("getonlineusers", asked.clone(), "uids").await;
    assert_eq!(online, [7, 8], "his other device is there");
    drop(again);
    world.until_offline(8).await;
    let online = client.ids("getonlineusers", asked, "uids").await;
    assert_eq!(online, [7]);
}

#[tokio::test]
async fn two_hundred_users_are_asked_for_at_most_and_one_at_least() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    let asked = |most: i64| json!({"uids": (1..=most).collect::<Vec<_>>()});
    assert_eq!(client.ids("getonlineusers", asked(200), "uids").await, [7]);
    assert_eq!(
        client.call("getonlineusers", asked(201)).await,
        Err(200_032)
    );
    for empty in [json!({"uids": []}), json!({"uids": null})] {
        assert_eq!(client.call("getonlineusers", empty).await, Err(200_033));
    }
    let nobody = json!({"uids": [7, 0]});
    assert_eq!(client.call("getonlineusers", nobody).await, Err(200_001));
}

#[tokio::test]
async fn the_time_is_that_of_the_server_in_milliseconds() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    for step in [0, 1, 12_345] {
        world.advance_ms(step);
        let time = client.call("getservertime", json!({})).await;
        assert_eq!(time, Ok(json!({"mts": world.now().0})));
    }
}

#[tokio::test]
async fn a_line_for_the_log_of_any_length_is_taken() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    for line in [
        json!({"msg": "m", "attrs": "a"}),
        json!({"msg": "", "attrs": null}),
        json!({"msg": "two\nlines \u{1b}[31m"}),
        json!({"msg": "ä".repeat(50_000), "attrs": ""}),
    ] {
        client.done("adddebuglog", line).await;
    }
}

#[tokio::test]
async fn a_ping_is_answered_in_both_forms() {
    let world = World::start().await;
    let mut client = world.stranger().await;
    let ping = client.call("*ping", json!({})).await;
    assert_eq!(
        ping,
        Ok(json!({"ts": world.now().0})),
        "before a login, too"
    );
    assert_eq!(client.call("ping", json!({})).await, Err(200_022));
    let mut client = world.client(7).await;
    assert_eq!(client.call("ping", json!({})).await, Ok(json!({})));
    let ping = client.call("*ping", json!({})).await;
    assert_eq!(ping, Ok(json!({"ts": world.now().0})));
}
