//! Blocks: the owner refuses a user's messages. Source: Easemob REST 3.15 to 3.17.

use std::sync::Arc;

use async_trait::async_trait;

use super::uids_of;
use crate::apps::AppId;
use crate::users::{
    Actor, Named, Uid, UidTarget, User, UserId, Users, Wanted, target_for, targets,
};
use crate::{Context, Result};

/// One page of a block list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPage {
    /// Blocked users, newest first.
    pub users: Vec<Named>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<i64>,
}

/// Durable block lists.
#[async_trait]
pub trait BlockStore: Send + Sync {
    /// Puts `blocked` on `owner`'s block list; who is there already stays. [`Error::BlockLimit`](crate::Error::BlockLimit)
    /// when the list would pass `limit`, [`Error::UnknownUser`](crate::Error::UnknownUser) when an
    /// existing one is gone, [`Error::UserQuotaReached`](crate::Error::UserQuotaReached); nothing
    /// changes then.
    async fn add_blocks(
        &self,
        app: AppId,
        owner: Wanted,
        blocked: Vec<Wanted>,
        limit: u32,
    ) -> Result<()>;

    /// Takes `blocked` off `owner`'s list; nothing happens where there is no such user or entry.
    async fn remove_blocks(
        &self,
        app: AppId,
        owner: UidTarget,
        blocked: Vec<UidTarget>,
    ) -> Result<()>;

    /// Those of `owners` whose list has `blocked` on it, in their order.
    async fn blocking(
        &self,
        app: AppId,
        owners: Vec<UserId>,
        blocked: UserId,
    ) -> Result<Vec<UserId>>;

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
    users: Arc<Users>,
}

/// What a list of blocked users is called in errors.
const BLOCKED: &str = "the list of blocked users";

impl Blocks {
    pub(crate) fn new(context: Context, users: Arc<Users>) -> Self {
        Self { context, users }
    }

    /// Puts users on `owner`'s block list, all or none. Friendships stay as they are.
    /// # Errors
    /// [`crate::Error::BlockLimit`] when the list would be too long, [`crate::Error::UnknownUser`]
    /// when one of them was deleted meanwhile.
    pub async fn add(&self, app: AppId, owner: &User, blocked: Vec<UserId>) -> Result<()> {
        let limit = self.context.limits.blocks;
        let blocked = blocked.into_iter().map(Wanted::Existing).collect();
        self.context
            .store
            .add_blocks(app, Wanted::Existing(owner.id), blocked, limit)
            .await
    }

    /// Takes a user off `owner`'s list; nothing happens when he is not on it.
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn remove(&self, app: AppId, owner: &User, blocked: &User) -> Result<()> {
        let (owner, blocked) = (owner.uid(), blocked.uid());
        self.remove_all(app, Actor::App, owner, &[blocked]).await
    }

    /// `owner`'s whole list, newest first; the limit on adding bounds it.
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn list(&self, app: AppId, owner: &User) -> Result<Vec<Named>> {
        let limit = self.context.limits.blocks;
        let store = &self.context.store;
        Ok(store.blocks(app, owner.id, None, limit).await?.users)
    }

    /// Puts users on the list of `owner`, all or none; whoever is new comes into being.
    /// # Errors
    /// [`crate::Error::Empty`], [`crate::Error::TooMany`], [`crate::Error::UidIllegal`],
    /// [`crate::Error::BlockLimit`], [`crate::Error::UserQuotaReached`],
    /// [`crate::Error::UnknownUser`] for the uid of a user who is gone, [`crate::Error::RateLimited`] for a
    /// user who names too many.
    pub async fn add_all(
        &self,
        app: AppId,
        actor: Actor,
        owner: Uid,
        blocked: &[Uid],
    ) -> Result<()> {
        let limits = &self.context.limits;
        let user = self.users.wanted_for(actor, owner)?;
        let blocked = self
            .users
            .all_wanted(BLOCKED, blocked, limits.relation_ids)?;
        let sessions = &self.users.sessions;
        sessions.admit_naming(app, actor, blocked.len())?;
        let store = &self.context.store;
        store.add_blocks(app, user, blocked, limits.blocks).await
    }

    /// Takes users off the list of `owner`.
    /// # Errors
    /// [`crate::Error::Empty`], [`crate::Error::TooMany`], [`crate::Error::UidIllegal`].
    pub async fn remove_all(
        &self,
        app: AppId,
        actor: Actor,
        owner: Uid,
        blocked: &[Uid],
    ) -> Result<()> {
        let owner = target_for(actor, owner)?;
        let blocked = targets(BLOCKED, blocked, self.context.limits.relation_ids)?;
        self.context.store.remove_blocks(app, owner, blocked).await
    }

    /// Whom `owner` blocks, newest first; nobody when he does not exist.
    /// # Errors
    /// [`crate::Error::UidIllegal`].
    pub async fn of_uid(&self, app: AppId, owner: Uid) -> Result<Vec<Uid>> {
        match self.users.of_uid(app, owner).await? {
            Some(owner) => {
                let blocked = self.list(app, &owner).await?;
                Ok(blocked.iter().map(Named::uid).collect())
            }
            None => Ok(Vec::new()),
        }
    }

    /// Those of `owners` who block `uid`. Source: RTM server gate section 4.5.
    /// # Errors
    /// [`crate::Error::Empty`], [`crate::Error::TooMany`], [`crate::Error::UidIllegal`].
    pub async fn blocking(&self, app: AppId, uid: Uid, owners: &[Uid]) -> Result<Vec<Uid>> {
        let most = self.context.limits.relation_ids;
        let owners = self.users.existing(app, BLOCKED, owners, most).await?;
        let Some(user) = self.users.of_uid(app, uid).await? else {
            return Ok(Vec::new());
        };
        let ids = owners.iter().map(|user| user.id).collect();
        let blocking = self.context.store.blocking(app, ids, user.id).await?;
        Ok(uids_of(&owners, &blocking))
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
