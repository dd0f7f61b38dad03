//! Back ends that listen hear what the users of their project say, and when they come and go. Source: RTM server
//! gate section 6.

mod events;
mod limits;
mod messages;
mod readers;

use std::sync::Arc;

use halloo::config::Config;
use halloo_core::apps::{MessageSettings, SenderPolicy};
use halloo_core::ports::Clock as _;
use halloo_fpnn::Map;
use halloo_testkit::ManualClock;
use halloo_testkit::rtm::{Caller, Parameters, Project, Push, RtmClient, packed};
use serde_json::{Value, json};

use crate::talk::{Asker, text, with};
use crate::world::{Ask as _, World};

const METHODS: [&str; 3] = ["addlisten", "removelisten", "setlisten"];

/// Everything that [`Scene::play`] makes, as [`Ear::names`] shows it.
const ALL: &str = "1>2 2>1 3>4 g11 g12 login logout r21 r22";
const PAIRS: &str = "1>2 2>1 3>4";

/// A connection of a back end that listens, and answers what it hears.
struct Ear {
    client: RtmClient,
    project: Project,
    clock: Arc<ManualClock>,
    salt: i64,
}

impl Ear {
    async fn open(world: &World) -> Self {
        let project = world.project().await;
        let client = RtmClient::open(world.server.rtm.server, &project).await;
        Self::over(world, client, project)
    }

    fn over(world: &World, client: RtmClient, project: Project) -> Self {
        Self {
            client,
            project,
            clock: Arc::clone(&world.server.clock),
            salt: 0,
        }
    }

    /// One that has asked for this.
    async fn that_set(world: &World, params: Value) -> Self {
        let mut ear = Self::open(world).await;
        ear.done("setlisten", params).await;
        ear
    }

    async fn call(&mut self, method: &str, params: impl Parameters) -> Result<Value, u32> {
        self.salt += 1;
        let proof = (self.salt, Some(self.clock.now().0.div_euclid(1000)));
        let params = self.project.signed(method, params, proof);
        self.client.call(method, params).await
    }

    async fn done(&mut self, method: &str, params: impl Parameters) {
        let answer = self.call(method, params).await;
        assert_eq!(answer, Ok(json!({})), "{method}");
    }

    /// The next that it hears.
    async fn next(&mut self) -> Push {
        let push = self.client.push().await.expect("a push");
        assert!(!push.is_one_way, "{push:?}");
        push
    }

    /// Whatever it heard before, without waiting for more.
    async fn heard(&mut self) -> Vec<Push> {
        // What is queued may go out behind the answer to the first, not behind that to the second.
        for _ in 0..2 {
            let asked = self.call("getonlineusers", json!({"uids": [1]})).await;
            assert!(asked.is_ok(), "{asked:?}");
        }
        let heard = self.client.taken();
        assert!(heard.iter().all(|push| !push.is_one_way), "{heard:?}");
        heard
    }

    /// The same in short and sorted, without the bell.
    async fn names(&mut self) -> String {
        let heard = self.heard().await;
        let mut names: Vec<_> = heard.iter().map(name).collect();
        names.retain(|name| name != "r99");
        names.sort_unstable();
        names.join(" ")
    }
}

impl Asker for Ear {
    async fn ask_for(&mut self, method: &str, params: Value) -> Result<Value, u32> {
        self.call(method, params).await
    }
}

fn name(push: &Push) -> String {
    let params = &push.params;
    match push.method.as_str() {
        "pushmsg" => format!("{}>{}", params["from"], params["to"]),
        "pushgroupmsg" => format!("g{}", params["gid"]),
        "pushroommsg" => format!("r{}", params["rid"]),
        "pushevent" => params["event"].as_str().expect("a text").to_owned(),
        other => panic!("{other}"),
    }
}

/// A push as back ends hear it.
fn pushed(method: &str, params: Value) -> Push {
    Push {
        is_one_way: false,
        ..Push::one_way(method, params)
    }
}

/// A project whose back end may say anything in anybody's name, with the groups 11 and 12.
struct Scene {
    world: World,
    back_end: Caller,
    /// A user in room 99.
    bell: RtmClient,
    mid: i64,
}

impl Scene {
    async fn set() -> Self {
        Self::set_with(|_| ()).await
    }

