//! Relations between users: contacts and blocks.

mod blocks;
mod contacts;

pub use blocks::{BlockPage, BlockStore, Blocks};
pub use contacts::{ContactStore, Contacts};
