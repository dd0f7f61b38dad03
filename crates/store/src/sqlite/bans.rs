use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::bans::{Ban, BanStore, Place};
use halloo_core::users::{UidTarget, UserId, Wanted};
use halloo_core::{Millis, Result};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::users::{found, needed};
use super::{Outcome, Sqlite, snapshot};

/// The end of a ban that has none.
const FOR_EVER: i64 = i64::MAX;

#[async_trait]
impl BanStore for Sqlite {
    async fn mute(&self, app: AppId, place: Place, user: Wanted, ban: Ban) -> Result<()> {
        self.write(move |connection| {
            let user = needed(connection, app, user)?;
            let (kind, place) = columns(place);
            connection
                .prepare_cached(
                    "INSERT INTO mutes (app, kind, place, user, until) VALUES (?1, ?2, ?3, ?4, ?5) \
                     ON CONFLICT (app, kind, place, user) DO UPDATE SET until = excluded.until",
                )?
                .execute(params![app.0, kind, place, user.0, end_of(ban)])?;
            Ok(())
        })
        .await
    }

    async fn unmute(&self, app: AppId, place: Place, user: UidTarget) -> Result<()> {
        self.write(move |connection| {
            let Some(user) = found(connection, app, &user)? else {
                return Ok(());
            };
            let (kind, place) = columns(place);
            connection
                .prepare_cached(
                    "DELETE FROM mutes \
                     WHERE app = ?1 AND kind = ?2 AND place = ?3 AND user = ?4",
                )?
                .execute([app.0, kind, place, user.0])?;
            Ok(())
        })
        .await
    }

    async fn mutes(&self, app: AppId, places: Vec<Place>, user: UserId) -> Result<Vec<Ban>> {
        self.look_up(move |connection| {
            snapshot(connection, || {
                let mut entry = connection.prepare_cached(
                    "SELECT until FROM mutes \
                 WHERE app = ?1 AND kind = ?2 AND place = ?3 AND user = ?4",
                )?;
                let mut bans = Vec::with_capacity(places.len());
                for place in places {
                    let (kind, place) = columns(place);
                    let end = entry
                        .query_row([app.0, kind, place, user.0], |row| row.get(0))
                        .optional()?;
                    bans.extend(end.map(ban_until));
                }
                Ok(bans)
            })
        })
        .await
    }

    // The sender of a message waits in line for it; who is muted is cached above.
    async fn muted_at(&self, app: AppId, places: Vec<Place>) -> Result<Vec<(UserId, Ban)>> {
        self.look_up(move |connection| {
            snapshot(connection, || {
                let mut entries = connection.prepare_cached(
                    "SELECT user, until FROM mutes WHERE app = ?1 AND kind = ?2 AND place = ?3",
                )?;
                let mut bans = Vec::new();
                for place in places {
                    let (kind, place) = columns(place);
                    let found = entries.query_map([app.0, kind, place], |row| {
                        Ok((UserId(row.get(0)?), ban_until(row.get(1)?)))
                    })?;
                    for entry in found {
                        bans.push(entry?);
                    }
                }
                Ok(bans)
            })
        })
        .await
    }

    async fn sweep_mutes(&self, now: Millis, limit: u32) -> Result<u64> {
        self.write(move |connection| {
            let swept = connection
                .prepare_cached(
                    "DELETE FROM mutes WHERE (app, kind, place, user) IN \
                     (SELECT app, kind, place, user FROM mutes \
                      WHERE until < 9223372036854775807 AND until <= ?1 ORDER BY until LIMIT ?2)",
                )?
                .execute(params![now.0, limit])?;
            Ok(swept as u64)
        })
        .await
    }
}

/// Deletes whatever mutes there are at `place`. Returns how many.
pub(super) fn unmute_all(connection: &Connection, app: AppId, place: Place) -> Outcome<usize> {
    let (kind, place) = columns(place);
    Ok(connection
        .prepare_cached("DELETE FROM mutes WHERE app = ?1 AND kind = ?2 AND place = ?3")?
        .execute([app.0, kind, place])?)
}

/// The columns `kind` and `place`.
fn columns(place: Place) -> (i64, i64) {
    match place {
        Place::Group(group) => (0, group.0),
        Place::EveryGroup => (1, 0),
        Place::Room(room) => (2, room.0),
        Place::EveryRoom => (3, 0),
        Place::App => (4, 0),
    }
}

/// When a ban ends, as it is stored; `None`: there is none.
pub(super) fn end_of(ban: Ban) -> Option<i64> {
    match ban {
        Ban::Never => None,
        Ban::Until(end) => Some(end.0),
        Ban::Forever => Some(FOR_EVER),
    }
}

/// The ban with this stored end.
pub(super) fn ban_until(end: i64) -> Ban {
    match end {
        FOR_EVER => Ban::Forever,
        end => Ban::Until(Millis(end)),
    }
}
