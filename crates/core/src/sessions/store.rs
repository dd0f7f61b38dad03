use async_trait::async_trait;

use super::{CloseReason, SessionId};
use crate::apps::AppId;
use crate::rooms::RoomId;
use crate::users::UserId;
use crate::{Millis, Result};

/// When and why a user's last session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSeen {
    /// When.
    pub at: Millis,
    /// Why.
    pub reason: CloseReason,
}

/// What is kept of sessions. Sessions themselves live in memory: this is for what must not outlive a
/// server that was killed, and for what is asked about the absent. What is noted takes effect in the order
/// in which it was begun, however much else waits to be written.
#[async_trait]
pub trait PresenceStore: Send + Sync {
    /// Notes that a user is online, with the session of this number as his newest. Nothing happens when he
    /// is gone.
    async fn came_online(&self, app: AppId, user: UserId, session: SessionId) -> Result<()>;

    /// Notes that a user went offline with the session with this number, and takes him out of every
    /// room. Nothing happens when he came online with a later one, or is gone. Returns the rooms that he was
    /// in.
    async fn went_offline(
        &self,
        app: AppId,
        user: UserId,
        session: SessionId,
        last_seen: LastSeen,
    ) -> Result<Vec<RoomId>>;

    /// Takes a user out of rooms that a session of his left, or had entered when it ended; nothing happens
    /// where he is not.
    async fn left_rooms(&self, app: AppId, user: UserId, rooms: Vec<RoomId>) -> Result<()>;

    /// As [`PresenceStore::went_offline`] for up to `limit` users of any app who are still noted as
    /// online; for a server that has just been started. Returns whether more are left.
    async fn forget_online(&self, last_seen: LastSeen, limit: u32) -> Result<bool>;

    /// When and why the user's last session ended; `None` when he never had one.
    async fn last_seen(&self, app: AppId, user: UserId) -> Result<Option<LastSeen>>;
}
