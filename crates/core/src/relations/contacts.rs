//! Contacts: friend edges. Easemob makes and ends them in both directions, RTM in one: its friends are
//! a mirror of relations that the app keeps itself. Sources: Easemob REST 3.12 to 3.14, RTM server gate
//! 4.5.

use std::sync::Arc;

use async_trait::async_trait;

use super::uids_of;
use crate::apps::AppId;
use crate::users::{
    Actor, Named, Uid, UidTarget, User, UserId, Users, Wanted, target_for, targets,
};
use crate::{Context, Error, Result};

/// Durable contacts.
#[async_trait]
pub trait ContactStore: Send + Sync {
    /// Puts `friend` on `owner`'s roster and the reverse; an edge already there stays.
    /// [`Error::ContactLimit`] when either roster would pass `limit`, [`Error::UnknownUser`] when
    /// either user is gone; nothing changes then.
    async fn add_contact(
        &self,
        app: AppId,
        owner: UserId,
        friend: UserId,
        limit: u32,
    ) -> Result<()>;

    /// Takes each off the other's roster.
    async fn remove_contact(&self, app: AppId, owner: UserId, friend: UserId) -> Result<()>;

    /// The users on `owner`'s roster, newest first.
    async fn contacts(&self, app: AppId, owner: UserId) -> Result<Vec<Named>>;

    /// Puts `friends` on `owner`'s roster, not the reverse; who is there already stays.
    /// [`Error::ContactLimit`] when the roster would pass `limit`, [`Error::UnknownUser`] when an
    /// existing user is gone, [`Error::UserQuotaReached`]; nothing changes then.
    async fn add_friends(
        &self,
        app: AppId,
        owner: Wanted,
        friends: Vec<Wanted>,
        limit: u32,
    ) -> Result<()>;

    /// Takes `friends` off `owner`'s roster, not the reverse; nothing happens where there is no such
    /// user or edge.
    async fn remove_friends(
        &self,
        app: AppId,
        owner: UidTarget,
        friends: Vec<UidTarget>,
    ) -> Result<()>;

    /// Those of `others` who are on `owner`'s roster, in their order.
    async fn friends_among(
        &self,
        app: AppId,
        owner: UserId,
        others: Vec<UserId>,
    ) -> Result<Vec<UserId>>;
}

/// What a list of friends is called in errors.
const FRIENDS: &str = "the list of friends";

/// Friend edges.
pub struct Contacts {
    context: Context,
    users: Arc<Users>,
}

impl Contacts {
    pub(crate) fn new(context: Context, users: Arc<Users>) -> Self {
        Self { context, users }
    }

    /// Makes two users contacts of each other, without asking either. Idempotent.
    /// # Errors
    /// [`Error::SelfContact`]; [`Error::ContactLimit`] when either roster is full;
    /// [`Error::UnknownUser`] when either was deleted meanwhile.
    pub async fn add(&self, app: AppId, owner: &User, friend: &User) -> Result<()> {
        if owner.id == friend.id {
            return Err(Error::SelfContact);
        }
        let limit = self.context.limits.contacts;
        self.context
            .store
            .add_contact(app, owner.id, friend.id, limit)
            .await
    }

    /// Ends a friendship in both directions; nothing happens where there is none.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn remove(&self, app: AppId, owner: &User, friend: &User) -> Result<()> {
        self.context
            .store
            .remove_contact(app, owner.id, friend.id)
            .await
    }

    /// The users on a user's roster, newest first.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(&self, app: AppId, owner: &User) -> Result<Vec<Named>> {
        self.context.store.contacts(app, owner.id).await
    }

    /// Puts users on `owner`'s roster, not the reverse, all or none; whoever is new comes into being.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`], [`Error::UidIllegal`], [`Error::SelfContact`],
    /// [`Error::ContactLimit`], [`Error::UserQuotaReached`], [`Error::UnknownUser`] for the uid of a
    /// user who is gone, [`Error::RateLimited`] for a user who names too many.
    pub async fn add_friends(
        &self,
        app: AppId,
        actor: Actor,
        owner: Uid,
        friends: &[Uid],
    ) -> Result<()> {
        let limits = &self.context.limits;
        let user = self.users.wanted_for(actor, owner)?;
        let wanted = self
            .users
            .all_wanted(FRIENDS, friends, limits.relation_ids)?;
        if friends.contains(&owner) {
            return Err(Error::SelfContact);
        }
        let sessions = &self.users.sessions;
        sessions.admit_naming(app, actor, wanted.len())?;
        let store = &self.context.store;
        store.add_friends(app, user, wanted, limits.friends).await
    }

    /// Takes users off `owner`'s roster, not the reverse.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`], [`Error::UidIllegal`].
    pub async fn remove_friends(
        &self,
        app: AppId,
        actor: Actor,
        owner: Uid,
        friends: &[Uid],
    ) -> Result<()> {
        let owner = target_for(actor, owner)?;
        let friends = targets(FRIENDS, friends, self.context.limits.relation_ids)?;
        self.context.store.remove_friends(app, owner, friends).await
    }

    /// The users on the roster of `owner`, newest first; none when he does not exist.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub async fn friends(&self, app: AppId, owner: Uid) -> Result<Vec<Uid>> {
        match self.users.of_uid(app, owner).await? {
            Some(owner) => {
                let friends = self.list(app, &owner).await?;
                Ok(friends.iter().map(Named::uid).collect())
            }
            None => Ok(Vec::new()),
        }
    }

    /// Those of `others` who are on `owner`'s roster.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`], [`Error::UidIllegal`].
    pub async fn friends_among(&self, app: AppId, owner: Uid, others: &[Uid]) -> Result<Vec<Uid>> {
        let most = self.context.limits.relation_ids;
        let others = self.users.existing(app, FRIENDS, others, most).await?;
        let Some(owner) = self.users.of_uid(app, owner).await? else {
            return Ok(Vec::new());
        };
        let ids = others.iter().map(|user| user.id).collect();
        let friends = self.context.store.friends_among(app, owner.id, ids).await?;
        Ok(uids_of(&others, &friends))
    }
}
