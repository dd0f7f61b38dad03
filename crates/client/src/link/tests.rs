//! Reconnecting. Time stands still unless everybody waits.

use halloo_fpnn::Map;
use halloo_fpnn::Quest;
use halloo_fpnn::transport::{
    Agree, ClientOptions, Options, Order, Peer, Reply, Service, connect_stream, serve_stream,
};
use tokio::sync::mpsc;
use tokio::time::pause;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

/// What attempts to connect come to, and when they were made.
struct Network {
    attempts: mpsc::UnboundedReceiver<Instant>,
    up: Arc<Mutex<Weather>>,
}

#[derive(Clone)]
enum Weather {
    /// Attempts fail at once.
    Down,
    /// Attempts are never answered.
    Silent,
    /// Attempts lead to this server.
    Up(Arc<Server>),
}

/// Answers everything and remembers it.
#[derive(Default)]
struct Server {
    asked: Mutex<Vec<String>>,
    connections: Mutex<Vec<Connection>>,
}

impl Service for Server {
    type State = ();

    fn connected(&self, connection: &Connection) {
        self.connections.lock().unwrap().push(connection.clone());
    }

    fn order(&self, _: &Quest) -> Order {
        Order::Alone
    }

    fn call(self: &Arc<Self>, quest: Quest, _: &Arc<Peer<()>>) -> Reply {
        let method = quest.method.as_str().into_owned();
        self.asked.lock().unwrap().push(method);
        Reply::Ready(Ok(Map::empty()))
    }
}

async fn attempt(weather: Weather, tasks: TaskTracker) -> io::Result<Connection> {
    let server = match weather {
        Weather::Down => return Err(io::ErrorKind::ConnectionRefused.into()),
        Weather::Silent => std::future::pending().await,
        Weather::Up(server) => server,
    };
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let (here, there) = tokio::io::duplex(4096);
    TaskTracker::new().spawn(async move {
        let options = Options::new(Arc::new(|| 0));
        serve_stream(
            there,
            address,
            false,
            server,
            options,
            CancellationToken::new(),
        )
        .await;
    });
    let options = ClientOptions::new(Arc::new(|| 0));
    connect_stream(here, address, false, &options, Arc::new(Agree), &tasks).await
}

fn link(weather: Weather, auto_reconnect: bool, events: Events) -> (Arc<Link>, Network) {
    let (sender, attempts) = mpsc::unbounded_channel();
    let up = Arc::new(Mutex::new(weather));
    let now = Arc::clone(&up);
    let connect: Connect = Box::new(move |tasks| {
        sender.send(Instant::now()).unwrap();
        let weather = now.lock().unwrap().clone();
        Box::pin(attempt(weather, tasks))
    });
    let link = Link::new(connect, auto_reconnect, events);
    link.state().io = Some(Handle::current());
    (link, Network { attempts, up })
}

/// What the callback thread says. While it is waited for, time stands still: it moves for tasks
/// only.
struct Told(Arc<Mutex<std::sync::mpsc::Receiver<String>>>);

impl Told {
    async fn next(&self) -> String {
        let told = Arc::clone(&self.0);
        let next = tokio::task::spawn_blocking(move || told.lock().unwrap().recv());
        next.await.unwrap().unwrap()
    }
}

fn send(link: &Arc<Link>, method: &'static str, timeout: Duration) -> Sending {
    link.send(Method::new(method), Map::empty(), timeout)
}

fn code(result: &Result<Bytes, QuestError>) -> u32 {
    crate::error_code(result)
}

#[tokio::test]
async fn attempts_pause_as_documented() {
    pause();
    let began = Instant::now();
    let (link, mut network) = link(Weather::Down, true, Events::default());
    assert_eq!(code(&send(&link, "a", MINUTE).await), 20_012);
    let mut attempts = vec![];
    for _ in 0..13 {
        let at = network.attempts.recv().await.unwrap();
        attempts.push((at - began).as_secs());
    }
    // 2, 25.6, 49.2, 72.8, 96.4, 120 and 120 seconds between them.
    assert_eq!(attempts, [0, 0, 0, 0, 0, 0, 2, 27, 76, 149, 246, 366, 486]);
    link.close();
}

