//! Passwords, bans, nickname and push settings of one user.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::register::{check_nickname, check_password};
use super::{User, UserChange, Users};
use crate::apps::AppId;
use crate::bans::Ban;
use crate::push::{DisplayStyle, Hour};
use crate::sessions::CloseReason;
use crate::{Error, Result};

/// Nickname and push settings to set; what is `None` stays. Source: Easemob REST 3.9 to 3.11.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// New nickname; empty removes it.
    pub nickname: Option<Box<str>>,
    /// New display style.
    pub display_style: Option<DisplayStyle>,
    /// Switches the quiet hours on or off; their times stay.
    pub do_not_disturb: Option<bool>,
    /// New first quiet hour.
    pub quiet_from_hour: Option<Hour>,
    /// New hour at which the quiet ends.
    pub quiet_to_hour: Option<Hour>,
    /// Groups to ignore or to hear again, by id.
    pub ignored_groups: BTreeMap<i64, bool>,
}

impl Users {
    /// Whether `password` is `user`'s.
    /// # Errors
    /// [`Error::WrongPassword`], also for a user without one; [`Error::UserBanned`];
    /// [`Error::Busy`].
    pub async fn check_password(&self, app: AppId, user: &User, password: String) -> Result<()> {
        let hash = self.context.store.password_hash(app, user.id).await?;
        let hash = hash.ok_or(Error::WrongPassword)?;
        if !self.passwords.verify(hash, password).await? {
            return Err(Error::WrongPassword);
        }
        if user.ban.holds(self.context.clock.now()) {
            return Err(Error::UserBanned);
        }
        Ok(())
    }

    /// Sets a new password. The old one and every token are void, and every session is closed, when
    /// this returns. Source: Easemob REST 3.8.
    /// # Errors
    /// [`Error::PasswordMissing`], [`Error::PasswordTooLong`], [`Error::Busy`],
    /// [`Error::UnknownUser`] when he was deleted meanwhile.
    pub async fn change_password(
        self: &Arc<Self>,
        app: AppId,
        user: &User,
        password: Option<String>,
    ) -> Result<Arc<User>> {
        let password = check_password(password, &self.context.limits)?;
        let mut hashes = self
            .passwords
            .hash(self.context.entropy.as_ref(), vec![password])
            .await?;
        let hash = hashes.pop().ok_or(Error::Busy)?;
        let close = Some(CloseReason::PasswordChanged);
        self.change(app, user, UserChange::Password(hash), close)
            .await
    }

    /// Shuts a user out or lets him in. Shut out, he has no token and no session when this returns.
    /// Source: design section 2, Easemob REST 3.22 and 3.23.
    /// # Errors
    /// [`Error::UnknownUser`] when he was deleted meanwhile.
    pub async fn set_ban(self: &Arc<Self>, app: AppId, user: &User, ban: Ban) -> Result<Arc<User>> {
        let close = ban
            .holds(self.context.clock.now())
            .then_some(CloseReason::Banned);
        self.change(app, user, UserChange::Ban(ban), close).await
    }

    /// Sets nickname and push settings. An empty change changes nothing, `modified` included.
    /// # Errors
    /// [`Error::NicknameTooLong`], [`Error::IgnoredGroupLimit`], [`Error::UnknownUser`] when he was
    /// deleted meanwhile.
    pub async fn change_profile(
        self: &Arc<Self>,
        app: AppId,
        user: &Arc<User>,
        change: ProfileChange,
    ) -> Result<Arc<User>> {
        check_nickname(change.nickname.as_deref(), &self.context.limits)?;
        if change.ignored_groups.len() > self.context.limits.ignored_groups as usize {
            return Err(Error::IgnoredGroupLimit);
        }
        if change == ProfileChange::default() {
            return Ok(Arc::clone(user));
        }
        self.change(app, user, UserChange::Profile(change), None)
            .await
    }

    /// Commits `change`, lets every reader see it, then closes the sessions if there is a reason to.
    async fn change(
        self: &Arc<Self>,
        app: AppId,
        user: &User,
        change: UserChange,
        close: Option<CloseReason>,
    ) -> Result<Arc<User>> {
        let (users, id, name) = (Arc::clone(self), user.id, user.name.clone());
        self.context
            .complete(async move {
                let groups = users.context.limits.ignored_groups;
                let now = users.context.clock.now();
                let changed = users
                    .context
                    .store
                    .change_user(app, id, change, groups, now)
                    .await?;
                users.changed(app, &name);
                if let Some(reason) = close {
                    let closed = users.sessions.close_all(app, id, &name, reason);
                    closed.settle().await;
                }
                changed.map(Arc::new).ok_or(Error::UnknownUser)
            })
            .await
    }
}
