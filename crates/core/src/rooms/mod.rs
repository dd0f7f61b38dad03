//! Rooms: who is in one stays until he is taken out or his last session ends. Who has no session may be
//! put into one, too.

mod service;
mod session;
mod store;

use crate::users::UserId;
use crate::{Error, Millis, Result};

pub use service::Rooms;
pub use store::RoomStore;

/// Id of a room on the wire of every dialect; positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(pub i64);

impl RoomId {
    /// The room with this id.
    /// # Errors
    /// [`Error::IdIllegal`] when it is not positive.
    pub fn new(id: i64) -> Result<Self> {
        if id <= 0 {
            return Err(Error::IdIllegal);
        }
        Ok(Self(id))
    }
}

/// A room as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its id within the app.
    pub id: RoomId,
    /// Who owns it; nobody when it came into being through RTM.
    pub owner: Option<UserId>,
    /// When it was made.
    pub created: Millis,
}
