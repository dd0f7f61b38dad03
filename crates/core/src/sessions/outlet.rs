use super::CloseReason;
use crate::rooms::RoomId;

/// A gate's end of a session. It knows the socket; the core knows only this.
///
/// What waits there for the socket is bounded in bytes: a client that can not keep up is closed with
/// [`CloseReason::SlowReader`]; nothing grows without limit and nothing is dropped in silence.
pub trait Outlet: Send + Sync {
    /// Queues `event` in the words of the dialect. Never waits.
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
}
