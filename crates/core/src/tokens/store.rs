use async_trait::async_trait;

use super::{Token, TokenHash};
use crate::apps::AppId;
use crate::users::{UserId, Wanted};
use crate::{Millis, Result};

/// Durable tokens. Changing a password or deleting a user deletes his tokens in the same operation,
/// banning him his bearer tokens; rotating a secret leaves the rows to [`TokenStore::sweep_tokens`],
/// since their generation voids them already.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Stores `token`. [`Error::UnknownUser`](crate::Error::UnknownUser) when its user is gone.
    async fn add_token(&self, token: Token) -> Result<()>;

    /// Stores a login token of `user`, of his present generation.
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when an existing user is gone,
    /// [`Error::UserQuotaReached`](crate::Error::UserQuotaReached); nothing changes then.
    async fn add_login_token(
        &self,
        app: AppId,
        user: Wanted,
        hash: TokenHash,
        app_generation: i64,
        expires: Millis,
    ) -> Result<()>;

    /// The token with this hash, valid or not.
    async fn token(&self, hash: TokenHash) -> Result<Option<Token>>;

    /// Deletes the login tokens of a user, and sets his `logins_since` to `now`.
    async fn revoke_logins(&self, app: AppId, user: UserId, now: Millis) -> Result<()>;

    /// Deletes up to `limit` tokens that ended at or before `now`, or that a rotation of their app's
    /// secret voided. Returns how many.
    async fn sweep_tokens(&self, now: Millis, limit: u32) -> Result<u64>;
}
