//! Rooms: who is in them, their texts and mutes. Source: RTM server gate sections 3 and 4.3.

use halloo_core::bans::Place;
use halloo_core::rooms::RoomId;
use halloo_fpnn::{Fields, Map, Refusal};

use super::call::{Call, Handled, info, uids};
use super::mute;
use crate::error::codes;

/// `addroommember`
pub(super) fn add_member(call: Call<'_>) -> Handled {
    let (room, uid) = (call.room()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.enter(app, uid, &[room]).await?;
        Ok(Map::empty())
    })
}

/// `delroommember`
pub(super) fn remove_member(call: Call<'_>) -> Handled {
    let (room, uid) = (call.room()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.leave(app, uid, &[room]).await?;
        Ok(Map::empty())
    })
}

/// `addroommembers`
pub(super) fn add_members(call: Call<'_>) -> Handled {
    let (room, members) = (call.room()?, call.uids("uids")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        let entered = rooms.fill(app, room, &members).await?;
        Ok(uids("successedUids", &entered))
    })
}

/// `delroommembers`
pub(super) fn remove_members(call: Call<'_>) -> Handled {
    let (room, members) = (call.room()?, call.uids("uids")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        let left = rooms.empty(app, room, &members).await?;
        Ok(uids("successedUids", &left))
    })
}

/// `adduserrooms`
pub(super) fn add_rooms(call: Call<'_>) -> Handled {
    let (entered, uid) = (call.rooms()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.enter(app, uid, &entered).await?;
        Ok(Map::empty())
    })
}

/// `deleteuserrooms`
pub(super) fn remove_rooms(call: Call<'_>) -> Handled {
    let (left, uid) = (call.rooms()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.leave(app, uid, &left).await?;
        Ok(Map::empty())
    })
}

/// `getroommembers`
pub(super) fn members(call: Call<'_>) -> Handled {
    let room = call.room()?;
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        Ok(uids("uids", &rooms.members(app, room).await?))
    })
}

/// `getroomcount`, of a list `rids` or of one `rid`; the answer has the form of the list either way.
pub(super) fn counts(call: Call<'_>) -> Handled {
    let asked = if call.fields.get("rids").is_some() {
        call.rooms()?
    } else if call.fields.get("rid").is_some() {
        vec![call.room()?]
    } else {
        let text = "neither rids nor rid is given";
        return Err(Refusal::new(codes::EMPTY_PARAMETER, text));
    };
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        let mut counts = Map::new();
        for (room, size) in rooms.sizes(app, &asked).await? {
            counts = counts.integer(&room.0.to_string(), size.into());
        }
        Ok(Map::new().map("cn", counts).finish())
    })
}

/// `setroominfo`
pub(super) fn set_info(call: Call<'_>) -> Handled {
    let (room, change) = (call.room()?, call.info_change()?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.set_info(app, room, change).await?;
        Ok(Map::empty())
    })
}

/// `getroominfo`
pub(super) fn get_info(call: Call<'_>) -> Handled {
    let room = call.room()?;
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        Ok(info(&rooms.info(app, room).await?))
    })
}

/// `addroomban`
pub(super) fn mute(call: Call<'_>) -> Handled {
    let place = place(&call)?;
    mute::add(call, place)
}

/// `removeroomban`
pub(super) fn unmute(call: Call<'_>) -> Handled {
    let place = place(&call)?;
    mute::remove(call, place)
}

/// `isbanofroom`
pub(super) fn is_muted(call: Call<'_>) -> Handled {
    // Unlike the two above, this one must say which.
    call.fields.integer::<i64>("rid")?;
    let place = place(&call)?;
    mute::is_there(call, place)
}

/// One room, or every room when `rid` is absent or not positive.
fn place(call: &Call<'_>) -> Result<Place, Refusal> {
    let rid = Fields::optional(call.fields.integer("rid"))?;
    Ok(match rid {
        Some(rid @ 1..) => Place::Room(RoomId(rid)),
        _ => Place::EveryRoom,
    })
}
