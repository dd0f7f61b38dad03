//! Users named by RTM's numbers: found for a question, made on the spot for a change.
//! Source: design section 2, RTM server gate section 1.4.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Actor, NewUser, Uid, UidTarget, User, UserId, Users};
use crate::apps::AppId;
use crate::{Error, Millis, Result};

/// A user that a change needs. The store makes him within the change if he is new.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// He was there a moment ago.
    Existing(UserId),
    /// Whoever has this row number and a name that is no number; see [`UidTarget::Id`].
    Numbered(UserId),
    /// Whoever has this name, or else a new user.
    Named {
        /// The new user.
        new: NewUser,
        /// How many users the app may have.
        quota: Option<u64>,
        /// The present time.
        now: Millis,
    },
}

impl Users {
    /// The user whom `uid` means, if there is one. Makes nobody.
    /// # Errors
    /// [`Error::UidIllegal`] when it is not positive.
    pub async fn of_uid(&self, app: AppId, uid: Uid) -> Result<Option<Arc<User>>> {
        match uid.target().ok_or(Error::UidIllegal)? {
            UidTarget::Name(name) => self.named(app, &name).await,
            UidTarget::Id(id) | UidTarget::Row(id) => {
                let user = self.context.store.user_by_id(app, id).await?;
                // A row whose name spells a number has that number and no other.
                Ok(user.filter(|user| user.uid() == uid).map(Arc::new))
            }
        }
    }

    /// The user whom `uid` means, made if there is none.
    /// # Errors
    /// [`Error::UidIllegal`]; [`Error::UnknownUser`] when the uid is that of a user without a number
    /// as a name, and he is gone; [`Error::UserQuotaReached`].
    pub async fn of_uid_or_new(&self, app: AppId, uid: Uid) -> Result<Arc<User>> {
        match uid.target().ok_or(Error::UidIllegal)? {
            UidTarget::Name(name) => self.find_or_create(app, name).await,
            UidTarget::Id(_) | UidTarget::Row(_) => {
                self.of_uid(app, uid).await?.ok_or(Error::UnknownUser)
            }
        }
    }

    /// `uid` for a change that needs its user.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub(crate) fn wanted(&self, uid: Uid) -> Result<Wanted> {
        Ok(match uid.target().ok_or(Error::UidIllegal)? {
            UidTarget::Id(id) | UidTarget::Row(id) => Wanted::Numbered(id),
            UidTarget::Name(name) => Wanted::Named {
                new: self.new_user(name, None, None),
                quota: self.context.limits.users_per_app,
                now: self.context.clock.now(),
            },
        })
    }

    /// [`Users::wanted`] for a change that `actor` asks for in his own name or, being the app, in that of
    /// `uid`. Nobody who was deleted comes back by what his client still does.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub(crate) fn wanted_for(&self, actor: Actor, uid: Uid) -> Result<Wanted> {
        match actor {
            Actor::App => self.wanted(uid),
            Actor::User(id) => Ok(Wanted::Existing(id)),
        }
    }

    /// [`Users::wanted`] for a list of 1 to `most` uids, each counting once.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`], [`Error::UidIllegal`].
    pub(crate) fn all_wanted(
        &self,
        what: &'static str,
        uids: &[Uid],
        most: usize,
    ) -> Result<Vec<Wanted>> {
        let uids = distinct(what, uids, most)?;
        uids.into_iter().map(|uid| self.wanted(uid)).collect()
    }

    /// Those of `uids` who exist. Makes nobody.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`], [`Error::UidIllegal`].
    pub(crate) async fn existing(
        &self,
        app: AppId,
        what: &'static str,
        uids: &[Uid],
        most: usize,
    ) -> Result<Vec<Arc<User>>> {
        let mut users = Vec::with_capacity(uids.len());
        for uid in distinct(what, uids, most)? {
            users.extend(self.of_uid(app, uid).await?);
        }
        Ok(users)
    }
}

/// Whom a change is about that `actor` asks for in his own name or, being the app, in that of `uid`, and
/// that needs nobody to be there.
pub(crate) fn target_for(actor: Actor, uid: Uid) -> Result<UidTarget> {
    match actor {
        Actor::App => target(uid),
        Actor::User(id) => Ok(UidTarget::Row(id)),
    }
}

/// Whom `uid` means, for a change that needs nobody to be there.
pub(crate) fn target(uid: Uid) -> Result<UidTarget> {
    uid.target().ok_or(Error::UidIllegal)
}

/// [`target`] for a list of 1 to `most` uids, each counting once.
pub(crate) fn targets(what: &'static str, uids: &[Uid], most: usize) -> Result<Vec<UidTarget>> {
    let uids = distinct(what, uids, most)?;
    uids.into_iter().map(target).collect()
}

/// 1 to `most` ids, each once, in order.
pub(crate) fn distinct<T: Copy + Eq + std::hash::Hash>(
    what: &'static str,
    ids: &[T],
    most: usize,
) -> Result<Vec<T>> {
    if ids.is_empty() {
        return Err(Error::Empty(what));
    }
    let (mut seen, mut once) = (HashSet::new(), Vec::new());
    for id in ids {
        if !seen.insert(*id) {
            continue;
        }
        if once.len() == most {
            let sent = ids.len();
            return Err(Error::TooMany { what, sent, most });
        }
        once.push(*id);
    }
    Ok(once)
}
