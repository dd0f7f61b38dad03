use async_trait::async_trait;

use super::{Room, RoomId};
use crate::apps::AppId;
use crate::info::{Info, InfoChange};
use crate::users::{Actor, Named, UidTarget, UserId, Wanted};
use crate::{Millis, Result};

/// Durable rooms.
#[async_trait]
pub trait RoomStore: Send + Sync {
    /// Stores `room`; one with the same id is replaced, its texts and members staying.
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when its owner is gone.
    async fn put_room(&self, app: AppId, room: Room) -> Result<()>;

    /// The room with this id.
    async fn room(&self, app: AppId, id: RoomId) -> Result<Option<Room>>;

    /// Puts `user` into each of `rooms`, making those that are new; where he is already he stays.
    /// [`Error::RoomLimit`](crate::Error::RoomLimit) when he would be in more than `most` rooms,
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when an existing user is gone,
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached); nothing changes then.
    async fn enter_rooms(
        &self,
        app: AppId,
        user: Wanted,
        rooms: Vec<RoomId>,
        most: u32,
        now: Millis,
    ) -> Result<()>;

    /// Puts `user` into `room`, making it if it is new, and takes him out of every other but `kept`. Returns
    /// those. [`Error::UnknownUser`](crate::Error::UnknownUser) when he is gone.
    async fn move_to_room(
        &self,
        app: AppId,
        user: UserId,
        room: RoomId,
        kept: Vec<RoomId>,
        now: Millis,
    ) -> Result<Vec<RoomId>>;

    /// Puts each of `users` into `room`, making it if it is new. One answer per user in order:
    /// whether he is in it now; he is not when he would be in more than `most` rooms or is gone.
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached); nothing changes then.
    async fn fill_room(
        &self,
        app: AppId,
        room: RoomId,
        users: Vec<Wanted>,
        most: u32,
        now: Millis,
    ) -> Result<Vec<bool>>;

    /// Takes `user` out of each of `rooms`; nothing happens where he is not, or does not exist. A room
    /// that nobody is in any more is gone, unless it has an owner or texts. Returns those that he was
    /// in.
    async fn leave_rooms(
        &self,
        app: AppId,
        user: UidTarget,
        rooms: Vec<RoomId>,
    ) -> Result<Vec<RoomId>>;

    /// Takes each of `users` out of `room`. One answer per user in order: whether he was in it.
    async fn empty_room(
        &self,
        app: AppId,
        room: RoomId,
        users: Vec<UidTarget>,
    ) -> Result<Vec<bool>>;

    /// Who is in a room, in any order.
    async fn room_members(&self, app: AppId, room: RoomId) -> Result<Vec<Named>>;

    /// Whether `user` is in a room; cost does not grow with it.
    async fn is_in_room(&self, app: AppId, room: RoomId, user: UserId) -> Result<bool>;

    /// The rooms that a user is in, in order.
    async fn rooms_of(&self, app: AppId, user: UserId) -> Result<Vec<RoomId>>;

    /// How many are in each of `rooms`, in order; cost does not grow with them.
    async fn room_sizes(&self, app: AppId, rooms: Vec<RoomId>) -> Result<Vec<u32>>;

    /// Sets the texts that are given, making the room if there is none.
    /// When `actor` is a user, [`Error::NotInRoom`](crate::Error::NotInRoom) if he is not in it, and
    /// [`Error::RoomQuotaReached`](crate::Error::RoomQuotaReached) if it has no texts yet and `most` rooms
    /// have.
    async fn set_room_info(
        &self,
        app: AppId,
        room: RoomId,
        actor: Actor,
        change: InfoChange,
        most: u32,
        now: Millis,
    ) -> Result<()>;

    /// The public text of each of `rooms`, in order; empty when there is none.
    async fn room_open_infos(&self, app: AppId, rooms: Vec<RoomId>) -> Result<Vec<Box<str>>>;

    /// The texts of a room; empty when there is none.
    async fn room_info(&self, app: AppId, room: RoomId) -> Result<Info>;
}
