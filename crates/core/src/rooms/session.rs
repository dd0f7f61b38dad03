//! Rooms that a user's own session enters and leaves. They end with it.
//! Source: RTM client gate sections 3.5 and 6.

use std::sync::Arc;

use super::{RoomId, Rooms};
use crate::apps::{App, RoomPolicy};
use crate::sessions::{Session, without};
use crate::users::{Wanted, distinct};
use crate::{Error, Result};

impl Rooms {
    /// `session` enters rooms, all or none; those that are new come into being. Where the app's policy is
    /// [`RoomPolicy::One`], its user leaves every other but those that his other devices entered.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`]; [`Error::RoomLimit`], also for several rooms where one is
    /// allowed; [`Error::UnknownUser`] when the session has ended meanwhile.
    pub async fn enter_with(&self, app: &App, session: &Session, rooms: &[RoomId]) -> Result<()> {
        let limits = &self.context.limits;
        let rooms = distinct("the list of rooms", rooms, limits.room_ids)?;
        if app.rooms == RoomPolicy::One && rooms.len() > 1 {
            return Err(Error::RoomLimit);
        }
        let (most, now) = (limits.rooms, self.context.clock.now());
        let before = session.entered();
        let (store, audiences) = (
            Arc::clone(&self.context.store),
            Arc::clone(&self.context.audiences),
        );
        let (id, user, policy) = (app.id, session.user, app.rooms);
        let entering = self.sessions.in_order(session, "an entered room", |all| {
            // Before the store does it: whoever ends the session must know where it may be.
            session.enter(&rooms);
            let kept: Vec<_> = others(all, session).flat_map(Session::entered).collect();
            let rooms = rooms.clone();
            Box::pin(async move {
                if let (RoomPolicy::One, [room]) = (policy, &*rooms) {
                    let left = store.move_to_room(id, user, *room, kept, now).await?;
                    audiences.rooms_changed(id, &left);
                } else {
                    let user = Wanted::Existing(user);
                    store
                        .enter_rooms(id, user, rooms.clone(), most, now)
                        .await?;
                }
                audiences.rooms_changed(id, &rooms);
                Ok(())
            })
        });
        if let Err(error) = entering.await.map_err(Error::unavailable).flatten() {
            session.left(&missing(&rooms, &before));
            return Err(error);
        }
        if policy == RoomPolicy::One {
            session.left(&missing(&before, &rooms));
        }
        if session.closed().is_none() {
            return Ok(());
        }
        // Its end may have been noted before it entered.
        self.let_go(session, &rooms).await?;
        Err(Error::UnknownUser)
    }

    /// `session` leaves rooms; its user stays in those that his other devices entered.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`].
    pub async fn leave_with(&self, session: &Session, rooms: &[RoomId]) -> Result<()> {
        let rooms = distinct("the list of rooms", rooms, self.context.limits.room_ids)?;
        self.let_go(session, &rooms).await
    }

    /// Takes the user of `session` out of those of `rooms` that his other devices did not enter.
    async fn let_go(&self, session: &Session, rooms: &[RoomId]) -> Result<()> {
        let (store, audiences) = (
            Arc::clone(&self.context.store),
            Arc::clone(&self.context.audiences),
        );
        let (app, user) = (session.app, session.user);
        let leaving = self.sessions.in_order(session, "a left room", |all| {
            session.left(rooms);
            let left = without(rooms.to_vec(), others(all, session));
            Box::pin(async move {
                if left.is_empty() {
                    return Ok(());
                }
                let done = store.left_rooms(app, user, left.clone()).await;
                audiences.rooms_changed(app, &left);
                done
            })
        });
        leaving.await.map_err(Error::unavailable).flatten()
    }

    /// The rooms that the user of `session` is in.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn of_session(&self, session: &Session) -> Result<Vec<RoomId>> {
        self.context.store.rooms_of(session.app, session.user).await
    }
}

/// The other sessions of the same user.
fn others<'a>(all: &'a [Arc<Session>], session: &'a Session) -> impl Iterator<Item = &'a Session> {
    let others = all.iter().map(|other| &**other);
    others.filter(|other| other.id != session.id && other.user == session.user)
}

/// Those of `rooms` that are not among `others`.
fn missing(rooms: &[RoomId], others: &[RoomId]) -> Vec<RoomId> {
    let rooms = rooms.iter().copied();
    rooms.filter(|room| !others.contains(room)).collect()
}
