//! What a client was answered with, until it is known to have arrived.

use halloo_core::messages::{Conversation, Message, Sequence};
use halloo_fpnn::transport::Connection;
use halloo_fpnn::{Map, Method};

use super::outlet::{PATIENCE, Reader};

static PROBE: Method = Method::new("ping");

/// First and last message of a run.
type Run = (Sequence, Sequence);

/// Pages that the client fetches. A probe goes out behind each: whoever answers it has read the page.
pub(super) struct Fetched {
    reader: Reader,
    connection: Connection,
}

impl Fetched {
    pub(super) fn new(reader: Reader, connection: Connection) -> Self {
        Self { reader, connection }
    }

    /// The client is about to be answered with these messages; `whole` when none between the first and the
    /// last was left out. To be called as the last thing before the answer: what is queued then goes out
    /// behind it.
    pub(super) fn add(&self, conversation: Conversation, messages: &[Message], whole: bool) {
        let is_read = |message: &Message| message.sender.id == self.reader.user;
        if !Reader::confirms(conversation) || messages.iter().all(is_read) {
            return;
        }
        let numbers = messages.iter().map(|message| message.sequence);
        let runs: Vec<Run> = if whole {
            numbers
                .clone()
                .min()
                .zip(numbers.max())
                .into_iter()
                .collect()
        } else {
            numbers.map(|number| (number, number)).collect()
        };
        let reader = self.reader.clone();
        let (method, nothing) = (PROBE.clone(), Map::empty());
        self.connection
            .quest_then(method, nothing, PATIENCE, move |answered| {
                if answered.is_ok() {
                    for (first, last) in runs {
                        reader.confirm(conversation, first, last);
                    }
                }
            });
    }
}
