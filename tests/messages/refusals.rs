//! What may not be said is refused, kept nowhere and heard by nobody. Sources: RTM server gate sections 5.2, 10
//! and 11, RTM client gate sections 3.2, 6 and 7.

use halloo_core::apps::{MessageSettings, SenderPolicy};
use halloo_core::users::Uid;
use halloo_testkit::rtm::{Caller, RtmClient};
use serde_json::{Value, json};

use crate::talk::{Asker as _, text, with};
use crate::world::{Ask as _, World};

/// 7 and 8 are in group 5 and room 6.
struct Scene {
    world: World,
    back_end: Caller,
    seven: RtmClient,
    eight: RtmClient,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start().await;
        let (mut seven, mut eight) = (world.client(7).await, world.client(8).await);
        world.group(5, &[7, 8]).await;
        for client in [&mut seven, &mut eight] {
            client.done("enterroom", json!({"rid": 6})).await;
        }
        let back_end = world.back_end().await;
        Self {
            world,
            back_end,
            seven,
            eight,
        }
    }

    /// Has 7 send it himself and through the back end, which must both be refused so.
    async fn refused(&mut self, method: &str, params: Value, code: u32) {
        if method != "broadcastmsg" {
            let answer = self.seven.call(method, &params).await;
            assert_eq!(answer, Err(code), "{method} {params}");
        }
        let params = with(json!({"from": 7}), params);
        let answer = self.back_end.call(method, &params).await;
        assert_eq!(answer, Err(code), "{method} {params}");
    }

    /// That nothing of it all was heard or kept.
    async fn assert_nothing_happened(&mut self) {
        let end = json!({"from": 70, "to": 8, "mid": 1, "mtype": 51, "msg": "end", "attrs": ""});
        self.back_end.say("sendmsg", end).await;
        let heard = self.eight.push().await.expect("a push");
        assert_eq!(heard.params["msg"], "end");
        for (method, of) in [
            ("getp2pmsg", json!({"uid": 7, "ouid": 8})),
            ("getp2pmsg", json!({"uid": 7, "ouid": 9})),
            ("getgroupmsg", json!({"gid": 5})),
            ("getgroupmsg", json!({"gid": 50})),
            ("getroommsg", json!({"rid": 6})),
            ("getroommsg", json!({"rid": 60})),
            ("getbroadcastmsg", json!({})),
        ] {
            let rows = self.back_end.rows(method, of).await;
            assert!(rows.is_empty(), "{method}: {rows:?}");
        }
        assert!(self.seven.so_far().await.is_empty());
    }
}

