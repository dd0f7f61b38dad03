//! The texts of users. Source: RTM server gate sections 3 (U6 to U8) and 4.2.

use super::{Actor, Uid, UserId, Users};
use crate::apps::AppId;
use crate::info::{Info, InfoChange};
use crate::users::wanted::distinct;
use crate::{Error, Result};

/// Texts read in one step.
const INFOS_AT_ONCE: usize = 32;
/// Bytes of texts in one answer; no dialect has larger answers.
const MOST_INFO_BYTES: usize = 4 * 1024 * 1024;

impl Users {
    /// Sets the texts of a user, who comes into being if he is new.
    /// # Errors
    /// [`Error::Empty`] when nothing is given,
    /// [`Error::TooLong`], [`Error::UidIllegal`],
    /// [`Error::UserQuotaReached`],
    /// [`Error::UnknownUser`] for the uid of a user who is gone.
    pub async fn set_info(
        &self,
        app: AppId,
        actor: Actor,
        uid: Uid,
        change: InfoChange,
    ) -> Result<()> {
        let user = self.wanted_for(actor, uid)?;
        change.check(&self.context.limits)?;
        self.context.store.set_user_info(app, user, change).await
    }

    /// The texts of a user; empty when never set, also for one who does not exist.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub async fn info(&self, app: AppId, uid: Uid) -> Result<Info> {
        let Some(user) = self.of_uid(app, uid).await? else {
            return Ok(Info::default());
        };
        let mut infos = self.context.store.user_infos(app, vec![user.id]).await?;
        Ok(infos.pop().unwrap_or_default())
    }

    /// The public text of each of `uids`, each once; empty when never set.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`],
    /// [`Error::UidIllegal`]. Texts of more than 4 MiB together are too many,
    /// too.
    pub async fn open_infos(
        &self,
        app: AppId,
        actor: Actor,
        uids: &[Uid],
    ) -> Result<Vec<(Uid, Box<str>)>> {
        let limits = &self.context.limits;
        let most = match actor {
            Actor::App => limits.info_ids,
            Actor::User(_) => limits.client_info_ids,
        };
        let uids = distinct("the list of users", uids, most)?;
        let mut ids = Vec::with_capacity(uids.len());
        for uid in &uids {
            // Row 0 is nobody's.
            let user = self.of_uid(app, *uid).await?;
            ids.push(user.map_or(UserId(0), |user| user.id));
        }
        let (mut texts, mut bytes) = (Vec::with_capacity(ids.len()), 0);
        for some in ids.chunks(INFOS_AT_ONCE) {
            for info in self.context.store.user_infos(app, some.to_vec()).await? {
                bytes += info.open.len();
                texts.push(info.open);
            }
            if bytes > MOST_INFO_BYTES {
                return Err(Error::TooMany {
                    what: "the list of users with such long texts",
                    sent: ids.len(),
                    most: texts.len(),
                });
            }
        }
        Ok(uids.into_iter().zip(texts).collect())
    }
}
