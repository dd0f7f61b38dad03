//! Random calls against the server and against a model of a few lines; whatever can be seen of both
//! is compared after every call.

use halloo_core::apps::Registration;
use halloo_testkit::{Client, TestApp, TestServer};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const NAMES: [&str; 4] = ["ada", "bob", "cyd", "dan"];

#[derive(Clone, Debug)]
enum Call {
    Register(usize),
    RegisterMany(Vec<usize>),
    Delete(usize),
    DeleteOldest(usize),
    AddContact(usize, usize),
    RemoveContact(usize, usize),
    Block(usize, Vec<usize>),
    Unblock(usize, usize),
    Deactivate(usize),
    Activate(usize),
    Nickname(usize, Option<u8>),
}

fn call() -> impl Strategy<Value = Call> {
    let user = || 0..NAMES.len();
    let users = || proptest::collection::vec(user(), 1..4);
    prop_oneof![
        3 => user().prop_map(Call::Register),
        1 => users().prop_map(Call::RegisterMany),
        1 => user().prop_map(Call::Delete),
        1 => (1..3_usize).prop_map(Call::DeleteOldest),
        3 => (user(), user()).prop_map(|(owner, friend)| Call::AddContact(owner, friend)),
        1 => (user(), user()).prop_map(|(owner, friend)| Call::RemoveContact(owner, friend)),
        3 => (user(), users()).prop_map(|(owner, blocked)| Call::Block(owner, blocked)),
        1 => (user(), user()).prop_map(|(owner, blocked)| Call::Unblock(owner, blocked)),
        1 => user().prop_map(Call::Deactivate),
        1 => user().prop_map(Call::Activate),
        1 => (user(), any::<Option<u8>>()).prop_map(|(user, new)| Call::Nickname(user, new)),
    ]
}

/// A user of the model; lists hold indexes into [`NAMES`], newest first.
#[derive(Clone, Debug, Default)]
struct Person {
    name: usize,
    nickname: Option<u8>,
    banned: bool,
    contacts: Vec<usize>,
    blocks: Vec<usize>,
}

/// The users in order of registration.
#[derive(Default)]
struct Model(Vec<Person>);

impl Model {
    fn at(&mut self, name: usize) -> Option<&mut Person> {
        self.0.iter_mut().find(|person| person.name == name)
    }

    fn has(&self, name: usize) -> bool {
        self.0.iter().any(|person| person.name == name)
    }

    fn register(&mut self, name: usize) -> bool {
        let free = !self.has(name);
        if free {
            self.0.push(Person {
                name,
                ..Person::default()
            });
        }
        free
    }

    fn delete(&mut self, name: usize) -> bool {
        let there = self.has(name);
        self.0.retain(|person| person.name != name);
        for person in &mut self.0 {
            person.contacts.retain(|friend| *friend != name);
            person.blocks.retain(|blocked| *blocked != name);
        }
        there
    }

    /// Carries a call out. Returns the status that it is answered with.
    fn apply(&mut self, call: &Call) -> u16 {
        let found = |there: bool| if there { 200 } else { 404 };
        match call {
            Call::Register(name) => {
                if self.register(*name) {
                    200
                } else {
                    400
                }
            }
            Call::RegisterMany(names) => {
                let before = self.0.len();
                for name in names {
                    self.register(*name);
                }
                // An array of one whose user exists is refused.
                if names.len() == 1 && self.0.len() == before {
                    400
                } else {
                    200
                }
            }
            Call::Delete(name) => found(self.delete(*name)),
            Call::DeleteOldest(n) => {
                let oldest: Vec<usize> = self.0.iter().take(*n).map(|person| person.name).collect();
                for name in oldest {
                    self.delete(name);
                }
                200
            }
            Call::AddContact(owner, friend) => {
                if !self.has(*owner) || !self.has(*friend) {
                    return 404;
                }
                if owner == friend {
                    return 400;
                }
                for (one, other) in [(*owner, *friend), (*friend, *owner)] {
                    let contacts = &mut self.at(one).unwrap().contacts;
                    if !contacts.contains(&other) {
                        contacts.insert(0, other);
                    }
                }
                200
            }
            Call::RemoveContact(owner, friend) => {
                if !self.has(*owner) || !self.has(*friend) {
                    return 404;
                }
                for (one, other) in [(*owner, *friend), (*friend, *owner)] {
                    self.at(one)
                        .unwrap()
                        .contacts
                        .retain(|contact| *contact != other);
                }
                200
            }
            Call::Block(owner, names) => {
                let all = names.iter().all(|name| self.has(*name));
                let Some(owner) = self.at(*owner) else {
                    return 404;
                };
                if !all {
                    return 400;
                }
                for name in names {
                    if !owner.blocks.contains(name) {
                        owner.blocks.insert(0, *name);
                    }
                }
                200
            }
            Call::Unblock(owner, name) => {
                let there = self.has(*name);
                let Some(owner) = self.at(*owner).filter(|_| there) else {
                    return 404;
                };
                owner.blocks.retain(|blocked| blocked != name);
                200
            }
            Call::Deactivate(name) => found(self.at(*name).map(|p| p.banned = true).is_some()),
            Call::Activate(name) => found(self.at(*name).map(|p| p.banned = false).is_some()),
            Call::Nickname(name, nickname) => match self.at(*name) {
                Some(person) => {
                    person.nickname = *nickname;
                    200
                }
                None => 400,
            },
        }
    }

