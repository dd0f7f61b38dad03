use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use smallvec::SmallVec;

use super::{Audience, Content, Conversation, Kinds, Message, MessageId, Scope, Sequence};
use crate::apps::AppId;
use crate::sessions::SessionId;
use crate::users::{Named, UserId};
use crate::{Millis, Result};

/// A message for the end of its log.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The log.
    pub conversation: Conversation,
    /// Who wrote it.
    pub sender: Named,
    /// The session that sent it, which is not told of it.
    pub origin: Option<SessionId>,
    /// Who else is told of it.
    pub audience: Audience,
    /// Whether the other devices of its sender are told, too.
    pub copies: bool,
    /// What its sender calls it; 0: nothing.
    pub client_id: i64,
    /// Whether another message that its sender called the same is an error, also with other content.
    pub strict: bool,
    /// Since when an earlier message that is called the same and says the same is the first try of this one.
    pub retried_since: Millis,
    /// What it says.
    pub content: Content,
    /// Now.
    pub now: Millis,
}

/// Where a message stands that was to be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its id.
    pub id: MessageId,
    /// Its place in the log.
    pub sequence: Sequence,
    /// When it was accepted.
    pub sent: Millis,
    /// Whether it was there already: this was a retry.
    pub repeated: bool,
}

/// The messages of one append, in the order in which they were given, once all of them are on the disk.
pub type Appending = Pin<Box<dyn Future<Output = Result<SmallVec<[Appended; 1]>>> + Send>>;

/// A new message that is on the disk.
#[derive(Debug)]
pub struct Committed {
    /// The app.
    pub app: AppId,
    /// The message.
    pub message: Message,
    /// The session that sent it.
    pub origin: Option<SessionId>,
    /// Who else is told of it.
    pub audience: Audience,
    /// Whether the other devices of its sender are told, too.
    pub copies: bool,
}

/// Which messages of a log are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Select {
    /// Which way to go.
    pub descending: bool,
    /// The one to go on behind.
    pub after: Option<Sequence>,
    /// When they were sent.
    pub range: Range,
    /// What sorts.
    pub kinds: Kinds,
    /// How many at most.
    pub limit: usize,
}

/// A span of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Not before.
    pub begin: Millis,
    /// Not after.
    pub end: Millis,
}

/// How many messages there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Messages.
    pub messages: u64,
    /// Different senders of them.
    pub senders: u64,
}

/// Which messages of a log go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// This one.
    One(Sequence),
    /// All that were sent in this time.
    Sent(Range),
}

/// What becomes of the content of a message.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The message.
    pub sequence: Sequence,
    /// What it says from now on; its kind stays.
    pub content: Content,
}

/// That a reader has received the messages from `first` to `last` of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The app.
    pub app: AppId,
    /// Who.
    pub reader: UserId,
    /// The log.
    pub conversation: Conversation,
    /// The first message.
    pub first: Sequence,
    /// The last message.
    pub last: Sequence,
}

/// What waits for a reader in one log: sent by others, and confirmed by none of his devices.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Who.
    pub reader: UserId,
    /// The log.
    pub conversation: Conversation,
    /// Sent in this time.
    pub range: Range,
    /// What sorts.
    pub kinds: Kinds,
    /// Whether messages that he has confirmed count, too.
    pub confirmed_too: bool,
    /// Where to stop counting.
    pub most: u64,
}

/// A pair that a user is in, as his list of conversations has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The other one, by the name that he had at the first message.
    pub peer: Named,
    /// The log.
    pub conversation: Conversation,
    /// Whether he took it off his list since the last message.
    pub hidden: bool,
}

