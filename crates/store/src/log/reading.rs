//! Reading logs.

use std::collections::HashSet;
use std::sync::PoisonError;

use halloo_core::Millis;
use halloo_core::apps::AppId;
use halloo_core::messages::{
    Conversation, Count, Kinds, Message, MessageId, Range, Scope, Select, Sequence, Waiting,
};
use halloo_core::users::UserId;

use super::engine::Part;
use super::keys::{self, LogNumber};
use super::reclaim::Mark;
use super::record::{self, Head, Namesakes, Row};
use super::tails::Tail;
use super::{Outcome, Reader};

/// A record with its place.
type Entry = (Sequence, fjall::Slice);

/// What of a log is to be seen.
struct Sight {
    tail: Tail,
    range: Range,
    /// What is not beyond is hidden.
    hidden: MessageId,
}

impl Sight {
    /// Whether it is late enough. Once that is so it stays so along a log.
    fn has_begun(&self, head: &Head) -> bool {
        head.sent >= self.range.begin && head.id > self.hidden
    }

    fn has_ended(&self, head: &Head) -> bool {
        head.sent > self.range.end
    }
}

impl Reader {
    fn sight(&self, app: AppId, log: Conversation, range: Range) -> Outcome<Option<Sight>> {
        let tail = self.tails.find(&*self.store.get()?, app, log)?;
        let hidden = self.hidden_up_to(app, log.scope());
        Ok(tail.map(|tail| Sight {
            tail,
            range,
            hidden,
        }))
    }

    /// The messages of a log, removed ones included, from `first` on.
    fn forward(
        &self,
        log: LogNumber,
        first: Sequence,
    ) -> Outcome<impl Iterator<Item = Outcome<Entry>>> {
        let store = self.store.get()?;
        let all = keys::message(log, first)..=keys::message(log, Sequence(u64::MAX));
        let mut entries = store.part(Part::Messages).range(all);
        // It is kept open until the last one was taken.
        Ok(std::iter::from_fn(move || {
            let _store = &store;
            entries.next().map(entry)
        }))
    }

    /// Likewise from `last` back.
    fn backward(
        &self,
        log: LogNumber,
        last: Sequence,
    ) -> Outcome<impl Iterator<Item = Outcome<Entry>>> {
        let store = self.store.get()?;
        let all = keys::message(log, Sequence(0))..=keys::message(log, last);
        let mut entries = store.part(Part::Messages).range(all);
        Ok(std::iter::from_fn(move || {
            let _store = &store;
            entries.next_back().map(entry)
        }))
    }

    /// The first message from `low` on of which `is_it` is true; of those behind it it is, too.
    fn seek(&self, tail: Tail, low: Sequence, is_it: impl Fn(&Head) -> bool) -> Outcome<Sequence> {
        let (mut low, mut high) = (low.0, tail.last.0 + 1);
        // Mostly it is the first that there is: what is older was deleted.
        let mut middle = low;
        while low < high {
            match self
                .forward(tail.number, Sequence(middle))?
                .next()
                .transpose()?
            {
                Some((at, record)) if !is_it(&Head::read(&record)?) => low = at.0 + 1,
                Some(_) | None => high = middle,
            }
            middle = low + high.saturating_sub(low) / 2;
        }
        Ok(Sequence(low))
    }

