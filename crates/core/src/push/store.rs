use async_trait::async_trait;

use super::{Device, MutedPush, PushConversation};
use crate::Result;
use crate::apps::AppId;
use crate::users::{UidTarget, UserId, Wanted};

/// Durable push devices and muted conversations.
#[async_trait]
pub trait PushStore: Send + Sync {
    /// Adds a device; one with the same token is replaced.
    /// [`Error::PushLimit`](crate::Error::PushLimit) when `user` would have more than `most`,
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when an existing user is gone,
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached); nothing changes then.
    async fn add_device(&self, app: AppId, user: Wanted, device: Device, most: u32) -> Result<()>;

    /// Removes a device; nothing happens where there is none, or no such user.
    async fn remove_device(&self, app: AppId, user: UidTarget, token: Box<str>) -> Result<()>;

    /// The devices of a user, oldest first.
    async fn devices(&self, app: AppId, user: UserId) -> Result<Vec<Device>>;

    /// Mutes `types` of message of a conversation; what is muted already stays.
    /// [`Error::PushLimit`](crate::Error::PushLimit) when `user` would have more than `most` entries;
    /// errors of the user as with [`PushStore::add_device`]; nothing changes then.
    async fn mute_push(
        &self,
        app: AppId,
        user: Wanted,
        conversation: PushConversation,
        types: Vec<i8>,
        most: u32,
    ) -> Result<()>;

    /// Undoes [`PushStore::mute_push`] for `types`, or for all entries of the conversation when empty.
    async fn unmute_push(
        &self,
        app: AppId,
        user: UidTarget,
        conversation: PushConversation,
        types: Vec<i8>,
    ) -> Result<()>;

    /// Everything that a user muted, by conversation and type.
    async fn muted_push(&self, app: AppId, user: UserId) -> Result<Vec<MutedPush>>;
}
