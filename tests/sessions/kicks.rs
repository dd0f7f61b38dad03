//! Kicks and bans of live connections through each door: the victim is told and cut off, everybody else
//! stays, and whether he may come back is what the means says. Sources: RTM client gate sections 2.3,
//! 2.7 and 2.8, RTM server gate section 4.2, Easemob REST 3.6 to 3.8 and 3.22 to 3.25.

use halloo_testkit::rtm::RtmClient;
use serde_json::{Value, json};

use crate::world::{Door, Person, Place, still_there, thrown_out};

/// A call that ends every session of a user.
#[derive(Clone, Copy, Debug)]
enum Means {
    /// A REST call on `/users/NAME` and this.
    Rest(&'static str, &'static str),
    /// A REST call that deletes whoever registered first.
    DeleteOldest,
    /// A quest of the back end, with `btime` if there is one.
    Quest(&'static str, Option<i64>),
}

impl Means {
    /// Each with what the victim is told and what his next login is answered.
    const ALL: [(Self, &'static str, Result<bool, u32>); 11] = [
        (Self::Rest("GET", "/disconnect"), "kicked", Ok(true)),
        (Self::Rest("POST", "/disconnect"), "kicked", Ok(true)),
        (Self::Quest("kickout", None), "kicked", Ok(true)),
        (Self::Rest("POST", "/deactivate"), "banned", Err(200_024)),
        (
            Self::Quest("addprojectblack", Some(60)),
            "banned",
            Err(200_024),
        ),
        (
            Self::Quest("addprojectblack", Some(0)),
            "banned",
            Err(200_024),
        ),
        (
            Self::Quest("addprojectblack", Some(-1)),
            "banned",
            Err(200_024),
        ),
        (
            Self::Rest("PUT", "/password"),
            "password_changed",
            Ok(false),
        ),
        (
            Self::Rest("POST", "/password"),
            "password_changed",
            Ok(false),
        ),
        (Self::Rest("DELETE", ""), "user_deleted", Ok(false)),
        (Self::DeleteOldest, "user_deleted", Ok(false)),
    ];

    async fn apply(self, place: &mut Place, victim: &Person) {
        match self {
            Self::Rest(method, path) => {
                let path = format!("/users/{}{path}", victim.name);
                let body = json!({"newpassword": "second"});
                place.rest(method, &path, Some(&body)).await.ok();
            }
            Self::DeleteOldest => {
                let deleted = place.rest("DELETE", "/users?limit=1", None).await.ok();
                assert_eq!(deleted["entities"][0]["username"], victim.name.as_str());
            }
            Self::Quest(method, seconds) => {
                let mut params = json!({"uid": victim.uid});
                if let Some(seconds) = seconds {
                    params["btime"] = json!(seconds);
                }
                place.back_end.done(method, params).await;
            }
        }
    }
}

async fn every_means_on(name: &str) {
    let mut place = Place::start().await;
    for (number, (means, reason, next)) in Means::ALL.into_iter().enumerate() {
        place = place.move_to_app(&format!("app-{number}")).await;
        let victim = place.person(name).await;
        let other = place.person("other").await;
        let mut clients = Vec::new();
        for door in Door::ALL {
            clients.push(place.log_in(door, &victim).await);
        }
        let mut bystander = place.log_in(Door::Fpnn, &other).await;
        means.apply(&mut place, &victim).await;
        let asked = json!({"uids": [victim.uid, other.uid]});
        let online = place.back_end.field("getonlineusers", asked, "uids").await;
        assert_eq!(online, json!([other.uid]), "{means:?}");
        for mut client in clients {
            let asked = client.ask("getservertime", json!({}));
            let late = client.answer(asked).await;
            assert!(
                matches!(late, None | Some(Err(200_022))),
                "{means:?}: {late:?}"
            );
            thrown_out(&mut client, reason).await;
        }
        still_there(&mut bystander).await;
        assert_eq!(place.tries(&victim).await, next, "{means:?}");
        still_there(&mut bystander).await;
        assert_eq!(place.devices(&other).await.len(), 1);
    }
}

#[tokio::test]
async fn every_means_throws_a_user_with_a_number_out_and_nobody_else() {
    every_means_on("1001").await;
}

#[tokio::test]
async fn every_means_throws_a_user_with_a_name_out_and_nobody_else() {
    every_means_on("maya.lin").await;
}

/// A call that ends one session of a user.
#[derive(Clone, Copy, Debug)]
enum OneMeans {
    Rest(&'static str),
    BackEnd,
    Himself,
}

#[tokio::test]
async fn one_session_can_be_ended_as_the_resource_list_names_it() {
    let mut place = Place::start().await;
    let (maya, other) = (place.person("maya").await, place.person("1002").await);
    for means in [
        OneMeans::Rest("DELETE"),
        OneMeans::Rest("GET"),
        OneMeans::BackEnd,
        OneMeans::Himself,
    ] {
        for door in Door::ALL {
            let mut first = place.log_in(Door::Fpnn, &maya).await;
            let mut victim = place.log_in(door, &maya).await;
            let mut last = place.log_in(Door::WebSocket, &maya).await;
            let mut bystander = place.log_in(Door::Fpnn, &other).await;
            let resource = place.devices(&maya).await.swap_remove(1);
            match means {
                OneMeans::Rest(method) => {
                    let path = format!("/users/maya/disconnect/{resource}");
                    let done = place.data(method, &path, None).await;
                    assert_eq!(done, json!({"result": true}));
                    let again = place.data(method, &path, None).await;
                    assert_eq!(again, json!({"result": false}));
                }
                OneMeans::BackEnd => {
                    let target = json!({"uid": maya.uid, "ce": resource});
                    place.back_end.done("kickout", &target).await;
                    place.back_end.done("kickout", &target).await;
                }
                OneMeans::Himself => {
                    let target = json!({"ce": resource});
                    for _ in 0..2 {
                        assert_eq!(first.call("kickout", &target).await, Ok(json!({})));
                    }
                }
            }
            let left = [first.address.clone(), last.address.clone()];
            assert_eq!(place.devices(&maya).await, left, "{means:?}");
            thrown_out(&mut victim, "kicked").await;
            for client in [&mut first, &mut last, &mut bystander] {
                still_there(client).await;
            }
            for client in [&mut first, &mut last, &mut bystander] {
                assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
            }
        }
    }
}

#[tokio::test]
async fn nobody_ends_his_own_session_or_one_of_somebody_else_by_kickout() {
    let mut place = Place::start().await;
    let (maya, omar) = (place.person("maya").await, place.person("omar").await);
    let mut of_maya = place.log_in(Door::Fpnn, &maya).await;
    let mut of_omar = place.log_in(Door::WebSocket, &omar).await;
    let own = json!({"ce": of_maya.address});
    assert_eq!(of_maya.call("kickout", own).await, Err(200_012));
    for unknown in [of_omar.address.clone(), "1.2.3.4:5".into(), String::new()] {
        let quest = json!({"ce": unknown});
        assert_eq!(of_maya.call("kickout", quest).await, Ok(json!({})));
        // The app's own kick is as exact.
        let quest = json!({"uid": maya.uid, "ce": unknown});
        place.back_end.done("kickout", quest).await;
    }
    still_there(&mut of_maya).await;
    still_there(&mut of_omar).await;
}

/// A client that keeps asking to be let in on one connection.
async fn ask_again(client: &mut RtmClient, person: &Person) -> Result<bool, u32> {
    client.log_in(person.uid, &person.token).await
}

#[tokio::test]
async fn a_ban_ends_at_its_very_millisecond() {
    let mut place = Place::start().await;
    let (maya, number) = (place.person("maya").await, place.person("1001").await);
    for (seconds, person) in [(1, &maya), (5, &number), (86_400, &maya)] {
        let mut client = place.log_in(Door::WebSocket, person).await;
        place.advance_ms(137);
        let black = json!({"uid": person.uid, "btime": seconds});
        place.back_end.done("addprojectblack", black).await;
        thrown_out(&mut client, "banned").await;
        let mut knocking = place.connect(Door::Fpnn).await;
        assert_eq!(ask_again(&mut knocking, person).await, Err(200_024));
        place.advance_ms(seconds * 1000 - 1);
        assert_eq!(ask_again(&mut knocking, person).await, Err(200_024));
        assert!(!place.is_online(person).await);
        place.advance_ms(1);
        assert_eq!(ask_again(&mut knocking, person).await, Ok(true));
        assert_eq!(
            place.devices(person).await,
            std::slice::from_ref(&knocking.address)
        );
    }
}

#[tokio::test]
async fn a_later_ban_replaces_an_earlier_one() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let black = |seconds: i64| json!({"uid": maya.uid, "btime": seconds});
    for (first, second) in [(10, 60), (60, 10), (0, 10)] {
        place.back_end.done("addprojectblack", black(first)).await;
        place.back_end.done("addprojectblack", black(second)).await;
        place.advance_ms(second * 1000 - 1);
        assert_eq!(place.tries(&maya).await, Err(200_024), "{first}, {second}");
        place.advance_ms(1);
        assert_eq!(place.tries(&maya).await, Ok(true), "{first}, {second}");
    }
}

#[tokio::test]
async fn a_ban_that_is_lifted_lets_the_old_token_in_whatever_door_it_came_and_goes_through() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let uid = json!({"uid": maya.uid});
    for ban_over_rest in [true, false] {
        for lift_over_rest in [true, false] {
            let mut client = place.log_in(Door::Fpnn, &maya).await;
            if ban_over_rest {
                place
                    .rest("POST", "/users/maya/deactivate", None)
                    .await
                    .ok();
            } else {
                place.back_end.done("addprojectblack", &uid).await;
            }
            thrown_out(&mut client, "banned").await;
            place.advance_ms(1_000_000);
            assert_eq!(place.tries(&maya).await, Err(200_024));
            if lift_over_rest {
                place.rest("POST", "/users/maya/activate", None).await.ok();
            } else {
                place.back_end.done("removeprojectblack", &uid).await;
            }
            assert_eq!(place.tries(&maya).await, Ok(true));
        }
    }
}

#[tokio::test]
async fn a_token_that_is_taken_back_leaves_who_is_in_and_lets_nobody_in() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let mut client = place.log_in(Door::WebSocket, &maya).await;
    let uid = json!({"uid": maya.uid});
    place.back_end.done("removetoken", &uid).await;
    still_there(&mut client).await;
    assert!(place.is_online(&maya).await);
    assert_eq!(place.tries(&maya).await, Ok(false));
    // A kick on top of it keeps even those out that always come back.
    place.back_end.done("kickout", &uid).await;
    thrown_out(&mut client, "kicked").await;
    assert_eq!(place.tries(&maya).await, Ok(false));
    let token = place.token(maya.uid).await;
    let renewed = Person { token, ..maya };
    assert_eq!(place.tries(&renewed).await, Ok(true));
}

