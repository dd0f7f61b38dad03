use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::{Token, TokenHash, TokenKind, TokenOwner};
use crate::apps::{App, AppId};
use crate::read_cache::ReadCache;
use crate::users::{Uid, UidTarget, User, UserName, Users};
use crate::{Context, Error, Result, TokenFault};

/// What every token begins with, as the vendor's do.
const PREFIX: &str = "YWMt";
/// Random bytes in a token.
const RANDOM_BYTES: usize = 32;
/// Characters of a token: the prefix and the random bytes in base64.
const TOKEN_CHARS: usize = PREFIX.len() + (RANDOM_BYTES * 8).div_ceil(6);
/// Expired tokens deleted in one store operation, so that others get their turn.
const SWEEP_BATCH: u32 = 500;

/// How long a token is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// As long as the limits say.
    Default,
    /// This many seconds, at least 1.
    Seconds(i64),
    /// For ever.
    Never,
}

/// A token just issued. Its text exists only here and with the caller.
#[derive(Debug)]
pub struct Grant {
    /// 47 characters of `[A-Za-z0-9_-]`.
    pub token: String,
    /// Seconds that it lives, for a field of 32 signed bits: longer times and "for ever" are
    /// 2147483647.
    pub expires_in_seconds: i32,
}

/// Who makes a call.
#[derive(Clone, Debug)]
pub enum Caller {
    /// The app's own back end.
    App,
    /// One of its users.
    User(Arc<User>),
}

/// Issues and checks bearer tokens.
pub struct Tokens {
    pub(super) context: Context,
    pub(super) users: Arc<Users>,
    by_hash: ReadCache<TokenHash, Arc<Token>>,
}

impl Tokens {
    pub(crate) fn new(context: Context, users: Arc<Users>) -> Self {
        Self {
            by_hash: ReadCache::new(context.limits.cached_tokens, |_| 1),
            context,
            users,
        }
    }

    /// An app token for whoever knows the app's client credentials. Source: Easemob REST 2.1.
    /// # Errors
    /// [`Error::ClientIdMismatch`], [`Error::ClientSecretMismatch`].
    pub async fn grant_app(
        &self,
        app: &App,
        client_id: &str,
        client_secret: &str,
        ttl: Ttl,
    ) -> Result<Grant> {
        if *app.client_id != *client_id {
            return Err(Error::ClientIdMismatch);
        }
        if !app.client_secret.matches(client_secret) {
            return Err(Error::ClientSecretMismatch);
        }
        self.issue(app, TokenOwner::App, 0, ttl).await
    }

    /// A user token for whoever knows the password. Source: Easemob REST 2.2.
    /// # Errors
    /// [`Error::UnknownUser`], [`Error::WrongPassword`], [`Error::UserBanned`], [`Error::Busy`].
    pub async fn grant_password(
        &self,
        app: &App,
        name: &str,
        password: String,
        ttl: Ttl,
    ) -> Result<(Grant, Arc<User>)> {
        let name = name.parse::<UserName>().map_err(|_| Error::UnknownUser)?;
        let user = self
            .users
            .named(app.id, &name)
            .await?
            .ok_or(Error::UnknownUser)?;
        self.users.check_password(app.id, &user, password).await?;
        Ok((self.grant_to(app, &user, ttl).await?, user))
    }

    /// A user token that the app asks for by name; with `create`, an unknown user is made, without a
    /// password. Source: Easemob REST 2.3.
    /// # Errors
    /// [`Error::UnknownUser`], [`Error::UserBanned`]; with `create`, [`Error::NameTooLong`],
    /// [`Error::NameIllegal`], [`Error::UserQuotaReached`].
    pub async fn grant_inherit(
        &self,
        app: &App,
        name: &str,
        create: bool,
        ttl: Ttl,
    ) -> Result<(Grant, Arc<User>)> {
        let user = if create {
            self.users.find_or_create(app.id, name.parse()?).await?
        } else {
            let name = name.parse::<UserName>().map_err(|_| Error::UnknownUser)?;
            self.users
                .named(app.id, &name)
                .await?
                .ok_or(Error::UnknownUser)?
        };
        if user.ban.holds(self.context.clock.now()) {
            return Err(Error::UserBanned);
        }
        Ok((self.grant_to(app, &user, ttl).await?, user))
    }

