//! Ends and restarts of the real program: polite, and without a word.

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use halloo_testkit::rtm::RtmClient;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::site::{House, Site};
use crate::world::{Door, NOBODY, Person};

/// A stream that remembers whether it was reset instead of closed.
struct Watched {
    stream: TcpStream,
    was_reset: Arc<AtomicBool>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if matches!(read, Poll::Ready(Err(_))) {
            self.was_reset.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A client that is logged in over a watched stream.
async fn watched(house: &House, person: &Person) -> (RtmClient, Arc<AtomicBool>) {
    let stream = TcpStream::connect(house.program.rtm_client).await;
    let was_reset = Arc::default();
    let stream = Watched {
        stream: stream.expect("the server accepts"),
        was_reset: Arc::clone(&was_reset),
    };
    let mut client = RtmClient::over(stream, &house.project, String::new());
    assert_eq!(client.log_in(person.uid, &person.token).await, Ok(true));
    (client, was_reset)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_termination_answers_what_was_asked_and_closes_without_a_kick() {
    const QUESTS: usize = 250;
    let site = Site::new();
    let mut house = site.start().await;
    let people = house.numbers(1..9).await;
    let mut clients = Vec::new();
    for person in &people {
        clients.push(watched(&house, person).await);
    }
    let mut idle = house.log_in(Door::WebSocket, &people[0]).await;
    let mut asked = Vec::new();
    for (client, _) in &mut clients {
        let quest = |n: usize| json!({"key": n.to_string(), "val": "there"});
        let quests: Vec<u32> = (0..QUESTS)
            .map(|n| client.ask("dataset", quest(n)))
            .collect();
        asked.push(quests);
        // All of it is on the way to the server, and begun.
        client.answer(asked[asked.len() - 1][0]).await;
    }
    house.program.signal("TERM").await;
    let mut done = Vec::new();
    for ((client, was_reset), asked) in clients.iter_mut().zip(asked) {
        let mut taken = vec![true];
        for asked in asked.into_iter().skip(1) {
            let answer = client.answer(asked).await;
            assert!(
                answer == Some(Ok(json!({}))) || answer == Some(Err(20_014)),
                "{answer:?}"
            );
            taken.push(answer == Some(Ok(json!({}))));
        }
        assert_eq!(client.last_words().await, [], "SDKs would not come back");
        assert!(!was_reset.load(Ordering::Relaxed), "it ends with a FIN");
        done.push(taken);
    }
    assert_eq!(idle.last_words().await, []);
    drop((clients, idle));
    assert!(house.program.ended().await.0);

    let mut house = site.start().await;
    assert_eq!(house.online(&people).await, NOBODY);
    for (person, taken) in people.iter().zip(done) {
        assert_eq!(
            house.last_disconnect(person).await,
            json!("server_shutdown")
        );
        let mut client = house.log_in(Door::Fpnn, person).await;
        for (n, taken) in taken.into_iter().enumerate() {
            let expected = if taken {
                json!({"val": "there"})
            } else {
                json!({})
            };
            let found = client.call("dataget", json!({"key": n.to_string()})).await;
            assert_eq!(found, Ok(expected), "what was answered is what happened");
        }
    }
    assert!(house.program.terminate().await);
}

#[tokio::test]
async fn a_login_under_way_at_the_termination_is_answered_or_refused() {
    let site = Site::new();
    let mut house = site.start().await;
    let people = house.numbers(1..30).await;
    let mut clients = JoinSet::new();
    let (sender, mut begun) = unbounded_channel();
    for person in people.clone() {
        let (address, project) = (house.program.rtm_client, house.project.clone());
        let begun: UnboundedSender<()> = sender.clone();
        clients.spawn(async move {
            loop {
                let Ok(stream) = TcpStream::connect(address).await else {
                    return Vec::new();
                };
                let mut client = RtmClient::over(stream, &project, String::new());
                let login = json!({"pid": client.pid, "uid": person.uid, "token": person.token});
                let quests = [client.ask("auth", login), client.ask("bye", json!({}))];
                for (quest, done) in quests.into_iter().zip([json!({"ok": true}), json!({})]) {
                    match client.answer(quest).await {
                        Some(Err(20_014)) | None => return client.last_words().await,
                        answer => assert_eq!(answer, Some(Ok(done))),
                    }
                }
                let _ = begun.send(());
            }
        });
    }
    for _ in 0..100 {
        begun.recv().await.expect("logins");
    }
    assert!(house.program.terminate().await);
    for words in clients.join_all().await {
        assert_eq!(words, []);
    }
    let mut house = site.start().await;
    assert_eq!(house.online(&people).await, NOBODY);
    for person in &people {
        let last = house.last_disconnect(person).await;
        let known = [json!("logged_out"), json!("server_shutdown")];
        assert!(known.contains(&last), "{last}");
        house.log_in(Door::Fpnn, person).await;
    }
}

#[tokio::test]
async fn a_kill_leaves_nobody_online_and_nobody_in_a_room_but_whom_the_app_put_there() {
    let site = Site::new();
    let mut house = site.start().await;
    let people = house.numbers(1..7).await;
    let named = house.person(&site, "maya").await;
    let (online, absent) = people.split_at(3);
    let uids: Vec<i64> = absent.iter().map(|person| person.uid).collect();
    house
        .quest("addroommembers", &json!({"rid": 7, "uids": uids}))
        .await;
    let mut clients = Vec::new();
    for person in online.iter().chain([&named]) {
        for door in Door::ALL {
            let mut client = house.log_in(door, person).await;
            let entered = client.call("enterroom", json!({"rid": 7})).await;
            assert_eq!(entered, Ok(json!({})));
            clients.push(client);
        }
        // Put there while online counts as his own.
        house
            .quest("addroommember", &json!({"rid": 8, "uid": person.uid}))
            .await;
    }
    let mut gone = house.log_in(Door::Fpnn, &people[3]).await;
    assert_eq!(gone.call("bye", json!({})).await, Ok(json!({})));
    house
        .quest("addroommember", &json!({"rid": 7, "uid": people[3].uid}))
        .await;
    house
        .quest("addroommember", &json!({"rid": 8, "uid": people[4].uid}))
        .await;
    assert_eq!(house.in_room(7).await.len(), 7);
    assert_eq!(house.in_room(8).await.len(), 5);
    house.program.kill().await;
    for client in &mut clients {
        assert_eq!(client.last_words().await, []);
    }

    let mut house = site.start().await;
    let everybody: Vec<_> = people.iter().cloned().chain([named.clone()]).collect();
    assert_eq!(house.online(&everybody).await, NOBODY);
    assert_eq!(house.in_room(7).await, uids);
    assert_eq!(house.in_room(8).await, [people[4].uid]);
    for person in online.iter().chain([&named]) {
        assert_eq!(house.last_disconnect(person).await, json!("server_lost"));
        let shown = site.shown(person).await;
        assert_eq!(shown["last_disconnect"], "server_lost");
        assert_eq!(shown["online"], false);
    }
    assert_eq!(house.last_disconnect(&people[3]).await, json!("logged_out"));
    assert_eq!(house.last_disconnect(&people[4]).await, Value::Null);
    for person in &everybody {
        let mut client = house.log_in(Door::Fpnn, person).await;
        let rooms = client.call("getuserrooms", json!({})).await;
        let rooms = rooms.expect("a list")["rooms"].clone();
        assert_eq!(rooms == json!([]), !uids.contains(&person.uid));
    }
}

/// What a visitor has done when the program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visit {
    /// Logged in, entered the room, and stayed.
    Stayed(i64),
    /// Came and went.
    Left,
    /// The program was gone before it answered.
    Open,
}

/// Comes into the room and leaves by turns until the program is gone.
async fn visit(
    (address, project): (std::net::SocketAddr, halloo_testkit::rtm::Project),
    person: Person,
    seed: i64,
    visits: UnboundedSender<()>,
) -> Visit {
    let mut state = Visit::Left;
    let mut turn = seed;
    loop {
        let Ok(stream) = TcpStream::connect(address).await else {
            return state;
        };
        let mut client = RtmClient::over(stream, &project, String::new());
        let login = json!({"pid": client.pid, "uid": person.uid, "token": person.token});
        let quests = [
            client.ask("auth", login),
            client.ask("enterroom", json!({"rid": 7})),
        ];
        for quest in quests {
            match client.answer(quest).await {
                Some(answer) => assert!(answer.is_ok(), "{answer:?}"),
                None => return Visit::Open,
            }
        }
        let _ = visits.send(());
        turn += 1;
        match turn % 3 {
            0 => {
                let bye = client.ask("bye", json!({}));
                if client.answer(bye).await.is_none() {
                    return Visit::Open;
                }
                state = Visit::Left;
            }
            1 => {
                drop(client);
                state = Visit::Open;
            }
            _ => {
                if turn % 2 == 0 {
                    client.last_words().await;
                    return Visit::Stayed(person.uid);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_under_load_leave_no_ghosts_and_every_token_good() {
    let site = Site::new();
    let mut house = site.start().await;
    let people = house.numbers(1..41).await;
    let absent = house.numbers(101..104).await;
    let uids: Vec<i64> = absent.iter().map(|person| person.uid).collect();
    house
        .quest("addroommembers", &json!({"rid": 7, "uids": uids}))
        .await;
    for enough in [1, 15, 40, 70, 100] {
        let (sender, mut visits) = unbounded_channel();
        let mut visitors = JoinSet::new();
        for (seed, person) in (0..).zip(people.iter().cloned()) {
            let way = (house.program.rtm_client, house.project.clone());
            visitors.spawn(visit(way, person, seed, sender.clone()));
        }
        drop(sender);
        for _ in 0..enough {
            if visits.recv().await.is_none() {
                break;
            }
        }
        house.program.kill().await;
        let ended = visitors.join_all().await;
        house = site.start().await;
        assert_eq!(house.online(&people).await, NOBODY, "{enough}");
        assert_eq!(house.in_room(7).await, uids, "{enough}");
        let stayed: BTreeSet<i64> = ended
            .iter()
            .filter_map(|visit| match visit {
                Visit::Stayed(uid) => Some(*uid),
                Visit::Left | Visit::Open => None,
            })
            .collect();
        for person in people.iter().filter(|p| stayed.contains(&p.uid)) {
            let last = house.last_disconnect(person).await;
            assert_eq!(last, json!("server_lost"), "{}", person.name);
        }
        let mut clients = Vec::new();
        for person in &people {
            let mut client = house.log_in(Door::Fpnn, person).await;
            let rooms = client.call("getuserrooms", json!({})).await;
            assert_eq!(rooms, Ok(json!({"rooms": []})));
            clients.push(client);
        }
        let everybody: Vec<i64> = people.iter().map(|person| person.uid).collect();
        assert_eq!(house.online(&people).await, everybody);
        for mut client in clients {
            assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        }
    }
}
