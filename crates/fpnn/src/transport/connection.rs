//! The handle to a connection.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::transport::waiting::Taker;
use crate::transport::{Closed, Limits};
use crate::{Answer, Method, Refusal, codes};

/// Stands in for "never" where a timeout reaches beyond what the clock can say.
const FAR: Duration = Duration::from_hours(24 * 365);
/// Bytes that a quest takes in the queue beside its method and payload.
const QUEST_OVERHEAD: usize = 128;

/// The way to send quests on a connection, for its server as for its client. Cheap to clone; the
/// connection does not end with its handles.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

/// Which way a connection came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) address: SocketAddr,
    pub(super) local_address: Option<SocketAddr>,
    pub(super) tls: bool,
    pub(super) websocket: bool,
}

/// What handles share with the task that drives the connection.
pub(super) struct Shared {
    route: Route,
    encrypted: AtomicBool,
    trusted: AtomicBool,
    wants_probes: AtomicBool,
    max_queued_bytes: usize,
    close_when_full: bool,
    /// Bytes of quests that were not yet laid out for writing.
    queued_bytes: AtomicUsize,
    /// The task of the connection.
    task: AtomicWaker,
    /// What the task has to do next. Held for moments only, and no other lock beside it.
    orders: Mutex<Orders>,
    over: Notify,
}

#[derive(Default)]
struct Orders {
    quests: VecDeque<Outgoing>,
    ending: Ending,
    /// When it is to end gracefully, if nothing else ends it before.
    close_at: Option<Instant>,
    /// Why it ended, once it has.
    over: Option<Arc<Closed>>,
}

impl Orders {
    fn is_ending(&self) -> bool {
        self.over.is_some() || self.ending != Ending::No
    }
}

/// How handles want the connection to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    #[default]
    No,
    /// After everything that was received or queued.
    Graceful,
    /// At once.
    Abort,
    /// At once: the queue was full.
    SlowReader,
}

/// A quest that waits to be written.
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) payload: Bytes,
    /// Absent in one-way quests.
    pub(super) answer: Option<(Taker, Instant)>,
}

/// What a quest counts in the queue, in bytes.
pub(super) fn weight(method: &Method, payload: &Bytes) -> usize {
    QUEST_OVERHEAD + method.as_bytes().len() + payload.len()
}

