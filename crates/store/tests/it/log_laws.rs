//! The message log against its laws.

use std::path::Path;
use std::sync::Arc;

use halloo_core::messages::MessageStore;
use halloo_store::Log;
use halloo_store::conformance::log::Ground;
use tempfile::TempDir;

halloo_store::log_conformance!(ground());

fn open(folder: &Path) -> Arc<dyn MessageStore> {
    Arc::new(Log::open(folder).unwrap())
}

/// A log in a folder of its own.
fn ground() -> (TempDir, Ground) {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::new(folder.path(), open);
    (folder, ground)
}
