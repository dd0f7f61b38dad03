use async_trait::async_trait;
use halloo_core::apps::{App, AppChange, AppId, AppKey, AppStore, MessageSettings, NewApp, Secret};
use halloo_core::tokens::LoginKey;
use halloo_core::users::Uid;
use halloo_core::{Error, Millis, Result};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Failure, Outcome, Sqlite, uuid};

/// The first `pid` is one above.
const PID_BASE: i64 = 10_000_000;

/// A query for apps, `$rest` being what follows the columns.
macro_rules! select_apps {
    ($rest:literal) => {
        concat!(
            "SELECT id, org, name, application, client_id, client_secret, rtm_secret, \
             registration, token_generation, created, legacy_signatures, logins, room_policy, \
             login_key, login_generation, message_retention_ms, strict_message_ids, back_end, \
             administrators FROM apps ",
            $rest
        )
    };
}

#[async_trait]
impl AppStore for Sqlite {
    async fn create_app(&self, app: NewApp) -> Result<App> {
        self.write(move |connection| {
            let inserted = connection
                .prepare_cached(
                    "INSERT INTO apps (org, name, application, client_id, client_secret, \
                     rtm_secret, registration, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
                     ON CONFLICT (org, name) DO NOTHING",
                )?
                .execute(params![
                    app.key.org,
                    app.key.name,
                    app.application.as_bytes(),
                    app.client_id,
                    app.client_secret.reveal(),
                    app.rtm_secret.reveal(),
                    app.registration.as_str(),
                    app.created.0,
                ])?;
            if inserted == 0 {
                return Err(Failure::Domain(Error::AppExists));
            }
            let id = AppId(connection.last_insert_rowid());
            find(connection, id)?.ok_or(Failure::Domain(Error::unavailable("the new app is gone")))
        })
        .await
    }

    async fn app(&self, org: &str, name: &str) -> Result<Option<App>> {
        let (org, name) = (org.to_owned(), name.to_owned());
        self.look_up(move |connection| {
            connection
                .prepare_cached(select_apps!("WHERE org = ?1 AND name = ?2"))?
                .query_row([org, name], |row| Ok(app(row)))
                .optional()?
                .transpose()
        })
        .await
    }

    async fn app_by_pid(&self, pid: i32) -> Result<Option<App>> {
        self.look_up(move |connection| find(connection, AppId(i64::from(pid) - PID_BASE)))
            .await
    }

    async fn apps(&self, after: AppId, limit: u32) -> Result<Vec<App>> {
        self.scan(move |connection| {
            connection
                .prepare_cached(select_apps!("WHERE id > ?1 ORDER BY id LIMIT ?2"))?
                .query_map(params![after.0, limit], |row| Ok(app(row)))?
                .map(|row| row?)
                .collect()
        })
        .await
    }

    async fn change_app(&self, app: AppId, change: AppChange) -> Result<Option<App>> {
        self.write(move |connection| {
            match change {
                AppChange::Registration(registration) => connection
                    .prepare_cached("UPDATE apps SET registration = ?2 WHERE id = ?1")?
                    .execute(params![app.0, registration.as_str()])?,
                AppChange::ClientSecret(secret) => connection
                    .prepare_cached(
                        "UPDATE apps SET client_secret = ?2, \
                         token_generation = token_generation + 1 WHERE id = ?1",
                    )?
                    .execute(params![app.0, secret.reveal()])?,
                AppChange::RtmSecret(secret) => connection
                    .prepare_cached(
                        "UPDATE apps SET rtm_secret = ?2, \
                         login_generation = login_generation + 1 WHERE id = ?1",
                    )?
                    .execute(params![app.0, secret.reveal()])?,
                AppChange::LegacySignatures(taken) => connection
                    .prepare_cached("UPDATE apps SET legacy_signatures = ?2 WHERE id = ?1")?
                    .execute(params![app.0, taken])?,
                AppChange::Logins(policy) => connection
                    .prepare_cached("UPDATE apps SET logins = ?2 WHERE id = ?1")?
                    .execute(params![app.0, policy.as_str()])?,
                AppChange::Rooms(policy) => connection
                    .prepare_cached("UPDATE apps SET room_policy = ?2 WHERE id = ?1")?
                    .execute(params![app.0, policy.as_str()])?,
                AppChange::Messages(settings) => connection
                    .prepare_cached(
                        "UPDATE apps SET message_retention_ms = ?2, strict_message_ids = ?3, \
                         back_end = ?4, administrators = ?5 WHERE id = ?1",
                    )?
                    .execute(params![
                        app.0,
                        settings.retention_ms,
                        settings.strict_ids,
                        settings.back_end.as_str(),
                        list(&settings.administrators),
                    ])?,
                AppChange::LoginKey(key) => connection
                    .prepare_cached("UPDATE apps SET login_key = ?2 WHERE id = ?1")?
                    .execute(params![app.0, key.as_ref().map(LoginKey::to_der)])?,
            };
            find(connection, app)
        })
        .await
    }

