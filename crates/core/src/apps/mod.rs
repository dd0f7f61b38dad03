//! Apps: tenants. Every other thing lives inside exactly one.

mod service;
mod store;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

use crate::sessions::LoginPolicy;
use crate::tokens::LoginKey;
use crate::users::Uid;
use crate::{Error, Millis};

pub use service::{Apps, RateClass};
pub use store::{AppChange, AppStore, NewApp};

/// Row number of an app; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(pub i64);

/// `org#app`, compared byte by byte. The organisation is 1 to 64 letters, digits, `-` or `_`; the
/// app is 1 to 32 letters, digits or `-`. Source: Easemob REST 1.1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppKey {
    /// Organisation, `org_name` on the wire.
    pub org: Box<str>,
    /// App, `app_name` on the wire.
    pub name: Box<str>,
}

impl AppKey {
    /// Checks both parts.
    /// # Errors
    /// [`Error::IllegalAppKey`], saying which part breaks which rule.
    pub fn new(org: &str, name: &str) -> Result<Self, Error> {
        let part = |what: &str, text: &str, most: usize, extra: &str| {
            let legal = text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || extra.contains(c));
            if text.is_empty() || text.len() > most || !legal {
                return Err(Error::IllegalAppKey(format!(
                    "{what} name {text:?} is not 1 to {most} letters, digits or any of {extra:?}"
                )));
            }
            Ok(Box::from(text))
        };
        Ok(Self {
            org: part("organisation", org, 64, "-_")?,
            name: part("app", name, 32, "-")?,
        })
    }
}

impl FromStr for AppKey {
    type Err = Error;

    /// Reads `ORG/APP`, the form of the command line.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (org, name) = text
            .split_once('/')
            .ok_or_else(|| Error::IllegalAppKey(format!("{text:?} is not of the form ORG/APP")))?;
        Self::new(org, name)
    }
}

impl fmt::Display for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.org, self.name)
    }
}

/// Who may register users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Registration {
    /// Anybody, one at a time.
    Open,
    /// Only the app itself.
    Authorised,
}

impl Registration {
    /// `open` or `authorised`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Authorised => "authorised",
        }
    }
}

impl FromStr for Registration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "authorised" => Ok(Self::Authorised),
            _ => Err(format!("registration is open or authorised, not {text:?}")),
        }
    }
}

/// How many rooms a session may enter. Source: RTM client gate section 6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RoomPolicy {
    /// One: entering another leaves it.
    #[default]
    One,
    /// As many as [`crate::Limits::rooms`] says.
    Several,
}

impl RoomPolicy {
    /// `one` or `several`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Several => "several",
        }
    }
}

impl FromStr for RoomPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "one" => Ok(Self::One),
            "several" => Ok(Self::Several),
            _ => Err(format!("rooms are one or several, not {text:?}")),
        }
    }
}

/// How an app wants its messages to be treated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageSettings {
    /// Milliseconds for which messages are kept; `None`: [`crate::Limits::message_retention_ms`].
    pub retention_ms: Option<i64>,
    /// Whether a message that its sender calls like an earlier one is an error, unless it is a retry.
    pub strict_ids: bool,
    /// What holds for users in whose names the back end sends.
    pub back_end: SenderPolicy,
    /// Who may write to everybody, and where he is no member. Nobody: the back end writes to everybody in
    /// anybody's name.
    pub administrators: Arc<[Uid]>,
}

/// Which rules hold for what the back end sends. Source: RTM server gate section 5.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SenderPolicy {
    /// Those of the user in whose name it sends: membership, mutes, blocks and bans.
    #[default]
    Bound,
    /// None.
    Free,
}

impl SenderPolicy {
    /// `bound` or `free`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Free => "free",
        }
    }
}

impl FromStr for SenderPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "bound" => Ok(Self::Bound),
            "free" => Ok(Self::Free),
            _ => Err(format!("senders are bound or free, not {text:?}")),
        }
    }
}

/// A text that is shown only on purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for storing it and for showing it to whoever asked.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares in time that depends on the lengths only.
    pub fn matches(&self, other: &str) -> bool {
        use subtle::ConstantTimeEq as _;
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// One tenant.
#[derive(Clone, Debug)]
pub struct App {
    /// Row number.
    pub id: AppId,
    /// `org` and `name`.
    pub key: AppKey,
    /// The UUID that the Easemob dialect calls `application`.
    pub application: Uuid,
    /// Easemob `client_id`.
    pub client_id: Box<str>,
    /// Easemob `client_secret`.
    pub client_secret: Secret,
    /// RTM project id; positive.
    pub pid: i32,
    /// RTM project secret.
    pub rtm_secret: Secret,
    /// Whether the RTM gate takes quests that are signed without a time, as SDKs before 2020 do.
    pub legacy_signatures: bool,
    /// How many devices a user may be logged in on.
    pub logins: LoginPolicy,
    /// How many rooms a session may enter.
    pub rooms: RoomPolicy,
    /// How its messages are treated.
    pub messages: MessageSettings,
    /// The key whose signatures log users in, if the app registered one.
    pub login_key: Option<LoginKey>,
    /// Raised when the RTM secret is replaced; a login token of another generation is void.
    pub login_generation: i64,
    /// Who may register users.
    pub registration: Registration,
    /// Raised when every token of the app is revoked; a token of another generation is void.
    pub token_generation: i64,
    /// When it was made.
    pub created: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hold_the_documented_characters_and_lengths() {
        assert!(AppKey::new("acme_im-2", "chat-prod").is_ok());
        assert!(AppKey::new(&"o".repeat(64), &"a".repeat(32)).is_ok());
        for (org, app) in [
            ("", "a"),
            ("o", ""),
            (&*"o".repeat(65), "a"),
            ("o", &*"a".repeat(33)),
            ("o", "a_b"),
            ("o#x", "a"),
            ("o", "a/b"),
            ("ö", "a"),
        ] {
            assert!(AppKey::new(org, app).is_err(), "{org}/{app}");
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(***)");
    }
}
