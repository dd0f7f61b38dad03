use std::collections::HashSet;

use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::bans::Place;
use halloo_core::info::{Info, InfoChange};
use halloo_core::rooms::{Room, RoomId, RoomStore};
use halloo_core::users::{Actor, Named, UidTarget, UserId, Wanted};
use halloo_core::{Error, Millis, Result};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::bans::unmute_all;
use super::users::{exists, found, found_or_made, needed};
use super::{Failure, Outcome, Sqlite, info, named, snapshot};

#[async_trait]
impl RoomStore for Sqlite {
    async fn put_room(&self, app: AppId, room: Room) -> Result<()> {
        self.write(move |connection| {
            if let Some(owner) = room.owner
                && !exists(connection, app, owner)?
            {
                return Err(Failure::Domain(Error::UnknownUser));
            }
            connection
                .prepare_cached(
                    "INSERT INTO rooms (app, id, owner, created) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (app, id) DO UPDATE SET owner = excluded.owner, \
                     created = excluded.created",
                )?
                .execute(params![
                    app.0,
                    room.id.0,
                    room.owner.map(|owner| owner.0),
                    room.created.0,
                ])?;
            Ok(())
        })
        .await
    }

    async fn room(&self, app: AppId, id: RoomId) -> Result<Option<Room>> {
        self.look_up(move |connection| {
            Ok(connection
                .prepare_cached("SELECT owner, created FROM rooms WHERE app = ?1 AND id = ?2")?
                .query_row([app.0, id.0], |row| {
                    Ok(Room {
                        id,
                        owner: row.get::<_, Option<i64>>(0)?.map(UserId),
                        created: Millis(row.get(1)?),
                    })
                })
                .optional()?)
        })
        .await
    }

    async fn enter_rooms(
        &self,
        app: AppId,
        user: Wanted,
        rooms: Vec<RoomId>,
        most: u32,
        now: Millis,
    ) -> Result<()> {
        self.write(move |connection| {
            let user = needed(connection, app, user)?;
            for room in rooms {
                make(connection, app, room, now)?;
                if !enter(connection, app, room, user, most)? {
                    return Err(Failure::Domain(Error::RoomLimit));
                }
            }
            Ok(())
        })
        .await
    }

    async fn move_to_room(
        &self,
        app: AppId,
        user: UserId,
        room: RoomId,
        kept: Vec<RoomId>,
        now: Millis,
    ) -> Result<Vec<RoomId>> {
        self.write(move |connection| {
            if !exists(connection, app, user)? {
                return Err(Failure::Domain(Error::UnknownUser));
            }
            let mut others = rooms_of(connection, app, user)?;
            others.retain(|other| *other != room && !kept.contains(other));
            for other in &others {
                leave(connection, app, *other, user)?;
            }
            make(connection, app, room, now)?;
            enter(connection, app, room, user, u32::MAX)?;
            Ok(others)
        })
        .await
    }

    async fn fill_room(
        &self,
        app: AppId,
        room: RoomId,
        users: Vec<Wanted>,
        most: u32,
        now: Millis,
    ) -> Result<Vec<bool>> {
        self.write(move |connection| {
            make(connection, app, room, now)?;
            let fill = |user| match found_or_made(connection, app, user)? {
                Some(user) => enter(connection, app, room, user, most),
                None => Ok(false),
            };
            users.into_iter().map(fill).collect()
        })
        .await
    }

    async fn leave_rooms(
        &self,
        app: AppId,
        user: UidTarget,
        rooms: Vec<RoomId>,
    ) -> Result<Vec<RoomId>> {
        self.write(move |connection| {
            let mut left = Vec::new();
            if let Some(user) = found(connection, app, &user)? {
                for room in rooms {
                    if leave(connection, app, room, user)? {
                        left.push(room);
                    }
                }
            }
            Ok(left)
        })
        .await
    }

    async fn empty_room(
        &self,
        app: AppId,
        room: RoomId,
        users: Vec<UidTarget>,
    ) -> Result<Vec<bool>> {
        self.write(move |connection| {
            let mut left = HashSet::new();
            let mut answers = Vec::with_capacity(users.len());
            for user in users {
                let was_in_it = match found(connection, app, &user)? {
                    Some(user) => {
                        if leave(connection, app, room, user)? {
                            left.insert(user);
                        }
                        left.contains(&user)
                    }
                    None => false,
                };
                answers.push(was_in_it);
            }
            Ok(answers)
        })
        .await
    }

