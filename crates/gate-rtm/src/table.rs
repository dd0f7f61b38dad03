//! What both gates do with their tables of methods: finding an entry, counting how its quests end.

use std::collections::HashMap;
use std::sync::Arc;

use halloo_fpnn::transport::{Order, Reply};
use halloo_fpnn::{Answer, Quest, Refusal, codes as fpnn};
use metrics::Counter;

use crate::error::codes;

/// Bytes of an answer above which callers are asked to ask for less: what the smallest SDK reads.
/// Source: FPNN section 5.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

const ANSWERED: &str = "halloo_rtm_quests_total";

/// One method.
pub(crate) struct Entry<H> {
    /// Its name on the wire.
    pub(crate) method: &'static str,
    /// When it may begin, seen from earlier quests of its connection.
    pub(crate) order: Order,
    /// What answers it.
    pub(crate) handler: H,
}

/// One line of a table.
pub(crate) const fn entry<H>(method: &'static str, order: Order, handler: H) -> Entry<H> {
    Entry {
        method,
        order,
        handler,
    }
}

/// Every method of one gate.
pub(crate) struct Table<H: 'static> {
    entries: &'static [Entry<H>],
    places: HashMap<&'static [u8], usize>,
    /// By position in `entries`.
    counters: Vec<Counters>,
    unknown: Counter,
}

/// How quests of one method ended.
struct Counters {
    answered: Counter,
    refused: Counter,
}

impl<H: Send + Sync> Table<H> {
    /// `side` is what metrics call the gate.
    pub(crate) fn new(entries: &'static [Entry<H>], side: &'static str) -> Self {
        let count = |method: &'static str, outcome: &'static str| metrics::counter!(ANSWERED, "side" => side, "method" => method, "outcome" => outcome);
        let places = entries.iter().enumerate();
        let counters = entries.iter().map(|entry| Counters {
            answered: count(entry.method, "answered"),
            refused: count(entry.method, "refused"),
        });
        Self {
            entries,
            places: places
                .map(|(place, entry)| (entry.method.as_bytes(), place))
                .collect(),
            counters: counters.collect(),
            unknown: count("unknown", "refused"),
        }
    }

    /// The entry of a quest and its position.
    pub(crate) fn find(&self, quest: &Quest) -> Option<(usize, &'static Entry<H>)> {
        let place = *self.places.get(quest.method.as_bytes())?;
        self.entries.get(place).map(|entry| (place, entry))
    }

    /// When a quest may begin.
    pub(crate) fn order(&self, quest: &Quest) -> Order {
        self.find(quest)
            .map_or(Order::Read, |(_, entry)| entry.order)
    }

    /// What a quest of a method that is not here is told.
    pub(crate) fn unknown(&self, quest: &Quest) -> Refusal {
        self.unknown.increment(1);
        let text = format!("there is no method {}", quest.method);
        Refusal::new(fpnn::UNKNOWN_METHOD, text)
    }

    /// Counts how a quest ends, and holds its answer to its size.
    pub(crate) fn finish(self: &Arc<Self>, place: usize, reply: Result<Reply, Refusal>) -> Reply {
        match reply {
            Ok(Reply::Ready(answer)) => self.check(place, answer).into(),
            Ok(Reply::Later(answer)) => {
                let table = Arc::clone(self);
                Reply::later(async move { table.check(place, answer.await) })
            }
            Ok(Reply::Close) => Reply::Close,
            Err(refused) => self.check(place, Err(refused)).into(),
        }
    }

    fn check(&self, place: usize, answer: Answer) -> Answer {
        let answer = answer.and_then(|payload| {
            if payload.len() > MAX_ANSWER_BYTES {
                return Err(Refusal::new(
                    codes::TOO_MANY_ITEMS,
                    "the answer would be too large; ask for less at a time",
                ));
            }
            Ok(payload)
        });
        if let Some(counters) = self.counters.get(place) {
            match &answer {
                Ok(_) => counters.answered.increment(1),
                Err(_) => counters.refused.increment(1),
            }
        }
        answer
    }
}

/// What is said of what is absent.
pub(crate) const ABSENT: &str = "this feature is not enabled";
/// What is said of what a project would have to be allowed first.
pub(crate) const FORBIDDEN: &str = "this method is not allowed for the project";
