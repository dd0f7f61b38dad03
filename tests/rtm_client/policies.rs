//! How many sessions a user may have, and what becomes of the others. Source: RTM client gate section 2.6.

use std::sync::Arc;

use halloo_core::apps::App;
use halloo_core::sessions::LoginPolicy;
use halloo_testkit::rtm::{Project, RtmClient};
use serde_json::json;

use crate::world::{Ask as _, World, grant, kickout};

async fn set(world: &World, policy: LoginPolicy) -> Arc<App> {
    let set = world.core().apps.set_logins(world.key(), policy).await;
    set.expect("the app")
}

/// The client is told that another took its place.
async fn is_replaced(mut client: RtmClient) {
    assert_eq!(client.push().await, Some(kickout(Some("replaced"))));
}

/// Versions of every kind of device.
const WEB: [&str; 2] = ["WebSocket_2.7.6", "WebSocket_2.7.0"];
const MOBILE: [&str; 4] = [
    "Android-2.7.0",
    "Android-livedataLib-1.1.3",
    "iOS_2.7.0",
    "Unity-2.7.26",
];
const DESKTOP: [&str; 4] = ["C#-2.7.0", "Unreal-1.0.0", "", "android-1"];

#[tokio::test]
async fn by_default_every_device_stays() {
    let world = World::start().await;
    let mut clients = Vec::new();
    for version in [WEB[0], WEB[0], MOBILE[0], MOBILE[0], DESKTOP[0], DESKTOP[0]] {
        clients.push(world.client_of(7, version).await);
    }
    for client in &mut clients {
        assert!(client.is_logged_in().await);
    }
    while let Some(mut client) = clients.pop() {
        assert!(world.is_online(7).await, "until the last has gone");
        client.done("bye", json!({})).await;
    }
    assert!(!world.is_online(7).await);
}

#[tokio::test]
async fn one_per_kind_displaces_whoever_is_of_the_same_kind_and_nobody_else() {
    let world = World::start().await;
    set(&world, LoginPolicy::OnePerKind).await;
    let mut others = world.client_of(8, WEB[0]).await;
    let kinds = [&WEB[..], &MOBILE[..], &DESKTOP[..]];
    let mut live = Vec::new();
    for kind in kinds {
        live.push(world.client_of(7, kind[0]).await);
    }
    for (at, kind) in kinds.iter().enumerate() {
        for version in kind.iter().chain(kind.first()) {
            let new = world.client_of(7, version).await;
            let old = std::mem::replace(&mut live[at], new);
            is_replaced(old).await;
            assert!(world.is_online(7).await, "{version}");
            for client in &mut live {
                assert!(client.is_logged_in().await, "{version}");
            }
        }
        // So that those who follow each other here are not taken for duels.
        world.advance_ms(10_000);
    }
    assert!(others.is_logged_in().await);
}

#[tokio::test]
async fn a_single_session_is_the_last_one() {
    let world = World::start().await;
    set(&world, LoginPolicy::Single).await;
    let mut others = world.client(8).await;
    let mut live = world.client_of(7, WEB[0]).await;
    for version in [MOBILE[0], DESKTOP[0], WEB[1], WEB[1]] {
        let new = world.client_of(7, version).await;
        let mut old = std::mem::replace(&mut live, new);
        let told = old.last_words().await;
        assert_eq!(told, [kickout(Some("replaced"))], "and closed");
        assert!(live.is_logged_in().await);
        assert!(world.is_online(7).await, "through the new one");
    }
    assert!(others.is_logged_in().await);
    live.done("bye", json!({})).await;
    assert!(!world.is_online(7).await);
}

