use std::sync::Arc;

use super::{GroupId, GroupLimits};
use crate::apps::AppId;
use crate::info::{Info, InfoChange};
use crate::users::{Actor, Named, Uid, Users, distinct, targets};
use crate::{Context, Error, Result};

/// Rows that one store operation deletes at most, about, so that others get their turn.
const DELETE_ROWS: u32 = 2000;

/// Groups, their members and texts. What concerns one group a user may ask for only as its member; its size
/// and its public text are for everybody. Sources: RTM server gate sections 3 and 4.4, RTM client gate
/// section 3.6.
pub struct Groups {
    context: Context,
    users: Arc<Users>,
}

impl Groups {
    pub(crate) fn new(context: Context, users: Arc<Users>) -> Self {
        Self { context, users }
    }

    /// Makes users members, all or none; users and group come into being if they are new.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::TooMany`](crate::Error::TooMany),
    /// [`Error::UidIllegal`](crate::Error::UidIllegal), [`Error::GroupFull`](crate::Error::GroupFull),
    /// [`Error::GroupQuotaReached`](crate::Error::GroupQuotaReached),
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached),
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) for the uid of a user who is gone;
    /// [`Error::NotGroupMember`]; [`Error::RateLimited`] for a user who names too many.
    pub async fn add_members(
        &self,
        app: AppId,
        actor: Actor,
        group: GroupId,
        members: &[Uid],
    ) -> Result<()> {
        let most = self.context.limits.group_ids;
        let members = self
            .users
            .all_wanted("the list of members", members, most)?;
        let sessions = &self.users.sessions;
        sessions.admit_naming(app, actor, members.len())?;
        let (limits, now) = (self.limits(), self.context.clock.now());
        let store = &self.context.store;
        let added = store.add_group_members(app, group, actor, members, limits, now);
        let added = added.await;
        self.context.audiences.group_changed(app, group);
        added
    }

    /// Ends memberships; who is no member stays none.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::TooMany`](crate::Error::TooMany),
    /// [`Error::UidIllegal`](crate::Error::UidIllegal), [`Error::NotGroupMember`].
    pub async fn remove_members(
        &self,
        app: AppId,
        actor: Actor,
        group: GroupId,
        members: &[Uid],
    ) -> Result<()> {
        let most = self.context.limits.group_ids;
        let members = targets("the list of members", members, most)?;
        let store = &self.context.store;
        let removed = store.remove_group_members(app, group, actor, members).await;
        self.context.audiences.group_changed(app, group);
        removed
    }

    /// Deletes a group with its members, texts and mutes. Its messages stay readable.
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn delete(&self, app: AppId, group: GroupId) -> Result<()> {
        let deleted = self.context.store.delete_group(app, group).await;
        self.context.audiences.group_changed(app, group);
        deleted
    }

    /// Deletes every group of the app.
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable); some are gone then.
    pub async fn delete_all(&self, app: AppId) -> Result<()> {
        loop {
            let store = &self.context.store;
            let more = store.delete_some_groups(app, DELETE_ROWS).await;
            self.context.audiences.forget_all(app);
            if !more? {
                return Ok(());
            }
        }
    }

    /// The members of a group; none when there is no such group.
    /// # Errors
    /// [`Error::NotGroupMember`].
    pub async fn members(&self, app: AppId, actor: Actor, group: GroupId) -> Result<Vec<Uid>> {
        self.check_member(app, actor, group).await?;
        let members = self.context.store.group_members(app, group).await?;
        Ok(members.iter().map(Named::uid).collect())
    }

    /// How many members a group has.
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn size(&self, app: AppId, group: GroupId) -> Result<u32> {
        self.context.store.group_size(app, group).await
    }

    /// How many members of a group are online.
    /// # Errors
    /// [`Error::NotGroupMember`].
    pub async fn online_count(&self, app: AppId, actor: Actor, group: GroupId) -> Result<u32> {
        let members = self.members(app, actor, group).await?;
        let online = self.users.sessions.online_uids(app, &members).len();
        Ok(u32::try_from(online).unwrap_or(u32::MAX))
    }

    /// Whether `uid` is a member.
    /// # Errors
    /// [`Error::UidIllegal`](crate::Error::UidIllegal).
    pub async fn is_member(&self, app: AppId, group: GroupId, uid: Uid) -> Result<bool> {
        match self.users.of_uid(app, uid).await? {
            Some(user) => {
                let store = &self.context.store;
                store.is_group_member(app, group, user.id).await
            }
            None => Ok(false),
        }
    }

    /// The groups that `uid` is a member of.
    /// # Errors
    /// [`Error::UidIllegal`](crate::Error::UidIllegal).
    pub async fn of_user(&self, app: AppId, uid: Uid) -> Result<Vec<GroupId>> {
        match self.users.of_uid(app, uid).await? {
            Some(user) => self.context.store.groups_of(app, user.id).await,
            None => Ok(Vec::new()),
        }
    }

    /// Sets the texts of a group, which comes into being if it is new.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) when nothing is given,
    /// [`Error::TooLong`](crate::Error::TooLong),
    /// [`Error::GroupQuotaReached`](crate::Error::GroupQuotaReached), [`Error::NotGroupMember`].
    pub async fn set_info(
        &self,
        app: AppId,
        actor: Actor,
        group: GroupId,
        change: InfoChange,
    ) -> Result<()> {
        change.check(&self.context.limits)?;
        let (limits, now) = (self.limits(), self.context.clock.now());
        self.context
            .store
            .set_group_info(app, group, actor, change, limits, now)
            .await
    }

    /// The texts of a group; empty when never set.
    /// # Errors
    /// [`Error::NotGroupMember`].
    pub async fn info(&self, app: AppId, actor: Actor, group: GroupId) -> Result<Info> {
        self.check_member(app, actor, group).await?;
        self.context.store.group_info(app, group).await
    }

    /// The public texts of 1 to 100 groups, each once.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`].
    pub async fn open_infos(
        &self,
        app: AppId,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, Box<str>)>> {
        let most = self.context.limits.client_info_ids;
        let groups = distinct("the list of groups", groups, most)?;
        let store = &self.context.store;
        let texts = store.group_open_infos(app, groups.clone()).await?;
        Ok(groups.into_iter().zip(texts).collect())
    }

    async fn check_member(&self, app: AppId, actor: Actor, group: GroupId) -> Result<()> {
        let store = &self.context.store;
        match actor {
            Actor::App => Ok(()),
            Actor::User(user) if store.is_group_member(app, group, user).await? => Ok(()),
            Actor::User(_) => Err(Error::NotGroupMember),
        }
    }

    fn limits(&self) -> GroupLimits {
        GroupLimits {
            members: self.context.limits.group_members,
            groups: self.context.limits.groups_per_app,
        }
    }
}
