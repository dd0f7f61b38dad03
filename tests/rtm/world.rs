//! What every test stands on: a server with one project, and callers who sign their quests.

use std::sync::Arc;

use halloo::config::Config;
use halloo_core::apps::{App, AppId, AppKey, Registration};
use halloo_core::ports::Clock as _;
use halloo_core::sessions::{CloseReason, Session};
use halloo_core::users::Uid;
use halloo_core::{Core, Millis};
pub(crate) use halloo_testkit::rtm::Caller;
use halloo_testkit::rtm::{Project, Wire};
use halloo_testkit::{TestApp, TestServer, device, open_session};
use tokio::io::{AsyncRead, AsyncWrite};

/// A server with the project that is called.
pub(crate) struct Gate {
    pub(crate) server: Arc<TestServer>,
    pub(crate) app: Arc<App>,
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
    pub(crate) fn caller_over<IO: AsyncRead + AsyncWrite + Unpin>(
        &self,
        wire: Wire<IO>,
        app: &App,
    ) -> Caller<IO> {
        Caller::over(wire, Project::of(app), Arc::clone(&self.server.clock))
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
        let session = open_session(core, app, &user, device(resource, "", "")).await;
        session.expect("he may log in")
    }

    /// Ends a session as its client would.
    pub(crate) fn log_out(&self, session: &Session) {
        self.core().sessions.end(session, CloseReason::LoggedOut);
    }

    /// Whether a user may log in.
    pub(crate) async fn may_log_in(&self, uid: i64) -> bool {
        let core = self.core();
        let user = core.users.of_uid_or_new(self.id(), Uid(uid)).await;
        let user = user.expect("a user");
        let opened = open_session(core, &self.app, &user, device("probe", "", "")).await;
        opened.map(|session| self.log_out(&session)).is_ok()
    }
}

async fn new_app(core: &Core, name: &str) -> Arc<App> {
    let key = AppKey::new("acme-im", name).expect("a legal key");
    let made = core.apps.create(key, Registration::Authorised).await;
    made.expect("a new app")
}

/// Why a session was closed; `None` while it is open.
pub(crate) fn end(session: &Session) -> Option<CloseReason> {
    session.closed()
}