    // The sender of a message waits in line for it; members are cached above.
    async fn room_members(&self, app: AppId, room: RoomId) -> Result<Vec<Named>> {
        self.look_up(move |connection| {
            connection
                .prepare_cached(
                    "SELECT users.id, users.name FROM room_members \
                     JOIN users ON users.id = room_members.user \
                     WHERE room_members.app = ?1 AND room_members.room = ?2",
                )?
                .query_map([app.0, room.0], named)?
                .map(|member| Ok(member?))
                .collect()
        })
        .await
    }

    async fn is_in_room(&self, app: AppId, room: RoomId, user: UserId) -> Result<bool> {
        self.look_up(move |connection| is_in(connection, app, room, user))
            .await
    }

    async fn rooms_of(&self, app: AppId, user: UserId) -> Result<Vec<RoomId>> {
        self.look_up(move |connection| rooms_of(connection, app, user))
            .await
    }

    async fn room_sizes(&self, app: AppId, rooms: Vec<RoomId>) -> Result<Vec<u32>> {
        self.look_up(move |connection| {
            snapshot(connection, || {
                let mut size = connection
                    .prepare_cached("SELECT members FROM rooms WHERE app = ?1 AND id = ?2")?;
                let mut sizes = Vec::with_capacity(rooms.len());
                for room in rooms {
                    let found = size
                        .query_row([app.0, room.0], |row| row.get(0))
                        .optional()?;
                    sizes.push(found.unwrap_or(0));
                }
                Ok(sizes)
            })
        })
        .await
    }

    async fn set_room_info(
        &self,
        app: AppId,
        room: RoomId,
        actor: Actor,
        change: InfoChange,
        most: u32,
        now: Millis,
    ) -> Result<()> {
        self.write(move |connection| {
            if let Actor::User(user) = actor
                && !is_in(connection, app, room, user)?
            {
                return Err(Failure::Domain(Error::NotInRoom));
            }
            make(connection, app, room, now)?;
            let counted = count_new_texts(connection, app, room)?;
            if matches!(actor, Actor::User(_)) && counted.is_some_and(|all| all > most) {
                return Err(Failure::Domain(Error::RoomQuotaReached));
            }
            connection
                .prepare_cached(
                    "INSERT INTO room_infos (app, room, open_info, private_info) \
                     VALUES (?1, ?2, coalesce(?3, ''), coalesce(?4, '')) \
                     ON CONFLICT (app, room) DO UPDATE SET \
                     open_info = coalesce(?3, open_info), \
                     private_info = coalesce(?4, private_info)",
                )?
                .execute(params![app.0, room.0, change.open, change.private])?;
            Ok(())
        })
        .await
    }

    async fn room_open_infos(&self, app: AppId, rooms: Vec<RoomId>) -> Result<Vec<Box<str>>> {
        self.scan(move |connection| {
            snapshot(connection, || {
                let mut text = connection.prepare_cached(
                    "SELECT open_info FROM room_infos WHERE app = ?1 AND room = ?2",
                )?;
                let mut texts = Vec::with_capacity(rooms.len());
                for room in rooms {
                    let found: Option<Box<str>> = text
                        .query_row([app.0, room.0], |row| row.get(0))
                        .optional()?;
                    texts.push(found.unwrap_or_default());
                }
                Ok(texts)
            })
        })
        .await
    }

    async fn room_info(&self, app: AppId, room: RoomId) -> Result<Info> {
        self.look_up(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT open_info, private_info FROM room_infos \
                     WHERE app = ?1 AND room = ?2",
                )?
                .query_row([app.0, room.0], info)
                .optional()?;
            Ok(found.unwrap_or_default())
        })
        .await
    }
}

