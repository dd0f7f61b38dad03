//! What answers quests.

use std::pin::Pin;
use std::sync::Arc;

use crate::transport::Connection;
use crate::{Answer, Quest, Refusal, WireError};

/// Answers the quests of connections, on either end.
///
/// For each quest the transport asks [`order`](Self::order), waits until the quest may begin, makes
/// the [`call`](Self::call) and polls its reply once before it looks at the next quest. Answers
/// leave in any order; effects follow [`Order`].
pub trait Service: Send + Sync + 'static {
    /// What the service keeps about one connection: a login, subscriptions.
    type State: Send + Sync + 'static;

    /// A connection was made; comes before its first quest, and before encryption was agreed on.
    /// `connection` may be kept and used for pushes from anywhere.
    fn connected(&self, connection: &Connection) -> Self::State;

    /// When `quest` may begin: to be looked up by its method. A panic here ends the connection.
    fn order(&self, quest: &Quest) -> Order;

    /// Begins to answer `quest`. The payload is unchecked: give [`Reply::Close`] where
    /// [`Fields::parse`](crate::Fields::parse) fails. The answer to a one-way quest is dropped. A
    /// panic here or in the reply is answered with 20001.
    fn call(self: &Arc<Self>, quest: Quest, peer: &Arc<Peer<Self::State>>) -> Reply;

    /// The connection is gone and its last handler has finished: nothing more is called for it.
    /// A handler that takes long can see from [`Connection::is_closed`] that nobody waits any more.
    fn disconnected(&self, peer: &Arc<Peer<Self::State>>, why: &Closed) {
        let _ = (peer, why);
    }
}

/// When a quest may begin, seen from the quests of the same connection that came before it. One
/// that must wait holds up the reading of what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Changes nothing. Waits for earlier writes, runs beside other reads.
    Read,
    /// Changes something, through one atomic operation that its first poll submits: the store then
    /// takes writes in the order of submission. Waits for earlier reads, runs beside other writes.
    Write,
    /// Changes something in several steps, the first of which look at what a [`Write`](Self::Write) may
    /// change. Waits for earlier reads and writes, which wait for it in turn; runs beside others of its kind,
    /// whose order the service keeps.
    Append,
    /// Waits for everything before it, and everything after waits for it.
    Alone,
}

/// What [`Service::call`] gives.
pub enum Reply {
    /// The answer is there.
    Ready(Answer),
    /// The answer will come. Polled on the connection's task, so it must not block; polled at least
    /// once before the next quest begins, and always to its end, even when the connection is lost.
    /// Must not wait for the peer's answer to a quest of ours: that answer may stand behind a quest
    /// that waits for this one.
    Later(Pin<Box<dyn Future<Output = Answer> + Send>>),
    /// The payload can not be decoded: close the connection without an answer.
    Close,
}

impl Reply {
    /// The answer will be what `answer` gives.
    pub fn later(answer: impl Future<Output = Answer> + Send + 'static) -> Self {
        Self::Later(Box::pin(answer))
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Ready(answer)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::Ready(Err(refusal))
    }
}

/// One connection as its service sees it.
pub struct Peer<State> {
    /// The way to send quests to the peer, and what is known about it.
    pub connection: Connection,
    /// What the service keeps about it.
    pub state: State,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    /// The peer closed it.
    #[error("closed by the peer")]
    ByPeer,
    /// [`Connection::close`] or [`Connection::abort`] was called.
    #[error("closed by us")]
    ByUs,
    /// The server stops.
    #[error("the server is stopping")]
    Stopping,
    /// What came can not be FPNN.
    #[error("malformed input: {0}")]
    Malformed(#[from] WireError),
    /// What came can not be a WebSocket that carries FPNN.
    #[error("broken WebSocket: {0}")]
    WebSocket(&'static str),
    /// The service gave [`Reply::Close`].
    #[error("undecodable payload of a quest")]
    Undecodable,
    /// `*key` where it is not allowed, or one that makes no sense.
    #[error("refused key exchange")]
    KeyExchange,
    /// TLS could not be agreed on.
    #[error("failed TLS handshake")]
    Tls,
    /// No package in either direction for
    /// [`Limits::idle_timeout`](crate::transport::Limits::idle_timeout).
    #[error("idle for too long")]
    Idle,
    /// Not trusted within [`Stranger`](crate::transport::Stranger).
    #[error("it did not prove itself in time")]
    Stranger,
    /// A package stayed incomplete for too long.
    #[error("a package was not completed in time")]
    SlowSender,
    /// The peer did not take what was written for it.
    #[error("the peer does not read fast enough")]
    SlowReader,
    /// Probes stayed unanswered; see [`Keepalive`](crate::transport::Keepalive).
    #[error("the peer does not answer probes")]
    Dead,
    /// The socket failed.
    #[error("connection lost: {0}")]
    Lost(#[from] std::io::Error),
}
