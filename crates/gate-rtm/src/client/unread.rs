//! What waits for a user, and his list of conversations. Source: RTM client gate section 3.4.

use std::collections::HashSet;

use bytes::Bytes;
use halloo_core::Millis;
use halloo_core::groups::GroupId;
use halloo_core::messages::{Conversation, Kinds, LastMessage, Unread};
use halloo_core::users::{Uid, UserId};
use halloo_fpnn::{FieldError, List, Map, Refusal};

use super::{Call, Client};
use crate::call::{self, Caller as _, Handled, Scope};
use crate::content::no_row;
use crate::error::refusal;
use crate::handlers::history::seen_by;

/// `getunread`
pub(super) fn get(call: Call<'_>) -> Handled {
    let clears = call.is_set("clear")? || call.is_set("clean")?;
    let gets_time = call.is_set("gettime")?;
    call.later(async move |scope| {
        let (core, user) = (scope.core(), scope.caller.session.user);
        let unread = core.messages.unread(&scope.app, user, clears).await?;
        let mut answer = lists(&unread);
        if gets_time {
            let last_seen = core.sessions.last_seen(scope.app.id, user).await?;
            answer = answer.integer("logouttime", last_seen.map_or(0, |seen| seen.at.0));
        }
        Ok(answer.finish())
    })
}

/// `checkunreadmsg` and `getunreadmsg`, under the names of 2018, too.
pub(super) fn older(call: Call<'_>) -> Handled {
    call.later(async move |scope| {
        let (messages, user) = (&scope.core().messages, scope.caller.session.user);
        let unread = messages.unread(&scope.app, user, false).await?;
        Ok(lists(&unread)
            .integers("uidOfUnreadMessage", uids(&unread))
            .integers("gidOfUnreadGroupMessage", groups_of(&unread))
            .finish())
    })
}

/// `cleanunread`
pub(super) fn clear(call: Call<'_>) -> Handled {
    call.later(async move |scope| {
        let (messages, user) = (&scope.core().messages, scope.caller.session.user);
        messages.clear_unread(&scope.app, user).await?;
        Ok(Map::empty())
    })
}

/// `cleantargetunread`
pub(super) fn clear_some(call: Call<'_>) -> Handled {
    let (peers, groups) = (once(&call, "uids")?, once(&call, "gids")?);
    let peers: Vec<_> = peers.into_iter().map(Uid).collect();
    let groups = all_groups(groups)?;
    call.later(async move |scope| {
        let (messages, user) = (&scope.core().messages, scope.caller.session.user);
        messages
            .clear_unread_of(&scope.app, user, &peers, &groups)
            .await?;
        Ok(Map::empty())
    })
}

/// `getsession`
pub(super) fn conversations(call: Call<'_>) -> Handled {
    call.later(async move |scope| {
        let (messages, user) = (&scope.core().messages, scope.caller.session.user);
        let all = messages.conversations(&scope.app, user).await?;
        Ok(lists(&all).finish())
    })
}

/// `removesession`. Only the list of whoever asks changes, whatever `oneway` says.
pub(super) fn unlist(call: Call<'_>) -> Handled {
    let peer = call.uid("to")?;
    call.later(async move |scope| {
        let (messages, user) = (&scope.core().messages, scope.caller.session.user);
        messages
            .list_conversations(&scope.app, user, &[peer], false)
            .await?;
        Ok(Map::empty())
    })
}

/// `getp2punread`
pub(super) fn of_users(call: Call<'_>) -> Handled {
    let since = since(&call)?;
    call.ids("uids")?;
    let peers = once(&call, "uids")?.into_iter();
    let peers = peers.map(|peer| (peer, since)).collect();
    count_users(call, peers)
}

/// `getp2punreadbytime`
pub(super) fn of_users_by_time(call: Call<'_>) -> Handled {
    let peers = times(&call, "uid_time")?;
    count_users(call, peers)
}

fn count_users(call: Call<'_>, peers: Vec<(i64, Option<Millis>)>) -> Handled {
    let kinds = call.kinds(Kinds::CHAT)?;
    let peers = peers.into_iter().map(|(peer, since)| (Uid(peer), since));
    let peers: Vec<_> = peers.collect();
    call.later(async move |scope| {
        let (messages, user) = (&scope.core().messages, scope.caller.session.user);
        let counts = messages.unread_of_users(&scope.app, user, &peers, kinds);
        let counts = counts.await?.into_iter();
        let counts = counts.map(|(peer, count, last)| (peer.0, count, last));
        Ok(counted("p2p", counts))
    })
}

