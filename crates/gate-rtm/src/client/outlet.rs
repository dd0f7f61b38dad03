//! What clients are told without having asked. Source: RTM client gate sections 2.7 and 4.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use halloo_core::apps::AppId;
use halloo_core::messages::{
    Conversation, Dialect, Kind, Message, Posted, Receipts, Sequence, Unread,
};
use halloo_core::sessions::{CloseReason, Event, Outlet};
use halloo_core::users::{Named, Uid, UserId};
use halloo_fpnn::transport::Connection;
use halloo_fpnn::{Map, Method};

use super::unread::lists;
use crate::content::{Bodies, shown};

static KICKED: Method = Method::new("kickout");
static TAKEN_OUT_OF_ROOM: Method = Method::new("kickoutroom");
static UNREAD: Method = Method::new("pushunread");
static TO_USER: Method = Method::new("pushmsg");
static TO_GROUP: Method = Method::new("pushgroupmsg");
static TO_ROOM: Method = Method::new("pushroommsg");
static TO_EVERYBODY: Method = Method::new("pushbroadcastmsg");

/// What is held back until a login is answered; beyond it the connection ends.
const MOST_HELD: usize = 4096;
/// How long a client that was kicked may take to close by itself.
const GRACE: Duration = Duration::from_millis(300);
/// How long a client may take to answer that it has what it was told.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// The connection of a session. Until its login is answered it holds everything back, since SDKs take what
/// comes before for nothing of theirs.
#[derive(Clone)]
pub(super) struct ConnectionOutlet {
    connection: Connection,
    reader: Reader,
    /// What came before the answer; `None` once that is under way. Held for moments only.
    held: Arc<Mutex<Option<Vec<Order>>>>,
}

/// Whoever reads what goes out there, and where it is noted what has arrived.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) app: AppId,
    pub(super) user: UserId,
    pub(super) receipts: Arc<Receipts>,
}

impl Reader {
    /// Whether it counts that he has received a message of this log.
    pub(super) fn confirms(conversation: Conversation) -> bool {
        matches!(
            conversation,
            Conversation::Pair(..) | Conversation::Group(_)
        )
    }

    /// He has received these messages of a log.
    pub(super) fn confirm(&self, conversation: Conversation, first: Sequence, last: Sequence) {
        self.receipts
            .confirm_run(self.app, self.user, conversation, first, last);
    }
}

enum Order {
    Deliver(Event),
    Unread(Unread),
    Close(CloseReason),
}

impl ConnectionOutlet {
    pub(super) fn new(connection: Connection, reader: Reader) -> Self {
        Self {
            connection,
            reader,
            held: Arc::new(Mutex::new(Some(Vec::new()))),
        }
    }

    /// Lets through what was held back. To be called as the last thing before the login is answered: what is
    /// queued then goes out behind the answer.
    pub(super) fn release(&self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that nothing overtakes what was held.
        for order in held.take().into_iter().flatten() {
            self.carry_out(&order);
        }
    }

    /// Tells the client what waits for him. Only SDKs that ask for it know what it is told then.
    pub(super) fn tell_unread(&self, unread: Unread) {
        self.order(Order::Unread(unread));
    }

    fn order(&self, order: Order) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *held {
            Some(held) if held.len() < MOST_HELD => held.push(order),
            // Its login takes too long for all that it is told meanwhile.
            Some(_) => self.connection.abort(),
            None => self.carry_out(&order),
        }
    }

    fn carry_out(&self, order: &Order) {
        // A connection whose queue is full is closed by that, and says why.
        match order {
            Order::Deliver(Event::Message(posted)) => self.push(posted),
            Order::Deliver(Event::TakenOutOfRoom(room)) => {
                let payload = Map::new().integer("rid", room.0).finish();
                let _ = self.connection.one_way(TAKEN_OUT_OF_ROOM.clone(), payload);
            }
            Order::Deliver(Event::Presence { .. }) => {}
            Order::Unread(unread) => {
                let payload = lists(unread).boolean("bc", false).finish();
                self.connection
                    .quest_then(UNREAD.clone(), payload, PATIENCE, |_| ());
            }
            // Whoever were kicked would not come back after the restart.
            Order::Close(CloseReason::ShuttingDown) => self.connection.close(),
            Order::Close(reason) => {
                let mut payload = Map::new();
                // Nothing else can be told apart from what the client finds out by logging in again.
                if *reason == CloseReason::Replaced {
                    payload = payload.text("reason", reason.label());
                }
                let _ = self.connection.one_way(KICKED.clone(), payload.finish());
                self.connection.close_after(GRACE);
            }
        }
    }

    fn push(&self, posted: &Posted) {
        let payload = posted.form(Dialect::RtmClient, |posted| {
            let receiver = posted.receiver.as_ref().map(Named::uid);
            pushed(&posted.message, receiver)
        });
        let message = &posted.message;
        let (conversation, sequence) = (message.conversation, message.sequence);
        let method = match conversation {
            Conversation::Pair(..) => &TO_USER,
            Conversation::Group(_) => &TO_GROUP,
            Conversation::Room(_) => &TO_ROOM,
            Conversation::Broadcast => &TO_EVERYBODY,
        };
        let (connection, method) = (&self.connection, method.clone());
        if !Reader::confirms(conversation) {
            return connection.quest_then(method, payload, PATIENCE, |_| ());
        }
        let reader = self.reader.clone();
        connection.quest_then(method, payload, PATIENCE, move |answered| {
            // Some SDKs answer everything with an error: that, too, says that it has arrived.
            if answered.is_ok() {
                reader.confirm(conversation, sequence, sequence);
            }
        });
    }
}

