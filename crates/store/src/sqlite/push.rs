use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::groups::GroupId;
use halloo_core::push::{Device, MutedPush, PushConversation, PushProvider, PushStore};
use halloo_core::users::{Uid, UidTarget, UserId, Wanted};
use halloo_core::{Error, Result};
use rusqlite::{Row, params};

use super::users::{exists, found, needed};
use super::{Failure, Outcome, Sqlite, snapshot};

#[async_trait]
impl PushStore for Sqlite {
    async fn add_device(&self, app: AppId, user: Wanted, device: Device, most: u32) -> Result<()> {
        self.write(move |connection| {
            let user = needed(connection, app, user)?;
            let replaced = connection
                .prepare_cached("DELETE FROM push_devices WHERE user = ?1 AND token = ?2")?
                .execute(params![user.0, device.token])?;
            let (count, last): (u32, i64) = connection
                .prepare_cached(
                    "SELECT count(*), coalesce(max(position), 0) FROM push_devices \
                     WHERE user = ?1",
                )?
                .query_row([user.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if replaced == 0 && count >= most {
                return Err(Failure::Domain(Error::PushLimit));
            }
            connection
                .prepare_cached(
                    "INSERT INTO push_devices (user, token, provider, position) \
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    user.0,
                    device.token,
                    device.provider.map(PushProvider::as_str),
                    last + 1,
                ])?;
            Ok(())
        })
        .await
    }

    async fn remove_device(&self, app: AppId, user: UidTarget, token: Box<str>) -> Result<()> {
        self.write(move |connection| {
            if let Some(user) = found(connection, app, &user)? {
                connection
                    .prepare_cached("DELETE FROM push_devices WHERE user = ?1 AND token = ?2")?
                    .execute(params![user.0, token])?;
            }
            Ok(())
        })
        .await
    }

    async fn devices(&self, app: AppId, user: UserId) -> Result<Vec<Device>> {
        self.scan(move |connection| {
            snapshot(connection, || {
                if !exists(connection, app, user)? {
                    return Ok(Vec::new());
                }
                connection
                .prepare_cached(
                    "SELECT provider, token FROM push_devices WHERE user = ?1 ORDER BY position",
                )?
                .query_map([user.0], |row| Ok(device(row)))?
                .map(|row| row?)
                .collect()
            })
        })
        .await
    }

    async fn mute_push(
        &self,
        app: AppId,
        user: Wanted,
        conversation: PushConversation,
        types: Vec<i8>,
        most: u32,
    ) -> Result<()> {
        self.write(move |connection| {
            let user = needed(connection, app, user)?;
            let (kind, id) = columns(conversation);
            let mut insert = connection.prepare_cached(
                "INSERT INTO push_mutes (user, kind, conversation, type) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO NOTHING",
            )?;
            let mut added = 0;
            for message_type in types {
                added += insert.execute(params![user.0, kind, id, message_type])?;
            }
            if added == 0 {
                return Ok(());
            }
            let count: u32 = connection
                .prepare_cached("SELECT count(*) FROM push_mutes WHERE user = ?1")?
                .query_row([user.0], |row| row.get(0))?;
            if count > most {
                return Err(Failure::Domain(Error::PushLimit));
            }
            Ok(())
        })
        .await
    }

    async fn unmute_push(
        &self,
        app: AppId,
        user: UidTarget,
        conversation: PushConversation,
        types: Vec<i8>,
    ) -> Result<()> {
        self.write(move |connection| {
            let Some(user) = found(connection, app, &user)? else {
                return Ok(());
            };
            let (kind, id) = columns(conversation);
            if types.is_empty() {
                connection
                    .prepare_cached(
                        "DELETE FROM push_mutes \
                         WHERE user = ?1 AND kind = ?2 AND conversation = ?3",
                    )?
                    .execute([user.0, kind, id])?;
            }
            let mut delete = connection.prepare_cached(
                "DELETE FROM push_mutes \
                 WHERE user = ?1 AND kind = ?2 AND conversation = ?3 AND type = ?4",
            )?;
            for message_type in types {
                delete.execute(params![user.0, kind, id, message_type])?;
            }
            Ok(())
        })
        .await
    }

    async fn muted_push(&self, app: AppId, user: UserId) -> Result<Vec<MutedPush>> {
        self.scan(move |connection| {
            snapshot(connection, || {
                if !exists(connection, app, user)? {
                    return Ok(Vec::new());
                }
                connection
                    .prepare_cached(
                        "SELECT kind, conversation, type FROM push_mutes WHERE user = ?1 \
                     ORDER BY kind, conversation, type",
                    )?
                    .query_map([user.0], |row| Ok(muted(row)))?
                    .map(|row| row?)
                    .collect()
            })
        })
        .await
    }
}

/// The columns `kind` and `conversation`; they order like [`PushConversation`].
fn columns(conversation: PushConversation) -> (i64, i64) {
    match conversation {
        PushConversation::Pair(uid) => (0, uid.0),
        PushConversation::Group(group) => (1, group.0),
    }
}

fn device(row: &Row<'_>) -> Outcome<Device> {
    let provider: Option<String> = row.get(0)?;
    let provider = provider.map(|name| {
        PushProvider::of(&name).ok_or(Failure::Impossible {
            table: "push_devices",
            column: "provider",
            value: name,
        })
    });
    Ok(Device {
        provider: provider.transpose()?,
        token: row.get(1)?,
    })
}

fn muted(row: &Row<'_>) -> Outcome<MutedPush> {
    let id = row.get(1)?;
    let conversation = match row.get(0)? {
        0 => PushConversation::Pair(Uid(id)),
        1 => PushConversation::Group(GroupId(id)),
        other => {
            return Err(Failure::Impossible {
                table: "push_mutes",
                column: "kind",
                value: i64::to_string(&other),
            });
        }
    };
    Ok(MutedPush {
        conversation,
        message_type: row.get(2)?,
    })
}
