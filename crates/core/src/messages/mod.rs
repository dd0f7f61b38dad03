//! The conversation log: one per conversation, one cursor per reader.
//!
//! Sending comes with a later capability; what reads the log (how much waits for a user, whether one
//! message still waits) is here already and counts what the log holds.

use async_trait::async_trait;
use bytes::Bytes;

use crate::apps::{App, AppId};
use crate::users::{User, UserId};
use crate::{Context, Millis, Result};

/// A message's id, unique within its app; up to 19 decimal digits on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub i64);

/// Which log a message stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conversation {
    /// Between two users, in either order.
    Pair(UserId, UserId),
}

/// A message to be appended.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its id.
    pub id: MessageId,
    /// The log it goes to.
    pub conversation: Conversation,
    /// Who sends it.
    pub sender: UserId,
    /// What it carries.
    pub body: Bytes,
    /// When it was accepted.
    pub sent: Millis,
}

/// Durable messages and cursors.
#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Appends `message` to its log under the next sequence number, which it returns.
    /// [`Error::UnknownUser`](crate::Error::UnknownUser) when one of the pair is gone.
    async fn append_message(&self, app: AppId, message: NewMessage) -> Result<i64>;

    /// Moves `reader`'s cursor in `conversation` to `sequence`, never backwards and never beyond the
    /// log's end.
    async fn confirm(
        &self,
        app: AppId,
        reader: UserId,
        conversation: Conversation,
        sequence: i64,
    ) -> Result<()>;

    /// How many messages sent at or after `since` by others lie beyond `reader`'s cursors. Costs as
    /// much as there are.
    async fn waiting_count(&self, app: AppId, reader: UserId, since: Millis) -> Result<u64>;

    /// Whether message `id`, sent at or after `since` by somebody else, lies beyond `reader`'s cursor.
    async fn is_waiting(
        &self,
        app: AppId,
        reader: UserId,
        id: MessageId,
        since: Millis,
    ) -> Result<bool>;
}

/// Questions about the log.
pub struct Messages {
    context: Context,
}

impl Messages {
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
    }

    /// How many messages wait for `user`. Source: Easemob REST 3.20.
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn waiting_count(&self, app: &App, user: &User) -> Result<u64> {
        self.context
            .store
            .waiting_count(app.id, user.id, self.retained_since())
            .await
    }

    /// Whether message `id` waits for `user`. Source: Easemob REST 3.21.
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn is_waiting(&self, app: &App, user: &User, id: MessageId) -> Result<bool> {
        self.context
            .store
            .is_waiting(app.id, user.id, id, self.retained_since())
            .await
    }

    fn retained_since(&self) -> Millis {
        Millis(self.context.clock.now().0 - self.context.limits.offline_retention_ms)
    }
}
