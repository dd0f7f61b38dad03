//! Push settings, devices and muted conversations of a user. The settings are part of his row, and
//! [`crate::users::Users::change_profile`] changes them.

mod service;
mod store;

use std::collections::BTreeMap;

use crate::groups::GroupId;
use crate::users::Uid;

pub use service::Push;
pub use store::PushStore;

/// Stands for every type of message in [`MutedPush`].
pub const EVERY_TYPE: i8 = 0;

/// A device that can be pushed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Whose push service reaches it; `None` when the SDK was too old to say.
    pub provider: Option<PushProvider>,
    /// Its address there, not empty.
    pub token: Box<str>,
}

/// A push service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushProvider {
    /// Apple's, `apns` on the wire.
    Apns,
    /// Google's, `fcm` on the wire.
    Fcm,
}

/// A conversation as push settings name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PushConversation {
    /// With one user, who need not exist.
    Pair(Uid),
    /// In one group.
    Group(GroupId),
}

/// A type of message that is not pushed to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MutedPush {
    /// Of which conversation.
    pub conversation: PushConversation,
    /// Which type, [`EVERY_TYPE`] for all.
    pub message_type: i8,
}

impl PushProvider {
    /// `apns` or `fcm`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apns => "apns",
            Self::Fcm => "fcm",
        }
    }

    /// `None` unless `apns` or `fcm`.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "apns" => Some(Self::Apns),
            "fcm" => Some(Self::Fcm),
            _ => None,
        }
    }
}

/// How and when a user wants to be notified. Unset fields were never set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushSettings {
    /// Whether a notification shows the message or only that there is one.
    pub display_style: Option<DisplayStyle>,
    /// Whether the quiet hours are on.
    pub do_not_disturb: Option<bool>,
    /// First quiet hour, 0 to 23.
    pub quiet_from_hour: Option<Hour>,
    /// Hour at which the quiet ends, 0 to 23; smaller than the first means over midnight.
    pub quiet_to_hour: Option<Hour>,
    /// Whether a group, by id, is ignored.
    pub ignored_groups: BTreeMap<i64, bool>,
}

/// What a notification shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisplayStyle {
    /// "You have a new message." `0` on the wire.
    Brief,
    /// Sender and content. `1` on the wire.
    Full,
}

/// An hour of the day, 0 to 23.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour(u8);

impl Hour {
    /// `None` unless 0 to 23.
    pub fn new(hour: i64) -> Option<Self> {
        u8::try_from(hour).ok().filter(|h| *h < 24).map(Self)
    }

    /// 0 to 23.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl DisplayStyle {
    /// `None` unless 0 or 1.
    pub fn new(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Brief),
            1 => Some(Self::Full),
            _ => None,
        }
    }

    /// 0 or 1.
    pub fn number(self) -> u8 {
        match self {
            Self::Brief => 0,
            Self::Full => 1,
        }
    }
}
