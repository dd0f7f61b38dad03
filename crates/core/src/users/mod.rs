//! Users: accounts, their passwords, bans and push settings.

mod data;
mod delete;
mod info;
mod name;
mod passwords;
mod profile;
mod register;
mod store;
mod wanted;

use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;

use crate::apps::AppId;
use crate::bans::Ban;
use crate::push::PushSettings;
use crate::read_cache::ReadCache;
use crate::sessions::Sessions;
use crate::{Context, Error, Millis, Result};

pub use name::UserName;
pub use passwords::PasswordHash;
pub use profile::ProfileChange;
pub use register::{Draft, Outcome};
pub use store::{NewUser, UserChange, UserStore};
pub use wanted::Wanted;

pub(crate) use wanted::{distinct, target, target_for, targets};

pub(crate) use passwords::PasswordPool;

/// Users read in one step of [`Users::warm`].
const WARM_PAGE: u32 = 500;

/// Row number of a user: rises with registration, never reused, so whatever is keyed by it can not
/// leak to a later owner of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i64);

/// RTM's view of a user: the number that his name spells, or else 2^62 plus his row number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uid(pub i64);

impl Uid {
    /// The first uid of those whose names are not numbers.
    const NAMED: i64 = 1 << 62;

    /// The first uid of those who are no users.
    const STRANGERS: i64 = Self::NAMED + (1 << 61);

    /// RTM's view of the user with this row number and name.
    pub fn of(id: UserId, name: &UserName) -> Self {
        if id.0 < 0 {
            // Whoever has the number that his name may spell is another.
            return Self(Self::STRANGERS - id.0);
        }
        match name.as_str().parse::<i64>() {
            // "007" spells 7, but 7's name is "7".
            Ok(n) if n > 0 && n <= Self::NAMED && !name.as_str().starts_with(['0', '+']) => Self(n),
            _ => Self(Self::NAMED + id.0),
        }
    }

    /// Whom this uid means if he is no user.
    pub(crate) fn stranger(self) -> Option<UserId> {
        (self.0 > Self::STRANGERS).then(|| UserId(Self::STRANGERS - self.0))
    }

    /// The user that this uid means: by name, or by row number.
    /// `None` for zero and negative numbers, which no user has.
    pub fn target(self) -> Option<UidTarget> {
        match self.0 {
            ..=0 => None,
            n if n > Self::NAMED => Some(UidTarget::Id(UserId(n - Self::NAMED))),
            n => n.to_string().parse().ok().map(UidTarget::Name),
        }
    }
}

/// On whose behalf something is asked for. Gates say it, services decide what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The app's own back end, which may do everything inside the app.
    App,
    /// One of its users, for himself.
    User(UserId),
}

/// A user's row number and name together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Row number.
    pub id: UserId,
    /// Identity within the app.
    pub name: UserName,
}

impl Named {
    /// RTM's view of him.
    pub fn uid(&self) -> Uid {
        Uid::of(self.id, &self.name)
    }
}

/// How a change that needs nobody names a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UidTarget {
    /// The name is the decimal text of the number.
    Name(UserName),
    /// This row, provided that its name is not a number: every user has one uid only.
    Id(UserId),
    /// Exactly this row; no [`Uid`] means it so.
    Row(UserId),
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Row number.
    pub id: UserId,
    /// Identity within the app.
    pub name: UserName,
    /// Identity on the wire of Easemob; never reused.
    pub uuid: Uuid,
    /// When registered; never decreases from one row to the next.
    pub created: Millis,
    /// When nickname, push settings, password or ban last changed.
    pub modified: Millis,
    /// Shown in notifications; `None` when never set or emptied.
    pub nickname: Option<Box<str>>,
    /// Whether and how long he is shut out.
    pub ban: Ban,
    /// Logins that the app signed up to here are void.
    pub logins_since: Millis,
    /// Raised whenever all his tokens are revoked; a token of another generation is void.
    pub token_generation: i64,
    /// How he wants to be notified; `None` when nothing was ever set.
    pub push: Option<Box<PushSettings>>,
}

impl User {
    /// His row number and name.
    pub fn named(&self) -> Named {
        Named {
            id: self.id,
            name: self.name.clone(),
        }
    }

    /// RTM's view of him.
    pub fn uid(&self) -> Uid {
        Uid::of(self.id, &self.name)
    }
}

/// Accounts, their passwords, bans and push settings.
pub struct Users {
    pub(crate) context: Context,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) passwords: PasswordPool,
    by_name: ReadCache<(AppId, UserName), Arc<User>>,
    /// Those who are no users; they never change.
    strangers: ReadCache<(AppId, UserName), UserId>,
}

impl Users {
    pub(crate) fn new(context: Context, sessions: Arc<Sessions>) -> Self {
        Self {
            passwords: PasswordPool::start(&context.limits.hash),
            by_name: ReadCache::new(context.limits.cached_users, weight),
            strangers: ReadCache::new(context.limits.strangers.into(), |_| 1),
            context,
            sessions,
        }
    }

    /// The user called `name` in any letter case, or else the one with that uuid.
    /// Source: Easemob REST 1.1.
    /// # Errors
    /// [`Error::UnknownUser`].
    pub async fn find(&self, app: AppId, name: &str) -> Result<Arc<User>> {
        if let Ok(name) = name.parse::<UserName>()
            && let Some(user) = self.named(app, &name).await?
        {
            return Ok(user);
        }
        let Some(uuid) = uuid_of(name) else {
            return Err(Error::UnknownUser);
        };
        match self.context.store.user_by_uuid(app, uuid).await? {
            Some(user) => Ok(Arc::new(user)),
            None => Err(Error::UnknownUser),
        }
    }

