use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::ports::BlockStore;
use halloo_core::relations::BlockPage;
use halloo_core::users::{UserId, UserName};
use halloo_core::{Error, Result};
use rusqlite::params;

use super::users::exists;
use super::{Failure, Outcome, Sqlite};

#[async_trait]
impl BlockStore for Sqlite {
    async fn add_blocks(
        &self,
        app: AppId,
        owner: UserId,
        blocked: Vec<UserId>,
        limit: u32,
    ) -> Result<()> {
        self.write(move |connection| {
            for user in blocked.iter().chain([&owner]) {
                if !exists(connection, app, *user)? {
                    return Err(Failure::Domain(Error::UnknownUser));
                }
            }
            let (mut count, mut last): (u32, i64) = connection
                .prepare_cached(
                    "SELECT count(*), coalesce(max(position), 0) FROM blocks WHERE user = ?1",
                )?
                .query_row([owner.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut insert = connection.prepare_cached(
                "INSERT INTO blocks (user, blocked, position) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (user, blocked) DO NOTHING",
            )?;
            for user in blocked {
                if insert.execute([owner.0, user.0, last + 1])? == 1 {
                    count += 1;
                    last += 1;
                }
            }
            if count > limit {
                return Err(Failure::Domain(Error::BlockLimit));
            }
            Ok(())
        })
        .await
    }

    async fn remove_block(&self, _app: AppId, owner: UserId, blocked: UserId) -> Result<()> {
        self.write(move |connection| {
            connection
                .prepare_cached("DELETE FROM blocks WHERE user = ?1 AND blocked = ?2")?
                .execute([owner.0, blocked.0])?;
            Ok(())
        })
        .await
    }

    async fn blocks(
        &self,
        _app: AppId,
        owner: UserId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<BlockPage> {
        self.scan(move |connection| {
            let mut rows = connection
                .prepare_cached(
                    "SELECT users.name, blocks.position FROM blocks \
                     JOIN users ON users.id = blocks.blocked \
                     WHERE blocks.user = ?1 AND blocks.position < ?2 \
                     ORDER BY blocks.position DESC LIMIT ?3",
                )?
                .query_map(
                    params![owner.0, before.unwrap_or(i64::MAX), limit + 1],
                    |row| {
                        Ok((
                            UserName::from_stored(row.get::<_, Box<str>>(0)?),
                            row.get::<_, i64>(1)?,
                        ))
                    },
                )?
                .map(|row| Ok(row?))
                .collect::<Outcome<Vec<_>>>()?;
            let more = rows.len() > limit as usize;
            rows.truncate(limit as usize);
            let next = rows.last().map(|(_, position)| *position).filter(|_| more);
            Ok(BlockPage {
                names: rows.into_iter().map(|(name, _)| name).collect(),
                next,
            })
        })
        .await
    }
}
