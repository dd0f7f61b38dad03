//! Effects follow arrival; answers do not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use halloo_fpnn::transport::{Connection, Order, Peer, Reply, Service, serve_stream};
use halloo_fpnn::{Fields, Map, Quest};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::support::*;

#[tokio::test]
async fn a_read_waits_for_the_writes_before_it_and_writes_do_not_wait_for_each_other() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests = [
        gated(1, "write", "w1"),
        gated(2, "write", "w2"),
        gated(3, "read", "r"),
        gated(4, "echo", ""),
    ];
    server.script.open("r");
    server.script.open("w2");
    peer.send(&quests.concat()).await;
    assert_eq!(soon(peer.answer()).await.0, 2);
    assert_eq!(server.script.begun(), ["w1", "w2"]);
    server.script.open("w1");
    let mut rest = vec![];
    for _ in 0..3 {
        rest.push(soon(peer.answer()).await.0);
    }
    assert_eq!(rest.first(), Some(&1));
    assert_eq!(server.script.begun(), ["w1", "w2", "r"]);
}

#[tokio::test]
async fn a_write_waits_for_the_reads_before_it() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests = [
        gated(1, "read", "r1"),
        gated(2, "read", "r2"),
        gated(3, "write", "w"),
    ];
    server.script.open("w");
    server.script.open("r2");
    peer.send(&quests.concat()).await;
    assert_eq!(soon(peer.answer()).await.0, 2);
    assert_eq!(server.script.begun(), ["r1", "r2"]);
    server.script.open("r1");
    assert_eq!(soon(peer.answer()).await.0, 1);
    assert_eq!(soon(peer.answer()).await.0, 3);
}

#[tokio::test]
async fn appends_run_beside_each_other_and_neither_beside_writes_nor_beside_reads() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests = [
        gated(1, "write", "w1"),
        gated(2, "append", "a1"),
        gated(3, "append", "a2"),
        gated(4, "write", "w2"),
        gated(5, "append", "a3"),
        gated(6, "read", "r"),
    ];
    for gate in ["a2", "w2", "r"] {
        server.script.open(gate);
    }
    peer.send(&quests.concat()).await;
    server.script.open("w1");
    assert_eq!(soon(peer.answer()).await.0, 1);
    assert_eq!(soon(peer.answer()).await.0, 3);
    assert_eq!(server.script.begun(), ["w1", "a1", "a2"]);
    server.script.open("a1");
    assert_eq!(soon(peer.answer()).await.0, 2);
    assert_eq!(soon(peer.answer()).await.0, 4);
    assert_eq!(server.script.begun(), ["w1", "a1", "a2", "w2", "a3"]);
    server.script.open("a3");
    assert_eq!(soon(peer.answer()).await.0, 5);
    assert_eq!(soon(peer.answer()).await.0, 6);
}

#[tokio::test]
async fn nothing_runs_beside_a_quest_that_is_alone() {
    let server = start(options()).await;
    let mut peer = server.peer().await;
    let quests = [
        gated(1, "read", "r"),
        gated(2, "alone", "a"),
        gated(3, "alone", "b"),
        gated(4, "read", "s"),
    ];
    peer.send(&quests.concat()).await;
    let gates = ["r", "a", "b", "s"];
    for (sequence, gate) in (1..).zip(gates) {
        server.script.open(gate);
        assert_eq!(soon(peer.answer()).await.0, sequence);
        assert!(server.script.begun().len() <= sequence as usize + 1);
    }
    assert_eq!(server.script.begun(), gates);
}

/// What a store with one writer does: takes writes in the order of their submission, applies them
/// when it likes, reads what is applied.
#[derive(Default)]
struct Store {
    submitted: Mutex<Vec<(i64, i64, oneshot::Sender<()>)>>,
    applied: Mutex<HashMap<i64, i64>>,
}

impl Store {
    fn apply(&self, count: usize) {
        let mut submitted = self.submitted.lock().unwrap();
        let count = count.min(submitted.len());
        let batch: Vec<_> = submitted.drain(..count).collect();
        drop(submitted);
        for (key, value, done) in batch {
            self.applied.lock().unwrap().insert(key, value);
            let _ = done.send(());
        }
    }
}

impl Service for Store {
    type State = ();

    fn connected(&self, _: &Connection) {}

    fn order(&self, quest: &Quest) -> Order {
        match quest.method.as_bytes() {
            b"put" => Order::Write,
            b"add" => Order::Alone,
            _ => Order::Read,
        }
    }

