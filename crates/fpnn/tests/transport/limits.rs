//! Bounds in time and in bytes. Over pipes, so that time moves only when everybody waits.

use std::time::Duration;

use halloo_fpnn::Map;
use halloo_fpnn::transport::{Limits, Options, Stranger};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, advance, pause, timeout};
use tokio_util::sync::CancellationToken;

use crate::support::*;

const WIDE: usize = 1 << 20;

fn with(limits: Limits) -> Options {
    Options {
        limits,
        ..options()
    }
}

/// Waits for the end of the connection and says why it came, and after how many seconds.
async fn end_of(script: &Script, since: Instant) -> (String, u64) {
    let why = script.ended.next().await;
    (why, since.elapsed().as_secs())
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_ten_minutes() {
    pause();
    let since = Instant::now();
    let (script, mut peer) = pipe(options(), WIDE);
    peer.send(&quest(1, "*ping", Map::new())).await;
    peer.answer().await.1.unwrap();
    advance(Duration::from_secs(500)).await;
    peer.send(&one_way("nobody knows it", Map::new())).await;
    assert_eq!(
        end_of(&script, since).await,
        ("idle for too long".into(), 1100)
    );
    peer.expect_end().await;
}

#[tokio::test]
async fn a_connection_that_waits_for_an_answer_is_not_idle() {
    pause();
    let (script, mut peer) = pipe(options(), WIDE);
    peer.send(&gated(1, "read", "r")).await;
    tokio::time::sleep(Duration::from_mins(30)).await;
    script.open("r");
    assert_eq!(peer.answer().await.0, 1);
}

#[tokio::test]
async fn a_push_is_activity() {
    pause();
    let since = Instant::now();
    let (script, mut peer) = pipe(options(), WIDE);
    let connection = script.connections.next().await;
    advance(Duration::from_secs(500)).await;
    connection.one_way(method("push"), empty()).unwrap();
    peer.quest().await;
    assert_eq!(
        end_of(&script, since).await,
        ("idle for too long".into(), 1100)
    );
}

#[tokio::test]
async fn without_a_bound_the_first_package_may_come_late() {
    pause();
    let (_script, mut peer) = pipe(options(), WIDE);
    tokio::time::sleep(Duration::from_secs(599)).await;
    peer.send(&quest(1, "*ping", Map::new())).await;
    peer.answer().await.1.unwrap();
}

#[tokio::test]
async fn a_stranger_has_to_prove_himself_in_time() {
    pause();
    let limits = Limits {
        stranger: Some(Stranger::default()),
        ..Limits::default()
    };
    let since = Instant::now();
    let (script, mut peer) = pipe(with(limits.clone()), WIDE);
    peer.send(&quest(1, "*ping", Map::new())).await;
    peer.answer().await.1.unwrap();
    let why = "it did not prove itself in time";
    assert_eq!(end_of(&script, since).await, (why.into(), 10));

    let (_script, mut peer) = pipe(with(limits), WIDE);
    peer.send(&quest(1, "trust", Map::new())).await;
    peer.answer().await.1.unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
    peer.send(&quest(2, "*ping", Map::new())).await;
    peer.answer().await.1.unwrap();
}

#[tokio::test]
async fn a_stranger_sends_small_packages_only() {
    let limits = Limits {
        stranger: Some(Stranger::default()),
        ..Limits::default()
    };
    let text = "x".repeat(128 * 1024);
    let long = quest(2, "echo", Map::new().text("text", &text));
    let (script, mut peer) = pipe(with(limits.clone()), WIDE);
    // Its head is enough.
    peer.send(&long[..20]).await;
    let why = soon(script.ended.next()).await;
    assert!(why.starts_with("malformed input"), "{why}");

    let (_script, mut peer) = pipe(with(limits), WIDE);
    peer.send(&[quest(1, "trust", Map::new()), long].concat())
        .await;
    peer.answer().await.1.unwrap();
    peer.answer().await.1.unwrap();
}

#[tokio::test]
async fn a_package_that_is_begun_has_to_be_completed() {
    pause();
    let (script, mut peer) = pipe(options(), WIDE);
    advance(Duration::from_secs(100)).await;
    let since = Instant::now();
    let bytes = [gated(1, "echo", ""), gated(2, "echo", "")].concat();
    let (last, most) = bytes.split_last().unwrap();
    peer.send(most).await;
    assert_eq!(peer.answer().await.0, 1);
    tokio::time::sleep(Duration::from_secs(29)).await;
    peer.send(&[*last]).await;
    assert_eq!(peer.answer().await.0, 2);

    peer.send(most).await;
    assert_eq!(peer.answer().await.0, 1);
    let why = "a package was not completed in time";
    assert_eq!(end_of(&script, since).await, (why.into(), 59));
}

#[tokio::test]
async fn a_package_that_is_declared_too_large_closes_the_connection() {
    let limits = Limits {
        max_frame_bytes: 1000,
        ..Limits::default()
    };
    let (script, mut peer) = pipe(with(limits), WIDE);
    let text = "x".repeat(1000);
    let long = quest(1, "echo", Map::new().text("text", &text));
    peer.send(&long[..12]).await;
    assert!(
        soon(script.ended.next())
            .await
            .starts_with("malformed input")
    );
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_cut_off() {
    pause();
    let since = Instant::now();
    let (script, mut peer) = pipe(options(), 64);
    for sequence in 1..20 {
        peer.send(&gated(sequence, "echo", "")).await;
    }
    let why = "the peer does not read fast enough";
    assert_eq!(end_of(&script, since).await, (why.into(), 30));
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_not_read_from() {
    pause();
    let limits = Limits {
        max_unsent_bytes: 64 * 1024,
        ..Limits::default()
    };
    let (_script, mut peer) = pipe(with(limits), 4096);
    let text = "x".repeat(1000);
    let echo = quest(1, "echo", Map::new().text("text", &text));
    let mut taken = 0;
    let patience = Duration::from_secs(1);
    while timeout(patience, peer.stream.write_all(&echo))
        .await
        .is_ok()
    {
        taken += 1;
        assert!(taken < 200);
    }
    for _ in 0..taken {
        peer.answer().await.1.unwrap();
    }
}

#[tokio::test]
async fn no_more_quests_run_at_a_time_than_allowed() {
    pause();
    let limits = Limits {
        max_in_flight: 3,
        ..Limits::default()
    };
    let (script, mut peer) = pipe(with(limits), WIDE);
    let quests: Vec<u8> = (1..=10)
        .flat_map(|number| gated(number, "read", "r"))
        .collect();
    peer.send(&quests).await;
    for finished in 0..10 {
        // Long enough for everything else to happen: time moves only when everybody waits.
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(script.begun().len(), (finished + 3).min(10));
        script.open("r");
        peer.answer().await.1.unwrap();
    }
}

#[tokio::test]
async fn a_connection_with_endless_input_lets_others_run() {
    let (here, there) = tokio::io::duplex(WIDE);
    let script = std::sync::Arc::<Script>::default();
    let stop = CancellationToken::new();
    let served = halloo_fpnn::transport::serve_stream(
        there,
        NOWHERE,
        false,
        std::sync::Arc::clone(&script),
        options(),
        stop,
    );
    let mut peer = Wire::new(here);
    let quests: Vec<u8> = (1..=900)
        .flat_map(|number| gated(number, "write", "w"))
        .collect();
    peer.send(&quests).await;
    let mut served = Box::pin(served);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(served.as_mut().poll(&mut context).is_pending());
    assert!((1..=256).contains(&script.begun().len()));
}
