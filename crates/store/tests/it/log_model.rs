//! Random histories against a model in memory.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use halloo_core::apps::AppId;
use halloo_core::groups::GroupId;
use halloo_core::messages::{
    Audience, Confirmation, Content, Conversation, Edit, Form, Kind, Kinds, MessageStore,
    NewMessage, Range, Removal, Scope, Select, Sequence, Waiting,
};
use halloo_core::users::{Named, UserId};
use halloo_core::{Error, Millis};
use halloo_store::Log;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const APP: AppId = AppId(1);
const USERS: [UserId; 3] = [UserId(1), UserId(2), UserId(3)];
const LOGS: [Conversation; 3] = [
    Conversation::Pair(UserId(1), UserId(2)),
    Conversation::Pair(UserId(1), UserId(3)),
    Conversation::Group(GroupId(1)),
];
const EVER: Range = Range {
    begin: Millis(0),
    end: Millis(i64::MAX),
};
const BEGIN: i64 = 1_735_689_600_000;

#[derive(Clone, Debug)]
struct Given {
    log: Conversation,
    sender: UserId,
    name: i64,
    text: u8,
    strict: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Given>),
    Remove(Conversation, u64),
    RemoveSent(Conversation, i64, i64),
    Edit(Conversation, u64, u8),
    Clear(Scope),
    Reclaim(i64, usize),
    Confirm(UserId, Conversation, u64, u64),
    List(UserId, Conversation, bool),
    Forget(UserId),
    Reopen,
}

fn user() -> impl Strategy<Value = UserId> {
    proptest::sample::select(USERS.to_vec())
}

fn log() -> impl Strategy<Value = Conversation> {
    proptest::sample::select(LOGS.to_vec())
}

