use async_trait::async_trait;

use super::{Token, TokenHash};
use crate::{Millis, Result};

/// Durable tokens. Changing a password, banning or deleting a user deletes his tokens in the same
/// operation; rotating a client secret leaves the rows to [`TokenStore::sweep_tokens`], since their
/// generation voids them already.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Stores `token`. [`Error::UnknownUser`](crate::Error::UnknownUser) when its user is gone.
    async fn add_token(&self, token: Token) -> Result<()>;

    /// The token with this hash, valid or not.
    async fn token(&self, hash: TokenHash) -> Result<Option<Token>>;

    /// Deletes up to `limit` tokens that ended at or before `now`, or that a rotation of their app's
    /// secret voided. Returns how many.
    async fn sweep_tokens(&self, now: Millis, limit: u32) -> Result<u64>;
}