    /// What can be seen: the list, and of each name the user, his friends and his blocks.
    fn seen(&self) -> Value {
        let shown = |person: &Person| {
            json!([
                NAMES[person.name],
                !person.banned,
                person.nickname.map(|n| n.to_string())
            ])
        };
        let names = |list: &[usize]| list.iter().map(|i| NAMES[*i]).collect::<Vec<_>>();
        let each = (0..NAMES.len()).map(|name| {
            let person = self.0.iter().find(|person| person.name == name)?;
            Some(json!([
                shown(person),
                names(&person.contacts),
                names(&person.blocks)
            ]))
        });
        let list: Vec<Value> = self.0.iter().map(shown).collect();
        json!({"list": list, "each": each.collect::<Vec<_>>()})
    }
}

/// The server's side: one app, one connection.
struct Real {
    client: Client,
    app: TestApp,
}

impl Real {
    async fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let path = format!("{}{path}", self.app.base());
        let reply = self
            .client
            .call(method, &path, Some(&self.app.token), body.as_ref())
            .await;
        (reply.status.as_u16(), reply.json())
    }

    async fn apply(&mut self, call: &Call) -> u16 {
        let name = |i: &usize| NAMES[*i];
        let user = |i: &usize| json!({"username": NAMES[*i], "password": "pw"});
        let (method, path, body) = match call {
            Call::Register(one) => ("POST", "/users".to_owned(), Some(user(one))),
            Call::RegisterMany(many) => (
                "POST",
                "/users".to_owned(),
                Some(many.iter().map(user).collect()),
            ),
            Call::Delete(one) => ("DELETE", format!("/users/{}", name(one)), None),
            Call::DeleteOldest(n) => ("DELETE", format!("/users?limit={n}"), None),
            Call::AddContact(owner, friend) => {
                let path = format!("/users/{}/contacts/users/{}", name(owner), name(friend));
                ("POST", path, None)
            }
            Call::RemoveContact(owner, friend) => {
                let path = format!("/users/{}/contacts/users/{}", name(owner), name(friend));
                ("DELETE", path, None)
            }
            Call::Block(owner, many) => {
                let names: Vec<&str> = many.iter().map(name).collect();
                let path = format!("/users/{}/blocks/users", name(owner));
                ("POST", path, Some(json!({"usernames": names})))
            }
            Call::Unblock(owner, blocked) => {
                let path = format!("/users/{}/blocks/users/{}", name(owner), name(blocked));
                ("DELETE", path, None)
            }
            Call::Deactivate(one) => ("POST", format!("/users/{}/deactivate", name(one)), None),
            Call::Activate(one) => ("POST", format!("/users/{}/activate", name(one)), None),
            Call::Nickname(one, nickname) => {
                let nickname = nickname.map(|n| n.to_string()).unwrap_or_default();
                (
                    "PUT",
                    format!("/users/{}", name(one)),
                    Some(json!({"nickname": nickname})),
                )
            }
        };
        self.send(method, &path, body).await.0
    }

    async fn seen(&mut self) -> Value {
        let shown =
            |user: &Value| json!([user["username"], user["activated"], user.get("nickname")]);
        let (_, list) = self.send("GET", "/users", None).await;
        let list: Vec<Value> = list["entities"]
            .as_array()
            .unwrap()
            .iter()
            .map(shown)
            .collect();
        let mut each = Vec::new();
        for name in NAMES {
            let (status, user) = self.send("GET", &format!("/users/{name}"), None).await;
            if status != 200 {
                each.push(Value::Null);
                continue;
            }
            let path = format!("/users/{name}/contacts/users");
            let (_, contacts) = self.send("GET", &path, None).await;
            let path = format!("/users/{name}/blocks/users");
            let (_, blocks) = self.send("GET", &path, None).await;
            each.push(json!([
                shown(&user["entities"][0]),
                contacts["data"],
                blocks["data"]
            ]));
        }
        json!({"list": list, "each": each})
    }
}

#[test]
fn the_server_does_what_a_simple_model_does() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(TestServer::start());
    let config = Config {
        cases: 24,
        max_shrink_iters: 400,
        failure_persistence: None,
        ..Config::default()
    };
    let calls = proptest::collection::vec(call(), 1..30);
    let apps = std::cell::Cell::new(0);
    let outcome = TestRunner::new(config).run(&calls, |calls| {
        apps.set(apps.get() + 1);
        runtime.block_on(async {
            let name = format!("app-{}", apps.get());
            let app = server.app("acme-im", &name, Registration::Authorised).await;
            let client = server.client();
            let (mut real, mut model) = (Real { client, app }, Model::default());
            for call in &calls {
                prop_assert_eq!(real.apply(call).await, model.apply(call), "{:?}", call);
                prop_assert_eq!(real.seen().await, model.seen(), "{:?}", call);
            }
            Ok(())
        })
    });
    outcome.unwrap();
}
