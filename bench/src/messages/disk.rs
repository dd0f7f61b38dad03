//! What the disk gives without a server: writes that are on it before the next one begins.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// Bytes of a write.
const BLOCK: [u8; 4096] = [0x5a; 4096];
/// How long it is done.
const LONG: Duration = Duration::from_secs(1);

/// Writes per second in `folder` that are each followed by `fdatasync`: to the end of a file that grows,
/// and to the same place of it.
/// # Errors
/// When the file can not be written.
pub(crate) async fn syncs(folder: &Path) -> Result<(f64, f64)> {
    let path = folder.join("syncs");
    let counted = tokio::task::spawn_blocking(move || {
        let mut file = File::create(&path)?;
        let growing = count(&mut file, false)?;
        let same = count(&mut file, true)?;
        fs::remove_file(&path)?;
        Ok::<_, std::io::Error>((growing, same))
    });
    counted.await?.context("cannot write to the disk")
}

fn count(file: &mut File, again: bool) -> std::io::Result<f64> {
    let (begun, mut syncs) = (Instant::now(), 0_u32);
    while begun.elapsed() < LONG {
        if again {
            file.seek(SeekFrom::Start(0))?;
        }
        file.write_all(&BLOCK)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / begun.elapsed().as_secs_f64())
}

/// Bytes of all files in `folder` and below it.
/// # Errors
/// When it can not be read.
pub(crate) fn bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // What is gone meanwhile counts as nothing.
        bytes += match entry.metadata() {
            Ok(data) if data.is_dir() => self::bytes(&entry.path()).unwrap_or_default(),
            Ok(data) => data.len(),
            Err(_) => 0,
        };
    }
    Ok(bytes)
}