/// Every way to send, as far as it is no matter who.
fn ways() -> [(&'static str, Value); 4] {
    [
        ("sendmsg", json!({"to": 8})),
        ("sendmsgs", json!({"tos": [8, 9]})),
        ("sendgroupmsg", json!({"gid": 5})),
        ("sendroommsg", json!({"rid": 6})),
    ]
}

#[tokio::test]
async fn kinds_are_1_to_127_and_bodies_have_a_limit() {
    let mut scene = Scene::set().await;
    for (method, to) in ways().into_iter().chain([("broadcastmsg", json!({}))]) {
        for mtype in [0, 128, -1, -128, 255, 256 + 30, i64::MAX, i64::MIN] {
            let quest = json!({"mid": 1, "mtype": mtype, "msg": "m", "attrs": ""});
            scene
                .refused(method, with(to.clone(), quest), 200_005)
                .await;
        }
        for (msg, attrs) in [
            ("x".repeat(20_481), String::new()),
            ("\u{e9}".repeat(10_241), String::new()),
            ("m".into(), "x".repeat(2049)),
        ] {
            let quest = json!({"mid": 1, "mtype": 51, "msg": msg, "attrs": attrs});
            scene
                .refused(method, with(to.clone(), quest), 200_030)
                .await;
        }
    }
    scene.assert_nothing_happened().await;
}

#[tokio::test]
async fn the_longest_body_passes_and_comes_back_whole() {
    let mut scene = Scene::set().await;
    let (msg, attrs) = ("\u{e9}".repeat(10_240), "a".repeat(2048));
    for (mid, (method, to)) in (1..).zip(ways()) {
        let quest = with(
            to,
            json!({"mid": mid, "mtype": 51, "msg": msg, "attrs": attrs}),
        );
        scene.seven.say(method, quest.clone()).await;
        let heard = scene.eight.push().await.expect("a push");
        assert_eq!(
            (&heard.params["msg"], &heard.params["attrs"]),
            (&json!(msg), &json!(attrs))
        );
        let quest = with(quest, json!({"from": 7, "mid": 100 + mid}));
        scene.back_end.say(method, quest).await;
    }
    for (method, of, count) in [
        ("getp2pmsg", json!({"ouid": 7}), 4),
        ("getgroupmsg", json!({"gid": 5}), 2),
        ("getroommsg", json!({"rid": 6}), 2),
    ] {
        let bodies = scene.eight.bodies(method, of).await;
        assert_eq!(bodies, vec![json!(msg); count]);
    }
    // A page of the longest messages is answered whole.
    for mid in 200..220 {
        let quest = json!({"to": 8, "mid": mid, "mtype": 51, "msg": msg, "attrs": attrs});
        scene.seven.say("sendmsg", quest).await;
    }
    let asked = json!({"ouid": 7, "desc": true, "num": 20});
    assert_eq!(scene.eight.field("getp2pmsg", asked, "num").await, 20);
}

#[tokio::test]
async fn nobody_writes_to_himself_or_to_whom_cannot_be() {
    let mut scene = Scene::set().await;
    let users = scene.world.users().await;
    scene
        .refused("sendmsg", with(json!({"to": 7}), text(1, "m")), 200_052)
        .await;
    for to in [0, -8, i64::MIN] {
        scene
            .refused("sendmsg", with(json!({"to": to}), text(1, "m")), 200_001)
            .await;
        scene
            .refused(
                "sendmsgs",
                with(json!({"tos": [8, to]}), text(1, "m")),
                200_001,
            )
            .await;
        scene
            .refused(
                "sendgroupmsg",
                with(json!({"gid": to}), text(1, "m")),
                200_034,
            )
            .await;
        scene
            .refused(
                "sendroommsg",
                with(json!({"rid": to}), text(1, "m")),
                200_034,
            )
            .await;
        for (method, place) in ways().into_iter().chain([("broadcastmsg", json!({}))]) {
            let quest = with(with(place, text(1, "m")), json!({"from": to}));
            let answer = scene.back_end.call(method, quest).await;
            assert_eq!(answer, Err(200_001), "{method} from {to}");
        }
    }
    scene.assert_nothing_happened().await;
    // 70, who said the end of it, is the only new one.
    assert_eq!(scene.world.users().await, users + 1);
}

#[tokio::test]
async fn nobody_who_is_blocked_is_heard_and_who_blocks_may_write() {
    let mut scene = Scene::set().await;
    scene.eight.done("addblacks", json!({"blacks": [7]})).await;
    scene
        .refused("sendmsg", with(json!({"to": 8}), text(1, "m")), 200_049)
        .await;
    // Among several he is left out without a word.
    let several = with(json!({"tos": [8]}), text(2, "m"));
    scene.seven.say("sendmsgs", several.clone()).await;
    scene
        .back_end
        .say("sendmsgs", with(several, json!({"from": 7})))
        .await;
    scene.assert_nothing_happened().await;
    scene
        .eight
        .say(
            "sendmsg",
            with(json!({"to": 7}), text(3, "from the blocker")),
        )
        .await;
    let heard = scene.seven.push().await.expect("a push");
    assert_eq!(heard.params["msg"], "from the blocker");
    // Blocks are about pairs.
    scene
        .seven
        .say("sendgroupmsg", with(json!({"gid": 5}), text(4, "all")))
        .await;
    assert_eq!(scene.eight.pushed("pushgroupmsg").await["msg"], "all");
    scene.eight.done("delblacks", json!({"blacks": [7]})).await;
    scene
        .seven
        .say("sendmsg", with(json!({"to": 8}), text(5, "again")))
        .await;
    assert_eq!(scene.eight.pushed("pushmsg").await["msg"], "again");
}

#[tokio::test]
async fn only_members_write_to_groups_and_rooms() {
    let mut scene = Scene::set().await;
    scene.world.group(55, &[8]).await;
    let nine = with(text(1, "m"), json!({"from": 9}));
    for (method, place, code) in [
        ("sendgroupmsg", json!({"gid": 50}), 200_046),
        ("sendgroupmsg", json!({"gid": 55}), 200_041),
        ("sendroommsg", json!({"rid": 60}), 200_040),
    ] {
        scene.refused(method, with(place, text(1, "m")), code).await;
    }
    for (method, place, code) in [
        ("sendgroupmsg", json!({"gid": 5}), 200_041),
        ("sendroommsg", json!({"rid": 6}), 200_040),
    ] {
        let answer = scene.back_end.call(method, with(nine.clone(), place)).await;
        assert_eq!(answer, Err(code));
    }
    // 7 leaves.
    let out = json!({"gid": 5, "uids": [7]});
    scene.seven.done("delgroupmembers", out).await;
    scene.seven.done("leaveroom", json!({"rid": 6})).await;
    for (method, place, code) in [
        ("sendgroupmsg", json!({"gid": 5}), 200_041),
        ("sendroommsg", json!({"rid": 6}), 200_040),
    ] {
        scene.refused(method, with(place, text(2, "m")), code).await;
    }
    scene.assert_nothing_happened().await;
}

#[tokio::test]
async fn who_is_muted_is_refused_until_the_mute_ends() {
    let mut scene = Scene::set().await;
    for (ban, unban, place, code) in [
        (
            "addgroupban",
            "removegroupban",
            ("sendgroupmsg", json!({"gid": 5})),
            200_044,
        ),
        (
            "addroomban",
            "removeroomban",
            ("sendroommsg", json!({"rid": 6})),
            200_045,
        ),
    ] {
        let here = with(place.1.clone(), json!({"uid": 7}));
        let (method, quest) = (place.0, |mid| with(place.1.clone(), text(mid, "m")));
        // There, or everywhere.
        for whom in [here, json!({"uid": 7})] {
            scene
                .back_end
                .done(ban, with(whom.clone(), json!({"btime": 60})))
                .await;
            scene.refused(method, quest(1), code).await;
            scene.back_end.done(unban, whom).await;
        }
    }
    scene
        .back_end
        .done("addprojectban", json!({"uid": 7, "btime": 60}))
        .await;
    for (method, to) in ways().into_iter().chain([("broadcastmsg", json!({}))]) {
        scene.refused(method, with(to, text(1, "m")), 200_021).await;
    }
    scene.assert_nothing_happened().await;
    scene.world.advance_ms(60_000);
    scene
        .seven
        .say("sendmsg", with(json!({"to": 8}), text(2, "again")))
        .await;
    assert_eq!(scene.eight.pushed("pushmsg").await["msg"], "again");
}

#[tokio::test]
async fn a_client_cannot_broadcast() {
    let mut scene = Scene::set().await;
    let answer = scene.seven.call("broadcastmsg", text(1, "m")).await;
    assert_eq!(answer, Err(20_004));
    let settings = MessageSettings {
        administrators: [Uid(7)].into(),
        ..MessageSettings::default()
    };
    scene.world.set_messages(settings).await;
    let answer = scene.seven.call("broadcastmsg", text(1, "m")).await;
    assert_eq!(answer, Err(20_004));
    let by_eight = with(text(1, "m"), json!({"from": 8}));
    let answer = scene.back_end.call("broadcastmsg", by_eight).await;
    assert_eq!(answer, Err(200_026));
    scene.assert_nothing_happened().await;
}

#[tokio::test]
async fn of_recipients_there_are_1_to_2000() {
    let mut scene = Scene::set().await;
    let to = |uids: Vec<i64>| with(json!({"tos": uids}), text(1, "m"));
    for nobody in [json!([]), json!({}), json!(null)] {
        let quest = with(json!({"tos": nobody}), text(1, "m"));
        scene.refused("sendmsgs", quest, 200_033).await;
    }
    scene
        .refused("sendmsgs", to((8..=2008).collect()), 200_032)
        .await;
    scene.assert_nothing_happened().await;
    let users = scene.world.users().await;
    // Each counts once.
    let twice: Vec<i64> = (10_000..12_000).chain(10_000..12_000).collect();
    scene
        .back_end
        .say("sendmsgs", with(to(twice), json!({"from": 7})))
        .await;
    assert_eq!(scene.world.users().await, users + 2000);
    for uid in [10_000, 10_777, 11_999] {
        let rows = scene.seven.rows("getp2pmsg", json!({"ouid": uid})).await;
        assert_eq!(rows.len(), 1, "{uid}");
    }
    scene
        .seven
        .say(
            "sendmsgs",
            with(to((10_000..12_000).collect()), json!({"mid": 2})),
        )
        .await;
    let rows = scene.seven.rows("getp2pmsg", json!({"ouid": 11_999})).await;
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn nobody_sends_in_the_name_of_who_is_banned() {
    let mut scene = Scene::set().await;
    scene
        .back_end
        .done("addprojectblack", json!({"uid": 7, "btime": 60}))
        .await;
    let ways = ways().into_iter().chain([("broadcastmsg", json!({}))]);
    for (method, to) in ways {
        let quest = with(with(to, text(1, "m")), json!({"from": 7}));
        assert_eq!(
            scene.back_end.call(method, quest).await,
            Err(200_024),
            "{method}"
        );
    }
    scene.seven = scene.world.client(77).await;
    scene.assert_nothing_happened().await;
}

#[tokio::test]
async fn before_a_login_nothing_is_sent_and_nothing_read() {
    let mut scene = Scene::set().await;
    let mut stranger = scene.world.stranger().await;
    for (method, to) in ways() {
        let quest = with(with(to, text(1, "m")), json!({"from": 7, "uid": 7}));
        assert_eq!(stranger.call(method, quest).await, Err(200_022), "{method}");
    }
    for (method, params) in [
        (
            "getp2pmsg",
            json!({"uid": 7, "ouid": 8, "desc": true, "num": 10}),
        ),
        ("getgroupmsg", json!({"gid": 5, "desc": true, "num": 10})),
        ("getunread", json!({})),
        ("getmsg", json!({"from": 7, "xid": 8, "mid": 1, "type": 1})),
    ] {
        assert_eq!(
            stranger.call(method, params).await,
            Err(200_022),
            "{method}"
        );
    }
    scene.assert_nothing_happened().await;
}

#[tokio::test]
async fn a_project_may_exempt_its_back_end_from_the_rules() {
    let mut scene = Scene::set().await;
    let settings = MessageSettings {
        back_end: SenderPolicy::Free,
        ..MessageSettings::default()
    };
    scene.world.set_messages(settings).await;
    scene.eight.done("addblacks", json!({"blacks": [9]})).await;
    for (method, params) in [
        ("addgroupban", json!({"gid": 5, "uid": 9})),
        ("addroomban", json!({"uid": 9})),
        ("addprojectban", json!({"uid": 9})),
        ("addprojectblack", json!({"uid": 9})),
    ] {
        scene.back_end.done(method, params).await;
    }
    for (mid, (method, to)) in (1..).zip(ways()) {
        let quest = with(with(to, text(mid, "m")), json!({"from": 9}));
        scene.back_end.say(method, quest).await;
        let heard = scene.eight.push().await.expect("a push");
        assert_eq!(
            (&heard.params["from"], &heard.params["mid"]),
            (&json!(9), &json!(mid))
        );
    }
    // What makes no sense stays refused.
    for (method, quest, code) in [
        ("sendmsg", json!({"to": 9}), 200_052),
        ("sendgroupmsg", json!({"gid": 50}), 200_046),
        ("sendmsg", json!({"to": 0}), 200_001),
        ("sendmsgs", json!({"tos": []}), 200_033),
        ("sendmsg", json!({"to": 8, "mtype": 0}), 200_005),
    ] {
        let quest = with(with(text(9, "m"), quest), json!({"from": 9}));
        assert_eq!(
            scene.back_end.call(method, quest).await,
            Err(code),
            "{method}"
        );
    }
    // Clients are bound as ever.
    let quest = with(text(9, "m"), json!({"gid": 50}));
    assert_eq!(scene.seven.call("sendgroupmsg", quest).await, Err(200_046));
    scene.eight.done("addblacks", json!({"blacks": [7]})).await;
    let quest = with(text(9, "m"), json!({"to": 8}));
    assert_eq!(scene.seven.call("sendmsg", quest).await, Err(200_049));
}

#[tokio::test]
async fn a_refused_message_may_be_sent_again_later() {
    // Its name is not used up.
    let mut scene = Scene::set().await;
    let quest = with(json!({"to": 8}), text(1, "m"));
    scene.eight.done("addblacks", json!({"blacks": [7]})).await;
    scene.refused("sendmsg", quest.clone(), 200_049).await;
    scene.eight.done("delblacks", json!({"blacks": [7]})).await;
    scene.seven.say("sendmsg", quest).await;
    assert_eq!(scene.eight.pushed("pushmsg").await["mid"], 1);
}
