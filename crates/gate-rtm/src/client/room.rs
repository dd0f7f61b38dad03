//! Rooms that a session enters and leaves. Source: RTM client gate section 3.5.

use halloo_core::messages::{Conversation, Kinds, Page, Range};
use halloo_core::rooms::RoomId;
use halloo_fpnn::Map;

use super::{Call, Client};
use crate::call::{Caller as _, Handled};
use crate::content::no_row;
use crate::handlers::history::seen_by;

/// `enterroom`
pub(super) fn enter(call: Call<'_>) -> Handled {
    let room = call.room()?;
    enter_all(call, vec![room])
}

/// `enterrooms`
pub(super) fn enter_several(call: Call<'_>) -> Handled {
    let rooms = call.rooms()?;
    enter_all(call, rooms)
}

fn enter_all(call: Call<'_>, entered: Vec<RoomId>) -> Handled {
    call.later(async move |scope| {
        let (rooms, session) = (&scope.core().rooms, &scope.caller.session);
        rooms.enter_with(&scope.app, session, &entered).await?;
        Ok(Map::empty())
    })
}

/// `leaveroom`
pub(super) fn leave(call: Call<'_>) -> Handled {
    let room = call.room()?;
    call.later(async move |scope| {
        let (rooms, session) = (&scope.core().rooms, &scope.caller.session);
        rooms.leave_with(session, &[room]).await?;
        Ok(Map::empty())
    })
}

/// `getuserrooms`
pub(super) fn of_user(call: Call<'_>) -> Handled {
    call.later(async move |scope| {
        let (rooms, session) = (&scope.core().rooms, &scope.caller.session);
        let rooms = rooms.of_session(session).await?;
        let rooms = rooms.iter().map(|room| room.0);
        Ok(Map::new().integers("rooms", rooms).finish())
    })
}

/// `getuserroomsandlastmsg`
pub(super) fn with_last_messages(call: Call<'_>) -> Handled {
    let page = Page {
        descending: true,
        after: None,
        range: Range::of(0, 0),
        kinds: call.kinds(Kinds::ALL)?,
        size: 1,
    };
    call.later(async move |scope| {
        let (core, session) = (scope.core(), &scope.caller.session);
        let mut rows = Map::new();
        for room in core.rooms.of_session(session).await? {
            let (actor, conversation) = (scope.actor(), Conversation::Room(room));
            let found = core
                .messages
                .page(&scope.app, actor, conversation, page)
                .await?;
            let last = found.first();
            let row = last.map_or_else(no_row, |last| seen_by(last, None, Client::BODIES));
            rows = rows.list(&room.0.to_string(), row);
        }
        Ok(Map::new().map("rooms", rows).finish())
    })
}
