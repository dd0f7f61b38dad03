//! The store's backends against the laws of the port, and what each alone promises.
#![cfg(test)]

use std::sync::{Arc, LazyLock};

use halloo_store::Sqlite;
use tempfile::TempDir;

mod log_crash;
mod log_full;
mod log_laws;
mod log_model;
mod sqlite_files;
mod sqlite_migration;
mod sqlite_plans;

mod sqlite {
    halloo_store::conformance!(super::sqlite());
}
mod sqlite_in_memory {
    halloo_store::conformance!(super::sqlite_in_memory());
}

/// A database in a folder of its own.
fn sqlite() -> (TempDir, Arc<Sqlite>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    (folder, Arc::new(store))
}

/// One database for all laws of this process, to show that they do not get into each other's way.
fn sqlite_in_memory() -> ((), Arc<Sqlite>) {
    static SHARED: LazyLock<Arc<Sqlite>> = LazyLock::new(|| Arc::new(Sqlite::in_memory().unwrap()));
    ((), Arc::clone(&SHARED))
}
