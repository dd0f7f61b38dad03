use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::ports::ContactStore;
use halloo_core::users::{UserId, UserName};
use halloo_core::{Error, Result};
use rusqlite::Connection;

use super::users::exists;
use super::{Failure, Outcome, Sqlite};

#[async_trait]
impl ContactStore for Sqlite {
    async fn add_contact(
        &self,
        app: AppId,
        owner: UserId,
        friend: UserId,
        limit: u32,
    ) -> Result<()> {
        self.write(move |connection| {
            if !exists(connection, app, owner)? || !exists(connection, app, friend)? {
                return Err(Failure::Domain(Error::UnknownUser));
            }
            let there = connection
                .prepare_cached("SELECT 1 FROM contacts WHERE user = ?1 AND friend = ?2")?
                .exists([owner.0, friend.0])?;
            if there {
                return Ok(());
            }
            add(connection, owner, friend, limit)?;
            add(connection, friend, owner, limit)
        })
        .await
    }

    async fn remove_contact(&self, _app: AppId, owner: UserId, friend: UserId) -> Result<()> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "DELETE FROM contacts \
                     WHERE (user = ?1 AND friend = ?2) OR (user = ?2 AND friend = ?1)",
                )?
                .execute([owner.0, friend.0])?;
            Ok(())
        })
        .await
    }

    async fn contacts(&self, _app: AppId, owner: UserId) -> Result<Vec<UserName>> {
        self.scan(move |connection| {
            connection
                .prepare_cached(
                    "SELECT users.name FROM contacts JOIN users ON users.id = contacts.friend \
                     WHERE contacts.user = ?1 ORDER BY contacts.position DESC",
                )?
                .query_map([owner.0], |row| {
                    Ok(UserName::from_stored(row.get::<_, Box<str>>(0)?))
                })?
                .map(|name| Ok(name?))
                .collect()
        })
        .await
    }
}

/// Puts `friend` last on `owner`'s roster.
fn add(connection: &Connection, owner: UserId, friend: UserId, limit: u32) -> Outcome<()> {
    let (count, last): (u32, i64) = connection
        .prepare_cached(
            "SELECT count(*), coalesce(max(position), 0) FROM contacts WHERE user = ?1",
        )?
        .query_row([owner.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if count >= limit {
        return Err(Failure::Domain(Error::ContactLimit));
    }
    connection
        .prepare_cached("INSERT INTO contacts (user, friend, position) VALUES (?1, ?2, ?3)")?
        .execute([owner.0, friend.0, last + 1])?;
    Ok(())
}
