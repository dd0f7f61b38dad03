use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use halloo_fpnn::{Answer, Frame, Map, Quest, Refusal};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::{Parameters, Project, WebSocketIo, Wire, read};

/// Any stream.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<IO: AsyncRead + AsyncWrite + Unpin + Send> Stream for IO {}

/// What the server said without being asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// Its method.
    pub method: String,
    /// What it says.
    pub params: Value,
    /// Whether it wants no answer.
    pub is_one_way: bool,
}

impl Push {
    /// A push that wants no answer.
    pub fn one_way(method: &str, params: Value) -> Self {
        Self {
            method: method.to_owned(),
            params,
            is_one_way: true,
        }
    }
}

/// What a client does with pushes that want an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// It answers that it has them.
    Done,
    /// It answers with an error, as some SDKs do with whatever they get.
    Refused,
    /// It does not answer.
    Never,
}

/// A client of the RTM client gate: it answers pings and pushes, and keeps the pushes.
pub struct RtmClient {
    /// Its connection.
    pub wire: Wire<Box<dyn Stream>>,
    /// The project that it logs in to.
    pub pid: i32,
    /// The port that it connects from, as the server names its session; empty behind a proxy.
    pub address: String,
    early: BTreeMap<u32, Answer>,
    pushes: VecDeque<Push>,
    /// Pings so far.
    pub pings: usize,
    /// Whether it answers them.
    pub answers_pings: bool,
    /// How it answers pushes.
    pub answers_pushes: Answers,
}

impl RtmClient {
    /// Connects with bare FPNN.
    /// # Panics
    /// When the server does not accept.
    pub async fn open(address: SocketAddr, project: &Project) -> Self {
        let stream = TcpStream::connect(address).await;
        let stream = stream.expect("the server accepts");
        stream.set_nodelay(true).expect("a TCP stream");
        let from = stream.local_addr().expect("an address").to_string();
        Self::over(stream, project, from)
    }

    /// Connects with FPNN over a WebSocket.
    /// # Panics
    /// When the server does not agree.
    pub async fn open_websocket(address: SocketAddr, project: &Project) -> Self {
        let stream = TcpStream::connect(address).await;
        let stream = stream.expect("the server accepts");
        let from = stream.local_addr().expect("an address").to_string();
        let stream = WebSocketIo::agree(stream, "/service/websocket").await;
        Self::over(stream, project, from)
    }

    /// A client over a stream that is there.
    pub fn over(stream: impl Stream + 'static, project: &Project, from: String) -> Self {
        Self {
            wire: Wire::over(Box::new(stream)),
            pid: project.pid,
            address: from,
            early: BTreeMap::new(),
            pushes: VecDeque::new(),
            pings: 0,
            answers_pings: true,
            answers_pushes: Answers::Done,
        }
    }

    /// Logs in with a token. `false`: it opens nothing.
    /// # Errors
    /// The code of a refusal.
    pub async fn log_in(&mut self, uid: i64, token: &str) -> Result<bool, u32> {
        self.log_in_with(json!({"uid": uid, "token": token})).await
    }

    /// Logs in with these parameters beside `pid`. `false`: the token opens nothing.
    /// # Errors
    /// The code of a refusal.
    /// # Panics
    /// When the answer says neither.
    pub async fn log_in_with(&mut self, params: impl Parameters) -> Result<bool, u32> {
        let params = params.into_map().integer("pid", self.pid.into());
        let answer = self.call("auth", params).await?;
        let ok = answer.get("ok").and_then(Value::as_bool);
        Ok(ok.expect("`ok` is true or false"))
    }

    /// Asks and waits for the answer.
    /// # Errors
    /// The code of a refusal.
    /// # Panics
    /// When the server closes the connection.
    pub async fn call(&mut self, method: &str, params: impl Parameters) -> Result<Value, u32> {
        let sequence = self.ask(method, params);
        let answer = self.answer(sequence).await;
        answer.unwrap_or_else(|| panic!("the connection was closed before {method} was answered"))
    }

