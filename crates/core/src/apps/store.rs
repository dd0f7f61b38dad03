use async_trait::async_trait;
use uuid::Uuid;

use super::{App, AppId, AppKey, MessageSettings, Registration, RoomPolicy, Secret};
use crate::sessions::LoginPolicy;
use crate::tokens::LoginKey;
use crate::{Millis, Result};

/// An app to be stored; the store adds its row number and `pid`.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// `org` and `name`.
    pub key: AppKey,
    /// Easemob `application`.
    pub application: Uuid,
    /// Easemob `client_id`.
    pub client_id: Box<str>,
    /// Easemob `client_secret`.
    pub client_secret: Secret,
    /// RTM project secret.
    pub rtm_secret: Secret,
    /// Who may register users.
    pub registration: Registration,
    /// When it is made.
    pub created: Millis,
}

/// What to change about an app.
#[derive(Clone, Debug)]
pub enum AppChange {
    /// Who may register users.
    Registration(Registration),
    /// A new Easemob client secret; voids every token of the app.
    ClientSecret(Secret),
    /// A new RTM project secret; voids every login token of the app.
    RtmSecret(Secret),
    /// Whether quests signed without a time are taken.
    LegacySignatures(bool),
    /// How many devices a user may be logged in on.
    Logins(LoginPolicy),
    /// How many rooms a session may enter.
    Rooms(RoomPolicy),
    /// How messages are treated.
    Messages(MessageSettings),
    /// The key whose signatures log users in.
    LoginKey(Option<LoginKey>),
}

/// Durable apps.
#[async_trait]
pub trait AppStore: Send + Sync {
    /// Stores `app`. [`Error::AppExists`](crate::Error::AppExists) when the key is taken.
    async fn create_app(&self, app: NewApp) -> Result<App>;

    /// The app with this key.
    async fn app(&self, org: &str, name: &str) -> Result<Option<App>>;

    /// The app with this RTM project id.
    async fn app_by_pid(&self, pid: i32) -> Result<Option<App>>;

    /// Up to `limit` apps in order of creation, after the one with row number `after`.
    async fn apps(&self, after: AppId, limit: u32) -> Result<Vec<App>>;

    /// Makes one change. `None` when the app is gone.
    async fn change_app(&self, app: AppId, change: AppChange) -> Result<Option<App>>;

    /// How many users the app has; cost does not grow with them.
    async fn user_count(&self, app: AppId) -> Result<u64>;
}
