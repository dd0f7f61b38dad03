//! Schema versions. They only move forward, and a copy is made before one does.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use tracing::info;

use halloo_core::Error;

use super::{Failure, Outcome, maintenance};

/// One entry per version, the first is version 1. Never change one that was released.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/sqlite/0001_foundation.sql")];

/// Brings the schema up to date.
pub(super) fn run(connection: &mut Connection, path: Option<&Path>) -> Outcome<()> {
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let found = found as usize;
    if found > MIGRATIONS.len() {
        return Err(Failure::Domain(Error::unavailable(format!(
            "the database has schema version {found}, this program knows {} at most",
            MIGRATIONS.len()
        ))));
    }
    if found == MIGRATIONS.len() {
        return Ok(());
    }
    if let Some(path) = path.filter(|_| found > 0) {
        let copy = path.with_extension(format!("db.before-v{}", found + 1));
        if !copy.exists() {
            maintenance::copy_to(connection, &copy)?;
            info!(
                "Copied the database to {} before changing its schema",
                copy.display()
            );
        }
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(found) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", i64::try_from(index + 1).unwrap_or(0))?;
    }
    transaction.commit()?;
    Ok(())
}
