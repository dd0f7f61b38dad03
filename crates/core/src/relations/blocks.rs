//! Blocks: the owner refuses a user's messages. Source: Easemob REST 3.15 to 3.17.

use async_trait::async_trait;

use crate::apps::AppId;
use crate::users::{User, UserId, UserName};
use crate::{Context, Result};

/// One page of a block list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPage {
    /// Blocked users, newest first.
    pub names: Vec<UserName>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<i64>,
}

/// Durable block lists.
#[async_trait]
pub trait BlockStore: Send + Sync {
    /// Puts `blocked` on `owner`'s block list; who is there already stays. [`Error::BlockLimit`](crate::Error::BlockLimit)
    /// when the list would pass `limit`, [`Error::UnknownUser`](crate::Error::UnknownUser) when one
    /// of them is gone; nothing changes then.
    async fn add_blocks(
        &self,
        app: AppId,
        owner: UserId,
        blocked: Vec<UserId>,
        limit: u32,
    ) -> Result<()>;

    /// Takes `blocked` off `owner`'s list.
    async fn remove_block(&self, app: AppId, owner: UserId, blocked: UserId) -> Result<()>;

    /// Up to `limit` of `owner`'s blocked users, newest first, older than position `before`.
    async fn blocks(
        &self,
        app: AppId,
        owner: UserId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<BlockPage>;
}

/// Block lists.
pub struct Blocks {
    context: Context,
}

impl Blocks {
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
    }

    /// Puts users on `owner`'s block list, all or none. Friendships stay as they are.
    /// # Errors
    /// [`crate::Error::BlockLimit`] when the list would be too long, [`crate::Error::UnknownUser`]
    /// when one of them was deleted meanwhile.
    pub async fn add(&self, app: AppId, owner: &User, blocked: Vec<UserId>) -> Result<()> {
        let limit = self.context.limits.blocks;
        self.context
            .store
            .add_blocks(app, owner.id, blocked, limit)
            .await
    }

    /// Takes a user off `owner`'s list; nothing happens when he is not on it.
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn remove(&self, app: AppId, owner: &User, blocked: &User) -> Result<()> {
        self.context
            .store
            .remove_block(app, owner.id, blocked.id)
            .await
    }

    /// `owner`'s whole list, newest first; the limit on adding bounds it.
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn list(&self, app: AppId, owner: &User) -> Result<Vec<UserName>> {
        let limit = self.context.limits.blocks;
        Ok(self
            .context
            .store
            .blocks(app, owner.id, None, limit)
            .await?
            .names)
    }

    /// One page of `owner`'s list of up to `size` (at most 50), older than `before`.
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn page(
        &self,
        app: AppId,
        owner: &User,
        before: Option<i64>,
        size: u32,
    ) -> Result<BlockPage> {
        let size = size.clamp(1, self.context.limits.block_page);
        self.context.store.blocks(app, owner.id, before, size).await
    }
}
