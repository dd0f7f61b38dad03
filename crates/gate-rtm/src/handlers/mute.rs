//! Mutes, wherever they are: of groups, of rooms, of the whole project. Source: RTM server gate sections 3
//! (R5 to R7, G7 to G9) and 4.2.

use halloo_core::bans::Place;
use halloo_fpnn::Map;

use crate::call::{Call, Caller, Handled, ok};

/// `addgroupban` and its like.
pub(crate) fn add<C: Caller>(call: Call<'_, C>, place: Place) -> Handled {
    let (uid, seconds) = (call.uid("uid")?, call.btime()?);
    call.later(async move |scope| {
        let (bans, app) = (&scope.core().bans, scope.app.id);
        bans.mute(app, place, uid, seconds).await?;
        Ok(Map::empty())
    })
}

/// `removegroupban` and its like.
pub(crate) fn remove<C: Caller>(call: Call<'_, C>, place: Place) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        let (bans, app) = (&scope.core().bans, scope.app.id);
        bans.unmute(app, place, uid).await?;
        Ok(Map::empty())
    })
}

/// `isbanofgroup` and its like.
pub(crate) fn is_there<C: Caller>(call: Call<'_, C>, place: Place) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        let (bans, app) = (&scope.core().bans, scope.app.id);
        Ok(ok(bans.is_muted(app, place, uid).await?))
    })
}
