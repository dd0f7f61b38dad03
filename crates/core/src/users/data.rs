//! Values that the app stores per user. Source: RTM server gate section 8.

use super::wanted::target_for;
use super::{Actor, Uid, Users};
use crate::apps::AppId;
use crate::info::check_bytes;
use crate::{Error, Result};

impl Users {
    /// Stores `value`, which may be empty, under `key` for a user, who comes into being if he is new.
    /// # Errors
    /// [`Error::Empty`] for the key, [`Error::TooLong`], [`Error::UidIllegal`], [`Error::DataLimit`],
    /// [`Error::UserQuotaReached`], [`Error::UnknownUser`] for the uid of a user who is gone.
    pub async fn set_data(
        &self,
        app: AppId,
        actor: Actor,
        uid: Uid,
        key: &str,
        value: &str,
    ) -> Result<()> {
        let limits = &self.context.limits;
        let user = self.wanted_for(actor, uid)?;
        check_key(key, limits.data_key_bytes)?;
        check_bytes("the value", value, limits.data_value_bytes)?;
        let store = &self.context.store;
        store
            .set_data(app, user, key.into(), value.into(), limits.data_keys)
            .await
    }

    /// What is stored under `key`; `None` when nothing is.
    /// # Errors
    /// [`Error::Empty`] and [`Error::TooLong`] for the key, [`Error::UidIllegal`].
    pub async fn data(&self, app: AppId, uid: Uid, key: &str) -> Result<Option<Box<str>>> {
        check_key(key, self.context.limits.data_key_bytes)?;
        match self.of_uid(app, uid).await? {
            Some(user) => self.context.store.data(app, user.id, key).await,
            None => Ok(None),
        }
    }

    /// Removes `key`; nothing happens when there is none.
    /// # Errors
    /// [`Error::Empty`] and [`Error::TooLong`] for the key, [`Error::UidIllegal`].
    pub async fn remove_data(&self, app: AppId, actor: Actor, uid: Uid, key: &str) -> Result<()> {
        check_key(key, self.context.limits.data_key_bytes)?;
        let user = target_for(actor, uid)?;
        self.context.store.remove_data(app, user, key.into()).await
    }
}

fn check_key(key: &str, most: usize) -> Result<()> {
    if key.is_empty() {
        return Err(Error::Empty("the key"));
    }
    check_bytes("the key", key, most)
}
