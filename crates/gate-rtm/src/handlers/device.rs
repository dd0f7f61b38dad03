//! Push devices and conversations that are not pushed. Source: RTM server gate section 8.

use halloo_core::groups::GroupId;
use halloo_core::push::{Device, PushConversation, PushProvider};
use halloo_core::users::Uid;
use halloo_fpnn::{FieldError, Fields, Map, Refusal};

use crate::call::{Call, Caller, Handled, illegal};

/// `adddevice`
pub(crate) fn add<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, token) = (call.subject()?, token(&call)?);
    let provider = match Fields::optional(first(&call, &["apptype", "appType"]))? {
        Some(name) => {
            let known = PushProvider::of(name);
            Some(known.ok_or_else(|| illegal("apptype is neither apns nor fcm"))?)
        }
        None => None,
    };
    let device = Device {
        provider,
        token: token.into(),
    };
    call.later(async move |scope| {
        let (push, app) = (&scope.core().push, scope.app.id);
        push.add_device(app, scope.actor(), uid, device).await?;
        Ok(Map::empty())
    })
}

/// `removedevice`
pub(crate) fn remove<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, token) = (call.subject()?, token(&call)?.to_owned());
    call.later(async move |scope| {
        let (push, app) = (&scope.core().push, scope.app.id);
        push.remove_device(app, scope.actor(), uid, &token).await?;
        Ok(Map::empty())
    })
}

/// `addoption`
pub(crate) fn mute<C: Caller>(call: Call<'_, C>) -> Handled {
    let uid = call.subject()?;
    let (conversation, types) = (conversation(&call)?, message_types(&call)?);
    call.later(async move |scope| {
        let (push, app) = (&scope.core().push, scope.app.id);
        push.mute(app, scope.actor(), uid, conversation, types)
            .await?;
        Ok(Map::empty())
    })
}

/// `removeoption`
pub(crate) fn unmute<C: Caller>(call: Call<'_, C>) -> Handled {
    let uid = call.subject()?;
    let (conversation, types) = (conversation(&call)?, message_types(&call)?);
    call.later(async move |scope| {
        let (push, app) = (&scope.core().push, scope.app.id);
        push.unmute(app, scope.actor(), uid, conversation, types)
            .await?;
        Ok(Map::empty())
    })
}

/// `getoption`
pub(crate) fn muted<C: Caller>(call: Call<'_, C>) -> Handled {
    let uid = call.subject()?;
    call.later(async move |scope| {
        let (push, app) = (&scope.core().push, scope.app.id);
        let mut muted = push.muted(app, uid).await?;
        muted.sort_unstable();
        let (mut pairs, mut groups) = (Map::new(), Map::new());
        for of_one in muted.chunk_by(|a, b| a.conversation == b.conversation) {
            let types = of_one.iter().map(|entry| i64::from(entry.message_type));
            match of_one.first().map(|entry| entry.conversation) {
                Some(PushConversation::Pair(peer)) => {
                    pairs = pairs.integers(&peer.0.to_string(), types);
                }
                Some(PushConversation::Group(group)) => {
                    groups = groups.integers(&group.0.to_string(), types);
                }
                None => {}
            }
        }
        Ok(Map::new().map("p2p", pairs).map("group", groups).finish())
    })
}

/// The device token, which older SDKs spell in other ways.
fn token<'a, C: Caller>(call: &Call<'a, C>) -> Result<&'a str, FieldError> {
    first(call, &["devicetoken", "deviceToken", "adddevice", "token"])
}

/// The first of these spellings that is there, or else the first as missing.
fn first<'a, C: Caller>(call: &Call<'a, C>, keys: &[&'static str]) -> Result<&'a str, FieldError> {
    let sent = keys.iter().find(|key| call.fields.get(key).is_some());
    call.fields
        .text(sent.or(keys.first()).copied().unwrap_or_default())
}

fn conversation<C: Caller>(call: &Call<'_, C>) -> Result<PushConversation, Refusal> {
    let id: i64 = call.fields.integer("xid")?;
    match call.fields.integer::<i64>("type")? {
        0 | 1 if id <= 0 => Err(illegal("xid must be positive")),
        0 => Ok(PushConversation::Pair(Uid(id))),
        1 => Ok(PushConversation::Group(GroupId(id))),
        _ => Err(illegal("type is neither 0 nor 1")),
    }
}

/// Types of message, each once; `mtype` is how the C++ SDK spells it. None at all means every type.
fn message_types<C: Caller>(call: &Call<'_, C>) -> Result<Vec<i8>, Refusal> {
    let key = ["mtypes", "mtype"]
        .into_iter()
        .find(|key| call.fields.get(key).is_some());
    let Some(key) = key else {
        return Ok(Vec::new());
    };
    let types = call.fields.integers(key)?.into_iter();
    let types = types.map(|kind| i8::try_from(kind).map_err(|_| FieldError::WrongType(key)));
    let mut types = types.collect::<Result<Vec<i8>, _>>()?;
    types.sort_unstable();
    types.dedup();
    Ok(types)
}
