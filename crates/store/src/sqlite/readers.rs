//! Connections for reading, beside the writer.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Outcome;

/// Page reads at the same time; look-ups are bounded by the runtime's threads.
const SCANS: usize = 4;

/// A pool that grows to the number of threads that read at the same time.
pub(super) struct Readers {
    path: PathBuf,
    /// Connections that nobody uses. Held only to take one out or put one back.
    idle: Mutex<Vec<Connection>>,
    scans: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
            scans: Arc::new(Semaphore::new(SCANS)),
        }
    }

    /// Lends a connection to `operation`.
    pub(super) fn with<T>(&self, operation: impl FnOnce(&Connection) -> Outcome<T>) -> Outcome<T> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let outcome = operation(&connection);
        // One that could not end what it began would go on seeing an old state.
        if connection.is_autocommit() {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
        outcome
    }

    /// Waits for a place among the page reads.
    pub(super) async fn scan_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.scans).acquire_owned().await.ok()
    }

    fn open(&self) -> Outcome<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "cache_size", -16 * 1024)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }
}
