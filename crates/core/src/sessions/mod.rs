//! Sessions: authenticated live connections, whatever gate they came through.
//!
//! A gate registers a session after login, writes to its socket what the session's outbox hands out,
//! and closes the socket when the outbox says why. Online means at least one session.

mod outbox;
mod registry;

use std::fmt;

use crate::Millis;
use crate::apps::AppId;
use crate::users::{UserId, UserName};

pub use outbox::{Outbox, OutboxEvent};
pub use registry::Sessions;

/// Names a session within the life of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// Which device or SDK instance a session belongs to. Easemob's resource id, RTM's `ce` endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// `{platform}_{id}`, as the client names it.
    pub id: Box<str>,
    /// UUID of the device, as the client tells it; may be empty.
    pub device_uuid: Box<str>,
    /// Name of the device, as the client tells it; may be empty.
    pub device_name: Box<str>,
}

/// One authenticated live connection of a user.
#[derive(Debug)]
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
    /// The queue towards its socket.
    pub outbox: Outbox,
}

/// Why the server ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// An administrator closed every session of the user, or this one.
    Kicked,
    /// The account was banned.
    Banned,
    /// The password changed.
    PasswordChanged,
    /// The account was deleted.
    UserDeleted,
    /// The client did not read fast enough.
    SlowReader,
    /// The server is going down.
    ShuttingDown,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kicked => "kicked by an administrator",
            Self::Banned => "account banned",
            Self::PasswordChanged => "password changed",
            Self::UserDeleted => "account deleted",
            Self::SlowReader => "reading too slowly",
            Self::ShuttingDown => "server going down",
        })
    }
}

impl Session {
    fn new(
        id: SessionId,
        user: (AppId, UserId, UserName),
        resource: Resource,
        opened: Millis,
        outbox_bytes: usize,
    ) -> Self {
        let (app, user, name) = user;
        Self {
            id,
            app,
            user,
            name,
            resource,
            opened,
            outbox: Outbox::new(outbox_bytes),
        }
    }
}
