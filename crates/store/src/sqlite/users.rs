use std::collections::BTreeMap;

use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::bans::Ban;
use halloo_core::push::{DisplayStyle, Hour, PushSettings};
use halloo_core::users::{
    NewUser, PasswordHash, ProfileChange, User, UserChange, UserId, UserName, UserStore,
};
use halloo_core::{Error, Millis, Result, Uuid};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Failure, Outcome, Sqlite, uuid};

/// `banned_until` of a ban without an end.
const FOR_EVER: i64 = i64::MAX;

/// A query for users, `$rest` being what follows the columns. Text fixed at compile time, since the
/// look-up by name is the hottest of all.
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, uuid, created, modified, nickname, banned_until, \
             token_generation, display_style, do_not_disturb, quiet_from_hour, quiet_to_hour, \
             ignored_groups FROM users ",
            $rest
        )
    };
}

#[async_trait]
impl UserStore for Sqlite {
    async fn register(
        &self,
        app: AppId,
        users: Vec<NewUser>,
        quota: Option<u64>,
        now: Millis,
    ) -> Result<Vec<Option<User>>> {
        self.write(move |connection| register(connection, app, users, quota, now))
            .await
    }

    async fn user_by_name(&self, app: AppId, name: &UserName) -> Result<Option<User>> {
        let name = name.clone();
        self.look_up(move |connection| {
            connection
                .prepare_cached(select_users!("WHERE app = ?1 AND name = ?2"))?
                .query_row(params![app.0, name.as_str()], |row| {
                    Ok(user(connection, row))
                })
                .optional()?
                .transpose()
        })
        .await
    }

    async fn user_by_uuid(&self, app: AppId, uuid: Uuid) -> Result<Option<User>> {
        self.look_up(move |connection| {
            connection
                .prepare_cached(select_users!("WHERE uuid = ?1 AND app = ?2"))?
                .query_row(params![uuid.as_bytes(), app.0], |row| {
                    Ok(user(connection, row))
                })
                .optional()?
                .transpose()
        })
        .await
    }

    async fn users_page(&self, app: AppId, after: Option<UserId>, limit: u32) -> Result<Vec<User>> {
        self.scan(move |connection| page(connection, app, after, limit))
            .await
    }

    async fn password_hash(&self, app: AppId, user: UserId) -> Result<Option<PasswordHash>> {
        self.look_up(move |connection| {
            let hash: Option<Option<String>> = connection
                .prepare_cached("SELECT password FROM users WHERE id = ?1 AND app = ?2")?
                .query_row(params![user.0, app.0], |row| row.get(0))
                .optional()?;
            Ok(hash.flatten().map(PasswordHash::from_stored))
        })
        .await
    }

    async fn change_user(
        &self,
        app: AppId,
        user: UserId,
        change: UserChange,
        ignored_groups: u32,
        now: Millis,
    ) -> Result<Option<User>> {
        self.write(move |connection| {
            let Some(found) = find(connection, app, user)? else {
                return Ok(None);
            };
            match change {
                UserChange::Password(hash) => {
                    connection
                        .prepare_cached("UPDATE users SET password = ?2 WHERE id = ?1")?
                        .execute(params![user.0, hash.as_str()])?;
                    revoke_tokens(connection, user)?;
                }
                UserChange::Ban(ban) => set_ban(connection, &found, ban)?,
                UserChange::Profile(change) => {
                    set_profile(connection, user, change, ignored_groups)?;
                }
            }
            connection
                .prepare_cached("UPDATE users SET modified = max(?2, created) WHERE id = ?1")?
                .execute([user.0, now.0])?;
            find(connection, app, user)
        })
        .await
    }

    async fn delete_user(&self, app: AppId, user: UserId) -> Result<Option<User>> {
        self.write(move |connection| {
            let Some(found) = find(connection, app, user)? else {
                return Ok(None);
            };
            delete(connection, app, user)?;
            Ok(Some(found))
        })
        .await
    }

