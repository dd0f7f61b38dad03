//! The gate that RTM's server SDKs speak to. Every quest carries its own proof; a connection has no
//! identity. Source: RTM server gate.

mod listen;
mod message;
mod quests;
mod signature;
mod token;
mod user;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use halloo_core::Core;
use halloo_core::apps::{App, RateClass};
use halloo_core::messages::{Lane, Sender};
use halloo_core::users::{Actor, Uid};
use halloo_fpnn::transport::{Closed, Connection, Order, Peer, Reply, Service};
use halloo_fpnn::{Answer, Fields, Quest, Refusal};
use metrics::Gauge;
use tokio::sync::Mutex as AsyncMutex;
use tracing::debug;

use crate::CONNECTIONS;
use crate::call::{self, Caller};
use crate::content::Bodies;
use crate::error::{codes, refusal};
use crate::table::Table;
use listen::Listening;
use quests::{Entry, Handler, QUESTS};
use signature::{Replays, Signature};

/// Settings of the gate.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How far a quest's `ts` may be from the present, in seconds; 0: it is not looked at.
    pub time_window_seconds: i64,
    /// Whether a signature is taken only once. Real SDKs repeat theirs.
    pub refuse_replays: bool,
}

/// Every method of the gate, served or refused.
pub fn methods() -> impl Iterator<Item = &'static str> {
    QUESTS.iter().map(|entry| entry.method)
}

/// What the gate keeps about a connection.
#[derive(Default)]
pub struct State {
    /// Keeps the messages in order that come over it, whoever they are from.
    lane: Lane,
    listening: Listening,
    /// Quests whose project is looked up, or that wait behind one: they keep their order.
    looking_up: AtomicUsize,
    turn: AsyncMutex<()>,
}

/// The app's own back end: it may do everything inside the app. It is known by the connection that it uses.
#[derive(Clone)]
pub(crate) struct BackEnd(Arc<Peer<State>>);

impl Caller for BackEnd {
    const BODIES: Bodies = Bodies::AsBytes;

    fn subject(call: &Call<'_>) -> Result<Uid, Refusal> {
        call.uid("uid")
    }

    fn actor(&self) -> Actor {
        Actor::App
    }

    fn author(call: &Call<'_>) -> Result<Uid, Refusal> {
        call.uid("from")
    }

    fn sender(&self, author: Uid) -> Sender<'_> {
        Sender::BackEnd(author)
    }

    fn lane(&self) -> &Lane {
        &self.0.state.lane
    }

    fn pair(&self, from: Uid, xid: Uid) -> (Uid, Uid) {
        (from, xid)
    }
}

/// A quest that proved itself.
type Call<'a> = call::Call<'a, BackEnd>;

/// The server gate.
pub struct ServerGate {
    core: Arc<Core>,
    time_window_seconds: i64,
    replays: Option<Replays>,
    quests: Arc<Table<Handler>>,
    connections: Gauge,
}

impl ServerGate {
    /// A gate in front of `core`.
    pub fn new(core: Arc<Core>, settings: &Settings) -> Self {
        let replays = settings
            .refuse_replays
            .then(|| Replays::new(settings.time_window_seconds));
        Self {
            core,
            time_window_seconds: settings.time_window_seconds,
            replays,
            quests: Arc::new(Table::new(QUESTS, "server")),
            connections: metrics::gauge!(CONNECTIONS, "side" => "server"),
        }
    }

    /// Everything between the project being known and the handler. Source: RTM server gate section 1.3.
    fn admit(&self, app: &App, entry: &Entry, signature: &Signature<'_>) -> Result<(), Refusal> {
        let now = self.core.now();
        if self.time_window_seconds > 0 && !signature.is_recent(now, self.time_window_seconds) {
            return Err(Refusal::new(
                codes::INVALID_SERVER_TIME,
                "ts is too far from the server's time",
            ));
        }
        let digest = signature.check(app, entry.method).ok_or_else(unproven)?;
        if let Some(replays) = &self.replays
            && !replays.is_first(digest, now)
        {
            return Err(Refusal::new(
                codes::SAME_SIGN,
                "this signature was used before",
            ));
        }
        self.core
            .apps
            .admit(app, RateClass::RtmServer)
            .map_err(|error| refusal(&error))
    }

