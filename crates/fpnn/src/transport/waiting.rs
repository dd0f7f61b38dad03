//! Quests of ours that wait for their answers.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::transport::connection::closed;
use crate::{Answer, Refusal, codes};

/// Timeouts are looked at no more often than this, all of them at once.
const GRAIN: Duration = Duration::from_millis(10);

/// What is done with the answer of the peer, or with the refusal when none came.
type Take = Box<dyn FnOnce(Result<Answer, Refusal>) + Send>;

/// Takes the answer to a quest of ours, once. One that is dropped takes that the connection was closed.
pub(super) struct Taker(Option<Take>);

impl Taker {
    pub(super) fn new(take: impl FnOnce(Result<Answer, Refusal>) + Send + 'static) -> Self {
        Self(Some(Box::new(take)))
    }

    pub(super) fn take(mut self, outcome: Result<Answer, Refusal>) {
        if let Some(take) = self.0.take() {
            take(outcome);
        }
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        if let Some(take) = self.0.take() {
            take(Err(closed()));
        }
    }
}

/// Unanswered quests by sequence number. Instead of a timer per quest there is one moment before
/// which none can expire; when it has come, all are looked at.
#[derive(Default)]
pub(super) struct Waiting {
    quests: HashMap<u32, Unanswered>,
    /// Not later than the first deadline; absent when there are no quests.
    look: Option<Instant>,
}

struct Unanswered {
    taker: Taker,
    deadline: Instant,
}

impl Waiting {
    pub(super) fn insert(&mut self, sequence: u32, taker: Taker, deadline: Instant) {
        self.look = Some(self.look.map_or(deadline, |look| look.min(deadline)));
        self.quests.insert(sequence, Unanswered { taker, deadline });
    }

    pub(super) fn contains(&self, sequence: u32) -> bool {
        self.quests.contains_key(&sequence)
    }

    /// Hands an answer over. One that nobody waits for is dropped: it is late, or nobody asked.
    pub(super) fn answer(&mut self, sequence: u32, answer: Answer) {
        if let Some(quest) = self.quests.remove(&sequence) {
            quest.taker.take(Ok(answer));
        }
    }

    /// When [`expire`](Self::expire) is to be called.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.look
    }

    /// Fails what has waited for too long.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.look.is_none_or(|look| look > now) {
            return;
        }
        let late = self.quests.extract_if(|_, quest| quest.deadline <= now);
        for (_, quest) in late {
            let refusal = Refusal::new(codes::TIMEOUT, "no answer in time");
            quest.taker.take(Err(refusal));
        }
        let next = self.quests.values().map(|quest| quest.deadline).min();
        self.look = next.map(|deadline| deadline.max(now + GRAIN));
    }

    /// Gives memory back once nothing waits.
    pub(super) fn release(&mut self) {
        if self.quests.is_empty() {
            self.look = None;
            if self.quests.capacity() > 0 {
                self.quests = HashMap::new();
            }
        }
    }

    /// Fails everything with 20002: dropped takers say so.
    pub(super) fn fail(&mut self) {
        self.quests.clear();
        self.look = None;
    }
}
