//! Groups: their members, texts and mutes. Source: RTM server gate sections 3 and 4.4.

use halloo_core::bans::Place;
use halloo_core::groups::GroupId;
use halloo_fpnn::{Fields, Map, Refusal};

use super::call::{Call, Handled, info, ok, uids};
use super::mute;

/// `addgroupmembers`
pub(super) fn add_members(call: Call<'_>) -> Handled {
    let (group, members) = (call.group()?, call.uids("uids")?);
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        groups.add_members(app, group, &members).await?;
        Ok(Map::empty())
    })
}

/// `delgroupmembers`
pub(super) fn remove_members(call: Call<'_>) -> Handled {
    let (group, members) = (call.group()?, call.uids("uids")?);
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        groups.remove_members(app, group, &members).await?;
        Ok(Map::empty())
    })
}

/// `delgroup`
pub(super) fn delete(call: Call<'_>) -> Handled {
    let group = call.group()?;
    call.later(async move |scope| {
        scope.core().groups.delete(scope.app.id, group).await?;
        Ok(Map::empty())
    })
}

/// `clearprojectgroup`
pub(super) fn delete_all(call: Call<'_>) -> Handled {
    call.later(async move |scope| {
        scope.core().groups.delete_all(scope.app.id).await?;
        Ok(Map::empty())
    })
}

/// `getgroupmembers`
pub(super) fn members(call: Call<'_>) -> Handled {
    let group = call.group()?;
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        Ok(uids("uids", &groups.members(app, group).await?))
    })
}

/// `getgroupcount`
pub(super) fn count(call: Call<'_>) -> Handled {
    let group = call.group()?;
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        let size = groups.size(app, group).await?;
        Ok(Map::new().integer("cn", size.into()).finish())
    })
}

/// `isgroupmember`
pub(super) fn is_member(call: Call<'_>) -> Handled {
    let (group, uid) = (call.group()?, call.uid("uid")?);
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        Ok(ok(groups.is_member(app, group, uid).await?))
    })
}

/// `getusergroups`
pub(super) fn of_user(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        let gids = groups.of_user(app, uid).await?;
        let gids = gids.iter().map(|group| group.0);
        Ok(Map::new().integers("gids", gids).finish())
    })
}

/// `setgroupinfo`
pub(super) fn set_info(call: Call<'_>) -> Handled {
    let (group, change) = (call.group()?, call.info_change()?);
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        groups.set_info(app, group, change).await?;
        Ok(Map::empty())
    })
}

/// `getgroupinfo`
pub(super) fn get_info(call: Call<'_>) -> Handled {
    let group = call.group()?;
    call.later(async move |scope| {
        let (groups, app) = (&scope.core().groups, scope.app.id);
        Ok(info(&groups.info(app, group).await?))
    })
}

/// `addgroupban`
pub(super) fn mute(call: Call<'_>) -> Handled {
    let place = place(&call)?;
    mute::add(call, place)
}

/// `removegroupban`
pub(super) fn unmute(call: Call<'_>) -> Handled {
    let place = place(&call)?;
    mute::remove(call, place)
}

/// `isbanofgroup`
pub(super) fn is_muted(call: Call<'_>) -> Handled {
    // Unlike the two above, this one must say which.
    call.fields.integer::<i64>("gid")?;
    let place = place(&call)?;
    mute::is_there(call, place)
}

/// One group, or every group when `gid` is absent or not positive.
fn place(call: &Call<'_>) -> Result<Place, Refusal> {
    let gid = Fields::optional(call.fields.integer("gid"))?;
    Ok(match gid {
        Some(gid @ 1..) => Place::Group(GroupId(gid)),
        _ => Place::EveryGroup,
    })
}
