//! Sessions: authenticated live connections, whatever gate they came through.
//!
//! A gate logs a user in and opens a session with an [`Outlet`], its own end of it: events and the order
//! to close go there. When the connection is gone the gate says so with [`Sessions::end`]. Online means
//! at least one session.

mod budgets;
mod outlet;
mod registry;
mod store;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicU8;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use smallvec::SmallVec;

use crate::apps::AppId;
use crate::messages::Lane;
use crate::rooms::RoomId;
use crate::users::{Named, Uid, UserId, UserName};
use crate::{Error, Limits, Millis, Result};

pub use outlet::{Event, Outlet};
pub(crate) use registry::without;
pub use registry::{Closed, Sessions};
pub use store::{LastSeen, PresenceStore};

/// Names a session within the life of this process; later ones have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// Which device or SDK instance a session belongs to. Easemob's resource id, RTM's `ce` endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What names it: Easemob's `{platform}_{id}`, RTM's `ip:port` of the connection.
    pub id: Box<str>,
    /// UUID of the device, as the client tells it; may be empty.
    pub device_uuid: Box<str>,
    /// Name of the device, as the client tells it; may be empty.
    pub device_name: Box<str>,
    /// What sort of device it is.
    pub kind: DeviceKind,
}

/// What sort of device a session runs on; an app may allow one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    /// A phone or tablet.
    Mobile,
    /// A browser, or a mini program in one.
    Web,
    /// Everything else.
    Desktop,
}

/// How many sessions one user may have at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LoginPolicy {
    /// One on every device.
    #[default]
    AllDevices,
    /// One on every [`DeviceKind`]; a new one displaces the old.
    OnePerKind,
    /// One; a new one displaces the old.
    Single,
}

impl LoginPolicy {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::AllDevices, Self::OnePerKind, Self::Single];

    /// `all`, `one-per-kind` or `single`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllDevices => "all",
            Self::OnePerKind => "one-per-kind",
            Self::Single => "single",
        }
    }

    /// Whether a new session on a device of kind `new` ends one on `old`.
    fn displaces(self, new: DeviceKind, old: DeviceKind) -> bool {
        match self {
            Self::AllDevices => false,
            Self::OnePerKind => new == old,
            Self::Single => true,
        }
    }
}

impl std::str::FromStr for LoginPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let policy = Self::ALL.into_iter().find(|policy| policy.as_str() == text);
        policy.ok_or_else(|| format!("logins are all, one-per-kind or single, not {text:?}"))
    }
}

/// Texts that a client attaches to its session, by name.
pub type Attributes = BTreeMap<Box<str>, Box<str>>;

/// One authenticated live connection of a user.
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// The app it is in.
    pub app: AppId,
    /// Whose it is.
    pub user: UserId,
    /// His name.
    pub name: UserName,
    /// The device.
    pub resource: Resource,
    /// When it was opened.
    pub opened: Millis,
    /// How many sessions in a row displaced each other, this one being the last.
    duels: u32,
    outlet: Box<dyn Outlet>,
    ended: OnceLock<CloseReason>,
    lane: Lane,
    /// Which of its occasions listeners were told: 0 none, 1 the login, 2 the logout.
    announced: AtomicU8,
    /// No other lock is taken under it.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    attributes: Attributes,
    /// The rooms that this session entered by itself.
    rooms: SmallVec<[RoomId; 1]>,
}

impl Session {
    /// The row number and name of the user.
    pub fn named(&self) -> Named {
        Named {
            id: self.user,
            name: self.name.clone(),
        }
    }

    /// RTM's view of the user.
    pub fn uid(&self) -> Uid {
        Uid::of(self.user, &self.name)
    }

    /// Why it ended; `None` while it lives.
    pub fn closed(&self) -> Option<CloseReason> {
        self.ended.get().copied()
    }

    /// Keeps the messages in order that it sends.
    pub fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Adds to the attributes; one of the same name is replaced. Source: RTM client gate section 3.1.
    /// # Errors
    /// [`Error::TooMany`], [`Error::TooLong`]; nothing changes then.
    pub fn add_attributes(&self, added: Attributes, limits: &Limits) -> Result<()> {
        let mut state = self.state();
        let mut all = state.attributes.clone();
        all.extend(added);
        check_attributes(&all, limits)?;
        state.attributes = all;
        Ok(())
    }

    /// The attributes.
    pub fn attributes(&self) -> Attributes {
        self.state().attributes.clone()
    }

    /// Queues `event` for the client.
    pub(crate) fn deliver(&self, event: &Event) {
        if self.closed().is_none() {
            self.outlet.deliver(event);
        }
    }

    /// Notes why it ended. `false` when it had ended already.
    fn finish(&self, reason: CloseReason) -> bool {
        self.ended.set(reason).is_ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("resource", &self.resource)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Whether a session may have these attributes.
/// # Errors
/// [`Error::TooMany`], [`Error::TooLong`].
pub fn check_attributes(all: &Attributes, limits: &Limits) -> Result<()> {
    let what = "the list of attributes";
    if all.len() > limits.attributes {
        return Err(Error::TooMany {
            what,
            sent: all.len(),
            most: limits.attributes,
        });
    }
    let sent = all.iter().map(|(name, text)| name.len() + text.len()).sum();
    if sent > limits.attribute_bytes {
        let most = limits.attribute_bytes;
        return Err(Error::TooLong { what, sent, most });
    }
    Ok(())
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// An administrator closed every session of the user, or this one; or another device of his did.
    Kicked,
    /// The account was banned.
    Banned,
    /// The password changed.
    PasswordChanged,
    /// The account was deleted.
    UserDeleted,
    /// The user logged in elsewhere, and the app's policy or a limit leaves no room for both.
    Replaced,
    /// The client did not read fast enough.
    SlowReader,
    /// The server is going down.
    ShuttingDown,
    /// The client logged out.
    LoggedOut,
    /// The client closed the connection, or it broke.
    ConnectionLost,
    /// The client gave no sign of life.
    Silent,
    /// The client sent what can not be understood.
    Malformed,
    /// The server ended without saying so.
    ServerLost,
}

impl CloseReason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::Kicked,
        Self::Banned,
        Self::PasswordChanged,
        Self::UserDeleted,
        Self::Replaced,
        Self::SlowReader,
        Self::ShuttingDown,
        Self::LoggedOut,
        Self::ConnectionLost,
        Self::Silent,
        Self::Malformed,
        Self::ServerLost,
    ];

    /// One word, as stored and as shown to callers.
    pub fn label(self) -> &'static str {
        match self {
            Self::Kicked => "kicked",
            Self::Banned => "banned",
            Self::PasswordChanged => "password_changed",
            Self::UserDeleted => "user_deleted",
            Self::Replaced => "replaced",
            Self::SlowReader => "slow_reader",
            Self::ShuttingDown => "server_shutdown",
            Self::LoggedOut => "logged_out",
            Self::ConnectionLost => "connection_lost",
            Self::Silent => "silent",
            Self::Malformed => "malformed",
            Self::ServerLost => "server_lost",
        }
    }

    /// The reason with this label.
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.label() == label)
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kicked => "kicked",
            Self::Banned => "account banned",
            Self::PasswordChanged => "password changed",
            Self::UserDeleted => "account deleted",
            Self::Replaced => "logged in on another device",
            Self::SlowReader => "reading too slowly",
            Self::ShuttingDown => "server going down",
            Self::LoggedOut => "logged out",
            Self::ConnectionLost => "connection lost",
            Self::Silent => "no sign of life",
            Self::Malformed => "malformed input",
            Self::ServerLost => "server stopped without notice",
        })
    }
}
