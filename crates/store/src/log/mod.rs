//! The log of messages, in an engine of its own: a log-structured store takes a message for less than half of
//! what a table costs.
//!
//! One thread writes ([`writer`]) and commits many operations at once; readers look into the same files beside
//! it. What a key looks like stands in [`keys`], what a value looks like in [`record`].

mod append;
mod backup;
mod changing;
mod engine;
mod keys;
mod reading;
mod reclaim;
mod record;
mod repair;
mod tails;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::messages::{
    Appended, Appending, Committed, Confirmation, Conversation, Count, Edit, Kinds, Message,
    MessageId, MessageStore, NewMessage, Range, Reading, Removal, Scope, Select, Sequence, Waiting,
};
use halloo_core::users::{Named, UserId};
use halloo_core::{Error, Millis, Result};
use smallvec::SmallVec;
use tokio::sync::Semaphore;

use engine::Slot;
use reclaim::Marks;
use tails::Tails;
use writer::{Batch, Writer};

/// Reads that run on threads of their own at the same time.
const SCANS: usize = 4;
/// Messages that are read on the calling thread, which costs less than handing them over, before the rest is
/// handed over after all.
const SHORT_READ: usize = 500;

/// Why an operation failed: the domain's answer, or trouble below.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Domain(#[from] Error),
    #[error("the message log: {0}")]
    Engine(#[from] fjall::Error),
    #[error("the message log is damaged: {0}")]
    Damaged(&'static str),
    #[error("the message log could not be written: {0}")]
    Uncommitted(String),
    #[error("the message log: {0}")]
    Files(#[from] std::io::Error),
    #[error("the message log could not be opened again")]
    Closed,
    #[error("the message log is in use")]
    InUse,
    #[error("the message log has stopped")]
    Stopped,
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Domain(error) => error,
            other => Self::unavailable(other.to_string()),
        }
    }
}

type Outcome<T> = std::result::Result<T, Fault>;

/// What reading takes.
struct Reader {
    store: Arc<Slot>,
    tails: Arc<Tails>,
    marks: RwLock<Marks>,
    /// Behind which id the oldest message of an app stands.
    oldest: Mutex<HashMap<AppId, MessageId>>,
}

impl Reader {
    fn set_oldest(&self, app: AppId, behind: MessageId) {
        let mut oldest = self.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        oldest.insert(app, behind);
    }

    fn oldest(&self, app: AppId) -> MessageId {
        let oldest = self.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        oldest.get(&app).copied().unwrap_or(MessageId(0))
    }
}

/// Messages in a folder of their own. Dropping it waits for the last queued operation.
pub struct Log {
    // First: it writes until it is gone.
    writer: Arc<Writer>,
    reader: Arc<Reader>,
    scans: Arc<Semaphore>,
    /// For messages that wait to be written.
    room: Room,
}

/// Bytes of messages that may wait to be written; beyond them senders are told to come back.
const WAITING_BYTES: usize = 256 << 20;
/// Bytes that a message takes beside its body, about.
const MESSAGE_BYTES: usize = 512;

/// Counts the bytes of messages that wait.
#[derive(Clone, Default)]
struct Room(Arc<AtomicUsize>);

/// A part of it, given back when this is dropped.
struct Taken(Arc<AtomicUsize>, usize);

impl Room {
    fn take(&self, bytes: usize) -> Option<Taken> {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        let taken = Taken(Arc::clone(&self.0), bytes);
        // Whatever its size, one alone passes.
        (before == 0 || before + bytes <= WAITING_BYTES).then_some(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::Relaxed);
    }
}

impl Log {
    /// Opens or makes the log in `folder`.
    /// # Errors
    /// [`Error::Unavailable`] when it can not be opened, is damaged or in use.
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self::open_in(folder)?)
    }

    fn open_in(folder: &Path) -> Outcome<Self> {
        let store = Arc::new(Slot::open(folder)?);
        let tails = Arc::new(Tails::new());
        let marks = RwLock::new(reclaim::read_marks(&*store.get()?)?);
        Ok(Self {
            writer: Arc::new(Writer::start(Arc::clone(&store), Arc::clone(&tails))?),
            reader: Arc::new(Reader {
                store,
                tails,
                marks,
                oldest: Mutex::default(),
            }),
            scans: Arc::new(Semaphore::new(SCANS)),
            room: Room::default(),
        })
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch) -> Outcome<T> + Send + 'static,
    ) -> Result<T> {
        Ok(self.writer.queue(work).await?)
    }

    /// Reads what may take long, on a thread that may block.
    async fn scan<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Outcome<T> + Send + 'static,
    ) -> Result<T> {
        let place = Arc::clone(&self.scans).acquire_owned().await;
        let reader = Arc::clone(&self.reader);
        let scanning = tokio::task::spawn_blocking(move || {
            // Given back when the read ends, not when its caller goes away.
            let _place = place;
            work(&reader)
        });
        Ok(scanning.await.map_err(Error::unavailable)??)
    }
}

#[async_trait]
impl MessageStore for Log {
    fn append(&self, app: AppId, messages: SmallVec<[NewMessage; 1]>) -> Appending {
        if messages.is_empty() {
            return Box::pin(std::future::ready(Ok(SmallVec::new())));
        }
        let bytes = messages
            .iter()
            .map(|message| message.content.body.len() + MESSAGE_BYTES);
        let Some(room) = self.room.take(bytes.sum()) else {
            return Box::pin(std::future::ready(Err(Error::Busy)));
        };
        let appending = self.writer.queue(move |batch| {
            // Given back when it is in the batch, or was dropped.
            let _room = room;
            append::append(batch, app, messages)
        });
        Box::pin(async move {
            let appended: SmallVec<[Appended; 1]> = appending.await?;
            Ok(appended)
        })
    }

