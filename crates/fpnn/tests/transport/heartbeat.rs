//! Heartbeats of servers, the end of trust, and ends with a delay. Over pipes, so that time moves only
//! when everybody waits.

use std::sync::Arc;
use std::time::Duration;

use halloo_fpnn::transport::{Keepalive, Limits, Options, Stranger};
use halloo_fpnn::{Answer, Frame, Map, Quest, Refusal};
use tokio::io::DuplexStream;
use tokio::time::{Instant, pause, sleep};

use crate::browser::{Browser, any};
use crate::support::*;

const WIDE: usize = 1 << 20;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn heartbeat(always: bool) -> Keepalive {
    Keepalive {
        method: method("ping"),
        every: seconds(20),
        always,
        on_request: false,
        silence: seconds(60),
    }
}

fn beating(always: bool) -> Options {
    Options {
        keepalive: Some(heartbeat(always)),
        ..any()
    }
}

fn among_strangers(always: bool) -> Options {
    Options {
        limits: Limits {
            stranger: Some(Stranger {
                within: seconds(30),
                max_frame_bytes: 1000,
                max_bytes: 10_000,
            }),
            ..Limits::default()
        },
        ..beating(always)
    }
}

async fn asked(peer: &mut Wire<DuplexStream>, since: Instant) -> (Quest, u64) {
    let quest = peer.quest().await;
    assert_eq!((&quest.method, &quest.payload), (&method("ping"), &empty()));
    assert!(quest.sequence.is_some());
    (quest, since.elapsed().as_secs())
}

async fn answer(peer: &mut Wire<DuplexStream>, quest: &Quest, answer: &Answer) {
    let mut bytes = Vec::new();
    quest.reply_to().unwrap().encode(answer, &mut bytes);
    peer.send(&bytes).await;
}

async fn trusted(options: Options) -> (Arc<Script>, Wire<DuplexStream>) {
    let (script, mut peer) = pipe(options, WIDE);
    peer.send(&quest(1, "trust", Map::new())).await;
    peer.answer().await.1.unwrap();
    (script, peer)
}

