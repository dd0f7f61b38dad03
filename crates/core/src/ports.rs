//! What the domain needs from outside: time, randomness and durable storage.

use std::path::Path;

use async_trait::async_trait;

use crate::{Millis, Result};

pub use crate::apps::AppStore;
pub use crate::bans::BanStore;
pub use crate::groups::GroupStore;
pub use crate::messages::MessageStore;
pub use crate::push::PushStore;
pub use crate::relations::{BlockStore, ContactStore};
pub use crate::rooms::RoomStore;
pub use crate::sessions::PresenceStore;
pub use crate::tokens::TokenStore;
pub use crate::users::UserStore;

/// The time of day. Tests move it by hand.
pub trait Clock: Send + Sync {
    /// Now, in Unix milliseconds.
    fn now(&self) -> Millis;
}

/// Unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` from a cryptographically strong source.
    fn fill(&self, bytes: &mut [u8]);
}

/// Durable storage: one trait per noun, but for messages, which have an engine of their own. Every method is one atomic operation, and an operation that
/// answered `Ok` has reached the disk.
pub trait Store:
    AppStore
    + UserStore
    + TokenStore
    + ContactStore
    + BlockStore
    + GroupStore
    + RoomStore
    + BanStore
    + PushStore
    + PresenceStore
    + Maintenance
{
}

impl<T> Store for T where
    T: AppStore
        + UserStore
        + TokenStore
        + ContactStore
        + BlockStore
        + GroupStore
        + RoomStore
        + BanStore
        + PushStore
        + PresenceStore
        + Maintenance
{
}

/// Care of the store as a whole.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Writes a consistent copy of everything to the new file `target` while serving.
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) when the target exists or can not be written.
    async fn backup(&self, target: &Path) -> Result<()>;

    /// Answers when the store can take a write.
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) when it can not.
    async fn ready(&self) -> Result<()>;
}
