//! One thread that writes: it takes what is queued, commits all of it at once, answers, and hands on what is
//! new.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use halloo_core::apps::AppId;
use halloo_core::messages::{Committed, Conversation, MessageId};
use tokio::sync::oneshot;
use tracing::error;

use super::engine::{Part, Slot};
use super::keys::{self, LogNumber};
use super::tails::{Tail, Tails};
use super::{Fault, Outcome};

const COMMITS: &str = "halloo_log_commits_total";
const OPERATIONS: &str = "halloo_log_operations_total";
/// Operations that share one commit at most.
const BATCH: usize = 1024;
/// Bytes of messages in one commit above which no further operation joins it.
const BATCH_BYTES: usize = 8 << 20;
/// Time between attempts to open a store again that failed.
const REOPENING: Duration = Duration::from_secs(1);

/// Takes what was committed.
pub(super) type Subscriber = Box<dyn Fn(Vec<Committed>) + Send>;

/// An operation on its way through the writer thread.
trait Job: Send {
    fn run(&mut self, batch: &mut Batch);
    /// Answers the caller; `commit` is what became of the batch.
    fn finish(self: Box<Self>, commit: Result<(), String>);
}

struct Operation<F, T> {
    work: Option<F>,
    outcome: Option<Outcome<T>>,
    answer: oneshot::Sender<Outcome<T>>,
}

impl<F, T> Job for Operation<F, T>
where
    F: FnOnce(&mut Batch) -> Outcome<T> + Send,
    T: Send,
{
    fn run(&mut self, batch: &mut Batch) {
        self.outcome = self.work.take().map(|work| work(batch));
    }

    fn finish(self: Box<Self>, commit: Result<(), String>) {
        let outcome = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            // Also a refusal: it may rest on a neighbour's change that is taken back now.
            (Err(why), _) => Err(Fault::Uncommitted(why)),
            (Ok(()), None) => Err(Fault::Stopped),
        };
        // A caller who went away does not undo what was committed.
        let _ = self.answer.send(outcome);
    }
}

/// The queue towards the writer thread.
pub(super) struct Writer {
    /// Present until the writer is stopped.
    jobs: RwLock<Option<Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    subscriber: Arc<Mutex<Option<Subscriber>>>,
    failing: Arc<AtomicBool>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Writer {
    pub(super) fn start(store: Arc<Slot>, tails: Arc<Tails>) -> Outcome<Self> {
        let (jobs, queue) = channel();
        let subscriber = Arc::new(Mutex::new(None));
        let failing = Arc::new(AtomicBool::new(false));
        let (full, parts) = channel();
        let keeper = keep(Arc::clone(&store), parts);
        let mut batch = Batch::new(store, tails, full);
        batch.begin_again()?;
        let serving = Serving {
            batch,
            queue,
            subscriber: Arc::clone(&subscriber),
            failing: Arc::clone(&failing),
            reopened: None,
            unsure: Vec::new(),
        };
        let thread = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || {
                serving.run();
                // It has nothing more to do now.
                let _ = keeper.join();
            })
            .expect("the system can start a thread");
        Ok(Self {
            jobs: RwLock::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
            subscriber,
            failing,
        })
    }

    /// Waits for what is queued. Whatever comes later is not carried out.
    pub(super) fn stop(&self) {
        drop(
            self.jobs
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        // Whoever stops it second waits, too.
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // It catches the panics of its operations, so there is nothing to pass on.
            let _ = thread.join();
        }
    }

    pub(super) fn subscribe(&self, subscriber: Subscriber) {
        let mut slot = self
            .subscriber
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *slot = Some(subscriber);
    }

    /// Whether the last commit failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Queues `work` before it returns. The answer comes once it is on the disk.
    pub(super) fn queue<T, W>(&self, work: W) -> impl Future<Output = Outcome<T>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce(&mut Batch) -> Outcome<T> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job = Box::new(Operation {
            work: Some(work),
            outcome: None,
            answer,
        });
        if let Some(jobs) = &*self.jobs.read().unwrap_or_else(PoisonError::into_inner) {
            // When nobody takes it any more the answer is gone, too.
            let _ = jobs.send(job);
        }
        async move { outcome.await.map_err(|_| Fault::Stopped)? }
    }
}

