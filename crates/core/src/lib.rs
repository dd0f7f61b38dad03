//! The domain of Halloo: who may do what, what changes, whom to tell.
//!
//! This is the only crate with rules. It knows no HTTP, JSON, MessagePack, protobuf, SQL or sockets:
//! gates turn bytes into calls of the services below, stores make their decisions durable through
//! the traits in [`ports`].
//!
//! To add a noun: a folder with its types (`mod.rs`), its store trait (`store.rs`) and its service
//! (`service.rs`, or one file per thing done to it); list the trait in [`ports::Store`] and the
//! service in [`Core`].

pub mod apps;
pub mod bans;
mod error;
pub mod groups;
pub mod info;
mod limits;
pub mod listeners;
pub mod messages;
pub mod ports;
pub mod push;
mod read_cache;
pub mod relations;
pub mod rooms;
pub mod sessions;
pub mod tokens;
pub mod users;

use std::sync::Arc;

pub use error::{BoxError, Error, Result, TokenFault};
pub use limits::{HashCost, Limits, RateLimits};
pub use uuid::Uuid;

use tokio_util::task::TaskTracker;

use apps::{App, AppId, Apps};
use bans::Bans;
use groups::Groups;
use listeners::Listeners;
use messages::{Audiences, MessageStore, Messages, SharedLog};
use ports::{Clock, Entropy, Store};
use push::Push;
use relations::{Blocks, Contacts};
use rooms::Rooms;
use sessions::{Attributes, CloseReason, Outlet, Resource, Session, Sessions};
use tokens::Tokens;
use users::{User, Users};

fn revoked() -> Error {
    Error::Token(TokenFault::Revoked)
}

/// Unix time in milliseconds. Only a [`Clock`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

impl Millis {
    /// This instant plus `seconds`, saturating at the end of time.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }
}

/// What every service is built from.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) log: SharedLog,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) tasks: TaskTracker,
    /// Who is in groups and rooms. Told of every change.
    pub(crate) audiences: Arc<Audiences>,
    /// Who is told of messages and logins beside those whom they concern.
    pub(crate) listeners: Arc<Listeners>,
}

impl Context {
    /// Runs `work` to its end even when the caller stops waiting: what follows a commit (readers see
    /// the change, sessions close) must not depend on whether the client still listens.
    pub(crate) async fn complete<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.tasks.spawn(work).await.map_err(Error::unavailable)?
    }
}

/// The services of the domain, one per noun. Cheap to clone.
#[derive(Clone)]
pub struct Core {
    /// Tenants and their credentials.
    pub apps: Arc<Apps>,
    /// Accounts, their passwords, bans and push settings.
    pub users: Arc<Users>,
    /// Bearer tokens of apps and users.
    pub tokens: Arc<Tokens>,
    /// Live connections.
    pub sessions: Arc<Sessions>,
    /// Back ends that want to hear what is said.
    pub listeners: Arc<Listeners>,
    /// Friend edges.
    pub contacts: Arc<Contacts>,
    /// Block lists.
    pub blocks: Arc<Blocks>,
    /// Groups, their members and texts.
    pub groups: Arc<Groups>,
    /// Rooms, who is in them, and their texts.
    pub rooms: Arc<Rooms>,
    /// Mutes in groups, rooms and apps.
    pub bans: Arc<Bans>,
    /// Push devices and muted conversations.
    pub push: Arc<Push>,
    /// The conversation log.
    pub messages: Arc<Messages>,
    context: Context,
}

impl Core {
    /// Wires the services onto one store and one log of messages. Starts the threads that hash passwords
    /// and that deliver messages.
    pub fn new(
        store: Arc<dyn Store>,
        log: Arc<dyn MessageStore>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        limits: Limits,
    ) -> Self {
        let context = Context {
            audiences: Arc::new(Audiences::new(&limits)),
            listeners: Arc::default(),
            store,
            log,
            clock,
            entropy,
            limits: Arc::new(limits),
            tasks: TaskTracker::new(),
        };
        let apps = Arc::new(Apps::new(context.clone()));
        let sessions = Arc::new(Sessions::new(context.clone()));
        let users = Arc::new(Users::new(context.clone(), Arc::clone(&sessions)));
        Self {
            tokens: Arc::new(Tokens::new(context.clone(), Arc::clone(&users))),
            contacts: Arc::new(Contacts::new(context.clone(), Arc::clone(&users))),
            blocks: Arc::new(Blocks::new(context.clone(), Arc::clone(&users))),
            groups: Arc::new(Groups::new(context.clone(), Arc::clone(&users))),
            rooms: Arc::new(Rooms::new(
                context.clone(),
                Arc::clone(&users),
                Arc::clone(&sessions),
            )),
            bans: Arc::new(Bans::new(context.clone(), Arc::clone(&users))),
            push: Arc::new(Push::new(context.clone(), Arc::clone(&users))),
            messages: Arc::new(Messages::new(context.clone(), Arc::clone(&users))),
            listeners: Arc::clone(&context.listeners),
            apps,
            users,
            sessions,
            context,
        }
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.context.limits
    }

