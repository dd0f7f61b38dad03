//! What the command line can do to apps and users, on a stopped data folder or beside a running
//! server: the same code on the same core either way.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use halloo_core::apps::{App, AppId, AppKey, MessageSettings, Registration};
use halloo_core::bans::Ban;
use halloo_core::ports::Entropy as _;
use halloo_core::tokens::LoginKey;
use halloo_core::users::{Draft, Uid, UidTarget, User};
use halloo_core::{Core, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::Time;
use crate::serve::MESSAGES;
use crate::system::SystemEntropy;

/// Users read in one step of a listing.
const PAGE: u32 = 100;

/// One thing to do. Travels over the control socket as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "cli/mod.rs documents each sub-command for its users"
)]
pub enum Command {
    AppCreate {
        app: String,
        registration: String,
    },
    AppList,
    AppShow {
        app: String,
    },
    AppRotateSecret {
        app: String,
        rtm: bool,
    },
    AppSetRegistration {
        app: String,
        registration: String,
    },
    AppSetLegacySignatures {
        app: String,
        taken: bool,
    },
    AppSetLogins {
        app: String,
        policy: String,
    },
    AppSetRooms {
        app: String,
        policy: String,
    },
    AppSetMessages {
        app: String,
        change: MessageChange,
    },
    AppSetLoginKey {
        app: String,
        key: Option<Vec<u8>>,
    },
    UserAdd {
        app: String,
        name: String,
        password: Option<String>,
        nickname: Option<String>,
    },
    UserList {
        app: String,
        limit: usize,
    },
    UserShow {
        app: String,
        name: String,
    },
    UserToken {
        app: String,
        name: String,
    },
    UserBan {
        app: String,
        name: String,
        seconds: Option<i64>,
    },
    UserUnban {
        app: String,
        name: String,
    },
    UserKick {
        app: String,
        name: String,
        resource: Option<String>,
    },
    Backup {
        target: PathBuf,
    },
}

