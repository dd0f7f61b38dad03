//! Sharing the files that this process may open among its listeners.

use rustix::process::{Resource, getrlimit, setrlimit};
use tracing::warn;

/// Files that are open beside connections: the database and its readers, sockets, logs.
const OTHER_FILES: usize = 64;

/// How many connections each listener gets of the `wanted` ones: all of them, unless the system lets this
/// process open fewer files. Then they share, so that one that is full leaves room to the others.
pub(crate) fn share<const N: usize>(wanted: [usize; N]) -> [usize; N] {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        warn!("The limit on open files could not be raised: {error}");
    }
    match getrlimit(Resource::Nofile).current.map(usize::try_from) {
        Some(Ok(files)) => split(wanted, files.saturating_sub(OTHER_FILES)),
        _ => wanted,
    }
}

/// Parts of `room`: whoever wants little gets that, the others equal parts of the rest, at least 1.
fn split<const N: usize>(wanted: [usize; N], room: usize) -> [usize; N] {
    let mut order: Vec<(usize, usize)> = wanted.into_iter().enumerate().collect();
    order.sort_unstable_by_key(|(_, n)| *n);
    let (mut left, mut granted) = (room, wanted);
    for (later, (place, n)) in order.into_iter().rev().enumerate().rev() {
        let part = n.min(left / (later + 1));
        left -= part;
        if let Some(granted) = granted.get_mut(place) {
            *granted = part.max(n.min(1));
        }
    }
    granted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_gets_what_he_wants_or_an_equal_part_of_what_there_is() {
        assert_eq!(split([10, 0, 20], 30), [10, 0, 20]);
        assert_eq!(split([20, 20, 0], 30), [15, 15, 0]);
        assert_eq!(split([30, 2], 20), [18, 2]);
        assert_eq!(split([2, 30, 30], 22), [2, 10, 10]);
        assert_eq!(split([1, 1], 0), [1, 1]);
        assert_eq!(split([usize::MAX, usize::MAX], 100), [50, 50]);
    }
}
