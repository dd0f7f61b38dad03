//! A gate that remembers what it was asked and answers what a test says.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use halloo_client::{Fields, Map, RtmServerClient};
use halloo_fpnn::transport::{Connection, Options, Order, Peer, Reply, Service, serve};
use halloo_fpnn::{Answer, PrivateKey, Quest, Refusal};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) const PID: i32 = 90_000_001;
pub(crate) const SECRET: &str = "00000000-1111-2222-3333-444444444444";

/// A running gate, on a thread of its own: tests may block.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    pub(crate) script: Arc<Script>,
    stop: CancellationToken,
}

#[derive(Default)]
pub(crate) struct Script {
    /// Answers by method; an empty map where there is none.
    pub(crate) answers: Mutex<HashMap<String, Answer>>,
    /// Method and payload of what was asked.
    pub(crate) asked: Mutex<Vec<(String, Bytes)>>,
    pub(crate) connections: Mutex<Vec<Connection>>,
    /// What the method `wait` waits for.
    pub(crate) gate: Waiting,
}

pub(crate) struct Waiting(pub(crate) Semaphore);

impl Default for Waiting {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Service for Script {
    type State = ();

    fn connected(&self, connection: &Connection) {
        self.connections.lock().unwrap().push(connection.clone());
    }

    fn order(&self, _: &Quest) -> Order {
        Order::Read
    }

    fn call(self: &Arc<Self>, quest: Quest, _: &Arc<Peer<()>>) -> Reply {
        let method = quest.method.as_str().into_owned();
        let mut asked = self.asked.lock().unwrap();
        asked.push((method.clone(), quest.payload));
        if method == "wait" {
            let script = Arc::clone(self);
            return Reply::later(async move {
                script.gate.0.acquire().await.unwrap().forget();
                Ok(Map::empty())
            });
        }
        let answers = self.answers.lock().unwrap();
        let answer = answers.get(&method).cloned();
        Reply::Ready(answer.unwrap_or_else(|| Ok(Map::empty())))
    }
}

impl Gate {
    pub(crate) fn start(key: Option<PrivateKey>) -> Self {
        let (sender, address) = mpsc::channel();
        let (script, stop) = (Arc::<Script>::default(), CancellationToken::new());
        let (served, stopped) = (Arc::clone(&script), stop.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                let options = Options {
                    key: key.map(Arc::new),
                    ..Options::new(Arc::new(|| 0))
                };
                serve(listener, served, options, TaskTracker::new(), stopped).await;
            });
        });
        Self {
            address: address.recv().unwrap(),
            script,
            stop,
        }
    }

    pub(crate) fn client(&self) -> RtmServerClient {
        RtmServerClient::new(PID, SECRET, &self.address.to_string())
    }

    pub(crate) fn answer(&self, method: &str, answer: Map) {
        let mut answers = self.script.answers.lock().unwrap();
        answers.insert(method.to_owned(), Ok(answer.finish()));
    }

    pub(crate) fn refuse(&self, method: &str, code: u32) {
        let mut answers = self.script.answers.lock().unwrap();
        answers.insert(method.to_owned(), Err(Refusal::new(code, "refused")));
    }

    /// The last quest: its method, and its payload without what every quest has.
    pub(crate) fn last(&self) -> (String, String) {
        let asked = self.script.asked.lock().unwrap();
        let (method, payload) = asked.last().unwrap();
        (method.clone(), shown(payload))
    }

    pub(crate) fn methods(&self) -> Vec<String> {
        let asked = self.script.asked.lock().unwrap();
        asked.iter().map(|(method, _)| method.clone()).collect()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The parameters of a quest but for pid, sign, salt and ts, as text.
fn shown(payload: &[u8]) -> String {
    let fields = Fields::parse(payload).unwrap();
    let mut words = vec![];
    for (key, value) in fields.iter() {
        let key = std::str::from_utf8(key).unwrap();
        if ["pid", "sign", "salt", "ts"].contains(&key) {
            continue;
        }
        let value = if let Some(list) = value.list() {
            format!(
                "{:?}",
                list.map(|item| item.integer().unwrap()).collect::<Vec<_>>()
            )
        } else if let Some(number) = value.integer() {
            number.to_string()
        } else {
            value.text().unwrap().to_owned()
        };
        words.push(format!("{key}={value}"));
    }
    words.join(" ")
}

/// The next thing that a channel of callbacks brings.
pub(crate) fn next<T>(channel: &mpsc::Receiver<T>) -> T {
    channel
        .recv_timeout(Duration::from_secs(20))
        .expect("it hangs")
}
