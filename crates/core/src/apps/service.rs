use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dashmap::DashMap;
use governor::clock::MonotonicClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::{
    App, AppChange, AppId, AppKey, MessageSettings, NewApp, Registration, RoomPolicy, Secret,
};
use crate::sessions::LoginPolicy;
use crate::tokens::LoginKey;
use crate::{Context, Error, Result, users};

/// An app keeps its messages for a minute at least.
const MIN_RETENTION_MS: i64 = 60_000;

/// What a call counts as under [`crate::RateLimits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateClass {
    /// A call of the user system without a limit of its own.
    UserSystem,
    /// Fetching a token.
    Token,
    /// Bulk deletion.
    BulkDelete,
    /// Batch status.
    BatchStatus,
    /// Reading a block list.
    BlockList,
    /// Adding to a block list.
    BlockAdd,
    /// Removing from a block list.
    BlockRemove,
    /// A quest at the RTM server gate.
    RtmServer,
}

type Limiter =
    RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<std::time::Instant>>;

/// The buckets of one app.
struct Buckets {
    user_system: Option<Limiter>,
    token: Option<Limiter>,
    bulk_delete: Option<Limiter>,
    batch_status: Option<Limiter>,
    block_list: Option<Limiter>,
    block_add: Option<Limiter>,
    block_remove: Option<Limiter>,
    rtm_server: Option<Limiter>,
}

/// So many calls per second, and that many at once.
fn bucket(limit: Option<u32>) -> Option<Limiter> {
    let limit = limit.and_then(std::num::NonZeroU32::new)?;
    let quota = Quota::per_second(limit);
    Some(RateLimiter::direct_with_clock(quota, MonotonicClock))
}

/// Tenants and their credentials.
pub struct Apps {
    context: Context,
    /// Every app that was asked for, by name within organisation. Apps are few and never deleted.
    by_key: DashMap<Box<str>, DashMap<Box<str>, Arc<App>>>,
    /// The same by RTM project id.
    by_pid: DashMap<i32, Arc<App>>,
    buckets: DashMap<AppId, Arc<Buckets>>,
    /// Held from a change's commit until `by_key` shows it, so that two changes show in commit order.
    changes: tokio::sync::Mutex<()>,
}

impl Apps {
    pub(crate) fn new(context: Context) -> Self {
        Self {
            context,
            by_key: DashMap::new(),
            by_pid: DashMap::new(),
            buckets: DashMap::new(),
            changes: tokio::sync::Mutex::default(),
        }
    }

    /// The app called `org`/`name`.
    /// # Errors
    /// [`Error::UnknownApp`].
    pub async fn find(&self, org: &str, name: &str) -> Result<Arc<App>> {
        let known = self
            .by_key
            .get(org)
            .and_then(|apps| apps.get(name).map(|app| Arc::clone(app.value())));
        if let Some(app) = known {
            return Ok(app);
        }
        let unknown = || Error::UnknownApp {
            org: org.into(),
            name: name.into(),
        };
        let app = self
            .context
            .store
            .app(org, name)
            .await?
            .ok_or_else(unknown)?;
        Ok(self.remember(app))
    }

    /// The app with this RTM project id, if somebody asked for it before.
    pub fn known_pid(&self, pid: i32) -> Option<Arc<App>> {
        self.by_pid.get(&pid).map(|app| Arc::clone(&app))
    }