    /// The present time.
    pub fn now(&self) -> Millis {
        self.context.clock.now()
    }

    /// The store below, for maintenance such as backups.
    pub fn store(&self) -> &dyn Store {
        self.context.store.as_ref()
    }

    /// The log of messages below, for maintenance such as backups.
    pub fn log(&self) -> &dyn MessageStore {
        self.context.log.as_ref()
    }

    /// Waits until every change that was begun has taken effect, and closes the log of messages; for shutting
    /// down.
    pub async fn settle(&self) {
        self.context.tasks.close();
        self.context.tasks.wait().await;
        if let Err(error) = self.messages.receipts().note().await {
            tracing::error!("What was confirmed last could not be noted: {error}");
        }
        self.context.log.close().await;
    }

    /// Opens a session of `user` on `resource`. What the server has to tell its client goes to `outlet`.
    ///
    /// The account is looked at once more after the session is visible, so that a ban, deletion or
    /// password change that happens meanwhile either closes this session or refuses it here.
    /// # Errors
    /// [`Error::UserBanned`] while a ban lasts, [`Error::Token`] when the account or its credentials
    /// changed since `user` was read; [`Error::RateLimited`] when two devices keep displacing each other;
    /// [`Error::TooMany`] and [`Error::TooLong`] of the attributes. A session that was kicked or displaced
    /// meanwhile is none: its outlet was told.
    pub async fn open_session(
        &self,
        app: &App,
        user: &User,
        resource: Resource,
        attributes: Attributes,
        outlet: Box<dyn Outlet>,
    ) -> Result<Arc<Session>> {
        let registered = self
            .sessions
            .register(app, user, resource, attributes, outlet);
        let (session, noting) = registered?;
        // Before anything that the session does, so that a crash leaves nothing of it behind.
        let noted = noting.await.map_err(Error::unavailable).flatten();
        let (refusal, reason) = match noted.and(self.users.named(app.id, &user.name).await) {
            Err(error) => (error, CloseReason::ConnectionLost),
            Ok(Some(now)) if now.id == user.id => {
                if now.ban.holds(self.now()) {
                    (Error::UserBanned, CloseReason::Banned)
                } else if now.token_generation != user.token_generation {
                    (revoked(), CloseReason::PasswordChanged)
                } else {
                    self.sessions.displace(app.logins, &session);
                    self.sessions.announce(&session);
                    return Ok(session);
                }
            }
            Ok(_) => (revoked(), CloseReason::UserDeleted),
        };
        self.sessions.end(&session, reason);
        Err(refusal)
    }

    /// Puts right what a server that was killed left behind: its users are offline, and out of their
    /// rooms. To be done before anybody is served.
    /// # Errors
    /// [`Error::Unavailable`] when the store can not be written.
    pub async fn recover(&self) -> Result<()> {
        self.sessions.forget_lost().await
    }

    /// Reads users into memory after a start, as many as are kept there, using at most half of one
    /// processor.
    /// # Errors
    /// [`Error::Unavailable`] when the store can not be read.
    pub async fn warm(&self) -> Result<()> {
        let mut left = self.users.cache_capacity();
        let mut after = AppId(0);
        loop {
            let apps = self.apps.list(after, 100).await?;
            let Some(last) = apps.last() else {
                return Ok(());
            };
            after = last.id;
            for app in &apps {
                left = left.saturating_sub(self.users.warm(app.id, left).await?);
            }
        }
    }

    /// Deletes what has expired; call it once a minute or so. Returns how many tokens and mutes went.
    /// # Errors
    /// [`Error::Unavailable`] when the store can not be written.
    pub async fn sweep(&self) -> Result<u64> {
        self.sessions.sweep();
        if self.messages.is_clock_steady() {
            let mut after = AppId(0);
            while let Some(app) = self.apps.list(after, 1).await?.pop() {
                after = app.id;
                if let Err(error) = self.messages.reclaim(&app).await {
                    tracing::warn!("Old messages of {} stay for now: {error}", app.key);
                }
            }
        }
        self.tokens.forget_void_logins().await?;
        Ok(self.tokens.sweep().await? + self.bans.sweep().await?)
    }
}
