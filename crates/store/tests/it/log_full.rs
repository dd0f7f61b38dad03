//! A disk that is full: nothing that was answered is lost, and the same log goes on once there is room.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use halloo_core::apps::AppId;
use halloo_core::groups::GroupId;
use halloo_core::messages::{
    Appended, Audience, Content, Conversation, Form, Kind, Kinds, MessageStore, NewMessage, Range,
    Select,
};
use halloo_core::users::{Named, UserId};
use halloo_core::{Error, Millis, Result};
use halloo_store::Log;

const FOLDER: &str = "HALLOO_LOG_FULL_FOLDER";
const APP: AppId = AppId(1);
const GROUP: Conversation = Conversation::Group(GroupId(1));
/// Bytes of a message.
const LENGTH: usize = 20_000;
/// How long the log may take until it takes messages again.
const PATIENCE: Duration = Duration::from_mins(1);

/// Queues a message before it returns.
fn append(log: &Log, client_id: i64) -> impl Future<Output = Result<Appended>> + use<> {
    append_of(LENGTH, log, client_id)
}

/// Likewise, of so many bytes.
fn append_of(
    length: usize,
    log: &Log,
    client_id: i64,
) -> impl Future<Output = Result<Appended>> + use<> {
    let message = NewMessage {
        conversation: GROUP,
        sender: Named {
            id: UserId(1),
            name: "writer".parse().unwrap(),
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
            body: Bytes::from(vec![b'x'; length]),
            attributes: "".into(),
        },
        now: Millis(1_735_689_600_000),
    };
    let appending = log.append(APP, [message].into_iter().collect());
    async move { Ok(appending.await?[0]) }
}

/// Every message of the log.
async fn names(log: &Log) -> Result<Vec<i64>> {
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
    let messages = log.messages(APP, GROUP, all).await?;
    for (message, sequence) in messages.iter().zip(1..) {
        assert_eq!(message.sequence.0, sequence);
    }
    Ok(messages.iter().map(|message| message.client_id).collect())
}

