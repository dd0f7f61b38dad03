//! Rooms: membership ends with the session. So far only the records exist, for the owner's deletion.

use async_trait::async_trait;

use crate::apps::AppId;
use crate::users::UserId;
use crate::{Millis, Result};

/// Id of a room on the wire of every dialect; positive, at most 15 decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(pub i64);

/// A room as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its id within the app.
    pub id: RoomId,
    /// Who owns it.
    pub owner: UserId,
    /// When it was made.
    pub created: Millis,
}

/// Durable rooms.
#[async_trait]
pub trait RoomStore: Send + Sync {
    /// Stores `room`; one with the same id is replaced.
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when its owner is gone.
    async fn put_room(&self, app: AppId, room: Room) -> Result<()>;

    /// The room with this id.
    async fn room(&self, app: AppId, id: RoomId) -> Result<Option<Room>>;
}
