//! Kill -9 while messages are appended: what was answered is there afterwards, and nothing twice.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use halloo_core::apps::AppId;
use halloo_core::groups::GroupId;
use halloo_core::messages::{
    Audience, Content, Conversation, Form, Kind, Kinds, MessageStore, NewMessage, Range, Select,
};
use halloo_core::users::{Named, UserId};
use halloo_core::{Error, Millis};
use halloo_store::Log;

const FOLDER: &str = "HALLOO_LOG_CRASH_FOLDER";
const ROUNDS: u64 = 10;
const APP: AppId = AppId(1);
const WRITERS: i64 = 4;

/// Several sizes, up to one that takes many blocks of a file.
fn body(client_id: i64) -> Bytes {
    let length = [10, 900, 23_000][usize::try_from(client_id).unwrap() % 3];
    let text = format!("{client_id} ");
    text.repeat(length / text.len()).into_bytes().into()
}

/// The message number `n` of a writer.
fn message(writer: i64, n: i64) -> NewMessage {
    let client_id = writer * 1_000_000 + n + 1;
    NewMessage {
        conversation: Conversation::Group(GroupId(writer % 2)),
        sender: Named {
            id: UserId(writer),
            name: format!("writer-{writer}").parse().unwrap(),
        },
        origin: None,
        audience: Audience::Everybody,
        copies: true,
        client_id,
        strict: true,
        retried_since: Millis(0),
        content: Content {
            kind: Kind::CHAT,
            form: Form::Text,
            body: body(client_id),
            attributes: "".into(),
        },
        now: Millis(1_735_689_600_000 + n),
    }
}

/// Appends until it is killed, and says what was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_appends_until_it_is_killed() {
    // Otherwise this is not the child.
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let log = std::sync::Arc::new(Log::open(Path::new(&folder)).unwrap());
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let log = std::sync::Arc::clone(&log);
        let begin: i64 = std::env::var(format!("BEGIN_{writer}"))
            .unwrap()
            .parse()
            .unwrap();
        writers.spawn(async move {
            for n in begin.. {
                let answers = log
                    .append(APP, [message(writer, n)].into_iter().collect())
                    .await;
                let answer = answers.unwrap()[0];
                // One write, so that a line is whole or not there.
                let line = format!("answered {writer} {n} {}\n", answer.id.0);
                std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes()).unwrap();
            }
        });
    }
    writers.join_all().await;
}

