//! Users: kicks, the project's black list. Source: RTM server gate sections 3 and 4.2.

use halloo_core::bans::{Ban, Place};
use halloo_fpnn::{Fields, Map};

use super::Call;
use crate::call::{Handled, ok};
use crate::handlers::mute;

/// `kickout`
pub(super) fn kickout(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    let resource = Fields::optional(call.fields.text("ce"))?.map(str::to_owned);
    call.later(async move |scope| {
        let (core, app) = (scope.core(), scope.app.id);
        if let Some(user) = core.users.of_uid(app, uid).await? {
            let resource = resource.as_deref();
            core.sessions.kick(app, &user.named(), resource).await;
        }
        Ok(Map::empty())
    })
}

/// `addprojectblack`
pub(super) fn ban(call: Call<'_>) -> Handled {
    let (uid, seconds) = (call.uid("uid")?, call.btime()?);
    call.later(async move |scope| {
        let (core, app) = (scope.core(), scope.app.id);
        let user = core.users.of_uid_or_new(app, uid).await?;
        let ban = Ban::lasting(seconds, core.now());
        core.users.set_ban(app, &user, ban).await?;
        Ok(Map::empty())
    })
}

/// `removeprojectblack`
pub(super) fn unban(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        let (core, app) = (scope.core(), scope.app.id);
        let user = core.users.of_uid(app, uid).await?;
        if let Some(user) = user.filter(|user| user.ban != Ban::Never) {
            core.users.set_ban(app, &user, Ban::Never).await?;
        }
        Ok(Map::empty())
    })
}

/// `isprojectblack`
pub(super) fn is_banned(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        let core = scope.core();
        let user = core.users.of_uid(scope.app.id, uid).await?;
        Ok(ok(user.is_some_and(|user| user.ban.holds(core.now()))))
    })
}

/// `addprojectban`
pub(super) fn mute(call: Call<'_>) -> Handled {
    mute::add(call, Place::App)
}

/// `removeprojectban`
pub(super) fn unmute(call: Call<'_>) -> Handled {
    mute::remove(call, Place::App)
}

/// `isprojectban`
pub(super) fn is_muted(call: Call<'_>) -> Handled {
    mute::is_there(call, Place::App)
}
