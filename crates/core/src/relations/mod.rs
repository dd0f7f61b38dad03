//! Relations between users: contacts and blocks.

mod blocks;
mod contacts;

pub use blocks::{BlockPage, BlockStore, Blocks};
pub use contacts::{ContactStore, Contacts};

use std::collections::HashSet;
use std::sync::Arc;

use crate::users::{Uid, User, UserId};

/// The uids of those of `users` whose row numbers are among `chosen`, in their order.
fn uids_of(users: &[Arc<User>], chosen: &[UserId]) -> Vec<Uid> {
    let chosen: HashSet<UserId> = chosen.iter().copied().collect();
    let hit = users.iter().filter(|user| chosen.contains(&user.id));
    hit.map(|user| user.uid()).collect()
}
