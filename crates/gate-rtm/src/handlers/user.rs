//! Users: presence and texts. Sources: RTM server gate sections 3 and 4.2, RTM client gate section 3.7.

use halloo_fpnn::Map;

use crate::call::{Call, Caller, Handled, info, uids};

/// `getonlineusers`
pub(crate) fn online<C: Caller>(call: Call<'_, C>) -> Handled {
    let asked = call.uids("uids")?;
    call.now(|core, app| Ok(uids("uids", &core.users.online(app.id, &asked)?)))
}

/// `setuserinfo`
pub(crate) fn set_info<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, change) = (call.subject()?, call.info_change()?);
    call.later(async move |scope| {
        let (users, app) = (&scope.core().users, scope.app.id);
        users.set_info(app, scope.actor(), uid, change).await?;
        Ok(Map::empty())
    })
}

/// `getuserinfo`
pub(crate) fn get_info<C: Caller>(call: Call<'_, C>) -> Handled {
    let uid = call.subject()?;
    call.later(async move |scope| {
        let (users, app) = (&scope.core().users, scope.app.id);
        Ok(info(&users.info(app, uid).await?))
    })
}

/// `getuseropeninfo`
pub(crate) fn get_open_infos<C: Caller>(call: Call<'_, C>) -> Handled {
    let uids = call.uids("uids")?;
    call.later(async move |scope| {
        let (users, app) = (&scope.core().users, scope.app.id);
        let mut texts = Map::new();
        for (uid, text) in users.open_infos(app, scope.actor(), &uids).await? {
            texts = texts.text(&uid.0.to_string(), &text);
        }
        Ok(Map::new().map("info", texts).finish())
    })
}
