//! Friends and black lists. Source: RTM server gate section 4.5.

use halloo_fpnn::Map;

use super::call::{Call, Handled, ok, uids};

/// `addfriends`
pub(super) fn add(call: Call<'_>) -> Handled {
    let (uid, friends) = (call.uid("uid")?, call.uids("friends")?);
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        contacts.add_friends(app, uid, &friends).await?;
        Ok(Map::empty())
    })
}

/// `delfriends`
pub(super) fn remove(call: Call<'_>) -> Handled {
    let (uid, friends) = (call.uid("uid")?, call.uids("friends")?);
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        contacts.remove_friends(app, uid, &friends).await?;
        Ok(Map::empty())
    })
}

/// `getfriends`
pub(super) fn list(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        Ok(uids("uids", &contacts.friends(app, uid).await?))
    })
}

/// `isfriend`
pub(super) fn is_one(call: Call<'_>) -> Handled {
    let (uid, other) = (call.uid("uid")?, call.uid("fuid")?);
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        let friends = contacts.friends_among(app, uid, &[other]).await?;
        Ok(ok(!friends.is_empty()))
    })
}

/// `isfriends`
pub(super) fn among(call: Call<'_>) -> Handled {
    let (uid, others) = (call.uid("uid")?, call.uids("fuids")?);
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        let friends = contacts.friends_among(app, uid, &others).await?;
        Ok(uids("fuids", &friends))
    })
}

/// `addblacks`
pub(super) fn add_blocks(call: Call<'_>) -> Handled {
    let (uid, blocked) = (call.uid("uid")?, call.uids("blacks")?);
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        blocks.add_all(app, uid, &blocked).await?;
        Ok(Map::empty())
    })
}

/// `delblacks`
pub(super) fn remove_blocks(call: Call<'_>) -> Handled {
    let (uid, blocked) = (call.uid("uid")?, call.uids("blacks")?);
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        blocks.remove_all(app, uid, &blocked).await?;
        Ok(Map::empty())
    })
}

/// `getblacks`
pub(super) fn list_blocks(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        Ok(uids("uids", &blocks.of_uid(app, uid).await?))
    })
}

/// `isblack`: whether `buid` blocks `uid`, the reverse of `addblacks`.
pub(super) fn is_blocked(call: Call<'_>) -> Handled {
    let (uid, other) = (call.uid("uid")?, call.uid("buid")?);
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        let blocking = blocks.blocking(app, uid, &[other]).await?;
        Ok(ok(!blocking.is_empty()))
    })
}

/// `isblacks`: those of `buids` who block `uid`.
pub(super) fn blocked_by(call: Call<'_>) -> Handled {
    let (uid, others) = (call.uid("uid")?, call.uids("buids")?);
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        let blocking = blocks.blocking(app, uid, &others).await?;
        Ok(uids("buids", &blocking))
    })
}
