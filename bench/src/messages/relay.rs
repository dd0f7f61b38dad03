//! The ceiling: what this machine gives to any server that passes messages on without looking at them and
//! without a disk.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use anyhow::Result;
use halloo::system::SystemClock;
use halloo_core::ports::Clock as _;
use halloo_fpnn::{Fields, Map, Method, Quest};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::frames::{self, End, Frame, Kind};
use super::letters::CHAT;
use crate::process::end_with_input;

/// What stands before the address in the line that [`serve`] prints.
pub(crate) const MARK: &str = "relay ";
/// How long accepting rests after it failed.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves on a free port, which it prints, until the standard input ends. Whoever logs in is let in as
/// whom he says he is; what is sent to somebody is pushed to his last connection and answered.
/// # Errors
/// When it can not listen.
pub(crate) fn serve() -> Result<()> {
    end_with_input();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(io::stdout(), "{MARK}{}", listener.local_addr()?)?;
        let users = Arc::default();
        let mut connections = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(connections.spawn(relay(stream, Arc::clone(&users)))),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
            while connections.try_join_next().is_some() {}
        }
    })
}

async fn relay(stream: TcpStream, users: Arc<Users>) {
    if stream.set_nodelay(true).is_ok() {
        let mut desk = Desk {
            users,
            own: Arc::default(),
            uid: 0,
            known: HashMap::new(),
        };
        frames::carry(stream, &mut desk).await;
    }
}

/// Where each user is. Held for moments only.
type Users = Mutex<HashMap<i64, Arc<Outbox>>>;

/// What waits to be sent over a connection, and whom to tell that there is something. Held for moments only.
#[derive(Default)]
struct Outbox(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Of the last quest of ours.
    sequence: u32,
    waker: Option<Waker>,
}

impl Outbox {
    fn with(&self, write: impl FnOnce(&mut Waiting)) {
        write(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// One connection.
struct Desk {
    users: Arc<Users>,
    own: Arc<Outbox>,
    uid: i64,
    /// Those whom it wrote to.
    known: HashMap<i64, Arc<Outbox>>,
}

impl End for Desk {
    fn give(&mut self, out: &mut Vec<u8>, waker: &Waker) {
        self.own.with(|own| {
            std::mem::swap(&mut own.bytes, out);
            own.waker = Some(waker.clone());
        });
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut cut = 0;
        while let Some(frame) = frames::next(bytes.get(cut..).unwrap_or_default())? {
            cut += frame.length;
            if frame.kind == Kind::TwoWay {
                let answer = self.answer(&frame);
                let answer = answer.ok_or(io::ErrorKind::InvalidData)?;
                self.own
                    .with(|own| frames::put_answer(frame.sequence, &answer, &mut own.bytes));
            }
        }
        Ok(cut)
    }
}

impl Desk {
    fn answer(&mut self, frame: &Frame<'_>) -> Option<bytes::Bytes> {
        let fields = Fields::parse(frame.payload).ok()?;
        if frame.method == b"auth" {
            self.uid = fields.integer("uid").ok()?;
            let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
            users.insert(self.uid, Arc::clone(&self.own));
            return Some(Map::new().boolean("ok", true).finish());
        }
        let (to, now) = (fields.integer("to").ok()?, SystemClock.now().0);
        let mtype = fields.integer("mtype").ok()?;
        let push = Map::new()
            .integer("from", self.uid)
            .integer("to", to)
            .integer("mid", fields.integer("mid").ok()?)
            .integer("mtype", mtype);
        let body = fields.get("msg")?.encoded();
        let push = if mtype == CHAT {
            let text = Map::new().text("source", "").text("target", "");
            push.map("msg", text.raw("sourceText", body).text("targetText", ""))
        } else {
            push.raw("msg", body)
        };
        let push = push.text("attrs", "").integer("mtime", now).finish();
        let users = &self.users;
        let receiver = self.known.entry(to).or_insert_with(|| {
            let users = users.lock().unwrap_or_else(PoisonError::into_inner);
            users.get(&to).cloned().unwrap_or_default()
        });
        receiver.with(|receiver| {
            receiver.sequence = receiver.sequence.wrapping_add(1);
            let quest = Quest::two_way(receiver.sequence, Method::new("pushmsg"), push);
            quest.encode(&mut receiver.bytes);
            if let Some(waker) = receiver.waker.take() {
                waker.wake();
            }
        });
        Some(Map::new().integer("mtime", now).finish())
    }
}