#[tokio::test]
async fn a_silent_peer_is_probed_and_given_up() {
    for always in [true, false] {
        pause();
        let (script, mut peer) = trusted(among_strangers(always)).await;
        let since = Instant::now();
        for expected in [20, 40] {
            assert_eq!(asked(&mut peer, since).await.1, expected);
        }
        assert_eq!(script.ended.next().await, "the peer does not answer probes");
        assert_eq!(since.elapsed().as_secs(), 60);
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_peer_that_nobody_asked_to_probe_is_idle_until_somebody_does() {
    pause();
    let options = || Options {
        keepalive: Some(Keepalive {
            on_request: true,
            silence: Duration::MAX,
            ..heartbeat(true)
        }),
        ..any()
    };
    let (script, mut peer) = trusted(options()).await;
    let since = Instant::now();
    peer.expect_end().await;
    assert_eq!(script.ended.next().await, "idle for too long");
    assert_eq!(since.elapsed().as_secs(), 600);

    let (_script, mut peer) = trusted(options()).await;
    sleep(seconds(300)).await;
    peer.send(&quest(2, "probe me", Map::new())).await;
    peer.answer().await.1.unwrap();
    let since = Instant::now();
    let mut last = None;
    // It is late, so the first comes at once; then they keep their pace, answered or not, for ever.
    for _ in 0..100 {
        let at = asked(&mut peer, since).await.1;
        if let Some(last) = last {
            assert_eq!(at - last, 20);
        }
        last = Some(at);
    }
}

#[tokio::test]
async fn peers_that_came_together_are_not_probed_together() {
    pause();
    for (port, first) in [(64, 20_000), (65, 19_843), (96, 15_000), (127, 10_156)] {
        let (_script, mut peer) = pipe_from(from_port(port), among_strangers(true), WIDE);
        peer.send(&quest(1, "trust", Map::new())).await;
        peer.answer().await.1.unwrap();
        let since = Instant::now();
        for beat in 0..3 {
            let (probe, _) = asked(&mut peer, since).await;
            let late = since.elapsed().as_millis() - (first + beat * 20_000);
            assert!(late <= 200 * (1 + beat), "{port}: {late} ms");
            answer(&mut peer, &probe, &Ok(empty())).await;
        }
    }
}

#[tokio::test]
async fn a_stranger_sends_so_much_and_no_more() {
    pause();
    // Frames that each are small enough, and whatever they ask for.
    let (script, mut peer) = pipe(among_strangers(true), WIDE);
    let frame = gated(1, "echo", &"x".repeat(400));
    for _ in 0..10_000 / frame.len() {
        peer.send(&frame).await;
        peer.answer().await.1.unwrap();
    }
    peer.send(&frame).await;
    assert_eq!(script.ended.next().await, "it did not prove itself in time");
    // Whoever is trusted is not counted, also if he was a stranger.
    let (_script, mut peer) = trusted(among_strangers(true)).await;
    for _ in 0..100 {
        peer.send(&frame).await;
        peer.answer().await.1.unwrap();
    }
}

/// Keeps the server busy with quests that want no answer, for as long as it takes them.
async fn flood(peer: &mut Wire<DuplexStream>) {
    let quests = one_way("unknown", Map::new()).repeat(1000);
    while peer.try_send(&quests).await {
        tokio::time::advance(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn whoever_floods_does_not_escape_his_deadlines() {
    pause();
    let mut options = among_strangers(true);
    let stranger = options.limits.stranger.as_mut().unwrap();
    stranger.max_bytes = usize::MAX;
    let since = Instant::now();
    let (script, mut peer) = pipe(options.clone(), WIDE);
    flood(&mut peer).await;
    assert_eq!(script.ended.next().await, "it did not prove itself in time");
    assert_eq!(since.elapsed().as_secs(), 30);
    // As one who is to be closed.
    let (script, mut peer) = trusted(options).await;
    script.connections.next().await.close_after(seconds(3));
    flood(&mut peer).await;
    assert_eq!(script.ended.next().await, "closed by us");
}

#[tokio::test]
async fn whatever_comes_is_a_sign_of_life() {
    pause();
    let (_script, mut peer) = trusted(among_strangers(true)).await;
    let since = Instant::now();
    let refused = Err(Refusal::new(20_004, "unknown"));
    // Far beyond the time after which a connection without packages were idle.
    for beat in 1..=100 {
        let (probe, at) = asked(&mut peer, since).await;
        assert_eq!(at, beat * 20);
        match beat % 5 {
            0 => answer(&mut peer, &probe, &Ok(empty())).await,
            1 => answer(&mut peer, &probe, &refused).await,
            2 => {
                // Twice, and to a quest that has no number.
                answer(&mut peer, &probe, &Ok(empty())).await;
                answer(&mut peer, &probe, &refused).await;
                let nobody = Quest::two_way(0, method("ping"), empty());
                answer(&mut peer, &nobody, &Ok(empty())).await;
            }
            3 => {
                peer.send(&one_way("unknown", Map::new())).await;
            }
            // Two in a row may stay unanswered.
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_busy_peer_is_probed_always_or_not_at_all() {
    pause();
    for always in [true, false] {
        let (_script, mut peer) = trusted(among_strangers(always)).await;
        let since = Instant::now();
        let mut probes = vec![];
        for number in 0..100 {
            sleep(seconds(1)).await;
            peer.send(&gated(number, "echo", "")).await;
            loop {
                match peer.frame().await.unwrap() {
                    Frame::Answer { sequence, .. } => {
                        assert_eq!(sequence, number);
                        break;
                    }
                    Frame::Quest(_) => probes.push(since.elapsed().as_secs()),
                }
            }
        }
        let expected: &[u64] = if always { &[20, 40, 60, 80, 100] } else { &[] };
        assert_eq!(probes, expected);
    }
}

#[tokio::test]
async fn pushes_and_unanswered_quests_do_not_replace_a_heartbeat() {
    pause();
    let (script, mut peer) = trusted(among_strangers(true)).await;
    let since = Instant::now();
    let connection = script.connections.next().await;
    for _ in 0..3 {
        sleep(seconds(19)).await;
        connection.one_way(method("push"), empty()).unwrap();
    }
    let mut methods = vec![];
    while let Some(Frame::Quest(quest)) = peer.frame().await {
        methods.push(quest.method.to_string());
    }
    assert_eq!(methods, ["push", "ping", "push", "ping", "push"]);
    assert_eq!(script.ended.next().await, "the peer does not answer probes");
    assert_eq!(since.elapsed().as_secs(), 60);
}

#[tokio::test]
async fn a_heartbeat_begins_with_the_trust() {
    pause();
    let (script, mut peer) = pipe(among_strangers(true), WIDE);
    peer.send(&quest(1, "*ping", Map::new())).await;
    peer.answer().await.1.unwrap();
    sleep(seconds(25)).await;
    let connection = script.connections.next().await;
    // From outside of any quest.
    connection.trust();
    let since = Instant::now();
    let (probe, at) = asked(&mut peer, since).await;
    assert_eq!(at, 20);
    answer(&mut peer, &probe, &Ok(empty())).await;
    assert_eq!(asked(&mut peer, since).await.1, 40);

    // Where nobody is a stranger it begins with the connection.
    let since = Instant::now();
    let (_script, peer) = pipe(beating(true), WIDE);
    let mut browser = Browser::open(peer.stream).await;
    assert_eq!(browser.quest().await.method, method("ping"));
    assert_eq!(since.elapsed().as_secs(), 20);
}

#[tokio::test]
async fn a_stranger_is_not_probed() {
    pause();
    let since = Instant::now();
    let (script, mut peer) = pipe(among_strangers(true), WIDE);
    peer.send(&quest(1, "*ping", Map::new())).await;
    peer.answer().await.1.unwrap();
    peer.expect_end().await;
    assert_eq!(script.ended.next().await, "it did not prove itself in time");
    assert_eq!(since.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn a_peer_that_is_not_read_from_is_not_dead() {
    pause();
    let (script, mut peer) = trusted(among_strangers(true)).await;
    let since = Instant::now();
    // The second waits for the first, and what stands behind it waits to be read.
    peer.send(&[gated(1, "write", "w"), gated(2, "alone", "a")].concat())
        .await;
    for beat in 1..=10 {
        let (probe, at) = asked(&mut peer, since).await;
        assert_eq!(at, beat * 20);
        answer(&mut peer, &probe, &Ok(empty())).await;
    }
    script.open("w");
    script.open("a");
    assert_eq!(peer.answer().await.0, 1);
    assert_eq!(peer.answer().await.0, 2);
    let since = Instant::now();
    assert_eq!(script.ended.next().await, "the peer does not answer probes");
    assert_eq!(since.elapsed().as_secs(), 60);
}

#[tokio::test]
async fn without_a_heartbeat_a_connection_is_idle_as_before() {
    pause();
    let since = Instant::now();
    let (script, _peer) = pipe(options(), WIDE);
    assert_eq!(script.ended.next().await, "idle for too long");
    assert_eq!(since.elapsed().as_secs(), 600);
}

#[tokio::test]
async fn a_peer_that_is_trusted_no_more_is_a_stranger_again() {
    pause();
    let (script, mut peer) = trusted(among_strangers(true)).await;
    let connection = script.connections.next().await;
    let long = quest(2, "echo", Map::new().text("text", &"x".repeat(2000)));
    let mut since = Instant::now();
    for _ in 0..3 {
        let (probe, at) = asked(&mut peer, since).await;
        answer(&mut peer, &probe, &Ok(empty())).await;
        assert_eq!(at, 20);
        peer.send(&long).await;
        peer.answer().await.1.unwrap();

        connection.distrust();
        connection.distrust();
        assert!(!connection.is_trusted());
        // Neither a probe nor the end.
        sleep(seconds(29)).await;
        peer.send(&quest(1, "trust", Map::new())).await;
        peer.answer().await.1.unwrap();
        since = Instant::now();
    }
    connection.distrust();
    peer.expect_end().await;
    assert_eq!(script.ended.next().await, "it did not prove itself in time");
    assert_eq!(since.elapsed().as_secs(), 30);

    let (script, mut peer) = trusted(among_strangers(true)).await;
    script.connections.next().await.distrust();
    peer.send(&long).await;
    peer.expect_end().await;
    assert!(script.ended.next().await.starts_with("malformed input"));
}

#[tokio::test]
async fn without_a_bound_for_strangers_trust_is_nobodys_business() {
    pause();
    let (script, mut peer) = trusted(options()).await;
    script.connections.next().await.distrust();
    sleep(seconds(500)).await;
    peer.send(&quest(2, "*ping", Map::new())).await;
    peer.answer().await.1.unwrap();
}

#[tokio::test]
async fn a_close_with_grace_lets_the_connection_go_on_until_then() {
    pause();
    let (script, mut peer) = pipe(options(), WIDE);
    let connection = script.connections.next().await;
    let since = Instant::now();
    connection.one_way(method("kickout"), empty()).unwrap();
    connection.close_after(seconds(10));
    assert!(!connection.is_closed());
    assert_eq!(peer.quest().await.method, method("kickout"));
    sleep(seconds(9)).await;
    peer.send(&gated(1, "echo", "")).await;
    assert_eq!(peer.answer().await.0, 1);
    connection.one_way(method("push"), empty()).unwrap();
    assert_eq!(peer.quest().await.method, method("push"));
    peer.send(&gated(2, "read", "r")).await;
    sleep(seconds(4)).await;
    // What was begun is still answered.
    assert!(connection.is_closed());
    script.open("r");
    assert_eq!(peer.answer().await.0, 2);
    peer.expect_end().await;
    drop(peer);
    assert_eq!(script.ended.next().await, "closed by us");
    assert_eq!(since.elapsed().as_secs(), 13);
}

#[tokio::test]
async fn the_earliest_end_counts() {
    pause();
    for graces in [[5, 30], [30, 5], [5, 5]] {
        let (script, mut peer) = pipe(options(), WIDE);
        let connection = script.connections.next().await;
        let since = Instant::now();
        for grace in graces {
            connection.close_after(seconds(grace));
        }
        peer.expect_end().await;
        assert_eq!(since.elapsed().as_secs(), 5);
    }
    // Nothing to wait for, something that comes first, and a peer that does.
    let (script, mut peer) = pipe(options(), WIDE);
    let since = Instant::now();
    script.connections.next().await.close_after(Duration::ZERO);
    peer.expect_end().await;
    let (script, mut peer) = pipe(options(), WIDE);
    let connection = script.connections.next().await;
    connection.close_after(seconds(5));
    connection.close();
    peer.expect_end().await;
    let (script, peer) = pipe(options(), WIDE);
    script.connections.next().await.close_after(Duration::MAX);
    script.connections.tell(connection);
    drop(peer);
    assert_eq!(script.ended.next().await, "closed by the peer");
    assert_eq!(since.elapsed().as_secs(), 0);
}
