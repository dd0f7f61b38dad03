//! Saying something and looking where it went.

use std::sync::atomic::{AtomicUsize, Ordering};

use halloo_core::apps::{AppKey, MessageSettings, Registration, RoomPolicy};
use halloo_testkit::rtm::{Caller, Project, RtmClient};
use serde_json::{Value, json};

use crate::world::{World, grant};

/// How a client comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Fpnn,
    WebSocket,
}

impl Door {
    pub(crate) const ALL: [Self; 2] = [Self::Fpnn, Self::WebSocket];
}

/// `first` with what `more` has, which wins.
pub(crate) fn with(mut first: Value, more: Value) -> Value {
    let object = first.as_object_mut().expect("an object");
    let Value::Object(more) = more else {
        panic!("an object");
    };
    object.extend(more);
    first
}

/// A message of a kind that means what the application likes.
pub(crate) fn text(mid: i64, msg: &str) -> Value {
    json!({"mid": mid, "mtype": 51, "msg": msg, "attrs": ""})
}

/// A text of a chat, which counts as unread.
pub(crate) fn chat(mid: i64, msg: &str) -> Value {
    json!({"mid": mid, "mtype": 30, "msg": msg, "attrs": ""})
}

/// The body of a chat as it is pushed.
pub(crate) fn untranslated(msg: &str) -> Value {
    json!({"source": "", "target": "", "sourceText": msg, "targetText": ""})
}

/// As many rows as a page has at most.
const PAGE: i64 = 20;

/// What asks: a client for himself, a back end for anybody.
pub(crate) trait Asker {
    async fn ask_for(&mut self, method: &str, params: Value) -> Result<Value, u32>;

    /// Sends something. Returns when it was accepted.
    async fn say(&mut self, method: &str, params: Value) -> i64 {
        let answer = self.ask_for(method, params.clone()).await;
        let answer = answer.unwrap_or_else(|code| panic!("{method} {params}: {code}"));
        let only = answer.as_object().map(serde_json::Map::len);
        assert_eq!(only, Some(1), "{method}: {answer}");
        answer["mtime"].as_i64().expect("a time")
    }

    /// The rows of the first page, oldest first.
    async fn rows(&mut self, method: &str, of: Value) -> Vec<Value> {
        let asked = with(json!({"desc": false, "num": PAGE}), of);
        let answer = self.ask_for(method, asked.clone()).await;
        let answer = answer.unwrap_or_else(|code| panic!("{method} {asked}: {code}"));
        let rows = answer["msgs"].as_array().expect("a list").clone();
        for row in &rows {
            assert_eq!(row.as_array().map(Vec::len), Some(8), "{row}");
            assert_eq!(row[4], false, "{row}");
        }
        rows
    }

    /// The bodies of that page.
    async fn bodies(&mut self, method: &str, of: Value) -> Vec<Value> {
        let rows = self.rows(method, of).await.into_iter();
        rows.map(|row| row[5].clone()).collect()
    }

    /// Everything of a log, oldest first, page by page.
    async fn all_rows(&mut self, method: &str, of: Value) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), json!(0));
        loop {
            let of = with(of.clone(), json!({"lastid": after}));
            let rows = self.rows(method, of).await;
            let Some(last) = rows.last() else {
                return all;
            };
            after = last[0].clone();
            all.extend(rows);
        }
    }
}

impl Asker for RtmClient {
    async fn ask_for(&mut self, method: &str, params: Value) -> Result<Value, u32> {
        self.call(method, params).await
    }
}

impl Asker for Caller {
    async fn ask_for(&mut self, method: &str, params: Value) -> Result<Value, u32> {
        self.call(method, params).await
    }
}