/// Begins new memtables where they are full, on a thread of its own: what the store tidies up on that occasion
/// takes up to half a second.
fn keep(store: Arc<Slot>, full: Receiver<Part>) -> JoinHandle<()> {
    let keeping = move || {
        for part in full {
            if let Ok(store) = store.get() {
                // What is in it is committed: a failure shows with the next commit.
                let _ = store.part(part).rotate_memtable();
            }
        }
    };
    std::thread::Builder::new()
        .name("log-keeper".into())
        .spawn(keeping)
        .expect("the system can start a thread")
}

/// What one commit will hold. An operation sees what those before it did.
pub(super) struct Batch {
    pub(super) store: Arc<Slot>,
    tails: Arc<Tails>,
    /// Ends of logs that this batch appends to.
    touched: HashMap<(AppId, Conversation), Tail>,
    /// Messages that it appends, changes or deletes.
    records: HashMap<[u8; 12], Option<Vec<u8>>>,
    /// What else this batch changes and what may be asked for again within it.
    changed: HashMap<(Part, Vec<u8>), Option<Vec<u8>>>,
    /// What else it writes.
    written: Vec<(Part, [u8; 16], Vec<u8>)>,
    /// What it appends.
    pub(super) new: Vec<Committed>,
    /// What is to be done once it is committed.
    after: Vec<Box<dyn FnOnce() + Send>>,
    /// Bytes of the messages in it.
    bytes: usize,
    last_id: MessageId,
    next_log: LogNumber,
    /// Bytes in the memtable of each part.
    in_memory: [usize; Part::ALL.len()],
    /// Where parts go whose memtable is full.
    full: Sender<Part>,
}

impl Batch {
    fn new(store: Arc<Slot>, tails: Arc<Tails>, full: Sender<Part>) -> Self {
        Self {
            store,
            tails,
            touched: HashMap::new(),
            records: HashMap::new(),
            changed: HashMap::new(),
            written: Vec::new(),
            new: Vec::new(),
            after: Vec::new(),
            bytes: 0,
            last_id: MessageId(0),
            next_log: LogNumber(0),
            in_memory: [0; Part::ALL.len()],
            full,
        }
    }

    /// Forgets what is not committed, and finds out where the store goes on.
    fn begin_again(&mut self) -> Outcome<()> {
        self.touched.clear();
        self.records.clear();
        self.changed.clear();
        self.written.clear();
        self.new.clear();
        self.after.clear();
        self.bytes = 0;
        self.tails.forget();
        let store = self.store.get()?;
        self.last_id = self.last_id.max(super::tails::last_id(&store)?);
        self.next_log = super::tails::next_log(&store)?;
        Ok(())
    }

    /// The record of a message, as it is after the operations before this one.
    pub(super) fn get_message(&self, place: [u8; 12]) -> Outcome<Option<Vec<u8>>> {
        if let Some(changed) = self.records.get(&place) {
            return Ok(changed.clone());
        }
        let found = self.store.get()?.get(Part::Messages, &place)?;
        Ok(found.map(|record| record.to_vec()))
    }

    /// Writes the record of a message.
    pub(super) fn put_message(&mut self, place: [u8; 12], record: Vec<u8>) {
        self.bytes += record.len();
        self.records.insert(place, Some(record));
    }

    /// Deletes the record of a message.
    pub(super) fn remove_message(&mut self, place: [u8; 12]) {
        self.records.insert(place, None);
    }

    /// The greatest id that was given out.
    pub(super) fn last_id(&self) -> MessageId {
        self.last_id
    }

    /// The value of a key, likewise.
    pub(super) fn get(&self, part: Part, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        if !self.changed.is_empty()
            && let Some(changed) = self.changed.get(&(part, key.to_vec()))
        {
            return Ok(changed.clone());
        }
        let found = self.store.get()?.get(part, key)?;
        Ok(found.map(|value| value.to_vec()))
    }

    /// Changes a value.
    pub(super) fn put(&mut self, part: Part, key: &[u8], value: Vec<u8>) {
        self.changed.insert((part, key.to_vec()), Some(value));
    }

