//! How keys are laid out: big-endian numbers, so that they sort as they count.

use halloo_core::apps::AppId;
use halloo_core::groups::GroupId;
use halloo_core::messages::{Conversation, MessageId, Scope, Sequence};
use halloo_core::rooms::RoomId;
use halloo_core::users::UserId;

use super::Fault;

/// Number of a log within this store; shorter than what it is the log of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LogNumber(pub(super) u32);

/// Bytes of a [`Conversation`].
pub(super) const CONVERSATION_BYTES: usize = 17;

/// An app and something of its own.
fn of_app<const N: usize, const M: usize>(app: AppId, rest: [u8; N]) -> [u8; M] {
    const { assert!(M == N + 8) }
    let mut key = [0; M];
    let (front, back) = key.split_at_mut(8);
    front.copy_from_slice(&number(app.0));
    back.copy_from_slice(&rest);
    key
}

/// So that negative numbers sort before the others.
fn number(n: i64) -> [u8; 8] {
    (n.cast_unsigned() ^ 1 << 63).to_be_bytes()
}

fn read_number(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ 1 << 63).cast_signed()
}

pub(super) fn scope_byte(scope: Scope) -> u8 {
    match scope {
        Scope::Pairs => 1,
        Scope::Groups => 2,
        Scope::Rooms => 3,
        Scope::Broadcasts => 4,
    }
}

pub(super) fn conversation(conversation: Conversation) -> [u8; CONVERSATION_BYTES] {
    let (one, other) = match conversation {
        Conversation::Pair(one, other) => (one.0, other.0),
        Conversation::Group(group) => (group.0, 0),
        Conversation::Room(room) => (room.0, 0),
        Conversation::Broadcast => (0, 0),
    };
    let mut key = [scope_byte(conversation.scope()); CONVERSATION_BYTES];
    let (_, numbers) = key.split_at_mut(1);
    let (first, second) = numbers.split_at_mut(8);
    first.copy_from_slice(&number(one));
    second.copy_from_slice(&number(other));
    key
}

pub(super) fn read_conversation(bytes: &[u8]) -> Result<Conversation, Fault> {
    let damaged = || Fault::Damaged("a conversation");
    let (scope, numbers) = bytes.split_first().ok_or_else(damaged)?;
    let (one, other) = numbers.split_at_checked(8).ok_or_else(damaged)?;
    let one = read_number(one.try_into().map_err(|_| damaged())?);
    let other = read_number(other.try_into().map_err(|_| damaged())?);
    match scope {
        1 => Ok(Conversation::Pair(UserId(one), UserId(other))),
        2 => Ok(Conversation::Group(GroupId(one))),
        3 => Ok(Conversation::Room(RoomId(one))),
        4 => Ok(Conversation::Broadcast),
        _ => Err(damaged()),
    }
}

/// Where the number of a log is.
pub(super) fn log_of(app: AppId, log: Conversation) -> [u8; 8 + CONVERSATION_BYTES] {
    of_app(app, conversation(log))
}

/// Where a message is.
pub(super) fn message(log: LogNumber, sequence: Sequence) -> [u8; 12] {
    let mut key = [0; 12];
    let (front, back) = key.split_at_mut(4);
    front.copy_from_slice(&log.0.to_be_bytes());
    back.copy_from_slice(&sequence.0.to_be_bytes());
    key
}

pub(super) fn read_message(bytes: &[u8]) -> Result<(LogNumber, Sequence), Fault> {
    let damaged = || Fault::Damaged("the place of a message");
    let (log, sequence) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let sequence = sequence.try_into().map_err(|_| damaged())?;
    let (log, sequence) = (u32::from_be_bytes(*log), u64::from_be_bytes(sequence));
    Ok((LogNumber(log), Sequence(sequence)))
}

/// Where the place of a message is, by its id.
pub(super) fn id(app: AppId, id: MessageId) -> [u8; 16] {
    of_app(app, number(id.0))
}

pub(super) fn read_id(bytes: &[u8]) -> Result<MessageId, Fault> {
    let id = bytes
        .last_chunk()
        .ok_or(Fault::Damaged("the id of a message"))?;
    Ok(MessageId(read_number(*id)))
}

/// The messages that their sender calls the same.
pub(super) fn name(log: LogNumber, client_id: i64, sender: UserId) -> [u8; 20] {
    let mut key = [0; 20];
    let (front, back) = key.split_at_mut(12);
    front.copy_from_slice(&names(log, client_id));
    back.copy_from_slice(&number(sender.0));
    key
}

/// The beginning of the keys of all messages that somebody calls so.
pub(super) fn names(log: LogNumber, client_id: i64) -> [u8; 12] {
    let mut key = [0; 12];
    let (front, back) = key.split_at_mut(4);
    front.copy_from_slice(&log.0.to_be_bytes());
    back.copy_from_slice(&number(client_id));
    key
}

/// What a reader has confirmed of a log.
pub(super) fn reading(
    app: AppId,
    reader: UserId,
    log: Conversation,
) -> [u8; 16 + CONVERSATION_BYTES] {
    let mut key = [0; 16 + CONVERSATION_BYTES];
    let (front, back) = key.split_at_mut(16);
    front.copy_from_slice(&reader_prefix(app, reader));
    back.copy_from_slice(&conversation(log));
    key
}

/// The beginning of everything of a reader.
pub(super) fn reader_prefix(app: AppId, reader: UserId) -> [u8; 16] {
    of_app(app, number(reader.0))
}

/// Up to where the messages of one sort of conversations are hidden.
pub(super) fn mark(app: AppId, scope: Scope) -> [u8; 9] {
    of_app(app, [scope_byte(scope)])
}

/// Where the greatest id is that was given out, among the marks.
pub(super) const LAST_ID: [u8; 1] = [0xff];

pub(super) fn read_mark(key: &[u8]) -> Option<(AppId, u8)> {
    let (app, scope) = key.split_first_chunk()?;
    Some((AppId(read_number(*app)), *scope.first()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_numbers_count() {
        let ordered = [-5, -1, 0, 1, 255, 256, i64::MAX];
        for pair in ordered.windows(2) {
            let key = |n| id(AppId(1), MessageId(n));
            assert!(key(pair[0]) < key(pair[1]));
            assert_eq!(read_id(&key(pair[0])).unwrap(), MessageId(pair[0]));
        }
        assert!(message(LogNumber(1), Sequence(u64::MAX)) < message(LogNumber(2), Sequence(0)));
    }

    #[test]
    fn conversations_are_read_back() {
        for log in [
            Conversation::pair(UserId(7), UserId(-3)),
            Conversation::Group(GroupId(9)),
            Conversation::Room(RoomId(i64::MAX)),
            Conversation::Broadcast,
        ] {
            assert_eq!(read_conversation(&conversation(log)).unwrap(), log);
        }
        assert!(read_conversation(b"").is_err() && read_conversation(&[9; 17]).is_err());
    }
}
