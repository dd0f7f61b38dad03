//! Account bans: one value shared by every dialect.
//!
//! Easemob `deactivate` is [`Ban::Forever`], `activate` is [`Ban::Never`]; an RTM project ban of
//! `btime` seconds is [`Ban::Until`]. Setting one is [`crate::users::Users::set_ban`].

use crate::Millis;

/// Until when an account is shut out.
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
    /// Whether the account is shut out at `now`. At the very instant of its end a ban is over.
    pub fn holds(self, now: Millis) -> bool {
        match self {
            Self::Never => false,
            Self::Until(end) => now < end,
            Self::Forever => true,
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
}
