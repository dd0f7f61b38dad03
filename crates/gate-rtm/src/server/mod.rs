//! The gate that RTM's server SDKs speak to. Every quest carries its own proof; a connection has no
//! identity. Source: RTM server gate.

mod call;
mod data;
mod device;
mod friend;
mod group;
mod mute;
mod quests;
mod room;
mod signature;
mod token;
mod user;

use std::collections::HashMap;
use std::sync::Arc;

use halloo_core::Core;
use halloo_core::apps::{App, RateClass};
use halloo_fpnn::transport::{Closed, Connection, Order, Peer, Reply, Service};
use halloo_fpnn::{Answer, Fields, Quest, Refusal, codes as fpnn};
use metrics::{Counter, Gauge};
use tracing::debug;

use crate::error::{codes, refusal};
use call::Call;
use quests::{Entry, Handler, QUESTS};
use signature::{Replays, Signature};

/// Bytes of an answer above which callers are asked to ask for less: what the smallest SDK reads.
/// Source: FPNN section 5.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

const ANSWERED: &str = "halloo_rtm_quests_total";
const CONNECTIONS: &str = "halloo_rtm_connections";

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

/// The server gate.
pub struct ServerGate {
    core: Core,
    time_window_seconds: i64,
    replays: Option<Replays>,
    quests: HashMap<&'static [u8], usize>,
    /// By position in [`QUESTS`].
    metrics: Vec<QuestMetrics>,
    unknown: Counter,
    connections: Gauge,
}

/// How quests of one method ended.
struct QuestMetrics {
    answered: Counter,
    refused: Counter,
}

impl ServerGate {
    /// A gate in front of `core`.
    pub fn new(core: Core, settings: &Settings) -> Self {
        let count = |method: &'static str, outcome: &'static str| metrics::counter!(ANSWERED, "side" => "server", "method" => method, "outcome" => outcome);
        let replays = settings
            .refuse_replays
            .then(|| Replays::new(settings.time_window_seconds));
        Self {
            core,
            time_window_seconds: settings.time_window_seconds,
            replays,
            quests: QUESTS
                .iter()
                .enumerate()
                .map(|(place, entry)| (entry.method.as_bytes(), place))
                .collect(),
            metrics: QUESTS
                .iter()
                .map(|entry| QuestMetrics {
                    answered: count(entry.method, "answered"),
                    refused: count(entry.method, "refused"),
                })
                .collect(),
            unknown: count("unknown", "refused"),
            connections: metrics::gauge!(CONNECTIONS, "side" => "server"),
        }
    }

    fn find(&self, quest: &Quest) -> Option<(usize, &'static Entry)> {
        let place = *self.quests.get(quest.method.as_bytes())?;
        QUESTS.get(place).map(|entry| (place, entry))
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
    fn serve(
        self: &Arc<Self>,
        entry: &Entry,
        app: Arc<App>,
        signature: &Signature<'_>,
        fields: Fields<'_>,
        connection: &Connection,
    ) -> Result<Reply, Refusal> {
        self.admit(&app, entry, signature)?;
        connection.trust();
        match entry.handler {
            Handler::Call(handler) => handler(Call::new(Arc::clone(self), app, fields)),
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
        connection: Connection,
    ) -> Answer {
        let Ok(fields) = Fields::parse(&quest.payload) else {
            return Err(unproven());
        };
        let signature = Signature::read(&fields)?;
        let app = self.core.apps.of_pid(signature.pid).await;
        let app = app.map_err(|error| refusal(&error))?.ok_or_else(unproven)?;
        match self.serve(entry, app, &signature, fields, &connection)? {
            Reply::Ready(answer) => answer,
            Reply::Later(answer) => answer.await,
            Reply::Close => Err(unproven()),
        }
    }

    /// Counts an answer and holds it to its size.
    fn finish(&self, place: usize, answer: Answer) -> Answer {
        let answer = answer.and_then(|payload| {
            if payload.len() > MAX_ANSWER_BYTES {
                return Err(Refusal::new(
                    codes::TOO_MANY_ITEMS,
                    "the answer would be too large; ask for less at a time",
                ));
            }
            Ok(payload)
        });
        if let Some(metrics) = self.metrics.get(place) {
            match &answer {
                Ok(_) => metrics.answered.increment(1),
                Err(_) => metrics.refused.increment(1),
            }
        }
        answer
    }
}

impl Service for ServerGate {
    type State = ();

    fn connected(&self, connection: &Connection) {
        self.connections.increment(1);
        debug!("RTM back end {} connected", connection.address());
    }

    fn order(&self, quest: &Quest) -> Order {
        self.find(quest)
            .map_or(Order::Read, |(_, entry)| entry.order)
    }

    fn call(self: &Arc<Self>, quest: Quest, peer: &Arc<Peer<()>>) -> Reply {
        let Ok(fields) = Fields::parse(&quest.payload) else {
            return Reply::Close;
        };
        let Some((place, entry)) = self.find(&quest) else {
            self.unknown.increment(1);
            return Refusal::new(
                fpnn::UNKNOWN_METHOD,
                format!("there is no method {}", quest.method),
            )
            .into();
        };
        if let Handler::RefusedUnsigned(code, text) = entry.handler {
            return self.finish(place, Err(Refusal::new(code, text))).into();
        }
        let reply = Signature::read(&fields).and_then(|signature| {
            if let Some(app) = self.core.apps.known_pid(signature.pid) {
                return self.serve(entry, app, &signature, fields, &peer.connection);
            }
            let (gate, connection) = (Arc::clone(self), peer.connection.clone());
            let quest = quest.clone();
            Ok(Reply::later(
                gate.find_app_and_serve(entry, quest, connection),
            ))
        });
        match reply {
            Ok(Reply::Ready(answer)) => self.finish(place, answer).into(),
            Ok(Reply::Later(answer)) => {
                let gate = Arc::clone(self);
                Reply::later(async move { gate.finish(place, answer.await) })
            }
            Ok(Reply::Close) => Reply::Close,
            Err(refused) => self.finish(place, Err(refused)).into(),
        }
    }

    fn disconnected(&self, peer: &Arc<Peer<()>>, why: &Closed) {
        self.connections.decrement(1);
        debug!(
            "RTM back end {} disconnected: {why}",
            peer.connection.address()
        );
    }
}

/// One answer for an unknown project and a wrong signature.
fn unproven() -> Refusal {
    Refusal::new(codes::INVALID_SIGN, "unknown project or wrong signature")
}
