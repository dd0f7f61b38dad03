use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A user name as stored: lower-case ASCII letters, digits, `_`, `-`, `.`; 1 to 64 bytes; neither
/// `.` nor `..`. Source: Easemob REST 1.5.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserName(Box<str>);

impl UserName {
    /// Longest name, in bytes.
    pub const MOST_BYTES: usize = 64;

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Trusts a name that the store kept.
    #[must_use]
    pub fn from_stored(name: impl Into<Box<str>>) -> Self {
        Self(name.into())
    }
}

impl FromStr for UserName {
    type Err = Error;

    /// The only way in: folds the case and checks length before letters.
    fn from_str(sent: &str) -> Result<Self, Error> {
        if sent.len() > Self::MOST_BYTES {
            return Err(Error::NameTooLong);
        }
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if sent.is_empty() || sent == "." || sent == ".." || !sent.bytes().all(legal) {
            return Err(Error::NameIllegal(sent.to_owned()));
        }
        Ok(Self(sent.to_ascii_lowercase().into_boxed_str()))
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for UserName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn length_is_checked_before_letters() {
        assert!("a".repeat(64).parse::<UserName>().is_ok());
        assert!(matches!(
            " ".repeat(65).parse::<UserName>(),
            Err(Error::NameTooLong)
        ));
        for illegal in ["", ".", "..", "a b", "a/b", "é", "a\0", "名"] {
            assert!(
                matches!(illegal.parse::<UserName>(), Err(Error::NameIllegal(n)) if n == illegal),
                "{illegal}"
            );
        }
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(sent in "[A-Za-z0-9_.-]{1,64}") {
            if let Ok(name) = sent.parse::<UserName>() {
                prop_assert_eq!(name.as_str(), sent.to_lowercase());
                prop_assert_eq!(name.as_str().parse::<UserName>().unwrap(), name);
            }
        }
    }
}
