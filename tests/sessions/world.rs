//! What the tests stand on: a server with one app, its back end, its REST client, and people who log in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use halloo::config::Config;
use halloo_core::apps::{App, AppKey, Registration, RoomPolicy};
use halloo_core::ports::Clock as _;
use halloo_core::sessions::LoginPolicy;
use halloo_testkit::rtm::{Caller, Project, Push, RtmClient, Wire};
use halloo_testkit::{Client, Reply, TestServer};
use serde_json::{Value, json};

/// After this a test that waits for what never comes fails. Nothing else depends on it.
const PATIENCE: Duration = Duration::from_mins(1);
/// A group that everybody is in.
const EVERYBODY: i64 = 900;

/// No uids.
pub(crate) const NOBODY: [i64; 0] = [];

/// How a client comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Fpnn,
    WebSocket,
}

impl Door {
    pub(crate) const ALL: [Self; 2] = [Self::Fpnn, Self::WebSocket];
}

/// A user with a token.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) uid: i64,
    pub(crate) token: String,
}

/// A server with one app.
pub(crate) struct Place {
    pub(crate) server: TestServer,
    pub(crate) app: Arc<App>,
    pub(crate) back_end: Caller,
    rest: Client,
    rest_token: String,
}

impl Place {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    pub(crate) async fn start_with(adjust: fn(&mut Config)) -> Self {
        let server = TestServer::start_with(adjust).await;
        let app = server
            .app("acme-im", "chat", Registration::Authorised)
            .await
            .app;
        Self::on(server, app).await
    }

    /// Another app of the same server, with doors of its own.
    pub(crate) async fn move_to_app(self, name: &str) -> Self {
        let key = AppKey::new("acme-im", name).expect("a legal key");
        let app = self.server.core.apps.create(key, Registration::Authorised);
        let app = app.await.expect("a new app");
        Self::on(self.server, app).await
    }

    async fn on(server: TestServer, app: Arc<App>) -> Self {
        let entered = server.enter(Arc::clone(&app)).await;
        let wire = Wire::open(server.rtm.server).await;
        let clock = Arc::clone(&server.clock);
        let back_end = Caller::over(wire, Project::of(&app), clock);
        Self {
            rest: server.client(),
            rest_token: entered.token,
            back_end,
            app,
            server,
        }
    }

    /// Stops the server politely and starts it again on the same data.
    pub(crate) async fn restart(self) -> Self {
        Self::on(self.server.restart().await, self.app).await
    }

    pub(crate) async fn set_logins(&self, policy: LoginPolicy) {
        let set = self.server.core.apps.set_logins(&self.app.key, policy);
        set.await.expect("the app is there");
    }

    pub(crate) async fn set_rooms(&self, policy: RoomPolicy) {
        let set = self.server.core.apps.set_rooms(&self.app.key, policy);
        set.await.expect("the app is there");
    }

    pub(crate) fn now(&self) -> i64 {
        self.server.clock.now().0
    }

    pub(crate) fn advance_ms(&self, millis: i64) {
        self.server.clock.advance_ms(millis);
    }

    /// A new user, registered over REST.
    pub(crate) async fn person(&mut self, name: &str) -> Person {
        let body = json!({"username": name, "password": "first"});
        self.rest("POST", "/users", Some(&body)).await.ok();
        let users = &self.server.core.users;
        let user = users.find(self.app.id, name).await.expect("he is new");
        let uid = user.uid().0;
        let token = self.token(uid).await;
        let joined = json!({"gid": EVERYBODY, "uids": [uid]});
        self.back_end.done("addgroupmembers", joined).await;
        let name = name.to_owned();
        Person { name, uid, token }
    }

    /// A token to log in with.
    pub(crate) async fn token(&mut self, uid: i64) -> String {
        let token = self
            .back_end
            .field("gettoken", json!({"uid": uid}), "token")
            .await;
        token.as_str().expect("a text").to_owned()
    }

    /// Calls `path` below the app with the app's token.
    pub(crate) async fn rest(&mut self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/{}/{}{path}", self.app.key.org, self.app.key.name);
        self.rest
            .call(method, &path, Some(&self.rest_token), body)
            .await
    }

    /// The `data` of a REST call.
    pub(crate) async fn data(&mut self, method: &str, path: &str, body: Option<&Value>) -> Value {
        self.rest(method, path, body).await.ok()["data"].clone()
    }

    /// A client that has not logged in.
    pub(crate) async fn connect(&self, door: Door) -> RtmClient {
        let (address, project) = (self.server.rtm.client, Project::of(&self.app));
        match door {
            Door::Fpnn => RtmClient::open(address, &project).await,
            Door::WebSocket => RtmClient::open_websocket(address, &project).await,
        }
    }

    /// A client that is logged in.
    pub(crate) async fn log_in(&self, door: Door, person: &Person) -> RtmClient {
        let mut client = self.connect(door).await;
        let answer = client.log_in(person.uid, &person.token).await;
        assert_eq!(answer, Ok(true), "{} through {door:?}", person.name);
        client
    }

