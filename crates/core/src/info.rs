//! The two texts that a user, a group and a room carry: `oinfo` and `pinfo` of RTM.
//! Source: RTM server gate sections 3 (U6, R3, G10) and 10.

use crate::{Error, Limits, Result};

/// Public and private text; empty when never set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// What everybody may read.
    pub open: Box<str>,
    /// What only its owner and the app may read.
    pub private: Box<str>,
}

/// Texts to set; what is `None` stays, an empty one clears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InfoChange {
    /// New public text.
    pub open: Option<Box<str>>,
    /// New private text.
    pub private: Option<Box<str>>,
}

impl InfoChange {
    /// Checks that something is given and nothing is too long.
    pub(crate) fn check(&self, limits: &Limits) -> Result<()> {
        if self.open.is_none() && self.private.is_none() {
            return Err(Error::Empty("the change of texts"));
        }
        for (what, text) in [
            ("the public text", &self.open),
            ("the private text", &self.private),
        ] {
            check_bytes(what, text.as_deref().unwrap_or_default(), limits.info_bytes)?;
        }
        Ok(())
    }
}

/// Refuses a text of more than `most` bytes.
pub(crate) fn check_bytes(what: &'static str, text: &str, most: usize) -> Result<()> {
    if text.len() > most {
        return Err(Error::TooLong {
            what,
            sent: text.len(),
            most,
        });
    }
    Ok(())
}
