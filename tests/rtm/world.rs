//! What every test stands on: a server with one project, and callers who sign their quests.

use std::panic::Location;
use std::sync::Arc;

use bytes::Bytes;
use halloo::config::Config;
use halloo_core::apps::{App, AppId, AppKey, Registration};
use halloo_core::ports::Clock as _;
use halloo_core::sessions::{CloseReason, OutboxEvent, Resource, Session};
use halloo_core::users::Uid;
use halloo_core::{Core, Millis};
use halloo_fpnn::Map;
use halloo_testkit::{ManualClock, TestApp, TestServer};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::values::{Parameters, read};
use crate::wire::Wire;

/// A server with the project that is called.
pub(crate) struct Gate {
    pub(crate) server: Arc<TestServer>,
    pub(crate) app: Arc<App>,
}

/// What signs quests.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) pid: i32,
    pub(crate) secret: String,
}

/// A back end: one connection of one project.
pub(crate) struct Caller<IO = TcpStream> {
    pub(crate) wire: Wire<IO>,
    pub(crate) project: Project,
    clock: Arc<ManualClock>,
    salt: i64,
}

impl Gate {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    pub(crate) async fn start_with(adjust: fn(&mut Config)) -> Self {
        Self::on(TestServer::start_with(adjust).await).await
    }

    async fn on(server: TestServer) -> Self {
        let app = new_app(&server.core, "chat").await;
        let server = Arc::new(server);
        Self { server, app }
    }

    /// Another project on the server of `gate`.
    pub(crate) fn beside(gate: &Self, app: Arc<App>) -> Self {
        let server = Arc::clone(&gate.server);
        Self { server, app }
    }

    /// Stops the server and starts it again on the same data. It has not looked for the project yet.
    pub(crate) async fn restart(self) -> Self {
        let server = Arc::into_inner(self.server).expect("nobody else uses the server");
        Self {
            server: Arc::new(server.restart().await),
            app: self.app,
        }
    }

    /// Another project on the same server.
    pub(crate) async fn other(&self, name: &str) -> Arc<App> {
        new_app(&self.server.core, name).await
    }

    pub(crate) fn core(&self) -> &Core {
        &self.server.core
    }

    pub(crate) fn id(&self) -> AppId {
        self.app.id
    }

    pub(crate) fn now(&self) -> Millis {
        self.server.clock.now()
    }

    /// Moves the clock.
    pub(crate) fn advance_ms(&self, millis: i64) {
        self.server.clock.advance_ms(millis);
    }

    /// A new connection of the project.
    pub(crate) async fn caller(&self) -> Caller {
        self.caller_of(&self.app).await
    }

    /// A new connection of this project.
    pub(crate) async fn caller_of(&self, app: &App) -> Caller {
        let wire = Wire::open(self.server.rtm.server).await;
        self.caller_over(wire, app)
    }

    /// A caller over a connection that is there.
    pub(crate) fn caller_over<IO>(&self, wire: Wire<IO>, app: &App) -> Caller<IO> {
        Caller {
            wire,
            project: Project::of(app),
            clock: Arc::clone(&self.server.clock),
            salt: 0,
        }
    }

    /// The project as REST sees it, with an app token.
    pub(crate) async fn rest(&self) -> TestApp {
        self.server.enter(Arc::clone(&self.app)).await
    }

    /// How many users the project has.
    pub(crate) async fn users(&self) -> u64 {
        let count = self.core().apps.user_count(&self.app).await;
        count.expect("a number")
    }

    /// Opens a session of a user, who is made if he is new.
    pub(crate) async fn session(&self, uid: i64, resource: &str) -> Arc<Session> {
        self.session_in(&self.app, uid, resource).await
    }

    /// Opens a session of a user of this app.
    pub(crate) async fn session_in(&self, app: &App, uid: i64, resource: &str) -> Arc<Session> {
        let core = self.core();
        let user = core.users.of_uid_or_new(app.id, Uid(uid)).await;
        let user = user.expect("a user");
        let session = core.open_session(app, &user, device(resource)).await;
        session.expect("he may log in")
    }

    /// Whether a user may log in.
    pub(crate) async fn may_log_in(&self, uid: i64) -> bool {
        let core = self.core();
        let user = core.users.of_uid_or_new(self.id(), Uid(uid)).await;
        let user = user.expect("a user");
        let opened = core.open_session(&self.app, &user, device("probe")).await;
        opened.map(|session| core.sessions.remove(&session)).is_ok()
    }
}

fn device(id: &str) -> Resource {
    Resource {
        id: id.into(),
        device_uuid: "".into(),
        device_name: "".into(),
    }
}