    async fn set_with(adjust: fn(&mut Config)) -> Self {
        let world = World::start_with(adjust).await;
        let back_end = SenderPolicy::Free;
        world
            .set_messages(MessageSettings {
                back_end,
                ..MessageSettings::default()
            })
            .await;
        world.group(11, &[1, 2]).await;
        world.group(12, &[1, 2]).await;
        let mut bell = world.client(99).await;
        bell.done("enterroom", json!({"rid": 99})).await;
        let back_end = world.back_end().await;
        Self {
            world,
            back_end,
            bell,
            mid: 0,
        }
    }

    /// The back end says something.
    async fn say(&mut self, method: &str, params: Value) {
        self.mid += 1;
        let params = with(text(self.mid, "m"), params);
        self.back_end.say(method, params).await;
    }

    /// Whatever was said before has been told to all who listen when this returns.
    async fn ring(&mut self) {
        self.say("sendroommsg", json!({"from": 98, "rid": 99}))
            .await;
        let rung = self.bell.pushed("pushroommsg").await;
        assert_eq!(rung["mid"], self.mid);
    }

    /// Has everything happen once that can be heard.
    async fn play(&mut self) {
        for (from, to) in [(1, 2), (2, 1), (3, 4)] {
            self.say("sendmsg", json!({"from": from, "to": to})).await;
        }
        for gid in [11, 12] {
            self.say("sendgroupmsg", json!({"from": 1, "gid": gid}))
                .await;
        }
        for rid in [21, 22] {
            self.say("sendroommsg", json!({"from": 1, "rid": rid}))
                .await;
        }
        self.ring().await;
        let client = self.world.client(31).await;
        self.world.log_out(client, 31).await;
    }

    /// Plays, and says what this one heard of it.
    async fn played_to(&mut self, ear: &mut Ear) -> String {
        self.play().await;
        ear.names().await
    }
}

/// A map with these keys and nothing else, as Go sends its lists.
fn keys(keys: &[Value]) -> Vec<u8> {
    let count = u8::try_from(keys.len()).expect("a few");
    let entries = keys.iter().flat_map(|key| [packed(key), vec![0x80]]);
    [vec![0x80 + count], entries.flatten().collect()].concat()
}

#[tokio::test]
async fn nothing_is_heard_before_one_listens() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::open(&scene.world).await;
    assert_eq!(scene.played_to(&mut ear).await, "");
    for method in METHODS {
        ear.done(method, json!({})).await;
    }
    assert_eq!(scene.played_to(&mut ear).await, "");
    assert_eq!(ear.client.pings, 0);
}

#[tokio::test]
async fn each_list_is_heard_in_every_form_and_alone() {
    let mut scene = Scene::set().await;
    for (key, listed, heard) in [
        ("uids", vec![json!(1)], "1>2 2>1"),
        // What he is told, and what he says.
        ("uids", vec![json!(4)], "3>4"),
        ("uids", vec![json!(3)], "3>4"),
        ("uids", vec![json!(1), json!(4), json!(1)], PAIRS),
        ("gids", vec![json!(11)], "g11"),
        ("gids", vec![json!(12), json!(11)], "g11 g12"),
        ("rids", vec![json!(22)], "r22"),
        ("rids", vec![json!(21), json!(22), json!(77)], "r21 r22"),
        ("events", vec![json!("login")], "login"),
        ("events", vec![json!("logout")], "logout"),
        (
            "events",
            vec![json!("logout"), json!("login"), json!("x")],
            "login logout",
        ),
    ] {
        for form in [packed(&json!(listed)), keys(&listed)] {
            let params = || Map::new().raw(key, &form);
            for method in ["addlisten", "setlisten"] {
                let mut ear = Ear::open(&scene.world).await;
                ear.done(method, params()).await;
                let names = scene.played_to(&mut ear).await;
                assert_eq!(names, heard, "{method} {key} {listed:?}");
                ear.done("removelisten", params()).await;
                assert_eq!(scene.played_to(&mut ear).await, "", "{key} {listed:?}");
            }
        }
    }
}

