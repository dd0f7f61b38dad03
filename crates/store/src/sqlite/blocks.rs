use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::ports::BlockStore;
use halloo_core::relations::BlockPage;
use halloo_core::users::{UidTarget, UserId, Wanted};
use halloo_core::{Error, Result};
use rusqlite::params;

use super::users::{exists, found, needed};
use super::{Failure, Outcome, Sqlite, named, snapshot};

#[async_trait]
impl BlockStore for Sqlite {
    async fn add_blocks(
        &self,
        app: AppId,
        owner: Wanted,
        blocked: Vec<Wanted>,
        limit: u32,
    ) -> Result<()> {
        self.write(move |connection| {
            let owner = needed(connection, app, owner)?;
            let (before, mut last): (u32, i64) = connection
                .prepare_cached(
                    "SELECT count(*), coalesce(max(position), 0) FROM blocks WHERE user = ?1",
                )?
                .query_row([owner.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut insert = connection.prepare_cached(
                "INSERT INTO blocks (user, blocked, position) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (user, blocked) DO NOTHING",
            )?;
            let mut count = before;
            for user in blocked {
                let user = needed(connection, app, user)?;
                if insert.execute([owner.0, user.0, last + 1])? == 1 {
                    count += 1;
                    last += 1;
                }
            }
            if count > limit.max(before) {
                return Err(Failure::Domain(Error::BlockLimit));
            }
            Ok(())
        })
        .await
    }

    async fn remove_blocks(
        &self,
        app: AppId,
        owner: UidTarget,
        blocked: Vec<UidTarget>,
    ) -> Result<()> {
        self.write(move |connection| {
            let Some(owner) = found(connection, app, &owner)? else {
                return Ok(());
            };
            let mut delete =
                connection.prepare_cached("DELETE FROM blocks WHERE user = ?1 AND blocked = ?2")?;
            for user in blocked {
                if let Some(user) = found(connection, app, &user)? {
                    delete.execute([owner.0, user.0])?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn blocking(
        &self,
        app: AppId,
        owners: Vec<UserId>,
        blocked: UserId,
    ) -> Result<Vec<UserId>> {
        self.look_up(move |connection| {
            snapshot(connection, || {
                if !exists(connection, app, blocked)? {
                    return Ok(Vec::new());
                }
                let mut entry = connection
                    .prepare_cached("SELECT 1 FROM blocks WHERE user = ?1 AND blocked = ?2")?;
                let mut blocking = Vec::new();
                for owner in owners {
                    if entry.exists([owner.0, blocked.0])? {
                        blocking.push(owner);
                    }
                }
                Ok(blocking)
            })
        })
        .await
    }

    async fn blocks(
        &self,
        app: AppId,
        owner: UserId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<BlockPage> {
        self.scan(move |connection| {
            let before = before.unwrap_or(i64::MAX);
            let mut rows = connection
                .prepare_cached(
                    "SELECT users.id, users.name, blocks.position FROM blocks \
                     JOIN users ON users.id = blocks.blocked AND users.app = ?4 \
                     WHERE blocks.user = ?1 AND blocks.position < ?2 \
                     ORDER BY blocks.position DESC LIMIT ?3",
                )?
                .query_map(
                    params![owner.0, before, i64::from(limit) + 1, app.0],
                    |row| Ok((named(row)?, row.get(2)?)),
                )?
                .map(|row| Ok(row?))
                .collect::<Outcome<Vec<_>>>()?;
            let more = rows.len() > limit as usize;
            rows.truncate(limit as usize);
            let next = rows.last().map(|(_, position)| *position).filter(|_| more);
            Ok(BlockPage {
                users: rows.into_iter().map(|(user, _)| user).collect(),
                next,
            })
        })
        .await
    }
}