async fn new_app(core: &Core, name: &str) -> Arc<App> {
    let key = AppKey::new("acme-im", name).expect("a legal key");
    let made = core.apps.create(key, Registration::Authorised).await;
    made.expect("a new app")
}

/// Why a session was closed; `None` while it is open.
pub(crate) async fn end(session: &Session) -> Option<CloseReason> {
    session.outbox.closed()?;
    match session.outbox.next().await {
        OutboxEvent::Closed(reason) => Some(reason),
        OutboxEvent::Frame(frame) => panic!("{frame:?} where the end was expected"),
    }
}

impl Project {
    pub(crate) fn of(app: &App) -> Self {
        Self {
            pid: app.pid,
            secret: app.rtm_secret.reveal().to_owned(),
        }
    }

    /// The signature of a quest; without a time, as older SDKs make it. Source: RTM server gate 1.2.
    pub(crate) fn sign(&self, method: &str, salt: i64, ts: Option<i64>) -> String {
        let (pid, secret) = (self.pid, &self.secret);
        upper_md5(&match ts {
            Some(ts) => format!("{pid}:{secret}:{salt}:{method}:{ts}"),
            None => format!("{pid}:{secret}:{salt}"),
        })
    }

    /// `params` with everything that proves them.
    pub(crate) fn signed(
        &self,
        method: &str,
        params: impl Parameters,
        (salt, ts): (i64, Option<i64>),
    ) -> Map {
        let map = params
            .into_map()
            .integer("pid", self.pid.into())
            .text("sign", &self.sign(method, salt, ts))
            .integer("salt", salt);
        match ts {
            Some(ts) => map.integer("ts", ts),
            None => map,
        }
    }
}

fn upper_md5(text: &str) -> String {
    let digest = <[u8; 16]>::from(Md5::digest(text.as_bytes()));
    format!("{:032X}", u128::from_be_bytes(digest))
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Caller<IO> {
    /// The clock of the server in seconds.
    pub(crate) fn seconds(&self) -> i64 {
        self.clock.now().0.div_euclid(1000)
    }

    /// The payload of a signed quest.
    pub(crate) fn payload(&mut self, method: &str, params: impl Parameters) -> Bytes {
        self.salt += 1;
        let proof = (self.salt, Some(self.seconds()));
        self.project.signed(method, params, proof).finish()
    }

    /// Lays out a quest. Returns its number.
    pub(crate) fn ask(&mut self, method: &str, params: impl Parameters) -> u32 {
        let payload = self.payload(method, params);
        self.wire.ask(method, payload)
    }

    /// Lays out a quest that wants no answer.
    pub(crate) fn tell(&mut self, method: &str, params: impl Parameters) {
        let payload = self.payload(method, params);
        self.wire.tell(method, payload);
    }

    /// What the quest with this number is answered: the fields, or `code` of a refusal.
    pub(crate) async fn answer(&mut self, sequence: u32) -> Result<Value, u32> {
        match self.wire.answer(sequence).await {
            Ok(payload) => Ok(read(&payload)),
            Err(refusal) => {
                assert!(!refusal.text.is_empty(), "a refusal says why");
                Err(refusal.code)
            }
        }
    }

    /// Asks and waits for the answer.
    pub(crate) async fn call(
        &mut self,
        method: &str,
        params: impl Parameters,
    ) -> Result<Value, u32> {
        let sequence = self.ask(method, params);
        self.answer(sequence).await
    }

    /// Asks for a change, which is answered by nothing.
    #[track_caller]
    pub(crate) fn done(
        &mut self,
        method: &str,
        params: impl Parameters,
    ) -> impl Future<Output = ()> {
        let (sequence, at) = (self.ask(method, params), Location::caller());
        let method = method.to_owned();
        async move {
            let answer = self.answer(sequence).await;
            assert_eq!(answer, Ok(json!({})), "{method} at {at}");
        }
    }

    /// Asks for one field.
    #[track_caller]
    pub(crate) fn field(
        &mut self,
        method: &str,
        params: impl Parameters,
        field: &str,
    ) -> impl Future<Output = Value> {
        let (sequence, at) = (self.ask(method, params), Location::caller());
        let (method, field) = (method.to_owned(), field.to_owned());
        async move {
            let answer = self.answer(sequence).await;
            let found = answer.as_ref().ok().and_then(|answer| answer.get(&field));
            found
                .unwrap_or_else(|| panic!("{method} at {at}: no {field} in {answer:?}"))
                .clone()
        }
    }

    /// Asks for one yes or no.
    #[track_caller]
    pub(crate) fn holds(
        &mut self,
        method: &str,
        params: impl Parameters,
    ) -> impl Future<Output = bool> {
        let answer = self.field(method, params, "ok");
        async move { answer.await.as_bool().expect("true or false") }
    }
}
