//! Rooms: who is in them, their texts and mutes. Sources: RTM server gate sections 3 and 4.3, RTM client
//! gate section 3.5.

use halloo_core::bans::Place;
use halloo_core::rooms::RoomId;
use halloo_fpnn::{Fields, Map, Refusal};

use super::mute;
use crate::call::{Call, Caller, Handled, info, uids};
use crate::error::codes;

/// `addroommember`
pub(crate) fn add_member<C: Caller>(call: Call<'_, C>) -> Handled {
    let (room, uid) = (call.room()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.enter(app, uid, &[room]).await?;
        Ok(Map::empty())
    })
}

/// `delroommember`
pub(crate) fn remove_member<C: Caller>(call: Call<'_, C>) -> Handled {
    let (room, uid) = (call.room()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.leave(app, uid, &[room]).await?;
        Ok(Map::empty())
    })
}

/// `addroommembers`
pub(crate) fn add_members<C: Caller>(call: Call<'_, C>) -> Handled {
    let (room, members) = (call.room()?, call.uids("uids")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        let entered = rooms.fill(app, room, &members).await?;
        Ok(uids("successedUids", &entered))
    })
}

/// `delroommembers`
pub(crate) fn remove_members<C: Caller>(call: Call<'_, C>) -> Handled {
    let (room, members) = (call.room()?, call.uids("uids")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        let left = rooms.empty(app, room, &members).await?;
        Ok(uids("successedUids", &left))
    })
}

/// `adduserrooms`
pub(crate) fn add_rooms<C: Caller>(call: Call<'_, C>) -> Handled {
    let (entered, uid) = (call.rooms()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.enter(app, uid, &entered).await?;
        Ok(Map::empty())
    })
}

/// `deleteuserrooms`
pub(crate) fn remove_rooms<C: Caller>(call: Call<'_, C>) -> Handled {
    let (left, uid) = (call.rooms()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.leave(app, uid, &left).await?;
        Ok(Map::empty())
    })
}

/// `getroommembers`
pub(crate) fn members<C: Caller>(call: Call<'_, C>) -> Handled {
    let room = call.room()?;
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        Ok(uids("uids", &rooms.members(app, room).await?))
    })
}

/// `getroomcount`, of a list `rids` or of one `rid`; the answer has the form of the list either way.
pub(crate) fn counts<C: Caller>(call: Call<'_, C>) -> Handled {
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
pub(crate) fn set_info<C: Caller>(call: Call<'_, C>) -> Handled {
    let (room, change) = (call.room()?, call.info_change()?);
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        rooms.set_info(app, scope.actor(), room, change).await?;
        Ok(Map::empty())
    })
}

/// `getroominfo`
pub(crate) fn get_info<C: Caller>(call: Call<'_, C>) -> Handled {
    let room = call.room()?;
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        Ok(info(&rooms.info(app, scope.actor(), room).await?))
    })
}

/// `getroomopeninfo`
pub(crate) fn get_open_info<C: Caller>(call: Call<'_, C>) -> Handled {
    let room = call.room()?;
    call.later(async move |scope| {
        let (rooms, app) = (&scope.core().rooms, scope.app.id);
        let infos = rooms.open_infos(app, &[room]).await?;
        let text = infos.first().map_or("", |(_, text)| text);
        Ok(Map::new().text("oinfo", text).finish())
    })
}

/// `getroomsopeninfo`
pub(crate) fn get_open_infos<C: Caller>(call: Call<'_, C>) -> Handled {
    let rooms = call.rooms()?;
    call.later(async move |scope| {
        let mut texts = Map::new();
        for (room, text) in scope.core().rooms.open_infos(scope.app.id, &rooms).await? {
            texts = texts.text(&room.0.to_string(), &text);
        }
        Ok(Map::new().map("info", texts).finish())
    })
}

/// `addroomban`
pub(crate) fn mute<C: Caller>(call: Call<'_, C>) -> Handled {
    let place = place(&call)?;
    mute::add(call, place)
}

/// `removeroomban`
pub(crate) fn unmute<C: Caller>(call: Call<'_, C>) -> Handled {
    let place = place(&call)?;
    mute::remove(call, place)
}

/// `isbanofroom`
pub(crate) fn is_muted<C: Caller>(call: Call<'_, C>) -> Handled {
    // Unlike the two above, this one must say which.
    call.fields.integer::<i64>("rid")?;
    let place = place(&call)?;
    mute::is_there(call, place)
}

/// One room, or every room when `rid` is absent or not positive.
fn place<C: Caller>(call: &Call<'_, C>) -> Result<Place, Refusal> {
    let rid = Fields::optional(call.fields.integer("rid"))?;
    Ok(match rid {
        Some(rid @ 1..) => Place::Room(RoomId(rid)),
        _ => Place::EveryRoom,
    })
}
