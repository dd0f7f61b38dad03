//! Pages of logs. Sources: RTM server gate section 5.4, RTM client gate section 3.3.

use bytes::Bytes;
use halloo_core::messages::{Conversation, Kinds, Message, Page, Range, Sequence};
use halloo_core::users::{Uid, UserId};
use halloo_fpnn::{List, Map, Refusal};

use crate::call::{Call, Caller, Handled, Scope};
use crate::content::{Bodies, row};

/// What a page tells its reader of a message that went the one way, and of one that went the other.
const SENT: i64 = 1;
const RECEIVED: i64 = 2;

/// `getp2pmsg`
pub(crate) fn of_pair<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, peer, asked) = (call.subject()?, call.uid("ouid")?, Asked::read(&call)?);
    call.later(async move |scope| of_pair_with(&scope, uid, peer, asked).await)
}

/// A page of the log of `peer` and of whoever asks, or of `uid` if that is no user.
pub(crate) async fn of_pair_with<C: Caller>(
    scope: &Scope<C>,
    uid: Uid,
    peer: Uid,
    asked: Asked,
) -> halloo_core::Result<Bytes> {
    match scope.pair(uid, peer).await? {
        Some((viewer, conversation)) => asked.page(scope, conversation, Some(viewer)).await,
        None => Ok(asked.answer(scope, &[], None)),
    }
}

/// `getgroupmsg`
pub(crate) fn of_group<C: Caller>(call: Call<'_, C>) -> Handled {
    let conversation = Conversation::Group(call.group()?);
    of(call, conversation)
}

/// `getroommsg`
pub(crate) fn of_room<C: Caller>(call: Call<'_, C>) -> Handled {
    let conversation = Conversation::Room(call.room()?);
    of(call, conversation)
}

/// `getbroadcastmsg`
pub(crate) fn of_everybody<C: Caller>(call: Call<'_, C>) -> Handled {
    of(call, Conversation::Broadcast)
}

fn of<C: Caller>(call: Call<'_, C>, conversation: Conversation) -> Handled {
    let asked = Asked::read(&call)?;
    call.later(async move |scope| asked.page(&scope, conversation, None).await)
}

/// The page that a quest asks for.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    descending: bool,
    size: i64,
    begin: i64,
    end: i64,
    /// The message to go on behind; nothing that is not positive is one.
    pub(crate) after: i64,
    kinds: Kinds,
}

impl Asked {
    /// What a quest asks for.
    pub(crate) fn read<C: Caller>(call: &Call<'_, C>) -> Result<Self, Refusal> {
        // The second is how C++ once spelled it.
        let keys = ["lastid", "lastId"].into_iter();
        let mut given = keys.filter(|key| call.fields.get(key).is_some());
        Ok(Self {
            descending: call.fields.boolean("desc")?,
            size: call.fields.integer("num")?,
            begin: call.integer_or_zero("begin")?,
            end: call.integer_or_zero("end")?,
            after: call.integer_or_zero(given.next().unwrap_or("lastid"))?,
            kinds: call.kinds(Kinds::ALL)?,
        })
    }

    /// Answers with this page of a log, as `viewer` sees it if it is that of a pair.
    pub(crate) async fn page<C: Caller>(
        self,
        scope: &Scope<C>,
        conversation: Conversation,
        viewer: Option<UserId>,
    ) -> halloo_core::Result<Bytes> {
        let after = u64::try_from(self.after).ok().filter(|after| *after > 0);
        let most = scope.core().limits().history_page.max(1);
        let page = Page {
            descending: self.descending,
            after: after.map(Sequence),
            range: Range::of(self.begin, self.end),
            kinds: self.kinds,
            size: usize::try_from(self.size).unwrap_or(0).clamp(1, most),
        };
        let messages = &scope.core().messages;
        let found = messages
            .page(&scope.app, scope.actor(), conversation, page)
            .await?;
        let whole = self.kinds == Kinds::ALL;
        scope.caller.fetched(conversation, &found, whole);
        Ok(self.answer(scope, &found, viewer))
    }

    /// The page, and what is to be sent back with the quest for the next one.
    fn answer<C: Caller>(
        self,
        scope: &Scope<C>,
        messages: &[Message],
        viewer: Option<UserId>,
    ) -> Bytes {
        let (mut begin, mut end) = (self.begin.max(0), self.end);
        if end <= 0 {
            end = scope.core().now().0;
        }
        let mut after = self.after.max(0);
        if let Some(last) = messages.last() {
            after = i64::try_from(last.sequence.0).unwrap_or(i64::MAX);
            let edge = if self.descending {
                &mut end
            } else {
                &mut begin
            };
            *edge = last.sent.0;
        }
        let rows = messages
            .iter()
            .map(|message| seen_by(message, viewer, C::BODIES));
        Map::new()
            .integer("num", i64::try_from(messages.len()).unwrap_or(i64::MAX))
            .integer("lastid", after)
            .integer("begin", begin)
            .integer("end", end)
            .list("msgs", rows.collect::<List>())
            .finish()
    }
}

/// A record as `viewer` sees it in a pair, or as everybody does.
pub(crate) fn seen_by(message: &Message, viewer: Option<UserId>, bodies: Bodies) -> List {
    let second = match viewer {
        Some(viewer) if viewer == message.sender.id => SENT,
        Some(_) => RECEIVED,
        None => message.sender.uid().0,
    };
    row(message, second, bodies)
}

/// `begin` and `end`.
pub(crate) fn range<C: Caller>(call: &Call<'_, C>) -> Result<Range, Refusal> {
    Ok(Range::of(
        call.integer_or_zero("begin")?,
        call.integer_or_zero("end")?,
    ))
}
