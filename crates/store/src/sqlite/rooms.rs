use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::rooms::{Room, RoomId, RoomStore};
use halloo_core::users::UserId;
use halloo_core::{Error, Millis, Result};
use rusqlite::OptionalExtension as _;

use super::users::exists;
use super::{Failure, Sqlite};

#[async_trait]
impl RoomStore for Sqlite {
    async fn put_room(&self, app: AppId, room: Room) -> Result<()> {
        self.write(move |connection| {
            if !exists(connection, app, room.owner)? {
                return Err(Failure::Domain(Error::UnknownUser));
            }
            connection
                .prepare_cached(
                    "INSERT INTO rooms (app, id, owner, created) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (app, id) DO UPDATE SET owner = excluded.owner, created = excluded.created",
                )?
                .execute([app.0, room.id.0, room.owner.0, room.created.0])?;
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
                        owner: UserId(row.get(0)?),
                        created: Millis(row.get(1)?),
                    })
                })
                .optional()?)
        })
        .await
    }
}
