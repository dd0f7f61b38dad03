//! Where logs end.

use bytes::{Buf as _, BufMut as _};
use halloo_core::Millis;
use halloo_core::apps::AppId;
use halloo_core::messages::{Conversation, MessageId, Sequence};
use quick_cache::sync::Cache;

use super::engine::{Engine, Part};
use super::keys::{self, LogNumber};
use super::record::Head;
use super::{Fault, Outcome};

/// Ends of logs that are kept in memory.
const KEPT: usize = 200_000;

/// The end of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// The log.
    pub(super) number: LogNumber,
    /// Its last message; 0: there never was one.
    pub(super) last: Sequence,
    /// When that was sent.
    pub(super) sent: Millis,
}

impl Tail {
    fn read(mut value: &[u8]) -> Outcome<Self> {
        if value.len() < 20 {
            return Err(Fault::Damaged("the end of a log"));
        }
        Ok(Self {
            number: LogNumber(value.get_u32()),
            last: Sequence(value.get_u64()),
            sent: Millis(value.get_i64()),
        })
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(20);
        value.put_u32(self.number.0);
        value.put_u64(self.last.0);
        value.put_i64(self.sent.0);
        value
    }
}

/// The ends of the logs that were written to or read lately. Never ahead of what is committed.
pub(super) struct Tails(Cache<(AppId, Conversation), Tail>);

impl Tails {
    pub(super) fn new() -> Self {
        Self(Cache::new(KEPT))
    }

    /// The end of a log; `None` when there is no such log.
    pub(super) fn find(
        &self,
        engine: &Engine,
        app: AppId,
        log: Conversation,
    ) -> Outcome<Option<Tail>> {
        if let Some(tail) = self.0.get(&(app, log)) {
            return Ok(Some(tail));
        }
        let Some(value) = engine.get(Part::Logs, &keys::log_of(app, log))? else {
            return Ok(None);
        };
        let mut tail = Tail::read(&value)?;
        let all = keys::message(tail.number, Sequence(0))
            ..=keys::message(tail.number, Sequence(u64::MAX));
        if let Some(last) = engine.part(Part::Messages).range(all).next_back() {
            let (key, record) = last.into_inner()?;
            let (_, last) = keys::read_message(&key)?;
            if last > tail.last {
                tail.last = last;
                tail.sent = Head::read(&record)?.sent;
            }
        }
        Ok(Some(tail))
    }

    /// Whatever is known may be wrong.
    pub(super) fn forget(&self) {
        self.0.clear();
    }

    /// The log ends there since a commit.
    pub(super) fn keep(&self, key: (AppId, Conversation), tail: Tail) {
        self.0.insert(key, tail);
    }
}

/// The greatest id that was given out.
pub(super) fn last_id(engine: &Engine) -> Outcome<MessageId> {
    let ids = engine.part(Part::Ids);
    let mut greatest = MessageId(0);
    if let Some(noted) = engine.get(Part::Marks, &keys::LAST_ID)? {
        greatest = keys::read_id(&noted)?;
    }
    for mark in super::reclaim::read_marks(engine)?.into_values() {
        greatest = greatest.max(mark.hidden);
    }
    let mut last = ids.last_key_value();
    // The last of each app, from the last app to the first.
    while let Some(entry) = last {
        let key = entry.key()?;
        greatest = greatest.max(keys::read_id(&key)?);
        let app = key.get(..8).unwrap_or_default().to_vec();
        last = ids.range(..app).next_back();
    }
    Ok(greatest)
}

/// The number of the next log.
pub(super) fn next_log(engine: &Engine) -> Outcome<LogNumber> {
    let Some(last) = engine.part(Part::Numbers).last_key_value() else {
        return Ok(LogNumber(1));
    };
    let key = last.key()?;
    let number = key
        .first_chunk()
        .ok_or(Fault::Damaged("the number of a log"))?;
    Ok(LogNumber(u32::from_be_bytes(*number) + 1))
}
