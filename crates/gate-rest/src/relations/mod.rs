//! Contacts and blocks.

pub(crate) mod blocks;
pub(crate) mod contacts;

use halloo_core::users::{Named, User};

/// Names as the vendor lists them.
fn texts(users: &[Named]) -> Vec<&str> {
    users.iter().map(|user| user.name.as_str()).collect()
}

/// The `path` of an answer about a user's relations.
fn path_of(owner: &User, relation: &str) -> String {
    format!("/users/{}/{relation}", owner.uuid)
}