    async fn user_count(&self, app: AppId) -> Result<u64> {
        self.look_up(move |connection| {
            let count = connection
                .prepare_cached("SELECT users FROM apps WHERE id = ?1")?
                .query_row([app.0], |row| row.get::<_, i64>(0))
                .optional()?;
            Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
        })
        .await
    }
}

fn find(connection: &Connection, id: AppId) -> Outcome<Option<App>> {
    connection
        .prepare_cached(select_apps!("WHERE id = ?1"))?
        .query_row([id.0], |row| Ok(app(row)))
        .optional()?
        .transpose()
}

fn app(row: &Row<'_>) -> Outcome<App> {
    let id: i64 = row.get(0)?;
    let (org, name): (String, String) = (row.get(1)?, row.get(2)?);
    let registration: String = row.get(7)?;
    let (logins, rooms): (String, String) = (row.get(11)?, row.get(12)?);
    let login_key: Option<Vec<u8>> = row.get(13)?;
    Ok(App {
        id: AppId(id),
        key: AppKey::new(&org, &name)?,
        application: uuid(row, 3, "apps", "application")?,
        client_id: row.get(4)?,
        client_secret: Secret::new(row.get::<_, String>(5)?),
        pid: i32::try_from(PID_BASE + id).map_err(|_| impossible("id", id.to_string()))?,
        rtm_secret: Secret::new(row.get::<_, String>(6)?),
        legacy_signatures: row.get(10)?,
        logins: logins.parse().map_err(|_| impossible("logins", logins))?,
        rooms: rooms
            .parse()
            .map_err(|_| impossible("room_policy", rooms))?,
        messages: messages(row)?,
        login_key: login_key
            .map(|der| {
                LoginKey::from_der(&der).map_err(|_| impossible("login_key", format!("{der:02x?}")))
            })
            .transpose()?,
        login_generation: row.get(14)?,
        registration: registration
            .parse()
            .map_err(|_| impossible("registration", registration))?,
        token_generation: row.get(8)?,
        created: Millis(row.get(9)?),
    })
}

/// The columns from `message_retention_ms` to `administrators`.
fn messages(row: &Row<'_>) -> Outcome<MessageSettings> {
    let (back_end, administrators): (String, String) = (row.get(17)?, row.get(18)?);
    Ok(MessageSettings {
        retention_ms: row.get(15)?,
        strict_ids: row.get(16)?,
        back_end: back_end
            .parse()
            .map_err(|_| impossible("back_end", back_end))?,
        administrators: administrators
            .split_terminator(',')
            .map(|uid| uid.parse().map(Uid))
            .collect::<Result<_, _>>()
            .map_err(|_| impossible("administrators", administrators))?,
    })
}

/// The column `administrators`.
fn list(administrators: &[Uid]) -> String {
    let numbers: Vec<_> = administrators.iter().map(|uid| uid.0.to_string()).collect();
    numbers.join(",")
}

fn impossible(column: &'static str, value: String) -> Failure {
    Failure::Impossible {
        table: "apps",
        column,
        value,
    }
}
