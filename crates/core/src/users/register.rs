//! Registration, one or many. Source: Easemob REST 3.1 to 3.3.

use std::collections::HashMap;
use std::sync::Arc;

use super::{NewUser, PasswordHash, User, UserName, Users, entity_uuid};
use crate::apps::AppId;
use crate::{Error, Limits, Result};

/// A user as the caller describes him; password and nickname are not yet checked.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Name.
    pub name: UserName,
    /// Password.
    pub password: String,
    /// Nickname; absent and empty mean the same.
    pub nickname: Option<String>,
}

/// What became of one user of a bulk registration.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// He is registered.
    Registered(Arc<User>),
    /// The name was taken; nothing about its owner changed.
    Taken(UserName),
}

/// A draft that passed every check.
struct Checked {
    name: UserName,
    password: String,
    nickname: Option<Box<str>>,
}

impl Draft {
    /// Checks password and nickname, in this order; the name was when it was read.
    /// Source: Easemob REST 1.5.
    fn check(self, limits: &Limits) -> Result<Checked> {
        let password = check_password(Some(self.password), limits)?;
        let nickname = self.nickname.filter(|nickname| !nickname.is_empty());
        check_nickname(nickname.as_deref(), limits)?;
        Ok(Checked {
            name: self.name,
            password,
            nickname: nickname.map(Into::into),
        })
    }
}

/// A password that is there, not empty and not too long.
pub(super) fn check_password(password: Option<String>, limits: &Limits) -> Result<String> {
    let password = password
        .filter(|p| !p.is_empty())
        .ok_or(Error::PasswordMissing)?;
    if password.chars().count() > limits.password_chars {
        return Err(Error::PasswordTooLong);
    }
    Ok(password)
}

/// A nickname that is not too long.
pub(super) fn check_nickname(nickname: Option<&str>, limits: &Limits) -> Result<()> {
    if nickname.is_some_and(|n| n.chars().count() > limits.nickname_chars) {
        return Err(Error::NicknameTooLong);
    }
    Ok(())
}

impl Users {
    /// Registers one user.
    /// # Errors
    /// The first failing check of [`Draft`]; [`Error::UserExists`]; [`Error::UserQuotaReached`];
    /// [`Error::Busy`] when too many passwords wait to be hashed. Nothing is stored then.
    pub async fn register(&self, app: AppId, draft: Draft) -> Result<Arc<User>> {
        let checked = draft.check(&self.context.limits)?;
        // Found out before the costly hash; the store decides.
        if self.named(app, &checked.name).await?.is_some() {
            return Err(Error::UserExists(checked.name));
        }
        let name = checked.name.clone();
        match self.store_new(app, vec![checked]).await?.pop().flatten() {
            Some(user) => Ok(user),
            None => Err(Error::UserExists(name)),
        }
    }

    /// Registers up to 60 users. Equal names with equal passwords collapse, the last nickname wins.
    /// # Errors
    /// [`Error::BatchSize`]; the first failing check, lowest index first; [`Error::PasswordsDiffer`];
    /// [`Error::UserQuotaReached`]; [`Error::Busy`]. Nobody is registered then.
    pub async fn register_many(&self, app: AppId, drafts: Vec<Draft>) -> Result<Vec<Outcome>> {
        if drafts.is_empty() || drafts.len() > self.context.limits.bulk_users {
            return Err(Error::BatchSize(drafts.len()));
        }
        let checked = drafts
            .into_iter()
            .map(|draft| draft.check(&self.context.limits))
            .collect::<Result<Vec<_>>>()?;
        let wanted = collapse(checked)?;

        let mut free = Vec::with_capacity(wanted.len());
        let mut names = Vec::with_capacity(wanted.len());
        for user in wanted {
            let taken = self.named(app, &user.name).await?.is_some();
            names.push((user.name.clone(), taken));
            if !taken {
                free.push(user);
            }
        }
        let mut stored = self.store_new(app, free).await?.into_iter();
        Ok(names
            .into_iter()
            .map(|(name, taken)| {
                let registered = if taken { None } else { stored.next().flatten() };
                registered.map_or(Outcome::Taken(name), Outcome::Registered)
            })
            .collect())
    }

    /// The user called `name`, made without a password if there is none. Concurrent calls agree on
    /// one user. Source: Easemob REST 2.3, and RTM's calls that name a user first.
    /// # Errors
    /// [`Error::UserQuotaReached`].
    pub async fn find_or_create(&self, app: AppId, name: UserName) -> Result<Arc<User>> {
        if let Some(user) = self.named(app, &name).await? {
            return Ok(user);
        }
        let new = self.new_user(name.clone(), None, None);
        if let Some(user) = self.insert(app, vec![new]).await?.pop().flatten() {
            return Ok(user);
        }
        self.named(app, &name).await?.ok_or(Error::UnknownUser)
    }

    async fn store_new(&self, app: AppId, users: Vec<Checked>) -> Result<Vec<Option<Arc<User>>>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let (rest, passwords): (Vec<_>, Vec<_>) = users
            .into_iter()
            .map(|u| ((u.name, u.nickname), u.password))
            .unzip();
        let hashes = self
            .passwords
            .hash(self.context.entropy.as_ref(), passwords)
            .await?;
        let new = rest
            .into_iter()
            .zip(hashes)
            .map(|((name, nickname), hash)| self.new_user(name, Some(hash), nickname))
            .collect();
        self.insert(app, new).await
    }

    async fn insert(&self, app: AppId, users: Vec<NewUser>) -> Result<Vec<Option<Arc<User>>>> {
        let quota = self.context.limits.users_per_app;
        let now = self.context.clock.now();
        let stored = self.context.store.register(app, users, quota, now).await?;
        Ok(stored.into_iter().map(|user| user.map(Arc::new)).collect())
    }

    pub(super) fn new_user(
        &self,
        name: UserName,
        password: Option<PasswordHash>,
        nickname: Option<Box<str>>,
    ) -> NewUser {
        NewUser {
            name,
            uuid: entity_uuid(&self.context),
            password,
            nickname,
        }
    }
}

/// One entry per name, at the place of its first appearance.
fn collapse(users: Vec<Checked>) -> Result<Vec<Checked>> {
    let mut places = HashMap::with_capacity(users.len());
    let mut distinct: Vec<Checked> = Vec::with_capacity(users.len());
    for user in users {
        let place = *places.entry(user.name.clone()).or_insert(distinct.len());
        match distinct.get_mut(place) {
            None => distinct.push(user),
            Some(first) if first.password != user.password => {
                return Err(Error::PasswordsDiffer(user.name));
            }
            Some(first) => first.nickname = user.nickname.or(first.nickname.take()),
        }
    }
    Ok(distinct)
}
