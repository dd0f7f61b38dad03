//! Schema versions. They only move forward, and a copy is made before one does.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use tracing::info;

use halloo_core::Error;

use super::{Failure, Outcome, maintenance};

/// One entry per version, the first is version 1. Never change one that was released.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_foundation.sql"),
    include_str!("../../migrations/sqlite/0002_rtm.sql"),
    include_str!("../../migrations/sqlite/0003_sessions.sql"),
    include_str!("../../migrations/sqlite/0004_messages.sql"),
];

/// Brings the schema up to date.
pub(super) fn run(connection: &mut Connection, path: Option<&Path>) -> Outcome<()> {
    apply(connection, path, MIGRATIONS)
}

fn apply(connection: &mut Connection, path: Option<&Path>, migrations: &[&str]) -> Outcome<()> {
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let found = found as usize;
    if found > migrations.len() {
        return Err(Failure::Domain(Error::unavailable(format!(
            "the database has schema version {found}, this program knows {} at most",
            migrations.len()
        ))));
    }
    if found == migrations.len() {
        return Ok(());
    }
    if let Some(path) = path.filter(|_| found > 0) {
        // Every attempt has its own copy: an older one may lack what came since.
        let copy = (0..u32::MAX)
            .map(|n| path.with_extension(format!("db.before-v{}.{n}", found + 1)))
            .find(|copy| !copy.exists())
            .expect("some number is free");
        maintenance::copy_to(connection, &copy)?;
        info!(
            "Copied the database to {} before changing its schema",
            copy.display()
        );
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (index, migration) in migrations.iter().enumerate().skip(found) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", i64::try_from(index + 1).unwrap_or(0))?;
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str =
        "CREATE TABLE things (id INTEGER PRIMARY KEY); INSERT INTO things VALUES (7)";
    const SECOND: &str = "DROP TABLE things";

    #[test]
    fn a_copy_of_the_older_schema_is_made_before_each_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("halloo.db");
        for attempt in 0..2 {
            let _ = std::fs::remove_file(&path);
            let mut connection = Connection::open(&path).unwrap();
            apply(&mut connection, Some(&path), &[FIRST]).unwrap();
            assert_eq!(
                std::fs::read_dir(folder.path()).unwrap().count(),
                1 + attempt
            );
            apply(&mut connection, Some(&path), &[FIRST, SECOND]).unwrap();
            assert!(connection.prepare("SELECT id FROM things").is_err());
            let copy = folder.path().join(format!("halloo.db.before-v2.{attempt}"));
            let copy = Connection::open(copy).unwrap();
            let kept: i64 = copy
                .query_row("SELECT id FROM things", [], |row| row.get(0))
                .unwrap();
            assert_eq!(kept, 7);
        }
    }

    #[test]
    fn a_change_that_fails_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, None, &[FIRST]).unwrap();
        assert!(apply(&mut connection, None, &[FIRST, SECOND, "no SQL"]).is_err());
        let version: u32 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        assert_eq!(version, 1);
        assert!(connection.prepare("SELECT id FROM things").is_ok());
    }
}
