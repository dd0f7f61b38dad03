use std::sync::Arc;

use super::{Ban, Place};
use crate::apps::AppId;
use crate::users::{Uid, Users, target};
use crate::{Context, Result};

/// Ended mutes deleted in one store operation, so that others get their turn.
const SWEEP_BATCH: u32 = 500;

/// Mutes in groups, rooms and apps. Source: RTM server gate sections 3 (R5 to R7, G7 to G9) and 4.2.
pub struct Bans {
    context: Context,
    users: Arc<Users>,
}

impl Bans {
    pub(crate) fn new(context: Context, users: Arc<Users>) -> Self {
        Self { context, users }
    }

    /// Mutes a user at a place for so many seconds, for ever when not positive; he need be no member.
    /// An earlier mute of the same place is replaced.
    /// # Errors
    /// [`Error::UidIllegal`](crate::Error::UidIllegal),
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached),
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) for the uid of a user who is gone.
    pub async fn mute(&self, app: AppId, place: Place, uid: Uid, seconds: i64) -> Result<()> {
        let user = self.users.wanted(uid)?;
        let ban = Ban::lasting(seconds, self.context.clock.now());
        let muted = self.context.store.mute(app, place, user, ban).await;
        self.context.audiences.mutes_changed(app, place);
        muted
    }

    /// Lifts the mute of exactly this place.
    /// # Errors
    /// [`Error::UidIllegal`](crate::Error::UidIllegal).
    pub async fn unmute(&self, app: AppId, place: Place, uid: Uid) -> Result<()> {
        let store = &self.context.store;
        let unmuted = store.unmute(app, place, target(uid)?).await;
        self.context.audiences.mutes_changed(app, place);
        unmuted
    }

    /// Whether a user is muted at a place, by its own entry or by one that covers it.
    /// # Errors
    /// [`Error::UidIllegal`](crate::Error::UidIllegal).
    pub async fn is_muted(&self, app: AppId, place: Place, uid: Uid) -> Result<bool> {
        let Some(user) = self.users.of_uid(app, uid).await? else {
            return Ok(false);
        };
        let places = place.covering();
        let bans = self.context.store.mutes(app, places, user.id).await?;
        let now = self.context.clock.now();
        Ok(bans.into_iter().any(|ban| ban.holds(now)))
    }

    pub(crate) async fn sweep(&self) -> Result<u64> {
        let mut swept = 0;
        loop {
            let now = self.context.clock.now();
            let batch = self.context.store.sweep_mutes(now, SWEEP_BATCH).await?;
            swept += batch;
            if batch < u64::from(SWEEP_BATCH) {
                return Ok(swept);
            }
        }
    }
}
