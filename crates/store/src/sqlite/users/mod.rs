mod change;
mod data;
mod delete;
mod info;
mod register;
mod wanted;

use std::collections::BTreeMap;

use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::bans::Ban;
use halloo_core::info::{Info, InfoChange};
use halloo_core::push::{DisplayStyle, Hour, PushSettings};
use halloo_core::users::{
    NewUser, PasswordHash, UidTarget, User, UserChange, UserId, UserName, UserStore, Wanted,
};
use halloo_core::{Error, Millis, Result, Uuid};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::bans::ban_until;
use super::{Failure, Outcome, Sqlite, snapshot, uuid};

pub(super) use change::revoke_logins;
pub(super) use wanted::{exists, found, found_or_made, needed};

/// A query for users, `$rest` being what follows the columns. Text fixed at compile time, since the
/// look-up by name is the hottest of all.
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, uuid, created, modified, nickname, banned_until, \
             token_generation, display_style, do_not_disturb, quiet_from_hour, quiet_to_hour, \
             ignored_groups, logins_since FROM users ",
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
        self.write(move |connection| register::register(connection, app, users, quota, now))
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

    async fn user_by_id(&self, app: AppId, id: UserId) -> Result<Option<User>> {
        self.look_up(move |connection| find(connection, app, id))
            .await
    }

    async fn set_user_info(&self, app: AppId, user: Wanted, change: InfoChange) -> Result<()> {
        self.write(move |connection| info::set(connection, app, user, &change))
            .await
    }

    async fn user_infos(&self, app: AppId, users: Vec<UserId>) -> Result<Vec<Info>> {
        if users.len() > 1 {
            return self
                .scan(move |connection| snapshot(connection, || info::of(connection, app, &users)))
                .await;
        }
        self.look_up(move |connection| snapshot(connection, || info::of(connection, app, &users)))
            .await
    }

    async fn set_data(
        &self,
        app: AppId,
        user: Wanted,
        key: Box<str>,
        value: Box<str>,
        most: u32,
    ) -> Result<()> {
        self.write(move |connection| data::set(connection, app, user, (&key, &value), most))
            .await
    }

    async fn data(&self, app: AppId, user: UserId, key: &str) -> Result<Option<Box<str>>> {
        let key: Box<str> = key.into();
        self.look_up(move |connection| {
            snapshot(connection, || data::of(connection, app, user, &key))
        })
        .await
    }

    async fn remove_data(&self, app: AppId, user: UidTarget, key: Box<str>) -> Result<()> {
        self.write(move |connection| data::remove(connection, app, &user, &key))
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
            if !exists(connection, app, user)? {
                return Ok(None);
            }
            match change {
                UserChange::Password(hash) => change::set_password(connection, user, &hash, now)?,
                UserChange::Ban(ban) => change::set_ban(connection, user, ban)?,
                UserChange::Profile(change) => {
                    change::set_profile(connection, user, change, ignored_groups)?;
                }
            }
            connection
                .prepare_cached("UPDATE users SET modified = max(?2, created) WHERE id = ?1")?
                .execute([user.0, now.0])?;
            find(connection, app, user)
        })
        .await
    }

    async fn delete_user(&self, app: AppId, user: UserId, now: Millis) -> Result<Option<User>> {
        self.write(move |connection| {
            let Some(found) = find(connection, app, user)? else {
                return Ok(None);
            };
            delete::delete(connection, app, user, now)?;
            Ok(Some(found))
        })
        .await
    }

    async fn delete_users_page(
        &self,
        app: AppId,
        after: Option<UserId>,
        limit: u32,
        now: Millis,
    ) -> Result<(Vec<User>, bool)> {
        self.write(move |connection| {
            let mut users = page(connection, app, after, limit + 1)?;
            let more = users.len() > limit as usize;
            users.truncate(limit as usize);
            for user in &users {
                delete::delete(connection, app, user.id, now)?;
            }
            Ok((users, more))
        })
        .await
    }

    async fn stranger(&self, app: AppId, name: &UserName, most: u32) -> Result<UserId> {
        let name = name.clone();
        self.write(move |connection| {
            let known = connection
                .prepare_cached("SELECT id FROM strangers WHERE app = ?1 AND name = ?2")?
                .query_row(params![app.0, name.as_str()], |row| row.get::<_, i64>(0))
                .optional()?;
            if let Some(id) = known {
                return Ok(UserId(-id));
            }
            let counted = connection
                .prepare_cached(
                    "UPDATE apps SET strangers = strangers + 1 WHERE id = ?1 AND strangers < ?2",
                )?
                .execute(params![app.0, most])?;
            if counted == 0 {
                return Err(Failure::Domain(Error::UserQuotaReached));
            }
            connection
                .prepare_cached("INSERT INTO strangers (app, name) VALUES (?1, ?2)")?
                .execute(params![app.0, name.as_str()])?;
            Ok(UserId(-connection.last_insert_rowid()))
        })
        .await
    }

    async fn void_logins(&self, app: AppId, name: UserName, since: Millis) -> Result<()> {
        self.write(move |connection| delete::void_logins(connection, app, name.as_str(), since))
            .await
    }

    async fn logins_void_since(&self, app: AppId, name: &UserName) -> Result<Option<Millis>> {
        let name = name.clone();
        self.look_up(move |connection| {
            let since = connection
                .prepare_cached("SELECT since FROM void_logins WHERE app = ?1 AND name = ?2")?
                .query_row(params![app.0, name.as_str()], |row| row.get(0))
                .optional()?;
            Ok(since.map(Millis))
        })
        .await
    }

    async fn forget_void_logins(&self, before: Millis, limit: u32) -> Result<u64> {
        self.write(move |connection| {
            let forgotten = connection
                .prepare_cached(
                    "DELETE FROM void_logins WHERE (app, name) IN (SELECT app, name \
                     FROM void_logins WHERE since < ?1 ORDER BY since LIMIT ?2)",
                )?
                .execute(params![before.0, limit])?;
            Ok(forgotten as u64)
        })
        .await
    }
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
        ban: row.get::<_, Option<i64>>(6)?.map_or(Ban::Never, ban_until),
        logins_since: Millis(row.get(13)?),
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
