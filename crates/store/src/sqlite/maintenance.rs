use std::path::Path;

use async_trait::async_trait;
use halloo_core::ports::Maintenance;
use halloo_core::{Error, Result};
use rusqlite::Connection;

use super::{Outcome, Sqlite, private_file};

#[async_trait]
impl Maintenance for Sqlite {
    async fn backup(&self, target: &Path) -> Result<()> {
        if self.path.is_none() {
            return Err(Error::unavailable("a database in memory can not be copied"));
        }
        let target = target.to_owned();
        self.scan(move |connection| copy_to(connection, &target))
            .await
    }

    async fn ready(&self) -> Result<()> {
        self.write(|_| Ok(())).await
    }
}

/// Writes a consistent copy to a new file and waits until the disk has it.
pub(super) fn copy_to(connection: &Connection, target: &Path) -> Outcome<()> {
    let name = target.to_str().ok_or_else(|| {
        let kind = std::io::ErrorKind::InvalidFilename;
        std::io::Error::new(kind, "the name of a backup must be UTF-8")
    })?;
    // VACUUM INTO writes into an existing file only if it is empty, so the mode is ours to set.
    let file = private_file(target)?;
    let done = connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(Into::into)
        .and_then(|_| Ok(file.sync_all()?));
    if done.is_err() {
        // Half a copy must not be mistaken for one.
        let _ = std::fs::remove_file(target);
        return done;
    }
    if let Some(folder) = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
