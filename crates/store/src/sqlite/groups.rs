use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::groups::{Group, GroupId, GroupStore};
use halloo_core::users::UserId;
use halloo_core::{Error, Millis, Result};
use rusqlite::OptionalExtension as _;

use super::users::exists;
use super::{Failure, Sqlite};

#[async_trait]
impl GroupStore for Sqlite {
    async fn put_group(&self, app: AppId, group: Group) -> Result<()> {
        self.write(move |connection| {
            for user in group.members.iter().chain([&group.owner]) {
                if !exists(connection, app, *user)? {
                    return Err(Failure::Domain(Error::UnknownUser));
                }
            }
            connection
                .prepare_cached(
                    "INSERT INTO groups (app, id, owner, created) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (app, id) DO UPDATE SET owner = excluded.owner, created = excluded.created",
                )?
                .execute([app.0, group.id.0, group.owner.0, group.created.0])?;
            connection
                .prepare_cached("DELETE FROM group_members WHERE app = ?1 AND group_id = ?2")?
                .execute([app.0, group.id.0])?;
            let mut add = connection.prepare_cached(
                "INSERT OR IGNORE INTO group_members (app, group_id, user) VALUES (?1, ?2, ?3)",
            )?;
            for member in group.members {
                add.execute([app.0, group.id.0, member.0])?;
            }
            Ok(())
        })
        .await
    }

    async fn group(&self, app: AppId, id: GroupId) -> Result<Option<Group>> {
        self.scan(move |connection| {
            let found: Option<(i64, i64)> = connection
                .prepare_cached("SELECT owner, created FROM groups WHERE app = ?1 AND id = ?2")?
                .query_row([app.0, id.0], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((owner, created)) = found else {
                return Ok(None);
            };
            let members = connection
                .prepare_cached(
                    "SELECT user FROM group_members WHERE app = ?1 AND group_id = ?2 ORDER BY user",
                )?
                .query_map([app.0, id.0], |row| Ok(UserId(row.get(0)?)))?
                .collect::<Result<_, _>>()?;
            Ok(Some(Group {
                id,
                owner: UserId(owner),
                members,
                created: Millis(created),
            }))
        })
        .await
    }
}
