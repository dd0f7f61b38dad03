//! What readers confirm, gathered in memory and noted a moment later.
//!
//! A confirmation that is lost with a crash makes a message wait again that was received already, never the
//! other way round. Whoever asks what waits has it noted first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::SmallVec;
use tokio::sync::Mutex as AsyncMutex;

use super::{Confirmation, Conversation, Sequence};
use crate::apps::AppId;
use crate::users::UserId;
use crate::{Context, Result};

/// Confirmations noted in one store operation, so that messages get their turn.
const AT_ONCE: usize = 500;
/// Parts of the map with a lock of their own.
const STRIPES: usize = 16;

type Key = (AppId, UserId, Conversation);
/// First and last message of each run, in order.
type Runs = SmallVec<[(Sequence, Sequence); 2]>;

/// Confirmations on their way to the store.
pub struct Receipts {
    context: Context,
    gathered: [Mutex<HashMap<Key, Runs>>; STRIPES],
    /// How often it was asked for noting them.
    asked: AtomicU64,
    /// Of whom that was done. Held while it is done.
    noted: AsyncMutex<u64>,
}

impl Receipts {
    pub(super) fn new(context: Context) -> Self {
        Self {
            context,
            gathered: std::array::from_fn(|_| Mutex::default()),
            asked: AtomicU64::new(0),
            noted: AsyncMutex::new(0),
        }
    }

    /// `reader` has received the message with number `sequence`.
    pub fn confirm(
        &self,
        app: AppId,
        reader: UserId,
        conversation: Conversation,
        sequence: Sequence,
    ) {
        self.confirm_run(app, reader, conversation, sequence, sequence);
    }

    /// `reader` has received the messages from `first` to `last`.
    pub fn confirm_run(
        &self,
        app: AppId,
        reader: UserId,
        conversation: Conversation,
        first: Sequence,
        last: Sequence,
    ) {
        let stripe = usize::try_from(reader.0.unsigned_abs() % STRIPES as u64).unwrap_or(0);
        let Some(gathered) = self.gathered.get(stripe) else {
            return;
        };
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = gathered.entry((app, reader, conversation)).or_default();
        add_run(runs, first, last);
    }

    /// Notes everything that was confirmed before this was called.
    /// # Errors
    /// [`crate::Error::Unavailable`]; it is tried again with the next call.
    pub async fn note(self: &Arc<Self>) -> Result<()> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let mut noted = self.noted.lock().await;
        // Somebody who began after this was asked for has done it meanwhile.
        if *noted > asked {
            return Ok(());
        }
        let serving = self.asked.load(Ordering::SeqCst);
        // To its end, also when nobody waits for it any more: it has been taken then.
        let receipts = Arc::clone(self);
        let noting = async move { receipts.note_taken().await };
        self.context.complete(noting).await?;
        *noted = serving;
        Ok(())
    }

    async fn note_taken(&self) -> Result<()> {
        let mut taken = Vec::new();
        for gathered in &self.gathered {
            let gathered = &mut *gathered.lock().unwrap_or_else(PoisonError::into_inner);
            for ((app, reader, conversation), runs) in std::mem::take(gathered) {
                taken.extend(runs.into_iter().map(|(first, last)| Confirmation {
                    app,
                    reader,
                    conversation,
                    first,
                    last,
                }));
            }
        }
        let mut noted = Ok(());
        for some in taken.chunks(AT_ONCE) {
            if noted.is_ok() {
                noted = self.context.log.confirm(some.to_vec()).await;
            }
            if noted.is_err() {
                for one in some {
                    let (app, reader, log) = (one.app, one.reader, one.conversation);
                    self.confirm_run(app, reader, log, one.first, one.last);
                }
            }
        }
        noted
    }
}

/// Puts a run among others, joining what touches.
fn add_run(runs: &mut Runs, first: Sequence, last: Sequence) {
    // Nearly always it goes on where the last one ends.
    if let Some(latest) = runs.last_mut()
        && latest.0 <= first
        && first.0 <= latest.1.0 + 1
    {
        latest.1 = latest.1.max(last);
        return;
    }
    let (mut first, mut last) = (first, last);
    runs.retain(|run| {
        let touches = run.0.0 <= last.0 + 1 && first.0 <= run.1.0 + 1;
        if touches {
            first = first.min(run.0);
            last = last.max(run.1);
        }
        !touches
    });
    let place = runs.partition_point(|run| run.0 < first);
    runs.insert(place, (first, last));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_join_where_they_touch() {
        let mut runs = Runs::new();
        for n in [5, 1, 3, 4, 9, 2, 2, 10] {
            add_run(&mut runs, Sequence(n), Sequence(n));
        }
        let numbers: Vec<_> = runs.iter().map(|(a, b)| (a.0, b.0)).collect();
        assert_eq!(numbers, [(1, 5), (9, 10)]);
        add_run(&mut runs, Sequence(6), Sequence(8));
        assert_eq!(runs.len(), 1);
    }
}
