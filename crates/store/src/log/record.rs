//! How messages and what readers confirm are laid out in values.

use bytes::{Buf as _, BufMut as _, Bytes};
use halloo_core::Millis;
use halloo_core::messages::{Content, Conversation, Form, Kind, Message, MessageId, Sequence};
use halloo_core::users::{Named, UserId, UserName};
use sha2::{Digest as _, Sha256};

use super::Fault;

/// Of what was removed only this is left: what its sender called it still tells a retry.
const REMOVED: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const EASEMOB: u8 = 3;

/// Bytes up to the name of the sender.
const HEAD_BYTES: usize = 35;

/// The part of a message that is looked at without the rest.
///
/// ```text
/// form u8 | kind u8 | id i64 | sender i64 | client id i64 | sent i64 | name length u8
///         | name | attributes length u32 | attributes | body
/// ```
/// The fields behind the head are absent in what was removed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    form: u8,
    kind: u8,
    pub(super) id: MessageId,
    pub(super) sender: UserId,
    pub(super) client_id: i64,
    pub(super) sent: Millis,
    name_bytes: u8,
}

fn damaged() -> Fault {
    Fault::Damaged("a message")
}

impl Head {
    pub(super) fn read(mut record: &[u8]) -> Result<Self, Fault> {
        if record.len() < HEAD_BYTES {
            return Err(damaged());
        }
        Ok(Self {
            form: record.get_u8(),
            kind: record.get_u8(),
            id: MessageId(record.get_i64()),
            sender: UserId(record.get_i64()),
            client_id: record.get_i64(),
            sent: Millis(record.get_i64()),
            name_bytes: record.get_u8(),
        })
    }

    pub(super) fn is_removed(&self) -> bool {
        self.form == REMOVED
    }

    pub(super) fn kind(&self) -> Result<Kind, Fault> {
        Kind::new(self.kind.into()).map_err(|_| damaged())
    }

    /// What is left of a message that was removed.
    pub(super) fn removed(self) -> Vec<u8> {
        let mut record = Vec::with_capacity(HEAD_BYTES);
        let removed = Self {
            form: REMOVED,
            name_bytes: 0,
            ..self
        };
        removed.write(&mut record);
        record
    }

    fn write(&self, record: &mut Vec<u8>) {
        record.put_u8(self.form);
        record.put_u8(self.kind);
        record.put_i64(self.id.0);
        record.put_i64(self.sender.0);
        record.put_i64(self.client_id);
        record.put_i64(self.sent.0);
        record.put_u8(self.name_bytes);
    }
}

pub(super) fn write(message: &Message) -> Vec<u8> {
    let content = &message.content;
    let name = message.sender.name.as_str().as_bytes();
    let room = HEAD_BYTES + name.len() + 4 + content.attributes.len() + content.body.len();
    let mut record = Vec::with_capacity(room);
    let head = Head {
        form: match content.form {
            Form::Text => TEXT,
            Form::Binary => BINARY,
            Form::Easemob => EASEMOB,
        },
        kind: content.kind.number(),
        id: message.id,
        sender: message.sender.id,
        client_id: message.client_id,
        sent: message.sent,
        // A user name has 64 bytes at most.
        name_bytes: u8::try_from(name.len()).unwrap_or(0),
    };
    head.write(&mut record);
    record.put_slice(name.get(..head.name_bytes.into()).unwrap_or_default());
    // Limits keep it far below.
    record.put_u32(u32::try_from(content.attributes.len()).unwrap_or(u32::MAX));
    record.put_slice(content.attributes.as_bytes());
    record.put_slice(&content.body);
    record
}

/// The message of a record; `None` when it was removed.
pub(super) fn read(
    conversation: Conversation,
    sequence: Sequence,
    record: &[u8],
) -> Result<Option<Message>, Fault> {
    let head = Head::read(record)?;
    let form = match head.form {
        REMOVED => return Ok(None),
        TEXT => Form::Text,
        BINARY => Form::Binary,
        EASEMOB => Form::Easemob,
        _ => return Err(damaged()),
    };
    let rest = record.get(HEAD_BYTES..).ok_or_else(damaged)?;
    let (name, mut rest) = rest
        .split_at_checked(head.name_bytes.into())
        .ok_or_else(damaged)?;
    if rest.len() < 4 {
        return Err(damaged());
    }
    let length = rest.get_u32() as usize;
    let (attributes, body) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| damaged());
    Ok(Some(Message {
        id: head.id,
        conversation,
        sequence,
        sender: Named {
            id: head.sender,
            name: UserName::from_stored(text(name)?),
        },
        client_id: head.client_id,
        sent: head.sent,
        content: Content {
            kind: head.kind()?,
            form,
            body: Bytes::copy_from_slice(body),
            attributes: text(attributes)?.into(),
        },
    }))
}

/// What tells whether two messages say the same.
pub(super) type ContentDigest = [u8; 16];

pub(super) fn digest(content: &Content) -> ContentDigest {
    let mut hash = Sha256::new();
    let form = match content.form {
        Form::Text => TEXT,
        Form::Binary => BINARY,
        Form::Easemob => EASEMOB,
    };
    hash.update([form, content.kind.number()]);
    hash.update((content.attributes.len() as u64).to_be_bytes());
    hash.update(content.attributes.as_bytes());
    hash.update(&content.body);
    let hash: [u8; 32] = hash.finalize().into();
    let mut digest = [0; 16];
    digest.copy_from_slice(hash.split_at(16).0);
    digest
}

/// Messages that their sender calls the same, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Namesakes(Vec<(Sequence, ContentDigest)>);

impl Namesakes {
    /// How many are remembered: real clients repeat an id a few times at most.
    const MOST: usize = 16;

