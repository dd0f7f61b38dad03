//! Rooms that a session enters and leaves. Source: RTM client gate section 3.5.

use halloo_core::rooms::RoomId;
use halloo_fpnn::Map;

use super::Call;
use crate::call::Handled;

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
