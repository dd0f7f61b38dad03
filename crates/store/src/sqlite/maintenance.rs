use std::path::{Path, PathBuf};

use async_trait::async_trait;
use halloo_core::ports::Maintenance;
use halloo_core::{Error, Result};
use rusqlite::Connection;

use super::{Failure, Outcome, Sqlite, private_file};

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
        let failing = self.writer.is_failing();
        self.write(move |connection| {
            // Nothing is written while all is well, so that asking costs no sync.
            if failing {
                connection.execute("UPDATE apps SET created = created WHERE id = 1", [])?;
            }
            Ok(())
        })
        .await
    }
}

/// Writes a consistent copy to a new file and waits until the disk has it. Until it is whole it is
/// called `NAME.partial`, so that half a copy is never mistaken for one, whatever ends the program.
pub(super) fn copy_to(connection: &Connection, target: &Path) -> Outcome<()> {
    if target.symlink_metadata().is_ok() {
        return Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists).into());
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let name = partial.to_str().ok_or_else(|| {
        let kind = std::io::ErrorKind::InvalidFilename;
        std::io::Error::new(kind, "the name of a backup must be UTF-8")
    })?;
    match std::fs::remove_file(&partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    // VACUUM INTO writes into an existing file only if it is empty, so the mode is ours to set.
    let file = private_file(&partial)?;
    let done = connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(Failure::from)
        .and_then(|_| Ok(file.sync_all()?))
        .and_then(|()| Ok(std::fs::rename(&partial, target)?));
    if done.is_err() {
        let _ = std::fs::remove_file(&partial);
        return done;
    }
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}