    /// Removes a value.
    pub(super) fn remove(&mut self, part: Part, key: &[u8]) {
        self.changed.insert((part, key.to_vec()), None);
    }

    /// Writes what nobody asks for again within this batch, and nobody wrote before.
    pub(super) fn write(&mut self, part: Part, key: [u8; 16], value: Vec<u8>) {
        self.written.push((part, key, value));
    }

    /// Writes a message again that may be there, if it is.
    fn write_again(&mut self, committed: Committed) -> Outcome<()> {
        let message = &committed.message;
        let key = keys::id(committed.app, message.id);
        let Some(place) = self.get(Part::Ids, &key)? else {
            return Ok(());
        };
        let (number, sequence) = keys::read_message(&place)?;
        let at = keys::message(number, sequence);
        let Some(record) = self.get_message(at)? else {
            return Ok(());
        };
        self.put_message(at, record);
        self.put(Part::Ids, &key, place);
        let name = keys::name(number, message.client_id, message.sender.id);
        if let Some(namesakes) = self.get(Part::Names, &name)? {
            self.put(Part::Names, &name, namesakes);
        }
        let log = keys::log_of(committed.app, message.conversation);
        if let Some(tail) = self.get(Part::Logs, &log)? {
            self.put(Part::Logs, &log, tail);
            self.put(Part::Numbers, &number.0.to_be_bytes(), log.to_vec());
        }
        self.new.push(committed);
        Ok(())
    }

    /// The end of a log; `None` when there is no such log.
    pub(super) fn tail(&self, app: AppId, log: Conversation) -> Outcome<Option<Tail>> {
        if let Some(tail) = self.touched.get(&(app, log)) {
            return Ok(Some(*tail));
        }
        self.tails.find(&*self.store.get()?, app, log)
    }

    /// The log goes on behind `tail`.
    pub(super) fn set_tail(&mut self, app: AppId, log: Conversation, tail: Tail) {
        self.touched.insert((app, log), tail);
    }

    /// A number for a new log.
    pub(super) fn next_log(&mut self) -> LogNumber {
        let number = self.next_log;
        self.next_log.0 += 1;
        number
    }

    /// An id for a new message.
    pub(super) fn next_id(&mut self, now: halloo_core::Millis) -> MessageId {
        self.last_id = MessageId::following(self.last_id, now);
        self.last_id
    }

    /// Removes every value of a part whose key begins so.
    pub(super) fn remove_all(&mut self, part: Part, prefix: &[u8]) -> Outcome<()> {
        let stored: Result<Vec<_>, _> = {
            let store = self.store.get()?;
            store
                .part(part)
                .prefix(prefix)
                .map(fjall::Guard::key)
                .collect()
        };
        for key in stored? {
            self.remove(part, &key);
        }
        for ((other, key), value) in &mut self.changed {
            if *other == part && key.starts_with(prefix) {
                *value = None;
            }
        }
        Ok(())
    }

    /// Whether this batch changes anything of a part.
    pub(super) fn changes(&self, part: Part) -> bool {
        self.changed.keys().any(|(other, _)| *other == part)
    }

    /// Has `work` done once this is committed, before anybody is answered.
    pub(super) fn after_commit(&mut self, work: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(work));
    }

    /// Keeps the greatest id that was given out.
    pub(super) fn note_last_id(&mut self) {
        self.put(
            Part::Marks,
            &keys::LAST_ID,
            keys::id(AppId(0), self.last_id).to_vec(),
        );
    }

    fn commit(&mut self) -> Outcome<()> {
        self.bytes = 0;
        let store = self.store.get()?;
        store.catch_up()?;
        let room = self.records.len() + self.changed.len() + self.written.len();
        if room == 0 {
            return Ok(());
        }
        let mut writes = store.writes(room);
        let mut write = |part: Part, key: &[u8], value: Option<Vec<u8>>| {
            let bytes = key.len() + value.as_ref().map_or(0, Vec::len) + ENTRY_BYTES;
            if let Some(in_memory) = self.in_memory.get_mut(part.index()) {
                *in_memory += bytes;
            }
            match value {
                Some(value) => writes.insert(store.part(part), key, value),
                None => writes.remove(store.part(part), key),
            }
        };
        for (place, record) in self.records.drain() {
            write(Part::Messages, &place, record);
        }
        for ((part, key), value) in self.changed.drain() {
            write(part, &key, value);
        }
        for (part, key, value) in self.written.drain(..) {
            write(part, &key, Some(value));
        }
        writes.commit()?;
        self.touched
            .drain()
            .for_each(|(key, tail)| self.tails.keep(key, tail));
        self.after.drain(..).for_each(|work| work());
        for part in Part::ALL {
            if let Some(in_memory) = self.in_memory.get_mut(part.index())
                && *in_memory > part.memtable_bytes()
            {
                *in_memory = 0;
                // Nobody takes it when the log is on its way down.
                let _ = self.full.send(part);
            }
        }
        Ok(())
    }
}