    /// The app with this RTM project id, if there is one.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn of_pid(&self, pid: i32) -> Result<Option<Arc<App>>> {
        if let Some(app) = self.known_pid(pid) {
            return Ok(Some(app));
        }
        let app = self.context.store.app_by_pid(pid).await?;
        Ok(app.map(|app| self.remember(app)))
    }

    /// Makes an app with fresh random credentials.
    /// # Errors
    /// [`Error::AppExists`] when the key is taken.
    pub async fn create(&self, key: AppKey, registration: Registration) -> Result<Arc<App>> {
        let new = NewApp {
            application: users::entity_uuid(&self.context),
            client_id: format!("YXA6{}", self.random_text::<16>()).into(),
            client_secret: self.fresh_secret(),
            rtm_secret: self.fresh_rtm_secret(),
            created: self.context.clock.now(),
            key,
            registration,
        };
        Ok(self.remember(self.context.store.create_app(new).await?))
    }

    /// Up to `limit` apps after row number `after`, oldest first.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(&self, after: AppId, limit: u32) -> Result<Vec<App>> {
        self.context.store.apps(after, limit).await
    }

    /// How many users `app` has.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn user_count(&self, app: &App) -> Result<u64> {
        self.context.store.user_count(app.id).await
    }

    /// Sets who may register users.
    /// # Errors
    /// [`Error::UnknownApp`].
    pub async fn set_registration(
        self: &Arc<Self>,
        key: &AppKey,
        registration: Registration,
    ) -> Result<Arc<App>> {
        self.change(key, AppChange::Registration(registration))
            .await
    }

    /// Replaces the Easemob client secret. Every token of the app and of its users is void at once.
    /// Source: Easemob REST 2.1 and 6.2.
    /// # Errors
    /// [`Error::UnknownApp`].
    pub async fn rotate_client_secret(self: &Arc<Self>, key: &AppKey) -> Result<Arc<App>> {
        self.change(key, AppChange::ClientSecret(self.fresh_secret()))
            .await
    }

    /// Replaces the RTM project secret. Whoever had it could log anybody in, so every login token is void
    /// at once; sessions stay.
    /// # Errors
    /// [`Error::UnknownApp`].
    pub async fn rotate_rtm_secret(self: &Arc<Self>, key: &AppKey) -> Result<Arc<App>> {
        self.change(key, AppChange::RtmSecret(self.fresh_rtm_secret()))
            .await
    }

    /// Sets whether quests signed without a time are taken. Source: RTM server gate section 1.2.
    /// # Errors
    /// [`Error::UnknownApp`].
    pub async fn set_legacy_signatures(
        self: &Arc<Self>,
        key: &AppKey,
        taken: bool,
    ) -> Result<Arc<App>> {
        self.change(key, AppChange::LegacySignatures(taken)).await
    }

    /// Sets how many devices a user may be logged in on; counts from the next login.
    /// # Errors
    /// [`Error::UnknownApp`].
    pub async fn set_logins(
        self: &Arc<Self>,
        key: &AppKey,
        policy: LoginPolicy,
    ) -> Result<Arc<App>> {
        self.change(key, AppChange::Logins(policy)).await
    }

    /// Sets how many rooms a session may enter; counts from the next that it enters.
    /// # Errors
    /// [`Error::UnknownApp`].
    pub async fn set_rooms(self: &Arc<Self>, key: &AppKey, policy: RoomPolicy) -> Result<Arc<App>> {
        self.change(key, AppChange::Rooms(policy)).await
    }

    /// Sets how messages are treated.
    /// # Errors
    /// [`Error::UnknownApp`]; [`Error::RetentionIllegal`], [`Error::UidIllegal`].
    pub async fn set_messages(
        self: &Arc<Self>,
        key: &AppKey,
        settings: MessageSettings,
    ) -> Result<Arc<App>> {
        if settings
            .retention_ms
            .is_some_and(|ms| ms < MIN_RETENTION_MS)
        {
            return Err(Error::RetentionIllegal);
        }
        if settings.administrators.iter().any(|uid| uid.0 <= 0) {
            return Err(Error::UidIllegal);
        }
        self.change(key, AppChange::Messages(settings)).await
    }

    /// Sets the key whose signatures log users in, or forgets it. Source: RTM client gate section 2.2.
    /// # Errors
    /// [`Error::UnknownApp`].
    pub async fn set_login_key(
        self: &Arc<Self>,
        key: &AppKey,
        login_key: Option<LoginKey>,
    ) -> Result<Arc<App>> {
        self.change(key, AppChange::LoginKey(login_key)).await
    }

    /// Takes one call from `app`'s budget.
    /// # Errors
    /// [`Error::RateLimited`] when none is left this second.
    pub fn admit(&self, app: &App, class: RateClass) -> Result<()> {
        let rates = &self.context.limits.rates;
        let limited = [
            rates.user_system,
            rates.token,
            rates.bulk_delete,
            rates.batch_status,
            rates.blocks,
            rates.rtm_server,
        ];
        if limited.iter().all(Option::is_none) {
            return Ok(());
        }
        let buckets = self.buckets(app.id);
        let own = match class {
            RateClass::UserSystem => &None,
            RateClass::Token => &buckets.token,
            RateClass::BulkDelete => &buckets.bulk_delete,
            RateClass::BatchStatus => &buckets.batch_status,
            RateClass::BlockList => &buckets.block_list,
            RateClass::BlockAdd => &buckets.block_add,
            RateClass::BlockRemove => &buckets.block_remove,
            RateClass::RtmServer => &buckets.rtm_server,
        };
        let shared = match class {
            RateClass::Token | RateClass::RtmServer => &None,
            _ => &buckets.user_system,
        };
        for bucket in [shared, own].into_iter().flatten() {
            bucket.check().map_err(|_| Error::RateLimited)?;
        }
        Ok(())
    }

    async fn change(self: &Arc<Self>, key: &AppKey, change: AppChange) -> Result<Arc<App>> {
        let (apps, key) = (Arc::clone(self), key.clone());
        self.context
            .complete(async move {
                let _one_at_a_time = apps.changes.lock().await;
                let app = apps.find(&key.org, &key.name).await?;
                let changed = apps.context.store.change_app(app.id, change).await?;
                let changed = Arc::new(changed.ok_or_else(|| Error::UnknownApp {
                    org: key.org.clone().into(),
                    name: key.name.clone().into(),
                })?);
                let of_org = apps.by_key.entry(key.org).or_default();
                of_org.insert(key.name, Arc::clone(&changed));
                apps.by_pid.insert(changed.pid, Arc::clone(&changed));
                Ok(changed)
            })
            .await
    }

    /// Keeps `app` unless a newer state of it is known already.
    fn remember(&self, app: App) -> Arc<App> {
        let of_org = self.by_key.entry(app.key.org.clone()).or_default();
        let slot = of_org
            .entry(app.key.name.clone())
            .or_insert_with(|| Arc::new(app));
        let by_pid = self.by_pid.entry(slot.pid);
        by_pid.or_insert_with(|| Arc::clone(&slot));
        Arc::clone(&slot)
    }

    fn buckets(&self, app: AppId) -> Arc<Buckets> {
        let made = self.buckets.entry(app).or_insert_with(|| {
            let rates = &self.context.limits.rates;
            Arc::new(Buckets {
                user_system: bucket(rates.user_system),
                token: bucket(rates.token),
                bulk_delete: bucket(rates.bulk_delete),
                batch_status: bucket(rates.batch_status),
                block_list: bucket(rates.blocks),
                block_add: bucket(rates.blocks),
                block_remove: bucket(rates.blocks),
                rtm_server: bucket(rates.rtm_server),
            })
        });
        Arc::clone(&made)
    }

    fn fresh_secret(&self) -> Secret {
        Secret::new(format!("YXA6{}", self.random_text::<32>()))
    }

    /// 64 hexadecimal digits: what signs logins is what this spells in base64, and decoders differ in what
    /// they make of `-`, `_` and missing padding. Source: RTM client gate section 2.2.
    fn fresh_rtm_secret(&self) -> Secret {
        let mut bytes = [0; 32];
        self.context.entropy.fill(&mut bytes);
        Secret::new(bytes.map(|byte| format!("{byte:02x}")).concat())
    }

    fn random_text<const N: usize>(&self) -> String {
        let mut bytes = [0; N];
        self.context.entropy.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}
