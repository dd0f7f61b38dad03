use std::sync::Arc;

use super::{Device, EVERY_TYPE, MutedPush, PushConversation};
use crate::apps::AppId;
use crate::info::check_bytes;
use crate::users::{Actor, Uid, Users, target_for};
use crate::{Context, Error, Result};

/// Push devices of users and the conversations that they muted. Source: RTM server gate section 8.
pub struct Push {
    context: Context,
    users: Arc<Users>,
}

impl Push {
    pub(crate) fn new(context: Context, users: Arc<Users>) -> Self {
        Self { context, users }
    }

    /// Registers a device of a user, who comes into being if he is new.
    /// # Errors
    /// [`Error::Empty`] and [`Error::TooLong`] for its token, [`Error::UidIllegal`],
    /// [`Error::PushLimit`], [`Error::UserQuotaReached`], [`Error::UnknownUser`] for the uid of a user
    /// who is gone.
    pub async fn add_device(
        &self,
        app: AppId,
        actor: Actor,
        uid: Uid,
        device: Device,
    ) -> Result<()> {
        let limits = &self.context.limits;
        let user = self.users.wanted_for(actor, uid)?;
        if device.token.is_empty() {
            return Err(Error::Empty("the device token"));
        }
        check_bytes("the device token", &device.token, limits.device_token_bytes)?;
        let store = &self.context.store;
        store.add_device(app, user, device, limits.devices).await
    }

    /// Forgets a device.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub async fn remove_device(
        &self,
        app: AppId,
        actor: Actor,
        uid: Uid,
        token: &str,
    ) -> Result<()> {
        let user = target_for(actor, uid)?;
        self.context
            .store
            .remove_device(app, user, token.into())
            .await
    }

    /// The devices of a user, oldest first.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub async fn devices(&self, app: AppId, uid: Uid) -> Result<Vec<Device>> {
        match self.users.of_uid(app, uid).await? {
            Some(user) => self.context.store.devices(app, user.id).await,
            None => Ok(Vec::new()),
        }
    }

    /// Mutes types of message of a conversation; none given means every type.
    /// # Errors
    /// [`Error::UidIllegal`], [`Error::PushLimit`], [`Error::UserQuotaReached`],
    /// [`Error::UnknownUser`] for the uid of a user who is gone.
    pub async fn mute(
        &self,
        app: AppId,
        actor: Actor,
        uid: Uid,
        conversation: PushConversation,
        types: Vec<i8>,
    ) -> Result<()> {
        let user = self.users.wanted_for(actor, uid)?;
        let types = match types.as_slice() {
            [] => vec![EVERY_TYPE],
            _ => types,
        };
        let most = self.context.limits.push_mutes;
        self.context
            .store
            .mute_push(app, user, conversation, types, most)
            .await
    }

    /// Undoes [`Push::mute`] for types of message; none given means whatever was muted.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub async fn unmute(
        &self,
        app: AppId,
        actor: Actor,
        uid: Uid,
        conversation: PushConversation,
        types: Vec<i8>,
    ) -> Result<()> {
        let user = target_for(actor, uid)?;
        self.context
            .store
            .unmute_push(app, user, conversation, types)
            .await
    }

    /// Everything that a user muted.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub async fn muted(&self, app: AppId, uid: Uid) -> Result<Vec<MutedPush>> {
        match self.users.of_uid(app, uid).await? {
            Some(user) => self.context.store.muted_push(app, user.id).await,
            None => Ok(Vec::new()),
        }
    }
}
