//! Users as operations name them.

use halloo_core::Error;
use halloo_core::apps::AppId;
use halloo_core::users::{Uid, UidTarget, UserId, UserName, Wanted};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::register::register;
use crate::sqlite::{Failure, Outcome};

/// Whether the user is there and of this app.
pub(in crate::sqlite) fn exists(
    connection: &Connection,
    app: AppId,
    user: UserId,
) -> Outcome<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM users WHERE id = ?1 AND app = ?2")?
        .exists([user.0, app.0])?)
}

/// The user whom a change needs, made now if he is new.
pub(in crate::sqlite) fn needed(
    connection: &Connection,
    app: AppId,
    user: Wanted,
) -> Outcome<UserId> {
    found_or_made(connection, app, user)?.ok_or(Failure::Domain(Error::UnknownUser))
}

/// As [`needed`]; `None` when he should be there and is gone.
pub(in crate::sqlite) fn found_or_made(
    connection: &Connection,
    app: AppId,
    user: Wanted,
) -> Outcome<Option<UserId>> {
    match user {
        Wanted::Existing(id) => Ok(exists(connection, app, id)?.then_some(id)),
        Wanted::Numbered(id) => numbered(connection, app, id),
        Wanted::Named { new, quota, now } => {
            if let Some(id) = called(connection, app, &new.name)? {
                return Ok(Some(id));
            }
            let made = register(connection, app, vec![new], quota, now)?;
            Ok(made.into_iter().flatten().next().map(|user| user.id))
        }
    }
}

/// The user whom a change names that needs nobody.
pub(in crate::sqlite) fn found(
    connection: &Connection,
    app: AppId,
    user: &UidTarget,
) -> Outcome<Option<UserId>> {
    match user {
        UidTarget::Name(name) => called(connection, app, name),
        UidTarget::Id(id) => numbered(connection, app, *id),
        UidTarget::Row(id) => Ok(exists(connection, app, *id)?.then_some(*id)),
    }
}

fn called(connection: &Connection, app: AppId, name: &UserName) -> Outcome<Option<UserId>> {
    Ok(connection
        .prepare_cached("SELECT id FROM users WHERE app = ?1 AND name = ?2")?
        .query_row(params![app.0, name.as_str()], |row| Ok(UserId(row.get(0)?)))
        .optional()?)
}

/// The user of this row, provided that its name is not a number: every user has one uid only.
fn numbered(connection: &Connection, app: AppId, id: UserId) -> Outcome<Option<UserId>> {
    let name: Option<Box<str>> = connection
        .prepare_cached("SELECT name FROM users WHERE id = ?1 AND app = ?2")?
        .query_row([id.0, app.0], |row| row.get(0))
        .optional()?;
    let uid = name.map(|name| Uid::of(id, &UserName::from_stored(name)));
    let by_row = uid.is_some_and(|uid| uid.target() == Some(UidTarget::Id(id)));
    Ok(by_row.then_some(id))
}
