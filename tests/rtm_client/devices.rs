//! Push devices and conversations that are not pushed. Source: RTM client gate section 3.8.

use halloo_core::push::PushProvider;
use halloo_core::users::Uid;
use serde_json::json;

use crate::world::{Ask as _, World};

/// The devices of 7, which no quest shows.
async fn devices(world: &World) -> Vec<(Option<&'static str>, String)> {
    let devices = world.core().push.devices(world.id(), Uid(7)).await;
    let devices = devices.expect("a list").into_iter();
    let mut devices: Vec<_> = devices
        .map(|device| {
            (
                device.provider.map(PushProvider::as_str),
                device.token.into(),
            )
        })
        .collect();
    devices.sort();
    devices
}

#[tokio::test]
async fn a_device_is_registered_and_removed() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    for (kind, token) in [("fcm", "one"), ("apns", "two"), ("fcm", "one")] {
        let device = json!({"apptype": kind, "devicetoken": token, "tag": null});
        client.done("adddevice", device).await;
    }
    let two = [
        (Some("apns"), "two".to_owned()),
        (Some("fcm"), "one".to_owned()),
    ];
    assert_eq!(devices(&world).await, two);
    let unknown = json!({"apptype": "pigeon", "devicetoken": "three"});
    assert_eq!(client.call("adddevice", unknown).await, Err(200_034));
    let empty = json!({"apptype": "fcm", "devicetoken": ""});
    assert_eq!(client.call("adddevice", empty).await, Err(200_033));
    let long = json!({"apptype": "fcm", "devicetoken": "x".repeat(4097)});
    assert_eq!(client.call("adddevice", long).await, Err(200_030));
    assert_eq!(devices(&world).await, two);
    for _ in 0..2 {
        client
            .done("removedevice", json!({"devicetoken": "one"}))
            .await;
    }
    assert_eq!(devices(&world).await, two[..1]);
    client.done("bye", json!({})).await;
    assert_eq!(devices(&world).await, two[..1], "it is for the absent");
}

#[tokio::test]
async fn conversations_are_muted_by_type_of_message() {
    let world = World::start().await;
    let mut client = world.client(7).await;
    let option = async |client: &mut _| {
        halloo_testkit::rtm::RtmClient::call(client, "getoption", json!({})).await
    };
    assert_eq!(
        option(&mut client).await,
        Ok(json!({"p2p": {}, "group": {}}))
    );
    for rule in [
        json!({"type": 0, "xid": 8, "mtypes": [30, 31]}),
        json!({"type": 0, "xid": 9}),
        json!({"type": 1, "xid": 5, "mtypes": null}),
    ] {
        client.done("addoption", rule).await;
    }
    let muted = json!({"p2p": {"8": [30, 31], "9": [0]}, "group": {"5": [0]}});
    assert_eq!(option(&mut client).await, Ok(muted.clone()));
    for (wrong, code) in [
        (json!({"type": 2, "xid": 8}), 200_034),
        (json!({"type": 0, "xid": 0}), 200_034),
        (json!({"type": 0, "xid": 8, "mtypes": [128]}), 10_010),
    ] {
        for method in ["addoption", "removeoption"] {
            assert_eq!(client.call(method, &wrong).await, Err(code), "{wrong}");
        }
    }
    assert_eq!(option(&mut client).await, Ok(muted));
    for rule in [
        json!({"type": 0, "xid": 8, "mtypes": [30]}),
        json!({"type": 1, "xid": 5}),
    ] {
        client.done("removeoption", rule).await;
    }
    let left = json!({"p2p": {"8": [31], "9": [0]}, "group": {}});
    assert_eq!(option(&mut client).await, Ok(left));
}
