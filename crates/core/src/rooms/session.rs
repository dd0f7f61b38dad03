//! Rooms that a user's own session enters and leaves. They end with it.
//! Source: RTM client gate sections 3.5 and 6.

use super::{RoomId, Rooms};
use crate::apps::{App, RoomPolicy};
use crate::sessions::Session;
use crate::users::{UidTarget, Wanted, distinct};
use crate::{Error, Result};

impl Rooms {
    /// `session` enters rooms, all or none; those that are new come into being. Where the app's policy is
    /// [`RoomPolicy::One`], its user leaves every other but those that his other devices entered.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`]; [`Error::RoomLimit`], also for several rooms where one is
    /// allowed; [`Error::UnknownUser`] when the session has ended meanwhile.
    pub async fn enter_with(&self, app: &App, session: &Session, rooms: &[RoomId]) -> Result<()> {
        let (limits, store) = (&self.context.limits, &self.context.store);
        let rooms = distinct("the list of rooms", rooms, limits.room_ids)?;
        let now = self.context.clock.now();
        let before = session.entered();
        // Before the store does it: whoever ends the session must know where it may be.
        session.enter(&rooms);
        let entered = match (app.rooms, &*rooms) {
            (RoomPolicy::One, [room]) => {
                let kept = self.sessions.entered_beside(session);
                let user = session.user;
                store.move_to_room(app.id, user, *room, kept, now).await
            }
            (RoomPolicy::One, _) => Err(Error::RoomLimit),
            (RoomPolicy::Several, _) => {
                let user = Wanted::Existing(session.user);
                let rooms = rooms.clone();
                store
                    .enter_rooms(app.id, user, rooms, limits.rooms, now)
                    .await
            }
        };
        if let Err(error) = entered {
            session.left(&missing(&rooms, &before));
            return Err(error);
        }
        if app.rooms == RoomPolicy::One {
            session.left(&missing(&before, &rooms));
        }
        if session.closed().is_none() {
            return Ok(());
        }
        // Its end may have been noted before it entered.
        let left = self.sessions.only_in(session, &rooms);
        let user = UidTarget::Name(session.name.clone());
        store.leave_rooms(app.id, user, left).await?;
        Err(Error::UnknownUser)
    }

    /// `session` leaves rooms; its user stays in those that his other devices entered.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`].
    pub async fn leave_with(&self, session: &Session, rooms: &[RoomId]) -> Result<()> {
        let rooms = distinct("the list of rooms", rooms, self.context.limits.room_ids)?;
        session.left(&rooms);
        let left = self.sessions.only_in(session, &rooms);
        if left.is_empty() {
            return Ok(());
        }
        let user = UidTarget::Name(session.name.clone());
        let store = &self.context.store;
        store.leave_rooms(session.app, user, left).await?;
        Ok(())
    }

    /// The rooms that the user of `session` is in.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn of_session(&self, session: &Session) -> Result<Vec<RoomId>> {
        self.context.store.rooms_of(session.app, session.user).await
    }
}

/// Those of `rooms` that are not among `others`.
fn missing(rooms: &[RoomId], others: &[RoomId]) -> Vec<RoomId> {
    let rooms = rooms.iter().copied();
    rooms.filter(|room| !others.contains(room)).collect()
}
