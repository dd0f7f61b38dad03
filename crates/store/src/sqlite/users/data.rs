use halloo_core::Error;
use halloo_core::apps::AppId;
use halloo_core::users::{UidTarget, UserId, Wanted};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{exists, found, needed};
use crate::sqlite::{Failure, Outcome};

/// Stores `value` under `key`; a user has `most` keys at most.
pub(super) fn set(
    connection: &Connection,
    app: AppId,
    user: Wanted,
    (key, value): (&str, &str),
    most: u32,
) -> Outcome<()> {
    let user = needed(connection, app, user)?;
    let replaced = connection
        .prepare_cached("UPDATE user_data SET value = ?3 WHERE user = ?1 AND key = ?2")?
        .execute(params![user.0, key, value])?;
    if replaced == 1 {
        return Ok(());
    }
    let count: u32 = connection
        .prepare_cached("SELECT count(*) FROM user_data WHERE user = ?1")?
        .query_row([user.0], |row| row.get(0))?;
    if count >= most {
        return Err(Failure::Domain(Error::DataLimit));
    }
    connection
        .prepare_cached("INSERT INTO user_data (user, key, value) VALUES (?1, ?2, ?3)")?
        .execute(params![user.0, key, value])?;
    Ok(())
}

/// What is stored under `key`.
pub(super) fn of(
    connection: &Connection,
    app: AppId,
    user: UserId,
    key: &str,
) -> Outcome<Option<Box<str>>> {
    if !exists(connection, app, user)? {
        return Ok(None);
    }
    Ok(connection
        .prepare_cached("SELECT value FROM user_data WHERE user = ?1 AND key = ?2")?
        .query_row(params![user.0, key], |row| row.get(0))
        .optional()?)
}

/// Removes `key`, where it and the user are.
pub(super) fn remove(
    connection: &Connection,
    app: AppId,
    user: &UidTarget,
    key: &str,
) -> Outcome<()> {
    if let Some(user) = found(connection, app, user)? {
        connection
            .prepare_cached("DELETE FROM user_data WHERE user = ?1 AND key = ?2")?
            .execute(params![user.0, key])?;
    }
    Ok(())
}
