use async_trait::async_trait;

use super::{Ban, Place};
use crate::apps::AppId;
use crate::users::{UidTarget, UserId, Wanted};
use crate::{Millis, Result};

/// Durable mutes.
#[async_trait]
pub trait BanStore: Send + Sync {
    /// Mutes `user` at `place`; an entry already there is replaced. `ban` is not [`Ban::Never`].
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when an existing user is gone,
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached).
    async fn mute(&self, app: AppId, place: Place, user: Wanted, ban: Ban) -> Result<()>;

    /// Removes the entry of `place`; nothing happens where there is none, or no such user.
    async fn unmute(&self, app: AppId, place: Place, user: UidTarget) -> Result<()>;

    /// The entries that `user` has at `places`, ended ones included.
    async fn mutes(&self, app: AppId, places: Vec<Place>, user: UserId) -> Result<Vec<Ban>>;

    /// Every entry of `places`, in any order.
    async fn muted_at(&self, app: AppId, places: Vec<Place>) -> Result<Vec<(UserId, Ban)>>;

    /// Deletes up to `limit` entries that ended at or before `now`. Returns how many.
    async fn sweep_mutes(&self, now: Millis, limit: u32) -> Result<u64>;
}