/// The test `name` of this binary in a process of its own.
fn child(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--nocapture"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn start(folder: &Path, begin: &[i64]) -> Child {
    let mut command = child("log_crash::child_appends_until_it_is_killed");
    command.env(FOLDER, folder);
    for (writer, begin) in begin.iter().enumerate() {
        command.env(format!("BEGIN_{writer}"), begin.to_string());
    }
    command.spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    // Writer, number of the message and its id.
    let mut answered: Vec<(i64, i64, i64)> = Vec::new();
    let mut next = vec![0; usize::try_from(WRITERS).unwrap()];
    for round in 0..ROUNDS {
        let mut child = start(folder.path(), &next);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut left = 20 + round * 67 % 300;
        for line in lines {
            let line = line.unwrap();
            let Some(numbers) = line.split("answered ").nth(1) else {
                continue;
            };
            let numbers: Vec<i64> = numbers.split(' ').map_while(|n| n.parse().ok()).collect();
            let [writer, n, id] = numbers[..] else {
                continue;
            };
            answered.push((writer, n, id));
            next[usize::try_from(writer).unwrap()] = n + 1;
            left -= u64::from(left > 0);
            if left == 0 {
                // Lines that are on their way are still read.
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let log = Log::open(folder.path()).unwrap();
        // What had no answer is given again, as its sender would.
        for writer in 0..WRITERS {
            let n = next[usize::try_from(writer).unwrap()];
            let retry = || log.append(APP, [message(writer, n)].into_iter().collect());
            let first = retry().await.unwrap()[0];
            let second = retry().await.unwrap()[0];
            assert!(second.repeated && second.id == first.id);
            answered.push((writer, n, first.id.0));
            next[usize::try_from(writer).unwrap()] = n + 1;
        }
        check(&log, &answered).await;
    }
}

async fn check(log: &Log, answered: &[(i64, i64, i64)]) {
    let all = Select {
        descending: false,
        after: None,
        range: Range {
            begin: Millis(0),
            end: Millis(i64::MAX),
        },
        kinds: Kinds::ALL,
        limit: 10_000_000,
    };
    let mut stored = Vec::new();
    for group in 0..2 {
        let group = Conversation::Group(GroupId(group));
        let messages = log.messages(APP, group, all).await.unwrap();
        for (message, sequence) in messages.iter().zip(1..) {
            assert_eq!(message.sequence.0, sequence, "a gap");
            assert_eq!(message.content.body, body(message.client_id));
        }
        assert!(messages.is_sorted_by(|one, next| one.id < next.id && one.sent <= next.sent));
        assert_eq!(
            log.last_sequence(APP, group).await.unwrap().0,
            messages.len() as u64
        );
        let own = messages.iter().map(|message| {
            let (writer, n) = (message.sender.id.0, message.client_id % 1_000_000 - 1);
            (writer, n, message.id.0)
        });
        stored.extend(own);
    }
    for writer in 0..WRITERS {
        let own = |all: &[(i64, i64, i64)]| -> Vec<_> {
            all.iter().copied().filter(|one| one.0 == writer).collect()
        };
        // In order, each once, and nothing that nobody gave.
        assert_eq!(own(&stored), own(answered));
    }
}

/// The last batch that a journal holds, as it is after a power failure: a block in the middle of a value did
/// not reach the disk, those behind it did. Nobody was answered, so nothing is missing; but it must open.
#[tokio::test]
async fn a_torn_last_write_does_not_keep_the_log_closed() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path()).unwrap();
    for n in [0, 2, 1] {
        log.append(APP, [message(0, n)].into_iter().collect())
            .await
            .unwrap();
    }
    drop(log);
    // The last one is 23 kB long.
    let needle = body(2);
    let journals = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().path());
    let journal = journals
        .filter(|path| path.extension().is_some_and(|end| end == "jnl"))
        .max()
        .unwrap();
    let mut bytes = std::fs::read(&journal).unwrap();
    let place = bytes
        .windows(needle.len())
        .rposition(|window| window == needle)
        .unwrap();
    let block = place.next_multiple_of(4096);
    bytes[block..block + 4096].fill(0);
    std::fs::write(&journal, bytes).unwrap();
    let log = Log::open(folder.path()).expect("what was answered before can be read");
    for n in [0, 2] {
        let answer = log
            .append(APP, [message(0, n)].into_iter().collect())
            .await
            .unwrap()[0];
        assert!(answer.repeated);
    }
    let again = log
        .append(APP, [message(0, 1)].into_iter().collect())
        .await
        .unwrap()[0];
    assert_eq!((again.sequence.0, again.repeated), (3, false));
}

/// Likewise, where the file ends within the last write, wherever that is.
#[tokio::test]
async fn a_cut_last_write_does_not_keep_the_log_closed() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path()).unwrap();
    for n in [0, 2, 1] {
        log.append(APP, [message(0, n)].into_iter().collect())
            .await
            .unwrap();
    }
    drop(log);
    let needle = body(2);
    let journals = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().path());
    let journal = journals
        .filter(|path| path.extension().is_some_and(|end| end == "jnl"))
        .max()
        .unwrap();
    let whole = std::fs::read(&journal).unwrap();
    let place = whole
        .windows(needle.len())
        .rposition(|window| window == needle)
        .unwrap();
    for (cut, blank) in [
        (1, false),
        (1, true),
        (12_000, false),
        (12_000, true),
        (22_000, true),
    ] {
        let mut bytes = whole.clone();
        if blank {
            bytes[place + cut..].fill(0);
        } else {
            bytes.truncate(place + cut);
        }
        std::fs::write(&journal, bytes).unwrap();
        let log = Log::open(folder.path()).unwrap();
        let group = Conversation::Group(GroupId(0));
        assert_eq!(
            log.last_sequence(APP, group).await.unwrap().0,
            2,
            "{cut} {blank}"
        );
    }
}

#[tokio::test]
async fn a_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path()).unwrap();
    assert!(matches!(
        Log::open(folder.path()),
        Err(Error::Unavailable(_))
    ));
    drop(log);
    assert!(Log::open(folder.path()).is_ok());
}