impl Connection {
    pub(super) fn new(route: Route, limits: &Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                route,
                encrypted: AtomicBool::new(false),
                trusted: AtomicBool::new(false),
                wants_probes: AtomicBool::new(false),
                max_queued_bytes: limits.max_queued_bytes,
                close_when_full: limits.close_when_full,
                queued_bytes: AtomicUsize::new(0),
                task: AtomicWaker::new(),
                orders: Mutex::default(),
                over: Notify::new(),
            }),
        }
    }

    /// Sends a two-way quest, at once and without being awaited. `payload` is a `MessagePack` map;
    /// see [`Map`](crate::Map). The answer is a refusal with code 20003 when none came within
    /// `timeout`, 20002 when the connection ended before, 20011 when too much is waiting to be
    /// written.
    pub fn quest(&self, method: Method, payload: Bytes, timeout: Duration) -> Awaiting {
        let (sender, receiver) = oneshot::channel();
        let take = move |outcome: Result<Answer, Refusal>| {
            let _ = sender.send(outcome.unwrap_or_else(Err));
        };
        self.quest_then(method, payload, timeout, take);
        Awaiting(receiver)
    }

    /// As [`quest`](Self::quest), for what shall be done with the answer without a task that waits for it.
    ///
    /// `then` is called once: with the answer of the peer, which may say no, or with the refusal when none
    /// came, whose codes are those of [`quest`](Self::quest). That happens on the task of the connection, or
    /// before this returns where the quest can not even be queued. It must not block, and a panic in it ends
    /// the connection.
    pub fn quest_then(
        &self,
        method: Method,
        payload: Bytes,
        timeout: Duration,
        then: impl FnOnce(Result<Answer, Refusal>) + Send + 'static,
    ) {
        let deadline = far(Instant::now(), timeout);
        let quest = Outgoing {
            method,
            payload,
            answer: Some((Taker::new(then), deadline)),
        };
        // A refusal goes the way of the answer.
        let _ = self.queue(quest);
    }

    /// Sends a quest that is never answered.
    /// # Errors
    /// 20002 when the connection has ended, 20011 when too much is waiting to be written. Success
    /// means queued, not received.
    pub fn one_way(&self, method: Method, payload: Bytes) -> Result<(), Refusal> {
        let quest = Outgoing {
            method,
            payload,
            answer: None,
        };
        self.queue(quest)
    }

    fn queue(&self, quest: Outgoing) -> Result<(), Refusal> {
        let shared = &self.shared;
        let weight = weight(&quest.method, &quest.payload);
        let mut orders = shared.orders();
        let queued = shared.queued_bytes.load(Ordering::Relaxed);
        let refusal = if orders.is_ending() {
            closed()
        } else if queued > 0 && queued.saturating_add(weight) > shared.max_queued_bytes {
            // A quest that alone is over the limit may pass through an empty queue.
            if shared.close_when_full {
                orders.ending = Ending::SlowReader;
            }
            Refusal::new(codes::QUEUE_FULL, "too many quests wait to be sent")
        } else {
            shared.queued_bytes.fetch_add(weight, Ordering::Relaxed);
            orders.quests.push_back(quest);
            drop(orders);
            shared.task.wake();
            return Ok(());
        };
        drop(orders);
        shared.task.wake();
        if let Some((taker, _)) = quest.answer {
            taker.take(Err(refusal.clone()));
        }
        Err(refusal)
    }

    /// Closes the connection gracefully: reads no more, answers what was read, sends what is
    /// queued. Quests of ours that are still unanswered fail with 20002.
    pub fn close(&self) {
        self.shared.end_with(Ending::Graceful);
    }

    /// Closes the connection at once.
    pub fn abort(&self) {
        self.shared.end_with(Ending::Abort);
    }

    /// Lets the connection go on for `grace`, in which what is queued is sent and quests are
    /// answered, and then closes it gracefully. The earliest such moment counts.
    pub fn close_after(&self, grace: Duration) {
        let at = far(Instant::now(), grace);
        let mut orders = self.shared.orders();
        orders.close_at = Some(orders.close_at.map_or(at, |earlier| earlier.min(at)));
        drop(orders);
        self.shared.task.wake();
    }

    /// Waits until the connection has ended, and says why it did.
    pub async fn closed(&self) -> Arc<Closed> {
        loop {
            let over = self.shared.over.notified();
            tokio::pin!(over);
            over.as_mut().enable();
            if let Some(why) = &self.shared.orders().over {
                return Arc::clone(why);
            }
            over.await;
        }
    }

    /// Whether the connection has ended or is about to.
    pub fn is_closed(&self) -> bool {
        self.shared.orders().is_ending()
    }

    /// The peer's address.
    pub fn address(&self) -> SocketAddr {
        self.shared.route.address
    }

    /// Our address as the peer reached it; `None` where the stream is not a socket of ours.
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.shared.route.local_address
    }

    /// Whether every package is a message of a WebSocket.
    pub fn is_websocket(&self) -> bool {
        self.shared.route.websocket
    }

    /// Whether it runs inside TLS.
    pub fn is_tls(&self) -> bool {
        self.shared.route.tls
    }

    /// Whether a key was exchanged, so that frames are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.shared.encrypted.load(Ordering::Relaxed)
    }

    /// Lifts the bounds of [`Stranger`](crate::transport::Stranger): the peer has proved who it is.
    pub fn trust(&self) {
        if !self.shared.trusted.swap(true, Ordering::Relaxed) {
            self.shared.task.wake();
        }
    }

    /// Takes [`trust`](Self::trust) back: the bounds of [`Stranger`](crate::transport::Stranger) hold
    /// again, and its time counts from now.
    pub fn distrust(&self) {
        if self.shared.trusted.swap(false, Ordering::Relaxed) {
            self.shared.task.wake();
        }
    }

    /// Has the peer probed from now on, where [`Keepalive::on_request`](crate::transport::Keepalive) leaves it
    /// to the service.
    pub fn ask_for_probes(&self) {
        if !self.shared.wants_probes.swap(true, Ordering::Relaxed) {
            self.shared.task.wake();
        }
    }

    /// Whether the peer is trusted: [`trust`](Self::trust) was called, and not taken back.
    pub fn is_trusted(&self) -> bool {
        self.shared.trusted.load(Ordering::Relaxed)
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

/// The end of `timeout`, or as late as can be said.
pub(super) fn far(now: Instant, timeout: Duration) -> Instant {
    now.checked_add(timeout).unwrap_or(now + FAR)
}

pub(super) fn closed() -> Refusal {
    Refusal::new(codes::CONNECTION_CLOSED, "connection closed")
}

impl Shared {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_with(&self, ending: Ending) {
        let mut orders = self.orders();
        orders.ending = orders.ending.max(ending);
        drop(orders);
        self.task.wake();
    }

    pub(super) fn wants_probes(&self) -> bool {
        self.wants_probes.load(Ordering::Relaxed)
    }

    pub(super) fn set_encrypted(&self) {
        self.encrypted.store(true, Ordering::Relaxed);
    }

    /// Has `waker` called for every new order from now on.
    pub(super) fn register(&self, waker: &Waker) {
        self.task.register(waker);
    }

    /// Wakes the task of the connection.
    pub(super) fn wake(&self) {
        self.task.wake();
    }

    /// Gives every queued quest to `take`, and says how the connection is to end, and when at the
    /// latest.
    pub(super) fn take(&self, take: impl FnMut(Outgoing)) -> (Ending, Option<Instant>) {
        let mut orders = self.orders();
        if orders.quests.is_empty() {
            // A queue that once was long shall not keep its memory.
            orders.quests = VecDeque::new();
        } else {
            orders.quests.drain(..).for_each(take);
        }
        (orders.ending, orders.close_at)
    }

    /// A taken quest was laid out for writing, or dropped.
    pub(super) fn unqueued(&self, weight: usize) {
        self.queued_bytes.fetch_sub(weight, Ordering::Relaxed);
    }

    /// Refuses further quests and fails those in the queue.
    pub(super) fn refuse(&self) {
        let mut orders = self.orders();
        orders.ending = orders.ending.max(Ending::Graceful);
        // Dropped outside the lock: whoever waits for their answers is told by that.
        let quests = std::mem::take(&mut orders.quests);
        drop(orders);
        drop(quests);
    }

    /// The connection has ended.
    pub(super) fn finish(&self, why: Arc<Closed>) {
        self.refuse();
        self.orders().over = Some(why);
        self.over.notify_waiters();
    }
}

/// The answer to a quest of ours, to be awaited. Dropping it drops the answer, not the quest.
pub struct Awaiting(oneshot::Receiver<Answer>);

impl Future for Awaiting {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        let received = std::task::ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(received.unwrap_or_else(|_| Err(closed())))
    }
}