/// Durable messages, and what their readers have confirmed.
///
/// A log is numbered 1, 2, 3 and so on without a gap; a message that is removed keeps its place. Times along a
/// log never decrease, and neither do ids, also when the clock goes backwards or the server starts again.
#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Appends messages, all or none. They are queued before this returns: what is queued first is first in
    /// its log.
    ///
    /// A message that its sender gave to the log under the same name and with the same content, not before
    /// [`NewMessage::retried_since`], is a retry: nothing is appended, and the first one is answered, also when
    /// it was removed since. Otherwise it is a new message, or [`Error::DuplicateId`](crate::Error::DuplicateId) if it is strict.
    fn append(&self, app: AppId, messages: SmallVec<[NewMessage; 1]>) -> Appending;

    /// An id for a message that is stored nowhere, since nobody is there to read it.
    async fn unstored_id(&self, now: Millis) -> Result<MessageId>;

    /// Has `take` called with what is appended from now on, in the order in which it was committed. It may
    /// wait; nothing is committed meanwhile.
    fn subscribe(&self, take: Box<dyn Fn(Vec<Committed>) + Send>);

    /// The messages of a log that were not removed. Costs what lies between the first and the last of them.
    async fn messages(
        &self,
        app: AppId,
        conversation: Conversation,
        select: Select,
    ) -> Result<Vec<Message>>;

    /// The message with this id, unless it was removed.
    async fn message(&self, app: AppId, id: MessageId) -> Result<Option<Message>>;

    /// The latest message of a log that `sender`, or whoever it is, calls `client_id`, of those that were not
    /// removed.
    async fn message_called(
        &self,
        app: AppId,
        conversation: Conversation,
        sender: Option<UserId>,
        client_id: i64,
    ) -> Result<Option<Message>>;

    /// How many messages of a log there are that were not removed. Costs as much as there are.
    async fn count_messages(
        &self,
        app: AppId,
        conversation: Conversation,
        range: Range,
        kinds: Kinds,
    ) -> Result<Count>;

    /// The number of the last message of a log, removed or not; 0 in an empty one.
    async fn last_sequence(&self, app: AppId, conversation: Conversation) -> Result<Sequence>;

    /// Removes messages for good, a thousand at a time so that others get their turn. Returns how many.
    async fn remove_messages(
        &self,
        app: AppId,
        conversation: Conversation,
        removal: Removal,
    ) -> Result<u64>;

    /// Hides every message of one sort of conversations at once; the room that they take is given back by
    /// [`MessageStore::reclaim`].
    async fn clear_messages(&self, app: AppId, scope: Scope) -> Result<()>;

    /// Changes what a message says. `false` when it was removed.
    async fn edit_message(
        &self,
        app: AppId,
        conversation: Conversation,
        edit: Edit,
    ) -> Result<bool>;

    /// Gives the room back of up to `limit` messages of `app` that were sent before `before`, or that
    /// [`MessageStore::clear_messages`] hid. Returns whether there may be more.
    async fn reclaim(&self, app: AppId, before: Millis, limit: usize) -> Result<bool>;

    /// Notes what readers have received. What was noted is not taken back, but for the latest of more than 4096
    /// runs of one reader in one log.
    async fn confirm(&self, confirmed: Vec<Confirmation>) -> Result<()>;

    /// How many messages wait. Costs as much as there are.
    async fn waiting_count(&self, app: AppId, waiting: Waiting) -> Result<u64>;

    /// Whether this message waits for `reader`.
    async fn is_waiting(
        &self,
        app: AppId,
        reader: UserId,
        conversation: Conversation,
        sequence: Sequence,
    ) -> Result<bool>;

    /// The pairs that `user` talks in or put on his list, in any order.
    async fn pairs_of(&self, app: AppId, user: UserId) -> Result<Vec<Reading>>;

    /// Puts the pair of `user` and `peer` on `user`'s list, or takes it off until its next message.
    async fn list_pair(&self, app: AppId, user: UserId, peer: Named, listed: bool) -> Result<()>;

    /// Forgets what `reader` has confirmed and his list.
    async fn forget_reader(&self, app: AppId, reader: UserId) -> Result<()>;

    /// Writes a consistent copy to the new or empty folder `target` while serving.
    async fn backup_messages(&self, target: &Path) -> Result<()>;

    /// Waits for what is queued and lets go of the files. Every later call is answered
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    async fn close(&self);

    /// Answers when a message can be stored.
    async fn messages_ready(&self) -> Result<()>;
}

/// So that a store can be shared with what looks after it.
pub(crate) type SharedLog = Arc<dyn MessageStore>;