#[tokio::test]
async fn a_call_during_a_pause_connects_unless_an_attempt_has_just_failed() {
    pause();
    let (link, mut network) = link(Weather::Down, true, Events::default());
    assert_eq!(code(&send(&link, "a", MINUTE).await), 20_012);
    for _ in 0..6 {
        network.attempts.recv().await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(matches!(send(&link, "b", MINUTE), Sending::Failed(_)));
    assert!(network.attempts.try_recv().is_err());

    let server = Arc::new(Server::default());
    *network.up.lock().unwrap() = Weather::Up(Arc::clone(&server));
    tokio::time::sleep(Duration::from_millis(600)).await;
    let asked = Instant::now();
    assert_eq!(send(&link, "c", MINUTE).await, Ok(Map::empty()));
    assert_eq!(asked.elapsed(), Duration::ZERO);
    assert_eq!(*server.asked.lock().unwrap(), ["c"]);
    link.close();
}

#[tokio::test]
async fn calls_wait_for_the_connection_and_keep_their_order() {
    pause();
    let (link, network) = link(Weather::Down, true, Events::default());
    let server = Arc::new(Server::default());
    *network.up.lock().unwrap() = Weather::Up(Arc::clone(&server));
    let calls = ["a", "b", "c"].map(|method| send(&link, method, MINUTE));
    for call in calls {
        assert_eq!(call.await, Ok(Map::empty()));
    }
    assert_eq!(send(&link, "d", MINUTE).await, Ok(Map::empty()));
    assert_eq!(*server.asked.lock().unwrap(), ["a", "b", "c", "d"]);
    link.close();
}

#[tokio::test]
async fn a_call_waits_for_a_connection_no_longer_than_its_timeout() {
    pause();
    let (link, _network) = link(Weather::Silent, true, Events::default());
    let began = Instant::now();
    let long = send(&link, "a", MINUTE);
    let short = send(&link, "b", Duration::from_secs(3));
    assert_eq!(code(&short.await), 20_003);
    assert_eq!(began.elapsed().as_secs(), 3);
    assert_eq!(code(&long.await), 20_003);
    assert_eq!(began.elapsed().as_secs(), 60);
    link.close();
}

#[tokio::test]
async fn a_lost_connection_is_made_again_at_once_and_both_are_told() {
    pause();
    let (sender, told) = std::sync::mpsc::channel();
    let told = Told(Arc::new(Mutex::new(told)));
    let also = sender.clone();
    let events = Events {
        connected: Some(Arc::new(move |_| {
            sender.send("connected".to_owned()).unwrap();
        })),
        closed: Some(Arc::new(move |_, why| also.send(why.to_owned()).unwrap())),
    };
    let server = Arc::new(Server::default());
    let (link, mut network) = link(Weather::Up(Arc::clone(&server)), true, events);
    send(&link, "a", MINUTE).await.unwrap();
    assert_eq!(told.next().await, "connected");
    let first = network.attempts.recv().await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.connections.lock().unwrap().pop().unwrap().abort();
    assert_eq!(told.next().await, "closed by the peer");
    assert_eq!(told.next().await, "connected");
    let second = network.attempts.recv().await.unwrap();
    assert_eq!((second - first).as_secs(), 2);
    send(&link, "b", MINUTE).await.unwrap();
    link.close();
    assert_eq!(told.next().await, "closed by us");
}

#[tokio::test]
async fn connections_that_do_not_live_count_as_failures() {
    pause();
    let server = Arc::new(Server::default());
    let (link, mut network) = link(Weather::Up(Arc::clone(&server)), true, Events::default());
    let began = Instant::now();
    let call = send(&link, "a", MINUTE);
    for _ in 0..6 {
        network.attempts.recv().await.unwrap();
        let connection = loop {
            if let Some(connection) = server.connections.lock().unwrap().pop() {
                break connection;
            }
            tokio::task::yield_now().await;
        };
        connection.abort();
    }
    drop(call);
    let seventh = network.attempts.recv().await.unwrap();
    assert_eq!((seventh - began).as_secs(), 2);
    link.close();
}

#[tokio::test]
async fn without_auto_reconnect_only_a_call_connects() {
    pause();
    let server = Arc::new(Server::default());
    let (link, mut network) = link(Weather::Up(Arc::clone(&server)), false, Events::default());
    send(&link, "a", MINUTE).await.unwrap();
    network.attempts.recv().await.unwrap();
    let connection = server.connections.lock().unwrap().pop().unwrap();
    connection.abort();
    connection.closed().await;
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert!(network.attempts.try_recv().is_err());
    send(&link, "b", MINUTE).await.unwrap();
    network.attempts.recv().await.unwrap();
    link.close();
}

#[tokio::test]
async fn closing_fails_what_waits_and_all_that_follows() {
    pause();
    let (link, _network) = link(Weather::Silent, true, Events::default());
    let waiting = send(&link, "a", MINUTE);
    link.close();
    assert_eq!(code(&waiting.await), 20_002);
    assert_eq!(code(&send(&link, "b", MINUTE).await), 20_002);
    link.tasks.close();
    link.tasks.wait().await;
}

#[tokio::test]
async fn no_more_calls_wait_than_there_is_room_for() {
    pause();
    let (link, _network) = link(Weather::Silent, true, Events::default());
    let waiting: Vec<_> = (0..MAX_QUEUED).map(|_| send(&link, "a", MINUTE)).collect();
    assert_eq!(code(&send(&link, "a", MINUTE).await), 20_011);
    link.close();
    drop(waiting);
}