    /// Answers a quest whose project is known.
    fn serve<'a>(
        self: &Arc<Self>,
        entry: &Entry,
        app: Arc<App>,
        signature: &Signature<'_>,
        (payload, fields): (&'a Bytes, Fields<'a>),
        peer: &Arc<Peer<State>>,
    ) -> Result<Reply, Refusal> {
        self.admit(&app, entry, signature)?;
        peer.connection.trust();
        match entry.handler {
            Handler::Call(handler) => {
                let (core, back_end) = (Arc::clone(&self.core), BackEnd(Arc::clone(peer)));
                handler(Call::new(core, app, back_end, fields, payload))
            }
            Handler::Refused(code, text) | Handler::RefusedUnsigned(code, text) => {
                Err(Refusal::new(code, text))
            }
        }
    }

    /// Answers a quest whose project must be looked up first.
    async fn find_app_and_serve(
        self: Arc<Self>,
        entry: &'static Entry,
        quest: Quest,
        peer: Arc<Peer<State>>,
    ) -> Answer {
        let _turn = peer.state.turn.lock().await;
        let Ok(fields) = Fields::parse(&quest.payload) else {
            return Err(unproven());
        };
        let signature = Signature::read(&fields)?;
        let app = self.core.apps.of_pid(signature.pid).await;
        let app = app.map_err(|error| refusal(&error))?.ok_or_else(unproven)?;
        match self.serve(entry, app, &signature, (&quest.payload, fields), &peer)? {
            Reply::Ready(answer) => answer,
            Reply::Later(answer) => answer.await,
            Reply::Close => Err(unproven()),
        }
    }
}

impl Service for ServerGate {
    type State = State;

    fn connected(&self, connection: &Connection) -> State {
        self.connections.increment(1);
        debug!("RTM back end {} connected", connection.address());
        State::default()
    }

    fn order(&self, quest: &Quest) -> Order {
        self.quests.order(quest)
    }

    fn call(self: &Arc<Self>, quest: Quest, peer: &Arc<Peer<State>>) -> Reply {
        let Ok(fields) = Fields::parse(&quest.payload) else {
            return Reply::Close;
        };
        let Some((place, entry)) = self.quests.find(&quest) else {
            return self.quests.unknown(&quest).into();
        };
        if let Handler::RefusedUnsigned(code, text) = entry.handler {
            return self.quests.finish(place, Err(Refusal::new(code, text)));
        }
        let reply = Signature::read(&fields).and_then(|signature| {
            let looking_up = &peer.state.looking_up;
            if looking_up.load(Ordering::Relaxed) == 0
                && let Some(app) = self.core.apps.known_pid(signature.pid)
            {
                return self.serve(entry, app, &signature, (&quest.payload, fields), peer);
            }
            let (gate, peer) = (Arc::clone(self), Arc::clone(peer));
            let (quest, looking_up) = (quest.clone(), LookingUp::begin(&peer));
            Ok(Reply::later(async move {
                let _looking_up = looking_up;
                gate.find_app_and_serve(entry, quest, peer).await
            }))
        });
        self.quests.finish(place, reply)
    }

    fn disconnected(&self, peer: &Arc<Peer<State>>, why: &Closed) {
        self.connections.decrement(1);
        peer.state.listening.end(&self.core);
        debug!(
            "RTM back end {} disconnected: {why}",
            peer.connection.address()
        );
    }
}

/// One quest whose project is looked up.
struct LookingUp(Arc<Peer<State>>);

impl LookingUp {
    fn begin(peer: &Arc<Peer<State>>) -> Self {
        peer.state.looking_up.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(peer))
    }
}

impl Drop for LookingUp {
    fn drop(&mut self) {
        self.0.state.looking_up.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One answer for an unknown project and a wrong signature.
fn unproven() -> Refusal {
    Refusal::new(codes::INVALID_SIGN, "unknown project or wrong signature")
}
