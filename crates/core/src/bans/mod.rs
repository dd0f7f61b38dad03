//! Bans: one value shared by every dialect, for accounts and for mutes.
//!
//! Easemob `deactivate` is [`Ban::Forever`], `activate` is [`Ban::Never`]; an RTM project black of
//! `btime` seconds is [`Ban::Until`]. Setting an account's is [`crate::users::Users::set_ban`]. A mute
//! leaves the account usable: its user neither writes to a place nor hears from it.

mod service;
mod store;

use crate::Millis;
use crate::groups::GroupId;
use crate::rooms::RoomId;

pub use service::Bans;
pub use store::BanStore;

/// Until when somebody is shut out or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ban {
    /// Not banned.
    Never,
    /// Banned before this instant.
    Until(Millis),
    /// Banned until lifted.
    Forever,
}

impl Ban {
    /// Whether it holds at `now`. At the very instant of its end a ban is over.
    pub fn holds(self, now: Millis) -> bool {
        match self {
            Self::Never => false,
            Self::Until(end) => now < end,
            Self::Forever => true,
        }
    }

    /// Whichever lasts longer.
    #[must_use]
    pub fn longer(self, other: Self) -> Self {
        match (self, other) {
            (Self::Forever, _) | (_, Self::Forever) => Self::Forever,
            (Self::Never, other) | (other, Self::Never) => other,
            (Self::Until(one), Self::Until(other)) => Self::Until(one.max(other)),
        }
    }

    /// A ban of RTM's `btime`: so many seconds from `now`, for ever when not positive.
    /// Source: RTM server gate sections 3 (U3, R5, G7) and 4.2.
    pub fn lasting(seconds: i64, now: Millis) -> Self {
        if seconds <= 0 {
            Self::Forever
        } else {
            Self::Until(now.plus_seconds(seconds))
        }
    }
}

/// Where a user can be muted. Each is an entry of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// One group.
    Group(GroupId),
    /// Every group, whatever the entries of single ones say.
    EveryGroup,
    /// One room.
    Room(RoomId),
    /// Every room, whatever the entries of single ones say.
    EveryRoom,
    /// The whole app.
    App,
}

impl Place {
    /// The entries that mute a user here.
    pub fn covering(self) -> Vec<Self> {
        match self {
            Self::Group(_) => vec![self, Self::EveryGroup],
            Self::Room(_) => vec![self, Self::EveryRoom],
            Self::EveryGroup | Self::EveryRoom | Self::App => vec![self],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timed_ban_ends_at_its_instant() {
        let ban = Ban::Until(Millis(1000));
        assert!(ban.holds(Millis(999)));
        assert!(!ban.holds(Millis(1000)));
        assert!(Ban::Forever.holds(Millis(i64::MAX)));
        assert!(!Ban::Never.holds(Millis(0)));
    }

    #[test]
    fn a_ban_of_no_seconds_is_for_ever() {
        let now = Millis(5000);
        assert_eq!(Ban::lasting(2, now), Ban::Until(Millis(7000)));
        assert_eq!(Ban::lasting(0, now), Ban::Forever);
        assert_eq!(Ban::lasting(-1, now), Ban::Forever);
    }
}
