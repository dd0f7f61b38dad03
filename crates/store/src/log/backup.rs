//! A consistent copy while serving.

use std::path::Path;

use fjall::Readable as _;

use super::Outcome;
use super::engine::{Engine, Part};

/// Copies everything as it is now into a new or empty folder.
pub(super) fn copy(engine: &Engine, target: &Path) -> Outcome<()> {
    let now = engine.snapshot();
    if target.exists() && std::fs::read_dir(target)?.next().is_some() {
        return Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists).into());
    }
    let copy = Engine::open(target)?;
    for part in Part::ALL {
        let mut ingestion = copy.part(part).start_ingestion()?;
        for entry in now.iter(engine.part(part)) {
            let (key, value) = entry.into_inner()?;
            ingestion.write(key, value)?;
        }
        ingestion.finish()?;
    }
    copy.sync()
}
