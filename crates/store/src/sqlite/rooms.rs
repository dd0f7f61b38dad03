use std::collections::HashSet;

use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::bans::Place;
use halloo_core::info::{Info, InfoChange};
use halloo_core::rooms::{Room, RoomId, RoomStore};
use halloo_core::users::{Named, UidTarget, UserId, Wanted};
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

    async fn leave_rooms(&self, app: AppId, user: UidTarget, rooms: Vec<RoomId>) -> Result<()> {
        self.write(move |connection| {
            if let Some(user) = found(connection, app, &user)? {
                for room in rooms {
                    leave(connection, app, room, user)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn leave_every_room(&self, app: AppId, user: UserId) -> Result<()> {
        self.write(move |connection| {
            let rooms = connection
                .prepare_cached("SELECT room FROM room_members WHERE user = ?1 AND app = ?2")?
                .query_map([user.0, app.0], |row| Ok(RoomId(row.get(0)?)))?
                .collect::<Result<Vec<_>, _>>()?;
            for room in rooms {
                leave(connection, app, room, user)?;
            }
            Ok(())
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

    async fn room_members(&self, app: AppId, room: RoomId) -> Result<Vec<Named>> {
        self.scan(move |connection| {
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
        change: InfoChange,
        now: Millis,
    ) -> Result<()> {
        self.write(move |connection| {
            make(connection, app, room, now)?;
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
    let there = connection
        .prepare_cached("SELECT 1 FROM room_members WHERE app = ?1 AND room = ?2 AND user = ?3")?
        .exists([app.0, room.0, user.0])?;
    if there {
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

/// Takes `user` out of `room`. Returns whether he was in it.
fn leave(connection: &Connection, app: AppId, room: RoomId, user: UserId) -> Outcome<bool> {
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
