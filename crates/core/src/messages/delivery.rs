//! From the log to live sessions: one thread that takes what was committed, in that order, and hands it on.
//!
//! It never waits for a client: an outlet queues, and what it can not queue it cuts off. What is lost on the
//! way stands in the log.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use tracing::error;

use super::{Audience, Committed, Conversation, Message, Receipts};
use crate::Context;
use crate::listeners::Listeners;
use crate::sessions::{Event, Sessions};
use crate::users::{Named, Users};

/// Commits that may wait to be delivered; beyond them the log waits.
const BACKLOG: usize = 64;

/// The forms in which messages leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// To RTM clients.
    RtmClient,
    /// To RTM back ends that listen.
    RtmServer,
}

/// A message on its way to many sessions, written out once for each dialect.
#[derive(Debug)]
pub struct Posted {
    /// The message.
    pub message: Message,
    /// The other one of a pair.
    pub receiver: Option<Named>,
    forms: [OnceLock<Bytes>; 2],
}

impl Posted {
    fn new(message: Message, audience: &Audience) -> Self {
        let receiver = match audience {
            Audience::User(receiver) => Some(receiver.clone()),
            Audience::Members(_) | Audience::Everybody => None,
        };
        Self {
            message,
            receiver,
            forms: Default::default(),
        }
    }

    /// The bytes that every client of one dialect gets, written by whoever asks first.
    pub fn form(&self, dialect: Dialect, write: impl FnOnce(&Self) -> Bytes) -> Bytes {
        let form = match dialect {
            Dialect::RtmClient => &self.forms[0],
            Dialect::RtmServer => &self.forms[1],
        };
        form.get_or_init(|| write(self)).clone()
    }
}

impl PartialEq for Posted {
    fn eq(&self, other: &Self) -> bool {
        self.message == other.message && self.receiver == other.receiver
    }
}

impl Eq for Posted {}

/// Has everything delivered that the log commits from now on, for as long as both are there.
pub(super) fn start(context: &Context, users: &Arc<Users>, receipts: &Arc<Receipts>) {
    let (committed, backlog) = sync_channel(BACKLOG);
    let delivery = Delivery {
        sessions: Arc::downgrade(&users.sessions),
        receipts: Arc::downgrade(receipts),
        listeners: Arc::clone(&context.listeners),
    };
    std::thread::Builder::new()
        .name("delivery".into())
        .spawn(move || delivery.run(&backlog))
        .expect("the system can start a thread");
    context.log.subscribe(Box::new(move |batch| {
        // Nobody takes it when the server is on its way down.
        let _ = committed.send(batch);
    }));
}

struct Delivery {
    // Not to keep alive what keeps the log alive, which keeps this alive.
    sessions: Weak<Sessions>,
    receipts: Weak<Receipts>,
    listeners: Arc<Listeners>,
}

impl Delivery {
    fn run(&self, backlog: &Receiver<Vec<Committed>>) {
        for batch in backlog {
            let (Some(sessions), Some(receipts)) =
                (self.sessions.upgrade(), self.receipts.upgrade())
            else {
                return;
            };
            for committed in batch {
                let deliver = || self.deliver(&sessions, &receipts, committed);
                if catch_unwind(AssertUnwindSafe(deliver)).is_err() {
                    error!("The delivery of a message panicked; it waits in its log");
                }
            }
        }
    }

    fn deliver(&self, sessions: &Sessions, receipts: &Receipts, committed: Committed) {
        let Committed {
            app,
            message,
            origin,
            audience,
            copies,
        } = committed;
        let (sender, sent) = (message.sender.clone(), message.sent);
        let (conversation, sequence) = (message.conversation, message.sequence);
        let event = Event::Message(Arc::new(Posted::new(message, &audience)));
        match &audience {
            Audience::User(receiver) => {
                if receiver.id != sender.id {
                    sessions.deliver_to(app, receiver.id, &receiver.name, None, &event);
                }
            }
            Audience::Members(members) => {
                let hears = |user| user != sender.id && members.hears(user, sent);
                sessions.deliver_among(app, members, hears, &event);
            }
            Audience::Everybody => sessions.deliver_to_all(app, origin, &event),
        }
        // Also if he is no member, or muted.
        let is_to_himself =
            matches!(&audience, Audience::User(receiver) if receiver.id == sender.id);
        if (copies || is_to_himself) && !matches!(audience, Audience::Everybody) {
            sessions.deliver_to(app, sender.id, &sender.name, origin, &event);
        }
        self.listeners.tell(app, &event);
        if let Conversation::Pair(..) | Conversation::Group(_) = conversation {
            receipts.confirm(app, sender.id, conversation, sequence);
        }
    }
}
