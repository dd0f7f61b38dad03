//! Sharing the files that this process may open among its gates.

use halloo_fpnn::transport::{Places, Pool};
use rustix::process::{Resource, getrlimit, setrlimit};
use tracing::warn;

/// Files that are open beside connections: the database and its readers, sockets, logs.
const OTHER_FILES: usize = 64;
/// What a gate has for itself, so that others can not shut it out: this part of all files.
const RESERVED_PART: usize = 16;

/// Places for gates that want so many connections each: all of them, unless the system lets this process
/// open fewer files. Then each has some for itself, they share the rest, and the text says so.
pub(crate) fn share<const N: usize>(wanted: [usize; N]) -> ([Places; N], Option<String>) {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        warn!("The limit on open files could not be raised: {error}");
    }
    let files = getrlimit(Resource::Nofile).current.map(usize::try_from);
    let room = match files {
        Some(Ok(files)) => files.saturating_sub(OTHER_FILES),
        _ => usize::MAX,
    };
    let all = wanted.into_iter().fold(0, usize::saturating_add);
    if all <= room {
        return (wanted.map(Places::new), None);
    }
    let reserved = room / RESERVED_PART;
    let note = format!(
        "The limit on open files has room for {room} connections: each gate has {reserved} for itself, and they share the rest"
    );
    let pool = Pool::new(room.saturating_sub(reserved.saturating_mul(N)));
    let places = wanted.map(|most| Places::sharing(most, reserved, &pool));
    (places, Some(note))
}
