//! Who is online, on what: every answer says the same, directly after what changed it was answered.
//! Sources: RTM client gate section 6, Easemob REST 3.18, 3.19 and 3.25.

use halloo_core::sessions::LoginPolicy;
use halloo_testkit::rtm::{Project, RtmClient};
use serde_json::json;

use crate::world::{Door, Place, still_there, thrown_out};

/// A number, names that are none, and one that only looks like one.
const NAMES: [&str; 4] = ["1001", "maya.lin", "omar_b-7", "0042"];

#[tokio::test]
async fn a_user_is_online_from_his_login_to_his_bye() {
    let mut place = Place::start().await;
    for name in NAMES {
        let person = place.person(name).await;
        for door in Door::ALL {
            let mut client = place.connect(door).await;
            assert!(!place.is_online(&person).await, "a connection is no login");
            assert_eq!(client.log_in(person.uid, &person.token).await, Ok(true));
            assert_eq!(
                place.devices(&person).await,
                std::slice::from_ref(&client.address)
            );
            assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
            assert!(!place.is_online(&person).await, "{name} through {door:?}");
            assert_eq!(
                place.last(&person).await,
                json!([place.now(), "logged_out"])
            );
        }
    }
}

#[tokio::test]
async fn names_that_are_no_numbers_have_a_uid_above_two_to_the_62() {
    let mut place = Place::start().await;
    for name in NAMES {
        let person = place.person(name).await;
        let is_number = name == "1001";
        assert_eq!(person.uid == 1001, is_number, "{name}");
        assert_eq!(person.uid > 1 << 62, !is_number, "{name}");
    }
}

#[tokio::test]
async fn a_user_is_online_until_the_last_of_his_sessions_is_gone() {
    let mut place = Place::start().await;
    let (maya, omar) = (place.person("maya").await, place.person("omar").await);
    let mut clients = Vec::new();
    for door in [Door::Fpnn, Door::WebSocket, Door::WebSocket, Door::Fpnn] {
        clients.push(place.log_in(door, &maya).await);
    }
    while let Some(mut client) = clients.pop() {
        let mut addresses: Vec<_> = clients.iter().map(|c| c.address.clone()).collect();
        assert_eq!(place.last(&maya).await, json!([null, null]));
        assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        assert_eq!(place.devices(&maya).await, addresses, "oldest first");
        assert!(!place.is_online(&omar).await);
        addresses.clear();
    }
    assert_eq!(place.last(&maya).await, json!([place.now(), "logged_out"]));
}

#[tokio::test]
async fn the_resource_list_names_the_device_or_else_the_sdk() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let mut expected = Vec::new();
    let mut clients = Vec::new();
    for (version, device, shown) in [
        ("WebSocket_2.7.6", None, "WebSocket_2.7.6"),
        ("Android-2.7.0", Some("ACME-X1"), "ACME-X1"),
        ("", None, ""),
    ] {
        let mut client = place.connect(Door::Fpnn).await;
        let params = json!({
            "uid": maya.uid, "token": maya.token, "version": version, "device": device,
        });
        assert_eq!(client.log_in_with(params).await, Ok(true));
        expected.push(json!({"res": client.address, "device_uuid": "", "device_name": shown}));
        clients.push(client);
    }
    let shown = place.data("GET", "/users/maya/resources", None).await;
    assert_eq!(shown, json!(expected));
}

#[tokio::test]
async fn whoever_closes_his_connection_is_offline() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    for door in Door::ALL {
        let client = place.log_in(door, &maya).await;
        assert!(place.is_online(&maya).await);
        drop(client);
        place.until_offline(&maya).await;

        // He has said all he wanted, and still reads.
        let mut client = place.log_in(door, &maya).await;
        client.wire.shut().await;
        assert_eq!(client.last_words().await, [], "{door:?}");
        place.until_offline(&maya).await;
        place.until_last(&maya, "connection_lost").await;
    }
}

#[tokio::test]
async fn whoever_is_kicked_is_offline_when_that_is_answered() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    for door in Door::ALL {
        let client = place.log_in(door, &maya).await;
        let target = json!({"uid": maya.uid});
        place.back_end.done("kickout", target).await;
        assert!(!place.is_online(&maya).await);
        drop(client);
        let client = place.log_in(door, &maya).await;
        place.rest("GET", "/users/maya/disconnect", None).await.ok();
        assert!(!place.is_online(&maya).await);
        drop(client);
    }
}

