//! When and why a user went offline last. Source: ours; shown by `GET /users/NAME/resources`.

use halloo_core::sessions::LoginPolicy;
use halloo_testkit::rtm::RtmClient;
use serde_json::{Value, json};

use crate::world::{Door, Person, Place, thrown_out};

/// Ends every session of a user by a call that is answered.
async fn end_by(place: &mut Place, person: &Person, means: &str) {
    let Person { name, uid, .. } = person;
    let uid = json!({"uid": uid});
    match means {
        "kickout" => place.back_end.done("kickout", uid).await,
        "addprojectblack" => {
            place.back_end.done("addprojectblack", &uid).await;
            place.back_end.done("removeprojectblack", &uid).await;
        }
        "disconnect" => {
            let path = format!("/users/{name}/disconnect");
            place.rest("POST", &path, None).await.ok();
        }
        "deactivate" => {
            for verb in ["deactivate", "activate"] {
                let path = format!("/users/{name}/{verb}");
                place.rest("POST", &path, None).await.ok();
            }
        }
        "password" => {
            let path = format!("/users/{name}/password");
            let new = json!({"newpassword": "second"});
            place.rest("PUT", &path, Some(&new)).await.ok();
        }
        other => panic!("{other} is no means"),
    }
}

#[tokio::test]
async fn what_the_server_did_is_the_reason_and_the_time_is_that_of_the_event() {
    let mut place = Place::start().await;
    let mut maya = place.person("maya").await;
    assert_eq!(place.last(&maya).await, json!([null, null]), "never online");
    for (means, reason) in [
        ("kickout", "kicked"),
        ("disconnect", "kicked"),
        ("addprojectblack", "banned"),
        ("deactivate", "banned"),
        ("password", "password_changed"),
    ] {
        for door in Door::ALL {
            let before = place.last(&maya).await;
            maya.token = place.token(maya.uid).await;
            let mut client = place.log_in(door, &maya).await;
            place.advance_ms(1_234);
            assert_eq!(place.last(&maya).await, before, "he is still online");
            let event = place.now();
            end_by(&mut place, &maya, means).await;
            assert_eq!(place.last(&maya).await, json!([event, reason]), "{means}");
            // The end of the connection, which comes later, changes nothing.
            place.advance_ms(77);
            thrown_out(&mut client, reason).await;
            drop(client);
            assert_eq!(place.last(&maya).await, json!([event, reason]), "{means}");
        }
    }
}

#[tokio::test]
async fn what_the_client_did_is_the_reason() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let bad_frames: [(&str, &[u8]); 5] = [
        ("no FPNN", b"what is this\r\n\r\n\0\0\0\0"),
        (
            "a frame that is too large",
            b"FPNN\x01\x80\x01\x04\xff\xff\xff\x7f\x01\0\0\0",
        ),
        (
            "a payload that is no map",
            b"FPNN\x01\x80\x01\x04\x01\0\0\0\x09\0\0\0ping\x01",
        ),
        (
            "an unknown type of frame",
            b"FPNN\x01\x80\x09\x04\x01\0\0\0\x09\0\0\0ping\x80",
        ),
        (
            "a key exchange in the middle",
            b"FPNN\x01\x80\x01\x04\x01\0\0\0\x09\0\0\0*key\x80",
        ),
    ];
    for door in Door::ALL {
        for (what, bytes) in bad_frames {
            let mut client = place.log_in(door, &maya).await;
            place.advance_ms(5);
            client.wire.write(bytes).await;
            assert_eq!(client.last_words().await, [], "{what}");
            place.until_offline(&maya).await;
            place.until_last(&maya, "malformed").await;
        }
        let mut client = place.log_in(door, &maya).await;
        place.advance_ms(5);
        assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        assert_eq!(place.last(&maya).await, json!([place.now(), "logged_out"]));
        // What follows a bye is no end of a session.
        place.advance_ms(5);
        client.wire.write(b"what is this\r\n\r\n\0\0\0\0").await;
        assert_eq!(client.last_words().await, []);
        let logged_out = json!([place.now() - 5, "logged_out"]);
        assert_eq!(place.last(&maya).await, logged_out);

        drop(place.log_in(door, &maya).await);
        place.until_offline(&maya).await;
        place.until_last(&maya, "connection_lost").await;
    }
}