/// Carries `command` out and returns what to print.
/// # Errors
/// What the domain refused, in one line.
pub async fn execute(core: &Core, command: Command) -> Result<Value> {
    match command {
        Command::AppCreate { app, registration } => {
            let key = AppKey::from_str(&app)?;
            let created = core.apps.create(key, registration_of(&registration)?).await;
            let created = created.map_err(|error| match error {
                Error::AppExists => anyhow!("the app {app} exists already"),
                other => other.into(),
            })?;
            Ok(app_json(&created))
        }
        Command::AppList => {
            let mut apps = Vec::new();
            let mut after = AppId(0);
            loop {
                let page = core.apps.list(after, PAGE).await?;
                let Some(last) = page.last() else {
                    return Ok(Value::Array(apps));
                };
                after = last.id;
                for app in &page {
                    apps.push(app_settings(core, app).await?);
                }
            }
        }
        Command::AppShow { app } => Ok(app_json(&*find(core, &app).await?)),
        Command::AppRotateSecret { app, rtm } => {
            let key = AppKey::from_str(&app)?;
            let rotated = if rtm {
                core.apps.rotate_rtm_secret(&key).await?
            } else {
                core.apps.rotate_client_secret(&key).await?
            };
            Ok(app_json(&rotated))
        }
        Command::AppSetRegistration { app, registration } => {
            let key = AppKey::from_str(&app)?;
            let changed = core
                .apps
                .set_registration(&key, registration_of(&registration)?)
                .await?;
            Ok(app_json(&changed))
        }
        Command::AppSetLegacySignatures { app, taken } => {
            let key = AppKey::from_str(&app)?;
            let changed = core.apps.set_legacy_signatures(&key, taken).await?;
            Ok(app_json(&changed))
        }
        Command::AppSetLogins { app, policy } => {
            let key = AppKey::from_str(&app)?;
            let policy = policy.parse().map_err(|why: String| anyhow!(why))?;
            app_settings(core, &*core.apps.set_logins(&key, policy).await?).await
        }
        Command::AppSetRooms { app, policy } => {
            let key = AppKey::from_str(&app)?;
            let policy = policy.parse().map_err(|why: String| anyhow!(why))?;
            app_settings(core, &*core.apps.set_rooms(&key, policy).await?).await
        }
        Command::AppSetMessages { app, change } => {
            let app = find(core, &app).await?;
            let settings = change.apply(app.messages.clone())?;
            app_settings(core, &*core.apps.set_messages(&app.key, settings).await?).await
        }
        Command::AppSetLoginKey { app, key } => {
            let login_key = key.as_deref().map(LoginKey::from_der).transpose()?;
            let key = AppKey::from_str(&app)?;
            app_settings(core, &*core.apps.set_login_key(&key, login_key).await?).await
        }
        Command::UserAdd {
            app,
            name,
            password,
            nickname,
        } => {
            let app = find(core, &app).await?;
            let given = password.is_some();
            let password = password.unwrap_or_else(random_password);
            let draft = Draft {
                name: name.parse()?,
                password: password.clone(),
                nickname,
            };
            let user = core.users.register(app.id, draft).await?;
            let mut shown = user_json(core, &app, &user);
            if !given && let Some(fields) = shown.as_object_mut() {
                fields.insert("password".into(), password.into());
            }
            Ok(shown)
        }
        Command::UserList { app, limit } => list_users(core, &app, limit).await,
        Command::UserShow { app, name } => {
            let app = find(core, &app).await?;
            let user = find_user(core, &app, &name).await?;
            let last = core.sessions.last_seen(app.id, user.id).await?;
            let mut shown = user_json(core, &app, &user);
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("last_seen".into(), json!(last.map(|last| last.at.0)));
                let reason = last.map(|last| last.reason.label());
                fields.insert("last_disconnect".into(), json!(reason));
            }
            Ok(shown)
        }
        Command::UserToken { app, name } => {
            let app = find(core, &app).await?;
            let number = name.parse().ok().map(Uid);
            let spelt =
                |uid: &Uid| matches!(uid.target(), Some(UidTarget::Name(n)) if n.as_str() == name);
            let uid = match (core.users.find(app.id, &name).await, number.filter(spelt)) {
                (Ok(user), _) => user.uid(),
                (Err(Error::UnknownUser), Some(new)) => new,
                (Err(Error::UnknownUser), None) => bail!("{} has no user {name}", app.key),
                (Err(other), _) => return Err(other.into()),
            };
            let token = core.tokens.grant_login(&app, uid).await?;
            Ok(json!({"uid": uid.0, "token": token}))
        }
        Command::UserBan { app, name, seconds } => {
            let ban = match seconds {
                Some(seconds) if seconds > 0 => Ban::Until(core.now().plus_seconds(seconds)),
                Some(_) => bail!("a ban lasts at least one second"),
                None => Ban::Forever,
            };
            set_ban(core, &app, &name, ban).await
        }
        Command::UserUnban { app, name } => set_ban(core, &app, &name, Ban::Never).await,
        Command::UserKick {
            app,
            name,
            resource,
        } => {
            let app = find(core, &app).await?;
            let user = find_user(core, &app, &name).await?;
            let closed = core
                .sessions
                .kick(app.id, &user.named(), resource.as_deref())
                .await;
            Ok(json!({"username": user.name.as_str(), "closed_sessions": closed}))
        }
        Command::Backup { target } => {
            if target.exists() {
                bail!("{} exists already", target.display());
            }
            let done = backup(core, &target).await;
            done.with_context(|| format!("cannot write the backup {}", target.display()))?;
            Ok(json!({"backup": target}))
        }
    }
}

/// Writes a folder that can be served as it is. Messages first: whoever is named in them is in what follows.
async fn backup(core: &Core, target: &Path) -> Result<()> {
    DirBuilder::new().mode(0o700).create(target)?;
    let messages = target.join(MESSAGES);
    DirBuilder::new().mode(0o700).create(&messages)?;
    let database = target.join("halloo.db");
    let mut done = core.log().backup_messages(&messages).await;
    if done.is_ok() {
        done = core.store().backup(&database).await;
    }
    if done.is_err() {
        // Half a backup would be taken for one.
        let _ = std::fs::remove_dir_all(target);
    }
    Ok(done?)
}

async fn find(core: &Core, app: &str) -> Result<Arc<App>> {
    let key = AppKey::from_str(app)?;
    Ok(core.apps.find(&key.org, &key.name).await?)
}

async fn find_user(core: &Core, app: &App, name: &str) -> Result<Arc<User>> {
    core.users
        .find(app.id, name)
        .await
        .map_err(|error| match error {
            Error::UnknownUser => anyhow!("{} has no user {name}", app.key),
            other => other.into(),
        })
}

async fn set_ban(core: &Core, app: &str, name: &str, ban: Ban) -> Result<Value> {
    let app = find(core, app).await?;
    let user = find_user(core, &app, name).await?;
    let user = core.users.set_ban(app.id, &user, ban).await?;
    Ok(user_json(core, &app, &user))
}

