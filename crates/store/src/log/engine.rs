//! The files below: a log-structured store, one part of it for each sort of key.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, TryLockError};
use std::time::{Duration, Instant};

use fjall::config::{CompressionPolicy, PinningPolicy};
use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode,
};

use super::{Fault, Outcome, repair};

/// Bytes of blocks kept in memory for reading.
const CACHE_BYTES: u64 = 64 << 20;
/// Bytes of journals after which the store writes out what holds the oldest.
const JOURNAL_BYTES: u64 = 256 << 20;
/// Threads that write out and compact. More of them take the processor from those who wait for a commit.
const WORKERS: usize = 1;
/// So that the store never begins a new memtable by itself: when it is busy it may wait for itself doing so.
const UNBOUNDED: u64 = 1 << 40;

/// Memtables of a part that may wait to be written out.
const MOST_SEALED: usize = 3;
/// How long closing the store waits for those who use it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked whether they were.
const CATCHING_UP: Duration = Duration::from_millis(2);

/// Part of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// Log number and sequence: the message.
    Messages,
    /// App and id: log number and sequence.
    Ids,
    /// Log number, client id and sender: those that are called so.
    Names,
    /// App and conversation: its log number, and its end as far as it is not in `Messages`.
    Logs,
    /// Log number: app and conversation.
    Numbers,
    /// App, reader and conversation: what he confirmed.
    Readers,
    /// App and sort of conversation: up to where messages are hidden.
    Marks,
}

impl Part {
    pub(super) const ALL: [Self; 7] = [
        Self::Messages,
        Self::Ids,
        Self::Names,
        Self::Logs,
        Self::Numbers,
        Self::Readers,
        Self::Marks,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Ids => "ids",
            Self::Names => "names",
            Self::Logs => "logs",
            Self::Numbers => "numbers",
            Self::Readers => "readers",
            Self::Marks => "marks",
        }
    }

    /// Bytes of new entries after which they are written out. What a restart reads again is about that much.
    pub(super) fn memtable_bytes(self) -> usize {
        match self {
            Self::Messages => 16 << 20,
            _ => 4 << 20,
        }
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// An open store.
pub(super) struct Engine {
    database: Database,
    parts: [Keyspace; Part::ALL.len()],
}

impl Engine {
    pub(super) fn open(folder: &Path) -> Outcome<Self> {
        match Self::open_whole(folder) {
            Err(Fault::Engine(fjall::Error::JournalRecovery(_)))
                if repair::cut_torn_write(folder)? =>
            {
                Self::open_whole(folder)
            }
            opened => opened,
        }
    }

    fn open_whole(folder: &Path) -> Outcome<Self> {
        let database = Database::builder(folder)
            .worker_threads(WORKERS)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .open()?;
        let options = || {
            // Filters that are read again and again cost more than all the rest.
            KeyspaceCreateOptions::default()
                .max_memtable_size(UNBOUNDED)
                .filter_block_pinning_policy(PinningPolicy::all(true))
                .index_block_pinning_policy(PinningPolicy::all(true))
                .data_block_compression_policy(CompressionPolicy::all(CompressionType::None))
        };
        let mut parts = Vec::with_capacity(Part::ALL.len());
        for part in Part::ALL {
            parts.push(database.keyspace(part.name(), options)?);
        }
        let parts = parts
            .try_into()
            .map_err(|_| Fault::Damaged("the parts of the store"))?;
        Ok(Self { database, parts })
    }

    pub(super) fn part(&self, part: Part) -> &Keyspace {
        let [messages, ids, names, logs, numbers, readers, marks] = &self.parts;
        match part {
            Part::Messages => messages,
            Part::Ids => ids,
            Part::Names => names,
            Part::Logs => logs,
            Part::Numbers => numbers,
            Part::Readers => readers,
            Part::Marks => marks,
        }
    }

    pub(super) fn get(&self, part: Part, key: &[u8]) -> Outcome<Option<fjall::Slice>> {
        Ok(self.part(part).get(key)?)
    }

    /// Waits until there is not much left to be written out. The store waits by itself when there is more, but
    /// does not notice then that it has failed.
    pub(super) fn catch_up(&self) -> Outcome<()> {
        while self
            .parts
            .iter()
            .any(|part| part.sealed_memtable_count() >= MOST_SEALED)
        {
            self.database.persist(PersistMode::Buffer)?;
            std::thread::sleep(CATCHING_UP);
        }
        Ok(())
    }

    /// Writes that reach the disk together, before anybody sees one of them.
    pub(super) fn writes(&self, capacity: usize) -> OwnedWriteBatch {
        OwnedWriteBatch::with_capacity(self.database.clone(), capacity)
            .durability(Some(PersistMode::SyncData))
    }

    pub(super) fn snapshot(&self) -> fjall::Snapshot {
        self.database.snapshot()
    }

    pub(super) fn sync(&self) -> Outcome<()> {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }
}

/// The store, which is opened again when it has failed: after an error it takes no further write.
pub(super) struct Slot {
    folder: PathBuf,
    /// `None` while it can not be opened. Nobody keeps it for longer than one operation.
    engine: RwLock<Option<Engine>>,
}

/// Keeps the store open while it is used.
pub(super) struct InUse<'a>(RwLockReadGuard<'a, Option<Engine>>);

impl std::ops::Deref for InUse<'_> {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        self.0
            .as_ref()
            .expect("it was looked at when this was made")
    }
}

impl Slot {
    pub(super) fn open(folder: &Path) -> Outcome<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            engine: RwLock::new(Some(Engine::open(folder)?)),
        })
    }

    /// The store.
    pub(super) fn get(&self) -> Outcome<InUse<'_>> {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        if engine.is_none() {
            return Err(Fault::Closed);
        }
        Ok(InUse(engine))
    }

    /// Closes the store if it is not used for a moment.
    /// # Errors
    /// [`Fault::InUse`] when somebody goes on using it.
    pub(super) fn close(&self) -> Outcome<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match self.engine.try_write() {
                Ok(mut engine) => {
                    let closed = engine.take();
                    drop(engine);
                    // Not under the lock: it may take a while.
                    drop(closed);
                    return Ok(());
                }
                // Waiting for the lock would make everybody else wait, too.
                Err(TryLockError::WouldBlock) => std::thread::sleep(CATCHING_UP),
                Err(TryLockError::Poisoned(poisoned)) => {
                    drop(poisoned.into_inner().take());
                    return Ok(());
                }
            }
        }
        Err(Fault::InUse)
    }

    /// Closes the store and opens it again. Whoever reads meanwhile is told that it is closed.
    pub(super) fn reopen(&self) -> Outcome<()> {
        self.close()?;
        let opened = Engine::open(&self.folder)?;
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = Some(opened);
        Ok(())
    }
}
