//! Kill -9 of the real program under concurrent changes: what was answered is there afterwards.

use std::collections::{BTreeMap, BTreeSet};

use halloo_testkit::Program;
use halloo_testkit::rtm::{Project, sorted};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::{Line, Site};

const ROUNDS: i64 = 4;
const WRITERS: i64 = 4;
/// Changes that a writer has on the way at the same time.
const AHEAD: usize = 8;

/// The changes that a writer makes, one after the other, all of users and ids of his own.
fn change(writer: i64, number: i64) -> (&'static str, Value) {
    let uid = writer * 1_000_000 + number / 6 + 1;
    match number % 6 {
        0 => ("addgroupmembers", json!({"gid": writer + 1, "uids": [uid]})),
        1 => (
            "setuserinfo",
            json!({"uid": uid, "oinfo": format!("o{number}"), "pinfo": "p"}),
        ),
        2 => (
            "addfriends",
            json!({"uid": uid, "friends": [uid + 500_000, uid + 500_001]}),
        ),
        3 => (
            "dataset",
            json!({"uid": uid, "key": "k", "val": number.to_string()}),
        ),
        4 => ("addroommember", json!({"rid": writer + 1, "uid": uid})),
        _ => (
            "addgroupban",
            json!({"gid": writer + 1, "uid": uid, "btime": 0}),
        ),
    }
}

/// Makes changes from `first` on until the server is gone; reports each that was answered.
async fn write(
    mut line: Line,
    writer: i64,
    first: i64,
    answered: UnboundedSender<(i64, i64)>,
) -> i64 {
    let mut on_the_way = BTreeMap::new();
    let mut next = first;
    loop {
        while on_the_way.len() < AHEAD {
            let (method, params) = change(writer, next);
            on_the_way.insert(line.ask(method, &params), next);
            next += 1;
        }
        line.wire.flush().await;
        match line.wire.frame().await {
            Some(halloo_fpnn::Frame::Answer { sequence, answer }) => {
                assert_eq!(answer.as_deref(), Ok([0x80].as_slice()));
                let number = on_the_way.remove(&sequence).expect("it was asked");
                let _ = answered.send((writer, number));
            }
            Some(other) => panic!("{other:?}"),
            None => return next,
        }
    }
}

/// Finds everything that was answered.
async fn verify(program: &Program, project: &Project, answered: &BTreeSet<(i64, i64)>) {
    let mut line = Line::to(program, project).await;
    let mut groups = BTreeMap::new();
    let mut rooms = BTreeMap::new();
    for writer in 0..WRITERS {
        let members = line
            .call("getgroupmembers", &json!({"gid": writer + 1}))
            .await;
        groups.insert(writer, sorted(&members["uids"]));
        let members = line
            .call("getroommembers", &json!({"rid": writer + 1}))
            .await;
        rooms.insert(writer, sorted(&members["uids"]));
    }
    for (writer, number) in answered {
        let (method, params) = change(*writer, *number);
        let uid = writer * 1_000_000 + number / 6 + 1;
        let found = match method {
            "addgroupmembers" => groups[writer].contains(&uid),
            "addroommember" => rooms[writer].contains(&uid),
            "setuserinfo" => {
                let texts = line.call("getuserinfo", &json!({"uid": uid})).await;
                texts == json!({"oinfo": params["oinfo"], "pinfo": "p"})
            }
            "addfriends" => {
                let friends = line.call("getfriends", &json!({"uid": uid})).await;
                sorted(&friends["uids"]) == [uid + 500_000, uid + 500_001]
            }
            "dataset" => {
                let value = line.call("dataget", &json!({"uid": uid, "key": "k"})).await;
                value == json!({"val": params["val"]})
            }
            _ => {
                let muted = json!({"gid": writer + 1, "uid": uid});
                line.call("isbanofgroup", &muted).await == json!({"ok": true})
            }
        };
        assert!(found, "{method} {params} was answered and is gone");
    }
    // Counters agree with what they count.
    for writer in 0..WRITERS {
        let count = line
            .call("getgroupcount", &json!({"gid": writer + 1}))
            .await;
        assert_eq!(count["cn"], groups[&writer].len());
        let counts = line.call("getroomcount", &json!({"rid": writer + 1})).await;
        assert_eq!(counts["cn"][(writer + 1).to_string()], rooms[&writer].len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_that_was_answered_survives_a_kill() {
    let site = Site::new();
    let mut program = site.start().await;
    let project = site.project().await;
    let mut answered = BTreeSet::new();
    let mut first = 0;
    for round in 0..ROUNDS {
        // From the first commits on to the middle of many.
        let enough = 1 + 150 * usize::try_from(round).unwrap();
        let (sender, mut heard) = unbounded_channel();
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let line = Line::to(&program, &project).await;
            writers.spawn(write(line, writer, first, sender.clone()));
        }
        drop(sender);
        let (mut running, mut answers) = (Some(program), 0);
        while let Some(change) = heard.recv().await {
            assert!(answered.insert(change), "{change:?} was answered twice");
            answers += 1;
            if answers == enough
                && let Some(program) = running.take()
            {
                program.kill().await;
            }
        }
        let ended = writers.join_all().await;
        // A later change of the same user must not hide that an earlier one is gone.
        first = (ended.into_iter().max().expect("writers") / 6 + 1) * 6;
        program = site.start().await;
        verify(&program, &project, &answered).await;
    }
    assert!(program.terminate().await);
    let program = site.start().await;
    verify(&program, &project, &answered).await;
}