impl World {
    /// A client that comes in through this door, behind whatever was said before.
    pub(crate) async fn client_by(&self, door: Door, uid: i64) -> RtmClient {
        self.settle().await;
        let project = Project::of(&self.app);
        let place = self.server.rtm.client;
        let mut client = match door {
            Door::Fpnn => RtmClient::open(place, &project).await,
            Door::WebSocket => RtmClient::open_websocket(place, &project).await,
        };
        let token = self.token(uid).await;
        assert_eq!(client.log_in(uid, &token).await, Ok(true));
        client
    }

    /// Waits until everything that was said so far is on its way to those who are there. Whoever comes then hears
    /// none of it: it waits for him.
    pub(crate) async fn settle(&self) {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        // What is told behind it, in a project of its own, comes behind it.
        let name = format!("settle-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let key = AppKey::new("acme-im", &name).expect("a legal key");
        let apps = &self.core().apps;
        let app = apps.create(key, Registration::Authorised).await;
        let project = Project::of(&app.expect("a new app"));
        let mut back_end = self.back_end_of(project.clone()).await;
        let token = grant(&mut back_end, 1).await;
        let mut client = RtmClient::open(self.server.rtm.client, &project).await;
        assert_eq!(client.log_in(1, &token).await, Ok(true));
        let end = with(text(1, "end"), json!({"from": 1}));
        back_end.say("broadcastmsg", end).await;
        client.pushed("pushbroadcastmsg").await;
    }

    /// A client of somebody for whom waits what was said before.
    pub(crate) async fn back(&self, uid: i64) -> RtmClient {
        self.settle().await;
        self.client(uid).await
    }

    /// Sets how the project treats messages.
    pub(crate) async fn set_messages(&self, settings: MessageSettings) {
        let set = self.core().apps.set_messages(self.key(), settings).await;
        set.expect("the app");
    }

    /// Lets users be in several rooms.
    pub(crate) async fn allow_rooms(&self) {
        let apps = &self.core().apps;
        let set = apps.set_rooms(self.key(), RoomPolicy::Several).await;
        set.expect("the app");
    }

    /// A group of these users.
    pub(crate) async fn group(&self, gid: i64, uids: &[i64]) {
        let mut back_end = self.back_end().await;
        for uids in uids.chunks(100) {
            let members = json!({"gid": gid, "uids": uids});
            back_end.done("addgroupmembers", members).await;
        }
    }

    /// Ends a client's session, and waits until that is known.
    pub(crate) async fn log_out(&self, mut client: RtmClient, uid: i64) {
        assert_eq!(client.call("bye", json!({})).await, Ok(json!({})));
        drop(client);
        self.until_offline(uid).await;
    }

    /// Cuts a client's connection as a lost network does, and waits until that is known.
    pub(crate) async fn lose(&self, client: RtmClient, uid: i64) {
        drop(client);
        self.until_offline(uid).await;
    }
}

/// What waits, as `getunread` lists it.
pub(crate) async fn unread(client: &mut RtmClient) -> (Vec<i64>, Vec<i64>) {
    let answer = client.call("getunread", json!({})).await;
    let answer = answer.expect("an answer");
    let list = |key: &str| halloo_testkit::rtm::sorted(&answer[key]);
    (list("p2p"), list("group"))
}

/// How many messages of each of these users wait.
pub(crate) async fn unread_of(client: &mut RtmClient, uids: &[i64]) -> Vec<i64> {
    let asked = json!({"uids": uids});
    let answer = client.call("getp2punread", asked).await;
    let answer = answer.expect("an answer");
    let count = |uid: &i64| answer["p2p"][uid.to_string()].as_i64().expect("a count");
    uids.iter().map(count).collect()
}

/// How many messages of each of these groups wait.
pub(crate) async fn unread_in(client: &mut RtmClient, gids: &[i64]) -> Vec<i64> {
    let asked = json!({"gids": gids});
    let answer = client.call("getgroupunread", asked).await;
    let answer = answer.expect("an answer");
    let count = |gid: &i64| answer["group"][gid.to_string()].as_i64().expect("a count");
    gids.iter().map(count).collect()
}