async fn list_users(core: &Core, app: &str, limit: usize) -> Result<Value> {
    let app = find(core, app).await?;
    let mut users = Vec::new();
    let mut after = None;
    loop {
        let (page, more) = core.users.list(app.id, after, PAGE).await?;
        after = page.last().map(|user| user.id);
        users.extend(page.iter().map(|user| user_json(core, &app, user)));
        if !more || users.len() >= limit {
            users.truncate(limit);
            return Ok(Value::Array(users));
        }
    }
}

fn registration_of(text: &str) -> Result<Registration> {
    text.parse().map_err(|why: String| anyhow!(why))
}

/// What an app is set to, as `app list` shows it.
async fn app_settings(core: &Core, app: &App) -> Result<Value> {
    let users = core.apps.user_count(app).await?;
    Ok(json!({
        "org": app.key.org, "app": app.key.name,
        "registration": app.registration.as_str(), "users": users,
        "legacy_signatures": app.legacy_signatures,
        "logins": app.logins.as_str(), "rooms": app.rooms.as_str(),
        "login_key": app.login_key.is_some(),
        "message_retention": app.messages.retention_ms.map_or_else(|| "default".into(), shown_ms),
        "message_ids": if app.messages.strict_ids { "strict" } else { "lenient" },
        "back_end": app.messages.back_end.as_str(),
        "administrators": app.messages.administrators.iter().map(|uid| uid.0).collect::<Vec<_>>(),
    }))
}

/// What to change about how messages are treated.
#[derive(Debug, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the arguments of the command line document them"
)]
pub struct MessageChange {
    pub retention: Option<String>,
    pub ids: Option<String>,
    pub back_end: Option<String>,
    pub administrators: Option<String>,
}

impl MessageChange {
    fn apply(self, mut settings: MessageSettings) -> Result<MessageSettings> {
        if let Some(retention) = self.retention {
            settings.retention_ms = match &*retention {
                "default" => None,
                time => {
                    let time: Time = time.parse().map_err(|why: String| anyhow!(why))?;
                    Some(i64::try_from(time.0.as_millis()).unwrap_or(i64::MAX))
                }
            };
        }
        if let Some(ids) = self.ids {
            settings.strict_ids = match &*ids {
                "strict" => true,
                "lenient" => false,
                _ => bail!("ids are lenient or strict, not {ids:?}"),
            };
        }
        if let Some(back_end) = self.back_end {
            settings.back_end = back_end.parse().map_err(|why: String| anyhow!(why))?;
        }
        if let Some(uids) = self.administrators {
            let uids = uids.split(',').map(str::trim).filter(|uid| *uid != "none");
            let uid = |text: &str| {
                let number = text.parse().map(Uid);
                number.map_err(|_| anyhow!("{text:?} is no uid"))
            };
            settings.administrators = uids.map(uid).collect::<Result<_>>()?;
        }
        Ok(settings)
    }
}

/// A time in the largest unit that says it exactly.
fn shown_ms(ms: i64) -> String {
    let units = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
    ];
    let unit = units.into_iter().find(|(_, length)| ms % length == 0);
    let (unit, length) = unit.unwrap_or(("ms", 1));
    format!("{}{unit}", ms / length)
}

/// The keys that scripts rely on. Design section 7.
fn app_json(app: &App) -> Value {
    json!({
        "org": app.key.org,
        "app": app.key.name,
        "application": app.application.to_string(),
        "client_id": app.client_id,
        "client_secret": app.client_secret.reveal(),
        "pid": app.pid,
        "rtm_secret": app.rtm_secret.reveal(),
        "registration": app.registration.as_str(),
    })
}

fn user_json(core: &Core, app: &App, user: &User) -> Value {
    let ban = match user.ban {
        ban if !ban.holds(core.now()) => json!("no"),
        Ban::Until(end) => json!({"until_ms": end.0}),
        Ban::Forever | Ban::Never => json!("for ever"),
    };
    json!({
        "username": user.name.as_str(),
        "uuid": user.uuid.to_string(),
        "uid": user.uid().0,
        "created": user.created.0,
        "nickname": user.nickname,
        "banned": ban,
        "online": core.sessions.is_online(app.id, user.name.as_str()),
    })
}

fn random_password() -> String {
    let mut random = [0; 15];
    SystemEntropy.fill(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}
