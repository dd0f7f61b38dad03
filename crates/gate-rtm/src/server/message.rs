//! What a back end does to logs and to lists of conversations. Source: RTM server gate sections 4.6 and 5.5.

use halloo_core::groups::GroupId;
use halloo_core::messages::{Conversation, Kinds, Range, Scope};
use halloo_core::rooms::RoomId;
use halloo_fpnn::Map;

use super::Call;
use crate::call::{self, Handled, illegal};
use crate::error::refusal;
use crate::handlers::history::range;
use crate::handlers::message::Place;

/// `getmsgnum`
pub(super) fn count(call: Call<'_>) -> Handled {
    let (kind, xid) = (call.fields.integer("type")?, call.fields.integer("xid")?);
    let conversation = match kind {
        2 => GroupId::new(xid).map(Conversation::Group),
        3 => RoomId::new(xid).map(Conversation::Room),
        _ => return Err(illegal("type is neither 2 nor 3")),
    };
    let conversation = conversation.map_err(|error| refusal(&error))?;
    let (range, kinds) = (range(&call)?, call.kinds(Kinds::ALL)?);
    call.later(async move |scope| {
        let (messages, actor) = (&scope.core().messages, scope.actor());
        let count = messages
            .count(&scope.app, actor, conversation, range, kinds)
            .await?;
        Ok(Map::new()
            .integer("sender", call::count(count.senders))
            .integer("num", call::count(count.messages))
            .finish())
    })
}

/// `editmsg`
pub(super) fn edit(call: Call<'_>) -> Handled {
    let (mid, place) = (call.fields.integer("mid")?, Place::read(&call)?);
    let (body, attributes) = (call.body()?, call.attributes()?);
    let within = call.fields.integer("timeLimit")?;
    call.later(async move |scope| {
        let (conversation, sender) = place.find_message(&scope).await?;
        let messages = &scope.core().messages;
        let named = (sender, mid);
        messages
            .edit(&scope.app, conversation, named, body, attributes, within)
            .await?;
        Ok(Map::empty())
    })
}

/// `cleanmsg`
pub(super) fn remove_sent(call: Call<'_>) -> Handled {
    let (begin, end) = (call.fields.integer("begin")?, call.fields.integer("end")?);
    remove(call, Range::of(begin, end))
}

/// `delconversationmsgs`
pub(super) fn remove_all(call: Call<'_>) -> Handled {
    remove(call, Range::of(0, 0))
}

fn remove(call: Call<'_>, range: Range) -> Handled {
    let place = Place::read(&call)?;
    call.later(async move |scope| {
        if let Some(conversation) = place.find(&scope).await? {
            let messages = &scope.core().messages;
            messages
                .remove_sent(&scope.app, conversation, range)
                .await?;
        }
        Ok(Map::empty())
    })
}

/// `clearprojectmsg`, whose `type` is like no other.
pub(super) fn clear(call: Call<'_>) -> Handled {
    let scopes: &'static [Scope] = match call.fields.integer("type")? {
        0 => &[Scope::Pairs],
        1 => &[Scope::Rooms],
        2 => &[Scope::Groups],
        3 => &[Scope::Broadcasts],
        4 => &Scope::ALL,
        _ => return Err(illegal("type is not 0 to 4")),
    };
    call.later(async move |scope| {
        let messages = &scope.core().messages;
        messages.clear(&scope.app, scopes).await?;
        Ok(Map::empty())
    })
}

/// `clearusermsg`, for a while `clearusermessage`
pub(super) fn clear_user(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        let messages = &scope.core().messages;
        messages.clear_user(&scope.app, uid).await?;
        Ok(Map::empty())
    })
}

/// `addsessions`
pub(super) fn list_conversations(call: Call<'_>) -> Handled {
    list(call, true)
}

/// `removesessions`. Only the list of `uid` changes, whatever `oneway` says.
pub(super) fn unlist_conversations(call: Call<'_>) -> Handled {
    list(call, false)
}

fn list(call: Call<'_>, listed: bool) -> Handled {
    let (uid, peers) = (call.uid("uid")?, call.uids("uids")?);
    call.later(async move |scope| {
        let (core, app) = (scope.core(), &scope.app);
        // Whoever has no account yet gets one with what is kept for him.
        let user = if listed {
            core.users.of_uid_or_new(app.id, uid).await?.id
        } else if let Some(user) = core.users.of_uid(app.id, uid).await? {
            user.id
        } else {
            return Ok(Map::empty());
        };
        core.messages
            .list_conversations(app, user, &peers, listed)
            .await?;
        Ok(Map::empty())
    })
}
