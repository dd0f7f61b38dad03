//! Giving the room back of messages that are over: too old, or hidden all at once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use bytes::Buf as _;
use halloo_core::Millis;
use halloo_core::apps::AppId;
use halloo_core::messages::{Conversation, MessageId, Scope, Sequence};

use super::engine::{Engine, Part};
use super::keys::{self, LogNumber};
use super::record::{Head, Namesakes};
use super::writer::Batch;
use super::{Fault, Outcome, Reader};

/// Up to where messages are hidden, and up to where their room was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) hidden: MessageId,
    reclaimed: MessageId,
}

impl Mark {
    pub(super) const NONE: Self = Self {
        hidden: MessageId(0),
        reclaimed: MessageId(0),
    };

    fn read(mut value: &[u8]) -> Outcome<Self> {
        if value.len() < 16 {
            return Err(Fault::Damaged("up to where messages are hidden"));
        }
        Ok(Self {
            hidden: MessageId(value.get_i64()),
            reclaimed: MessageId(value.get_i64()),
        })
    }

    fn write(self) -> Vec<u8> {
        let mut value = self.hidden.0.to_be_bytes().to_vec();
        value.extend_from_slice(&self.reclaimed.0.to_be_bytes());
        value
    }
}

/// The marks of every app and sort of conversation.
pub(super) type Marks = HashMap<(AppId, u8), Mark>;

pub(super) fn read_marks(engine: &Engine) -> Outcome<Marks> {
    let mut marks = Marks::new();
    for entry in engine.part(Part::Marks).iter() {
        let (key, value) = entry.into_inner()?;
        if *key == keys::LAST_ID {
            continue;
        }
        let damaged = || Fault::Damaged("a mark");
        let (app, scope) = keys::read_mark(&key).ok_or_else(damaged)?;
        marks.insert((app, scope), Mark::read(&value)?);
    }
    Ok(marks)
}

/// Hides every message of one sort that was sent before.
pub(super) fn hide(
    batch: &mut Batch,
    reader: &Arc<Reader>,
    app: AppId,
    scope: Scope,
) -> Outcome<()> {
    let mark = Mark {
        hidden: batch.last_id(),
        ..reader.mark_in(batch, app, scope)?
    };
    set_mark(batch, reader, app, scope, mark);
    Ok(())
}

/// Readers know it once it is committed.
fn set_mark(batch: &mut Batch, reader: &Arc<Reader>, app: AppId, scope: Scope, mark: Mark) {
    batch.put(Part::Marks, &keys::mark(app, scope), mark.write());
    let reader = Arc::clone(reader);
    batch.after_commit(move || {
        let mut marks = reader.marks.write().unwrap_or_else(PoisonError::into_inner);
        marks.insert((app, keys::scope_byte(scope)), mark);
    });
}

impl Reader {
    /// The mark of a sort of conversations, as it is after the operations before this one.
    pub(super) fn mark_in(&self, batch: &Batch, app: AppId, scope: Scope) -> Outcome<Mark> {
        if !batch.changes(Part::Marks) {
            return Ok(self.mark(app, scope));
        }
        let value = batch.get(Part::Marks, &keys::mark(app, scope))?;
        value.map_or(Ok(Mark::NONE), |value| Mark::read(&value))
    }
}

/// What becomes of a message.
enum Verdict {
    Goes,
    Stays,
    /// So do all behind it.
    Ends,
}

/// Gives the room of up to `limit` messages back. Returns whether there may be more.
pub(super) fn reclaim(
    batch: &mut Batch,
    reader: &Arc<Reader>,
    app: AppId,
    before: Millis,
    limit: usize,
) -> Outcome<bool> {
    // So that no id is given out again when the last message is gone.
    batch.note_last_id();
    let old = |_: Conversation, head: &Head| {
        if head.sent < before {
            Verdict::Goes
        } else if head.id.at() < before {
            // The clock was ahead when its log was written to last.
            Verdict::Stays
        } else {
            Verdict::Ends
        }
    };
    let all = (app, reader.oldest(app), MessageId(i64::MAX));
    let (oldest, more) = sweep(batch, reader, all, limit, old)?;
    let noting = Arc::clone(reader);
    batch.after_commit(move || noting.set_oldest(app, oldest));
    if more {
        return Ok(true);
    }
    for scope in Scope::ALL {
        let mark = reader.mark_in(batch, app, scope)?;
        if mark.reclaimed >= mark.hidden {
            continue;
        }
        let hidden = |log: Conversation, _: &Head| {
            if log.scope() == scope {
                Verdict::Goes
            } else {
                Verdict::Stays
            }
        };
        let all = (app, mark.reclaimed.max(oldest), mark.hidden);
        let (reached, more) = sweep(batch, reader, all, limit, hidden)?;
        let reclaimed = if more { reached } else { mark.hidden };
        set_mark(batch, reader, app, scope, Mark { reclaimed, ..mark });
        return Ok(true);
    }
    Ok(false)
}

/// Judges up to `limit` messages behind one id, up to another. Returns how far it came, and whether there is
/// more.
fn sweep(
    batch: &mut Batch,
    reader: &Reader,
    (app, after, until): (AppId, MessageId, MessageId),
    limit: usize,
    judge: impl Fn(Conversation, &Head) -> Verdict,
) -> Outcome<(MessageId, bool)> {
    let store = Arc::clone(&batch.store);
    // The record is asked for through a guard of its own: this thread alone opens the store again.
    let store = store.get()?;
    let mut reached = after;
    if after >= until {
        return Ok((reached, false));
    }
    let ids = keys::id(app, MessageId(after.0 + 1))..=keys::id(app, until);
    for (judged, entry) in store.part(Part::Ids).range(ids).enumerate() {
        if judged == limit {
            return Ok((reached, true));
        }
        let (key, place) = entry.into_inner()?;
        let (number, sequence) = keys::read_message(&place)?;
        let log = reader.log_of(number)?;
        let before = std::mem::replace(&mut reached, keys::read_id(&key)?);
        // An operation of the same batch was here before.
        let Some(record) = batch.get_message(keys::message(number, sequence))? else {
            continue;
        };
        let head = Head::read(&record)?;
        match judge(log, &head) {
            Verdict::Goes => {
                delete(batch, app, log, (number, sequence), &head)?;
                batch.remove(Part::Ids, &key);
            }
            Verdict::Stays => {}
            Verdict::Ends => return Ok((before, false)),
        }
    }
    Ok((reached, false))
}

/// Deletes a message with what leads to it by name. Where the log ends stays known.
fn delete(
    batch: &mut Batch,
    app: AppId,
    log: Conversation,
    (number, sequence): (LogNumber, Sequence),
    head: &Head,
) -> Outcome<()> {
    if let Some(tail) = batch.tail(app, log)?
        && tail.last == sequence
    {
        batch.put(Part::Logs, &keys::log_of(app, log), tail.write());
    }
    let name = keys::name(number, head.client_id, head.sender);
    if let Some(value) = batch.get(Part::Names, &name)? {
        let mut namesakes = Namesakes::read(&value);
        namesakes.remove(sequence);
        if namesakes.is_empty() {
            batch.remove(Part::Names, &name);
        } else {
            batch.put(Part::Names, &name, namesakes.write());
        }
    }
    batch.remove_message(keys::message(number, sequence));
    Ok(())
}
