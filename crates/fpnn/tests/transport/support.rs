//! A service whose handlers finish when a test says so, a server on a free port, and a peer that
//! writes frames byte by byte.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use halloo_fpnn::transport::{
    ClientOptions, Clock, Closed, Connection, Options, Order, Peer, Reply, Service, serve,
    serve_stream,
};
use halloo_fpnn::{Answer, Decoder, Fields, Frame, Map, Method, Quest, Refusal};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What `*ping` answers.
pub(crate) const NOW: i64 = 1_700_000_000_123;
/// The address of a peer behind a pipe.
/// A peer whose first probe comes after the whole of an interval.
pub(crate) const NOWHERE: SocketAddr = from_port(64);

pub(crate) const fn from_port(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

pub(crate) fn clock() -> Clock {
    Arc::new(|| NOW)
}

pub(crate) fn options() -> Options {
    Options::new(clock())
}

pub(crate) fn client_options() -> ClientOptions {
    ClientOptions::new(clock())
}

/// Does what the name of the method says. `gate` in the payload names what a handler waits for.
#[derive(Default)]
pub(crate) struct Script {
    /// Names of gates in the order in which handlers came to them.
    pub(crate) begun: Mutex<Vec<String>>,
    gates: Mutex<HashMap<String, Arc<Semaphore>>>,
    pub(crate) connections: Watched<Connection>,
    pub(crate) ended: Watched<String>,
}

/// A channel both of whose ends are at hand.
pub(crate) struct Watched<T>(
    mpsc::UnboundedSender<T>,
    tokio::sync::Mutex<mpsc::UnboundedReceiver<T>>,
);

impl<T> Default for Watched<T> {
    fn default() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self(sender, tokio::sync::Mutex::new(receiver))
    }
}

impl<T> Watched<T> {
    pub(crate) fn tell(&self, item: T) {
        let _ = self.0.send(item);
    }

    pub(crate) async fn next(&self) -> T {
        self.1.lock().await.recv().await.unwrap()
    }
}

impl Script {
    fn gate(&self, name: &str) -> Arc<Semaphore> {
        let mut gates = self.gates.lock().unwrap();
        let gate = gates.entry(name.to_owned());
        Arc::clone(gate.or_insert_with(|| Arc::new(Semaphore::new(0))))
    }

    /// Lets one handler through the gate `name`, now or when it comes.
    pub(crate) fn open(&self, name: &str) {
        self.gate(name).add_permits(1);
    }

    pub(crate) fn begun(&self) -> Vec<String> {
        self.begun.lock().unwrap().clone()
    }
}

impl Service for Script {
    type State = ();

    fn connected(&self, connection: &Connection) {
        self.connections.tell(connection.clone());
    }

    fn order(&self, quest: &Quest) -> Order {
        match quest.method.as_bytes() {
            b"write" => Order::Write,
            b"append" => Order::Append,
            b"alone" => Order::Alone,
            _ => Order::Read,
        }
    }

    fn call(self: &Arc<Self>, quest: Quest, peer: &Arc<Peer<()>>) -> Reply {
        let payload = quest.payload.clone();
        let Ok(fields) = Fields::parse(&payload) else {
            return Reply::Close;
        };
        let name = fields.text("gate").unwrap_or_default().to_owned();
        match quest.method.as_bytes() {
            b"echo" => Reply::Ready(Ok(quest.payload)),
            b"read" | b"write" | b"append" | b"alone" => {
                let script = Arc::clone(self);
                Reply::later(async move {
                    script.begun.lock().unwrap().push(name.clone());
                    script.gate(&name).acquire().await.unwrap().forget();
                    Ok(quest.payload)
                })
            }
            b"trust" => {
                peer.connection.trust();
                Reply::Ready(Ok(quest.payload))
            }
            b"probe me" => {
                peer.connection.ask_for_probes();
                Reply::Ready(Ok(quest.payload))
            }
            b"auth" => {
                peer.connection.trust();
                Reply::Ready(Ok(Map::new().boolean("ok", true).finish()))
            }
            b"panic" => panic!("as the test wants it"),
            b"panic later" => Reply::later(async {
                tokio::task::yield_now().await;
                panic!("as the test wants it")
            }),
            b"encrypted" => {
                let encrypted = peer.connection.is_encrypted();
                Reply::Ready(Ok(Map::new().boolean("encrypted", encrypted).finish()))
            }
            _ => Reply::from(Refusal::new(20_004, "unknown")),
        }
    }