#[tokio::test]
async fn each_flag_is_heard_alone_and_can_be_taken_back() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::open(&scene.world).await;
    for (flag, heard) in [
        ("p2p", PAIRS),
        ("group", "g11 g12"),
        ("room", "r21 r22"),
        ("ev", "login logout"),
        ("all", ALL),
    ] {
        ear.done("setlisten", json!({flag: true})).await;
        assert_eq!(scene.played_to(&mut ear).await, heard, "{flag}");
        ear.done("setlisten", json!({flag: false})).await;
        assert_eq!(scene.played_to(&mut ear).await, "", "{flag}");
    }
    // The four together are what `all` is.
    let four = json!({"p2p": true, "group": true, "room": true, "ev": true});
    ear.done("setlisten", four).await;
    assert_eq!(scene.played_to(&mut ear).await, ALL);
    ear.done("setlisten", json!({"all": false})).await;
    assert_eq!(scene.played_to(&mut ear).await, "");
    // Each is kept that is not named.
    ear.done("setlisten", json!({"all": true})).await;
    ear.done("setlisten", json!({"group": false, "ev": false}))
        .await;
    assert_eq!(
        scene.played_to(&mut ear).await,
        "1>2 2>1 3>4 r21 r22",
        "after all"
    );
}

#[tokio::test]
async fn older_sdks_add_and_remove_all_pairs() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::open(&scene.world).await;
    ear.done("addlisten", json!({"gids": [11], "p2p": true}))
        .await;
    assert_eq!(scene.played_to(&mut ear).await, "1>2 2>1 3>4 g11");
    ear.done("removelisten", json!({"p2p": true})).await;
    assert_eq!(scene.played_to(&mut ear).await, "g11");
    let old = json!({"gids": [12], "rids": [21], "p2p": true, "all": false, "events": []});
    ear.done("setlisten", old).await;
    assert_eq!(scene.played_to(&mut ear).await, "1>2 2>1 3>4 g12 r21");
}

#[tokio::test]
async fn what_is_not_to_be_added_or_removed_stays_as_it_is() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::that_set(&scene.world, json!({"p2p": true})).await;
    ear.done("addlisten", json!({"gids": [11], "p2p": false}))
        .await;
    assert_eq!(scene.played_to(&mut ear).await, "1>2 2>1 3>4 g11");
    ear.done("removelisten", json!({"gids": [11], "p2p": false}))
        .await;
    assert_eq!(scene.played_to(&mut ear).await, PAIRS);
}

#[tokio::test]
async fn nothing_more_is_heard_after_a_removal() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::that_set(&scene.world, json!({"gids": [11]})).await;
    // What the Java SDK of 2018 sends when it is asked to set everything.
    ear.done("removelisten", json!({"all": true})).await;
    assert_eq!(scene.played_to(&mut ear).await, "g11");
}

#[tokio::test]
async fn a_list_is_added_to_taken_from_and_replaced() {
    let mut scene = Scene::set().await;
    let mut ear = Ear::open(&scene.world).await;
    for (method, params, heard) in [
        ("addlisten", json!({"gids": [11], "uids": [3]}), "3>4 g11"),
        (
            "addlisten",
            json!({"gids": [12, 11], "rids": [21]}),
            "3>4 g11 g12 r21",
        ),
        (
            "removelisten",
            json!({"gids": [11, 13], "uids": [9]}),
            "3>4 g12 r21",
        ),
        // What is named is replaced, what is not stays.
        ("setlisten", json!({"gids": [11]}), "3>4 g11 r21"),
        (
            "setlisten",
            json!({"rids": [22], "events": ["login"]}),
            "3>4 g11 login r22",
        ),
        // Empty lists say nothing here,
        (
            "addlisten",
            json!({"gids": [], "rids": [], "uids": [], "events": []}),
            "3>4 g11 login r22",
        ),
        (
            "removelisten",
            json!({"gids": [], "rids": {}, "uids": [], "events": {}}),
            "3>4 g11 login r22",
        ),
        (
            "setlisten",
            json!({"gids": null, "rids": null, "uids": null, "events": null, "p2p": null}),
            "3>4 g11 login r22",
        ),
        // and here that nothing is wanted.
        ("setlisten", json!({"gids": []}), "3>4 login r22"),
        ("setlisten", json!({"uids": {}, "events": {}}), "r22"),
        ("setlisten", json!({"rids": []}), ""),
    ] {
        ear.done(method, &params).await;
        let names = scene.played_to(&mut ear).await;
        assert_eq!(names, heard, "{method} {params}");
    }
}

