use std::sync::Arc;

use super::CloseReason;
use crate::Millis;
use crate::listeners::Occasion;
use crate::messages::Posted;
use crate::rooms::RoomId;
use crate::users::Uid;

/// A gate's end of a session. It knows the socket; the core knows only this.
///
/// What waits there for the socket is bounded in bytes: a client that can not keep up is closed with
/// [`CloseReason::SlowReader`]; nothing grows without limit and nothing is dropped in silence.
pub trait Outlet: Send + Sync {
    /// Queues `event` in the words of the dialect. Never waits, and asks nothing of
    /// [`Sessions`](super::Sessions): it may be called under their locks.
    fn deliver(&self, event: &Event);

    /// Tells the client that the server ends the session, as far as its dialect can, and closes the
    /// connection. Called at most once; everything delivered before is sent first. Never waits.
    fn close(&self, reason: CloseReason);
}

/// What a client is told without having asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The app took the user out of this room.
    TakenOutOfRoom(RoomId),
    /// A message for the user, or from another device of his. Whoever gets it confirms it to
    /// [`Receipts`](crate::messages::Receipts) once his client has it.
    Message(Arc<Posted>),
    /// A session of somebody was opened or ended. Only listeners hear it.
    Presence {
        /// Which of it.
        occasion: Occasion,
        /// Whose it was.
        uid: Uid,
        /// Its device.
        resource: Box<str>,
        /// When.
        at: Millis,
    },
}
