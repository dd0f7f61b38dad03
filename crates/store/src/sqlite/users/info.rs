use halloo_core::apps::AppId;
use halloo_core::info::{Info, InfoChange};
use halloo_core::users::{UserId, Wanted};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{exists, needed};
use crate::sqlite::{Outcome, info};

pub(super) fn set(
    connection: &Connection,
    app: AppId,
    user: Wanted,
    change: &InfoChange,
) -> Outcome<()> {
    let user = needed(connection, app, user)?;
    connection
        .prepare_cached(
            "INSERT INTO user_infos (user, open_info, private_info) \
             VALUES (?1, coalesce(?2, ''), coalesce(?3, '')) \
             ON CONFLICT (user) DO UPDATE SET open_info = coalesce(?2, open_info), \
             private_info = coalesce(?3, private_info)",
        )?
        .execute(params![user.0, change.open, change.private])?;
    Ok(())
}

/// The texts of each of `users`, in order; empty where there are none.
pub(super) fn of(connection: &Connection, app: AppId, users: &[UserId]) -> Outcome<Vec<Info>> {
    let mut texts = connection
        .prepare_cached("SELECT open_info, private_info FROM user_infos WHERE user = ?1")?;
    let mut infos = Vec::with_capacity(users.len());
    for user in users {
        let found = if exists(connection, app, *user)? {
            texts.query_row([user.0], info).optional()?
        } else {
            None
        };
        infos.push(found.unwrap_or_default());
    }
    Ok(infos)
}