/// A message as clients get it, with every field: SDKs lose one that lacks any.
/// Source: RTM client gate sections 4.1 to 4.3.
fn pushed(message: &Message, receiver: Option<Uid>) -> Bytes {
    let shown = shown(&message.content);
    let map = Map::new().integer("from", message.sender.uid().0);
    let map = match message.conversation {
        Conversation::Pair(..) => map.integer("to", receiver.map_or(0, |uid| uid.0)),
        Conversation::Group(group) => map.integer("gid", group.0),
        Conversation::Room(room) => map.integer("rid", room.0),
        Conversation::Broadcast => map,
    };
    let map = map
        .integer("mid", message.client_id)
        .integer("mtype", shown.kind);
    let map = if message.content.kind == Kind::CHAT {
        // Room for a translation, which SDKs would show instead.
        let text = Map::new().text("source", "").text("target", "");
        let text = text.bytes_as_text("sourceText", &shown.body.bytes);
        map.map("msg", text.text("targetText", ""))
    } else {
        shown.body.put(map, Bodies::AsText)
    };
    map.text("attrs", &shown.attributes)
        .integer("mtime", message.sent.0)
        .finish()
}

impl Outlet for ConnectionOutlet {
    fn deliver(&self, event: &Event) {
        self.order(Order::Deliver(event.clone()));
    }

    fn close(&self, reason: CloseReason) {
        self.order(Order::Close(reason));
    }
}

#[cfg(test)]
mod tests {
    use halloo_core::Millis;
    use halloo_core::groups::GroupId;
    use halloo_core::messages::{Content, Form, MessageId};
    use halloo_core::rooms::RoomId;

    use super::*;

    fn message(conversation: Conversation, kind: i64, mid: i64, body: &'static [u8]) -> Message {
        let form = match std::str::from_utf8(body) {
            Ok(_) => Form::Text,
            Err(_) => Form::Binary,
        };
        Message {
            id: MessageId(1),
            conversation,
            sequence: Sequence(1),
            sender: Named {
                id: UserId(1),
                name: "123456".parse().unwrap(),
            },
            client_id: mid,
            sent: Millis(1_700_000_000_125),
            content: Content {
                kind: Kind::new(kind).unwrap(),
                form,
                body: body.into(),
                attributes: "".into(),
            },
        }
    }

    /// The bytes between the first field and the last, both of which every push has.
    fn inner(message: &Message, fields: u8) -> Vec<u8> {
        let payload = pushed(message, Some(Uid(654_321)));
        let first = [&[0x80 | fields], b"\xa4from\xce\x00\x01\xe2\x40".as_slice()].concat();
        let last = b"\xa5attrs\xa0\xa5mtime\xcf\x00\x00\x01\x8b\xcf\xe5\x68\x7d";
        let rest = payload.strip_prefix(first.as_slice()).unwrap();
        rest.strip_suffix(last.as_slice()).unwrap().to_vec()
    }

    // Source: RTM client gate section 9.4.
    #[test]
    fn pushes_are_those_that_real_clients_read() {
        const TO: &[u8] = b"\xa2to\xce\x00\x09\xfb\xf1";
        let mid = |last: u8| {
            [
                b"\xa3mid\xcf\x00\x06\x0a\x24\x18\x1e\x40".as_slice(),
                &[last],
            ]
            .concat()
        };
        let pair = Conversation::pair(UserId(1), UserId(2));
        let of = |conversation, body| message(conversation, 51, 1_700_000_000_000_003, body);

        let bytes = of(pair, b"\xff\x00\x01");
        let expected = [TO, &mid(3), b"\xa5mtype\x33\xa3msg\xa3\xff\x00\x01"].concat();
        assert_eq!(inner(&bytes, 7), expected);

        let chat = message(pair, 30, 1_700_000_000_000_002, b"hi");
        let text = b"\x84\xa6source\xa0\xa6target\xa0\xaasourceText\xa2hi\xaatargetText\xa0";
        let expected = [TO, &mid(2), b"\xa5mtype\x1e\xa3msg", text].concat();
        assert_eq!(inner(&chat, 7), expected);

        let group = of(Conversation::Group(GroupId(555)), b"g");
        let expected = [
            b"\xa3gid\xcd\x02\x2b".as_slice(),
            &mid(3),
            b"\xa5mtype\x33\xa3msg\xa1g",
        ];
        assert_eq!(inner(&group, 7), expected.concat());

        let room = of(Conversation::Room(RoomId(777)), b"r");
        let expected = [
            b"\xa3rid\xcd\x03\x09".as_slice(),
            &mid(3),
            b"\xa5mtype\x33\xa3msg\xa1r",
        ];
        assert_eq!(inner(&room, 7), expected.concat());

        let broadcast = of(Conversation::Broadcast, b"b");
        let expected = [&mid(3), b"\xa5mtype\x33\xa3msg\xa1b".as_slice()].concat();
        assert_eq!(inner(&broadcast, 6), expected);
    }
}