fn given() -> impl Strategy<Value = Given> {
    let parts = (log(), user(), 0..4_i64, 0..3_u8, prop::bool::weighted(0.3));
    parts.prop_map(|(log, user, name, text, strict)| Given {
        log,
        sender: match log {
            // Who is not in it writes nothing there.
            Conversation::Pair(one, _) if log.peer_of(user).is_none() => one,
            _ => user,
        },
        name,
        text,
        strict,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => vec(given(), 1..4).prop_map(Step::Append),
        3 => (log(), 0..12_u64).prop_map(|(log, n)| Step::Remove(log, n)),
        1 => (log(), 0..40_i64, 0..40_i64).prop_map(|(log, a, b)| Step::RemoveSent(log, a, b)),
        2 => (log(), 0..12_u64, 3..6_u8).prop_map(|(log, n, text)| Step::Edit(log, n, text)),
        1 => prop_oneof![Just(Scope::Pairs), Just(Scope::Groups)].prop_map(Step::Clear),
        1 => (0..30_i64, 1..5_usize).prop_map(|(before, limit)| Step::Reclaim(before, limit)),
        4 => (user(), log(), 1..10_u64, 0..4_u64)
            .prop_map(|(user, log, first, more)| Step::Confirm(user, log, first, first + more)),
        2 => (user(), log(), any::<bool>()).prop_map(|(user, log, on)| Step::List(user, log, on)),
        1 => user().prop_map(Step::Forget),
        2 => Just(Step::Reopen),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Removed,
    Hidden,
    Reclaimed,
}

#[derive(Clone, Debug)]
struct Kept {
    given: Given,
    text: u8,
    sent: i64,
    state: State,
}

/// A row of a reader: what he confirmed, and where a pair was when it was hidden.
#[derive(Clone, Debug, Default)]
struct Row {
    confirmed: BTreeSet<u64>,
    hidden_at: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct Model {
    logs: BTreeMap<Conversation, Vec<Kept>>,
    rows: BTreeMap<(UserId, Conversation), Row>,
}

impl Model {
    fn kept(&self, log: Conversation) -> &[Kept] {
        self.logs.get(&log).map_or(&[], Vec::as_slice)
    }

    /// Appends one; its number and whether it is a retry, or `None` when it is refused.
    fn append(&mut self, given: &Given, now: i64) -> Option<(u64, bool)> {
        let known: Vec<_> = (1..)
            .zip(self.kept(given.log))
            .filter(|(_, kept)| {
                let same = kept.given.sender == given.sender && kept.given.name == given.name;
                given.name != 0 && same && kept.state != State::Reclaimed
            })
            .collect();
        if let Some((n, _)) = known
            .iter()
            .rfind(|(_, kept)| kept.given.text == given.text)
        {
            return Some((*n, true));
        }
        if given.strict && !known.is_empty() {
            return None;
        }
        let log = self.logs.entry(given.log).or_default();
        if log.is_empty()
            && let Conversation::Pair(one, other) = given.log
        {
            for user in [one, other] {
                self.rows.entry((user, given.log)).or_default();
            }
        }
        log.push(Kept {
            given: given.clone(),
            text: given.text,
            sent: now,
            state: State::Present,
        });
        Some((log.len() as u64, false))
    }

    fn present(&self, log: Conversation) -> impl Iterator<Item = (u64, &Kept)> {
        let all = (1..).zip(self.kept(log));
        all.filter(|(_, kept)| kept.state == State::Present)
    }

    fn at(&mut self, log: Conversation, n: u64) -> Option<&mut Kept> {
        let n = usize::try_from(n.checked_sub(1)?).unwrap();
        let kept = self.logs.get_mut(&log)?.get_mut(n)?;
        (kept.state == State::Present).then_some(kept)
    }
}

fn named(id: UserId) -> Named {
    Named {
        id,
        name: format!("user-{}", id.0).parse().unwrap(),
    }
}

fn content(text: u8) -> Content {
    Content {
        kind: Kind::CHAT,
        form: Form::Text,
        body: Bytes::from(vec![b'a' + text]),
        attributes: "".into(),
    }
}

fn message(given: &Given, now: i64) -> NewMessage {
    let receiver = given.log.peer_of(given.sender);
    NewMessage {
        conversation: given.log,
        sender: named(given.sender),
        origin: None,
        audience: receiver.map_or(Audience::Everybody, |peer| Audience::User(named(peer))),
        copies: true,
        client_id: given.name,
        strict: given.strict,
        retried_since: Millis(0),
        content: content(given.text),
        now: Millis(BEGIN + now),
    }
}

/// Does `step` to both, and compares the answers.
async fn take(store: &Log, model: &mut Model, step: &Step, now: i64) {
    match step {
        Step::Append(all) => {
            let messages = all.iter().map(|given| message(given, now)).collect();
            let answer = store.append(APP, messages).await;
            let mut after = model.clone();
            let expected: Option<Vec<_>> =
                all.iter().map(|given| after.append(given, now)).collect();
            match (answer, expected) {
                (Ok(answers), Some(expected)) => {
                    let places = answers.iter().map(|one| (one.sequence.0, one.repeated));
                    assert_eq!(places.collect::<Vec<_>>(), expected, "{step:?}");
                    *model = after;
                }
                (Err(Error::DuplicateId), None) => {}
                (answer, expected) => panic!("{step:?}: {answer:?}, not {expected:?}"),
            }
        }
        Step::Remove(log, n) => {
            let removal = Removal::One(Sequence(*n));
            let removed = store.remove_messages(APP, *log, removal).await.unwrap();
            let kept = model.at(*log, *n);
            assert_eq!(removed, u64::from(kept.is_some()), "{step:?}");
            if let Some(kept) = kept {
                kept.state = State::Removed;
            }
        }
        Step::RemoveSent(log, begin, end) => {
            let range = Range {
                begin: Millis(BEGIN + begin),
                end: Millis(BEGIN + end),
            };
            let removal = Removal::Sent(range);
            let removed = store.remove_messages(APP, *log, removal).await.unwrap();
            let mut expected = 0;
            for kept in model.logs.entry(*log).or_default() {
                if kept.state == State::Present && (*begin..=*end).contains(&kept.sent) {
                    kept.state = State::Removed;
                    expected += 1;
                }
            }
            assert_eq!(removed, expected, "{step:?}");
        }
        Step::Edit(log, n, text) => {
            let edit = Edit {
                sequence: Sequence(*n),
                content: content(*text),
            };
            let edited = store.edit_message(APP, *log, edit).await.unwrap();
            let kept = model.at(*log, *n);
            assert_eq!(edited, kept.is_some(), "{step:?}");
            if let Some(kept) = kept {
                kept.text = *text;
            }
        }
        Step::Clear(scope) => {
            store.clear_messages(APP, *scope).await.unwrap();
            for (log, all) in &mut model.logs {
                for kept in all {
                    if log.scope() == *scope && kept.state != State::Reclaimed {
                        kept.state = State::Hidden;
                    }
                }
            }
        }
        Step::Reclaim(before, limit) => {
            while store
                .reclaim(APP, Millis(BEGIN + before), *limit)
                .await
                .unwrap()
            {}
            for kept in model.logs.values_mut().flatten() {
                if kept.state == State::Hidden || kept.sent < *before {
                    kept.state = State::Reclaimed;
                }
            }
        }
        Step::Confirm(reader, conversation, first, last) => {
            let confirmed = Confirmation {
                app: APP,
                reader: *reader,
                conversation: *conversation,
                first: Sequence(*first),
                last: Sequence(*last),
            };
            store.confirm(vec![confirmed]).await.unwrap();
            let key = (*reader, *conversation);
            if conversation.scope() == Scope::Groups || model.rows.contains_key(&key) {
                model
                    .rows
                    .entry(key)
                    .or_default()
                    .confirmed
                    .extend(*first..=*last);
            }
        }
        Step::List(user, log, listed) => {
            let Some(peer) = log.peer_of(*user) else {
                return;
            };
            store
                .list_pair(APP, *user, named(peer), *listed)
                .await
                .unwrap();
            let last = model.kept(*log).len() as u64;
            let key = (*user, *log);
            if *listed {
                model.rows.entry(key).or_default().hidden_at = None;
            } else if last == 0 {
                model.rows.remove(&key);
            } else if let Some(row) = model.rows.get_mut(&key) {
                row.hidden_at = Some(last);
            }
        }
        Step::Forget(reader) => {
            store.forget_reader(APP, *reader).await.unwrap();
            model.rows.retain(|(user, _), _| user != reader);
        }
        Step::Reopen => unreachable!("it takes the log away"),
    }
}

/// Compares what readers see.
async fn compare(store: &Log, model: &Model) {
    for log in LOGS {
        let present: Vec<_> = model.present(log).collect();
        for (descending, limit) in [(false, 100), (true, 100), (false, 3), (true, 3)] {
            let select = Select {
                descending,
                after: None,
                range: EVER,
                kinds: Kinds::ALL,
                limit,
            };
            let page = store.messages(APP, log, select).await.unwrap();
            let found = page.iter().map(|one| (one.sequence.0, one.content.clone()));
            let mut expected: Vec<_> = present
                .iter()
                .map(|(n, kept)| (*n, content(kept.text)))
                .collect();
            if descending {
                expected.reverse();
            }
            expected.truncate(limit);
            assert_eq!(found.collect::<Vec<_>>(), expected, "{log:?} {select:?}");
        }
        let count = store
            .count_messages(APP, log, EVER, Kinds::ALL)
            .await
            .unwrap();
        let senders: BTreeSet<_> = present.iter().map(|(_, kept)| kept.given.sender).collect();
        assert_eq!(count.messages, present.len() as u64);
        assert_eq!(count.senders, senders.len() as u64);
        let last = store.last_sequence(APP, log).await.unwrap();
        assert_eq!(last.0, model.kept(log).len() as u64);
        for user in USERS {
            let waiting = Waiting {
                reader: user,
                conversation: log,
                range: EVER,
                kinds: Kinds::ALL,
                confirmed_too: false,
                most: u64::MAX,
            };
            let confirmed = model.rows.get(&(user, log)).map(|row| &row.confirmed);
            let expected = present.iter().filter(|(n, kept)| {
                kept.given.sender != user && confirmed.is_none_or(|runs| !runs.contains(n))
            });
            let waits = store.waiting_count(APP, waiting).await.unwrap();
            assert_eq!(waits, expected.count() as u64, "{user:?} {log:?}");
            for name in 1..4 {
                let found = store
                    .message_called(APP, log, Some(user), name)
                    .await
                    .unwrap();
                let expected = present
                    .iter()
                    .rfind(|(_, kept)| kept.given.sender == user && kept.given.name == name);
                let expected = expected.map(|(n, _)| *n);
                assert_eq!(
                    found.map(|message| message.sequence.0),
                    expected,
                    "{log:?} {name}"
                );
            }
        }
    }
    for user in USERS {
        let pairs = store.pairs_of(APP, user).await.unwrap();
        let found: BTreeSet<_> = pairs
            .iter()
            .map(|one| (one.conversation, one.hidden))
            .collect();
        let rows = model
            .rows
            .iter()
            .filter(|((reader, log), _)| *reader == user && log.scope() == Scope::Pairs);
        let expected: BTreeSet<_> = rows
            .map(|((_, log), row)| (*log, row.hidden_at == Some(model.kept(*log).len() as u64)))
            .collect();
        assert_eq!(found, expected, "the list of {user:?}");
    }
}

#[test]
fn random_histories_are_as_in_a_model() {
    let config = Config {
        cases: 12,
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ran = runner.run(&vec(step(), 1..70), |steps| {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut store = Log::open(folder.path()).unwrap();
            let mut model = Model::default();
            for (now, step) in (0..).zip(&steps) {
                if let Step::Reopen = step {
                    drop(store);
                    store = Log::open(folder.path()).unwrap();
                } else {
                    take(&store, &mut model, step, now).await;
                }
                compare(&store, &model).await;
            }
        });
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
}
