use async_trait::async_trait;
use uuid::Uuid;

use super::{PasswordHash, ProfileChange, UidTarget, User, UserId, UserName, Wanted};
use crate::apps::AppId;
use crate::bans::Ban;
use crate::info::{Info, InfoChange};
use crate::{Millis, Result};

/// A user to be stored; the store adds his row number.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Identity within the app.
    pub name: UserName,
    /// Identity on the wire of Easemob.
    pub uuid: Uuid,
    /// `None`: no password opens the account until one is set.
    pub password: Option<PasswordHash>,
    /// Shown in notifications.
    pub nickname: Option<Box<str>>,
}

/// What to change about a user.
#[derive(Clone, Debug)]
pub enum UserChange {
    /// A new password; revokes every token and every login signed up to now.
    Password(PasswordHash),
    /// Shut out or let in; shutting out revokes every bearer token.
    Ban(Ban),
    /// Nickname and push settings.
    Profile(ProfileChange),
}

/// Durable users.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Stores `users` (at most 60, names distinct) in input order. One answer per user in input
    /// order, `None` where the name is taken.
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached) when the app would hold more than
    /// `quota`; nobody is stored then. `created` is `now`, or the time of the youngest user if the
    /// clock went back.
    async fn register(
        &self,
        app: AppId,
        users: Vec<NewUser>,
        quota: Option<u64>,
        now: Millis,
    ) -> Result<Vec<Option<User>>>;

    /// The user called `name`.
    async fn user_by_name(&self, app: AppId, name: &UserName) -> Result<Option<User>>;

    /// The user with this uuid.
    async fn user_by_uuid(&self, app: AppId, uuid: Uuid) -> Result<Option<User>>;

    /// The user with this row number.
    async fn user_by_id(&self, app: AppId, id: UserId) -> Result<Option<User>>;

    /// Sets the texts that are given.
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when an existing user is gone;
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached).
    async fn set_user_info(&self, app: AppId, user: Wanted, change: InfoChange) -> Result<()>;

    /// The texts of each of `users`, in order; empty for one who is gone or has none.
    async fn user_infos(&self, app: AppId, users: Vec<UserId>) -> Result<Vec<Info>>;

    /// Stores `value` under `key`. [`Error::DataLimit`](crate::Error::DataLimit) when `user` would
    /// have more than `most` keys; errors of the user as with [`UserStore::set_user_info`].
    async fn set_data(
        &self,
        app: AppId,
        user: Wanted,
        key: Box<str>,
        value: Box<str>,
        most: u32,
    ) -> Result<()>;

    /// What is stored under `key`.
    async fn data(&self, app: AppId, user: UserId, key: &str) -> Result<Option<Box<str>>>;

    /// Removes `key`; nothing happens where there is none, or no such user.
    async fn remove_data(&self, app: AppId, user: UidTarget, key: Box<str>) -> Result<()>;

    /// Up to `limit` users in order of registration, after row number `after`.
    async fn users_page(&self, app: AppId, after: Option<UserId>, limit: u32) -> Result<Vec<User>>;

    /// The password hash of a user, if he has one.
    async fn password_hash(&self, app: AppId, user: UserId) -> Result<Option<PasswordHash>>;

    /// Makes one change and sets `modified` to `now`. `None` when the user is gone.
    /// [`Error::IgnoredGroupLimit`](crate::Error::IgnoredGroupLimit) past `ignored_groups`; nothing
    /// changes then.
    async fn change_user(
        &self,
        app: AppId,
        user: UserId,
        change: UserChange,
        ignored_groups: u32,
        now: Millis,
    ) -> Result<Option<User>>;

    /// Deletes a user with everything that is his: contacts and blocks in both directions, tokens,
    /// push settings, cursors, memberships, owned groups and rooms. Returns him as he was. Whoever gets his
    /// name later has `now` as `logins_since`, unless [`UserStore::forget_void_logins`] came first.
    async fn delete_user(&self, app: AppId, user: UserId, now: Millis) -> Result<Option<User>>;

    /// Deletes up to `limit` users in order of registration, after row number `after`, each as
    /// [`UserStore::delete_user`] does. Returns them, and whether more follow.
    async fn delete_users_page(
        &self,
        app: AppId,
        after: Option<UserId>,
        limit: u32,
        now: Millis,
    ) -> Result<(Vec<User>, bool)>;

    /// Sets `since` as the `logins_since` of whoever is called `name` next; nobody is now.
    async fn void_logins(&self, app: AppId, name: UserName, since: Millis) -> Result<()>;

    /// The `logins_since` of whoever is called `name` next, if there is one.
    async fn logins_void_since(&self, app: AppId, name: &UserName) -> Result<Option<Millis>>;

    /// Forgets up to `limit` of those that lie before `before`. Returns how many.
    async fn forget_void_logins(&self, before: Millis, limit: u32) -> Result<u64>;

    /// The number of somebody who is no user but in whose name the back end sends: negative, the same each
    /// time, made on the first call. [`Error::UserQuotaReached`](crate::Error::UserQuotaReached) when the app
    /// has `most` of them.
    async fn stranger(&self, app: AppId, name: &UserName, most: u32) -> Result<UserId>;
}
