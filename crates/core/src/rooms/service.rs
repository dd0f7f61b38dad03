use std::sync::Arc;

use super::RoomId;
use crate::apps::AppId;
use crate::info::{Info, InfoChange};
use crate::users::{Named, Uid, Users, distinct, target};
use crate::{Context, Result};

/// Rooms, who is in them, and their texts. Source: RTM server gate sections 3 and 4.3.
pub struct Rooms {
    context: Context,
    users: Arc<Users>,
}

impl Rooms {
    pub(crate) fn new(context: Context, users: Arc<Users>) -> Self {
        Self { context, users }
    }

    /// Puts a user into rooms, all or none; user and rooms come into being if they are new.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::TooMany`](crate::Error::TooMany),
    /// [`Error::UidIllegal`](crate::Error::UidIllegal), [`Error::RoomLimit`](crate::Error::RoomLimit),
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached),
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) for the uid of a user who is gone.
    pub async fn enter(&self, app: AppId, uid: Uid, rooms: &[RoomId]) -> Result<()> {
        let user = self.users.wanted(uid)?;
        let limits = &self.context.limits;
        let rooms = distinct("the list of rooms", rooms, limits.room_ids)?;
        let now = self.context.clock.now();
        self.context
            .store
            .enter_rooms(app, user, rooms, limits.rooms, now)
            .await
    }

    /// Takes a user out of rooms; where he is not, nothing happens.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::TooMany`](crate::Error::TooMany),
    /// [`Error::UidIllegal`](crate::Error::UidIllegal).
    pub async fn leave(&self, app: AppId, uid: Uid, rooms: &[RoomId]) -> Result<()> {
        let rooms = distinct("the list of rooms", rooms, self.context.limits.room_ids)?;
        self.context
            .store
            .leave_rooms(app, target(uid)?, rooms)
            .await
    }

    /// Puts users into a room and answers those who are in it then: not those who are in too many
    /// rooms already.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::TooMany`](crate::Error::TooMany),
    /// [`Error::UidIllegal`](crate::Error::UidIllegal),
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached).
    pub async fn fill(&self, app: AppId, room: RoomId, uids: &[Uid]) -> Result<Vec<Uid>> {
        let limits = &self.context.limits;
        let uids = distinct("the list of users", uids, limits.room_ids)?;
        let users = uids.iter().map(|uid| self.users.wanted(*uid));
        let (users, now) = (users.collect::<Result<_>>()?, self.context.clock.now());
        let store = &self.context.store;
        let entered = store.fill_room(app, room, users, limits.rooms, now).await?;
        Ok(chosen(uids, entered))
    }

    /// Takes users out of a room and answers those who were in it.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::TooMany`](crate::Error::TooMany),
    /// [`Error::UidIllegal`](crate::Error::UidIllegal).
    pub async fn empty(&self, app: AppId, room: RoomId, uids: &[Uid]) -> Result<Vec<Uid>> {
        let uids = distinct("the list of users", uids, self.context.limits.room_ids)?;
        let users = uids.iter().map(|uid| target(*uid)).collect::<Result<_>>()?;
        let left = self.context.store.empty_room(app, room, users).await?;
        Ok(chosen(uids, left))
    }

    /// Who is in a room.
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn members(&self, app: AppId, room: RoomId) -> Result<Vec<Uid>> {
        let members = self.context.store.room_members(app, room).await?;
        Ok(members.iter().map(Named::uid).collect())
    }

    /// How many are in each of `rooms`, each room once.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::TooMany`](crate::Error::TooMany).
    pub async fn sizes(&self, app: AppId, rooms: &[RoomId]) -> Result<Vec<(RoomId, u32)>> {
        let rooms = distinct("the list of rooms", rooms, self.context.limits.room_ids)?;
        let sizes = self.context.store.room_sizes(app, rooms.clone()).await?;
        Ok(rooms.into_iter().zip(sizes).collect())
    }

    /// Sets the texts of a room, which comes into being if it is new.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) when nothing is given,
    /// [`Error::TooLong`](crate::Error::TooLong).
    pub async fn set_info(&self, app: AppId, room: RoomId, change: InfoChange) -> Result<()> {
        change.check(&self.context.limits)?;
        let now = self.context.clock.now();
        self.context
            .store
            .set_room_info(app, room, change, now)
            .await
    }

    /// The texts of a room; empty when never set.
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn info(&self, app: AppId, room: RoomId) -> Result<Info> {
        self.context.store.room_info(app, room).await
    }
}

/// Those of `uids` whose answer is yes.
fn chosen(uids: Vec<Uid>, answers: Vec<bool>) -> Vec<Uid> {
    let pairs = uids.into_iter().zip(answers);
    pairs.filter_map(|(uid, yes)| yes.then_some(uid)).collect()
}