    /// Whom `text` speaks for inside `app`. Touches no disk when token and user are cached.
    /// # Errors
    /// [`Error::Token`] with what is wrong with it.
    pub async fn verify(&self, app: &App, text: &str) -> Result<Caller> {
        let well_formed = text.len() == TOKEN_CHARS
            && text.starts_with(PREFIX)
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !well_formed {
            return Err(Error::Token(TokenFault::Malformed));
        }
        let hash = hash(text);
        let load = || async { Ok(self.context.store.token(hash).await?.map(Arc::new)) };
        let revoked = Error::Token(TokenFault::Revoked);
        let Some(token) = self.by_hash.get(&hash, load).await? else {
            return Err(revoked);
        };
        if token.app != app.id {
            return Err(Error::Token(TokenFault::OtherApp));
        }
        if token.app_generation != app.token_generation {
            return Err(revoked);
        }
        let now = self.context.clock.now();
        if token.expires.is_some_and(|end| end <= now) {
            return Err(Error::Token(TokenFault::Expired));
        }
        match &token.owner {
            TokenOwner::App => Ok(Caller::App),
            TokenOwner::User { id, name } => match self.users.named(app.id, name).await? {
                Some(user)
                    if user.id == *id
                        && user.token_generation == token.user_generation
                        && !user.ban.holds(now) =>
                {
                    Ok(Caller::User(user))
                }
                _ => Err(revoked),
            },
        }
    }

    /// A token with which an RTM client logs in: 32 upper-case hexadecimal digits. Its user comes into
    /// being if he is new; earlier tokens stay good. Source: RTM server gate section 4.1.
    /// # Errors
    /// [`Error::UidIllegal`], [`Error::UserQuotaReached`], [`Error::UnknownUser`] for the uid of a user
    /// who is gone.
    pub async fn grant_login(&self, app: &App, uid: Uid) -> Result<String> {
        let user = self.users.wanted(uid)?;
        let mut random = [0; 16];
        self.context.entropy.fill(&mut random);
        let text = format!("{:032X}", u128::from_be_bytes(random));
        let seconds = self.context.limits.token_ttl_seconds;
        let expires = self.context.clock.now().plus_seconds(seconds);
        self.context
            .store
            .add_login_token(app.id, user, hash(&text), app.login_generation, expires)
            .await?;
        Ok(text)
    }

    /// Voids every login token of a user, and what the app signed for him up to this second, also when he
    /// is still to come into being by that. Sessions stay. Source: RTM client gate section 2.8.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub async fn revoke_logins(self: &Arc<Self>, app: AppId, uid: Uid) -> Result<()> {
        let Some(user) = self.users.of_uid(app, uid).await? else {
            let (store, now) = (&self.context.store, self.context.clock.now());
            return match uid.target() {
                Some(UidTarget::Name(name)) => store.void_logins(app, name, now).await,
                _ => Ok(()),
            };
        };
        let tokens = Arc::clone(self);
        self.context
            .complete(async move {
                let (store, now) = (&tokens.context.store, tokens.context.clock.now());
                store.revoke_logins(app, user.id, now).await?;
                tokens.users.changed(app, &user.name);
                Ok(())
            })
            .await
    }

    pub(crate) async fn sweep(&self) -> Result<u64> {
        let mut swept = 0;
        loop {
            let now = self.context.clock.now();
            let batch = self.context.store.sweep_tokens(now, SWEEP_BATCH).await?;
            swept += batch;
            if batch < u64::from(SWEEP_BATCH) {
                return Ok(swept);
            }
        }
    }

    /// Forgets deletions of users whose signed logins have all ended.
    pub(crate) async fn forget_void_logins(&self) -> Result<()> {
        let limits = &self.context.limits;
        let good = limits
            .login_validity_seconds
            .saturating_add(limits.login_skew_seconds);
        loop {
            let before = self.context.clock.now().plus_seconds(-good);
            let store = &self.context.store;
            if store.forget_void_logins(before, SWEEP_BATCH).await? < u64::from(SWEEP_BATCH) {
                return Ok(());
            }
        }
    }

    async fn grant_to(&self, app: &App, user: &User, ttl: Ttl) -> Result<Grant> {
        let owner = TokenOwner::User {
            id: user.id,
            name: user.name.clone(),
        };
        self.issue(app, owner, user.token_generation, ttl).await
    }

    async fn issue(
        &self,
        app: &App,
        owner: TokenOwner,
        user_generation: i64,
        ttl: Ttl,
    ) -> Result<Grant> {
        let mut random = [0; RANDOM_BYTES];
        self.context.entropy.fill(&mut random);
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let seconds = match ttl {
            Ttl::Default => Some(self.context.limits.token_ttl_seconds),
            Ttl::Seconds(seconds) => Some(seconds),
            Ttl::Never => None,
        };
        let token = Token {
            hash: hash(&text),
            kind: TokenKind::Bearer,
            app: app.id,
            owner,
            app_generation: app.token_generation,
            user_generation,
            expires: seconds.map(|seconds| self.context.clock.now().plus_seconds(seconds)),
        };
        self.context.store.add_token(token).await?;
        let expires_in_seconds = seconds
            .and_then(|seconds| i32::try_from(seconds).ok())
            .unwrap_or(i32::MAX);
        Ok(Grant {
            token: text,
            expires_in_seconds,
        })
    }
}

pub(super) fn hash(text: &str) -> TokenHash {
    TokenHash(Sha256::digest(text.as_bytes()).into())
}
