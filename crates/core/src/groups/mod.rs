//! Groups: their members are stored. RTM's come into being when first named and have no owner.

mod service;
mod store;

use crate::users::UserId;
use crate::{Error, Millis, Result};

pub use service::Groups;
pub use store::GroupStore;

/// Id of a group on the wire of every dialect; positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub i64);

impl GroupId {
    /// The group with this id.
    /// # Errors
    /// [`Error::IdIllegal`] when it is not positive.
    pub fn new(id: i64) -> Result<Self> {
        if id <= 0 {
            return Err(Error::IdIllegal);
        }
        Ok(Self(id))
    }
}

/// A group as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id within the app.
    pub id: GroupId,
    /// Who owns it; nobody when it came into being through RTM.
    pub owner: Option<UserId>,
    /// Members, the owner included, by row number.
    pub members: Vec<UserId>,
    /// When it was made.
    pub created: Millis,
}

/// How large groups may get.
#[derive(Clone, Copy, Debug)]
pub struct GroupLimits {
    /// Members of one group.
    pub members: u32,
    /// Groups of the app; `None`: no quota.
    pub groups: Option<u64>,
}
