//! What every test stands on: a server with one project, its clients, its back end, its REST API.

use std::sync::Arc;

use halloo::config::Config;
use halloo_core::apps::{App, AppId, AppKey, Registration};
use halloo_core::{Core, Millis, ports::Clock as _};
use halloo_testkit::rtm::{Caller, Parameters, Project, Push, RtmClient, Wire, sorted};
use halloo_testkit::{TestApp, TestServer};
use serde_json::{Value, json};

/// A server with the project that clients log in to.
pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) app: Arc<App>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    pub(crate) async fn start_with(adjust: fn(&mut Config)) -> Self {
        let server = TestServer::start_with(adjust).await;
        let app = new_app(&server.core, "chat").await;
        Self { server, app }
    }

    /// Stops the server and starts it again on the same data, at other ports.
    pub(crate) async fn restart(self) -> Self {
        let server = self.server.restart().await;
        Self { server, ..self }
    }

    /// Another project on the same server.
    pub(crate) async fn other(&self) -> Arc<App> {
        new_app(&self.server.core, "other").await
    }

    pub(crate) fn core(&self) -> &Core {
        &self.server.core
    }

    pub(crate) fn id(&self) -> AppId {
        self.app.id
    }

    pub(crate) fn key(&self) -> &AppKey {
        &self.app.key
    }

    pub(crate) fn now(&self) -> Millis {
        self.server.clock.now()
    }

    /// The clock in seconds, as whoever signs a login reads it.
    pub(crate) fn seconds(&self) -> i64 {
        self.now().0.div_euclid(1000)
    }

    pub(crate) fn advance_ms(&self, millis: i64) {
        self.server.clock.advance_ms(millis);
    }

    /// The project with the secret that it has now.
    pub(crate) async fn project(&self) -> Project {
        let app = self.core().apps.of_pid(self.app.pid).await;
        Project::of(&app.expect("a store").expect("the project"))
    }

    /// The project's back end at the server gate.
    pub(crate) async fn back_end(&self) -> Caller {
        self.back_end_of(self.project().await).await
    }

    /// The back end of another project.
    pub(crate) async fn back_end_of(&self, project: Project) -> Caller {
        let wire = Wire::open(self.server.rtm.server).await;
        Caller::over(wire, project, Arc::clone(&self.server.clock))
    }

    /// A login token, fetched by the back end.
    pub(crate) async fn token(&self, uid: i64) -> String {
        grant(&mut self.back_end().await, uid).await
    }

    /// A connection that has not logged in.
    pub(crate) async fn stranger(&self) -> RtmClient {
        RtmClient::open(self.server.rtm.client, &Project::of(&self.app)).await
    }

    /// A client that is logged in.
    pub(crate) async fn client(&self, uid: i64) -> RtmClient {
        self.client_with(uid, json!({})).await
    }

    /// A client that is logged in and says which SDK it is.
    pub(crate) async fn client_of(&self, uid: i64, version: &str) -> RtmClient {
        self.client_with(uid, json!({"version": version})).await
    }

    /// A client that is logged in, with more parameters of `auth`.
    pub(crate) async fn client_with(&self, uid: i64, more: Value) -> RtmClient {
        let mut client = self.stranger().await;
        let token = self.token(uid).await;
        let params = more.into_map().integer("uid", uid).text("token", &token);
        assert_eq!(client.log_in_with(params).await, Ok(true), "{uid}");
        client
    }

    /// The project as REST sees it, with an app token.
    pub(crate) async fn rest(&self) -> TestApp {
        self.server.enter(Arc::clone(&self.app)).await
    }

    /// Whether a user is online, as the back end sees it.
    pub(crate) async fn is_online(&self, uid: i64) -> bool {
        let (mut back_end, asked) = (self.back_end().await, json!({"uids": [uid]}));
        let online = back_end.field("getonlineusers", asked, "uids").await;
        online == json!([uid])
    }

    /// How many users the project has.
    pub(crate) async fn users(&self) -> u64 {
        let count = self.core().apps.user_count(&self.app).await;
        count.expect("a number")
    }

    /// Asks until a room has exactly these members: what follows the end of a session may take a moment.
    pub(crate) async fn until_members_are(&self, rid: i64, expected: &[i64]) {
        let mut back_end = self.back_end().await;
        let mut last = Vec::new();
        for _ in 0..2000 {
            let asked = json!({"rid": rid});
            last = sorted(&back_end.field("getroommembers", asked, "uids").await);
            if last == expected {
                return;
            }
        }
        assert_eq!(last, expected, "room {rid}");
    }

    /// Asks until a user is offline.
    pub(crate) async fn until_offline(&self, uid: i64) {
        let mut back_end = self.back_end().await;
        for _ in 0..2000 {
            let asked = json!({"uids": [uid]});
            if back_end.field("getonlineusers", asked, "uids").await == json!([]) {
                return;
            }
        }
        panic!("{uid} is still online");
    }
}

async fn new_app(core: &Core, name: &str) -> Arc<App> {
    let key = AppKey::new("acme-im", name).expect("a legal key");
    let made = core.apps.create(key, Registration::Authorised).await;
    made.expect("a new app")
}

/// A login token, fetched by this back end.
pub(crate) async fn grant(back_end: &mut Caller, uid: i64) -> String {
    let token = back_end.field("gettoken", json!({"uid": uid}), "token");
    token.await.as_str().expect("a text").to_owned()
}

/// `kickout` as it is pushed for this reason; one of them is told.
pub(crate) fn kickout(reason: Option<&str>) -> Push {
    let told = reason.filter(|reason| *reason == "replaced");
    let params = told.map_or(json!({}), |reason| json!({"reason": reason}));
    Push::one_way("kickout", params)
}

/// What clients are asked for most.
pub(crate) trait Ask {
    /// Asks for a change, which is answered by nothing.
    async fn done(&mut self, method: &str, params: Value);

    /// Asks for one field.
    async fn field(&mut self, method: &str, params: Value, field: &str) -> Value;

    /// Asks for a list of ids, whose order nobody promised.
    async fn ids(&mut self, method: &str, params: Value, field: &str) -> Vec<i64>;

    /// Whether it is logged in. `false` also when the server has closed the connection.
    async fn is_logged_in(&mut self) -> bool;
}

impl Ask for RtmClient {
    async fn done(&mut self, method: &str, params: Value) {
        let answer = self.call(method, &params).await;
        assert_eq!(answer, Ok(json!({})), "{method} {params}");
    }

    async fn field(&mut self, method: &str, params: Value, field: &str) -> Value {
        let answer = self.call(method, &params).await;
        let found = answer.as_ref().ok().and_then(|answer| answer.get(field));
        found
            .unwrap_or_else(|| panic!("{method} {params}: no {field} in {answer:?}"))
            .clone()
    }

    async fn ids(&mut self, method: &str, params: Value, field: &str) -> Vec<i64> {
        sorted(&self.field(method, params, field).await)
    }

    async fn is_logged_in(&mut self) -> bool {
        let asked = self.ask("ping", json!({}));
        match self.answer(asked).await {
            Some(Ok(_)) => true,
            Some(Err(code)) => {
                assert_eq!(code, 200_022);
                false
            }
            None => false,
        }
    }
}
