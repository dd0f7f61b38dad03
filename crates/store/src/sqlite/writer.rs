//! One thread that owns the only writing connection and commits for many callers at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::{Failure, Outcome};
use halloo_core::Error;

const COMMITS: &str = "halloo_store_commits_total";
const OPERATIONS: &str = "halloo_store_operations_total";
/// Operations that share one commit at most.
const BATCH: usize = 1024;

/// How long the end waits for readers.
const CLOSE_PATIENCE: Duration = Duration::from_millis(500);

/// An operation on its way through the writer thread.
trait Job: Send {
    fn run(&mut self, connection: &Connection) -> Result<(), rusqlite::Error>;
    /// Answers the caller; `commit` is what became of the transaction around the operation.
    fn finish(self: Box<Self>, commit: Result<(), String>);
}

struct Operation<F, T> {
    work: Option<F>,
    outcome: Option<Outcome<T>>,
    answer: oneshot::Sender<Outcome<T>>,
}

impl<F, T> Job for Operation<F, T>
where
    F: FnOnce(&Connection) -> Outcome<T> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let Some(work) = self.work.take() else {
            return Ok(());
        };
        connection
            .prepare_cached("SAVEPOINT operation")?
            .execute([])?;
        let outcome = catch_unwind(AssertUnwindSafe(|| work(connection))).unwrap_or_else(|_| {
            Err(Failure::Domain(Error::unavailable(
                "the operation panicked",
            )))
        });
        if outcome.is_err() {
            connection
                .prepare_cached("ROLLBACK TO operation")?
                .execute([])?;
        }
        connection
            .prepare_cached("RELEASE operation")?
            .execute([])?;
        self.outcome = Some(outcome);
        Ok(())
    }

    fn finish(self: Box<Self>, commit: Result<(), String>) {
        let outcome = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            // Also a refusal: it may rest on a neighbour's change that is taken back now.
            (Err(why), _) => Err(Failure::Domain(Error::unavailable(why))),
            (Ok(()), None) => Err(Failure::Domain(Error::unavailable(
                "the operation did not run",
            ))),
        };
        // A caller who went away does not undo what was committed.
        let _ = self.answer.send(outcome);
    }
}

/// The queue towards the writer thread.
pub(super) struct Writer {
    /// Present until the writer is dropped.
    jobs: Option<mpsc::UnboundedSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    /// Whether the last commit failed.
    failing: Arc<AtomicBool>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // It catches the panics of its operations, so there is nothing to pass on.
            let _ = thread.join();
        }
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (jobs, queue) = mpsc::unbounded_channel();
        let failing = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn({
                let failing = Arc::clone(&failing);
                move || serve(&connection, queue, &failing)
            })
            .expect("the system can start a thread");
        Self {
            jobs: Some(jobs),
            thread: Some(thread),
            failing,
        }
    }

    /// Whether the last commit failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Runs `work` and answers once it is committed. It is queued when this is polled first: what is begun
    /// in some order takes effect in that order. A bound on the queue would break that and save nothing,
    /// since whoever waits for room holds the same work; what bounds it is how much callers may begin.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let (answer, outcome) = oneshot::channel();
        let job = Box::new(Operation {
            work: Some(work),
            outcome: None,
            answer,
        });
        let stopped = || Failure::Domain(Error::unavailable("the writer has stopped"));
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job).map_err(|_| stopped())?;
        outcome.await.map_err(|_| stopped())?
    }
}

/// Takes what is queued, gives each operation a savepoint and all of them one commit.
fn serve(
    connection: &Connection,
    mut queue: mpsc::UnboundedReceiver<Box<dyn Job>>,
    failing: &AtomicBool,
) {
    let mut batch: Vec<Box<dyn Job>> = Vec::with_capacity(BATCH);
    while let Some(first) = queue.blocking_recv() {
        let mut commit = begin(connection);
        let mut next = Some(first);
        while let Some(mut job) = next.take() {
            if commit.is_ok() {
                commit = job.run(connection).and_then(|()| still_open(connection));
            }
            batch.push(job);
            if batch.len() < BATCH {
                next = queue.try_recv().ok();
            }
        }
        let commit = commit.and_then(|()| {
            connection.prepare_cached("COMMIT")?.execute([])?;
            Ok(())
        });
        failing.store(commit.is_err(), Ordering::Relaxed);
        if commit.is_ok() {
            metrics::counter!(COMMITS).increment(1);
            metrics::counter!(OPERATIONS).increment(batch.len() as u64);
        }
        if let Err(cause) = &commit {
            error!(error = %cause, "Commit of {} operations failed: {cause}", batch.len());
            // SQLite may have rolled back by itself, for instance when the disk is full.
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
        }
        for job in batch.drain(..) {
            job.finish(commit.as_ref().copied().map_err(ToString::to_string));
        }
    }
    // So that a stopped server leaves one file, even where a cancelled read still has it open. What is
    // not folded in now is folded in by the next start.
    let _ = connection.busy_timeout(CLOSE_PATIENCE);
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

fn begin(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    Ok(())
}

/// Fails when SQLite rolled the transaction back under the operations that ran in it.
fn still_open(connection: &Connection) -> Result<(), rusqlite::Error> {
    if connection.is_autocommit() {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT),
            Some("the transaction was rolled back".into()),
        ));
    }
    Ok(())
}
