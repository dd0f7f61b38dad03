//! Where the gate is, for SDKs that ask first. Source: RTM client gate section 1.6.

use halloo::config::Maybe;
use halloo_testkit::rtm::RtmClient;
use serde_json::json;

use crate::world::{Ask as _, World};

/// Connections that may ask: at the gate before and after a login, where older SDKs ask, over a WebSocket.
async fn askers(world: &World) -> Vec<RtmClient> {
    let (rtm, project) = (world.server.rtm, world.project().await);
    let dispatch = rtm.dispatch.expect("it listens");
    vec![
        world.stranger().await,
        world.client(7).await,
        RtmClient::open(dispatch, &project).await,
        RtmClient::open_websocket(rtm.client, &project).await,
        RtmClient::open_websocket(dispatch, &project).await,
    ]
}

#[tokio::test]
async fn the_address_at_which_a_client_asked_is_the_answer() {
    let world = World::start().await;
    let gate = world.server.rtm.client.to_string();
    for mut client in askers(&world).await {
        for params in [
            json!({"what": "rtmGated"}),
            json!({"what": "rtmGated@clusterX"}),
            json!({"what": "rtmGated", "addrType": null, "proto": null, "version": null}),
            json!({"what": "rtmGated", "addrType": "ipv4", "proto": "tcp", "version": "1.0"}),
            json!({"what": "rtmGated", "addrType": "domain", "pid": 1, "uid": "x"}),
        ] {
            let one = client.call("which", &params).await;
            assert_eq!(one, Ok(json!({"endpoint": gate})), "{params}");
            let all = client.call("whichall", &params).await;
            assert_eq!(all, Ok(json!({"endpoints": [gate]})), "{params}");
        }
    }
}

#[tokio::test]
async fn the_oldest_sdks_are_answered_under_the_names_that_they_read() {
    let world = World::start().await;
    let gate = world.server.rtm.client.to_string();
    let mut client = world.stranger().await;
    for kind in ["ip4", "domain"] {
        let params = json!({"what": "rtmGated", "iptype": kind});
        let one = client.call("which", &params).await;
        assert_eq!(one, Ok(json!({"endpoint": gate, "server": gate})));
        let all = client.call("whichall", &params).await;
        assert_eq!(all, Ok(json!({"endpoints": [gate], "servers": [gate]})));
    }
}

#[tokio::test]
async fn a_transport_that_is_not_served_has_no_address() {
    let world = World::start().await;
    let mut client = world.stranger().await;
    for proto in ["ssl", "tls", "udp"] {
        let params = json!({"what": "rtmGated", "proto": proto});
        let one = client.call("which", &params).await;
        assert_eq!(one, Ok(json!({"endpoint": ""})), "{proto}");
        let all = client.call("whichall", &params).await;
        assert_eq!(all, Ok(json!({"endpoints": []})), "{proto}");
    }
}

#[tokio::test]
async fn what_is_not_served_at_all_is_an_error() {
    let world = World::start().await;
    for mut client in askers(&world).await {
        for method in ["which", "whichall"] {
            for (params, code) in [
                (json!({"what": "rtmServerGated"}), 100_001),
                (json!({"what": "@rtmGated"}), 100_001),
                (json!({"what": "RTMGATED"}), 100_001),
                (json!({"what": ""}), 100_001),
                (json!({"what": "rtmGated", "addrType": "ipv5"}), 100_001),
                (json!({"what": "rtmGated", "iptype": "ipx"}), 100_001),
                (json!({"what": "rtmGated", "proto": "quic"}), 100_001),
                (json!({}), 10_009),
                (json!({"what": null}), 10_009),
                (json!({"what": 5}), 10_010),
                (json!({"what": "rtmGated", "proto": 5}), 10_010),
                (json!({"what": "rtmGated", "addrType": ["ipv4"]}), 10_010),
            ] {
                let answer = client.call(method, &params).await;
                assert_eq!(answer, Err(code), "{method} {params}");
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_the_operator_names_is_the_answer_everywhere() {
    let world = World::start_with(|config| {
        config.rtm.public_endpoint = Maybe(Some("chat.example.org:13321".to_owned()));
    })
    .await;
    for mut client in askers(&world).await {
        let params = json!({"what": "rtmGated", "addrType": "domain"});
        let one = client.field("which", params, "endpoint").await;
        assert_eq!(one, "chat.example.org:13321");
    }
}

#[tokio::test]
async fn the_port_of_the_question_serves_as_well() {
    let world = World::start().await;
    let dispatch = world.server.rtm.dispatch.expect("it listens");
    let project = world.project().await;
    let mut client = RtmClient::open(dispatch, &project).await;
    let token = world.token(7).await;
    assert_eq!(client.log_in(7, &token).await, Ok(true));
    assert!(client.is_logged_in().await);
    assert!(world.is_online(7).await);
}