/// Fills the disk, makes room with `make_room`, and goes on.
async fn fill_and_go_on(folder: &Path, most: i64, make_room: impl FnOnce()) {
    let log = Log::open(folder).unwrap();
    let mut answered = Vec::new();
    let failed = loop {
        let next = answered.last().map_or(1, |last| last + 1);
        assert!(next < most, "it is never full");
        match append(&log, next).await {
            Ok(answer) => {
                assert!(!answer.repeated);
                answered.push(next);
            }
            Err(error) => {
                assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
                break next;
            }
        }
    };
    // It stays full for a while, over several attempts to open it again.
    let begun = Instant::now();
    let mut failures = 0;
    while begun.elapsed() < Duration::from_millis(2500) {
        match append(&log, failed).await {
            // Opening it again may have given some room back.
            Ok(_) => break,
            Err(error) => assert!(matches!(error, Error::Unavailable(_)), "{error:?}"),
        }
        failures += 1;
        match names(&log).await {
            Ok(names) => assert!(names.starts_with(&answered), "an answered message is lost"),
            Err(error) => assert!(matches!(error, Error::Unavailable(_)), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    make_room();
    let begun = Instant::now();
    while let Err(error) = append(&log, failed).await {
        assert!(begun.elapsed() < PATIENCE, "it never goes on: {error:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    answered.push(failed);
    for more in 1..=50 {
        append(&log, failed + more).await.unwrap();
        answered.push(failed + more);
    }
    assert_eq!(
        names(&log).await.unwrap(),
        answered,
        "after {failures} failures"
    );
    log.messages_ready().await.unwrap();
    drop(log);
    let log = Log::open(folder).unwrap();
    assert_eq!(names(&log).await.unwrap(), answered);
}

/// A file system of its own, gone with this.
struct Disk(PathBuf);

impl Disk {
    /// `None` where it may not be made.
    fn new(folder: &Path, megabytes: u32) -> Option<Self> {
        let mut command = Command::new("mount");
        command
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={megabytes}m"),
                "halloo-log",
            ])
            .arg(folder);
        let made = command
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        made.then(|| Self(folder.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Fills a disk of so many megabytes, of which half are free in the end.
async fn on_a_disk(megabytes: u32) {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(folder.path(), megabytes) else {
        eprintln!("skipped: it takes the right to mount");
        return;
    };
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![1; (megabytes as usize / 2) << 20]).unwrap();
    let most = i64::from(megabytes) * 100;
    fill_and_go_on(&disk.0.join("log"), most, || {
        std::fs::remove_file(&ballast).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_at_once_is_survived() {
    on_a_disk(16).await;
}

/// Here the disk is full while what is in memory is written out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_while_tables_are_written_is_survived() {
    on_a_disk(100).await;
}

/// Likewise under a load that the writing out of tables does not keep up with: nobody waits for it for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_under_load_is_survived() {
    const AT_ONCE: i64 = 1000;
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(folder.path(), 400) else {
        eprintln!("skipped: it takes the right to mount");
        return;
    };
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![1; 180 << 20]).unwrap();
    // Left open when it hangs: closing it would wait, too.
    let log = std::mem::ManuallyDrop::new(Log::open(&disk.0.join("log")).unwrap());
    let mut answered = Vec::new();
    let mut next = 1;
    let mut is_full = false;
    while !is_full {
        assert!(next < 100 * AT_ONCE, "it is never full");
        let begun: Vec<_> = (next..next + AT_ONCE)
            .map(|n| (n, append(&log, n)))
            .collect();
        let all = async {
            let mut all = Vec::new();
            for (n, appending) in begun {
                all.push((n, appending.await));
            }
            all
        };
        let all = tokio::time::timeout(PATIENCE, all)
            .await
            .expect("an append is never answered");
        for (n, answer) in all {
            match answer {
                Ok(_) => answered.push(n),
                Err(error) => {
                    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
                    is_full = true;
                }
            }
        }
        next += AT_ONCE;
    }
    std::fs::remove_file(&ballast).unwrap();
    let begun = Instant::now();
    loop {
        let answer = tokio::time::timeout(PATIENCE, append(&log, next)).await;
        match answer.expect("an append is never answered") {
            Ok(_) => break,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "it never goes on: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stored: std::collections::BTreeSet<_> = names(&log).await.unwrap().into_iter().collect();
    assert!(
        answered.iter().all(|name| stored.contains(name)),
        "an answered message is lost"
    );
    drop(std::mem::ManuallyDrop::into_inner(log));
}

/// What a failed write left behind may be whole once there is room. Whoever gives the message again is answered
/// that it is there, so its receivers must have been told, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_write_failed_is_told_when_it_is_there_after_all() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(folder.path(), 16) else {
        eprintln!("skipped: it takes the right to mount");
        return;
    };
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![1; 8 << 20]).unwrap();
    let log = Log::open(&disk.0.join("log")).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    log.subscribe(Box::new(move |new| {
        notes
            .lock()
            .unwrap()
            .extend(new.iter().map(|new| new.message.client_id));
    }));
    // Small enough to wait in a buffer for the rest of its write.
    let give = |n| append_of(3000, &log, n);
    let mut last = 1;
    while give(last).await.is_ok() {
        last += 1;
        assert!(last < 10_000, "it is never full");
    }
    std::fs::remove_file(&ballast).unwrap();
    let begun = Instant::now();
    while let Err(error) = give(last).await {
        assert!(begun.elapsed() < PATIENCE, "it never goes on: {error:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let expected: Vec<_> = (1..=last).collect();
    assert_eq!(names(&log).await.unwrap(), expected);
    let told = std::mem::take(&mut *told.lock().unwrap());
    assert_eq!(
        told.last(),
        expected.last(),
        "nobody was told of the last one"
    );
    assert_eq!(told, expected);
}

/// Likewise with a limit on the size of files, which takes no rights.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_with_small_files() {
    // Otherwise this is not the child.
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    fill_and_go_on(Path::new(&folder), 20_000, || {
        let id = std::process::id().to_string();
        let lifted = Command::new("prlimit")
            .args(["--pid", &id, "--fsize=unlimited:unlimited"])
            .status();
        assert!(lifted.unwrap().success());
    })
    .await;
    std::io::Write::write_all(&mut std::io::stdout(), b"went on\n").unwrap();
}

#[test]
fn files_that_may_not_grow_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    // In blocks of 512 bytes: a little more than a journal has from its beginning.
    let script = "trap '' XFSZ; ulimit -S -f 131500; exec \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "log_full::child_with_small_files", "--nocapture"])
        .env(FOLDER, folder.path().join("log"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success() && out.contains("went on"),
        "{out}{error}"
    );
}