    /// Those of `uids` (1 to 200) who are online, each once. Source: RTM server gate section 3, U2.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`], [`Error::UidIllegal`].
    pub fn online(&self, app: AppId, uids: &[Uid]) -> Result<Vec<Uid>> {
        let (what, most) = ("the list of users", self.context.limits.online_ids);
        if uids.is_empty() || uids.len() > most {
            let uids = distinct(what, uids, most)?;
            return self.online(app, &uids);
        }
        if uids.iter().any(|uid| uid.0 <= 0) {
            return Err(Error::UidIllegal);
        }
        Ok(self.sessions.online_uids(app, uids))
    }

    /// The user called exactly `name`.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn named(&self, app: AppId, name: &UserName) -> Result<Option<Arc<User>>> {
        let key = (app, name.clone());
        let load = || async {
            Ok(self
                .context
                .store
                .user_by_name(app, name)
                .await?
                .map(Arc::new))
        };
        self.by_name.get(&key, load).await
    }

    /// Whoever the app's back end calls `name`, be he a user or not. Messages may come from him.
    /// # Errors
    /// [`Error::UserQuotaReached`] when there are too many who are no users.
    pub(crate) async fn user_or_stranger(&self, app: AppId, name: UserName) -> Result<Named> {
        if let Some(user) = self.named(app, &name).await? {
            return Ok(user.named());
        }
        let (store, most) = (&self.context.store, self.context.limits.strangers);
        let load = || async { store.stranger(app, &name, most).await.map(Some) };
        let id = self.strangers.get(&(app, name.clone()), load).await?;
        let id = id.ok_or(Error::UnknownUser)?;
        Ok(Named { id, name })
    }

    /// Up to `limit` users in order of registration, after row number `after`, and whether more follow.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(
        &self,
        app: AppId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<(Vec<User>, bool)> {
        let limit = limit.min(self.context.limits.page);
        let mut users = self.context.store.users_page(app, after, limit + 1).await?;
        let more = users.len() > limit as usize;
        users.truncate(limit as usize);
        Ok((users, more))
    }

    /// How many users are kept in memory.
    pub(crate) fn cache_capacity(&self) -> u64 {
        self.by_name.capacity()
    }

    /// Reads up to `most` users of `app` into memory, so that a server that was just started answers
    /// like one that runs. Uses at most half of one processor. Returns how many there were.
    /// # Errors
    /// [`Error::Unavailable`].
    pub(crate) async fn warm(&self, app: AppId, most: u64) -> Result<u64> {
        let mut read = 0;
        let mut after = None;
        while read < most {
            let begun = Instant::now();
            let before = self.by_name.snapshot();
            let page = self.context.store.users_page(app, after, WARM_PAGE).await?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.id);
            read += page.len() as u64;
            for user in page {
                self.by_name
                    .offer(&before, (app, user.name.clone()), Arc::new(user));
            }
            tokio::time::sleep(begun.elapsed()).await;
        }
        Ok(read)
    }

    /// Lets every later reader see a committed change of `user`.
    pub(crate) fn changed(&self, app: AppId, name: &UserName) {
        self.by_name.forget(&(app, name.clone()));
    }
}

/// How many users of usual size one takes the room of.
fn weight(user: &Arc<User>) -> u64 {
    let groups = user
        .push
        .as_ref()
        .map_or(0, |push| push.ignored_groups.len());
    1 + groups as u64 / 8
}

/// Reads a UUID in the form that we write: 36 characters, not braced and without a prefix.
fn uuid_of(text: &str) -> Option<Uuid> {
    text.parse().ok().filter(|_| text.len() == 36)
}

/// A time-ordered UUID.
pub(crate) fn entity_uuid(context: &Context) -> Uuid {
    let mut random = [0; 10];
    context.entropy.fill(&mut random);
    let millis = u64::try_from(context.clock.now().0).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i64, name: &str) -> User {
        User {
            id: UserId(id),
            name: name.parse().unwrap(),
            uuid: Uuid::nil(),
            created: Millis(0),
            modified: Millis(0),
            nickname: None,
            ban: Ban::Never,
            logins_since: Millis(0),
            token_generation: 0,
            push: None,
        }
    }

    #[test]
    fn uids_and_users_map_onto_each_other() {
        let named = |n: &str| UidTarget::Name(n.parse().unwrap());
        for (id, name, uid, target) in [
            (5, "42", 42, named("42")),
            (5, "maya", (1 << 62) + 5, UidTarget::Id(UserId(5))),
            (6, "007", (1 << 62) + 6, UidTarget::Id(UserId(6))),
            (7, "0", (1 << 62) + 7, UidTarget::Id(UserId(7))),
            (8, "-3", (1 << 62) + 8, UidTarget::Id(UserId(8))),
            (
                9,
                "4611686018427387904",
                1 << 62,
                named("4611686018427387904"),
            ),
            (
                10,
                "4611686018427387905",
                (1 << 62) + 10,
                UidTarget::Id(UserId(10)),
            ),
        ] {
            assert_eq!(user(id, name).uid(), Uid(uid), "{name}");
            assert_eq!(Uid(uid).target(), Some(target), "{name}");
        }
        assert_eq!(Uid(0).target(), None);
        assert_eq!(Uid(-1).target(), None);
    }
}