#[tokio::test]
async fn a_deleted_number_is_a_new_user_for_whom_the_old_token_opens_nothing() {
    let mut place = Place::start().await;
    let old = place.person("1001").await;
    let mut client = place.log_in(Door::Fpnn, &old).await;
    place.rest("DELETE", "/users/1001", None).await.ok();
    thrown_out(&mut client, "user_deleted").await;
    assert_eq!(place.tries(&old).await, Ok(false));
    let token = place.token(1001).await;
    assert_eq!(place.tries(&old).await, Ok(false), "after a new 1001 came");
    let new = Person {
        token,
        ..old.clone()
    };
    let mut client = place.log_in(Door::Fpnn, &new).await;
    let texts = client.call("getuserinfo", json!({})).await;
    assert_eq!(texts, Ok(json!({"oinfo": "", "pinfo": ""})));
    assert_eq!(place.tries(&old).await, Ok(false));
}

#[tokio::test]
async fn who_is_not_there_can_be_kicked_and_banned() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    for target in [maya.uid, 555, (1 << 62) + 999_999] {
        place.back_end.done("kickout", json!({"uid": target})).await;
    }
    let nobody = place.rest("GET", "/users/nobody/disconnect", None).await;
    assert_eq!(nobody.status, 404);
    assert_eq!(
        place.data("GET", "/users/maya/disconnect", None).await,
        json!({"result": true})
    );
    let banned = json!({"uid": 556, "btime": 5});
    place.back_end.done("addprojectblack", banned).await;
    let token = place.token(556).await;
    let stranger = Person {
        name: "556".into(),
        uid: 556,
        token,
    };
    assert_eq!(place.tries(&stranger).await, Err(200_024));
    place.advance_ms(5_000);
    assert_eq!(place.tries(&stranger).await, Ok(true));
    assert_eq!(place.last(&maya).await, json!([Value::Null, Value::Null]));
}

#[tokio::test]
async fn a_kick_ends_the_rooms_of_the_session() {
    let mut place = Place::start().await;
    let (maya, omar) = (place.person("maya").await, place.person("omar").await);
    for (means, ..) in Means::ALL.into_iter().take(8) {
        let mut of_maya = place.log_in(Door::Fpnn, &maya).await;
        let mut of_omar = place.log_in(Door::Fpnn, &omar).await;
        let room = json!({"rid": 777});
        assert_eq!(of_maya.call("enterroom", &room).await, Ok(json!({})));
        assert_eq!(of_omar.call("enterroom", &room).await, Ok(json!({})));
        means.apply(&mut place, &maya).await;
        assert_eq!(place.in_room(777).await, [omar.uid], "{means:?}");
        let uid = json!({"uid": maya.uid});
        place.back_end.done("removeprojectblack", uid).await;
        let token = place.token(maya.uid).await;
        let mut again = place
            .log_in(
                Door::Fpnn,
                &Person {
                    token,
                    ..maya.clone()
                },
            )
            .await;
        let rooms = again.call("getuserrooms", json!({})).await;
        assert_eq!(rooms, Ok(json!({"rooms": []})), "{means:?}");
    }
}
