//! Deletion, one or many. Source: Easemob REST 3.6, 3.7 and 3.27.

use std::sync::Arc;

use tracing::warn;

use super::{User, UserId, Users};
use crate::apps::AppId;
use crate::sessions::CloseReason;
use crate::{Error, Result};

impl Users {
    /// Deletes a user with everything that is his and closes his sessions. Returns him as he was.
    /// # Errors
    /// [`Error::UnknownUser`] when he is gone already.
    pub async fn delete(self: &Arc<Self>, app: AppId, user: &User) -> Result<User> {
        let (users, id) = (Arc::clone(self), user.id);
        self.context
            .complete(async move {
                let now = users.context.clock.now();
                let deleted = users.context.store.delete_user(app, id, now).await?;
                let deleted = deleted.ok_or(Error::UnknownUser)?;
                users
                    .forget_deleted(app, std::slice::from_ref(&deleted))
                    .await;
                Ok(deleted)
            })
            .await
    }

    /// Deletes up to `limit` users in order of registration, after row number `after`. Returns them
    /// as they were, and whether more follow.
    /// # Errors
    /// [`Error::Unavailable`]; nobody is deleted then.
    pub async fn delete_page(
        self: &Arc<Self>,
        app: AppId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<(Vec<User>, bool)> {
        let limit = limit.min(self.context.limits.page);
        let users = Arc::clone(self);
        self.context
            .complete(async move {
                let now = users.context.clock.now();
                let (deleted, more) = users
                    .context
                    .store
                    .delete_users_page(app, after, limit, now)
                    .await?;
                users.forget_deleted(app, &deleted).await;
                Ok((deleted, more))
            })
            .await
    }

    async fn forget_deleted(&self, app: AppId, deleted: &[User]) {
        for user in deleted {
            self.changed(app, &user.name);
            // He is out of his rooms already.
            self.sessions
                .close_all(app, user.id, &user.name, CloseReason::UserDeleted);
        }
        self.context.audiences.forget_all(app);
        for user in deleted {
            // Others keep what he wrote. What stays of his is under a row number that nobody has any more.
            if let Err(error) = self.context.log.forget_reader(app, user.id).await {
                warn!("What {} has read is not forgotten: {error}", user.name);
            }
        }
    }
}