    /// A page of a log; `None` when that takes looking at more than `most` messages.
    pub(super) fn page(
        &self,
        app: AppId,
        log: Conversation,
        select: Select,
        most: usize,
    ) -> Outcome<Option<Vec<Message>>> {
        let Some(sight) = self.sight(app, log, select.range)? else {
            return Ok(Some(Vec::new()));
        };
        let (mut found, mut seen) = (Vec::new(), 0);
        let mut take = |(sequence, record): Entry| -> Outcome<bool> {
            seen += 1;
            if seen > most {
                return Ok(false);
            }
            let head = Head::read(&record)?;
            let is_past = if select.descending {
                !sight.has_begun(&head)
            } else {
                sight.has_ended(&head)
            };
            if is_past {
                return Ok(false);
            }
            // Going backwards, what came after the end was looked for.
            let is_in_time = !sight.has_ended(&head);
            let is_wanted = select.kinds == Kinds::ALL || select.kinds.contains(head.kind()?);
            if is_in_time && is_wanted {
                found.extend(record::read(log, sequence, &record)?);
            }
            Ok(found.len() < select.limit)
        };
        if select.limit == 0 {
            return Ok(Some(Vec::new()));
        }
        if select.descending {
            let mut last = Sequence(u64::MAX);
            if let Some(after) = select.after {
                last = Sequence(after.0.saturating_sub(1));
            }
            if sight.tail.sent > sight.range.end {
                let end = self.seek(sight.tail, Sequence(1), |head| sight.has_ended(head))?;
                last = last.min(Sequence(end.0.saturating_sub(1)));
            }
            for entry in self.backward(sight.tail.number, last)? {
                if !take(entry?)? {
                    break;
                }
            }
        } else {
            let after = select.after.map_or(0, |after| after.0);
            let low = Sequence(after.saturating_add(1));
            let first = self.seek(sight.tail, low, |head| sight.has_begun(head))?;
            for entry in self.forward(sight.tail.number, first)? {
                if !take(entry?)? {
                    break;
                }
            }
        }
        Ok((seen <= most).then_some(found))
    }

    /// Gives the head of every message to be seen to `take` until that says stop, removed ones left out.
    fn for_each(
        &self,
        sight: &Sight,
        low: Sequence,
        mut take: impl FnMut(Sequence, &Head) -> Outcome<bool>,
    ) -> Outcome<()> {
        if low > sight.tail.last {
            return Ok(());
        }
        let first = self.seek(sight.tail, low, |head| sight.has_begun(head))?;
        for entry in self.forward(sight.tail.number, first)? {
            let (sequence, record) = entry?;
            let head = Head::read(&record)?;
            if sight.has_ended(&head) {
                break;
            }
            if !head.is_removed() && !take(sequence, &head)? {
                break;
            }
        }
        Ok(())
    }

    /// The number of the last message of a log; 0 in an empty one.
    pub(super) fn last(&self, app: AppId, log: Conversation) -> Outcome<Sequence> {
        let tail = self.tails.find(&*self.store.get()?, app, log)?;
        Ok(tail.map_or(Sequence(0), |tail| tail.last))
    }

    /// The first message of a log that was sent at `begin` or later; `None` when there is none.
    pub(super) fn first_sent(
        &self,
        app: AppId,
        log: Conversation,
        begin: Millis,
    ) -> Outcome<Option<Sequence>> {
        let Some(tail) = self.tails.find(&*self.store.get()?, app, log)? else {
            return Ok(None);
        };
        let first = self.seek(tail, Sequence(1), |head| head.sent >= begin)?;
        Ok((first <= tail.last).then_some(first))
    }

    /// Whether it can be told at once that nothing waits.
    pub(super) fn is_nothing_open(&self, app: AppId, waiting: Waiting) -> Outcome<bool> {
        if waiting.confirmed_too {
            return Ok(false);
        }
        let Some(tail) = self
            .tails
            .find(&*self.store.get()?, app, waiting.conversation)?
        else {
            return Ok(true);
        };
        let row = self.row(app, waiting.reader, waiting.conversation)?;
        Ok(row.first_open() > tail.last)
    }

    pub(super) fn count(
        &self,
        app: AppId,
        log: Conversation,
        range: Range,
        kinds: Kinds,
    ) -> Outcome<Count> {
        let Some(sight) = self.sight(app, log, range)? else {
            return Ok(Count::default());
        };
        let (mut messages, mut senders) = (0, HashSet::new());
        self.for_each(&sight, Sequence(1), |_, head| {
            if kinds.contains(head.kind()?) {
                messages += 1;
                senders.insert(head.sender);
            }
            Ok(true)
        })?;
        Ok(Count {
            messages,
            senders: senders.len() as u64,
        })
    }

