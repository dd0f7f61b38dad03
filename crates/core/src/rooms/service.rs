use std::sync::Arc;

use super::RoomId;
use crate::apps::AppId;
use crate::info::{Info, InfoChange};
use crate::sessions::Sessions;
use crate::users::{Actor, Named, Uid, Users, distinct, target};
use crate::{Context, Error, Result};

/// Rooms, who is in them, and their texts. What is private to a room a user may ask for only while he is in
/// it. Sources: RTM server gate sections 3 and 4.3, RTM client gate sections 3.5 and 6.
pub struct Rooms {
    pub(super) context: Context,
    users: Arc<Users>,
    pub(super) sessions: Arc<Sessions>,
}

impl Rooms {
    pub(crate) fn new(context: Context, users: Arc<Users>, sessions: Arc<Sessions>) -> Self {
        Self {
            context,
            users,
            sessions,
        }
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
        let store = &self.context.store;
        let entered = store.enter_rooms(app, user, rooms.clone(), limits.rooms, now);
        let entered = entered.await;
        self.context.audiences.rooms_changed(app, &rooms);
        entered
    }

    /// Takes a user out of rooms, and tells his sessions; where he is not, nothing happens.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::TooMany`](crate::Error::TooMany),
    /// [`Error::UidIllegal`](crate::Error::UidIllegal).
    pub async fn leave(&self, app: AppId, uid: Uid, rooms: &[RoomId]) -> Result<()> {
        let rooms = distinct("the list of rooms", rooms, self.context.limits.room_ids)?;
        let store = &self.context.store;
        let left = store.leave_rooms(app, target(uid)?, rooms).await?;
        self.context.audiences.rooms_changed(app, &left);
        self.tell(app, uid, &left).await;
        Ok(())
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
        self.context.audiences.rooms_changed(app, &[room]);
        Ok(chosen(uids, entered))
    }

    /// Takes users out of a room, tells their sessions, and answers those who were in it.
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty), [`Error::TooMany`](crate::Error::TooMany),
    /// [`Error::UidIllegal`](crate::Error::UidIllegal).
    pub async fn empty(&self, app: AppId, room: RoomId, uids: &[Uid]) -> Result<Vec<Uid>> {
        let uids = distinct("the list of users", uids, self.context.limits.room_ids)?;
        let users = uids.iter().map(|uid| target(*uid)).collect::<Result<_>>()?;
        let left = self.context.store.empty_room(app, room, users).await?;
        self.context.audiences.rooms_changed(app, &[room]);
        let left = chosen(uids, left);
        for uid in &left {
            self.tell(app, *uid, &[room]).await;
        }
        Ok(left)
    }

    /// Tells the sessions of a user that he was taken out of `rooms`, but for those that he is back in.
    async fn tell(&self, app: AppId, uid: Uid, rooms: &[RoomId]) {
        let Ok(Some(user)) = self.users.of_uid(app, uid).await else {
            return;
        };
        let mut left = Vec::with_capacity(rooms.len());
        for room in rooms {
            let is_back = self.context.store.is_in_room(app, *room, user.id).await;
            if !is_back.unwrap_or(false) {
                left.push(*room);
            }
        }
        self.sessions.taken_out_of_rooms(app, &user.name, &left);
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
    /// [`Error::TooLong`](crate::Error::TooLong), [`Error::NotInRoom`],
    /// [`Error::RoomQuotaReached`] for a user.
    pub async fn set_info(
        &self,
        app: AppId,
        actor: Actor,
        room: RoomId,
        change: InfoChange,
    ) -> Result<()> {
        change.check(&self.context.limits)?;
        let (most, now) = (
            self.context.limits.rooms_with_texts,
            self.context.clock.now(),
        );
        self.context
            .store
            .set_room_info(app, room, actor, change, most, now)
            .await
    }

    /// The texts of a room; empty when never set.
    /// # Errors
    /// [`Error::NotInRoom`].
    pub async fn info(&self, app: AppId, actor: Actor, room: RoomId) -> Result<Info> {
        let store = &self.context.store;
        if let Actor::User(user) = actor
            && !store.is_in_room(app, room, user).await?
        {
            return Err(Error::NotInRoom);
        }
        store.room_info(app, room).await
    }

    /// The public texts of 1 to 100 rooms, each once.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`].
    pub async fn open_infos(
        &self,
        app: AppId,
        rooms: &[RoomId],
    ) -> Result<Vec<(RoomId, Box<str>)>> {
        let most = self.context.limits.client_info_ids;
        let rooms = distinct("the list of rooms", rooms, most)?;
        let store = &self.context.store;
        let texts = store.room_open_infos(app, rooms.clone()).await?;
        Ok(rooms.into_iter().zip(texts).collect())
    }
}

/// Those of `uids` whose answer is yes.
fn chosen(uids: Vec<Uid>, answers: Vec<bool>) -> Vec<Uid> {
    let pairs = uids.into_iter().zip(answers);
    pairs.filter_map(|(uid, yes)| yes.then_some(uid)).collect()
}
