use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::ports::ContactStore;
use halloo_core::users::{Named, UidTarget, UserId, Wanted};
use halloo_core::{Error, Result};
use rusqlite::Connection;

use super::users::{exists, found, needed};
use super::{Failure, Outcome, Sqlite, named, snapshot};

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
            add(connection, owner, &[friend], limit)?;
            add(connection, friend, &[owner], limit)
        })
        .await
    }

    async fn remove_contact(&self, app: AppId, owner: UserId, friend: UserId) -> Result<()> {
        self.write(move |connection| {
            if exists(connection, app, owner)? {
                remove(connection, owner, friend)?;
                remove(connection, friend, owner)?;
            }
            Ok(())
        })
        .await
    }

    async fn contacts(&self, app: AppId, owner: UserId) -> Result<Vec<Named>> {
        self.scan(move |connection| {
            connection
                .prepare_cached(
                    "SELECT users.id, users.name FROM contacts \
                     JOIN users ON users.id = contacts.friend AND users.app = ?2 \
                     WHERE contacts.user = ?1 ORDER BY contacts.position DESC",
                )?
                .query_map([owner.0, app.0], named)?
                .map(|friend| Ok(friend?))
                .collect()
        })
        .await
    }

    async fn add_friends(
        &self,
        app: AppId,
        owner: Wanted,
        friends: Vec<Wanted>,
        limit: u32,
    ) -> Result<()> {
        self.write(move |connection| {
            let owner = needed(connection, app, owner)?;
            let friends = friends
                .into_iter()
                .map(|friend| needed(connection, app, friend))
                .collect::<Outcome<Vec<_>>>()?;
            add(connection, owner, &friends, limit)
        })
        .await
    }

    async fn remove_friends(
        &self,
        app: AppId,
        owner: UidTarget,
        friends: Vec<UidTarget>,
    ) -> Result<()> {
        self.write(move |connection| {
            let Some(owner) = found(connection, app, &owner)? else {
                return Ok(());
            };
            for friend in friends {
                if let Some(friend) = found(connection, app, &friend)? {
                    remove(connection, owner, friend)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn friends_among(
        &self,
        app: AppId,
        owner: UserId,
        others: Vec<UserId>,
    ) -> Result<Vec<UserId>> {
        self.look_up(move |connection| {
            snapshot(connection, || {
                if !exists(connection, app, owner)? {
                    return Ok(Vec::new());
                }
                let mut edge = connection
                    .prepare_cached("SELECT 1 FROM contacts WHERE user = ?1 AND friend = ?2")?;
                let mut friends = Vec::new();
                for other in others {
                    if edge.exists([owner.0, other.0])? {
                        friends.push(other);
                    }
                }
                Ok(friends)
            })
        })
        .await
    }
}

/// Puts `friends` last on `owner`'s roster, those who are on it already staying.
fn add(connection: &Connection, owner: UserId, friends: &[UserId], limit: u32) -> Outcome<()> {
    let (before, mut last): (u32, i64) = connection
        .prepare_cached(
            "SELECT count(*), coalesce(max(position), 0) FROM contacts WHERE user = ?1",
        )?
        .query_row([owner.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO contacts (user, friend, position) VALUES (?1, ?2, ?3) \
         ON CONFLICT (user, friend) DO NOTHING",
    )?;
    let mut count = before;
    for friend in friends {
        if insert.execute([owner.0, friend.0, last + 1])? == 1 {
            count += 1;
            last += 1;
        }
    }
    if count > limit.max(before) {
        return Err(Failure::Domain(Error::ContactLimit));
    }
    Ok(())
}

/// Takes `friend` off `owner`'s roster.
fn remove(connection: &Connection, owner: UserId, friend: UserId) -> Outcome<()> {
    connection
        .prepare_cached("DELETE FROM contacts WHERE user = ?1 AND friend = ?2")?
        .execute([owner.0, friend.0])?;
    Ok(())
}
