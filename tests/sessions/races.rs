//! Logins that meet their end half way. Whatever comes first, every answer agrees afterwards.

use halloo_testkit::rtm::{Project, RtmClient};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::{NOBODY, Person, Place, kickout, until};

const CROWD: usize = 24;
const ROUNDS: usize = 6;

/// What became of a client that logged in.
struct Outcome {
    answer: Option<Result<Value, u32>>,
    words: Vec<halloo_testkit::rtm::Push>,
}

/// Connections of one user that log in at the same time and stay until they are thrown out; those that
/// are refused leave.
async fn crowd(place: &Place, person: &Person) -> JoinSet<Outcome> {
    let project = Project::of(&place.app);
    let mut clients = JoinSet::new();
    for _ in 0..CROWD {
        let mut client = RtmClient::open(place.server.rtm.client, &project).await;
        let (uid, token, pid) = (person.uid, person.token.clone(), project.pid);
        clients.spawn(async move {
            let login = client.ask("auth", json!({"uid": uid, "token": token, "pid": pid}));
            let answer = client.answer(login).await;
            let is_in = matches!(&answer, Some(Ok(answer)) if answer["ok"] == true);
            let words = if is_in {
                client.last_words().await
            } else {
                Vec::new()
            };
            Outcome { answer, words }
        });
    }
    clients
}

/// Lets a crowd log in while `end` happens; everybody who got in must be thrown out for `reason`, the
/// others be refused by one of `refusals`.
async fn race(
    place: &mut Place,
    person: &Person,
    end: impl AsyncFnOnce(&mut Place),
    reason: &str,
    refusals: &[Result<Value, u32>],
) {
    let clients = crowd(place, person).await;
    end(place).await;
    for outcome in clients.join_all().await {
        match outcome.answer {
            Some(Ok(answer)) if answer["ok"] == true => {
                assert_eq!(outcome.words, [kickout(reason)]);
            }
            Some(refused) => assert!(refusals.contains(&refused), "{refused:?}"),
            None => panic!("cut off without an answer"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ban_catches_everybody_who_is_just_logging_in() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    let uid = json!({"uid": maya.uid});
    for _ in 0..ROUNDS {
        let ban = async |place: &mut Place| place.back_end.done("addprojectblack", &uid).await;
        race(&mut place, &maya, ban, "banned", &[Err(200_024)]).await;
        assert!(!place.is_online(&maya).await);
        place.back_end.done("removeprojectblack", &uid).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_catches_everybody_who_is_just_logging_in() {
    let mut place = Place::start().await;
    let mut maya = place.person("maya").await;
    for _ in 0..ROUNDS {
        maya.token = place.token(maya.uid).await;
        let change = async |place: &mut Place| {
            let new = json!({"newpassword": "second"});
            let path = "/users/maya/password";
            place.rest("PUT", path, Some(&new)).await.ok();
        };
        // Who was known by the old password is nobody for a moment.
        let refusals = [Ok(json!({"ok": false})), Err(200_001)];
        race(&mut place, &maya, change, "password_changed", &refusals).await;
        assert!(!place.is_online(&maya).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_catches_everybody_who_is_just_logging_in() {
    let mut place = Place::start().await;
    for _ in 0..ROUNDS {
        let maya = place.person("maya").await;
        let delete = async |place: &mut Place| {
            place.rest("DELETE", "/users/maya", None).await.ok();
        };
        let refusals = [Ok(json!({"ok": false})), Err(200_001)];
        race(&mut place, &maya, delete, "user_deleted", &refusals).await;
        let asked = json!({"uids": [maya.uid]});
        let online = place.back_end.field("getonlineusers", asked, "uids").await;
        assert_eq!(online, json!([]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_and_a_bye_in_one_piece_are_a_visit_that_is_kept() {
    let mut place = Place::start().await;
    let mut people = Vec::new();
    for number in 0..80 {
        people.push(place.person(&format!("user-{number}")).await);
    }
    let project = Project::of(&place.app);
    for round in 0..3 {
        place.advance_ms(1_000);
        let mut visits = JoinSet::new();
        for person in &people {
            let mut client = RtmClient::open(place.server.rtm.client, &project).await;
            let (uid, token, pid) = (person.uid, person.token.clone(), project.pid);
            visits.spawn(async move {
                let login = client.ask("auth", json!({"uid": uid, "token": token, "pid": pid}));
                let room = client.ask("enterroom", json!({"rid": 5}));
                let bye = client.ask("bye", json!({}));
                let mut answers = Vec::new();
                for sequence in [login, room, bye] {
                    answers.push(client.answer(sequence).await);
                }
                answers
            });
        }
        for answers in visits.join_all().await {
            let expected = [json!({"ok": true}), json!({}), json!({})];
            assert_eq!(answers, expected.map(|answer| Some(Ok(answer))));
        }
        for person in &people {
            assert!(!place.is_online(person).await);
            let expected = json!([place.now(), "logged_out"]);
            assert_eq!(
                place.last(person).await,
                expected,
                "{} {round}",
                person.name
            );
        }
        assert_eq!(place.in_room(5).await, NOBODY);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_at_once_finds_himself_in_no_room() {
    let mut place = Place::start().await;
    let mut people = Vec::new();
    for number in 0..16 {
        people.push(place.person(&format!("user-{number}")).await);
    }
    let project = Project::of(&place.app);
    let address = place.server.rtm.client;
    for _ in 0..10 {
        let mut visits = JoinSet::new();
        for person in people.clone() {
            let project = project.clone();
            visits.spawn(async move {
                let mut before = RtmClient::open(address, &project).await;
                assert_eq!(before.log_in(person.uid, &person.token).await, Ok(true));
                let entered = before.call("enterroom", json!({"rid": 5})).await;
                assert_eq!(entered, Ok(json!({})));
                let mut after = RtmClient::open(address, &project).await;
                drop(before);
                assert_eq!(after.log_in(person.uid, &person.token).await, Ok(true));
                after
            });
        }
        let clients = visits.join_all().await;
        place.until_empty(5).await;
        for person in &people {
            assert_eq!(place.devices(person).await.len(), 1);
        }
        for mut client in clients {
            assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        }
    }
}

/// A client that asks to be let in and into a room, and waits for neither.
async fn hasty(place: &Place, person: &Person) -> RtmClient {
    let project = Project::of(&place.app);
    let mut client = RtmClient::open(place.server.rtm.client, &project).await;
    let login = json!({"uid": person.uid, "token": person.token, "pid": project.pid});
    client.ask("auth", login);
    client.ask("enterroom", json!({"rid": 5}));
    assert!(client.wire.flush().await);
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ends_during_its_login_leaves_nobody_online() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    for _ in 0..40 {
        let mut clients = Vec::new();
        for _ in 0..4 {
            let mut client = hasty(&place, &maya).await;
            client.wire.shut().await;
            clients.push(client);
        }
        // Once the server has closed them, they have done all that they will ever do.
        for client in &mut clients {
            assert_eq!(client.last_words().await, []);
        }
        place.until_offline(&maya).await;
        place.until_empty(5).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_during_its_login_leaves_nobody_online_for_long() {
    let mut place = Place::start().await;
    let maya = place.person("maya").await;
    for _ in 0..40 {
        for _ in 0..4 {
            drop(hasty(&place, &maya).await);
        }
        let room = json!({"rid": 5});
        until(async || {
            let sessions = place.resources(&maya).await["data"].clone();
            let members = place.back_end.field("getroommembers", &room, "uids").await;
            sessions == json!([]) && members == json!([])
        })
        .await;
    }
}
