use async_trait::async_trait;

use super::{Group, GroupId, GroupLimits};
use crate::apps::AppId;
use crate::info::{Info, InfoChange};
use crate::users::{Actor, Named, UidTarget, UserId, Wanted};
use crate::{Millis, Result};

/// Durable groups.
#[async_trait]
pub trait GroupStore: Send + Sync {
    /// Stores `group`; one with the same id is replaced, its texts staying.
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when its owner or a member is gone.
    async fn put_group(&self, app: AppId, group: Group) -> Result<()>;

    /// The group with this id.
    async fn group(&self, app: AppId, id: GroupId) -> Result<Option<Group>>;

    /// Makes `members` members, and the group if there is none; who is one already stays one.
    /// [`Error::NotGroupMember`](crate::Error::NotGroupMember) when `actor` is a user who is none,
    /// [`Error::GroupFull`](crate::Error::GroupFull) and
    /// [`Error::GroupQuotaReached`](crate::Error::GroupQuotaReached) past `limits`,
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when an existing user is gone,
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached); nothing changes then.
    async fn add_group_members(
        &self,
        app: AppId,
        group: GroupId,
        actor: Actor,
        members: Vec<Wanted>,
        limits: GroupLimits,
        now: Millis,
    ) -> Result<()>;

    /// Ends memberships; nothing happens where there is no such group, user or member. A group
    /// without members stays. [`Error::NotGroupMember`](crate::Error::NotGroupMember) as above.
    async fn remove_group_members(
        &self,
        app: AppId,
        group: GroupId,
        actor: Actor,
        members: Vec<UidTarget>,
    ) -> Result<()>;

    /// Deletes a group with its members, texts and mutes, also the mutes of a group that nobody made.
    async fn delete_group(&self, app: AppId, group: GroupId) -> Result<()>;

    /// Deletes groups as [`GroupStore::delete_group`] does: at least one if there is any, and more
    /// until about `rows` rows went. Returns whether any is left.
    async fn delete_some_groups(&self, app: AppId, rows: u32) -> Result<bool>;

    /// The members of a group, in any order.
    async fn group_members(&self, app: AppId, group: GroupId) -> Result<Vec<Named>>;

    /// How many members a group has; cost does not grow with them.
    async fn group_size(&self, app: AppId, group: GroupId) -> Result<u32>;

    /// Whether `user` is a member; cost does not grow with the group.
    async fn is_group_member(&self, app: AppId, group: GroupId, user: UserId) -> Result<bool>;

    /// The groups of a user, in order, and since when he is a member.
    async fn memberships(&self, app: AppId, user: UserId) -> Result<Vec<(GroupId, Millis)>>;

    /// The groups of a user, in order.
    async fn groups_of(&self, app: AppId, user: UserId) -> Result<Vec<GroupId>>;

    /// Sets the texts that are given, making the group if there is none.
    /// [`Error::NotGroupMember`](crate::Error::NotGroupMember) as above;
    /// [`Error::GroupQuotaReached`](crate::Error::GroupQuotaReached) past `limits`.
    async fn set_group_info(
        &self,
        app: AppId,
        group: GroupId,
        actor: Actor,
        change: InfoChange,
        limits: GroupLimits,
        now: Millis,
    ) -> Result<()>;

    /// The public text of each of `groups`, in order; empty when there is none.
    async fn group_open_infos(&self, app: AppId, groups: Vec<GroupId>) -> Result<Vec<Box<str>>>;

    /// The texts of a group; empty when there is none.
    async fn group_info(&self, app: AppId, group: GroupId) -> Result<Info>;
}