    pub(super) fn waiting(&self, app: AppId, waiting: Waiting) -> Outcome<u64> {
        let Some(sight) = self.sight(app, waiting.conversation, waiting.range)? else {
            return Ok(0);
        };
        let mut row = Row::default();
        if !waiting.confirmed_too {
            row = self.row(app, waiting.reader, waiting.conversation)?;
        }
        let mut count = 0;
        self.for_each(&sight, row.first_open(), |sequence, head| {
            let counts = head.sender != waiting.reader
                && !row.has(sequence)
                && waiting.kinds.contains(head.kind()?);
            count += u64::from(counts);
            Ok(count < waiting.most)
        })?;
        Ok(count)
    }

    /// What a reader confirmed of a log.
    pub(super) fn row(&self, app: AppId, reader: UserId, log: Conversation) -> Outcome<Row> {
        let value = self
            .store
            .get()?
            .get(Part::Readers, &keys::reading(app, reader, log))?;
        value.map_or_else(|| Ok(Row::default()), |value| Row::read(&value))
    }

    /// The message at a place, unless it was removed or hidden.
    fn at(
        &self,
        app: AppId,
        log: Conversation,
        number: LogNumber,
        sequence: Sequence,
    ) -> Outcome<Option<Message>> {
        let Some(record) = self
            .store
            .get()?
            .get(Part::Messages, &keys::message(number, sequence))?
        else {
            return Ok(None);
        };
        let message = record::read(log, sequence, &record)?;
        let hidden = self.hidden_up_to(app, log.scope());
        Ok(message.filter(|message| message.id > hidden))
    }

    pub(super) fn by_id(&self, app: AppId, id: MessageId) -> Outcome<Option<Message>> {
        let Some(place) = self.store.get()?.get(Part::Ids, &keys::id(app, id))? else {
            return Ok(None);
        };
        let (number, sequence) = keys::read_message(&place)?;
        let log = self.log_of(number)?;
        self.at(app, log, number, sequence)
    }

    /// What a log is the log of.
    pub(super) fn log_of(&self, number: LogNumber) -> Outcome<Conversation> {
        let value = self
            .store
            .get()?
            .get(Part::Numbers, &number.0.to_be_bytes())?;
        let value = value.ok_or(super::Fault::Damaged("the number of a log"))?;
        keys::read_conversation(value.get(8..).unwrap_or_default())
    }

    pub(super) fn called(
        &self,
        app: AppId,
        log: Conversation,
        sender: Option<UserId>,
        client_id: i64,
    ) -> Outcome<Option<Message>> {
        let store = self.store.get()?;
        let Some(tail) = self.tails.find(&store, app, log)? else {
            return Ok(None);
        };
        let mut places = Vec::new();
        if let Some(sender) = sender {
            let key = keys::name(tail.number, client_id, sender);
            if let Some(value) = store.get(Part::Names, &key)? {
                places.extend(Namesakes::read(&value).all());
            }
        } else {
            let prefix = keys::names(tail.number, client_id);
            for entry in store.part(Part::Names).prefix(prefix) {
                places.extend(Namesakes::read(&entry.value()?).all());
            }
        }
        drop(store);
        places.sort_unstable();
        for sequence in places.into_iter().rev() {
            if let Some(message) = self.at(app, log, tail.number, sequence)? {
                return Ok(Some(message));
            }
        }
        // Nobody gave it a name, so it is called by its id.
        let by_id = self.by_id(app, MessageId(client_id))?;
        Ok(by_id.filter(|message| {
            let is_his = sender.is_none_or(|sender| message.sender.id == sender);
            message.conversation == log && is_his && message.client_id == client_id
        }))
    }

    /// Up to where the messages of a sort are hidden.
    pub(super) fn mark(&self, app: AppId, scope: Scope) -> Mark {
        let marks = self.marks.read().unwrap_or_else(PoisonError::into_inner);
        let mark = marks.get(&(app, keys::scope_byte(scope)));
        mark.copied().unwrap_or(Mark::NONE)
    }

    fn hidden_up_to(&self, app: AppId, scope: Scope) -> MessageId {
        self.mark(app, scope).hidden
    }
}

fn entry(guard: fjall::Guard) -> Outcome<Entry> {
    let (key, record) = guard.into_inner()?;
    let (_, sequence) = keys::read_message(&key)?;
    Ok((sequence, record))
}