    async fn unstored_id(&self, now: Millis) -> Result<MessageId> {
        self.write(move |batch| Ok(batch.next_id(now))).await
    }

    fn subscribe(&self, take: Box<dyn Fn(Vec<Committed>) + Send>) {
        self.writer.subscribe(take);
    }

    async fn messages(
        &self,
        app: AppId,
        conversation: Conversation,
        select: Select,
    ) -> Result<Vec<Message>> {
        if let Some(page) = self.reader.page(app, conversation, select, SHORT_READ)? {
            return Ok(page);
        }
        let page = self.scan(move |reader| reader.page(app, conversation, select, usize::MAX));
        Ok(page.await?.unwrap_or_default())
    }

    async fn message(&self, app: AppId, id: MessageId) -> Result<Option<Message>> {
        Ok(self.reader.by_id(app, id)?)
    }

    async fn message_called(
        &self,
        app: AppId,
        conversation: Conversation,
        sender: Option<UserId>,
        client_id: i64,
    ) -> Result<Option<Message>> {
        Ok(self.reader.called(app, conversation, sender, client_id)?)
    }

    async fn count_messages(
        &self,
        app: AppId,
        conversation: Conversation,
        range: Range,
        kinds: Kinds,
    ) -> Result<Count> {
        self.scan(move |reader| reader.count(app, conversation, range, kinds))
            .await
    }

    async fn last_sequence(&self, app: AppId, conversation: Conversation) -> Result<Sequence> {
        Ok(self.reader.last(app, conversation)?)
    }

    async fn remove_messages(
        &self,
        app: AppId,
        conversation: Conversation,
        removal: Removal,
    ) -> Result<u64> {
        let range = match removal {
            Removal::One(sequence) => {
                let reader = Arc::clone(&self.reader);
                let removed = self.write(move |batch| {
                    changing::remove_one(batch, &reader, app, conversation, sequence)
                });
                return Ok(removed.await?.into());
            }
            Removal::Sent(range) => range,
        };
        let reader = Arc::clone(&self.reader);
        let mut next = reader.first_sent(app, conversation, range.begin)?;
        let mut removed = 0;
        while let Some(first) = next {
            let reader = Arc::clone(&self.reader);
            let some = self.write(move |batch| {
                changing::remove_some(batch, &reader, app, conversation, first, range)
            });
            let (count, rest) = some.await?;
            removed += count;
            next = rest;
        }
        Ok(removed)
    }

    async fn clear_messages(&self, app: AppId, scope: Scope) -> Result<()> {
        let reader = Arc::clone(&self.reader);
        self.write(move |batch| reclaim::hide(batch, &reader, app, scope))
            .await
    }

    async fn edit_message(
        &self,
        app: AppId,
        conversation: Conversation,
        edit: Edit,
    ) -> Result<bool> {
        let reader = Arc::clone(&self.reader);
        self.write(move |batch| changing::edit(batch, &reader, app, conversation, edit))
            .await
    }

    async fn reclaim(&self, app: AppId, before: Millis, limit: usize) -> Result<bool> {
        let reader = Arc::clone(&self.reader);
        self.write(move |batch| reclaim::reclaim(batch, &reader, app, before, limit))
            .await
    }

    async fn confirm(&self, confirmed: Vec<Confirmation>) -> Result<()> {
        self.write(move |batch| changing::confirm(batch, confirmed))
            .await
    }

    async fn waiting_count(&self, app: AppId, waiting: Waiting) -> Result<u64> {
        if self.reader.is_nothing_open(app, waiting)? {
            return Ok(0);
        }
        self.scan(move |reader| reader.waiting(app, waiting)).await
    }

    async fn is_waiting(
        &self,
        app: AppId,
        reader: UserId,
        conversation: Conversation,
        sequence: Sequence,
    ) -> Result<bool> {
        Ok(!self.reader.row(app, reader, conversation)?.has(sequence))
    }

    async fn pairs_of(&self, app: AppId, user: UserId) -> Result<Vec<Reading>> {
        self.scan(move |reader| reader.pairs_of(app, user)).await
    }

    async fn list_pair(&self, app: AppId, user: UserId, peer: Named, listed: bool) -> Result<()> {
        self.write(move |batch| changing::list_pair(batch, app, user, peer, listed))
            .await
    }

    async fn forget_reader(&self, app: AppId, reader: UserId) -> Result<()> {
        self.write(move |batch| changing::forget_reader(batch, app, reader))
            .await
    }

    async fn backup_messages(&self, target: &Path) -> Result<()> {
        let target = target.to_owned();
        self.scan(move |reader| backup::copy(&*reader.store.get()?, &target))
            .await
    }

    async fn close(&self) {
        let (writer, reader) = (Arc::clone(&self.writer), Arc::clone(&self.reader));
        let closing = tokio::task::spawn_blocking(move || {
            writer.stop();
            // What is in use is closed when the last who uses it is done.
            let _ = reader.store.close();
        });
        // It does nothing that panics.
        let _ = closing.await;
    }

    async fn messages_ready(&self) -> Result<()> {
        if self.writer.is_failing() {
            // A commit finds out whether the disk takes one, but only if there is something to write.
            return self
                .write(|batch| {
                    batch.note_last_id();
                    Ok(())
                })
                .await;
        }
        Ok(())
    }
}
