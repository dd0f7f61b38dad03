//! Putting messages at the end of their logs.

use std::collections::HashMap;

use halloo_core::apps::AppId;
use halloo_core::messages::{
    Appended, Audience, Committed, Conversation, Message, NewMessage, Sequence,
};
use halloo_core::users::{Named, UserId};
use halloo_core::{Error, Millis};
use smallvec::SmallVec;

use super::engine::Part;
use super::keys;
use super::record::{self, ContentDigest, Head, Namesakes, Row};
use super::tails::Tail;
use super::writer::Batch;
use super::{Fault, Outcome};

type All<T> = SmallVec<[T; 1]>;

/// Appends messages, all or none.
pub(super) fn append(
    batch: &mut Batch,
    app: AppId,
    messages: All<NewMessage>,
) -> Outcome<All<Appended>> {
    // Whatever can go wrong goes wrong before anything changes.
    let mut plan = Plan::default();
    let mut known = All::new();
    for (place, message) in messages.iter().enumerate() {
        known.push(plan.examine(batch, app, place, message)?);
    }
    let mut appended = All::new();
    for (message, known) in messages.into_iter().zip(known) {
        let at = match known {
            Known::Stored(found) => found,
            Known::Earlier(place) => Appended {
                repeated: true,
                ..*appended.get(place).ok_or(Fault::Damaged("an append"))?
            },
            Known::New(digest) => plan.add(batch, app, message, digest),
        };
        appended.push(at);
    }
    Ok(appended)
}

/// What is known of a message before it is appended.
enum Known {
    /// It is there already.
    Stored(Appended),
    /// It is a retry of one before it in the same append.
    Earlier(usize),
    /// It is new.
    New(ContentDigest),
}

type Called = (Conversation, i64, UserId);

/// What one append works with.
#[derive(Default)]
struct Plan {
    /// The ends of the logs that it appends to; `None` where there is no log yet.
    tails: HashMap<Conversation, Option<Tail>>,
    /// The messages of before that are called the same.
    namesakes: HashMap<Called, Namesakes>,
    /// The messages of this append, by what they are called.
    earlier: HashMap<Called, Vec<(ContentDigest, usize)>>,
}

impl Plan {
    fn examine(
        &mut self,
        batch: &Batch,
        app: AppId,
        place: usize,
        message: &NewMessage,
    ) -> Outcome<Known> {
        let conversation = message.conversation;
        let tail = match self.tails.get(&conversation) {
            Some(tail) => *tail,
            None => batch.tail(app, conversation)?,
        };
        self.tails.insert(conversation, tail);
        let digest = record::digest(&message.content);
        if message.client_id == 0 {
            return Ok(Known::New(digest));
        }
        let called = (conversation, message.client_id, message.sender.id);
        let earlier = self.earlier.entry(called).or_default();
        if let Some((_, place)) = earlier.iter().find(|(other, _)| *other == digest) {
            return Ok(Known::Earlier(*place));
        }
        let mut is_taken = !earlier.is_empty();
        earlier.push((digest, place));
        if let Some(tail) = tail {
            let key = keys::name(tail.number, message.client_id, message.sender.id);
            if let Some(value) = batch.get(Part::Names, &key)? {
                let namesakes = Namesakes::read(&value);
                if let Some(sequence) = namesakes.find(&digest) {
                    let found = batch.get_message(keys::message(tail.number, sequence))?;
                    let head =
                        Head::read(&found.ok_or(Fault::Damaged("a message that is called"))?)?;
                    if head.sent >= message.retried_since {
                        return Ok(Known::Stored(Appended {
                            id: head.id,
                            sequence,
                            sent: head.sent,
                            repeated: true,
                        }));
                    }
                }
                is_taken |= !namesakes.is_empty();
                self.namesakes.insert(called, namesakes);
            }
        }
        if message.strict && is_taken {
            return Err(Error::DuplicateId.into());
        }
        Ok(Known::New(digest))
    }

    fn add(
        &mut self,
        batch: &mut Batch,
        app: AppId,
        new: NewMessage,
        digest: ContentDigest,
    ) -> Appended {
        let conversation = new.conversation;
        let tail = self.tails.get(&conversation).copied().flatten();
        let tail = tail.unwrap_or_else(|| begin_log(batch, app, &new));
        let id = batch.next_id(new.now);
        let sequence = Sequence(tail.last.0 + 1);
        let sent = tail.sent.max(new.now);
        let message = Message {
            id,
            conversation,
            sequence,
            client_id: if new.client_id == 0 {
                id.0
            } else {
                new.client_id
            },
            sender: new.sender,
            sent,
            content: new.content,
        };
        let place = keys::message(tail.number, sequence);
        batch.put_message(place, record::write(&message));
        batch.write(Part::Ids, keys::id(app, id), place.to_vec());
        if new.client_id != 0 {
            let called = (conversation, new.client_id, message.sender.id);
            let namesakes = self.namesakes.entry(called).or_default();
            namesakes.add(sequence, digest);
            let key = keys::name(tail.number, new.client_id, message.sender.id);
            batch.put(Part::Names, &key, namesakes.write());
        }
        let last = Tail {
            last: sequence,
            sent,
            ..tail
        };
        self.tails.insert(conversation, Some(last));
        batch.set_tail(app, conversation, last);
        batch.new.push(Committed {
            app,
            message,
            origin: new.origin,
            audience: new.audience,
            copies: new.copies,
        });
        Appended {
            id,
            sequence,
            sent,
            repeated: false,
        }
    }
}

/// Makes a log for its first message, and puts a pair on both lists.
fn begin_log(batch: &mut Batch, app: AppId, first: &NewMessage) -> Tail {
    let tail = Tail {
        number: batch.next_log(),
        last: Sequence(0),
        sent: Millis(0),
    };
    let key = keys::log_of(app, first.conversation);
    batch.put(Part::Logs, &key, tail.write());
    batch.put(Part::Numbers, &tail.number.0.to_be_bytes(), key.to_vec());
    if let (Conversation::Pair(..), Audience::User(receiver)) =
        (first.conversation, &first.audience)
    {
        list(batch, app, &first.sender, receiver, first.conversation);
        list(batch, app, receiver, &first.sender, first.conversation);
    }
    tail
}

fn list(batch: &mut Batch, app: AppId, reader: &Named, peer: &Named, pair: Conversation) {
    let key = keys::reading(app, reader.id, pair);
    // Somebody may have put it on his list before anything was said.
    if matches!(batch.get(Part::Readers, &key), Ok(None)) {
        let row = Row {
            peer: Some(peer.clone()),
            ..Row::default()
        };
        batch.put(Part::Readers, &key, row.write());
    }
}