#[tokio::test]
async fn only_the_end_of_the_last_session_is_kept() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let mut first = place.log_in(Door::Fpnn, &maya).await;
    let mut second = place.log_in(Door::WebSocket, &maya).await;
    let third = place.log_in(Door::Fpnn, &maya).await;
    let target = json!({"uid": maya.uid, "ce": first.address});
    place.back_end.done("kickout", target).await;
    thrown_out(&mut first, "kicked").await;
    assert_eq!(second.call("bye", json!({})).await, Ok(json!({})));
    assert_eq!(place.last(&maya).await, json!([null, null]));
    place.advance_ms(9);
    drop(third);
    place.until_offline(&maya).await;
    place.until_last(&maya, "connection_lost").await;
}

#[tokio::test]
async fn whoever_makes_room_for_himself_is_never_offline() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    place.set_logins(LoginPolicy::Single).await;
    let mut client: Option<RtmClient> = None;
    for _ in 0..5 {
        let next = place.log_in(Door::Fpnn, &maya).await;
        if let Some(mut old) = client.replace(next) {
            thrown_out(&mut old, "replaced").await;
        }
        assert_eq!(place.last(&maya).await, json!([null, null]));
    }
}

#[tokio::test]
async fn a_stop_of_the_server_is_the_reason_and_outlives_it() {
    let mut place = Place::start().await;
    let (maya, omar) = (place.person("maya").await, place.person("omar").await);
    let mut clients = [
        place.log_in(Door::Fpnn, &maya).await,
        place.log_in(Door::WebSocket, &maya).await,
    ];
    let mut gone = place.log_in(Door::Fpnn, &omar).await;
    assert_eq!(gone.call("bye", json!({})).await, Ok(json!({})));
    let logged_out = place.last(&omar).await;
    place.advance_ms(50);
    let stopped = place.now();
    for _ in 0..2 {
        let mut words = Vec::new();
        let (restarted, ()) = tokio::join!(place.restart(), async {
            for client in &mut clients {
                words.extend(client.last_words().await);
            }
        });
        place = restarted;
        assert_eq!(words, [], "a kick would keep SDKs from coming back");
        assert!(!place.is_online(&maya).await && !place.is_online(&omar).await);
        let shutdown = json!([stopped, "server_shutdown"]);
        assert_eq!(place.last(&maya).await, shutdown);
        assert_eq!(place.last(&omar).await, logged_out);
        place.advance_ms(1_000);
    }
    assert_eq!(place.tries(&maya).await, Ok(true), "with the same token");
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_to_his_successor() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let mut client = place.log_in(Door::Fpnn, &maya).await;
    place.rest("DELETE", "/users/maya", None).await.ok();
    thrown_out(&mut client, "user_deleted").await;
    let gone = place.rest("GET", "/users/maya/resources", None).await;
    assert_eq!(gone.status, 404);
    let heir = place.person("maya").await;
    assert_ne!(heir.uid, maya.uid);
    assert_eq!(place.last(&heir).await, json!([null, null]));
    assert!(!place.is_online(&heir).await);
    assert_eq!(place.tries(&maya).await, Ok(false));
    let of_heir = Person {
        token: maya.token.clone(),
        ..heir
    };
    assert_eq!(place.tries(&of_heir).await, Ok(false));
}

#[tokio::test]
async fn the_last_end_stays_to_be_seen_while_he_is_online_again() {
    let mut place = Place::start().await;
    let (maya, omar) = (place.person("maya").await, place.person("omar").await);
    place.tries(&maya).await.expect("she may");
    let last = place.last(&maya).await;
    place.advance_ms(10_000);
    let _client = place.log_in(Door::Fpnn, &maya).await;
    assert_eq!(place.last(&maya).await, last);
    assert_eq!(place.last(&omar).await, json!([Value::Null, Value::Null]));
}
