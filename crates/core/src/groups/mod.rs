//! Groups: their members are stored. So far only the records exist, for the owner's deletion.

use async_trait::async_trait;

use crate::apps::AppId;
use crate::users::UserId;
use crate::{Millis, Result};

/// Id of a group on the wire of every dialect; positive, at most 15 decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub i64);

/// A group as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id within the app.
    pub id: GroupId,
    /// Who owns it.
    pub owner: UserId,
    /// Members, the owner included, by row number.
    pub members: Vec<UserId>,
    /// When it was made.
    pub created: Millis,
}

/// Durable groups.
#[async_trait]
pub trait GroupStore: Send + Sync {
    /// Stores `group`; one with the same id is replaced.
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when its owner or a member is gone.
    async fn put_group(&self, app: AppId, group: Group) -> Result<()>;

    /// The group with this id.
    async fn group(&self, app: AppId, id: GroupId) -> Result<Option<Group>>;
}
