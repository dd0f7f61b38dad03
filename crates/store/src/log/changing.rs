//! What happens to messages after they were sent, and what readers confirm.

use halloo_core::apps::AppId;
use halloo_core::messages::{
    Confirmation, Content, Conversation, Edit, Range, Reading, Scope, Sequence,
};
use halloo_core::users::{Named, UserId};

use super::engine::Part;
use super::keys;
use super::record::{self, Head, Row};
use super::writer::Batch;
use super::{Outcome, Reader};

/// Runs of a row above which it is looked whether some of them are about messages that are gone.
const MANY_RUNS: usize = 64;
/// Messages that one operation removes at most, so that others get their turn.
const REMOVED_AT_ONCE: u64 = 1000;

/// Removes one message. Returns whether it was there.
pub(super) fn remove_one(
    batch: &mut Batch,
    reader: &Reader,
    app: AppId,
    log: Conversation,
    sequence: Sequence,
) -> Outcome<bool> {
    let hidden = reader.mark_in(batch, app, log.scope())?.hidden;
    let Some(tail) = batch.tail(app, log)? else {
        return Ok(false);
    };
    let place = keys::message(tail.number, sequence);
    let Some(record) = batch.get_message(place)? else {
        return Ok(false);
    };
    let head = Head::read(&record)?;
    if head.is_removed() || head.id <= hidden {
        return Ok(false);
    }
    batch.put_message(place, head.removed());
    Ok(true)
}

/// Removes messages from `first` on that were sent in `range`. Returns how many, and where to go on.
pub(super) fn remove_some(
    batch: &mut Batch,
    reader: &Reader,
    app: AppId,
    log: Conversation,
    first: Sequence,
    range: Range,
) -> Outcome<(u64, Option<Sequence>)> {
    let hidden = reader.mark_in(batch, app, log.scope())?.hidden;
    let Some(tail) = batch.tail(app, log)? else {
        return Ok((0, None));
    };
    let last = tail.last.0.min(first.0.saturating_add(REMOVED_AT_ONCE - 1));
    let mut removed = 0;
    for sequence in first.0..=last {
        let place = keys::message(tail.number, Sequence(sequence));
        let Some(record) = batch.get_message(place)? else {
            continue;
        };
        let head = Head::read(&record)?;
        if head.sent > range.end {
            return Ok((removed, None));
        }
        let is_there = !head.is_removed() && head.id > hidden;
        if head.sent >= range.begin && is_there {
            batch.put_message(place, head.removed());
            removed += 1;
        }
    }
    Ok((removed, (last < tail.last.0).then_some(Sequence(last + 1))))
}

/// Changes what a message says. Returns whether it was there.
pub(super) fn edit(
    batch: &mut Batch,
    reader: &Reader,
    app: AppId,
    log: Conversation,
    edit: Edit,
) -> Outcome<bool> {
    let hidden = reader.mark_in(batch, app, log.scope())?.hidden;
    let Some(tail) = batch.tail(app, log)? else {
        return Ok(false);
    };
    let place = keys::message(tail.number, edit.sequence);
    let Some(old) = batch.get_message(place)? else {
        return Ok(false);
    };
    let Some(mut message) = record::read(log, edit.sequence, &old)? else {
        return Ok(false);
    };
    if message.id <= hidden {
        return Ok(false);
    }
    message.content = Content {
        kind: message.content.kind,
        ..edit.content
    };
    batch.put_message(place, record::write(&message));
    Ok(true)
}

/// Notes what readers have received.
pub(super) fn confirm(batch: &mut Batch, confirmed: Vec<Confirmation>) -> Outcome<()> {
    for one in confirmed {
        let key = keys::reading(one.app, one.reader, one.conversation);
        let row = match (batch.get(Part::Readers, &key)?, one.conversation) {
            (Some(value), _) => Row::read(&value)?,
            // He was deleted: his rows shall not come back.
            (None, Conversation::Pair(..)) => continue,
            (None, _) => Row::default(),
        };
        let mut row = row;
        if row.confirm(one.first, one.last) {
            if row.confirmed.len() > MANY_RUNS
                && let Some(first) = first_of(batch, one.app, one.conversation)?
                && first > Sequence(1)
            {
                // What is no longer there leaves no gap.
                row.confirm(Sequence(1), Sequence(first.0 - 1));
            }
            batch.put(Part::Readers, &key, row.write());
        }
    }
    Ok(())
}

/// The first message of a log that is still there.
fn first_of(batch: &Batch, app: AppId, log: Conversation) -> Outcome<Option<Sequence>> {
    let Some(tail) = batch.tail(app, log)? else {
        return Ok(None);
    };
    let all =
        keys::message(tail.number, Sequence(0))..=keys::message(tail.number, Sequence(u64::MAX));
    let first = batch.store.get()?.part(Part::Messages).range(all).next();
    let first = first.map(|entry| keys::read_message(&entry.key()?));
    Ok(first.transpose()?.map(|(_, sequence)| sequence))
}

/// Puts a pair on a list, or takes it off until its next message.
pub(super) fn list_pair(
    batch: &mut Batch,
    app: AppId,
    user: UserId,
    peer: Named,
    listed: bool,
) -> Outcome<()> {
    let log = Conversation::pair(user, peer.id);
    let last = batch.tail(app, log)?.map_or(Sequence(0), |tail| tail.last);
    let key = keys::reading(app, user, log);
    let row = batch.get(Part::Readers, &key)?;
    let row = row.map(|value| Row::read(&value)).transpose()?;
    match (row, listed) {
        (None, false) => {}
        (Some(_), false) if last == Sequence(0) => batch.remove(Part::Readers, &key),
        (row, listed) => {
            let mut row = row.unwrap_or_default();
            if listed || row.peer.is_none() {
                row.peer = Some(peer);
            }
            row.hidden_up_to = if listed { Sequence(0) } else { last };
            batch.put(Part::Readers, &key, row.write());
        }
    }
    Ok(())
}

/// Forgets what a reader confirmed and his list.
pub(super) fn forget_reader(batch: &mut Batch, app: AppId, reader: UserId) -> Outcome<()> {
    batch.remove_all(Part::Readers, &keys::reader_prefix(app, reader))
}

impl Reader {
    /// The pairs on a reader's list.
    pub(super) fn pairs_of(&self, app: AppId, user: UserId) -> Outcome<Vec<Reading>> {
        let mut prefix = keys::reader_prefix(app, user).to_vec();
        prefix.push(keys::scope_byte(Scope::Pairs));
        let mut pairs = Vec::new();
        let store = self.store.get()?;
        for entry in store.part(Part::Readers).prefix(prefix) {
            let (key, value) = entry.into_inner()?;
            let log = keys::read_conversation(key.get(16..).unwrap_or_default())?;
            let row = Row::read(&value)?;
            let Some(peer) = row.peer else { continue };
            let mut hidden = row.hidden_up_to > Sequence(0);
            if hidden {
                let tail = self.tails.find(&store, app, log)?;
                hidden = tail.is_some_and(|tail| tail.last <= row.hidden_up_to);
            }
            pairs.push(Reading {
                peer,
                conversation: log,
                hidden,
            });
        }
        Ok(pairs)
    }
}
