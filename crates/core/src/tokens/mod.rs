//! Tokens: opaque, random, stored as hashes. Sources: Easemob REST section 2, RTM server gate section 4.1.

mod login;
mod service;
mod store;

use crate::Millis;
use crate::apps::AppId;
use crate::users::{UserId, UserName};

pub use login::LoginKey;
pub use service::{Caller, Grant, Tokens, Ttl};
pub use store::TokenStore;

/// SHA-256 of a token's text. The text itself is kept nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// Who a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOwner {
    /// The app itself: everything inside it.
    App,
    /// One user of it.
    User {
        /// His row number.
        id: UserId,
        /// His name.
        name: UserName,
    },
}

/// What a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Calls of Easemob's REST and web dialect.
    Bearer,
    /// A login of an RTM client.
    Login,
}

/// A token as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Hash of its text.
    pub hash: TokenHash,
    /// What it opens.
    pub kind: TokenKind,
    /// The app it belongs to.
    pub app: AppId,
    /// Who it speaks for.
    pub owner: TokenOwner,
    /// The app's generation when it was issued: of its logins for [`TokenKind::Login`].
    pub app_generation: i64,
    /// The user's generation when it was issued; 0 for an app token. Of no meaning for
    /// [`TokenKind::Login`], whose row is deleted instead.
    pub user_generation: i64,
    /// When it ends; `None`: never.
    pub expires: Option<Millis>,
}
