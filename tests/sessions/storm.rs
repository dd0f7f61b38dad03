//! Everybody at once. Source: RTM client gate section 2.4: every client comes back within 50 ms after a
//! restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use halloo_testkit::rtm::{Push, RtmClient};
use serde_json::json;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinSet;

use crate::site::{House, Site};
use crate::world::{Door, NOBODY, Person, kickout, still_there};

/// The limit on open files leaves room for this many.
const CROWD: i64 = 2_000;

/// Clients that log in all at once, each on its own connection, and tell what they were told at last.
struct Storm {
    clients: JoinSet<(i64, Vec<Push>)>,
    answers: Receiver<Result<bool, u32>>,
}

fn storm(house: &House, people: &[Person]) -> Storm {
    let (sender, answers) = channel(people.len());
    let mut clients = JoinSet::new();
    for (number, person) in people.iter().cloned().enumerate() {
        let (address, project) = (house.program.rtm_client, house.project.clone());
        let sender = sender.clone();
        clients.spawn(async move {
            let mut client = match number % 4 {
                0 => RtmClient::open_websocket(address, &project).await,
                _ => RtmClient::open(address, &project).await,
            };
            let answer = client.log_in(person.uid, &person.token).await;
            sender.send(answer).await.expect("somebody listens");
            drop(sender);
            (person.uid, client.last_words().await)
        });
    }
    drop(sender);
    Storm { clients, answers }
}

/// Lets everybody in, while a client that was there before keeps asking. Returns how many answers it got.
async fn let_in(storm: &mut Storm, resident: &mut RtmClient) -> usize {
    let over = Arc::new(AtomicBool::new(false));
    let (mut answers, mut logins) = (0, 0);
    tokio::join!(
        async {
            while !over.load(Ordering::Relaxed) {
                still_there(resident).await;
                answers += 1;
            }
        },
        async {
            while let Some(answer) = storm.answers.recv().await {
                assert_eq!(answer, Ok(true), "after {logins} logins");
                logins += 1;
            }
            over.store(true, Ordering::Relaxed);
        }
    );
    assert_eq!(logins, CROWD);
    answers
}

async fn resident(house: &mut House) -> RtmClient {
    let people = house.numbers(900_001..900_002).await;
    house.log_in(Door::Fpnn, &people[0]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_let_in_at_once_and_can_be_banned_at_once() {
    let site = Site::new();
    let mut house = site.start().await;
    let people = house.numbers(1..CROWD + 1).await;
    let uids: Vec<i64> = (1..=CROWD).collect();
    let mut resident = resident(&mut house).await;
    let mut storm = storm(&house, &people);
    let answers = let_in(&mut storm, &mut resident).await;
    assert!(answers >= 20, "the storm left room for {answers} answers");
    assert_eq!(house.online(&people).await, uids);

    let bans = uids.iter().map(|uid| json!({"uid": uid, "btime": 600}));
    for answer in house.quest_each("addprojectblack", bans.collect()).await {
        assert_eq!(answer, json!({}));
    }
    assert_eq!(house.online(&people).await, NOBODY);
    let mut ended = storm.clients.join_all().await;
    ended.sort_by_key(|(uid, _)| *uid);
    for ((uid, words), expected) in ended.iter().zip(&uids) {
        assert_eq!(
            (uid, words.as_slice()),
            (expected, &[kickout("banned")][..])
        );
    }
    still_there(&mut resident).await;
    for person in people.iter().step_by(500) {
        assert_eq!(house.last_disconnect(person).await, json!("banned"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_the_end_of_the_server_and_comes_back_at_once() {
    let site = Site::new();
    let mut house = site.start().await;
    let people = house.numbers(1..CROWD + 1).await;
    for _ in 0..2 {
        let mut resident = resident(&mut house).await;
        let mut storm = storm(&house, &people);
        let_in(&mut storm, &mut resident).await;
        assert!(house.program.terminate().await);
        assert_eq!(resident.last_words().await, []);
        for (uid, words) in storm.clients.join_all().await {
            assert_eq!(words, [], "{uid} must come back, so he is not kicked");
        }
        house = site.start().await;
        assert_eq!(house.online(&people).await, NOBODY);
        for person in people.iter().step_by(400) {
            assert_eq!(
                house.last_disconnect(person).await,
                json!("server_shutdown")
            );
        }
    }
}
