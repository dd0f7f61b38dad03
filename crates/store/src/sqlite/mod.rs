//! The store inside the process: one writer thread with group commit, readers beside it.

mod apps;
mod bans;
mod blocks;
mod contacts;
mod groups;
mod maintenance;
mod migrations;
mod presence;
mod push;
mod readers;
mod rooms;
mod tokens;
mod users;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use halloo_core::Error;
use halloo_core::info::Info;
use halloo_core::users::{Named, UserId, UserName};
use rusqlite::Connection;

use readers::Readers;
use writer::Writer;

/// Why an operation failed: the domain's answer, or trouble below.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Domain(#[from] Error),
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error("table {table}, column {column}: impossible value {value}")]
    Impossible {
        table: &'static str,
        column: &'static str,
        value: String,
    },
    #[error("{0}")]
    Files(#[from] std::io::Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Domain(error) => error,
            // The text has every cause in it already.
            other => Self::unavailable(other.to_string()),
        }
    }
}

type Outcome<T> = Result<T, Failure>;

/// SQLite with WAL and `synchronous=FULL`. Dropping it waits for the last queued operation and closes
/// the database.
pub struct Sqlite {
    // Before the writer: the last connection to close empties the write-ahead log, and only a writing
    // one can.
    readers: Option<Arc<Readers>>,
    writer: Writer,
    path: Option<PathBuf>,
}

impl Sqlite {
    /// Opens or makes the database `halloo.db` in `folder`, bringing its schema up to date. Before
    /// an older schema is touched, a copy named `halloo.db.before-vN.0` (or the next free number) is made beside it.
    /// # Errors
    /// [`Error::Unavailable`] when it can not be opened, is damaged, or is newer than this program.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("halloo.db");
        let mut connection = open_file(&path, folder).map_err(Error::from)?;
        migrations::run(&mut connection, Some(&path)).map_err(Error::from)?;
        let readers = Readers::new(path.clone());
        // The first read must not be the one that finds out.
        readers.with(|_| Ok(())).map_err(Error::from)?;
        Ok(Self {
            writer: Writer::start(connection),
            readers: Some(Arc::new(readers)),
            path: Some(path),
        })
    }

    /// A database that lives as long as this value, for tests.
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn in_memory() -> Result<Self, Error> {
        let open = || -> Outcome<Connection> {
            let mut connection = Connection::open_in_memory()?;
            migrations::run(&mut connection, None)?;
            Ok(connection)
        };
        Ok(Self {
            writer: Writer::start(open().map_err(Error::from)?),
            readers: None,
            path: None,
        })
    }

    /// Runs one atomic operation and answers once it is on the disk.
    async fn write<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.writer.run(operation).await.map_err(Error::from)
    }

    /// Looks up a few rows by key, on the calling thread: with the pages in memory that takes
    /// microseconds, less than handing it to another thread does.
    async fn look_up<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    ) -> Result<T, Error> {
        match &self.readers {
            Some(readers) => readers.with(operation).map_err(Error::from),
            None => self.write(operation).await,
        }
    }

    /// Reads a page of rows, on a thread that may block.
    async fn scan<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    ) -> Result<T, Error> {
        let Some(readers) = &self.readers else {
            return self.write(operation).await;
        };
        let readers = Arc::clone(readers);
        let place = readers.scan_place().await;
        let blocking = tokio::task::spawn_blocking({
            let readers = Arc::clone(&readers);
            move || {
                // Given back when the read ends, not when its caller goes away.
                let _place = place;
                readers.with(operation)
            }
        });
        blocking
            .await
            .map_err(Error::unavailable)?
            .map_err(Error::from)
    }
}

/// Opens the writer's connection; a new file is readable by its owner only.
fn open_file(path: &Path, folder: &Path) -> Outcome<Connection> {
    let fresh = !path.exists();
    if fresh {
        private_file(path)?;
    }
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "cache_size", -32 * 1024)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(256);
    if fresh {
        // The entry of a new file must outlive a power failure, too.
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(connection)
}

/// Makes an empty file that only its owner may read.
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A 16-byte column as a UUID.
fn uuid(
    row: &rusqlite::Row<'_>,
    index: usize,
    table: &'static str,
    column: &'static str,
) -> Outcome<halloo_core::Uuid> {
    let bytes: Vec<u8> = row.get(index)?;
    halloo_core::Uuid::from_slice(&bytes).map_err(|_| Failure::Impossible {
        table,
        column,
        value: format!("{bytes:02x?}"),
    })
}

/// Runs several queries on one state of the database, and with one lock for all of them.
fn snapshot<T>(connection: &Connection, read: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    // In memory it is the writer that reads, inside its transaction.
    if !connection.is_autocommit() {
        return read();
    }
    connection.prepare_cached("BEGIN")?.execute([])?;
    let outcome = read();
    let ended = connection.prepare_cached("COMMIT")?.execute([]);
    let found = outcome?;
    ended?;
    Ok(found)
}

/// The columns `id` and `name` of a user.
fn named(row: &rusqlite::Row<'_>) -> Result<Named, rusqlite::Error> {
    Ok(Named {
        id: UserId(row.get(0)?),
        name: UserName::from_stored(row.get::<_, Box<str>>(1)?),
    })
}

/// The columns `open_info` and `private_info`.
fn info(row: &rusqlite::Row<'_>) -> Result<Info, rusqlite::Error> {
    Ok(Info {
        open: row.get(0)?,
        private: row.get(1)?,
    })
}