    async fn delete_users_page(
        &self,
        app: AppId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<(Vec<User>, bool)> {
        self.write(move |connection| {
            let mut users = page(connection, app, after, limit + 1)?;
            let more = users.len() > limit as usize;
            users.truncate(limit as usize);
            for user in &users {
                delete(connection, app, user.id)?;
            }
            Ok((users, more))
        })
        .await
    }
}

/// Whether the user is there and of this app.
pub(super) fn exists(connection: &Connection, app: AppId, user: UserId) -> Outcome<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM users WHERE id = ?1 AND app = ?2")?
        .exists([user.0, app.0])?)
}

fn register(
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
        "INSERT INTO users (app, name, uuid, created, modified, nickname, password) \
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6) ON CONFLICT (app, name) DO NOTHING",
    )?;
    let mut outcome = Vec::with_capacity(users.len());
    let mut added: i64 = 0;
    for new in users {
        let inserted = insert.execute(params![
            app.0,
            new.name.as_str(),
            new.uuid.as_bytes(),
            created.0,
            new.nickname,
            new.password.as_ref().map(PasswordHash::as_str),
        ])?;
        added += i64::from(inserted == 1);
        outcome.push((inserted == 1).then(|| User {
            id: UserId(connection.last_insert_rowid()),
            name: new.name,
            uuid: new.uuid,
            created,
            modified: created,
            nickname: new.nickname,
            ban: Ban::Never,
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

fn find(connection: &Connection, app: AppId, id: UserId) -> Outcome<Option<User>> {
    connection
        .prepare_cached(select_users!("WHERE id = ?1 AND app = ?2"))?
        .query_row([id.0, app.0], |row| Ok(user(connection, row)))
        .optional()?
        .transpose()
}

fn page(
    connection: &Connection,
    app: AppId,
    after: Option<UserId>,
    limit: u32,
) -> Outcome<Vec<User>> {
    connection
        .prepare_cached(select_users!(
            "WHERE app = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
        ))?
        .query_map(params![app.0, after.map_or(0, |id| id.0), limit], |row| {
            Ok(user(connection, row))
        })?
        .map(|row| row?)
        .collect()
}

fn revoke_tokens(connection: &Connection, user: UserId) -> Outcome<()> {
    connection
        .prepare_cached("UPDATE users SET token_generation = token_generation + 1 WHERE id = ?1")?
        .execute([user.0])?;
    connection
        .prepare_cached("DELETE FROM tokens WHERE user = ?1")?
        .execute([user.0])?;
    Ok(())
}

fn set_ban(connection: &Connection, user: &User, ban: Ban) -> Outcome<()> {
    let until = match ban {
        Ban::Never => None,
        Ban::Until(end) => Some(end.0),
        Ban::Forever => Some(FOR_EVER),
    };
    connection
        .prepare_cached("UPDATE users SET banned_until = ?2 WHERE id = ?1")?
        .execute(params![user.id.0, until])?;
    if ban != Ban::Never {
        revoke_tokens(connection, user.id)?;
    }
    Ok(())
}

fn set_profile(
    connection: &Connection,
    user: UserId,
    change: ProfileChange,
    ignored_groups: u32,
) -> Outcome<()> {
    if let Some(nickname) = change.nickname {
        connection
            .prepare_cached("UPDATE users SET nickname = nullif(?2, '') WHERE id = ?1")?
            .execute(params![user.0, nickname])?;
    }
    connection
        .prepare_cached(
            "UPDATE users SET display_style = coalesce(?2, display_style), \
             do_not_disturb = coalesce(?3, do_not_disturb), \
             quiet_from_hour = coalesce(?4, quiet_from_hour), \
             quiet_to_hour = coalesce(?5, quiet_to_hour) WHERE id = ?1",
        )?
        .execute(params![
            user.0,
            change.display_style.map(DisplayStyle::number),
            change.do_not_disturb,
            change.quiet_from_hour.map(Hour::get),
            change.quiet_to_hour.map(Hour::get),
        ])?;
    if change.ignored_groups.is_empty() {
        return Ok(());
    }
    let mut put = connection.prepare_cached(
        "INSERT INTO push_ignored_groups (user, group_id, ignored) VALUES (?1, ?2, ?3) \
         ON CONFLICT (user, group_id) DO UPDATE SET ignored = excluded.ignored",
    )?;
    for (group, ignored) in change.ignored_groups {
        put.execute(params![user.0, group, ignored])?;
    }
    let mut groups = count_groups(connection, user)?;
    if groups > ignored_groups {
        // Those that are heard again are kept only while there is room.
        connection
            .prepare_cached("DELETE FROM push_ignored_groups WHERE user = ?1 AND ignored = 0")?
            .execute([user.0])?;
        groups = count_groups(connection, user)?;
    }
    if groups > ignored_groups {
        return Err(Failure::Domain(Error::IgnoredGroupLimit));
    }
    Ok(())
}

/// Brings the column that counts a user's rows of `push_ignored_groups` up to date.
fn count_groups(connection: &Connection, user: UserId) -> Outcome<u32> {
    Ok(connection
        .prepare_cached(
            "UPDATE users SET ignored_groups = \
             (SELECT count(*) FROM push_ignored_groups WHERE user = ?1) \
             WHERE id = ?1 RETURNING ignored_groups",
        )?
        .query_row([user.0], |row| row.get(0))?)
}

/// Deletes everything that is the user's. Messages stay: others hold them.
fn delete(connection: &Connection, app: AppId, user: UserId) -> Outcome<()> {
    for statement in [
        "DELETE FROM contacts WHERE (user, friend) IN \
         (SELECT friend, user FROM contacts WHERE user = ?1)",
        "DELETE FROM contacts WHERE user = ?1",
        "DELETE FROM blocks WHERE user = ?1",
        "DELETE FROM blocks WHERE blocked = ?1",
        "DELETE FROM tokens WHERE user = ?1",
        "DELETE FROM push_ignored_groups WHERE user = ?1",
        "DELETE FROM cursors WHERE user = ?1",
        "DELETE FROM group_members WHERE user = ?1",
        "DELETE FROM group_members WHERE (app, group_id) IN \
         (SELECT app, id FROM groups WHERE owner = ?1)",
        "DELETE FROM groups WHERE owner = ?1",
        "DELETE FROM rooms WHERE owner = ?1",
        "DELETE FROM users WHERE id = ?1",
    ] {
        connection.prepare_cached(statement)?.execute([user.0])?;
    }
    connection
        .prepare_cached("UPDATE apps SET users = users - 1 WHERE id = ?1")?
        .execute([app.0])?;
    Ok(())
}

fn user(connection: &Connection, row: &Row<'_>) -> Outcome<User> {
    let hour = |index, column| -> Outcome<Option<Hour>> {
        let stored: Option<i64> = row.get(index)?;
        stored
            .map(|n| Hour::new(n).ok_or_else(|| impossible(column, n)))
            .transpose()
    };
    let display_style = row.get::<_, Option<i64>>(8)?;
    let push = PushSettings {
        display_style: display_style
            .map(|n| DisplayStyle::new(n).ok_or_else(|| impossible("display_style", n)))
            .transpose()?,
        do_not_disturb: row.get(9)?,
        quiet_from_hour: hour(10, "quiet_from_hour")?,
        quiet_to_hour: hour(11, "quiet_to_hour")?,
        ignored_groups: match row.get(12)? {
            0 => BTreeMap::new(),
            _ => ignored_groups(connection, UserId(row.get(0)?))?,
        },
    };
    Ok(User {
        id: UserId(row.get(0)?),
        name: UserName::from_stored(row.get::<_, Box<str>>(1)?),
        uuid: uuid(row, 2, "users", "uuid")?,
        created: Millis(row.get(3)?),
        modified: Millis(row.get(4)?),
        nickname: row.get(5)?,
        ban: match row.get(6)? {
            None => Ban::Never,
            Some(FOR_EVER) => Ban::Forever,
            Some(end) => Ban::Until(Millis(end)),
        },
        token_generation: row.get(7)?,
        push: (push != PushSettings::default()).then(|| Box::new(push)),
    })
}

fn ignored_groups(connection: &Connection, user: UserId) -> Outcome<BTreeMap<i64, bool>> {
    connection
        .prepare_cached("SELECT group_id, ignored FROM push_ignored_groups WHERE user = ?1")?
        .query_map([user.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .map(|row| Ok(row?))
        .collect()
}

fn impossible(column: &'static str, value: i64) -> Failure {
    Failure::Impossible {
        table: "users",
        column,
        value: value.to_string(),
    }
}