/// Makes a room without owner if there is none.
fn make(connection: &Connection, app: AppId, room: RoomId, now: Millis) -> Outcome<()> {
    connection
        .prepare_cached(
            "INSERT INTO rooms (app, id, created) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute([app.0, room.0, now.0])?;
    Ok(())
}

/// Puts `user` into `room`, which is there. Returns whether he is in it now; he is not when he would
/// be in more than `most` rooms.
fn enter(
    connection: &Connection,
    app: AppId,
    room: RoomId,
    user: UserId,
    most: u32,
) -> Outcome<bool> {
    if is_in(connection, app, room, user)? {
        return Ok(true);
    }
    let count: u32 = connection
        .prepare_cached("SELECT count(*) FROM room_members WHERE user = ?1")?
        .query_row([user.0], |row| row.get(0))?;
    if count >= most {
        return Ok(false);
    }
    connection
        .prepare_cached("INSERT INTO room_members (app, room, user) VALUES (?1, ?2, ?3)")?
        .execute([app.0, room.0, user.0])?;
    connection
        .prepare_cached("UPDATE rooms SET members = members + 1 WHERE app = ?1 AND id = ?2")?
        .execute([app.0, room.0])?;
    Ok(true)
}

/// Counts `room` among those that have texts. How many that are; `None` when it was counted before.
fn count_new_texts(connection: &Connection, app: AppId, room: RoomId) -> Outcome<Option<u32>> {
    let is_old = connection
        .prepare_cached("SELECT 1 FROM room_infos WHERE app = ?1 AND room = ?2")?
        .exists([app.0, room.0])?;
    if is_old {
        return Ok(None);
    }
    let counted = connection
        .prepare_cached(
            "UPDATE apps SET rooms_with_texts = rooms_with_texts + 1 WHERE id = ?1 \
             RETURNING rooms_with_texts",
        )?
        .query_row([app.0], |row| row.get(0))?;
    Ok(Some(counted))
}

fn is_in(connection: &Connection, app: AppId, room: RoomId, user: UserId) -> Outcome<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM room_members WHERE app = ?1 AND room = ?2 AND user = ?3")?
        .exists([app.0, room.0, user.0])?)
}

fn rooms_of(connection: &Connection, app: AppId, user: UserId) -> Outcome<Vec<RoomId>> {
    connection
        .prepare_cached("SELECT room FROM room_members WHERE user = ?1 AND app = ?2 ORDER BY room")?
        .query_map([user.0, app.0], |row| Ok(RoomId(row.get(0)?)))?
        .map(|room| Ok(room?))
        .collect()
}

/// Takes `user` out of every room. Returns those.
pub(super) fn leave_every(
    connection: &Connection,
    app: AppId,
    user: UserId,
) -> Outcome<Vec<RoomId>> {
    let rooms = rooms_of(connection, app, user)?;
    for room in &rooms {
        leave(connection, app, *room, user)?;
    }
    Ok(rooms)
}

/// Takes `user` out of `room`. Returns whether he was in it.
pub(super) fn leave(
    connection: &Connection,
    app: AppId,
    room: RoomId,
    user: UserId,
) -> Outcome<bool> {
    let left = connection
        .prepare_cached("DELETE FROM room_members WHERE app = ?1 AND room = ?2 AND user = ?3")?
        .execute([app.0, room.0, user.0])?;
    if left == 0 {
        return Ok(false);
    }
    connection
        .prepare_cached("UPDATE rooms SET members = members - 1 WHERE app = ?1 AND id = ?2")?
        .execute([app.0, room.0])?;
    // Nothing else ends a room that came into being by itself.
    connection
        .prepare_cached(
            "DELETE FROM rooms WHERE app = ?1 AND id = ?2 AND members = 0 AND owner IS NULL \
             AND NOT EXISTS (SELECT 1 FROM room_infos WHERE app = ?1 AND room = ?2)",
        )?
        .execute([app.0, room.0])?;
    Ok(true)
}

/// Deletes a room with everything that is its.
pub(super) fn delete(connection: &Connection, app: AppId, room: RoomId) -> Outcome<()> {
    for statement in [
        "UPDATE apps SET rooms_with_texts = rooms_with_texts - 1 WHERE id = ?1 \
         AND EXISTS (SELECT 1 FROM room_infos WHERE app = ?1 AND room = ?2)",
        "DELETE FROM rooms WHERE app = ?1 AND id = ?2",
        "DELETE FROM room_members WHERE app = ?1 AND room = ?2",
        "DELETE FROM room_infos WHERE app = ?1 AND room = ?2",
    ] {
        connection
            .prepare_cached(statement)?
            .execute([app.0, room.0])?;
    }
    unmute_all(connection, app, Place::Room(room))?;
    Ok(())
}
