//! Kill -9 under concurrent writes: what was answered is there afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use halloo_testkit::{Client, Program};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::site::{DemoApp, Site};

const ROUNDS: usize = 5;
const WRITERS: usize = 6;

/// A change of one user, as it is asked for.
#[derive(Clone, Debug)]
enum Change {
    Register { password: String },
    Befriend { friend: String },
    Rename { nickname: String },
    NewPassword { password: String },
    Delete,
}

impl Change {
    fn request(&self, name: &str) -> (&'static str, String, Value) {
        let user = format!("/users/{name}");
        match self {
            Self::Register { password } => (
                "POST",
                "/users".into(),
                json!({"username": name, "password": password}),
            ),
            Self::Befriend { friend } => (
                "POST",
                format!("{user}/contacts/users/{friend}"),
                Value::Null,
            ),
            Self::Rename { nickname } => ("PUT", user, json!({"nickname": nickname})),
            Self::NewPassword { password } => (
                "PUT",
                format!("{user}/password"),
                json!({"newpassword": password}),
            ),
            Self::Delete => ("DELETE", user, Value::Null),
        }
    }
}

/// What happened to a change.
enum Event {
    Answered {
        name: String,
        change: Change,
    },
    /// The answer did not come: the change happened, or it did not.
    Open {
        name: String,
        change: Change,
    },
}

/// Makes changes of users of its own until the server is gone. Each user is registered, gets the one
/// before as a friend, a nickname and a new password; every third one is deleted in the end.
async fn write(mut app: DemoApp, prefix: String, events: UnboundedSender<Event>) {
    for number in 0.. {
        let name = format!("{prefix}-{number}");
        let mut changes = vec![(
            name.clone(),
            Change::Register {
                password: "first".into(),
            },
        )];
        if number > 0 {
            let friend = format!("{prefix}-{}", number - 1);
            changes.push((name.clone(), Change::Befriend { friend }));
        }
        changes.push((
            name.clone(),
            Change::Rename {
                nickname: format!("Nick {number}"),
            },
        ));
        changes.push((
            name,
            Change::NewPassword {
                password: format!("pw-{number}"),
            },
        ));
        if number % 3 == 2 {
            changes.push((format!("{prefix}-{}", number - 2), Change::Delete));
        }
        for (name, change) in changes {
            if !answered(&mut app, &name, &change).await {
                let _ = events.send(Event::Open { name, change });
                return;
            }
            let _ = events.send(Event::Answered { name, change });
        }
    }
}

/// Asks for `change`. Whether an answer came; any but 200 is a failure of the test.
async fn answered(app: &mut DemoApp, name: &str, change: &Change) -> bool {
    let (method, path, body) = change.request(name);
    let path = format!("/{}{path}", DemoApp::KEY);
    let bearer = format!("Bearer {}", app.token);
    let headers = [("authorization", &*bearer)];
    match app
        .client
        .send(method, &path, &headers, body.to_string())
        .await
    {
        Ok(reply) => reply.ok().is_object(),
        Err(_) => false,
    }
}

/// A user as the answers left him.
#[derive(Debug, Default)]
struct Known {
    password: String,
    nickname: Option<String>,
    friends: BTreeSet<String>,
}

/// What must be found.
#[derive(Default)]
struct Expected {
    users: BTreeMap<String, Known>,
    deleted: BTreeSet<String>,
    /// Whom an open change was about; of those nothing is expected.
    uncertain: BTreeSet<String>,
}

impl Expected {
    fn apply(&mut self, name: &str, change: Change) {
        let user = self.users.entry(name.to_owned()).or_default();
        match change {
            Change::Register { password } | Change::NewPassword { password } => {
                user.password = password;
            }
            Change::Rename { nickname } => user.nickname = Some(nickname),
            Change::Befriend { friend } => {
                user.friends.insert(friend.clone());
                self.users
                    .entry(friend)
                    .or_default()
                    .friends
                    .insert(name.to_owned());
            }
            Change::Delete => {
                for friend in self.users.remove(name).unwrap_or_default().friends {
                    self.users.entry(friend).or_default().friends.remove(name);
                }
                self.deleted.insert(name.to_owned());
            }
        }
    }

    fn doubt(&mut self, name: String, change: &Change) {
        if let Change::Befriend { friend } = change {
            self.uncertain.insert(friend.clone());
        }
        self.uncertain.insert(name);
    }

    fn is_certain(&self, name: &str) -> bool {
        !self.uncertain.contains(name)
    }

