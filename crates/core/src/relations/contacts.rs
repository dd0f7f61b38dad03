//! Contacts: friend edges, always in both directions. Source: Easemob REST 3.12 to 3.14.

use async_trait::async_trait;

use crate::apps::AppId;
use crate::users::{User, UserId, UserName};
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

    /// The names on `owner`'s roster, newest first.
    async fn contacts(&self, app: AppId, owner: UserId) -> Result<Vec<UserName>>;
}

/// Friend edges.
pub struct Contacts {
    context: Context,
}

impl Contacts {
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
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

    /// The names on a user's roster, newest first.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(&self, app: AppId, owner: &User) -> Result<Vec<UserName>> {
        self.context.store.contacts(app, owner.id).await
    }
}
