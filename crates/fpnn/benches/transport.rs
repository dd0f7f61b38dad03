//! Quests per second over pipelining connections on loopback, server and generator in one process.
//!
//! `cargo bench -p halloo-fpnn --features transport -- [connections] [depth] [seconds]`
#![expect(clippy::print_stdout, reason = "it prints a result")]
#![expect(
    clippy::unwrap_used,
    reason = "whatever fails here ends the measurement"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use halloo_fpnn::transport::{
    Agree, ClientOptions, Clock, Connection, Encryption, Options, Order, Peer, Reply, Service,
    connect, serve,
};
use halloo_fpnn::{Curve, Fields, Map, Method, Mode, PrivateKey, Quest, Strength};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Bytes of the empty answer.
const ANSWER_BYTES: usize = 17;

/// Answers at once, later on the same task, or when a thread that stands for a store says so.
#[derive(Default)]
struct Target {
    written: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Service for Target {
    type State = ();

    fn connected(&self, _: &Connection) {}

    fn order(&self, quest: &Quest) -> Order {
        match quest.method.as_bytes() {
            b"stored" => Order::Write,
            _ => Order::Read,
        }
    }

    fn call(self: &Arc<Self>, quest: Quest, _: &Arc<Peer<()>>) -> Reply {
        if Fields::parse(&quest.payload).is_err() {
            return Reply::Close;
        }
        match quest.method.as_bytes() {
            b"ready" => Reply::Ready(Ok(Map::empty())),
            b"boxed" => Reply::later(async { Ok(Map::empty()) }),
            _ => {
                let target = Arc::clone(self);
                Reply::later(async move {
                    let (sender, done) = oneshot::channel();
                    target.written.lock().unwrap().push(sender);
                    let _ = done.await;
                    Ok(Map::empty())
                })
            }
        }
    }
}

impl Target {
    fn commit(&self) {
        let written = std::mem::take(&mut *self.written.lock().unwrap());
        for done in written {
            let _ = done.send(());
        }
    }
}

fn batch(name: &'static str, depth: u32) -> Vec<u8> {
    let method = Method::new(name);
    let payload = Map::new()
        .integer("pid", 90_000_001)
        .text("sign", "C67600CF3CBCC51F80ACF0A81484FE73")
        .integer("salt", 7_529_877_615_132_852_353)
        .integer("ts", 1_700_000_000)
        .integer("uid", 123)
        .finish();
    let mut bytes = Vec::new();
    for sequence in 1..=depth {
        Quest::two_way(sequence, method.clone(), payload.clone()).encode(&mut bytes);
    }
    bytes
}

/// Writes a batch, reads its answers, and so on.
async fn raw(
    address: std::net::SocketAddr,
    batch: Arc<Vec<u8>>,
    depth: usize,
    count: Arc<AtomicU64>,
) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answers = vec![0; depth * ANSWER_BYTES];
    loop {
        // It fails when the measurement is over.
        if stream.write_all(&batch).await.is_err() {
            return;
        }
        if stream.read_exact(&mut answers).await.is_err() {
            return;
        }
        count.fetch_add(depth as u64, Ordering::Relaxed);
    }
}

async fn through_client(
    address: std::net::SocketAddr,
    options: ClientOptions,
    depth: usize,
    count: Arc<AtomicU64>,
) {
    let tasks = TaskTracker::new();
    let connection = connect(address, &options, Arc::new(Agree), &tasks)
        .await
        .unwrap();
    loop {
        let answers: Vec<_> = (0..depth)
            .map(|_| {
                let payload = Map::new().integer("uid", 123).finish();
                connection.quest(Method::new("ready"), payload, Duration::from_secs(30))
            })
            .collect();
        for answer in answers {
            if answer.await.is_err() {
                return;
            }
        }
        count.fetch_add(depth as u64, Ordering::Relaxed);
    }
}

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse::<usize>().ok());
    let connections = numbers.next().unwrap_or(64);
    let depth = numbers.next().unwrap_or(32);
    let seconds = numbers.next().unwrap_or(3);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!("{connections} connections, {depth} quests in flight on each, {seconds} s");
    for kind in ["ready", "boxed", "stored", "client", "client encrypted"] {
        let rate = runtime.block_on(measure(kind, connections, depth, seconds));
        println!("{kind:>18}: {rate:>9} quests/s");
    }
}

async fn measure(kind: &'static str, connections: usize, depth: usize, seconds: usize) -> u128 {
    let clock: Clock = Arc::new(|| 0);
    let key = PrivateKey::from_random(Curve::Secp256k1, &[7; 32]).unwrap();
    let public = key.public_key();
    let options = Options {
        key: Some(Arc::new(key)),
        ..Options::new(Arc::clone(&clock))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let target = Arc::new(Target::default());
    tasks.spawn(serve(
        listener,
        Arc::clone(&target),
        options,
        tasks.clone(),
        stop.clone(),
    ));
    if kind == "stored" {
        let stop = stop.clone();
        std::thread::spawn(move || {
            while !stop.is_cancelled() {
                target.commit();
                std::thread::sleep(Duration::from_micros(200));
            }
        });
    }
    let count = Arc::new(AtomicU64::new(0));
    let generators = TaskTracker::new();
    let mut handles = Vec::new();
    for number in 0..connections {
        let count = Arc::clone(&count);
        handles.push(if kind.starts_with("client") {
            let encryption = kind.ends_with("encrypted").then(|| Encryption {
                server: public.clone(),
                mode: Mode::Package,
                strength: Strength::Aes128,
                entropy: Arc::new(move |bytes| bytes.fill(u8::try_from(number % 200 + 1).unwrap())),
            });
            let options = ClientOptions {
                encryption,
                ..ClientOptions::new(Arc::clone(&clock))
            };
            generators.spawn(through_client(address, options, depth, count))
        } else {
            let batch = Arc::new(batch(kind, u32::try_from(depth).unwrap()));
            generators.spawn(raw(address, batch, depth, count))
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (before, began) = (count.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds as u64)).await;
    let done = count.load(Ordering::Relaxed) - before;
    let rate = u128::from(done) * 1_000_000 / began.elapsed().as_micros();
    for handle in handles {
        handle.abort();
    }
    stop.cancel();
    rate
}