#[tokio::test]
async fn after_a_bye_the_same_connection_may_log_in_as_anybody() {
    let mut place = Place::start().await;
    let (maya, omar) = (place.person("maya").await, place.person("omar").await);
    for door in Door::ALL {
        let mut client = place.connect(door).await;
        for person in [&maya, &omar, &maya] {
            assert_eq!(client.log_in(person.uid, &person.token).await, Ok(true));
            let here = std::slice::from_ref(&client.address);
            for other in [&maya, &omar] {
                let expected = if other.uid == person.uid { here } else { &[] };
                assert_eq!(place.devices(other).await, expected, "{}", other.name);
            }
            assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        }
    }
}

#[tokio::test]
async fn a_login_that_is_refused_leaves_no_trace() {
    let mut place = Place::start().await;
    let (maya, omar) = (place.person("maya").await, place.person("omar").await);
    let mut client = place.connect(Door::Fpnn).await;
    assert_eq!(client.log_in(maya.uid, "no token").await, Ok(false));
    assert_eq!(client.log_in(maya.uid, &omar.token).await, Ok(false));
    assert_eq!(client.log_in(0, &maya.token).await, Err(200_001));
    assert!(!place.is_online(&maya).await && !place.is_online(&omar).await);
    let black = json!({"uid": maya.uid, "btime": 60});
    place.back_end.done("addprojectblack", black).await;
    assert_eq!(client.log_in(maya.uid, &maya.token).await, Err(200_024));
    assert!(!place.is_online(&maya).await);
    for person in [&maya, &omar] {
        assert_eq!(place.last(person).await, json!([null, null]));
    }
    // None of that counts against the connection.
    assert_eq!(client.log_in(omar.uid, &omar.token).await, Ok(true));
    assert!(place.is_online(&omar).await);
    assert_eq!(
        client.log_in(omar.uid, &omar.token).await,
        Err(200_023),
        "he is logged in"
    );
    assert_eq!(place.devices(&omar).await.len(), 1);
}

#[tokio::test]
async fn a_login_through_the_dispatch_port_counts_like_any_other() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let dispatch = place.server.rtm.dispatch.expect("it listens");
    let mut client = RtmClient::open(dispatch, &Project::of(&place.app)).await;
    assert_eq!(client.log_in(maya.uid, &maya.token).await, Ok(true));
    assert_eq!(
        place.devices(&maya).await,
        std::slice::from_ref(&client.address)
    );
    place.rest("GET", "/users/maya/disconnect", None).await.ok();
    thrown_out(&mut client, "kicked").await;
}

#[tokio::test]
async fn users_of_one_name_in_two_apps_are_two_users() {
    let mut place = Place::start().await;
    let here = place.person("1001").await;
    let mut client = place.log_in(Door::Fpnn, &here).await;
    let mut other = place.move_to_app("other").await;
    let there = other.person("1001").await;
    assert_eq!(here.uid, there.uid);
    assert!(!other.is_online(&there).await);
    other
        .back_end
        .done("kickout", json!({"uid": there.uid}))
        .await;
    still_there(&mut client).await;
    assert_eq!(
        other.tries(&here).await,
        Ok(false),
        "a token opens its app only"
    );
}

#[tokio::test]
async fn the_policy_decides_which_session_gives_way() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let kinds = [
        "Android-2.7.0",
        "WebSocket_2.7.6",
        "C#-2.7.0",
        "iOS_2.7.0",
        "WebSocket_2.7.6",
    ];
    for (policy, gives_way) in [
        (LoginPolicy::AllDevices, [None; 5]),
        (
            LoginPolicy::OnePerKind,
            [None, None, None, Some(0), Some(1)],
        ),
        (
            LoginPolicy::Single,
            [None, Some(0), Some(1), Some(2), Some(3)],
        ),
    ] {
        place.set_logins(policy).await;
        let mut clients: Vec<Option<RtmClient>> = Vec::new();
        let before = place.last(&maya).await;
        for (version, loser) in kinds.into_iter().zip(gives_way) {
            let mut client = place.connect(Door::Fpnn).await;
            let params = json!({"uid": maya.uid, "token": maya.token, "version": version});
            assert_eq!(client.log_in_with(params).await, Ok(true));
            clients.push(Some(client));
            if let Some(mut loser) = loser.and_then(|loser: usize| clients[loser].take()) {
                thrown_out(&mut loser, "replaced").await;
            }
            let left: Vec<_> = clients.iter().flatten().map(|c| &c.address).collect();
            assert_eq!(
                place.devices(&maya).await.iter().collect::<Vec<_>>(),
                left,
                "{policy:?}"
            );
            for client in clients.iter_mut().flatten() {
                still_there(client).await;
            }
            assert_eq!(place.last(&maya).await, before, "he never was offline");
        }
        for mut client in clients.into_iter().flatten() {
            assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        }
        assert_eq!(place.last(&maya).await, json!([place.now(), "logged_out"]));
    }
}