    fn call(self: &Arc<Self>, quest: Quest, _: &Arc<Peer<()>>) -> Reply {
        let store = Arc::clone(self);
        Reply::later(async move {
            let fields = Fields::parse(&quest.payload).unwrap();
            let key = fields.integer("key").unwrap();
            let pauses: u8 = fields.integer("pauses").unwrap();
            let put = async |value| {
                let (sender, done) = oneshot::channel();
                store.submitted.lock().unwrap().push((key, value, sender));
                done.await.unwrap();
            };
            let get = || {
                store
                    .applied
                    .lock()
                    .unwrap()
                    .get(&key)
                    .copied()
                    .unwrap_or(0)
            };
            match quest.method.as_bytes() {
                b"put" => {
                    put(fields.integer("value").unwrap()).await;
                    return Ok(empty());
                }
                b"add" => put(get() + 1).await,
                _ => {}
            }
            for _ in 0..pauses {
                tokio::task::yield_now().await;
            }
            Ok(Map::new().integer("value", get()).finish())
        })
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put { key: i64, value: i64 },
    Get { key: i64, pauses: u8 },
    Add { key: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_i64, 1..1000_i64).prop_map(|(key, value)| Step::Put { key, value }),
        4 => (0..3_i64, 0..4_u8).prop_map(|(key, pauses)| Step::Get { key, pauses }),
        1 => (0..3_i64).prop_map(|key| Step::Add { key }),
    ]
}

/// Sends the steps in pieces of `piece` bytes while the store applies `batch` writes at a time, and
/// returns what the gets and adds were answered.
async fn run(steps: &[Step], piece: usize, batch: usize) -> HashMap<u32, i64> {
    let (here, there) = tokio::io::duplex(4096);
    let (store, tasks) = (Arc::<Store>::default(), TaskTracker::new());
    let served = Arc::clone(&store);
    tasks.spawn(async move {
        let stop = CancellationToken::new();
        serve_stream(there, NOWHERE, false, served, options(), stop).await;
    });
    let done = CancellationToken::new();
    let applied = done.clone();
    tasks.spawn(async move {
        while !applied.is_cancelled() {
            store.apply(batch);
            tokio::task::yield_now().await;
        }
    });
    let bytes: Vec<u8> = (0..)
        .zip(steps)
        .flat_map(|(sequence, step)| match *step {
            Step::Put { key, value } => {
                let put = Map::new().integer("key", key).integer("value", value);
                quest(sequence, "put", put.integer("pauses", 0))
            }
            Step::Get { key, pauses } => {
                let get = Map::new().integer("key", key);
                quest(sequence, "get", get.integer("pauses", pauses.into()))
            }
            Step::Add { key } => quest(
                sequence,
                "add",
                Map::new().integer("key", key).integer("pauses", 1),
            ),
        })
        .collect();
    let (read, mut write) = tokio::io::split(here);
    tasks.spawn(async move {
        for piece in bytes.chunks(piece) {
            tokio::io::AsyncWriteExt::write_all(&mut write, piece)
                .await
                .unwrap();
            tokio::task::yield_now().await;
        }
        // The stream closes with its last half.
        std::future::pending::<()>().await;
    });
    let mut peer = Wire::new(tokio::io::join(read, tokio::io::sink()));
    let mut values = HashMap::new();
    for _ in steps {
        let (sequence, answer) = peer.answer().await;
        let answer = answer.unwrap();
        if let Ok(value) = Fields::parse(&answer).unwrap().integer("value") {
            values.insert(sequence, value);
        }
    }
    done.cancel();
    values
}

/// What the answers are when each step waits for the one before it.
fn expected(steps: &[Step]) -> HashMap<u32, i64> {
    let mut state = HashMap::new();
    let mut values = HashMap::new();
    for (sequence, step) in (0..).zip(steps) {
        match *step {
            Step::Put { key, value } => {
                state.insert(key, value);
            }
            Step::Get { key, .. } => {
                values.insert(sequence, state.get(&key).copied().unwrap_or(0));
            }
            Step::Add { key } => {
                let value = state.entry(key).or_insert(0);
                *value += 1;
                values.insert(sequence, *value);
            }
        }
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_read_sees_exactly_the_writes_before_it(
        steps in prop::collection::vec(step(), 1..200),
        piece in 1..2000_usize,
        batch in 1..20_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(soon(run(&steps, piece, batch)));
        prop_assert_eq!(found, expected(&steps));
    }
}

/// The same on several threads at once, where wake-ups come at any moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_keep_their_order_beside_each_other() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(step(), 400);
    let tasks = TaskTracker::new();
    let mut runs = vec![];
    for number in 1..=40 {
        let steps = strategy.new_tree(&mut runner).unwrap().current();
        runs.push(tasks.spawn(async move {
            assert_eq!(run(&steps, number * 37, number).await, expected(&steps));
        }));
    }
    for run in runs {
        soon(run).await.unwrap();
    }
}
