//! The one connection of a client: made when it is needed, and again when it is lost.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use halloo_fpnn::transport::{Awaiting, Connection};
use halloo_fpnn::{Method, codes};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

use crate::QuestError;
use crate::backoff::Backoff;
use crate::callbacks::Callbacks;

/// After a failed attempt no call starts another one for so long.
const CALM: Duration = Duration::from_secs(1);
/// Calls that wait for a connection.
const MAX_QUEUED: usize = 10_000;
/// Stands in for "never" where a timeout reaches beyond what the clock can say.
const FAR: Duration = Duration::from_hours(24 * 365);

/// A connection in the making.
pub(crate) type Connecting = Pin<Box<dyn Future<Output = io::Result<Connection>> + Send>>;
/// Begins to make a connection whose task belongs to the given tracker.
pub(crate) type Connect = Box<dyn Fn(TaskTracker) -> Connecting + Send + Sync>;

/// What the owner of the client wants to be told.
#[derive(Clone, Default)]
pub(crate) struct Events {
    pub(crate) connected: Option<Arc<OnConnected>>,
    pub(crate) closed: Option<Arc<OnClosed>>,
}

type OnConnected = dyn Fn(SocketAddr) + Send + Sync;
type OnClosed = dyn Fn(SocketAddr, &str) + Send + Sync;

pub(crate) struct Link {
    connect: Connect,
    auto_reconnect: bool,
    events: Events,
    /// A call was put into the queue.
    called: Notify,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Held for moments only; the locks inside of a connection come after it.
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    /// Calls that wait for the attempt to connect, in the order in which they take effect.
    queue: VecDeque<Queued>,
    io: Option<Handle>,
    callbacks: Option<Callbacks>,
}

enum Phase {
    /// Nobody keeps a connection.
    Idle,
    /// An attempt is under way, or about to be.
    Connecting,
    Connected(Connection),
    /// Between two attempts.
    Pausing {
        since: Instant,
    },
    Closed,
}

struct Queued {
    method: Method,
    payload: Bytes,
    deadline: Instant,
    sent: oneshot::Sender<Result<Awaiting, QuestError>>,
}

/// A call on its way.
pub(crate) enum Sending {
    Sent(Awaiting),
    Queued(oneshot::Receiver<Result<Awaiting, QuestError>>),
    Failed(QuestError),
}

