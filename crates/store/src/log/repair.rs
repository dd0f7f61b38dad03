//! A last write that a power failure tore.
//!
//! The store finds a write incomplete by its end, and drops it. Where a part in the middle did not reach the
//! disk but the end did, it finds a wrong checksum and refuses to open. We know more: each write is on the disk
//! before the next begins, so a wrong last one was never answered, and may go.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Buf as _;
use tracing::warn;
use xxhash_rust::xxh3::xxh3_64;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const MAGIC: &[u8] = b"FJL\x03";

/// A write in a journal, as far as it can be read.
struct Write {
    /// Bytes up to its end.
    bytes: usize,
    is_whole: bool,
}

/// Cuts the last write off the newest journal in `folder`, if that and nothing else is wrong with it. What is
/// cut is kept beside the folder. Returns whether it did.
pub(super) fn cut_torn_write(folder: &Path) -> io::Result<bool> {
    let Some(path) = newest_journal(folder)? else {
        return Ok(false);
    };
    let journal = fs::read(&path)?;
    let Some(place) = torn_write(&journal) else {
        return Ok(false);
    };
    let torn = journal.get(place..).unwrap_or_default();
    fs::write(folder.with_extension("torn"), torn)?;
    let file = OpenOptions::new().write(true).open(&path)?;
    file.set_len(place as u64)?;
    file.sync_all()?;
    warn!(
        "The last write of messages did not reach the disk whole, and was never answered; it is cut off {}",
        path.display()
    );
    Ok(true)
}

fn newest_journal(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut newest = None;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_suffix(".jnl")?.parse::<u64>().ok());
        newest = newest.max(number.map(|number| (number, path)));
    }
    Ok(newest.map(|(_, path)| path))
}

/// Where a journal's last write begins, if it is whole in form, but not in content, and nothing follows.
fn torn_write(journal: &[u8]) -> Option<usize> {
    let mut place = 0;
    loop {
        let rest = journal.get(place..)?;
        let write = read(rest)?;
        if !write.is_whole {
            let behind = rest.get(write.bytes..)?;
            return behind.iter().all(|byte| *byte == 0).then_some(place);
        }
        place += write.bytes;
    }
}

/// The write at the beginning of `journal`; `None` where there is none in form.
///
/// ```text
/// start: 1 | items u32 | number u64
/// item:  2 | type u8 | compression u8 | part u64 | key length u16 | value length u32
///        | length on disk u32 | key | value
/// clear: 4 | part u64
/// end:   3 | xxh3 of the items u64 | magic
/// ```
/// Numbers are little-endian. Source: fjall 3.1, `journal/entry.rs`.
fn read(journal: &[u8]) -> Option<Write> {
    let mut rest = journal;
    if rest.try_get_u8().ok()? != START {
        return None;
    }
    let items = rest.try_get_u32_le().ok()?;
    rest.try_get_u64_le().ok()?;
    let first = rest;
    for _ in 0..items {
        match rest.try_get_u8().ok()? {
            ITEM => {
                rest = rest.get(10..)?;
                let key = rest.try_get_u16_le().ok()?;
                rest.try_get_u32_le().ok()?;
                let value = rest.try_get_u32_le().ok()?;
                rest = rest.get(usize::from(key) + value as usize..)?;
            }
            CLEAR => rest = rest.get(8..)?,
            _ => return None,
        }
    }
    let hashed = first.get(..first.len() - rest.len())?;
    if rest.try_get_u8().ok()? != END {
        return None;
    }
    let checksum = rest.try_get_u64_le().ok()?;
    let rest = rest.strip_prefix(MAGIC)?;
    Some(Write {
        bytes: journal.len() - rest.len(),
        is_whole: xxh3_64(hashed) == checksum,
    })
}