/// `getgroupunread`
pub(super) fn of_groups(call: Call<'_>) -> Handled {
    let since = since(&call)?;
    call.ids("gids")?;
    let groups = once(&call, "gids")?.into_iter();
    let groups = groups.map(|group| (group, since)).collect();
    count_groups(call, groups)
}

/// `getgroupunreadbytime`
pub(super) fn of_groups_by_time(call: Call<'_>) -> Handled {
    let groups = times(&call, "gid_time")?;
    count_groups(call, groups)
}

fn count_groups(call: Call<'_>, asked: Vec<(i64, Option<Millis>)>) -> Handled {
    let kinds = call.kinds(Kinds::CHAT)?;
    let mut groups = Vec::with_capacity(asked.len());
    for (group, since) in asked {
        groups.push((GroupId::new(group).map_err(|error| refusal(&error))?, since));
    }
    call.later(async move |scope| {
        let (messages, user) = (&scope.core().messages, scope.caller.session.user);
        let counts = messages.unread_of_groups(&scope.app, user, &groups, kinds);
        let counts = counts.await?.into_iter();
        let counts = counts.map(|(group, count, last)| (group.0, count, last));
        Ok(counted("group", counts))
    })
}

/// How much waits of each, and when its last message was sent: by ids as texts, since C++ reads no others.
fn counted(key: &str, counts: impl Iterator<Item = (i64, u64, Millis)>) -> Bytes {
    let (mut unread, mut last_times) = (Map::new(), Map::new());
    for (id, count, last) in counts {
        let id = id.to_string();
        unread = unread.integer(&id, call::count(count));
        last_times = last_times.integer(&id, last.0);
    }
    Map::new()
        .map(key, unread)
        .map("ltime", last_times)
        .finish()
}

/// `getp2pconversationlist`
pub(super) fn pairs(call: Call<'_>) -> Handled {
    list(call, is_pair, false)
}

/// `getp2punreadconversationlist`
pub(super) fn unread_pairs(call: Call<'_>) -> Handled {
    list(call, is_pair, true)
}

/// `getgroupconversationlist`
pub(super) fn groups(call: Call<'_>) -> Handled {
    list(call, is_group, false)
}

/// `getgroupunreadconversationlist`
pub(super) fn unread_groups(call: Call<'_>) -> Handled {
    list(call, is_group, true)
}

fn is_pair(conversation: Conversation) -> bool {
    matches!(conversation, Conversation::Pair(..))
}

fn is_group(conversation: Conversation) -> bool {
    matches!(conversation, Conversation::Group(_))
}

fn list(call: Call<'_>, wanted: fn(Conversation) -> bool, only_unread: bool) -> Handled {
    let (since, kinds) = (since(&call)?, call.kinds(Kinds::CHAT)?);
    call.later(async move |scope| {
        let found = found(&scope, wanted, only_unread, since, kinds).await?;
        let user = scope.caller.session.user;
        let keys = ["conversations", "unreads", "msgs"];
        let mut room = LISTED_BYTES;
        Ok(add_columns(Map::new(), keys, &found, user, &mut room).finish())
    })
}

/// `getunreadconversationlist`
pub(super) fn unread_conversations(call: Call<'_>) -> Handled {
    let (since, kinds) = (since(&call)?, call.kinds(Kinds::CHAT)?);
    let clears = call.is_set("clear")?;
    call.later(async move |scope| {
        let (messages, user) = (&scope.core().messages, scope.caller.session.user);
        let ends = if clears {
            Some(messages.ends(&scope.app, user).await?)
        } else {
            None
        };
        let found = found(&scope, |_| true, true, since, kinds).await?;
        let (groups, pairs): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|found| is_group(found.conversation));
        let user = scope.caller.session.user;
        let mut room = LISTED_BYTES;
        let keys = ["groupConversations", "groupUnreads", "groupMsgs"];
        let answer = add_columns(Map::new(), keys, &groups, user, &mut room);
        let keys = ["p2pConversations", "p2pUnreads", "p2pMsgs"];
        let answer = add_columns(answer, keys, &pairs, user, &mut room).finish();
        // Not before it is known that this can be told.
        if let Some(ends) = ends {
            let messages = &scope.core().messages;
            messages.clear_up_to(&scope.app, user, ends).await?;
        }
        Ok(answer)
    })
}