    /// Lays out a quest. Returns its number.
    pub fn ask(&mut self, method: &str, params: impl Parameters) -> u32 {
        self.wire.ask(method, params.into_map().finish())
    }

    /// The answer to the quest with this number; `None` when the connection is closed before.
    pub async fn answer(&mut self, sequence: u32) -> Option<Result<Value, u32>> {
        self.wire.flush().await;
        loop {
            if let Some(answer) = self.early.remove(&sequence) {
                return Some(match answer {
                    Ok(payload) => Ok(read(&payload)),
                    Err(refusal) => {
                        assert!(!refusal.text.is_empty(), "a refusal says why");
                        Err(refusal.code)
                    }
                });
            }
            if !self.receive().await {
                return None;
            }
        }
    }

    /// The next push; `None` when the connection is closed before.
    pub async fn push(&mut self) -> Option<Push> {
        self.wire.flush().await;
        loop {
            if let Some(push) = self.pushes.pop_front() {
                return Some(push);
            }
            if !self.receive().await {
                return None;
            }
        }
    }

    /// What the next push of this method says; the others stay where they are.
    /// # Panics
    /// When the connection is closed before.
    pub async fn pushed(&mut self, method: &str) -> Value {
        self.wire.flush().await;
        loop {
            let is_one = |push: &Push| push.method == method;
            if let Some(at) = self.pushes.iter().position(is_one) {
                return self.pushes.remove(at).expect("it is there").params;
            }
            let received = self.receive().await;
            assert!(received, "the connection was closed before a {method}");
        }
    }

    /// Takes what came in since, up to the answer to a quest of its own, and waits for no pushes.
    /// # Panics
    /// When the connection is closed.
    pub async fn so_far(&mut self) -> Vec<Push> {
        // An answer may overtake pushes that were queued in the same moment, but not those before it.
        for _ in 0..2 {
            let asked = self.ask("ping", json!({}));
            assert_eq!(self.answer(asked).await, Some(Ok(json!({}))));
        }
        self.taken()
    }

    /// The pushes that came in while it waited for something else.
    pub fn taken(&mut self) -> Vec<Push> {
        self.pushes.drain(..).collect()
    }

    /// Whatever the server pushed before it closed the connection, which it has to do.
    pub async fn last_words(&mut self) -> Vec<Push> {
        self.wire.flush().await;
        while self.receive().await {}
        self.pushes.drain(..).collect()
    }

    /// Waits for the next ping.
    /// # Panics
    /// When the server closes the connection.
    pub async fn next_ping(&mut self) {
        let before = self.pings;
        while self.pings == before {
            assert!(self.receive().await, "the connection was closed");
        }
    }

    /// Takes the next frame. `false`: there is none, the connection is closed.
    async fn receive(&mut self) -> bool {
        match self.wire.frame().await {
            None => return false,
            Some(Frame::Answer { sequence, answer }) => {
                let twice = self.early.insert(sequence, answer);
                assert!(twice.is_none(), "two answers to quest {sequence}");
            }
            Some(Frame::Quest(quest)) => self.take(&quest).await,
        }
        true
    }

    async fn take(&mut self, quest: &Quest) {
        let is_ping = quest.method.as_bytes() == b"ping";
        let answer = match self.answers_pushes {
            _ if is_ping => self.answers_pings.then(|| Ok(Map::empty())),
            Answers::Done => Some(Ok(Map::empty())),
            Answers::Refused => Some(Err(Refusal::new(20_001, "lost its answer"))),
            Answers::Never => None,
        };
        if let Some(answer) = answer.filter(|_| quest.sequence.is_some()) {
            let mut bytes = Vec::new();
            quest.encode_answer(&answer, &mut bytes);
            self.wire.write(&bytes).await;
        }
        if is_ping {
            assert!(quest.sequence.is_some(), "a ping wants an answer");
            self.pings += 1;
            return;
        }
        self.pushes.push_back(Push {
            method: quest.method.as_str().into_owned(),
            params: read(&quest.payload),
            is_one_way: quest.sequence.is_none(),
        });
    }
}
