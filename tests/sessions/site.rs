//! The real program as a child process, with its first app.

use std::path::{Path, PathBuf};

use halloo_testkit::rtm::{Project, RtmClient, Wire, read, sorted};
use halloo_testkit::{Client, Program};
use serde_json::{Value, json};

use crate::world::{Door, Person};

/// The app that the program makes on its first start.
pub(crate) const APP: &str = "demo-org/demo-app";

/// The program in a folder of its own.
pub(crate) struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn binary() -> &'static Path {
        Path::new(env!("CARGO_BIN_EXE_halloo"))
    }

    /// Starts the program and comes to its app through every door.
    pub(crate) async fn start(&self) -> House {
        let mut command = Program::command(Self::binary(), &self.data());
        command.args(["serve", "--http", "127.0.0.1:0"]);
        // Hundreds of sessions are ended here on purpose.
        command.env("HALLOO_LOG__LEVEL", "error");
        let program = Program::serve(command).await;
        let shown = self.json(&["app", "show", APP, "--secrets"]).await;
        let pid = shown["pid"].as_i64().expect("a number");
        let project = Project {
            pid: pid.try_into().expect("a pid"),
            secret: shown["rtm_secret"].as_str().expect("a text").to_owned(),
        };
        let mut rest = program.client();
        let credentials = json!({
            "grant_type": "client_credentials",
            "client_id": shown["client_id"],
            "client_secret": shown["client_secret"],
        });
        let path = format!("/{APP}/token");
        let granted = rest.call("POST", &path, None, Some(&credentials)).await;
        let token = granted.ok()["access_token"].as_str().map(str::to_owned);
        House {
            wire: Wire::open(program.rtm).await,
            rest,
            rest_token: token.expect("a token"),
            project,
            salt: 0,
            program,
        }
    }

    /// What a sub-command prints.
    pub(crate) async fn run(&self, arguments: &[&str]) -> String {
        let output = Program::run(Self::binary(), &self.data(), arguments).await;
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// What a sub-command prints with `--json`.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.run(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&printed).expect("JSON")
    }

    /// What `halloo user show` says of a user.
    pub(crate) async fn shown(&self, person: &Person) -> Value {
        self.json(&["user", "show", APP, &person.name]).await
    }
}

/// A running program and the ways to its app.
pub(crate) struct House {
    pub(crate) program: Program,
    pub(crate) project: Project,
    wire: Wire,
    rest: Client,
    rest_token: String,
    salt: i64,
}

impl House {
    /// Lays out a quest of the back end. Returns its number.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> u32 {
        self.salt += 1;
        // Older SDKs sign without a time; here nobody need know it.
        let proof = (self.salt, None);
        let payload = self.project.signed(method, params, proof).finish();
        self.wire.ask(method, payload)
    }

    pub(crate) async fn answer(&mut self, asked: u32) -> Value {
        let answer = self.wire.answer(asked).await;
        read(&answer.expect("it is answered"))
    }

    /// A quest of the back end.
    pub(crate) async fn quest(&mut self, method: &str, params: &Value) -> Value {
        let asked = self.ask(method, params);
        self.answer(asked).await
    }

    /// The same quest of each, all at once.
    pub(crate) async fn quest_each(&mut self, method: &str, all: Vec<Value>) -> Vec<Value> {
        let asked: Vec<_> = all.iter().map(|params| self.ask(method, params)).collect();
        let mut answers = Vec::with_capacity(asked.len());
        for asked in asked {
            answers.push(self.answer(asked).await);
        }
        answers
    }

    /// What a REST call is answered.
    pub(crate) async fn rest(&mut self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let path = format!("/{APP}{path}");
        let answer = self.rest.call(method, &path, Some(&self.rest_token), body);
        answer.await.ok()
    }

    /// A new user, registered over REST.
    pub(crate) async fn person(&mut self, site: &Site, name: &str) -> Person {
        let body = json!({"username": name, "password": "first"});
        self.rest("POST", "/users", Some(&body)).await;
        let shown = site.json(&["user", "show", APP, name]).await;
        let uid = shown["uid"].as_i64().expect("a number");
        let token = self.quest("gettoken", &json!({"uid": uid})).await;
        let token = token["token"].as_str().expect("a text").to_owned();
        let name = name.to_owned();
        Person { name, uid, token }
    }

    /// Users of these numbers.
    pub(crate) async fn numbers(&mut self, uids: std::ops::Range<i64>) -> Vec<Person> {
        let quests = uids.clone().map(|uid| json!({"uid": uid})).collect();
        let tokens = self.quest_each("gettoken", quests).await;
        uids.zip(tokens)
            .map(|(uid, token)| Person {
                name: uid.to_string(),
                uid,
                token: token["token"].as_str().expect("a text").to_owned(),
            })
            .collect()
    }

    /// A client that is logged in.
    pub(crate) async fn log_in(&self, door: Door, person: &Person) -> RtmClient {
        let (address, project) = (self.program.rtm_client, &self.project);
        let mut client = match door {
            Door::Fpnn => RtmClient::open(address, project).await,
            Door::WebSocket => RtmClient::open_websocket(address, project).await,
        };
        let answer = client.log_in(person.uid, &person.token).await;
        assert_eq!(answer, Ok(true), "{}", person.name);
        client
    }

    /// Who of `people` is online, in order.
    pub(crate) async fn online(&mut self, people: &[Person]) -> Vec<i64> {
        let mut online = Vec::new();
        for some in people.chunks(200) {
            let uids: Vec<_> = some.iter().map(|person| person.uid).collect();
            let answer = self.quest("getonlineusers", &json!({"uids": uids})).await;
            online.extend(sorted(&answer["uids"]));
        }
        online.sort_unstable();
        online
    }

    /// Who is in a room, in order, after checking that the count agrees.
    pub(crate) async fn in_room(&mut self, room: i64) -> Vec<i64> {
        let asked = json!({"rid": room});
        let members = sorted(&self.quest("getroommembers", &asked).await["uids"]);
        let counts = self.quest("getroomcount", &asked).await;
        assert_eq!(counts["cn"][room.to_string()], members.len());
        members
    }

    /// Why a user went offline last; null if he never did.
    pub(crate) async fn last_disconnect(&mut self, person: &Person) -> Value {
        let path = format!("/users/{}/resources", person.name);
        self.rest("GET", &path, None).await["last_disconnect"].clone()
    }
}
