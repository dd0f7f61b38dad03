//! Questions about logs that only clients ask. Source: RTM client gate section 3.3.

use halloo_core::messages::{Conversation, Kinds, Message};
use halloo_fpnn::Map;

use super::{Call, Client};
use crate::call::{self, Handled, Scope};
use crate::content::record_number;
use crate::handlers::history::{Asked, of_pair_with, range};

/// `getp2pmsgbymessageid`: `mid` stands for `lastid`.
pub(super) fn of_pair_behind(call: Call<'_>) -> Handled {
    let (peer, mid) = (call.uid("ouid")?, call.integer_or_zero("mid")?);
    let asked = Asked::read(&call)?;
    call.later(async move |scope| {
        let own = scope.caller.session.uid();
        let mut asked = asked;
        if mid != 0
            && let Some((_, conversation)) = scope.pair(own, peer).await?
        {
            let message = called(&scope, conversation, mid).await?;
            asked.after = record_number(&message);
        }
        of_pair_with(&scope, own, peer, asked).await
    })
}

/// `getgroupmsgbymessageid`, likewise.
pub(super) fn of_group_behind(call: Call<'_>) -> Handled {
    let conversation = Conversation::Group(call.group()?);
    behind(call, conversation)
}

/// `getroommsgbymessageid`, likewise.
pub(super) fn of_room_behind(call: Call<'_>) -> Handled {
    let conversation = Conversation::Room(call.room()?);
    behind(call, conversation)
}

/// `getbroadcastmsgbymessageid`, likewise.
pub(super) fn of_everybody_behind(call: Call<'_>) -> Handled {
    behind(call, Conversation::Broadcast)
}

fn behind(call: Call<'_>, conversation: Conversation) -> Handled {
    let (mid, mut asked) = (call.integer_or_zero("mid")?, Asked::read(&call)?);
    call.later(async move |scope| {
        if mid != 0 {
            asked.after = record_number(&called(&scope, conversation, mid).await?);
        }
        asked.page(&scope, conversation, None).await
    })
}

/// The message that anybody calls `mid`: the latest one, if several do.
async fn called(
    scope: &Scope<Client>,
    conversation: Conversation,
    mid: i64,
) -> halloo_core::Result<Message> {
    let (messages, actor) = (&scope.core().messages, scope.actor());
    messages
        .called(&scope.app, actor, conversation, None, mid)
        .await
}

/// `getp2pmsgcount`
pub(super) fn count_of_pair(call: Call<'_>) -> Handled {
    let peer = call.uid("ouid")?;
    let (range, kinds) = (range(&call)?, call.kinds(Kinds::ALL)?);
    call.later(async move |scope| {
        let own = scope.caller.session.uid();
        let Some((_, conversation)) = scope.pair(own, peer).await? else {
            return Ok(counted(0));
        };
        let (messages, actor) = (&scope.core().messages, scope.actor());
        let count = messages.count(&scope.app, actor, conversation, range, kinds);
        Ok(counted(count.await?.messages))
    })
}

/// `getgroupmsgcount`
pub(super) fn count_of_group(call: Call<'_>) -> Handled {
    let conversation = Conversation::Group(call.group()?);
    count(call, conversation)
}

/// `getroommsgcount`
pub(super) fn count_of_room(call: Call<'_>) -> Handled {
    let conversation = Conversation::Room(call.room()?);
    count(call, conversation)
}

/// `getbroadcastmsgcount`
pub(super) fn count_of_everybody(call: Call<'_>) -> Handled {
    count(call, Conversation::Broadcast)
}

fn count(call: Call<'_>, conversation: Conversation) -> Handled {
    let (range, kinds) = (range(&call)?, call.kinds(Kinds::ALL)?);
    call.later(async move |scope| {
        let (messages, actor) = (&scope.core().messages, scope.actor());
        let count = messages.count(&scope.app, actor, conversation, range, kinds);
        Ok(counted(count.await?.messages))
    })
}

fn counted(count: u64) -> bytes::Bytes {
    Map::new().integer("count", call::count(count)).finish()
}