#[tokio::test]
async fn a_refused_login_displaces_nobody() {
    let world = World::start().await;
    set(&world, LoginPolicy::Single).await;
    let mut live = world.client(7).await;
    let token = world.token(7).await;
    let many: serde_json::Map<_, _> = (0..101).map(|n| (n.to_string(), json!("x"))).collect();
    for login in [
        json!({"uid": 7, "token": "wrong"}),
        json!({"uid": 7, "token": token, "attrs": many}),
        json!({"uid": 7, "token": token, "attrs": {"a": "x".repeat(5000)}}),
    ] {
        let mut client = world.stranger().await;
        assert_ne!(client.log_in_with(login).await, Ok(true));
        assert!(live.is_logged_in().await);
    }
}

#[tokio::test]
async fn a_policy_counts_from_the_next_login() {
    let world = World::start().await;
    let mut old = Vec::new();
    for _ in 0..3 {
        old.push(world.client(7).await);
    }
    set(&world, LoginPolicy::Single).await;
    for client in &mut old {
        assert!(client.is_logged_in().await);
    }
    let mut new = world.client(7).await;
    for client in old {
        is_replaced(client).await;
    }
    assert!(new.is_logged_in().await);
    set(&world, LoginPolicy::AllDevices).await;
    let mut newer = world.client(7).await;
    assert!(new.is_logged_in().await && newer.is_logged_in().await);
}

#[tokio::test]
async fn the_same_user_of_another_project_is_another_user() {
    let world = World::start().await;
    set(&world, LoginPolicy::Single).await;
    let mut own = world.client(7).await;
    let project = Project::of(&*world.other().await);
    let token = grant(&mut world.back_end_of(project.clone()).await, 7).await;
    let mut client = RtmClient::open(world.server.rtm.client, &project).await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    assert!(own.is_logged_in().await);
}

#[tokio::test]
async fn rooms_of_a_displaced_session_end_with_it() {
    let world = World::start().await;
    set(&world, LoginPolicy::Single).await;
    let mut old = world.client(7).await;
    old.done("enterroom", json!({"rid": 5})).await;
    let mut new = world.client(7).await;
    is_replaced(old).await;
    world.until_members_are(5, &[]).await;
    assert_eq!(new.ids("getuserrooms", json!({}), "rooms").await, [0; 0]);
    new.done("enterroom", json!({"rid": 6})).await;
    assert_eq!(new.ids("getuserrooms", json!({}), "rooms").await, [6]);
    assert!(world.is_online(7).await);
}

#[tokio::test]
async fn two_devices_that_keep_displacing_each_other_are_stopped() {
    for policy in [LoginPolicy::Single, LoginPolicy::OnePerKind] {
        let world = World::start().await;
        set(&world, policy).await;
        let mut live = world.client(7).await;
        let token = world.token(7).await;
        for _ in 0..10 {
            world.advance_ms(9_999);
            let new = world.client(7).await;
            is_replaced(std::mem::replace(&mut live, new)).await;
        }
        world.advance_ms(9_999);
        let mut eleventh = world.stranger().await;
        assert_eq!(eleventh.log_in(7, &token).await, Err(200_010));
        assert!(!eleventh.is_logged_in().await);
        assert!(live.is_logged_in().await, "whoever has it keeps it");
        // Others have nothing to do with it.
        assert!(world.client(8).await.is_logged_in().await);
        world.advance_ms(1);
        assert_eq!(eleventh.log_in(7, &token).await, Ok(true));
        is_replaced(live).await;
        // It is counted anew.
        let mut twelfth = world.client(7).await;
        is_replaced(eleventh).await;
        assert!(twelfth.is_logged_in().await);
    }
}

#[tokio::test]
async fn more_sessions_than_the_limit_displace_the_oldest() {
    let world = World::start_with(|config| config.limits.sessions = 3).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(world.client(7).await);
    }
    clients[0].done("enterroom", json!({"rid": 5})).await;
    for _ in 0..2 {
        clients.push(world.client(7).await);
        is_replaced(clients.remove(0)).await;
        for client in &mut clients {
            assert!(client.is_logged_in().await);
        }
    }
    world.until_members_are(5, &[]).await;
    let mut others = world.client(8).await;
    assert!(others.is_logged_in().await && clients[0].is_logged_in().await);
}