    /// Whether he can log in now; he logs out at once.
    pub(crate) async fn tries(&self, person: &Person) -> Result<bool, u32> {
        let mut client = self.connect(Door::Fpnn).await;
        let answer = client.log_in(person.uid, &person.token).await;
        if answer == Ok(true) {
            assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        }
        answer
    }

    /// The resources that a user is online on, after checking that every answer about him agrees on
    /// whether he is.
    pub(crate) async fn devices(&mut self, person: &Person) -> Vec<String> {
        let Person { name, uid, .. } = person;
        let listed = self.resources(person).await["data"].clone();
        let listed: Vec<String> = listed
            .as_array()
            .expect("a list")
            .iter()
            .map(|device| device["res"].as_str().expect("a text").to_owned())
            .collect();
        let is_online = !listed.is_empty();
        let word = if is_online { "online" } else { "offline" };
        let path = format!("/users/{name}/status");
        assert_eq!(self.data("GET", &path, None).await, json!({name: word}));
        let body = json!({"usernames": [name, "nobody"]});
        assert_eq!(
            self.data("POST", "/users/batch/status", Some(&body)).await,
            json!([{name: word}, {"nobody": "offline"}])
        );
        let expected = if is_online { json!([uid]) } else { json!([]) };
        let asked = json!({"uids": [uid, 77_777]});
        let online = self.back_end.field("getonlineusers", asked, "uids").await;
        assert_eq!(online, expected, "{name}");
        let asked = json!({"gid": EVERYBODY, "online": true});
        let online = self
            .back_end
            .field("getgroupmembers", &asked, "onlines")
            .await;
        let online = online.as_array().expect("a list").clone();
        assert_eq!(online.contains(&json!(uid)), is_online, "{name}");
        let count = self.back_end.field("getgroupcount", &asked, "online").await;
        assert_eq!(count, json!(online.len()), "{name}");
        listed
    }

    pub(crate) async fn is_online(&mut self, person: &Person) -> bool {
        !self.devices(person).await.is_empty()
    }

    /// Waits until the server knows that he is gone, and checks that every answer says so then.
    pub(crate) async fn until_offline(&mut self, person: &Person) {
        // Of all answers the last to change.
        until(async || self.resources(person).await["data"] == json!([])).await;
        assert!(!self.is_online(person).await);
    }

    /// Waits until it is noted that he went offline now, and why: nobody is told when.
    pub(crate) async fn until_last(&mut self, person: &Person, reason: &str) {
        let expected = json!([self.now(), reason]);
        until(async || self.last(person).await == expected).await;
    }

    /// Waits until nobody is in a room, and checks that its count says so then.
    pub(crate) async fn until_empty(&mut self, room: i64) {
        let asked = json!({"rid": room});
        until(async || {
            let members = self.back_end.field("getroommembers", &asked, "uids");
            members.await == json!([])
        })
        .await;
        assert_eq!(self.in_room(room).await, NOBODY);
    }

    /// When and why a user went offline last: `[last_seen, last_disconnect]`.
    pub(crate) async fn last(&mut self, person: &Person) -> Value {
        let shown = self.resources(person).await;
        json!([shown["last_seen"], shown["last_disconnect"]])
    }

    pub(crate) async fn resources(&mut self, person: &Person) -> Value {
        let path = format!("/users/{}/resources", person.name);
        self.rest("GET", &path, None).await.ok()
    }

    /// Who is in a room, in order, after checking that the count agrees.
    pub(crate) async fn in_room(&mut self, room: i64) -> Vec<i64> {
        let asked = json!({"rid": room});
        let members = self.back_end.field("getroommembers", &asked, "uids").await;
        let members = halloo_testkit::rtm::sorted(&members);
        let counts = self.back_end.field("getroomcount", &asked, "cn").await;
        assert_eq!(counts[room.to_string()], members.len(), "room {room}");
        members
    }
}

/// Asks again until the answer is yes.
pub(crate) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "it never came about");
        tokio::task::yield_now().await;
    }
}

/// What a client is told whose session the server ends for this reason. Source: RTM client gate
/// sections 2.7 and 4.1; that of a displaced session is ours.
pub(crate) fn kickout(reason: &str) -> Push {
    let params = match reason {
        "replaced" => json!({"reason": reason}),
        _ => json!({}),
    };
    Push::one_way("kickout", params)
}

/// Checks that a client is told why it has to go, nothing else, and is then cut off.
pub(crate) async fn thrown_out(client: &mut RtmClient, reason: &str) {
    assert_eq!(client.last_words().await, [kickout(reason)]);
}

/// Checks that a client still gets answers.
pub(crate) async fn still_there(client: &mut RtmClient) {
    let answer = client.call("getservertime", json!({})).await;
    assert!(answer.is_ok_and(|answer| answer["mts"].is_i64()));
}