async fn found(
    scope: &Scope<Client>,
    wanted: fn(Conversation) -> bool,
    only_unread: bool,
    since: Option<Millis>,
    kinds: Kinds,
) -> halloo_core::Result<Vec<LastMessage>> {
    let (messages, user) = (&scope.core().messages, scope.caller.session.user);
    messages
        .last_messages(&scope.app, user, wanted, only_unread, since, kinds)
        .await
}

/// Bytes of a record beside its body and attributes, at most.
const ROW_BYTES: usize = 64;
/// Bytes of last messages in one list. SDKs take 4 MiB in all; beyond it a conversation has no message, which
/// it can be asked for.
const LISTED_BYTES: usize = 3 * 1024 * 1024;

/// Adds three lists of equal length: ids, how much waits, last messages, as far as there is `room`.
fn add_columns(
    map: Map,
    keys: [&str; 3],
    found: &[LastMessage],
    user: UserId,
    room: &mut usize,
) -> Map {
    let [ids, unreads, messages] = keys;
    let rows = found.iter().map(|found| {
        let viewer = is_pair(found.conversation).then_some(user);
        let last = found.last.as_ref().filter(|last| {
            let content = &last.content;
            let bytes = content.body.len() + content.attributes.len() + ROW_BYTES;
            let left = room.checked_sub(bytes);
            *room = left.unwrap_or(*room);
            left.is_some()
        });
        last.map_or_else(no_row, |last| seen_by(last, viewer, Client::BODIES))
    });
    map.integers(ids, found.iter().map(id))
        .integers(unreads, found.iter().map(|found| call::count(found.unread)))
        .list(messages, rows.collect::<List>())
}

/// What a client calls a conversation.
fn id(found: &LastMessage) -> i64 {
    match (&found.peer, found.conversation) {
        (Some(peer), _) => peer.uid().0,
        (None, Conversation::Group(group)) => group.0,
        (None, _) => 0,
    }
}

/// `p2p` and `group`, as lists of ids.
pub(super) fn lists(unread: &Unread) -> Map {
    Map::new()
        .integers("p2p", uids(unread))
        .integers("group", groups_of(unread))
}

fn uids(unread: &Unread) -> impl Iterator<Item = i64> {
    unread.users.iter().map(|user| user.uid().0)
}

fn groups_of(unread: &Unread) -> impl Iterator<Item = i64> {
    unread.groups.iter().map(|group| group.0)
}

/// `mtime`: what was sent later is asked for. 0 is none.
fn since(call: &Call<'_>) -> Result<Option<Millis>, Refusal> {
    Ok(positive(call.integer_or_zero("mtime")?))
}

fn positive(time: i64) -> Option<Millis> {
    (time > 0).then_some(Millis(time))
}

/// A list of ids, each once, since SDKs refuse a map with equal keys. Absent is empty.
fn once(call: &Call<'_>, key: &'static str) -> Result<Vec<i64>, Refusal> {
    let mut seen = HashSet::new();
    let ids = match call.fields.get(key) {
        Some(_) => call.ids(key)?,
        None => Vec::new(),
    };
    Ok(ids.into_iter().filter(|id| seen.insert(*id)).collect())
}

fn all_groups(ids: Vec<i64>) -> Result<Vec<GroupId>, Refusal> {
    let groups = ids.into_iter().map(GroupId::new);
    let groups: Result<_, _> = groups.collect();
    groups.map_err(|error| refusal(&error))
}

/// A map of ids, as texts or not, to times.
fn times(call: &Call<'_>, key: &'static str) -> Result<Vec<(i64, Option<Millis>)>, Refusal> {
    let value = call.fields.get(key).ok_or(FieldError::Missing(key))?;
    let entries = value.entries().ok_or(FieldError::WrongType(key))?;
    let mut seen = HashSet::new();
    let mut times = Vec::with_capacity(entries.size_hint().0);
    for (id, time) in entries {
        let (id, time) = id
            .id()
            .zip(time.integer())
            .ok_or(FieldError::WrongType(key))?;
        if seen.insert(id) {
            times.push((id, positive(time)));
        }
    }
    Ok(times)
}
