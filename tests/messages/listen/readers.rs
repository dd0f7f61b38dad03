//! Listeners that answer badly, or do not read. Source: RTM server gate sections 6.2 and 6.4.

use std::time::Duration;

use halloo_testkit::rtm::{Answers, RtmClient};
use serde_json::{Value, json};
use tokio::net::TcpSocket;

use super::{ALL, Ear, PAIRS, Scene};
use crate::talk::{Asker as _, text, with};

#[tokio::test]
async fn whoever_answers_with_an_error_or_not_at_all_hears_on() {
    let mut scene = Scene::set().await;
    for answers in [Answers::Refused, Answers::Never, Answers::Done] {
        let mut ear = Ear::that_set(&scene.world, json!({"all": true})).await;
        ear.client.answers_pushes = answers;
        for _ in 0..3 {
            assert_eq!(scene.played_to(&mut ear).await, ALL, "{answers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_does_not_read_is_closed_and_others_hear_on() {
    const MANY: i64 = 900;
    // Only what waits can be its end.
    let mut scene = Scene::set_with(|config| {
        config.rtm.write_timeout.0 = Duration::from_hours(1);
    })
    .await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let stream = socket.connect(scene.world.server.rtm.server).await;
    let project = scene.world.project().await;
    let client = RtmClient::over(stream.expect("the server accepts"), &project, String::new());
    let mut deaf = Ear::over(&scene.world, client, project);
    deaf.done("setlisten", json!({"p2p": true})).await;
    let mut well = Ear::that_set(&scene.world, json!({"p2p": true})).await;
    let body = "x".repeat(20_000);
    for mid in 1..=MANY {
        let said = with(text(mid, &body), json!({"from": 1, "to": 2}));
        scene.back_end.say("sendmsg", said).await;
        assert_eq!(well.next().await.params["mid"], mid);
    }
    let last = deaf.client.last_words().await;
    let mids: Vec<_> = last.iter().map(|push| push.params["mid"].clone()).collect();
    assert!(last.len() < 900, "what waits for a listener has no bound");
    let in_order: Vec<_> = (1..).take(mids.len()).map(Value::from).collect();
    assert_eq!(mids, in_order, "nothing is left out before the end");
    scene.mid = MANY;
    assert_eq!(scene.played_to(&mut well).await, PAIRS);
}
