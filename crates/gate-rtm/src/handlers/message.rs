//! Sending, and single messages. Sources: RTM server gate sections 5.2 and 5.5, RTM client gate sections 3.2
//! and 3.3.

use halloo_core::Error;
use halloo_core::groups::GroupId;
use halloo_core::messages::{Content, Conversation, Draft, Kind, Recipient};
use halloo_core::rooms::RoomId;
use halloo_core::users::{Uid, UserId};
use halloo_fpnn::{Fields, Map, Refusal};

use crate::call::{Call, Caller, Handled, Scope, illegal};
use crate::content::{record_number, shown};
use crate::error::refusal;

/// `sendmsg`
pub(crate) fn to_user<C: Caller>(call: Call<'_, C>) -> Handled {
    let to = Recipient::User(call.uid("to")?);
    send(call, to)
}

/// `sendmsgs`
pub(crate) fn to_users<C: Caller>(call: Call<'_, C>) -> Handled {
    let to = Recipient::Users(call.uids("tos")?);
    send(call, to)
}

/// `sendgroupmsg`
pub(crate) fn to_group<C: Caller>(call: Call<'_, C>) -> Handled {
    let to = Recipient::Group(call.group()?);
    send(call, to)
}

/// `sendroommsg`
pub(crate) fn to_room<C: Caller>(call: Call<'_, C>) -> Handled {
    let to = Recipient::Room(call.room()?);
    send(call, to)
}

/// `broadcastmsg`
pub(crate) fn to_everybody<C: Caller>(call: Call<'_, C>) -> Handled {
    send(call, Recipient::Everybody)
}

/// Always answers when: SDKs take an answer without that for an error.
fn send<C: Caller>(call: Call<'_, C>, to: Recipient) -> Handled {
    let (author, draft) = (C::author(&call)?, draft(&call)?);
    call.later(async move |scope| {
        let (messages, caller) = (&scope.core().messages, &scope.caller);
        let sender = caller.sender(author);
        let sent = messages
            .send(&scope.app, caller.lane(), sender, to, draft)
            .await?;
        Ok(Map::new().integer("mtime", sent.at.0).finish())
    })
}

fn draft<C: Caller>(call: &Call<'_, C>) -> Result<Draft, Refusal> {
    let kind = Kind::new(call.fields.integer("mtype")?).map_err(|error| refusal(&error))?;
    let (form, body) = call.body()?;
    Ok(Draft {
        client_id: call.integer_or_zero("mid")?,
        content: Content {
            kind,
            form,
            body,
            attributes: call.attributes()?,
        },
    })
}

/// `getmsg`
pub(crate) fn get<C: Caller>(call: Call<'_, C>) -> Handled {
    let (mid, place) = (call.fields.integer("mid")?, Place::read(&call)?);
    call.later(async move |scope| {
        let (messages, actor) = (&scope.core().messages, scope.actor());
        let (conversation, sender) = place.find_message(&scope).await?;
        let message = messages
            .called(&scope.app, actor, conversation, sender, mid)
            .await?;
        let shown = shown(&message.content);
        let answer = Map::new()
            .integer("id", record_number(&message))
            .integer("mtype", shown.kind);
        let answer = shown.body.put(answer, C::BODIES);
        Ok(answer
            .text("attrs", &shown.attributes)
            .integer("mtime", message.sent.0)
            .finish())
    })
}

/// `delmsg`. The one of 2018 knows no `type`, and is about pairs.
pub(crate) fn remove<C: Caller>(call: Call<'_, C>) -> Handled {
    let (mid, from) = (call.fields.integer("mid")?, call.uid("from")?);
    let kind = Fields::optional(call.fields.integer("type"))?;
    let place = Place::new(kind.unwrap_or(PAIR), from, call.fields.integer("xid")?)?;
    call.later(async move |scope| {
        let (messages, actor) = (&scope.core().messages, scope.actor());
        let (conversation, sender) = place.find_message(&scope).await?;
        messages
            .remove(&scope.app, actor, conversation, sender, mid)
            .await?;
        Ok(Map::empty())
    })
}

/// What `type` calls a pair.
const PAIR: i64 = 1;

/// Where a message stands, as `type`, `xid` and `from` say. Source: RTM server gate section 5.5.
pub(crate) struct Place {
    from: Uid,
    log: Log,
}

enum Log {
    Pair(Uid),
    Of(Conversation),
}

impl Place {
    /// The place that a quest names.
    pub(crate) fn read<C: Caller>(call: &Call<'_, C>) -> Result<Self, Refusal> {
        let kind = call.fields.integer("type")?;
        Self::new(kind, call.uid("from")?, call.fields.integer("xid")?)
    }

    fn new(kind: i64, from: Uid, xid: i64) -> Result<Self, Refusal> {
        let id = |error: Error| refusal(&error);
        let log = match kind {
            PAIR => Log::Pair(Uid(xid)),
            2 => Log::Of(Conversation::Group(GroupId::new(xid).map_err(id)?)),
            3 => Log::Of(Conversation::Room(RoomId::new(xid).map_err(id)?)),
            4 => Log::Of(Conversation::Broadcast),
            _ => return Err(illegal("type is not 1 to 4")),
        };
        Ok(Self { from, log })
    }

    /// The log; `None` where there can be none.
    pub(crate) async fn find<C: Caller>(
        &self,
        scope: &Scope<C>,
    ) -> halloo_core::Result<Option<Conversation>> {
        match self.log {
            Log::Of(conversation) => Ok(Some(conversation)),
            Log::Pair(xid) => {
                let (one, other) = scope.caller.pair(self.from, xid);
                let found = scope.pair(one, other).await?;
                Ok(found.map(|(_, conversation)| conversation))
            }
        }
    }

    /// The log, and who sent the message; whoever it was, if `from` is 0.
    pub(crate) async fn find_message<C: Caller>(
        &self,
        scope: &Scope<C>,
    ) -> halloo_core::Result<(Conversation, Option<UserId>)> {
        let conversation = self.find(scope).await?.ok_or(Error::UnknownMessage)?;
        let sender = scope
            .core()
            .messages
            .sender(scope.app.id, self.from)
            .await?;
        if sender.is_none() && self.from.0 != 0 {
            return Err(Error::UnknownMessage);
        }
        Ok((conversation, sender))
    }
}