    fn disconnected(&self, _: &Arc<Peer<()>>, why: &Closed) {
        self.ended.tell(why.to_string());
    }
}

/// A server on a free port.
pub(crate) struct Running {
    pub(crate) script: Arc<Script>,
    pub(crate) address: SocketAddr,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

pub(crate) async fn start(options: Options) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let running = Running {
        script: Arc::default(),
        address: listener.local_addr().unwrap(),
        tasks: TaskTracker::new(),
        stop: CancellationToken::new(),
    };
    let (tasks, stop) = (running.tasks.clone(), running.stop.clone());
    let served = serve(listener, Arc::clone(&running.script), options, tasks, stop);
    running.tasks.spawn(served);
    running
}

impl Running {
    pub(crate) async fn peer(&self) -> Wire<TcpStream> {
        Wire::new(TcpStream::connect(self.address).await.unwrap())
    }
}

/// A served pipe that holds `bytes` in either direction.
pub(crate) fn pipe(options: Options, bytes: usize) -> (Arc<Script>, Wire<DuplexStream>) {
    pipe_from(NOWHERE, options, bytes)
}

pub(crate) fn pipe_from(
    address: SocketAddr,
    options: Options,
    bytes: usize,
) -> (Arc<Script>, Wire<DuplexStream>) {
    let (here, there) = tokio::io::duplex(bytes);
    let script = Arc::<Script>::default();
    let served = Arc::clone(&script);
    TaskTracker::new().spawn(async move {
        let stop = CancellationToken::new();
        serve_stream(there, address, false, served, options, stop).await;
    });
    (script, Wire::new(here))
}

/// The other end of a connection, without the transport.
pub(crate) struct Wire<IO> {
    pub(crate) stream: IO,
    pub(crate) decoder: Decoder,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Wire<IO> {
    pub(crate) fn new(stream: IO) -> Self {
        Self {
            stream,
            decoder: Decoder::new(1 << 26),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Whether the peer still took it.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// The next frame; `None` when the peer has closed.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.decoder.next().unwrap() {
                return Some(frame);
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.decoder.feed(&chunk[..count]),
            }
        }
    }

    pub(crate) async fn answer(&mut self) -> (u32, Answer) {
        match self.frame().await {
            Some(Frame::Answer { sequence, answer }) => (sequence, answer),
            other => panic!("expected an answer, not {other:?}"),
        }
    }

    pub(crate) async fn quest(&mut self) -> Quest {
        match self.frame().await {
            Some(Frame::Quest(quest)) => quest,
            other => panic!("expected a quest, not {other:?}"),
        }
    }

    /// Waits for the peer to close without another frame.
    pub(crate) async fn expect_end(&mut self) {
        assert_eq!(self.frame().await, None);
    }
}

pub(crate) fn method(name: &str) -> Method {
    Method::try_from(name.as_bytes()).unwrap()
}

pub(crate) fn quest(sequence: u32, name: &str, payload: Map) -> Vec<u8> {
    let mut bytes = Vec::new();
    Quest::two_way(sequence, method(name), payload.finish()).encode(&mut bytes);
    bytes
}

pub(crate) fn one_way(name: &str, payload: Map) -> Vec<u8> {
    let mut bytes = Vec::new();
    Quest::one_way(method(name), payload.finish()).encode(&mut bytes);
    bytes
}

/// A quest that waits at a gate.
pub(crate) fn gated(sequence: u32, name: &str, gate: &str) -> Vec<u8> {
    quest(sequence, name, Map::new().text("gate", gate))
}

pub(crate) fn empty() -> Bytes {
    Map::empty()
}

pub(crate) fn code(answer: &Answer) -> u32 {
    answer.as_ref().err().map_or(0, |refusal| refusal.code)
}

/// Fails a test that would hang. Not for tests in which time stands still.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, future).await.expect("it hangs")
}