#[tokio::test]
async fn sdks_that_come_back_restore_lists_and_flags_in_either_order() {
    let mut scene = Scene::set().await;
    // All of either is named, as C++ does it.
    let flags = json!({"p2p": false, "group": true, "room": false, "ev": false});
    let lists = json!({"gids": [], "rids": [22], "uids": [4], "events": ["logout"]});
    let heard = "3>4 g11 g12 logout r22";
    for quests in [[&flags, &lists], [&lists, &flags]] {
        let mut ear = Ear::open(&scene.world).await;
        for params in quests {
            ear.done("setlisten", params).await;
        }
        assert_eq!(scene.played_to(&mut ear).await, heard, "{quests:?}");
    }
    // Go: maps, and only what is not empty.
    let maps = || {
        Map::new()
            .raw("rids", &keys(&[json!(22)]))
            .raw("uids", &keys(&[json!(4)]))
            .raw("events", &keys(&[json!("logout")]))
    };
    let mut ear = Ear::open(&scene.world).await;
    ear.done("setlisten", maps()).await;
    ear.done("setlisten", &flags).await;
    assert_eq!(scene.played_to(&mut ear).await, heard);
    // A flag does not forget what is listed beside it.
    ear.done("setlisten", json!({"all": true})).await;
    assert_eq!(scene.played_to(&mut ear).await, ALL);
    ear.done("setlisten", json!({"all": false})).await;
    assert_eq!(scene.played_to(&mut ear).await, "3>4 logout r22");
}

#[tokio::test]
async fn connections_listen_apart_and_for_as_long_as_they_are_there() {
    let mut scene = Scene::set().await;
    let mut all = Ear::that_set(&scene.world, json!({"all": true})).await;
    let mut few = Ear::that_set(&scene.world, json!({"gids": [11], "uids": [4]})).await;
    let mut none = Ear::open(&scene.world).await;
    scene.play().await;
    assert_eq!(all.names().await, ALL);
    assert_eq!(few.names().await, "3>4 g11");
    assert_eq!(none.names().await, "");
    few.done("setlisten", json!({"gids": [12]})).await;
    drop(all);
    scene.play().await;
    assert_eq!(few.names().await, "3>4 g12");
    assert_eq!(none.names().await, "");
    drop(few);
    let mut back = Ear::open(&scene.world).await;
    scene.play().await;
    assert_eq!(back.names().await, "");
    assert_eq!(none.names().await, "");
    back.done("addlisten", json!({"p2p": true})).await;
    assert_eq!(scene.played_to(&mut back).await, PAIRS);
}

#[tokio::test]
async fn a_project_hears_nothing_of_another() {
    let mut scene = Scene::set().await;
    let other = Project::of(&*scene.world.other().await);
    let mut own = Ear::that_set(&scene.world, json!({"all": true})).await;
    let client = RtmClient::open(scene.world.server.rtm.server, &other).await;
    let mut foreign = Ear::over(&scene.world, client, other.clone());
    let lists =
        json!({"uids": [1, 2, 3, 4], "gids": [11, 12], "rids": [21, 22], "events": ["login"]});
    foreign.done("setlisten", lists).await;
    foreign.done("setlisten", json!({"all": true})).await;
    assert_eq!(scene.played_to(&mut foreign).await, "");
    assert_eq!(own.names().await, ALL);
    let mut back_end = scene.world.back_end_of(other.clone()).await;
    let said = with(text(1, "m"), json!({"from": 1, "to": 2}));
    back_end.say("sendmsg", said).await;
    scene.ring().await;
    assert_eq!(foreign.names().await, "1>2");
    assert_eq!(own.names().await, "");
    // A connection may speak for both, which listen apart all the same.
    own.project = other.clone();
    own.done("setlisten", json!({"p2p": true})).await;
    let said = with(text(2, "m"), json!({"from": 5, "to": 6}));
    back_end.say("sendmsg", said).await;
    scene.play().await;
    let names = own.names().await;
    assert_eq!(names, format!("{PAIRS} 5>6 g11 g12 login logout r21 r22"));
    own.done("setlisten", json!({"p2p": false})).await;
    assert_eq!(scene.played_to(&mut own).await, ALL);
}
