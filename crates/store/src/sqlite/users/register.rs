use halloo_core::apps::AppId;
use halloo_core::bans::Ban;
use halloo_core::users::{NewUser, PasswordHash, User, UserId};
use halloo_core::{Error, Millis};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::sqlite::{Failure, Outcome};

/// Stores `users`; `None` where a name is taken.
pub(super) fn register(
    connection: &Connection,
    app: AppId,
    users: Vec<NewUser>,
    quota: Option<u64>,
    now: Millis,
) -> Outcome<Vec<Option<User>>> {
    let youngest: Option<i64> = connection
        .prepare_cached("SELECT created FROM users WHERE app = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([app.0], |row| row.get(0))
        .optional()?;
    let created = Millis(youngest.map_or(now.0, |youngest| youngest.max(now.0)));
    let mut insert = connection.prepare_cached(
        "INSERT INTO users (app, name, uuid, created, modified, nickname, password, logins_since) \
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, \
         ifnull((SELECT since FROM void_logins WHERE app = ?1 AND name = ?2), 0)) \
         ON CONFLICT (app, name) DO NOTHING RETURNING id, logins_since",
    )?;
    let mut outcome = Vec::with_capacity(users.len());
    let mut added: i64 = 0;
    for new in users {
        let inserted: Option<(i64, i64)> = insert
            .query_row(
                params![
                    app.0,
                    new.name.as_str(),
                    new.uuid.as_bytes(),
                    created.0,
                    new.nickname,
                    new.password.as_ref().map(PasswordHash::as_str),
                ],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        added += i64::from(inserted.is_some());
        outcome.push(inserted.map(|(id, logins_since)| User {
            id: UserId(id),
            name: new.name,
            uuid: new.uuid,
            created,
            modified: created,
            nickname: new.nickname,
            ban: Ban::Never,
            logins_since: Millis(logins_since),
            token_generation: 0,
            push: None,
        }));
    }
    let total: i64 = connection
        .prepare_cached("UPDATE apps SET users = users + ?2 WHERE id = ?1 RETURNING users")?
        .query_row([app.0, added], |row| row.get(0))?;
    if added > 0 && quota.is_some_and(|quota| u64::try_from(total).is_ok_and(|n| n > quota)) {
        return Err(Failure::Domain(Error::UserQuotaReached));
    }
    Ok(outcome)
}
