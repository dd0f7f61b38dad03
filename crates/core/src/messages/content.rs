use bytes::Bytes;

use crate::{Error, Limits, Result};

/// What sort of message it is, by RTM's numbers: 1 to 127, of which 51 and more mean what the app likes.
/// Source: RTM server gate section 5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(u8);

impl Kind {
    /// Text of a chat.
    pub const CHAT: Self = Self(30);
    /// A command to the other client.
    pub const COMMAND: Self = Self(32);

    /// The kind with this number.
    /// # Errors
    /// [`Error::KindIllegal`] outside 1 to 127.
    pub fn new(number: i64) -> Result<Self> {
        match u8::try_from(number) {
            Ok(kind @ 1..=127) => Ok(Self(kind)),
            _ => Err(Error::KindIllegal),
        }
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Whether it is a file, whose body says where it is.
    pub fn is_file(self) -> bool {
        (40..=50).contains(&self.0)
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u128);

impl Kinds {
    /// Every kind.
    pub const ALL: Self = Self(u128::MAX);
    /// What counts as unread unless told otherwise: 30 to 50. Source: RTM client gate section 3.4.
    pub const CHAT: Self = Self(((1 << 21) - 1) << 30);

    /// Those with these numbers; what is no kind is in no set.
    pub fn of(numbers: impl IntoIterator<Item = i64>) -> Self {
        let kinds = numbers.into_iter().flat_map(Kind::new);
        Self(kinds.fold(0, |set, kind| set | 1 << kind.0))
    }

    /// Whether `kind` is one of them.
    pub fn contains(self, kind: Kind) -> bool {
        self.0 >> kind.0 & 1 == 1
    }
}

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Text, or the JSON text of an RTM file.
    Text,
    /// Bytes that are no text.
    Binary,
    /// The JSON text of one Easemob body, whatever its type.
    Easemob,
}

/// What a message says, in the words of the dialect that it was written in. The core looks at its kind and
/// at its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The sort of message.
    pub kind: Kind,
    /// How to read `body`.
    pub form: Form,
    /// What it says.
    pub body: Bytes,
    /// RTM's `attrs`, Easemob's `ext`: a text, empty or mostly JSON.
    pub attributes: Box<str>,
}

impl Content {
    /// # Errors
    /// [`Error::TooLong`].
    pub(crate) fn check(&self, limits: &Limits) -> Result<()> {
        for (what, sent, most) in [
            ("the message", self.body.len(), limits.message_bytes),
            (
                "the list of attributes",
                self.attributes.len(),
                limits.message_attribute_bytes,
            ),
        ] {
            if sent > most {
                return Err(Error::TooLong { what, sent, most });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chat_kinds_are_30_to_50() {
        for number in 1..=127 {
            let kind = Kind::new(number).unwrap();
            assert_eq!(Kinds::CHAT.contains(kind), (30..=50).contains(&number));
            assert!(Kinds::ALL.contains(kind));
            assert_eq!(
                Kinds::of([30, 127, 300]).contains(kind),
                number == 30 || number == 127
            );
        }
        assert!(Kind::new(0).is_err() && Kind::new(128).is_err() && Kind::new(-1).is_err());
    }
}
