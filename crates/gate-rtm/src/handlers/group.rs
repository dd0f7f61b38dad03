//! Groups: their members, texts and mutes. Sources: RTM server gate sections 3 and 4.4, RTM client gate
//! section 3.6.

use halloo_core::bans::Place;
use halloo_core::groups::GroupId;
use halloo_fpnn::{Fields, Map, Refusal};

use super::mute;
use crate::call::{Call, Caller, Handled, info, ok};

/// `addgroupmembers`
pub(crate) fn add_members<C: Caller>(call: Call<'_, C>) -> Handled {
    let (group, members) = (call.group()?, call.uids("uids")?);
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        groups
            .add_members(app, scope.actor(), group, &members)
            .await?;
        Ok(Map::empty())
    })
}

/// `delgroupmembers`
pub(crate) fn remove_members<C: Caller>(call: Call<'_, C>) -> Handled {
    let (group, members) = (call.group()?, call.uids("uids")?);
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        groups
            .remove_members(app, scope.actor(), group, &members)
            .await?;
        Ok(Map::empty())
    })
}

/// `delgroup`
pub(crate) fn delete<C: Caller>(call: Call<'_, C>) -> Handled {
    let group = call.group()?;
    call.later(async move |scope| {
        scope.core().groups.delete(scope.app.id, group).await?;
        Ok(Map::empty())
    })
}

/// `clearprojectgroup`
pub(crate) fn delete_all<C: Caller>(call: Call<'_, C>) -> Handled {
    call.later(async move |scope| {
        scope.core().groups.delete_all(scope.app.id).await?;
        Ok(Map::empty())
    })
}

/// `getgroupmembers`; with `online` also those who are.
pub(crate) fn members<C: Caller>(call: Call<'_, C>) -> Handled {
    let (group, with_online) = (call.group()?, online(&call)?);
    call.later(async move |scope| {
        let (core, app) = (scope.core(), scope.app.id);
        let members = core.groups.members(app, scope.actor(), group).await?;
        let mut answer = Map::new().integers("uids", members.iter().map(|uid| uid.0));
        if with_online {
            let online = core.sessions.online_uids(app, &members);
            answer = answer.integers("onlines", online.iter().map(|uid| uid.0));
        }
        Ok(answer.finish())
    })
}

/// `getgroupcount`; with `online` also how many are.
pub(crate) fn count<C: Caller>(call: Call<'_, C>) -> Handled {
    let (group, with_online) = (call.group()?, online(&call)?);
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        let size = groups.size(app, group).await?;
        let mut answer = Map::new().integer("cn", size.into());
        if with_online {
            let online = groups.online_count(app, scope.actor(), group).await?;
            answer = answer.integer("online", online.into());
        }
        Ok(answer.finish())
    })
}

fn online<C: Caller>(call: &Call<'_, C>) -> Result<bool, Refusal> {
    Ok(Fields::optional(call.fields.boolean("online"))?.unwrap_or(false))
}

/// `isgroupmember`
pub(crate) fn is_member<C: Caller>(call: Call<'_, C>) -> Handled {
    let (group, uid) = (call.group()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        Ok(ok(groups.is_member(app, group, uid).await?))
    })
}

/// `getusergroups`
pub(crate) fn of_user<C: Caller>(call: Call<'_, C>) -> Handled {
    let uid = call.subject()?;
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        let gids = groups.of_user(app, uid).await?;
        let gids = gids.iter().map(|group| group.0);
        Ok(Map::new().integers("gids", gids).finish())
    })
}

/// `setgroupinfo`
pub(crate) fn set_info<C: Caller>(call: Call<'_, C>) -> Handled {
    let (group, change) = (call.group()?, call.info_change()?);
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        groups.set_info(app, scope.actor(), group, change).await?;
        Ok(Map::empty())
    })
}

/// `getgroupinfo`
pub(crate) fn get_info<C: Caller>(call: Call<'_, C>) -> Handled {
    let group = call.group()?;
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        Ok(info(&groups.info(app, scope.actor(), group).await?))
    })
}

/// `getgroupopeninfo`
pub(crate) fn get_open_info<C: Caller>(call: Call<'_, C>) -> Handled {
    let group = call.group()?;
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        let infos = groups.open_infos(app, &[group]).await?;
        let text = infos.first().map_or("", |(_, text)| text);
        Ok(Map::new().text("oinfo", text).finish())
    })
}

/// `getgroupsopeninfo`
pub(crate) fn get_open_infos<C: Caller>(call: Call<'_, C>) -> Handled {
    let groups = call.groups()?;
    call.later(async move |scope| {
        let mut texts = Map::new();
        for (group, text) in scope
            .core()
            .groups
            .open_infos(scope.app.id, &groups)
            .await?
        {
            texts = texts.text(&group.0.to_string(), &text);
        }
        Ok(Map::new().map("info", texts).finish())
    })
}

/// `addgroupban`
pub(crate) fn mute<C: Caller>(call: Call<'_, C>) -> Handled {
    let place = place(&call)?;
    mute::add(call, place)
}

/// `removegroupban`
pub(crate) fn unmute<C: Caller>(call: Call<'_, C>) -> Handled {
    let place = place(&call)?;
    mute::remove(call, place)
}

/// `isbanofgroup`
pub(crate) fn is_muted<C: Caller>(call: Call<'_, C>) -> Handled {
    // Unlike the two above, this one must say which.
    call.fields.integer::<i64>("gid")?;
    let place = place(&call)?;
    mute::is_there(call, place)
}

/// One group, or every group when `gid` is absent or not positive.
fn place<C: Caller>(call: &Call<'_, C>) -> Result<Place, Refusal> {
    let gid = Fields::optional(call.fields.integer("gid"))?;
    Ok(match gid {
        Some(gid @ 1..) => Place::Group(GroupId(gid)),
        _ => Place::EveryGroup,
    })
}