impl Link {
    pub(crate) fn new(connect: Connect, auto_reconnect: bool, events: Events) -> Arc<Self> {
        Arc::new(Self {
            connect,
            auto_reconnect,
            events,
            called: Notify::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            state: Mutex::new(State {
                phase: Phase::Idle,
                queue: VecDeque::new(),
                io: None,
                callbacks: None,
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a quest, or has it wait for the attempt to connect.
    pub(crate) fn send(
        self: &Arc<Self>,
        method: Method,
        payload: Bytes,
        timeout: Duration,
    ) -> Sending {
        let mut state = self.state();
        match &state.phase {
            Phase::Connected(connection) if !connection.is_closed() => {
                return Sending::Sent(connection.quest(method, payload, timeout));
            }
            Phase::Closed => return Sending::Failed(QuestError::closed()),
            Phase::Pausing { since } if since.elapsed() < CALM => {
                return Sending::Failed(unconnected("the last attempt has just failed"));
            }
            Phase::Idle => {
                if let Err(error) = self.begin(&mut state) {
                    return Sending::Failed(unconnected(&error.to_string()));
                }
            }
            Phase::Connecting | Phase::Connected(_) | Phase::Pausing { .. } => {}
        }
        if state.queue.len() >= MAX_QUEUED {
            let text = "too many calls wait for a connection";
            return Sending::Failed(QuestError::new(codes::QUEUE_FULL, text));
        }
        let now = Instant::now();
        let (sent, receiver) = oneshot::channel();
        state.queue.push_back(Queued {
            method,
            payload,
            deadline: now.checked_add(timeout).unwrap_or(now + FAR),
            sent,
        });
        drop(state);
        self.called.notify_one();
        Sending::Queued(receiver)
    }

    /// Has the connection kept from now on.
    fn begin(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        let io = match &state.io {
            Some(io) => io.clone(),
            None => state.io.insert(self.start_thread()?).clone(),
        };
        state.phase = Phase::Connecting;
        self.tasks.spawn_on(Arc::clone(self).keep(), &io);
        Ok(())
    }

    /// Starts the thread that drives the connection. It ends with the last task after `stop`.
    fn start_thread(&self) -> io::Result<Handle> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, tasks) = (self.stop.clone(), self.tasks.clone());
        let thread = std::thread::Builder::new().name("halloo-io".to_owned());
        thread.spawn(move || {
            runtime.block_on(async {
                stop.cancelled().await;
                tasks.close();
                tasks.wait().await;
            });
        })?;
        Ok(handle)
    }

    /// The thread for callbacks.
    pub(crate) fn callbacks(&self) -> io::Result<Callbacks> {
        let mut state = self.state();
        Ok(match &state.callbacks {
            Some(callbacks) => callbacks.clone(),
            None => state.callbacks.insert(Callbacks::start()?).clone(),
        })
    }

    /// Runs `task` beside the connection; drops it where there is no thread for it.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(io) = &self.state().io {
            self.tasks.spawn_on(task, io);
        }
    }

    /// Ends the connection for good. What waits fails with 20002.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if let Phase::Connected(connection) = &state.phase {
            connection.close();
        }
        state.phase = Phase::Closed;
        let queue = std::mem::take(&mut state.queue);
        drop(state);
        fail(queue, &QuestError::closed());
        self.stop.cancel();
    }

    async fn keep(self: Arc<Self>) {
        let mut backoff = Backoff::default();
        while let Some(attempt) = self.attempt().await {
            let mut lived = Duration::ZERO;
            match attempt {
                Ok(connection) => {
                    let since = Instant::now();
                    if !self.established(&connection) {
                        return;
                    }
                    let why = connection.closed().await;
                    lived = since.elapsed();
                    self.lost(&connection, why.to_string());
                }
                Err(error) => {
                    info!("No connection could be made: {error}");
                    self.fail_queued(&unconnected(&error.to_string()));
                }
            }
            if !self.pause(backoff.after(lived)).await {
                return;
            }
        }
    }

    /// One attempt to connect; `None` when the client was closed meanwhile.
    async fn attempt(&self) -> Option<io::Result<Connection>> {
        let mut connecting = (self.connect)(self.tasks.clone());
        loop {
            let deadline = self.expire().unwrap_or_else(|| Instant::now() + FAR);
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                attempt = &mut connecting => return Some(attempt),
                () = tokio::time::sleep_until(deadline) => {}
                () = self.called.notified() => {}
            }
        }
    }

    /// Fails the calls that have waited for too long; the first deadline of the others.
    fn expire(&self) -> Option<Instant> {
        let mut state = self.state();
        let now = Instant::now();
        let (late, rest) = std::mem::take(&mut state.queue)
            .into_iter()
            .partition(|queued| queued.deadline <= now);
        state.queue = rest;
        let first = state.queue.iter().map(|queued| queued.deadline).min();
        drop(state);
        fail(late, &QuestError::late());
        first
    }

    /// Sends what waited, before anything else gets to the connection. False when the client was
    /// closed meanwhile.
    fn established(&self, connection: &Connection) -> bool {
        let mut state = self.state();
        if matches!(state.phase, Phase::Closed) {
            connection.close();
            return false;
        }
        let now = Instant::now();
        for queued in state.queue.drain(..) {
            let timeout = queued.deadline.saturating_duration_since(now);
            let awaiting = connection.quest(queued.method, queued.payload, timeout);
            let _ = queued.sent.send(Ok(awaiting));
        }
        state.phase = Phase::Connected(connection.clone());
        drop(state);
        if let Some(connected) = self.events.connected.clone() {
            let address = connection.address();
            self.tell(move || connected(address));
        }
        true
    }

    fn lost(&self, connection: &Connection, why: String) {
        if let Some(closed) = self.events.closed.clone() {
            let address = connection.address();
            self.tell(move || closed(address, &why));
        }
    }

    fn tell(&self, event: impl FnOnce() + Send + 'static) {
        if let Ok(callbacks) = self.callbacks() {
            callbacks.run(event);
        }
    }

    fn fail_queued(&self, error: &QuestError) {
        let queue = std::mem::take(&mut self.state().queue);
        fail(queue, error);
    }

    /// Waits until it is time for the next attempt. False when there is to be none.
    async fn pause(&self, pause: Duration) -> bool {
        {
            let mut state = self.state();
            state.phase = match &state.phase {
                Phase::Closed => return false,
                _ if !self.auto_reconnect && state.queue.is_empty() => {
                    state.phase = Phase::Idle;
                    return false;
                }
                _ if !self.auto_reconnect || pause.is_zero() => Phase::Connecting,
                _ => Phase::Pausing {
                    since: Instant::now(),
                },
            };
            if matches!(state.phase, Phase::Connecting) {
                return true;
            }
        }
        self.fail_queued(&unconnected("the connection was lost"));
        let end = tokio::time::sleep(pause);
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = &mut end => break,
                () = self.called.notified() => {
                    // It may have been about a call that was sent or has failed since.
                    if !self.state().queue.is_empty() {
                        break;
                    }
                }
            }
        }
        let mut state = self.state();
        if matches!(state.phase, Phase::Closed) {
            return false;
        }
        state.phase = Phase::Connecting;
        true
    }
}

fn unconnected(why: &str) -> QuestError {
    QuestError::new(codes::INVALID_CONNECTION, format!("no connection: {why}"))
}

fn fail(queue: VecDeque<Queued>, error: &QuestError) {
    for queued in queue {
        let _ = queued.sent.send(Err(error.clone()));
    }
}

impl Future for Sending {
    type Output = Result<Bytes, QuestError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut *self {
                Self::Sent(awaiting) => {
                    let answer = ready!(Pin::new(awaiting).poll(context));
                    return Poll::Ready(answer.map_err(QuestError::from));
                }
                Self::Queued(receiver) => match ready!(Pin::new(receiver).poll(context)) {
                    Ok(Ok(awaiting)) => *self = Self::Sent(awaiting),
                    Ok(Err(error)) => return Poll::Ready(Err(error)),
                    Err(_) => return Poll::Ready(Err(QuestError::closed())),
                },
                Self::Failed(error) => return Poll::Ready(Err(error.clone())),
            }
        }
    }
}