    /// Looks at every user, on one connection.
    async fn verify(&self, app: &mut DemoApp) {
        for (name, known) in self.users.iter().filter(|(name, _)| self.is_certain(name)) {
            let found = app.call("GET", &format!("/users/{name}"), None).await.ok();
            let nickname = found["entities"][0]["nickname"].as_str();
            assert_eq!(nickname, known.nickname.as_deref(), "{name}");
            app.log_in(name, &known.password).await.ok();
            if known.password != "first" {
                assert_eq!(
                    app.log_in(name, "first").await.refusal().2,
                    "invalid password"
                );
            }
            let contacts = app
                .call("GET", &format!("/users/{name}/contacts/users"), None)
                .await;
            let contacts = contacts.ok()["data"].clone();
            let contacts: BTreeSet<String> = serde_json::from_value(contacts).expect("names");
            let certain = |names: &BTreeSet<String>| -> BTreeSet<String> {
                names
                    .iter()
                    .filter(|name| self.is_certain(name))
                    .cloned()
                    .collect()
            };
            assert_eq!(certain(&contacts), certain(&known.friends), "{name}");
        }
        for name in self.deleted.iter().filter(|name| self.is_certain(name)) {
            let path = format!("/users/{name}");
            assert_eq!(
                app.call("GET", &path, None).await.refusal().0,
                404,
                "{name}"
            );
        }
        let listed = self.listed(app).await;
        let known: BTreeSet<_> = self
            .users
            .keys()
            .filter(|n| self.is_certain(n))
            .cloned()
            .collect();
        assert_eq!(listed, known);
    }

    /// Whom the list shows, page by page.
    async fn listed(&self, app: &mut DemoApp) -> BTreeSet<String> {
        let (mut names, mut cursor) = (BTreeSet::new(), String::new());
        loop {
            let page = app
                .call("GET", &format!("/users?limit=100&cursor={cursor}"), None)
                .await
                .ok();
            for user in page["entities"].as_array().expect("users") {
                let name = user["username"].as_str().expect("a name");
                if self.is_certain(name) {
                    assert!(names.insert(name.to_owned()), "{name} is listed twice");
                }
            }
            match page["cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return names,
            }
        }
    }
}

/// Lets several connections write, and kills the program after `enough` answers.
async fn write_and_kill(program: Program, token: &str, round: usize, enough: usize) -> Expected {
    let (events, mut heard) = unbounded_channel();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let app = DemoApp {
            token: token.to_owned(),
            client: Client::new(program.address),
        };
        writers.spawn(write(app, format!("r{round}w{writer}"), events.clone()));
    }
    drop(events);
    let mut expected = Expected::default();
    let (mut program, mut answers) = (Some(program), 0);
    while let Some(event) = heard.recv().await {
        match event {
            Event::Answered { name, change } => {
                answers += 1;
                expected.apply(&name, change);
            }
            Event::Open { name, change } => expected.doubt(name, &change),
        }
        if answers == enough
            && let Some(program) = program.take()
        {
            program.kill().await;
        }
    }
    for ended in writers.join_all().await {
        let () = ended;
    }
    expected
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_that_was_answered_survives_a_kill() {
    let site = Site::new();
    let mut program = site.start().await;
    let token = DemoApp::enter(&site, &program).await.token;
    let mut expected = Expected::default();
    for round in 0..ROUNDS {
        // From the first commits on to the middle of many.
        let enough = 1 + 71 * round;
        let round = write_and_kill(program, &token, round, enough).await;
        expected.users.extend(round.users);
        expected.deleted.extend(round.deleted);
        expected.uncertain.extend(round.uncertain);

        program = site.start().await;
        let mut app = DemoApp {
            token: token.clone(),
            client: program.client(),
        };
        expected.verify(&mut app).await;
    }
    assert!(!expected.deleted.is_empty() && expected.uncertain.len() <= 2 * ROUNDS * WRITERS);
    assert!(program.terminate().await);

    let program = site.start().await;
    let mut app = DemoApp {
        token,
        client: program.client(),
    };
    expected.verify(&mut app).await;
}

#[tokio::test]
async fn a_kill_during_the_first_start_leaves_a_folder_that_starts() {
    let site = Site::new();
    for sign in ["halloo.lock", "halloo.db", "operator.token", "control.sock"] {
        let mut command = site.serving();
        let command = command.stdout(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().expect("the program starts");
        while !site.data().join(sign).exists() {
            assert!(
                child.try_wait().unwrap().is_none(),
                "it ended before it made {sign}"
            );
            tokio::task::yield_now().await;
        }
        child.kill().await.expect("a child can be killed");
        let _ = std::fs::remove_file(site.data().join("control.sock"));
    }
    let program = site.start().await;
    DemoApp::enter(&site, &program)
        .await
        .register("maya", "pw")
        .await;
    assert_eq!(
        site.json(&["app", "list"])
            .await
            .as_array()
            .expect("a list")
            .len(),
        1
    );
}

#[tokio::test]
async fn tokens_and_settings_survive_a_kill() {
    let site = Site::new();
    let program = site.start().await;
    let mut app = DemoApp::enter(&site, &program).await;
    app.register("maya", "pw").await;
    let user_token = app.log_in("maya", "pw").await.ok()["access_token"].clone();
    site.run(&["app", "set-registration", DemoApp::KEY, "open"])
        .await;
    site.run(&["user", "add", DemoApp::KEY, "liu"]).await;
    site.run(&["user", "ban", DemoApp::KEY, "liu"]).await;
    program.kill().await;

    let program = site.start().await;
    app.client = program.client();
    app.call("GET", "/users/maya", None).await.ok();
    app.call_as(user_token.as_str(), "GET", "/users/maya", None)
        .await
        .ok();
    let kim = json!({"username": "kim", "password": "pw"});
    app.call_as(None, "POST", "/users", Some(&kim)).await.ok();
    assert_eq!(
        site.json(&["user", "list", DemoApp::KEY]).await[1]["banned"],
        "for ever"
    );
}