    pub(super) fn read(mut value: &[u8]) -> Self {
        let mut all = Vec::new();
        while value.len() >= 24 {
            let sequence = Sequence(value.get_u64());
            let mut digest = [0; 16];
            value.copy_to_slice(&mut digest);
            all.push((sequence, digest));
        }
        Self(all)
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(24 * self.0.len());
        for (sequence, digest) in &self.0 {
            value.put_u64(sequence.0);
            value.put_slice(digest);
        }
        value
    }

    /// The one with this content.
    pub(super) fn find(&self, digest: &ContentDigest) -> Option<Sequence> {
        let found = self.0.iter().rev().find(|(_, other)| other == digest);
        found.map(|(sequence, _)| *sequence)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where they are.
    pub(super) fn all(&self) -> impl Iterator<Item = Sequence> {
        self.0.iter().map(|(sequence, _)| *sequence)
    }

    pub(super) fn add(&mut self, sequence: Sequence, digest: ContentDigest) {
        if self.0.len() == Self::MOST {
            self.0.remove(0);
        }
        self.0.push((sequence, digest));
    }

    pub(super) fn remove(&mut self, sequence: Sequence) {
        self.0.retain(|(other, _)| *other != sequence);
    }
}

/// What a reader has confirmed of a log, and how his list has it.
///
/// ```text
/// hidden up to u64 | peer i64 | name length u8 | name | (first u64 | last u64)*
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// The last message at the time when he took the conversation off his list; 0: he did not.
    pub(super) hidden_up_to: Sequence,
    /// The other one of a pair.
    pub(super) peer: Option<Named>,
    /// Runs of confirmed messages, in order and apart.
    pub(super) confirmed: Vec<(Sequence, Sequence)>,
}

impl Row {
    /// Runs that are kept. What is beyond is confirmed no more: it waits again, which is the safe side.
    const MOST_RUNS: usize = 4096;

    pub(super) fn read(mut value: &[u8]) -> Result<Self, Fault> {
        let damaged = || Fault::Damaged("what a reader confirmed");
        if value.len() < 17 {
            return Err(damaged());
        }
        let hidden_up_to = Sequence(value.get_u64());
        let (id, length) = (value.get_i64(), value.get_u8());
        let (name, mut value) = value.split_at_checked(length.into()).ok_or_else(damaged)?;
        let name = std::str::from_utf8(name).map_err(|_| damaged())?;
        let peer = (!name.is_empty()).then(|| Named {
            id: UserId(id),
            name: UserName::from_stored(name),
        });
        let mut confirmed = Vec::with_capacity(value.len() / 16);
        while value.len() >= 16 {
            confirmed.push((Sequence(value.get_u64()), Sequence(value.get_u64())));
        }
        Ok(Self {
            hidden_up_to,
            peer,
            confirmed,
        })
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let name = self.peer.as_ref().map_or("", |peer| peer.name.as_str());
        let mut value = Vec::with_capacity(17 + name.len() + 16 * self.confirmed.len());
        value.put_u64(self.hidden_up_to.0);
        value.put_i64(self.peer.as_ref().map_or(0, |peer| peer.id.0));
        value.put_u8(u8::try_from(name.len()).unwrap_or(0));
        value.put_slice(name.as_bytes());
        for (first, last) in &self.confirmed {
            value.put_u64(first.0);
            value.put_u64(last.0);
        }
        value
    }

    /// Adds a run, joining what touches. Returns whether that changed anything.
    pub(super) fn confirm(&mut self, first: Sequence, last: Sequence) -> bool {
        if last < first {
            return false;
        }
        let mut run = (first, last);
        let from = self
            .confirmed
            .partition_point(|other| other.1.0.saturating_add(1) < first.0);
        let to = self
            .confirmed
            .partition_point(|other| other.0.0 <= last.0.saturating_add(1));
        for other in self.confirmed.get(from..to).unwrap_or_default() {
            run = (run.0.min(other.0), run.1.max(other.1));
        }
        if self.confirmed.get(from..to) == Some(&[run]) {
            return false;
        }
        self.confirmed.splice(from..to, [run]);
        self.confirmed.truncate(Self::MOST_RUNS);
        true
    }

    /// Whether a message is confirmed.
    pub(super) fn has(&self, sequence: Sequence) -> bool {
        let place = self.confirmed.partition_point(|run| run.1 < sequence);
        self.confirmed
            .get(place)
            .is_some_and(|run| run.0 <= sequence)
    }

    /// The first message that is not confirmed.
    pub(super) fn first_open(&self) -> Sequence {
        match self.confirmed.first() {
            Some((Sequence(1), last)) => Sequence(last.0 + 1),
            _ => Sequence(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_join_and_are_read_back() {
        let mut row = Row::default();
        for (first, last) in [(5, 5), (1, 2), (7, 9), (3, 3), (8, 8), (4, 4)] {
            row.confirm(Sequence(first), Sequence(last));
        }
        let numbers: Vec<_> = row.confirmed.iter().map(|(a, b)| (a.0, b.0)).collect();
        assert_eq!(numbers, [(1, 5), (7, 9)]);
        assert!(!row.confirm(Sequence(7), Sequence(8)));
        assert!(row.has(Sequence(5)) && !row.has(Sequence(6)) && row.has(Sequence(9)));
        assert!(!row.has(Sequence(10)));
        assert_eq!(row.first_open(), Sequence(6));
        assert_eq!(Row::read(&row.write()).unwrap(), row);
        assert!(row.confirm(Sequence(6), Sequence(100)));
        assert_eq!(row.confirmed, [(Sequence(1), Sequence(100))]);
    }
}
