use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::rooms::RoomId;
use halloo_core::sessions::{CloseReason, LastSeen, PresenceStore, SessionId};
use halloo_core::users::UserId;
use halloo_core::{Millis, Result};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::rooms::{leave, leave_every};
use super::{Failure, Outcome, Sqlite};

#[async_trait]
impl PresenceStore for Sqlite {
    async fn came_online(&self, app: AppId, user: UserId, session: SessionId) -> Result<()> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO presence (user, app, session) \
                     SELECT id, app, ?3 FROM users WHERE id = ?1 AND app = ?2 \
                     ON CONFLICT (user) DO UPDATE SET session = max(ifnull(session, 0), ?3)",
                )?
                .execute(params![user.0, app.0, number(session)])?;
            Ok(())
        })
        .await
    }

    async fn went_offline(
        &self,
        app: AppId,
        user: UserId,
        session: SessionId,
        last_seen: LastSeen,
    ) -> Result<Vec<RoomId>> {
        self.write(move |connection| {
            let noted = connection
                .prepare_cached(
                    "UPDATE presence SET session = NULL, last_seen = ?4, reason = ?5 \
                     WHERE user = ?1 AND app = ?2 AND session <= ?3",
                )?
                .execute(params![
                    user.0,
                    app.0,
                    number(session),
                    last_seen.at.0,
                    last_seen.reason.label(),
                ])?;
            if noted == 0 {
                return Ok(Vec::new());
            }
            leave_every(connection, app, user)
        })
        .await
    }

    async fn left_rooms(&self, app: AppId, user: UserId, rooms: Vec<RoomId>) -> Result<()> {
        self.write(move |connection| {
            for room in rooms {
                leave(connection, app, room, user)?;
            }
            Ok(())
        })
        .await
    }

    async fn forget_online(&self, last_seen: LastSeen, limit: u32) -> Result<bool> {
        self.write(move |connection| {
            let mut lost = online(connection, limit.saturating_add(1))?;
            let more = lost.len() > limit as usize;
            lost.truncate(limit as usize);
            for (user, app) in &lost {
                connection
                    .prepare_cached(
                        "UPDATE presence SET session = NULL, last_seen = ?2, reason = ?3 \
                         WHERE user = ?1",
                    )?
                    .execute(params![user.0, last_seen.at.0, last_seen.reason.label()])?;
                leave_every(connection, *app, *user)?;
            }
            Ok(more)
        })
        .await
    }

    async fn last_seen(&self, app: AppId, user: UserId) -> Result<Option<LastSeen>> {
        self.look_up(move |connection| {
            let found: Option<(i64, String)> = connection
                .prepare_cached(
                    "SELECT last_seen, reason FROM presence \
                     WHERE user = ?1 AND app = ?2 AND last_seen IS NOT NULL",
                )?
                .query_row([user.0, app.0], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((at, label)) = found else {
                return Ok(None);
            };
            let reason = CloseReason::of_label(&label).ok_or(Failure::Impossible {
                table: "presence",
                column: "reason",
                value: label,
            })?;
            let at = Millis(at);
            Ok(Some(LastSeen { at, reason }))
        })
        .await
    }
}

/// Up to `limit` users who are noted as online.
fn online(connection: &Connection, limit: u32) -> Outcome<Vec<(UserId, AppId)>> {
    connection
        .prepare_cached("SELECT user, app FROM presence WHERE session IS NOT NULL LIMIT ?1")?
        .query_map([limit], |row| Ok((UserId(row.get(0)?), AppId(row.get(1)?))))?
        .map(|row| Ok(row?))
        .collect()
}

fn number(session: SessionId) -> i64 {
    i64::try_from(session.0).unwrap_or(i64::MAX)
}
