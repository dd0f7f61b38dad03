//! The gate that RTM's client SDKs speak to. A connection logs in with `auth`, and acts for that user until it
//! logs out or ends. Source: RTM client gate.

mod auth;
mod dispatch;
mod fetched;
mod history;
mod outlet;
mod quests;
mod room;
mod session;
mod unread;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use halloo_core::Core;
use halloo_core::apps::App;
use halloo_core::messages::{Conversation, Lane, Message, Sender};
use halloo_core::sessions::{CloseReason, Session};
use halloo_core::users::{Actor, Uid};
use halloo_fpnn::transport::{Closed, Connection, Order, Peer, Reply, Service};
use halloo_fpnn::{Fields, Quest, Refusal};
use metrics::Gauge;
use tracing::debug;

use crate::CONNECTIONS;
use crate::call::{self, Caller};
use crate::content::Bodies;
use crate::error::{codes, refusal};
use crate::table::Table;
use fetched::Fetched;
use quests::{Handler, QUESTS};

const SESSIONS: &str = "halloo_rtm_sessions";

/// Settings of the gate.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `host:port` that clients are sent to; `None`: the address at which they reached us, and `port`.
    pub endpoint: Option<Box<str>>,
    /// The port of the gate.
    pub port: u16,
    /// Whether the gate speaks TLS, too.
    pub has_tls: bool,
}

/// Every method of the gate, served or refused.
pub fn methods() -> impl Iterator<Item = &'static str> {
    QUESTS.iter().map(|entry| entry.method)
}

/// The client gate.
pub struct ClientGate {
    core: Arc<Core>,
    settings: Settings,
    quests: Arc<Table<Handler>>,
    connections: Gauge,
    sessions: Gauge,
}

/// What the gate keeps about a connection.
#[derive(Default)]
pub struct State {
    /// Its login. Held for moments only.
    login: Mutex<Option<Client>>,
    /// Logins that were refused.
    refused: AtomicU32,
}

/// A connection that logged in.
#[derive(Clone)]
pub(crate) struct Client {
    app: Arc<App>,
    session: Arc<Session>,
    /// Which form of `getattrs` it understands.
    lists_attributes: bool,
    /// Finds out what it has fetched.
    fetched: Arc<Fetched>,
}

impl Caller for Client {
    const BODIES: Bodies = Bodies::AsText;

    fn subject(call: &Call<'_>) -> Result<Uid, Refusal> {
        Ok(call.caller.session.uid())
    }

    fn actor(&self) -> Actor {
        Actor::User(self.session.user)
    }

    fn author(call: &Call<'_>) -> Result<Uid, Refusal> {
        Self::subject(call)
    }

    fn sender(&self, _: Uid) -> Sender<'_> {
        Sender::Session(&self.session)
    }

    fn lane(&self) -> &Lane {
        self.session.lane()
    }

    /// Nobody sees the messages of two others. SDKs name the receiver, who may be whoever asks.
    fn pair(&self, from: Uid, xid: Uid) -> (Uid, Uid) {
        let own = self.session.uid();
        (own, if xid == own { from } else { xid })
    }

    fn fetched(&self, conversation: Conversation, messages: &[Message], whole: bool) {
        self.fetched.add(conversation, messages, whole);
    }
}

/// A quest of a connection that logged in.
type Call<'a> = call::Call<'a, Client>;

impl State {
    /// Who is logged in, also if the server has ended that session.
    fn login(&self) -> Option<Client> {
        let login = self.login.lock();
        login.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a refused login. Returns how many there were.
    fn refuse(&self) -> u32 {
        self.refused.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn set_login(&self, login: Option<Client>) {
        *self.login.lock().unwrap_or_else(PoisonError::into_inner) = login;
    }
}

impl ClientGate {
    /// A gate in front of `core`.
    pub fn new(core: Arc<Core>, settings: Settings) -> Self {
        Self {
            core,
            settings,
            quests: Arc::new(Table::new(QUESTS, "client")),
            connections: metrics::gauge!(CONNECTIONS, "side" => "client"),
            sessions: metrics::gauge!(SESSIONS),
        }
    }

    /// Answers a quest of a method that is there.
    fn serve<'a>(
        self: &Arc<Self>,
        handler: Handler,
        quest: &'a Quest,
        fields: Fields<'a>,
        peer: &Arc<Peer<State>>,
    ) -> Result<Reply, Refusal> {
        let payload = &quest.payload;
        match handler {
            Handler::Open(handler) => handler(self, quest, &fields, peer),
            Handler::Call(handler) => {
                let client = self.admitted(peer)?;
                let core = Arc::clone(&self.core);
                // As it is now: its settings may have changed since the login.
                let app = core.apps.known_pid(client.app.pid);
                let app = app.unwrap_or_else(|| Arc::clone(&client.app));
                handler(Call::new(core, app, client, fields, payload))
            }
            Handler::Refused(code, text) => {
                self.admitted(peer)?;
                Err(Refusal::new(code, text))
            }
        }
    }

    /// Who asks, if he is logged in and has a call left.
    fn admitted(&self, peer: &Peer<State>) -> Result<Client, Refusal> {
        let client = peer.state.login();
        let client = client.filter(|client| client.session.closed().is_none());
        let client = client.ok_or_else(unauthorised)?;
        let admitted = self.core.sessions.admit(&client.session);
        admitted.map_err(|error| refusal(&error))?;
        Ok(client)
    }
}

impl Service for ClientGate {
    type State = State;

    fn connected(&self, connection: &Connection) -> State {
        self.connections.increment(1);
        debug!("RTM client {} connected", connection.address());
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
            let known = peer.state.login().is_some();
            let unknown = self.quests.unknown(&quest);
            return if known { unknown } else { unauthorised() }.into();
        };
        let reply = self.serve(entry.handler, &quest, fields, peer);
        self.quests.finish(place, reply)
    }

    fn disconnected(&self, peer: &Arc<Peer<State>>, why: &Closed) {
        self.connections.decrement(1);
        if let Some(client) = peer.state.login() {
            self.sessions.decrement(1);
            self.core.sessions.end(&client.session, reason(why));
        }
        let address = peer.connection.address();
        debug!("RTM client {address} disconnected: {why}");
    }
}

/// `ip:port`, in the form of IPv4 where it is one.
fn endpoint(address: SocketAddr) -> String {
    SocketAddr::new(address.ip().to_canonical(), address.port()).to_string()
}

/// What the end of a connection means to its session.
fn reason(why: &Closed) -> CloseReason {
    match why {
        Closed::ByPeer | Closed::ByUs | Closed::Lost(_) => CloseReason::ConnectionLost,
        Closed::Stopping => CloseReason::ShuttingDown,
        Closed::Malformed(_)
        | Closed::Undecodable
        | Closed::KeyExchange
        | Closed::Tls
        | Closed::WebSocket(_) => CloseReason::Malformed,
        Closed::SlowSender | Closed::Idle | Closed::Stranger | Closed::Dead => CloseReason::Silent,
        Closed::SlowReader => CloseReason::SlowReader,
    }
}

/// What anything but a login is told before one.
fn unauthorised() -> Refusal {
    Refusal::new(codes::UNAUTHORISED, "log in first")
}
