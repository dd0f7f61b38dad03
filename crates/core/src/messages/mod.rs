//! Messages: one append-only log per conversation, and what each reader has confirmed of it.
//!
//! [`send`](Messages::send) is the only way in, whatever gate a message comes through: it applies every
//! rule and answers once the message is on the disk. The store numbers messages; what it has committed goes
//! to `delivery.rs`, in the order of the log, and from there to live sessions. Whoever is away finds it in
//! the log.

mod audience;
mod content;
mod delivery;
mod history;
mod receipts;
mod send;
mod send_named;
mod store;
mod unread;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::apps::AppId;
use crate::groups::GroupId;
use crate::rooms::RoomId;
use crate::users::{Named, UserId};
use crate::{Context, Millis, Result};

pub(crate) use audience::Audiences;
pub use audience::{Audience, Members};
pub use content::{Content, Form, Kind, Kinds};
pub use delivery::{Dialect, Posted};
pub use history::Page;
pub use receipts::Receipts;
pub use send::{Draft, Lane, Recipient, Sender, Sent};
pub use send_named::{NamedRecipients, NamedSend};
pub(crate) use store::SharedLog;
pub use store::{
    Appended, Appending, Committed, Confirmation, Count, Edit, MessageStore, NewMessage, Range,
    Reading, Removal, Select, Waiting,
};
pub use unread::{LastMessage, Unread};

/// A message's id, unique and increasing within its app. Up to 19 decimal digits on the wire; the upper bits
/// are the Unix milliseconds in which it was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub i64);

impl MessageId {
    /// Ids that one millisecond has room for, as bits.
    const COUNTER_BITS: u32 = 20;

    /// When it was given out; never later than that, if the clock went back since.
    pub fn at(self) -> Millis {
        Millis(self.0 >> Self::COUNTER_BITS)
    }

    /// The id after `last`, given out at `now`. The time may have gone backwards; ids do not.
    #[must_use]
    pub fn following(last: Self, now: Millis) -> Self {
        let first = now.0.clamp(0, i64::MAX >> Self::COUNTER_BITS) << Self::COUNTER_BITS;
        Self(first.max(last.0.saturating_add(1)))
    }
}

/// Place of a message in its conversation: 1, 2, 3 and so on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sequence(pub u64);

/// Which log a message stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Conversation {
    /// Between two users, the smaller row number first; see [`Conversation::pair`].
    Pair(UserId, UserId),
    /// Of a group.
    Group(GroupId),
    /// Of a room.
    Room(RoomId),
    /// What the app tells everybody.
    Broadcast,
}

impl Conversation {
    /// The one between these two, in whatever order.
    pub fn pair(one: UserId, other: UserId) -> Self {
        Self::Pair(one.min(other), one.max(other))
    }

    /// Its sort.
    pub fn scope(self) -> Scope {
        match self {
            Self::Pair(..) => Scope::Pairs,
            Self::Group(_) => Scope::Groups,
            Self::Room(_) => Scope::Rooms,
            Self::Broadcast => Scope::Broadcasts,
        }
    }

    /// The other one of a pair; `None` where `user` is in none.
    pub fn peer_of(self, user: UserId) -> Option<UserId> {
        match self {
            Self::Pair(one, other) if one == user => Some(other),
            Self::Pair(one, other) if other == user => Some(one),
            _ => None,
        }
    }
}

/// The sorts of conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Between two users.
    Pairs,
    /// Of groups.
    Groups,
    /// Of rooms.
    Rooms,
    /// To everybody.
    Broadcasts,
}

impl Scope {
    /// Every sort.
    pub const ALL: [Self; 4] = [Self::Pairs, Self::Groups, Self::Rooms, Self::Broadcasts];
}

/// A message as its log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The log.
    pub conversation: Conversation,
    /// Its place there.
    pub sequence: Sequence,
    /// Who wrote it, by the name that he had then.
    pub sender: Named,
    /// What its sender calls it; its id if he gave it no name. RTM's `mid`.
    pub client_id: i64,
    /// When it was accepted; never decreases along the log.
    pub sent: Millis,
    /// What it says.
    pub content: Content,
}

/// By how much a clock may be off that was looked at twice.
const CLOCK_SLACK_MS: u64 = 60_000;

/// Sending, reading and removing messages, and what waits for whom.
pub struct Messages {
    context: Context,
    users: Arc<crate::users::Users>,
    receipts: Arc<Receipts>,
    /// Since when the clock goes evenly, on a clock that nobody sets, and what it said when it was looked at
    /// last.
    steady: Mutex<(Instant, Instant, Millis)>,
}

impl Messages {
    pub(crate) fn new(context: Context, users: Arc<crate::users::Users>) -> Self {
        let receipts = Arc::new(Receipts::new(context.clone()));
        delivery::start(&context, &users, &receipts);
        let begun = Instant::now();
        let steady = Mutex::new((begun, begun, context.clock.now()));
        Self {
            context,
            users,
            receipts,
            steady,
        }
    }

    /// What readers confirm goes there.
    pub fn receipts(&self) -> &Arc<Receipts> {
        &self.receipts
    }

    /// The oldest time of a message that is still to be seen.
    fn retained_since(&self, app: &crate::apps::App) -> Millis {
        let retention = app.messages.retention_ms;
        let retention = retention.unwrap_or(self.context.limits.message_retention_ms);
        Millis(self.context.clock.now().0.saturating_sub(retention))
    }

    /// Looks at the clock. Whether it has gone evenly for long enough to believe it.
    pub(crate) fn is_clock_steady(&self) -> bool {
        let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, looked, said) = *steady;
        let (elapsed, now) = (looked.elapsed(), self.context.clock.now());
        let went = now.0.saturating_sub(said.0);
        let should = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let jumped = went.abs_diff(should) > CLOCK_SLACK_MS;
        let since = if jumped { Instant::now() } else { since };
        *steady = (since, Instant::now(), now);
        let for_ms = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
        for_ms >= self.context.limits.steady_clock_ms
    }

    async fn members_of_group(&self, app: AppId, group: GroupId) -> Result<Arc<Members>> {
        let context = &self.context;
        context
            .audiences
            .of_group(context.store.as_ref(), app, group)
            .await
    }

    async fn members_of_room(&self, app: AppId, room: RoomId) -> Result<Arc<Members>> {
        let context = &self.context;
        context
            .audiences
            .of_room(context.store.as_ref(), app, room)
            .await
    }
}