/// Bytes that an entry takes in memory beside its key and value, about.
const ENTRY_BYTES: usize = 64;

/// What the thread works with.
struct Serving {
    batch: Batch,
    queue: Receiver<Box<dyn Job>>,
    subscriber: Arc<Mutex<Option<Subscriber>>>,
    failing: Arc<AtomicBool>,
    /// When a store that failed was last opened again.
    reopened: Option<Instant>,
    /// What may be on the disk although writing it failed.
    unsure: Vec<Committed>,
}

impl Serving {
    fn run(mut self) {
        let mut jobs: Vec<Box<dyn Job>> = Vec::with_capacity(BATCH);
        while let Ok(first) = self.queue.recv() {
            let mut commit = self.mend();
            let mut next = Some(first);
            while let Some(mut job) = next.take() {
                if commit.is_ok() {
                    let ran = catch_unwind(AssertUnwindSafe(|| job.run(&mut self.batch)));
                    commit = ran.map_err(|_| "an operation panicked".to_owned());
                }
                jobs.push(job);
                if jobs.len() < BATCH && self.batch.bytes < BATCH_BYTES {
                    next = self.queue.try_recv().ok();
                }
            }
            let was_run = commit.is_ok();
            let commit = commit.and_then(|()| {
                match catch_unwind(AssertUnwindSafe(|| self.batch.commit())) {
                    Ok(committed) => committed.map_err(|fault| fault.to_string()),
                    Err(_) => Err("the commit panicked".to_owned()),
                }
            });
            self.failing.store(commit.is_err(), Ordering::Relaxed);
            match &commit {
                Ok(()) => {
                    metrics::counter!(COMMITS).increment(1);
                    metrics::counter!(OPERATIONS).increment(jobs.len() as u64);
                    let new = std::mem::take(&mut self.batch.new);
                    self.hand_on(new);
                }
                Err(cause) => {
                    if was_run {
                        self.unsure.append(&mut self.batch.new);
                    }
                    error!(
                        "Commit of {} operations on messages failed: {cause}",
                        jobs.len()
                    );
                }
            }
            for job in jobs.drain(..) {
                job.finish(commit.clone());
            }
        }
    }

    /// Opens the store again after it failed, once in a while.
    fn mend(&mut self) -> Result<(), String> {
        if !self.failing.load(Ordering::Relaxed) {
            return Ok(());
        }
        if self.reopened.is_some_and(|last| last.elapsed() < REOPENING) {
            return Err("it failed a moment ago".to_owned());
        }
        self.reopened = Some(Instant::now());
        let open = || {
            self.batch.store.reopen()?;
            self.batch.begin_again()
        };
        match catch_unwind(AssertUnwindSafe(open)) {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => return Err(fault.to_string()),
            Err(_) => return Err("opening it again panicked".to_owned()),
        }
        for committed in std::mem::take(&mut self.unsure) {
            // Those that are there may not have reached the disk: they are written once more, and told then.
            self.batch
                .write_again(committed)
                .map_err(|fault| fault.to_string())?;
        }
        Ok(())
    }

    fn hand_on(&self, new: Vec<Committed>) {
        if new.is_empty() {
            return;
        }
        let subscriber = self
            .subscriber
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(take) = &*subscriber
            && catch_unwind(AssertUnwindSafe(|| take(new))).is_err()
        {
            error!("Whoever is told of new messages panicked");
        }
    }
}
