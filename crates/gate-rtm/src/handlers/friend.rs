//! Friends and black lists. Source: RTM server gate section 4.5.

use halloo_fpnn::Map;

use crate::call::{Call, Caller, Handled, ok, uids};

/// `addfriends`
pub(crate) fn add<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, friends) = (call.subject()?, call.uids("friends")?);
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        contacts
            .add_friends(app, scope.actor(), uid, &friends)
            .await?;
        Ok(Map::empty())
    })
}

/// `delfriends`
pub(crate) fn remove<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, friends) = (call.subject()?, call.uids("friends")?);
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        contacts
            .remove_friends(app, scope.actor(), uid, &friends)
            .await?;
        Ok(Map::empty())
    })
}

/// `getfriends`
pub(crate) fn list<C: Caller>(call: Call<'_, C>) -> Handled {
    let uid = call.subject()?;
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        Ok(uids("uids", &contacts.friends(app, uid).await?))
    })
}

/// `isfriend`
pub(crate) fn is_one<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, other) = (call.subject()?, call.uid("fuid")?);
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        let friends = contacts.friends_among(app, uid, &[other]).await?;
        Ok(ok(!friends.is_empty()))
    })
}

/// `isfriends`
pub(crate) fn among<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, others) = (call.subject()?, call.uids("fuids")?);
    call.later(async move |scope| {
        let (contacts, app) = (&scope.core().contacts, scope.app.id);
        let friends = contacts.friends_among(app, uid, &others).await?;
        Ok(uids("fuids", &friends))
    })
}

/// `addblacks`
pub(crate) fn add_blocks<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, blocked) = (call.subject()?, call.uids("blacks")?);
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        blocks.add_all(app, scope.actor(), uid, &blocked).await?;
        Ok(Map::empty())
    })
}

/// `delblacks`
pub(crate) fn remove_blocks<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, blocked) = (call.subject()?, call.uids("blacks")?);
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        blocks.remove_all(app, scope.actor(), uid, &blocked).await?;
        Ok(Map::empty())
    })
}

/// `getblacks`
pub(crate) fn list_blocks<C: Caller>(call: Call<'_, C>) -> Handled {
    let uid = call.subject()?;
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        Ok(uids("uids", &blocks.of_uid(app, uid).await?))
    })
}

/// `isblack`: whether `buid` blocks `uid`, the reverse of `addblacks`.
pub(crate) fn is_blocked<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, other) = (call.subject()?, call.uid("buid")?);
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        let blocking = blocks.blocking(app, uid, &[other]).await?;
        Ok(ok(!blocking.is_empty()))
    })
}

/// `isblacks`: those of `buids` who block `uid`.
pub(crate) fn blocked_by<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, others) = (call.subject()?, call.uids("buids")?);
    call.later(async move |scope| {
        let (blocks, app) = (&scope.core().blocks, scope.app.id);
        let blocking = blocks.blocking(app, uid, &others).await?;
        Ok(uids("buids", &blocking))
    })
}
